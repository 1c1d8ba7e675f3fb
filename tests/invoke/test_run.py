"""Invoking real functions in the Sandbox: every way to answer, to fail and to be lost; and many times."""

import io
import json
import threading
from typing import Any

import numpy as np
import pytest

from tests.aws_stub import StubbedAws
from tests.bell import RING, Bell
from tests.fault_proxy import Proxy
from tests.sandbox_functions import create_function, start_creating
from workbench.aws.connection import Connection
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.invoke.history import InvocationOutcome
from workbench.invoke.run import READ_MARGIN_S, InvocationResult, Run, invoke, percentile, repeat, summarise

CTX = JobContext()
OPTIONS: dict[str, Any] = {"read_timeout_s": 3 + READ_MARGIN_S, "retries": False}

HANDLER = (
    RING
    + """
import json, os, sys, time
print("module loaded")

def handler(event, context):
    do = event.get("do", "echo")
    print("doing", do)
    if do == "echo":
        return event
    if do == "raise":
        return explode(event)
    if do == "sleep":
        time.sleep(30)
    if do == "exit":
        os._exit(3)
    if do == "bytes":
        return b"no JSON"
    if do == "object":
        return {"it": object()}
    if do == "big":
        return "x" * event["size"]
    if do == "odd":
        sys.stdout.buffer.write(bytes(range(256)) * 4 + b"\\n")
        sys.stdout.flush()
        print("END RequestId: forged", "é" * 5000)
        print("REPORT RequestId: 3f1c9b8e-5c1d-4d9a-9a77-0d8e3d2f4b6a\\tDuration: 9.99 ms")
        print("REPORT RequestId: forged\\tDuration: 1.2.3 ms\\tMemory Size: ... MB")
        return {"text": "\\U0001f600 \\0"}
    if do == "count":
        ring(event["bell"])
        return "counted" * event.get("times", 1)

def explode(event):
    raise ValueError("boom: " + event["words"])
"""
)


@pytest.fixture
def function_name(connection: Connection) -> str:
    return create_function(connection, HANDLER).function_name


def _invoke(
    connection: Connection,
    function_name: str,
    event: object,
    timeout_s: float = 10,
    *,
    log_tail: bool = True,
) -> InvocationResult:
    payload = event if isinstance(event, bytes) else json.dumps(event).encode()
    return invoke(connection, function_name, payload, "", timeout_s, CTX, log_tail=log_tail)


# ---- answers ---------------------------------------------------------------------------------------------


def test_an_answer_comes_with_its_log_and_figures(connection: Connection, function_name: str) -> None:
    result = _invoke(connection, function_name, {"a": [1, "é"]})
    assert json.loads(result.payload) == {"a": [1, "é"]}
    assert (result.status_code, result.failure, result.function_error) == (200, None, "")
    assert result.executed_version == "$LATEST"
    assert "doing echo" in result.log_tail
    assert f"RequestId: {result.request_id}" in result.log_tail
    assert result.report is not None
    assert result.report.request_id == result.request_id
    assert result.report.init_ms is not None
    assert 0 < result.report.duration_ms <= result.duration_ms
    assert result.report.memory_mb == 128

    warm = _invoke(connection, function_name, {})
    assert warm.report is not None
    assert warm.report.init_ms is None
    assert warm.request_id != result.request_id
    assert warm.started_at > result.started_at


def test_nothing_is_an_empty_event(connection: Connection, function_name: str) -> None:
    assert _invoke(connection, function_name, b"  \n").payload == b"{}"


def test_without_a_tail_there_is_none(connection: Connection, function_name: str) -> None:
    result = _invoke(connection, function_name, {}, log_tail=False)
    assert result.log_tail == ""
    assert result.report is None


def test_a_function_that_is_being_created_is_invoked_once_it_is_active(
    connection: Connection, as_slow_as_aws: None
) -> None:
    name = start_creating(connection, HANDLER)
    with pytest.raises(WorkbenchError, match="state: Pending"):  # what AWS says of it
        connection.call("lambda", "invoke", FunctionName=name, Payload=b"{}")
    assert json.loads(_invoke(connection, name, {"a": 1}).payload) == {"a": 1}


def test_a_function_that_may_not_be_read_is_not_waited_for(aws: StubbedAws) -> None:
    refusal = (
        "The operation cannot be performed at this time. The function is currently in the following state: "
    )
    aws.refuse("lambda", "invoke", "ResourceConflictException", f"{refusal}Pending", **OPTIONS)
    for operation in ("get_function", "get_function_configuration"):
        aws.refuse("lambda", operation, "AccessDeniedException", "not authorized")
    with pytest.raises(WorkbenchError, match="state: Pending"):
        invoke(aws.connection, "hello", b"{}", "", 3, CTX)


