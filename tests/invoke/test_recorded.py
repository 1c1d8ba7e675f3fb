"""Whatever becomes of an invocation, the ledger has it; kept ones are sent again and compared."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.bell import RING, Bell
from tests.fault_proxy import Proxy
from tests.sandbox_functions import create_function
from workbench.aws.connection import Connection
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.invoke.history import (
    EndedInvocation,
    HistoryEntry,
    HistorySearch,
    InvocationHistory,
    InvocationOutcome,
    Mode,
    SentInvocation,
)
from workbench.invoke.run import AnswerLost, Recorded, ReplayPair, invoke, record, replay

HANDLER = f"""
{RING}
import time

def handler(event, context):
    print("it ran")
    ring(event["counter"])
    time.sleep(event.get("sleep", 0))
    if event.get("fail"):
        raise ValueError("no")
    custom = context.client_context.custom if context.client_context else None
    return {{"custom": custom}}
"""


@pytest.fixture
def history(tmp_path: Path) -> InvocationHistory:
    return InvocationHistory(tmp_path / "ledger.sqlite")


@pytest.fixture
def function_name(connection: Connection) -> str:
    return create_function(connection, HANDLER).function_name


def _record(
    connection: Connection, history: InvocationHistory, function_name: str, event: Any, **more: Any
) -> Recorded:
    payload = json.dumps(event).encode()
    mode = more.get("mode", Mode.SYNC)
    ctx = more.pop("ctx", JobContext())
    now = "2026-11-26T12:00:00+00:00"
    sent = SentInvocation(now, connection.account_id, connection.region, function_name, "", mode, payload)
    return record(history, sent, lambda: invoke(connection, function_name, payload, "", 10, ctx, **more))


def _only(history: InvocationHistory) -> HistoryEntry:
    (listed,) = history.list(HistorySearch())
    entry = history.get(listed.number)
    assert entry is not None
    return entry


def test_an_answer_is_kept_with_its_figures(
    connection: Connection, history: InvocationHistory, function_name: str, bell: Bell
) -> None:
    recorded = _record(connection, history, function_name, {"counter": bell.address})
    entry = _only(history)
    assert entry.number == recorded.number
    assert entry.ended.outcome is InvocationOutcome.SUCCEEDED
    assert json.loads(entry.ended.answer) == {"custom": None}
    assert "it ran" in entry.ended.log
    assert entry.ended.request_id == recorded.result.request_id
    assert entry.ended.run_ms is not None
    assert entry.ended.max_memory_mb


def test_a_functions_error_is_kept(
    connection: Connection, history: InvocationHistory, function_name: str, bell: Bell
) -> None:
    _record(connection, history, function_name, {"counter": bell.address, "fail": True})
    ended = _only(history).ended
    assert (ended.outcome, ended.error_type) == (InvocationOutcome.FUNCTION_ERROR, "ValueError")


def test_a_refusal_is_kept_with_awss_code(aws: StubbedAws, history: InvocationHistory) -> None:
    aws.refuse(
        "lambda",
        "invoke",
        "TooManyRequestsException",
        "Rate Exceeded.",
        429,
        details={"Reason": "ReservedFunctionConcurrentInvocationLimitExceeded"},
        read_timeout_s=70,
        retries=False,
    )
    with pytest.raises(WorkbenchError, match="TooManyRequestsException"):
        _record(aws.connection, history, "f", {})
    ended = _only(history).ended
    assert ended.outcome is InvocationOutcome.REFUSED
    assert "TooManyRequestsException" in ended.error


def test_a_payload_that_is_refused_here_is_kept_too(
    connection: Connection, history: InvocationHistory
) -> None:
    with pytest.raises(WorkbenchError, match="6 MB"):
        _record(connection, history, "f", "x" * (6 * 1024 * 1024))
    assert _only(history).ended.outcome is InvocationOutcome.REFUSED


def test_a_reset_connection_is_a_lost_answer_and_the_function_ran_once(
    faulty: Connection, history: InvocationHistory, function_name: str, bell: Bell, proxy: Proxy
) -> None:
    proxy.inject({"operation": "Invoke", "response": {"abort_bytes": 0}})
    with pytest.raises(AnswerLost):
        _record(faulty, history, function_name, {"counter": bell.address})
    assert bell.rings == 1
    assert _only(history).ended.outcome is InvocationOutcome.LOST


def test_who_stops_waiting_finds_it_cancelled(
    connection: Connection, history: InvocationHistory, function_name: str, bell: Bell
) -> None:
    ctx = JobContext(lambda _progress: ctx._stop.set())
    with pytest.raises(Cancelled):
        _record(connection, history, function_name, {"counter": bell.address, "sleep": 2}, ctx=ctx)
    assert _only(history).ended.outcome is InvocationOutcome.CANCELLED


@pytest.mark.parametrize(("mode", "status"), [(Mode.ASYNC, 202), (Mode.DRY_RUN, 204)])
def test_what_has_no_answer_is_kept_with_its_status(
    connection: Connection,
    history: InvocationHistory,
    function_name: str,
    bell: Bell,
    mode: Mode,
    status: int,
) -> None:
    recorded = _record(connection, history, function_name, {"counter": bell.address}, mode=mode)
    assert recorded.result.status_code == status
    ended = _only(history).ended
    assert (ended.outcome, ended.status_code, ended.answer) == (InvocationOutcome.SUCCEEDED, status, b"")


def test_a_dry_run_does_not_run(
    connection: Connection, history: InvocationHistory, function_name: str, bell: Bell
) -> None:
    _record(connection, history, function_name, {"counter": bell.address}, mode=Mode.DRY_RUN)
    assert not bell.rings


def test_an_asynchronous_payload_has_a_limit_of_its_own(
    connection: Connection, history: InvocationHistory
) -> None:
    with pytest.raises(WorkbenchError, match="1 MB"):
        _record(connection, history, "f", "x" * (1024 * 1024), mode=Mode.ASYNC)


def test_a_client_context_reaches_the_function(
    connection: Connection, history: InvocationHistory, function_name: str, bell: Bell
) -> None:
    context = json.dumps({"custom": {"who": "Grüße"}})
    recorded = _record(connection, history, function_name, {"counter": bell.address}, client_context=context)
    assert json.loads(recorded.result.payload) == {"custom": {"who": "Grüße"}}


@pytest.mark.parametrize("context", ["[1]", "{", '"x"', json.dumps({"a": "x" * 3000})])
def test_a_client_context_that_lambda_refuses_is_refused_here(
    connection: Connection, history: InvocationHistory, context: str
) -> None:
    with pytest.raises(WorkbenchError):
        _record(connection, history, "f", {}, client_context=context)


def test_a_streamed_answer_comes_in_pieces_and_whole(
    connection: Connection, history: InvocationHistory, function_name: str, bell: Bell
) -> None:
    pieces: list[object] = []
    ctx = JobContext(item=pieces.append)
    recorded = _record(connection, history, function_name, {"counter": bell.address}, streaming=True, ctx=ctx)
    assert b"".join(pieces) == recorded.result.payload  # type: ignore[arg-type]
    assert json.loads(recorded.result.payload) == {"custom": None}


class _Streaming(Connection):
    """Answers with a stream of events; botocore's Stubber knows none."""

    def __init__(self, inner: Connection, events: list[dict[str, Any]]) -> None:
        self.__dict__ |= inner.__dict__
        self.events = events
        self.request: dict[str, Any] = {}

    def call(self, service: str, operation_method: str, /, **params: Any) -> dict[str, Any]:
        self.request = {"called": f"{service}:{operation_method}", **params}
        meta = {"RequestId": "8f5-1"}
        return {"StatusCode": 200, "EventStream": self.events, "ResponseMetadata": meta}


