"""The ledger keeps every invocation, finds it again, and stays within its bounds."""

import json
import sqlite3
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from workbench.core.errors import WorkbenchError
from workbench.invoke.ledger import MOST_LOG_OF_CHANGES_BYTES, Ledger
from workbench.invoke.ledger_entry import Ended, Mode, Outcome, Search, Sent

SENT = Sent(
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
ENDED = Ended(
    Outcome.FUNCTION_ERROR,
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
OUTCOMES = list(Outcome)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "made" / "ledger.sqlite")


def _add(ledger: Ledger, ended: Ended | None = ENDED, **more: object) -> int:
    number = ledger.begin(replace(SENT, **more))  # type: ignore[arg-type]
    if ended is not None:
        ledger.end(number, ended)
    return number


def test_an_entry_comes_back_as_it_was(ledger: Ledger) -> None:
    number = _add(ledger)
    entry = ledger.get(number)
    assert entry is not None
    assert (entry.sent, entry.ended, entry.redacted) == (SENT, ENDED, False)
    assert (entry.payload_bytes, entry.answer_bytes) == (len(SENT.payload), len(ENDED.answer))


def test_what_was_sent_is_kept_before_anything_is_known_of_its_end(ledger: Ledger) -> None:
    number = _add(ledger, None)
    entry = ledger.get(number)
    assert entry is not None
    assert entry.ended == Ended(Outcome.SENT)
    ledger.set_log(number, "late\n", run_ms=1.5)
    again = ledger.get(number)
    assert again is not None
    assert (again.ended.log, again.ended.run_ms) == ("late\n", 1.5)


def test_listings_are_newest_first_in_pages_and_without_what_is_large(ledger: Ledger) -> None:
    numbers = [_add(ledger) for _ in range(5)]
    first = ledger.list(Search(), limit=2)
    assert [entry.number for entry in first] == [numbers[4], numbers[3]]
    assert [entry.number for entry in ledger.list(Search(), before=numbers[3])] == numbers[2::-1]
    assert first[0].sent.payload == b""
    assert first[0].ended.log == ""
    assert first[0].payload_bytes == len(SENT.payload)


@pytest.mark.parametrize(
    ("search", "found"),
    [
        (Search(), True),
        (Search(account_id="111111111111", region="eu-central-1", function_name="resize"), True),
        (Search(account_id="222222222222"), False),
        (Search(region="us-east-1"), False),
        (Search(function_name="res"), False),
        (Search(text="PHOTO"), True),
        (Search(text="boom"), True),
        (Search(text="valueerror"), True),
        (Search(text="8f5"), True),
        (Search(text="s3-put"), True),
        (Search(text="nothing of this"), False),
        (Search(text="100%"), False),
        (Search(text="' OR 1=1 --"), False),
        (Search(outcomes=(Outcome.FUNCTION_ERROR, Outcome.LOST)), True),
        (Search(outcomes=(Outcome.SUCCEEDED,)), False),
        (Search(batch="b"), False),
        (Search(text="boom", outcomes=(Outcome.SUCCEEDED,)), False),
    ],
)
def test_a_search(ledger: Ledger, search: Search, found: bool) -> None:
    _add(ledger)
    assert bool(ledger.list(search)) is found


def test_letters_beyond_ascii_are_found_as_they_are_written(ledger: Ledger) -> None:
    _add(ledger, payload="Grüße, 東京".encode())
    assert ledger.list(Search(text="grüße"))
    assert ledger.list(Search(text="東京"))
    assert not ledger.list(Search(text="GRÜSSE"))


def test_the_oldest_entries_go_when_there_are_too_many_bytes(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite", most_bytes=10_000)
    numbers = [_add(ledger, replace(ENDED, answer=b"x" * 3000)) for _ in range(6)]
    kept = [entry.number for entry in ledger.list(Search())]
    assert kept == numbers[:2:-1]
    assert ledger.size_bytes() <= 10_000


def test_an_answer_larger_than_the_ledger_leaves_it_empty_and_whole(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite", most_bytes=1000)
    _add(ledger, replace(ENDED, answer=b"x" * 3000))
    assert ledger.list(Search()) == ()
    _add(ledger)
    assert len(ledger.list(Search())) == 1


def _bytes_read() -> int:
    """What this process has read so far, out of caches too."""
    (line,) = [each for each in Path("/proc/self/io").read_text().splitlines() if each.startswith("rchar")]
    return int(line.split()[1])


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="only Linux counts what is read")
def test_keeping_an_invocation_reads_nothing_of_all_the_others(ledger: Ledger) -> None:
    for _ in range(20):
        _add(ledger, replace(ENDED, log="x" * 1_000_000))
    before = _bytes_read()
    _add(ledger)
    assert _bytes_read() - before < 2_000_000 + MOST_LOG_OF_CHANGES_BYTES


def test_the_log_of_changes_beside_the_file_stays_small(ledger: Ledger, tmp_path: Path) -> None:
    for _ in range(20):
        _add(ledger, replace(ENDED, log="x" * 1_000_000))
    wal = tmp_path / "made" / "ledger.sqlite-wal"
    assert wal.stat().st_size <= MOST_LOG_OF_CHANGES_BYTES


def test_the_log_of_changes_is_left_as_it_is_while_somebody_reads(ledger: Ledger) -> None:
    numbers = [_add(ledger) for _ in range(3)]
    exported = ledger.export(Search())
    next(exported)
    for _ in range(6):
        numbers.append(_add(ledger, replace(ENDED, log="x" * 1_000_000)))
    assert len(list(exported)) == 2
    assert [entry.number for entry in ledger.list(Search())] == numbers[::-1]


def test_the_size_is_that_of_what_is_kept(ledger: Ledger) -> None:
    small = len(SENT.payload)
    first, second = _add(ledger), _add(ledger, None)
    whole = small + len(ENDED.answer) + len(ENDED.log)
    assert ledger.size_bytes() == whole + small
    ledger.set_log(second, "late\n")
    assert ledger.size_bytes() == whole + small + 5
    ledger.redact([first])
    assert ledger.size_bytes() == small + 5
    ledger.delete([second])
    assert ledger.size_bytes() == 0


def test_the_file_of_an_earlier_workbench_is_taken_over(ledger: Ledger, tmp_path: Path) -> None:
    number = _add(ledger)
    size = ledger.size_bytes()
    database = sqlite3.connect(tmp_path / "made" / "ledger.sqlite")
    for name in ("added", "changed", "removed"):
        database.execute(f"DROP TRIGGER entry_{name}")
    database.executescript(
        "DROP TABLE total; ALTER TABLE entry DROP COLUMN tenant_id; PRAGMA user_version = 1;"
    )
    database.close()
    assert ledger.size_bytes() == size
    ledger.delete([number])
    assert ledger.size_bytes() == 0


def test_a_ledger_from_before_tenants_is_taken_over(ledger: Ledger, tmp_path: Path) -> None:
    number = _add(ledger)
    database = sqlite3.connect(tmp_path / "made" / "ledger.sqlite")
    database.executescript("ALTER TABLE entry DROP COLUMN tenant_id; PRAGMA user_version = 2;")
    database.close()
    entry = ledger.get(number)
    assert entry is not None
    assert entry.sent == SENT
    entry = ledger.get(_add(ledger, tenant_id="blue"))
    assert entry is not None
    assert entry.sent.tenant_id == "blue"


def test_a_tenant_is_kept_and_goes_with_what_is_redacted(ledger: Ledger) -> None:
    number = _add(ledger, tenant_id="blue")
    entry = ledger.get(number)
    assert entry is not None
    assert entry.sent.tenant_id == "blue"
    ledger.redact([number])
    entry = ledger.get(number)
    assert entry is not None
    assert entry.sent.tenant_id == ""


def test_redacting_leaves_the_figures_and_nothing_in_the_files(ledger: Ledger, tmp_path: Path) -> None:
    secret = b"correct-horse-battery"
    number = _add(ledger, replace(ENDED, answer=secret, log=secret.decode()), payload=secret)
    other = _add(ledger)
    ledger.redact([number])
    entry = ledger.get(number)
    assert entry is not None
    assert (entry.redacted, entry.sent.payload, entry.ended.answer, entry.ended.log) == (True, b"", b"", "")
    assert (entry.ended.run_ms, entry.ended.outcome) == (3.2, Outcome.FUNCTION_ERROR)
    ledger.set_log(number, secret.decode())  # the log that was still being read
    assert all(secret not in file.read_bytes() for file in (tmp_path / "made").iterdir())
    assert ledger.get(other) is not None


def test_deleting(ledger: Ledger) -> None:
    numbers = [_add(ledger) for _ in range(3)]
    ledger.delete(numbers[:2])
    assert [entry.number for entry in ledger.list(Search())] == [numbers[2]]
    assert ledger.get(numbers[0]) is None


def test_exporting_gives_json_lines_oldest_first(ledger: Ledger) -> None:
    _add(ledger)
    _add(ledger, replace(ENDED, answer=b"\xff\x00"), function_name="other")
    lines = [json.loads(line) for line in ledger.export(Search())]
    assert [line["function_name"] for line in lines] == ["resize", "other"]
    assert lines[0]["payload"] == '{"key": "Photo.jpg"}'
    assert lines[0]["mode"] == "RequestResponse"
    assert lines[1]["answer"] == {"base64": "/wA="}
    assert len(list(ledger.export(Search(function_name="other")))) == 1


def test_nothing_is_made_by_looking(ledger: Ledger, tmp_path: Path) -> None:
    assert ledger.list(Search()) == ()
    assert ledger.get(1) is None
    assert list(ledger.export(Search())) == []
    assert ledger.size_bytes() == 0
    assert not (tmp_path / "made").exists()


def test_the_file_is_for_this_user_only(ledger: Ledger, tmp_path: Path) -> None:
    _add(ledger)
    assert (tmp_path / "made" / "ledger.sqlite").stat().st_mode & 0o077 == 0


def test_many_threads_write_at_once(ledger: Ledger) -> None:
    threads = [threading.Thread(target=lambda: [_add(ledger) for _ in range(5)]) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ledger.list(Search())) == 30


@pytest.mark.parametrize("content", [b"not a database, whatever it is called" * 100, b"\x00" * 4096])
def test_a_damaged_file_is_said_and_not_thrown_away(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(content)
    with pytest.raises(WorkbenchError, match="ledger"):
        Ledger(path).begin(SENT)
    assert path.read_bytes() == content


def test_a_newer_programs_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    _add(Ledger(path))
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(WorkbenchError, match="newer Workbench"):
        Ledger(path).list(Search())


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_outcome_is_kept(ledger: Ledger, outcome: Outcome) -> None:
    number = _add(ledger, replace(ENDED, outcome=outcome))
    entry = ledger.get(number)
    assert entry is not None
    assert entry.ended.outcome is outcome
