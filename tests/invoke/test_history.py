"""The ledger keeps every invocation, finds it again, and stays within its bounds."""

import json
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from workbench.core.errors import WorkbenchError
from workbench.invoke.history import (
    MAX_WAL_BYTES,
    EndedInvocation,
    HistorySearch,
    HistorySetAside,
    InvocationHistory,
    InvocationOutcome,
    Mode,
    SentInvocation,
)

SENT = SentInvocation(
    "2026-11-26T12:00:00+00:00",
    "111111111111",
    "eu-central-1",
    "resize",
    "live",
    Mode.SYNC,
    b'{"key": "Photo.jpg"}',
    "s3-put",
    "c2hh",
    128,
)
ENDED = EndedInvocation(
    InvocationOutcome.FUNCTION_ERROR,
    200,
    b'{"errorType": "ValueError"}',
    "ValueError",
    request_id="8f5-1",
    executed_version="7",
    log="START\nboom\nREPORT\n",
    duration_ms=12.5,
    run_ms=3.2,
    billed_ms=4.0,
    init_ms=None,
    max_memory_mb=41,
)
OUTCOMES = list(InvocationOutcome)


@pytest.fixture
def history(tmp_path: Path) -> InvocationHistory:
    return InvocationHistory(tmp_path / "made" / "ledger.sqlite")


def _add(history: InvocationHistory, ended: EndedInvocation | None = ENDED, **more: object) -> int:
    number = history.begin(replace(SENT, **more))  # type: ignore[arg-type]
    if ended is not None:
        history.end(number, ended)
    return number


def test_an_entry_comes_back_as_it_was(history: InvocationHistory) -> None:
    number = _add(history)
    entry = history.get(number)
    assert entry is not None
    assert (entry.sent, entry.ended, entry.redacted) == (SENT, ENDED, False)


def test_what_was_sent_is_kept_before_anything_is_known_of_its_end(history: InvocationHistory) -> None:
    number = _add(history, None)
    entry = history.get(number)
    assert entry is not None
    assert entry.ended == EndedInvocation(InvocationOutcome.SENT)
    history.set_log(number, "late\n", run_ms=1.5)
    again = history.get(number)
    assert again is not None
    assert (again.ended.log, again.ended.run_ms) == ("late\n", 1.5)


def test_listings_are_newest_first_in_pages_and_without_what_is_large(history: InvocationHistory) -> None:
    numbers = [_add(history) for _ in range(5)]
    first = history.list(HistorySearch(), limit=2)
    assert [entry.number for entry in first] == [numbers[4], numbers[3]]
    assert [entry.number for entry in history.list(HistorySearch(), before=numbers[3])] == numbers[2::-1]
    assert first[0].sent.payload == b""
    assert first[0].ended.log == ""


@pytest.mark.parametrize(
    ("search", "found"),
    [
        (HistorySearch(), True),
        (HistorySearch(account_id="111111111111", region="eu-central-1", function_name="resize"), True),
        (HistorySearch(account_id="222222222222"), False),
        (HistorySearch(region="us-east-1"), False),
        (HistorySearch(function_name="res"), False),
        (HistorySearch(text="PHOTO"), True),
        (HistorySearch(text="boom"), True),
        (HistorySearch(text="valueerror"), True),
        (HistorySearch(text="8f5"), True),
        (HistorySearch(text="s3-put"), True),
        (HistorySearch(text="nothing of this"), False),
        (HistorySearch(text="100%"), False),
        (HistorySearch(text="' OR 1=1 --"), False),
        (HistorySearch(outcomes=(InvocationOutcome.FUNCTION_ERROR, InvocationOutcome.LOST)), True),
        (HistorySearch(outcomes=(InvocationOutcome.SUCCEEDED,)), False),
        (HistorySearch(batch="b"), False),
        (HistorySearch(text="boom", outcomes=(InvocationOutcome.SUCCEEDED,)), False),
    ],
)
def test_a_search(history: InvocationHistory, search: HistorySearch, found: bool) -> None:
    _add(history)
    assert bool(history.list(search)) is found


def test_letters_beyond_ascii_are_found_as_they_are_written(history: InvocationHistory) -> None:
    _add(history, payload="Grüße, 東京".encode())
    assert history.list(HistorySearch(text="grüße"))
    assert history.list(HistorySearch(text="東京"))
    assert not history.list(HistorySearch(text="GRÜSSE"))


def test_the_oldest_entries_go_when_there_are_too_many_bytes(tmp_path: Path) -> None:
    history = InvocationHistory(tmp_path / "ledger.sqlite", max_bytes=10_000)
    numbers = [_add(history, replace(ENDED, answer=b"x" * 3000)) for _ in range(6)]
    kept = [entry.number for entry in history.list(HistorySearch())]
    assert kept == numbers[:2:-1]
    assert history.size_bytes() <= 10_000


