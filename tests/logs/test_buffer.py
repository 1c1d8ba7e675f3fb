"""A million rows in memory: each comes back as it was, the oldest go, any is found, all become a file."""

import csv
import json
import random
from array import array
from pathlib import Path
from typing import Any

import pytest

from tests.fake_time import FakeClock, FakeContext
from tests.logs.lines import RID, STREAM, event, report, start
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.logs.buffer import ROWS, AllRows, Format, LogBuffer, Rows, SomeRows, export
from workbench.logs.find import Matches, Query, find
from workbench.logs.parse import Level, LineKind, parse_event

HOSTILE = ("", "a\0b", "\x1b", "\ud83d", "‮backwards", "日本語", "x" * 300_000, "\t", "'; --")


def filled(*events: dict[str, Any], **limits: int) -> LogBuffer:
    buffer = LogBuffer(**limits)
    buffer.add(map(parse_event, events))
    return buffer


def texts(rows: Rows) -> list[str]:
    return [row.text for row in rows.each()]


def searched(buffer: LogBuffer, query: Query, rows: Rows | None = None) -> list[str]:
    rows = rows or AllRows(buffer)
    matches = find(query, rows.pieces(), len(rows), JobContext())
    found = []
    for number, begin, end in zip(matches.numbers, matches.begins, matches.ends, strict=True):
        row = buffer.row(number)
        assert row is not None
        found.append(row.text[begin:end])
    return found


def test_every_row_comes_back_as_it_was() -> None:
    chooser = random.Random(5)
    messages = [chooser.choice(HOSTILE[:6]) + str(number) for number in range(3 * ROWS)] + list(HOSTILE)
    buffer = filled(*(event(number, message) for number, message in enumerate(messages)))
    assert texts(AllRows(buffer)) == [message.rstrip("\r\n") for message in messages]
    for number in chooser.sample(range(len(messages)), 50):
        row = buffer.row(number)
        assert row is not None
        assert (row.number, row.time_ms, row.text) == (number, number, messages[number])
    assert buffer.row(-1) is buffer.row(len(messages)) is None