def test_a_version_is_invoked_by_its_qualifier(connection: Connection, function_name: str) -> None:
    connection.call("lambda", "publish_version", FunctionName=function_name)
    assert invoke(connection, function_name, b"{}", "1", 10, CTX).executed_version == "1"


def test_a_large_answer_is_whole(connection: Connection, function_name: str) -> None:
    result = _invoke(connection, function_name, {"do": "big", "size": 5_000_000})
    assert len(result.payload) == 5_000_002


def test_odd_output_forges_nothing(connection: Connection, function_name: str) -> None:
    result = _invoke(connection, function_name, {"do": "odd"})
    assert json.loads(result.payload) == {"text": "\U0001f600 \0"}
    assert result.report is not None
    assert result.report.request_id == result.request_id
    assert len(result.log_tail.encode()) <= 4096 + 3 * 4  # a cut character becomes a replacement


# ---- failures of the function ----------------------------------------------------------------------------


def test_an_exception_points_at_its_line(connection: Connection, function_name: str) -> None:
    result = _invoke(connection, function_name, {"do": "raise", "words": "☃"})
    assert result.status_code == 200
    assert result.function_error == "Unhandled"
    assert result.failure is not None
    assert (result.failure.error_type, result.failure.error_message) == ("ValueError", "boom: ☃")
    inner = result.failure.frames[-1]
    assert (inner.file, inner.function, inner.is_own) == ("app.py", "explode", True)
    assert HANDLER.splitlines()[inner.line - 1].strip().startswith("raise ValueError")
    assert result.report is not None  # the figures are there all the same


def test_a_timeout_is_told_as_one(connection: Connection) -> None:
    name = create_function(connection, HANDLER, timeout_s=1).function_name
    result = _invoke(connection, name, {"do": "sleep"}, timeout_s=1)
    assert result.failure is not None
    assert result.failure.error_type == "Sandbox.Timedout"
    assert "Task timed out after 1.00 seconds" in result.failure.error_message


def test_a_runtime_that_dies_is_told_as_such(connection: Connection, function_name: str) -> None:
    result = _invoke(connection, function_name, {"do": "exit"})
    assert result.failure is not None
    assert result.failure.error_type == "Runtime.ExitError"


def test_an_answer_that_is_no_json_is_kept_as_it_is(connection: Connection, function_name: str) -> None:
    assert _invoke(connection, function_name, {"do": "bytes"}).payload == b"no JSON"


def test_an_answer_that_cannot_be_json_is_the_functions_failure(
    connection: Connection, function_name: str
) -> None:
    result = _invoke(connection, function_name, {"do": "object"})
    assert result.failure is not None
    assert result.failure.error_type == "Runtime.MarshalError"


def test_code_that_cannot_be_imported(connection: Connection) -> None:
    name = create_function(connection, "def handler(event, context):\n    return (\n").function_name
    result = _invoke(connection, name, {})
    assert result.failure is not None
    assert result.failure.error_type == "Runtime.UserCodeSyntaxError"


# ---- refusals --------------------------------------------------------------------------------------------


def test_a_broken_payload_is_not_sent(aws: StubbedAws) -> None:
    with pytest.raises(WorkbenchError, match="line 1, column 2"):
        invoke(aws.connection, "hello", b"{'a': 1}", "", 3, CTX)
    assert aws.calls == []


def test_a_function_that_was_deleted(connection: Connection, function_name: str) -> None:
    connection.call("lambda", "delete_function", FunctionName=function_name)
    with pytest.raises(WorkbenchError) as caught:
        _invoke(connection, function_name, {})
    assert caught.value.aws_code == "ResourceNotFoundException"
    assert caught.value.what == f"Could not invoke {function_name}."


@pytest.mark.parametrize(
    ("code", "message", "status", "details", "words"),
    [
        (
            "TooManyRequestsException",
            "Rate Exceeded.",
            429,
            {"Reason": "ReservedFunctionConcurrentInvocationLimitExceeded", "retryAfterSeconds": "2"},
            "reserved concurrency",
        ),
        (
            "TooManyRequestsException",
            "Rate Exceeded.",
            429,
            {"Reason": "ConcurrentInvocationLimitExceeded"},
            "All concurrency of the account",
        ),
        (
            "ServiceException",
            "An error occurred and the request cannot be processed.",
            500,
            None,
            "internal error",
        ),
        ("RequestTooLargeException", "Request must be smaller than 6291456 bytes", 413, None, "larger"),
    ],
)
def test_what_aws_refuses_is_said_and_not_repeated(
    aws: StubbedAws, code: str, message: str, status: int, details: dict[str, str] | None, words: str
) -> None:
    aws.refuse("lambda", "invoke", code, message, status, details=details, **OPTIONS)
    with pytest.raises(WorkbenchError, match=words) as caught:
        invoke(aws.connection, "hello", b"{}", "", 3, CTX)
    assert caught.value.aws_code == code
    assert "might have run" not in caught.value.remedy
    assert len(aws.calls) == 1


