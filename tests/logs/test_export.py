"""Lines as files that other programs read."""

import csv
import json
from pathlib import Path

import pytest

from tests.fake_time import FakeClock, FakeContext
from tests.logs.lines import RID, STREAM, event, start
from tests.logs.test_buffer import filled
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.logs.buffer import AllRows, Format, Rows, export


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