@pytest.mark.parametrize(
    ("logged", "row"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[1;38;5;208mbold\x1b[m and \x1b[4munderlined\x1b[24m", "bold and underlined"),
        ("\x1b[2K\x1b[1Gprogress", "progress"),
        ("\x1b]8;;https://example.com\x07link\x1b]8;;\x1b\\", "link"),
        ("array[31m] and [0m", "array[31m] and [0m"),
        ("an escape alone \x1b", "an escape alone \x1b"),
    ],
)
def test_a_terminals_control_sequences_are_no_part_of_a_row(logged: str, row: str) -> None:
    assert texts(AllRows(filled(event(1, logged)))) == [row]


def test_a_row_knows_what_it_belongs_to() -> None:
    buffer = filled(start(1), event(2, "[ERROR] boom", "s"), event(3, "mine"), report(4))
    kinds = [row.kind for row in AllRows(buffer).each()]
    assert kinds == [LineKind.START, LineKind.OTHER, LineKind.OTHER, LineKind.REPORT]
    of_other, mine = buffer.row(1), buffer.row(2)
    assert of_other is not None
    assert mine is not None
    assert (of_other.level, of_other.request_id, of_other.stream) == (Level.ERROR, "", "s")
    assert mine.request_id == RID


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_an_event_of_several_lines_is_several_rows_and_one_event(end: str) -> None:
    buffer = filled(
        event(1, "before"), event(2, f"[ERROR] boom{end}  File x{end}  line 2"), event(3, "after")
    )
    assert texts(AllRows(buffer)) == ["before", "[ERROR] boom", "  File x", "  line 2", "after"]
    assert [row.is_head for row in AllRows(buffer).each()] == [True, True, False, False, True]
    for number in (1, 2, 3):
        assert buffer.event_text(number) == "[ERROR] boom\n  File x\n  line 2"
    assert buffer.event_text(4) == "after"


def test_an_event_of_nothing_but_line_ends_is_bounded() -> None:
    assert len(AllRows(filled(event(1, "\n" * 300_000 + "end")))) == 10_000


def test_the_oldest_rows_go_and_the_others_keep_their_numbers() -> None:
    buffer = filled(*(event(number, str(number)) for number in range(5 * ROWS)), max_lines=2 * ROWS)
    rows = AllRows(buffer)
    assert ROWS <= len(rows) <= 2 * ROWS
    assert texts(rows)[-1] == str(5 * ROWS - 1)
    assert rows.number(0) == buffer.first == int(texts(rows)[0])
    assert rows.index_of(0) == 0
    some = SomeRows(buffer, array("Q", (0, buffer.first, buffer.first + 2)))
    assert texts(some) == [str(buffer.first), str(buffer.first + 2)]
    assert (some.number(0), some.index_of(buffer.first + 1)) == (buffer.first, 1)


def test_a_hundred_megabytes_are_held_within_the_limit() -> None:
    noise = random.Random(7)
    limit = 4 * 1024 * 1024
    buffer = LogBuffer(max_bytes=limit)
    for number in range(100):
        buffer.add([parse_event(event(number, noise.randbytes(100_000).hex()))])
    assert buffer.size_bytes <= limit
    assert buffer.first > 0


def test_plain_text_is_found_whatever_it_holds() -> None:
    buffer = filled(event(1, "a.c a.c"), event(2, "abc"), event(3, "A.C"), event(4, "日本 a.c"))
    assert searched(buffer, Query("a.c")) == ["a.c", "a.c", "A.C", "a.c"]
    assert searched(buffer, Query("a.c", match_case=True)) == ["a.c", "a.c", "a.c"]
    assert searched(buffer, Query("a.c", is_regex=True)) == ["a.c", "a.c", "abc", "A.C", "a.c"]
    assert searched(buffer, Query("^a", is_regex=True)) == ["a", "a", "A"]
    assert searched(buffer, Query("x*", is_regex=True)) == []  # nothing is no match


def test_rows_of_an_invocation_are_searched_alone_and_new_ones_later() -> None:
    buffer = filled(*(event(number, f"n{number}") for number in range(3 * ROWS)))
    some = SomeRows(buffer, array("Q", range(0, 3 * ROWS, 7)))
    assert searched(buffer, Query("n14"), some)[:1] == ["n14"]
    first = find(Query("n5"), AllRows(buffer).pieces(), 1, JobContext())
    buffer.add([parse_event(event(1, "n5 again"))])
    both = first.followed_by(find(Query("n5"), AllRows(buffer).pieces(first.searched_to), 1, JobContext()))
    assert len(both) == len(first) + 1
    assert both.rows[-1] == both.searched_to - 1 == 3 * ROWS
    assert both.spans(3 * ROWS) == [(len(first), 0, 2)]


def test_an_expression_that_does_not_end_is_ended() -> None:
    buffer = filled(event(1, "a" * 60))
    with pytest.raises(WorkbenchError, match="took longer than"):
        find(Query("(a+)+$b", is_regex=True), AllRows(buffer).pieces(), 1, JobContext(), timeout_s=0.3)


def test_cancel_ends_a_search() -> None:
    buffer = filled(event(1, "a" * 60))
    ctx = FakeContext(FakeClock())
    ctx.cancel()
    with pytest.raises(Cancelled):
        find(Query("(a+)+$b", is_regex=True), AllRows(buffer).pieces(), 1, ctx)


@pytest.mark.parametrize("text", ["(", "[", "*", "(?P<a", "a{99999999999}"])
def test_what_is_no_expression_is_said(text: str) -> None:
    with pytest.raises(WorkbenchError, match="Invalid regular expression"):
        find(Query(text, is_regex=True), AllRows(LogBuffer()).pieces(), 0, JobContext())


def test_nothing_is_found_in_nothing() -> None:
    assert len(find(Query("x"), AllRows(LogBuffer()).pieces(), 0, JobContext())) == len(Matches()) == 0


@pytest.fixture
def rows() -> Rows:
    message = '[ERROR] boom, "quoted"\n  File x'
    return AllRows(filled(start(0), event(1000, message), event(2000, "=1+1"), event(3000, "\ud83d日本")))


def _export(rows: Rows, path: Path, format_: Format) -> int:
    return export(path, format_, rows.each(), len(rows), JobContext())


def test_text_has_a_line_for_each_row(rows: Rows, tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    assert _export(rows, path, Format.TEXT) == 5
    lines = path.read_text("utf-8").split("\n")
    assert lines[1] == '1970-01-01T00:00:01.000+00:00  [ERROR] boom, "quoted"'
    assert lines[2].endswith("    File x")
    assert lines[4].endswith("\\ud83d日本")


def test_json_lines_have_an_object_for_each_event(rows: Rows, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    assert _export(rows, path, Format.JSON_LINES) == 4
    entries = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert entries[1] == {
        "time": "1970-01-01T00:00:01.000+00:00",
        "level": "ERROR",
        "requestId": RID,
        "logStream": STREAM,
        "message": '[ERROR] boom, "quoted"\n  File x',
    }
    assert entries[3]["message"] == "\ud83d日本"


def test_csv_is_read_back_and_holds_no_formula(rows: Rows, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    assert _export(rows, path, Format.CSV) == 4
    with path.open(encoding="utf-8", newline="") as file:
        head, _start, error, formula, _odd = csv.reader(file)
    assert head == ["time", "function", "level", "request_id", "log_stream", "message"]
    assert error[2:] == ["ERROR", RID, STREAM, '[ERROR] boom, "quoted"\n  File x']
    assert formula[-1] == "'=1+1"


def test_a_file_is_there_whole_or_not_at_all(rows: Rows, tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text("before", "utf-8")
    ctx = FakeContext(FakeClock())
    ctx.cancel()
    with pytest.raises(Cancelled):
        export(path, Format.TEXT, rows.each(), len(rows), ctx)
    assert [each.name for each in tmp_path.iterdir()] == ["a.log"]
    assert path.read_text("utf-8") == "before"
    with pytest.raises(WorkbenchError, match="could not be written"):
        export(tmp_path / "none" / "a.log", Format.TEXT, rows.each(), len(rows), JobContext())