@pytest.mark.parametrize(("qualifier", "names_it"), [("nope", True), ("", False)])
def test_a_version_that_is_not_there_is_told_from_a_function_that_is_not(
    aws: StubbedAws, qualifier: str, *, names_it: bool
) -> None:
    aws.refuse("lambda", "invoke", "ResourceNotFoundException", "Function not found", 404, **OPTIONS)
    with pytest.raises(WorkbenchError) as caught:
        invoke(aws.connection, "hello", b"{}", qualifier, 3, CTX)
    assert ("version or alias “nope”" in caught.value.why) is names_it
    assert ("Choose another version" in caught.value.remedy) is names_it
    assert caught.value.aws_code == "ResourceNotFoundException"


# ---- durable functions and tenants -----------------------------------------------------------------------


def _accept(aws: StubbedAws, **expected: Any) -> None:
    answer = {"StatusCode": 200, "Payload": io.BytesIO(b"1"), "ResponseMetadata": {"RequestId": "r-1"}}
    request = {
        "FunctionName": "hello",
        "InvocationType": "RequestResponse",
        "LogType": "Tail",
        "Payload": b"{}",
    }
    aws.answer("lambda", "invoke", answer, request | expected, **OPTIONS)


def test_a_durable_function_is_invoked_as_latest_once_aws_refuses_its_bare_name(aws: StubbedAws) -> None:
    refusal = "You cannot invoke a durable function using an unqualified ARN."
    aws.refuse("lambda", "invoke", "InvalidParameterValueException", refusal, **OPTIONS)
    _accept(aws, Qualifier="$LATEST")
    assert invoke(aws.connection, "hello", b"{}", "", 3, CTX).payload == b"1"
    aws.assert_all_asked()


def test_what_aws_refuses_of_a_version_is_not_sent_again(aws: StubbedAws) -> None:
    refusal = "You cannot invoke a durable function using an unqualified ARN."
    aws.refuse("lambda", "invoke", "InvalidParameterValueException", refusal, **OPTIONS)
    with pytest.raises(WorkbenchError):
        invoke(aws.connection, "hello", b"{}", "7", 3, CTX)
    assert len(aws.calls) == 1


def test_a_tenant_is_sent(aws: StubbedAws) -> None:
    _accept(aws, TenantId="blue sky@1")
    assert invoke(aws.connection, "hello", b"{}", "", 3, CTX, tenant_id="blue sky@1").payload == b"1"


@pytest.mark.parametrize("tenant_id", ["x" * 257, "ä", "a\nb"])
def test_a_tenant_that_lambda_does_not_take_is_not_sent(aws: StubbedAws, tenant_id: str) -> None:
    with pytest.raises(WorkbenchError, match="tenant ID is not valid"):
        invoke(aws.connection, "hello", b"{}", "", 3, CTX, tenant_id=tenant_id)
    assert not aws.calls


# ---- lost answers: never sent twice ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "code", "runs"),
    [
        ({"reset": True}, "ConnectionClosedError", 0),
        ({"response": {"abort_frac": 0.5}}, "", 1),
        ({"response": {"abort_bytes": 0}}, "", 1),
    ],
)
def test_an_invocation_is_sent_once_whatever_happens_to_its_answer(
    proxy: Proxy,
    faulty: Connection,
    function_name: str,
    bell: Bell,
    fault: dict[str, object],
    code: str,
    runs: int,
) -> None:
    event = {"do": "count", "bell": bell.address, "times": 100_000}
    proxy.inject({"operation": "Invoke", **fault})
    with pytest.raises(WorkbenchError) as caught:
        _invoke(faulty, function_name, event)
    assert caught.value.remedy.startswith("The function might have run.")
    assert caught.value.action == ""
    assert code in caught.value.aws_code
    assert bell.rings == runs
    proxy.inject()
    assert _invoke(faulty, function_name, event).failure is None
    assert bell.rings == runs + 1


def test_a_busy_service_is_not_asked_again(
    proxy: Proxy, faulty: Connection, function_name: str, bell: Bell
) -> None:
    error = {"code": "TooManyRequestsException", "fields": {"Reason": "CallerRateLimitExceeded"}}
    proxy.inject({"operation": "Invoke", "times": 1, "error": error})
    with pytest.raises(WorkbenchError) as caught:
        _invoke(faulty, function_name, {"do": "count", "bell": bell.address})
    assert caught.value.aws_code == "TooManyRequestsException"
    assert not bell.rings  # a second try would have gone through


def test_no_server_is_a_plain_error(connection: Connection, function_name: str) -> None:
    nowhere = Connection(
        connection.access.__class__(None, "us-east-1", "http://127.0.0.1:9", connection.access.keys),
        connection._session,
    )
    with pytest.raises(WorkbenchError) as caught:
        _invoke(nowhere, function_name, {})
    assert "might have run" not in caught.value.remedy