def test_an_answer_larger_than_the_ledger_leaves_it_empty_and_whole(tmp_path: Path) -> None:
    history = InvocationHistory(tmp_path / "ledger.sqlite", max_bytes=1000)
    _add(history, replace(ENDED, answer=b"x" * 3000))
    assert history.list(HistorySearch()) == ()
    _add(history)
    assert len(history.list(HistorySearch())) == 1


def _bytes_read() -> int:
    """What this process has read so far, out of caches too."""
    (line,) = [each for each in Path("/proc/self/io").read_text().splitlines() if each.startswith("rchar")]
    return int(line.split()[1])


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="only Linux counts what is read")
def test_keeping_an_invocation_reads_nothing_of_all_the_others(history: InvocationHistory) -> None:
    for _ in range(20):
        _add(history, replace(ENDED, log="x" * 1_000_000))
    before = _bytes_read()
    _add(history)
    assert _bytes_read() - before < 2_000_000 + MAX_WAL_BYTES


def test_the_log_of_changes_beside_the_file_stays_small(history: InvocationHistory, tmp_path: Path) -> None:
    for _ in range(20):
        _add(history, replace(ENDED, log="x" * 1_000_000))
    wal = tmp_path / "made" / "ledger.sqlite-wal"
    assert wal.stat().st_size <= MAX_WAL_BYTES


def test_the_log_of_changes_is_left_as_it_is_while_somebody_reads(history: InvocationHistory) -> None:
    numbers = [_add(history) for _ in range(3)]
    exported = history.export(HistorySearch())
    next(exported)
    for _ in range(6):
        numbers.append(_add(history, replace(ENDED, log="x" * 1_000_000)))
    assert len(list(exported)) == 2
    assert [entry.number for entry in history.list(HistorySearch())] == numbers[::-1]


def test_the_size_is_that_of_what_is_kept(history: InvocationHistory) -> None:
    small = len(SENT.payload)
    first, second = _add(history), _add(history, None)
    whole = small + len(ENDED.answer) + len(ENDED.log)
    assert history.size_bytes() == whole + small
    history.set_log(second, "late\n")
    assert history.size_bytes() == whole + small + 5
    history.redact([first])
    assert history.size_bytes() == small + 5
    history.delete([second])
    assert history.size_bytes() == 0


def test_the_file_of_an_earlier_workbench_is_taken_over(history: InvocationHistory, tmp_path: Path) -> None:
    number = _add(history)
    size = history.size_bytes()
    database = sqlite3.connect(tmp_path / "made" / "ledger.sqlite")
    for name in ("added", "changed", "removed"):
        database.execute(f"DROP TRIGGER entry_{name}")
    database.executescript(
        "DROP TABLE total; ALTER TABLE entry DROP COLUMN tenant_id; PRAGMA user_version = 1;"
    )
    database.close()
    assert history.size_bytes() == size
    history.delete([number])
    assert history.size_bytes() == 0


def test_a_ledger_from_before_tenants_is_taken_over(history: InvocationHistory, tmp_path: Path) -> None:
    number = _add(history)
    database = sqlite3.connect(tmp_path / "made" / "ledger.sqlite")
    database.executescript("ALTER TABLE entry DROP COLUMN tenant_id; PRAGMA user_version = 2;")
    database.close()
    entry = history.get(number)
    assert entry is not None
    assert entry.sent == SENT
    entry = history.get(_add(history, tenant_id="blue"))
    assert entry is not None
    assert entry.sent.tenant_id == "blue"


def test_a_tenant_is_kept_and_goes_with_what_is_redacted(history: InvocationHistory) -> None:
    number = _add(history, tenant_id="blue")
    entry = history.get(number)
    assert entry is not None
    assert entry.sent.tenant_id == "blue"
    history.redact([number])
    entry = history.get(number)
    assert entry is not None
    assert entry.sent.tenant_id == ""


def test_redacting_leaves_the_figures_and_nothing_in_the_files(
    history: InvocationHistory, tmp_path: Path
) -> None:
    secret = b"correct-horse-battery"
    number = _add(history, replace(ENDED, answer=secret, log=secret.decode()), payload=secret)
    other = _add(history)
    history.redact([number])
    entry = history.get(number)
    assert entry is not None
    assert (entry.redacted, entry.sent.payload, entry.ended.answer, entry.ended.log) == (True, b"", b"", "")
    assert (entry.ended.run_ms, entry.ended.outcome) == (3.2, InvocationOutcome.FUNCTION_ERROR)
    history.set_log(number, secret.decode())  # the log that was still being read
    assert all(secret not in file.read_bytes() for file in (tmp_path / "made").iterdir())
    assert history.get(other) is not None


