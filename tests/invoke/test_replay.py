"""Kept invocations are sent again in order, and compared by what they mean."""

import json
from pathlib import Path

import pytest

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.invoke.history import (
    EndedInvocation,
    InvocationHistory,
    InvocationOutcome,
    Mode,
    SentInvocation,
)
from workbench.invoke.recorded import ReplayPair, replay

ERROR = {"errorType": "ValueError", "errorMessage": "no", "stackTrace": ['File "/x/var/task/a.py", line 3\n']}


@pytest.fixture
def history(tmp_path: Path) -> InvocationHistory:
    return InvocationHistory(tmp_path / "ledger.sqlite")


def sent(payload: bytes, batch: str = "", qualifier: str = "") -> SentInvocation:
    return SentInvocation(
        "2026-11-26T12:00:00+00:00", "1", "eu", "f", qualifier, Mode.SYNC, payload, batch=batch
    )


def keep(history: InvocationHistory, what: SentInvocation, ended: EndedInvocation) -> int:
    number = history.begin(what)
    history.end(number, ended)
    return number


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        (
            EndedInvocation(InvocationOutcome.SUCCEEDED, answer=b'{"a": 1, "b": 2}'),
            EndedInvocation(InvocationOutcome.SUCCEEDED, answer=b'{"b":2,"a":1}'),
            True,
        ),
        (
            EndedInvocation(InvocationOutcome.SUCCEEDED, answer=b"1"),
            EndedInvocation(InvocationOutcome.SUCCEEDED, answer=b"2"),
            False,
        ),
        (
            EndedInvocation(InvocationOutcome.SUCCEEDED, answer=b"\xff"),
            EndedInvocation(InvocationOutcome.SUCCEEDED, answer=b"\xfe"),
            False,
        ),
        (
            EndedInvocation(InvocationOutcome.SUCCEEDED, answer=b"1"),
            EndedInvocation(InvocationOutcome.FUNCTION_ERROR, answer=b"1"),
            False,
        ),
        (
            EndedInvocation(
                InvocationOutcome.FUNCTION_ERROR, answer=json.dumps(ERROR | {"requestId": "1"}).encode()
            ),
            EndedInvocation(
                InvocationOutcome.FUNCTION_ERROR,
                answer=json.dumps(ERROR | {"stackTrace": ['File "/y/var/task/a.py", line 3\n']}).encode(),
            ),
            True,
        ),
    ],
)
def test_answers_are_compared_by_what_they_mean(
    history: InvocationHistory, before: EndedInvocation, after: EndedInvocation, same: bool
) -> None:
    pair = [history.get(keep(history, sent(b"{}"), each)) for each in (before, after)]
    assert pair[0] is not None
    assert pair[1] is not None
    assert ReplayPair(pair[0], pair[1]).is_same is same


def test_a_set_is_sent_oldest_first_and_failures_are_outcomes(history: InvocationHistory) -> None:
    numbers = [
        keep(history, sent(f"{n}".encode()), EndedInvocation(InvocationOutcome.SUCCEEDED, answer=b"1"))
        for n in range(3)
    ]
    order: list[tuple[bytes, str]] = []

    def send(what: SentInvocation, qualifier: str, batch: str) -> None:
        order.append((what.payload, qualifier))
        outcome = InvocationOutcome.REFUSED if what.payload == b"1" else InvocationOutcome.SUCCEEDED
        keep(history, sent(what.payload, batch, qualifier), EndedInvocation(outcome, answer=b"1"))
        if outcome is InvocationOutcome.REFUSED:
            raise WorkbenchError("no", "throttled", "wait")

    pairs = replay(history, numbers[::-1], "live", "b", send, JobContext())
    assert order == [(b"0", "live"), (b"1", "live"), (b"2", "live")]
    assert [pair.is_same for pair in pairs] == [True, False, True]
    assert [pair.after.sent.batch for pair in pairs] == ["b"] * 3


def test_what_was_redacted_is_not_sent(history: InvocationHistory) -> None:
    number = keep(history, sent(b"{}"), EndedInvocation(InvocationOutcome.SUCCEEDED))
    history.redact([number])
    calls: list[object] = []
    with pytest.raises(WorkbenchError, match="redacted"):
        replay(history, [number], None, "b", lambda *call: calls.append(call), JobContext())
    assert calls == []


def test_a_ledger_that_takes_nothing_more_stops_it(history: InvocationHistory) -> None:
    number = keep(history, sent(b"{}"), EndedInvocation(InvocationOutcome.SUCCEEDED))
    with pytest.raises(WorkbenchError, match="could not be stored"):
        replay(history, [number], None, "b", lambda *_call: None, JobContext())