# ---- cancel ----------------------------------------------------------------------------------------------


def test_cancel_lets_go_at_once_and_the_function_runs_on(connection: Connection, function_name: str) -> None:
    _invoke(connection, function_name, {})  # warm, so that only the handler is waited for
    stop = threading.Event()

    with Bell(holds=True) as bell:
        ctx = JobContext(report=lambda _: stop.set() if bell.rings else None, stop=stop)
        with pytest.raises(Cancelled):
            invoke(
                connection,
                function_name,
                json.dumps({"do": "count", "bell": bell.address}).encode(),
                "",
                10,
                ctx,
            )
        (waiting,) = [thread for thread in threading.enumerate() if thread.name == f"invoke {function_name}"]
        assert waiting.daemon  # the program can end without it
        assert waiting.is_alive()  # the handler is held

        bell.release()
        waiting.join(30)
        assert not waiting.is_alive()
        assert bell.rings == 1


def test_a_job_cancelled_before_sends_nothing(aws: StubbedAws) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        invoke(aws.connection, "hello", b"{}", "", 3, JobContext(stop=stop))
    assert aws.calls == []


def run_of(number: int, outcome: InvocationOutcome = InvocationOutcome.SUCCEEDED, **more: object) -> Run:
    return Run(100.0 + number, 10.0 * (number + 1), outcome, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(("times", "parallel"), [(1, 1), (7, 1), (20, 4), (3, 16)])
def test_so_many_are_sent_and_no_more_at_once(times: int, parallel: int) -> None:
    lock, at_once, most, seen = threading.Lock(), [0], [0], list[object]()
    together = threading.Barrier(min(times, parallel))

    def send(number: int, _ctx: JobContext) -> Run:
        with lock:
            at_once[0] += 1
            most[0] = max(most[0], at_once[0])
        if number < min(times, parallel):
            together.wait(60)  # the first ones really are under way together
        with lock:
            at_once[0] -= 1
        return run_of(number)

    runs = repeat(times, parallel, send, JobContext(item=seen.append))
    assert sorted(run.started_s for run in runs) == [100.0 + number for number in range(times)]
    assert most[0] == min(times, parallel)
    assert len(seen) == times


def test_cancel_lets_go_of_what_is_under_way_and_sends_no_more() -> None:
    stop, sent = threading.Event(), list[int]()

    def send(number: int, ctx: JobContext) -> Run:
        sent.append(number)
        if number == 1:
            stop.set()
        ctx.sleep(10 if number else 0)
        return run_of(number)

    with pytest.raises(Cancelled):
        repeat(100, 1, send, JobContext(stop=stop))
    assert sent == [0, 1]


def test_an_error_of_ours_ends_all() -> None:
    def send(number: int, _ctx: JobContext) -> Run:
        if number == 3:
            raise WorkbenchError("no", "the disk is full", "make room")
        return run_of(number)

    with pytest.raises(WorkbenchError, match="disk is full"):
        repeat(1_000, 2, send, JobContext())


def test_a_summary_tells_times_of_answers_and_counts_the_rest() -> None:
    runs = [run_of(number, billed_ms=5.0, is_cold=number == 0) for number in range(4)]
    runs += [
        run_of(4, InvocationOutcome.REFUSED, error="TooManyRequestsException"),
        run_of(5, InvocationOutcome.FUNCTION_ERROR, error="E"),
    ]
    found = summarise(runs)
    assert found.outcomes == (
        (InvocationOutcome.SUCCEEDED, 4),
        (InvocationOutcome.REFUSED, 1),
        (InvocationOutcome.FUNCTION_ERROR, 1),
    )
    assert found.errors == (("TooManyRequestsException", 1), ("E", 1))
    assert (found.min_ms, found.p50_ms, found.p95_ms, found.max_ms) == (10, 30, 60, 60)
    assert (found.billed_ms, found.cold) == (20.0, 1)
    assert found.per_s == pytest.approx(5 / 5.06)


def test_no_run_is_no_summary() -> None:
    found = summarise([])
    assert (found.outcomes, found.max_ms, found.per_s) == ((), 0.0, 0.0)


@pytest.mark.parametrize(("percent", "value"), [(50, 2.0), (95, 4.0), (100, 4.0), (0, 1.0)])
def test_a_percentile_is_a_value_that_was_measured(percent: int, value: float) -> None:
    assert percentile([1.0, 2.0, 3.0, 4.0], percent) == value
    measured = np.sort(np.random.default_rng(7).gamma(2.0, 50.0, 997))
    # The same rank by numpy's own hand, which does not go between two values either.
    assert percentile(measured.tolist(), percent) == np.percentile(measured, percent, method="inverted_cdf")
