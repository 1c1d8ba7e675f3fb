"""Kept invocations are sent again in order, and compared by what they mean."""

import json
from pathlib import Path

import pytest

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.invoke.ledger import Ledger
from workbench.invoke.ledger_entry import Ended, Mode, Outcome, Sent
from workbench.invoke.replay import Pair, replay

ERROR = {"errorType": "ValueError", "errorMessage": "no", "stackTrace": ['File "/x/var/task/a.py", line 3\n']}


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite")


def sent(payload: bytes, batch: str = "", qualifier: str = "") -> Sent:
    return Sent("2026-11-26T12:00:00+00:00", "1", "eu", "f", qualifier, Mode.SYNC, payload, batch=batch)


def keep(ledger: Ledger, what: Sent, ended: Ended) -> int:
    number = ledger.begin(what)
    ledger.end(number, ended)
    return number


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        (
            Ended(Outcome.SUCCEEDED, answer=b'{"a": 1, "b": 2}'),
            Ended(Outcome.SUCCEEDED, answer=b'{"b":2,"a":1}'),
            True,
        ),
        (Ended(Outcome.SUCCEEDED, answer=b"1"), Ended(Outcome.SUCCEEDED, answer=b"2"), False),
        (Ended(Outcome.SUCCEEDED, answer=b"\xff"), Ended(Outcome.SUCCEEDED, answer=b"\xfe"), False),
        (Ended(Outcome.SUCCEEDED, answer=b"1"), Ended(Outcome.FUNCTION_ERROR, answer=b"1"), False),
        (
            Ended(Outcome.FUNCTION_ERROR, answer=json.dumps(ERROR | {"requestId": "1"}).encode()),
            Ended(
                Outcome.FUNCTION_ERROR,
                answer=json.dumps(ERROR | {"stackTrace": ['File "/y/var/task/a.py", line 3\n']}).encode(),
            ),
            True,
        ),
    ],
)
def test_answers_are_compared_by_what_they_mean(
    ledger: Ledger, before: Ended, after: Ended, same: bool
) -> None:
    pair = [ledger.get(keep(ledger, sent(b"{}"), each)) for each in (before, after)]
    assert pair[0] is not None
    assert pair[1] is not None
    assert Pair(pair[0], pair[1]).is_same is same


def test_a_set_is_sent_oldest_first_and_failures_are_outcomes(ledger: Ledger) -> None:
    numbers = [keep(ledger, sent(f"{n}".encode()), Ended(Outcome.SUCCEEDED, answer=b"1")) for n in range(3)]
    order: list[tuple[bytes, str]] = []

    def send(what: Sent, qualifier: str, batch: str) -> None:
        order.append((what.payload, qualifier))
        outcome = Outcome.REFUSED if what.payload == b"1" else Outcome.SUCCEEDED
        keep(ledger, sent(what.payload, batch, qualifier), Ended(outcome, answer=b"1"))
        if outcome is Outcome.REFUSED:
            raise WorkbenchError("no", "throttled", "wait")

    pairs = replay(ledger, numbers[::-1], "live", "b", send, JobContext())
    assert order == [(b"0", "live"), (b"1", "live"), (b"2", "live")]
    assert [pair.is_same for pair in pairs] == [True, False, True]
    assert [pair.after.sent.batch for pair in pairs] == ["b"] * 3


def test_what_was_redacted_is_not_sent(ledger: Ledger) -> None:
    number = keep(ledger, sent(b"{}"), Ended(Outcome.SUCCEEDED))
    ledger.redact([number])
    calls: list[object] = []
    with pytest.raises(WorkbenchError, match="redacted"):
        replay(ledger, [number], None, "b", lambda *call: calls.append(call), JobContext())
    assert calls == []


def test_a_ledger_that_takes_nothing_more_stops_it(ledger: Ledger) -> None:
    number = keep(ledger, sent(b"{}"), Ended(Outcome.SUCCEEDED))
    with pytest.raises(WorkbenchError, match="could not be stored"):
        replay(ledger, [number], None, "b", lambda *_call: None, JobContext())