def test_the_error_of_a_stream_is_the_functions(connection: Connection, history: InvocationHistory) -> None:
    details = json.dumps({"errorType": "Error", "errorMessage": "in the middle"})
    tail = base64.b64encode(b"REPORT RequestId: 1\tDuration: 2.00 ms\tBilled Duration: 2 ms\t").decode()
    streaming = _Streaming(
        connection,
        [
            {"PayloadChunk": {"Payload": b"half an ans"}},
            {"InvokeComplete": {"ErrorCode": "Unhandled", "ErrorDetails": details, "LogResult": tail}},
        ],
    )
    recorded = _record(streaming, history, "f", {}, streaming=True)
    assert streaming.request["called"] == "lambda:invoke_with_response_stream"
    assert streaming.request["LogType"] == "Tail"
    assert recorded.result.failure is not None
    assert recorded.result.failure.error_message == "in the middle"
    assert _only(history).ended.run_ms == 2.0
    assert _only(history).ended.outcome is InvocationOutcome.FUNCTION_ERROR


def test_a_ledger_that_cannot_be_written_keeps_nobody_from_invoking(
    connection: Connection, function_name: str, bell: Bell, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    broken = InvocationHistory(tmp_path / "file" / "ledger.sqlite")
    recorded = _record(connection, broken, function_name, {"counter": bell.address})
    assert json.loads(recorded.result.payload) == {"custom": None}
    assert recorded.number == 0
    assert recorded.problem is not None


ERROR = {"errorType": "ValueError", "errorMessage": "no", "stackTrace": ['File "/x/var/task/a.py", line 3\n']}


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