def test_deleting(history: InvocationHistory) -> None:
    numbers = [_add(history) for _ in range(3)]
    history.delete(numbers[:2])
    assert [entry.number for entry in history.list(HistorySearch())] == [numbers[2]]
    assert history.get(numbers[0]) is None


def test_exporting_gives_json_lines_oldest_first(history: InvocationHistory) -> None:
    _add(history)
    _add(history, replace(ENDED, answer=b"\xff\x00"), function_name="other")
    lines = [json.loads(line) for line in history.export(HistorySearch())]
    assert [line["function_name"] for line in lines] == ["resize", "other"]
    assert lines[0]["payload"] == '{"key": "Photo.jpg"}'
    assert lines[0]["mode"] == "RequestResponse"
    assert lines[1]["answer"] == {"base64": "/wA="}
    assert len(list(history.export(HistorySearch(function_name="other")))) == 1


def test_nothing_is_made_by_looking(history: InvocationHistory, tmp_path: Path) -> None:
    assert history.list(HistorySearch()) == ()
    assert history.get(1) is None
    assert list(history.export(HistorySearch())) == []
    assert history.size_bytes() == 0
    assert not (tmp_path / "made").exists()


def test_the_file_is_for_this_user_only(history: InvocationHistory, tmp_path: Path) -> None:
    _add(history)
    assert (tmp_path / "made" / "ledger.sqlite").stat().st_mode & 0o077 == 0


def test_many_threads_write_at_once(history: InvocationHistory) -> None:
    threads = [threading.Thread(target=lambda: [_add(history) for _ in range(5)]) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(history.list(HistorySearch())) == 30


@pytest.mark.parametrize("content", [b"not a database, whatever it is called" * 100, b"\x00" * 4096])
def test_a_damaged_file_is_set_aside_and_a_new_one_begun(
    tmp_path: Path, content: bytes, expect_log: Callable[[str], None]
) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(content)
    (tmp_path / "ledger.sqlite-wal").write_bytes(b"its log")
    expect_log("could not be read and is now")
    history = InvocationHistory(path)
    with pytest.raises(HistorySetAside, match=r"damaged-1"):
        history.list(HistorySearch())
    assert (tmp_path / "ledger.sqlite.damaged-1").read_bytes() == content
    _add(history)
    assert len(history.list(HistorySearch())) == 1


def test_a_damaged_page_is_found_by_what_reads_it(tmp_path: Path, expect_log: Callable[[str], None]) -> None:
    path = tmp_path / "ledger.sqlite"
    history = InvocationHistory(path)
    for _number in range(20):
        _add(history, payload=b"x" * 9_000)
    history.merge()
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + b"\xff" * (len(whole) - 8192))
    expect_log("could not be read and is now")
    with pytest.raises(HistorySetAside):
        history.list(HistorySearch())
    assert history.list(HistorySearch()) == ()


def test_what_is_no_file_at_all_is_set_aside(tmp_path: Path, expect_log: Callable[[str], None]) -> None:
    path = tmp_path / "ledger.sqlite"
    path.mkdir()
    expect_log("could not be read and is now")
    with pytest.raises(HistorySetAside):
        InvocationHistory(path).begin(SENT)
    _add(InvocationHistory(path))


def test_two_threads_that_find_the_damage_lose_nothing_of_the_new_file(
    tmp_path: Path, expect_log: Callable[[str], None]
) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"no database" * 1000)
    expect_log("could not be read and is now")
    history, ended = InvocationHistory(path), []

    def add() -> None:
        try:
            _add(history)
        except HistorySetAside:
            _add(history)
        ended.append(True)

    threads = [threading.Thread(target=add) for _number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ended) == len(history.list(HistorySearch())) == 6
    assert [each.name for each in tmp_path.glob("*.damaged-*")] == ["ledger.sqlite.damaged-1"]


def test_at_the_end_all_of_it_is_in_one_file(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    history = InvocationHistory(path)
    history.merge()  # there is nothing yet
    assert not path.exists()
    _add(history)
    history.merge()
    assert (tmp_path / "ledger.sqlite-wal").stat().st_size == 0
    (tmp_path / "elsewhere.sqlite").write_bytes(path.read_bytes())
    assert len(InvocationHistory(tmp_path / "elsewhere.sqlite").list(HistorySearch())) == 1


def test_a_newer_programs_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    _add(InvocationHistory(path))
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(WorkbenchError, match="newer Workbench"):
        InvocationHistory(path).list(HistorySearch())


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_outcome_is_kept(history: InvocationHistory, outcome: InvocationOutcome) -> None:
    number = _add(history, replace(ENDED, outcome=outcome))
    entry = history.get(number)
    assert entry is not None
    assert entry.ended.outcome is outcome
