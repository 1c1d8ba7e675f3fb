"""Lines of Lambda and its runtimes are recognised, and grouped by the invocation that wrote them."""

import json
from typing import Any

import pytest

from tests.logs.lines import OTHER, RID, end, event, report, start
from workbench.logs.buffer import ROWS, LogBuffer
from workbench.logs.parse import (
    Invocation,
    InvocationGrouper,
    Level,
    LineKind,
    LogLine,
    cause_of,
    folded,
    parse_event,
)


def _parse(message: str) -> tuple[LineKind, str, Level]:
    line = parse_event({"timestamp": 1, "message": message, "logStreamName": "s", "eventId": "e"})
    return line.kind, line.request_id, line.level


def test_an_event_keeps_time_stream_and_id() -> None:
    line = parse_event(
        {"timestamp": 1_773_414_144_118, "message": "hello\n", "logStreamName": "s", "eventId": "e"}
    )
    assert line == LogLine(1_773_414_144_118, "hello", "s", "e")
    assert line.time.isoformat() == "2026-03-13T15:02:24.118000+00:00"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (f"START RequestId: {RID} Version: $LATEST\n", (LineKind.START, RID, Level.NONE)),
        (f"END RequestId: {RID}\n", (LineKind.END, RID, Level.NONE)),
        (
            f"REPORT RequestId: {RID}\tDuration: 1.28 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB\t",
            (LineKind.REPORT, RID, Level.NONE),
        ),
        (f"REPORT RequestId: {RID}\tDuration: 3000 ms\tStatus: timeout", (LineKind.REPORT, RID, Level.ERROR)),
        (
            "INIT_START Runtime Version: python:3.13.v30\tRuntime Version ARN: arn:aws:lambda:x::runtime:y",
            (LineKind.INIT, "", Level.NONE),
        ),
        (
            "INIT_REPORT Init Duration: 9999 ms\tPhase: init\tStatus: error\tError Type: Runtime.ExitError",
            (LineKind.INIT, "", Level.ERROR),
        ),
        (f"[INFO]\t2026-03-13T15:02:24.118Z\t{RID}\thello", (LineKind.OTHER, RID, Level.INFO)),
        ("[WARNING]\t2026-03-13T15:02:24.118Z\t\tbefore any request", (LineKind.OTHER, "", Level.WARN)),
        ("[ERROR] ValueError: boom\nTraceback (most recent call last):", (LineKind.OTHER, "", Level.ERROR)),
        (f"2026-03-13T15:02:24.118Z\t{RID}\tWARN\tslow", (LineKind.OTHER, RID, Level.WARN)),
        ("2026-03-13T15:02:24.118Z\tundefined\tERROR\tUncaught", (LineKind.OTHER, "", Level.ERROR)),
        (
            f"2026-03-13T15:02:24.118Z {RID} Task timed out after 3.00 seconds\n\n",
            (LineKind.PLATFORM, RID, Level.ERROR),
        ),
        (
            f"RequestId: {RID} Error: Runtime exited with error: exit status 1\nRuntime.ExitError",
            (LineKind.PLATFORM, RID, Level.ERROR),
        ),
    ],
)
def test_plain_text(message: str, expected: tuple[LineKind, str, Level]) -> None:
    assert _parse(message) == expected


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (
            {"time": "t", "type": "platform.initStart", "record": {"functionName": "f"}},
            (LineKind.INIT, "", Level.NONE),
        ),
        ({"type": "platform.start", "record": {"requestId": RID}}, (LineKind.START, RID, Level.NONE)),
        (
            {"type": "platform.runtimeDone", "record": {"requestId": RID, "status": "success"}},
            (LineKind.END, RID, Level.NONE),
        ),
        (
            {"type": "platform.report", "record": {"requestId": RID, "status": "timeout", "metrics": {}}},
            (LineKind.REPORT, RID, Level.ERROR),
        ),
        ({"type": "platform.telemetrySubscription", "record": {}}, (LineKind.PLATFORM, "", Level.NONE)),
        (
            {"timestamp": "t", "level": "INFO", "message": "m", "requestId": RID},
            (LineKind.OTHER, RID, Level.INFO),
        ),
        ({"level": "critical", "AWSRequestId": RID}, (LineKind.OTHER, RID, Level.FATAL)),
        ({"level": 50, "requestId": ["x"], "type": "platform.start"}, (LineKind.OTHER, "", Level.NONE)),
    ],
)
def test_json(record: dict[str, object], expected: tuple[LineKind, str, Level]) -> None:
    assert _parse(json.dumps(record)) == expected


@pytest.mark.parametrize(
    "message",
    [
        "",
        "\n",
        "START",
        "START RequestId: ",
        "START RequestId: not-a-uuid Version: 1",
        f" START RequestId: {RID}",
        "{",
        "{}",
        "{not json}",
        "[1]",
        "[NOTICE me]",
        '{"level": null, "type": null, "record": 7}',
        '{"a":' * 5000,
        "\x00\x1b[31m\ud83d broken",
        "x" * 2_000_000,
        '{"level": "ERROR", "pad": "' + "x" * 300_000 + '"}',  # too long to look into
    ],
)
def test_hostile_lines_are_only_lines(message: str) -> None:
    assert _parse(message) == (LineKind.OTHER, "", Level.NONE)


def test_an_event_without_anything_is_an_empty_line() -> None:
    assert parse_event({}) == LogLine(0, "", "", "")


ID = "8f5f6f3e-1b1c-4d8e-9a56-0123456789ab"
T = 1_773_414_144_250  # 2026-03-13T15:02:24.250Z
NOW = "2026-03-13T15:02:24.250Z"


def _left(text: str, time_ms: int | None = T) -> str:
    begin, end = folded(text, time_ms)
    return text[:begin] + text[end:]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"{NOW}\t{ID}\tINFO\thello", "INFO\thello"),
        (f"{NOW}\tundefined\tINFO\tat import", "INFO\tat import"),
        (f"[INFO]\t{NOW}\t{ID}\thello", "[INFO]\thello"),
        (f"[INFO]\t{NOW}\t\tat import", "[INFO]\tat import"),
        (f"START RequestId: {ID} Version: $LATEST", "START Version: $LATEST"),
        (f"END RequestId: {ID}", "END"),
        (f"REPORT RequestId: {ID}\tDuration: 1.23 ms\t", "REPORT\tDuration: 1.23 ms\t"),
        (f"{NOW} {ID} Task timed out after 3.00 seconds", "Task timed out after 3.00 seconds"),
        (
            f"RequestId: {ID} Error: Runtime exited with error: exit status 1",
            "Error: Runtime exited with error: exit status 1",
        ),
        (f"{NOW} my own line", "my own line"),
        ("2026-03-13 15:02:23,900 INFO my own line", "INFO my own line"),
    ],
)
def test_time_and_request_id_are_left_out(text: str, left: str) -> None:
    assert _left(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "2026-03-13T09:00:00Z is when it is due",  # another time than the event's: it says something
        "2026-99-99T15:02:24Z is no time",
        NOW,  # nothing but the time
        f"the request {ID}",
        f'{{"timestamp":"{NOW}","requestId":"{ID}","message":"hello"}}',
        f"START RequestId: {ID}x",
    ],
)
def test_what_says_more_stays(text: str) -> None:
    assert folded(text, T) == (0, 0)


def test_where_no_column_shows_the_time_it_stays() -> None:
    assert _left(f"{NOW} my own line", None) == f"{NOW} my own line"


QUEUE = "arn:aws:sqs:eu-central-1:123456789012:orders"
SQS = {"Records": [{"messageId": "1", "body": "{}", "eventSource": "aws:sqs", "eventSourceARN": QUEUE}]}
S3 = {"Records": [{"s3": {"bucket": {"name": "b", "ownerIdentity": {}, "arn": "arn:aws:s3:::b"}}}]}
BARE = {"Records": [{"s3": {"bucket": {"name": "b", "arn": "arn:aws:s3:::b"}}}]}
SNS = {"Records": [{"Sns": {"TopicArn": "arn:aws:sns:eu-central-1:123456789012:t", "Message": "x"}}]}
RULE = {"source": "aws.events", "resources": ["arn:aws-cn:events:cn-north-1:123456789012:rule/nightly"]}


@pytest.mark.parametrize(
    ("event", "arn"),
    [
        (SQS, QUEUE),
        (BARE, "arn:aws:s3:::b"),
        (SNS, "arn:aws:sns:eu-central-1:123456789012:t"),
        (RULE, "arn:aws-cn:events:cn-north-1:123456789012:rule/nightly"),
        ({"orderId": 1}, ""),
        ({"note": QUEUE}, ""),  # an ARN that is spoken of has sent nothing
    ],
)
def test_an_event_says_who_sent_it(event: object, arn: str) -> None:
    as_json = json.dumps(event)
    within = json.dumps({"level": "INFO", "message": as_json})
    for text in (as_json, repr(event), f"[INFO]\tevent: {as_json}", within):
        assert cause_of(["START", text]) == arn


def test_an_endless_line_is_looked_at_in_part() -> None:
    assert cause_of(["arn:" + "'eventSourceARN': " * 100_000]) == ""


THIRD = "bbbbbbbb-5c1d-4d9a-9a77-0d8e3d2f4b6a"


def _group(*events: dict[str, Any]) -> tuple[Invocation, ...]:
    return _add(LogBuffer(), *events)


def _add(buffer: LogBuffer, *events: dict[str, Any]) -> tuple[Invocation, ...]:
    """What is new or changed by these."""
    buffer.add(map(parse_event, events))
    changes = buffer.take_changes()
    return changes.new + changes.changed


def _texts(buffer: LogBuffer, invocation: Invocation) -> list[str]:
    rows = map(buffer.row, invocation.numbers)
    return [row.text.split("\t")[0] for row in rows if row is not None]


def test_lines_belong_to_the_invocation_that_runs_in_their_stream() -> None:
    buffer = LogBuffer()
    first, second = _add(
        buffer,
        start(1, RID, "a"),
        start(2, OTHER, "b"),
        event(3, "of a", "a"),
        event(4, "of b", "b"),
        end(5, RID, "a"),
        report(5, RID, "a"),
        end(6, OTHER, "b"),
        report(6, OTHER, "b"),
    )
    assert (first.request_id, second.request_id) == (RID, OTHER)
    assert _texts(buffer, first)[1] == "of a"
    assert _texts(buffer, second)[1] == "of b"
    assert first.report is not None
    assert first.report.duration_ms == 12.34
    assert first.error == second.error == ""


def test_the_initialisation_belongs_to_the_first_invocation() -> None:
    buffer = LogBuffer()
    first, second = _add(
        buffer,
        event(0, "INIT_START Runtime Version: python:3.13.v30"),
        event(1, "loading"),
        start(2),
        report(3),
        start(4, OTHER),
        report(5, OTHER),
    )
    assert _texts(buffer, first)[:2] == ["INIT_START Runtime Version: python:3.13.v30", "loading"]
    assert first.start_ms == 0
    assert len(second.numbers) == 2


def test_a_line_that_names_its_invocation_is_believed() -> None:
    first, second = _group(
        start(1, RID),
        start(2, OTHER),
        event(3, f'{{"level": "INFO", "requestId": "{RID}"}}'),
        report(4, OTHER),
    )
    assert len(first.numbers) == 2
    assert len(second.numbers) == 2


def test_an_error_is_marked_by_the_line_that_says_it_first() -> None:
    (invocation,) = _group(
        start(1),
        event(2, "[ERROR] ValueError: boom" + "!" * 300 + "\nTraceback (most recent call last):"),
        event(3, "[ERROR] another"),
        report(4),
    )
    assert invocation.error.startswith("[ERROR] ValueError: boom!")
    assert len(invocation.error) == 200


def test_a_timeout_is_an_error() -> None:
    (invocation,) = _group(
        start(1),
        event(2, f"2026-03-13T15:02:24.118Z {RID} Task timed out after 3.00 seconds"),
        report(3, extra="Status: timeout"),
    )
    assert "Task timed out after 3.00 seconds" in invocation.error


def test_invocations_grow_as_lines_arrive() -> None:
    buffer = LogBuffer()
    (running,) = _add(buffer, start(1))
    assert running.report is None
    (same,) = _add(buffer, event(2, "more"))
    assert same is running
    assert len(running.numbers) == 2
    _add(buffer, report(3))
    ended = buffer.get(RID)
    assert ended is running
    assert ended.report is not None
    assert _add(buffer, event(4, "between invocations")) == ()


def test_an_invocation_is_let_go_with_its_last_line() -> None:
    buffer = LogBuffer(max_lines=3 * ROWS)
    (first,) = _add(buffer, start(0, RID), report(1, RID))
    _add(buffer, start(2, OTHER))
    filling = (event(3, f"[INFO]\tx\t{OTHER}\tendless") for _ in range(4 * ROWS))
    buffer.add(map(parse_event, filling))
    assert buffer.get(RID) is None
    assert buffer.take_changes().dropped == (first,)
    assert buffer.get(OTHER) is not None


def test_of_very_many_invocations_the_newest_are_known() -> None:
    grouper = InvocationGrouper(max_invocations=2)
    for number, request_id in enumerate((RID, OTHER, THIRD)):
        grouper.assign(parse_event(start(number, request_id)), number, 1)
    changes = grouper.take_changes()
    assert [each.request_id for each in changes.new] == [OTHER, THIRD]
    assert changes.dropped == ()  # nobody has heard of the first


def test_initialisation_that_no_invocation_follows_is_bounded() -> None:
    buffer = LogBuffer()
    _add(buffer, *(event(number, "INIT_START again") for number in range(5000)))
    (invocation,) = _add(buffer, start(9999))
    assert len(invocation.numbers) <= 1001


def _report_record(**metrics: object) -> str:
    record = {"requestId": RID, "metrics": metrics}
    return json.dumps({"type": "platform.report", "record": record})


@pytest.mark.parametrize(
    "forged",
    [
        f"REPORT RequestId: {RID}\tDuration: 1.2.3 ms\tMemory Size: ... MB",
        f"REPORT RequestId: {RID}\tDuration: 1e999 ms",
        _report_record(durationMs="soon"),
        _report_record(durationMs=1, memorySizeMB=float("inf")),
        '{"type": "platform.report", "record": ' + "[" * 50_000,
    ],
)
def test_a_forged_report_does_not_break_the_grouping(forged: str) -> None:
    (invocation,) = _group(start(1), event(2, forged), report(3))
    assert invocation.report is not None
    assert invocation.report.duration_ms == 12.34


NODE = f"2026-03-13T15:02:24.000Z\t{RID}\tERROR\t"


@pytest.mark.parametrize(
    ("line", "is_failed"),
    [
        ("[ERROR] ValueError: boom\nTraceback (most recent call last):\n  File", True),
        ("[ERROR] ValueError: boom\rTraceback (most recent call last):\r  File", True),
        (NODE + 'Invoke Error \t{"errorType":"Error"}', True),
        (NODE + "Uncaught Exception \t{}", True),
        (f"2026-03-13T15:02:24.000Z {RID} Task timed out after 3.00 seconds", True),
        (f"RequestId: {RID} Error: Runtime exited with error: exit status 1", True),
        (json.dumps({"type": "platform.runtimeDone", "record": {"requestId": RID, "status": "error"}}), True),
        (
            json.dumps({"type": "platform.runtimeDone", "record": {"requestId": RID, "status": "success"}}),
            False,
        ),
        (f"[ERROR]\t2026-03-13T15:02:24.000Z\t{RID}\tthe cache is cold\nTraceback (most", False),
        ("[ERROR] no tab, no traceback", False),
        (NODE + "the cache is cold", False),
        (json.dumps({"level": "ERROR", "message": "boom", "errorType": "KeyError"}), False),
        ("Traceback (most recent call last):", False),
    ],
)
def test_a_failure_is_told_from_an_error_that_is_only_logged(line: str, *, is_failed: bool) -> None:
    (invocation,) = _group(start(1), event(2, line), report(3))
    assert invocation.is_failed is is_failed


def test_a_report_with_a_status_is_a_failure() -> None:
    (invocation,) = _group(start(1), report(3, extra="Status: timeout"))
    assert invocation.is_failed


def test_an_environment_that_starts_anew_ends_the_invocation_before() -> None:
    """As after a crash or a time-out: no REPORT line comes, and what follows is the next one's."""
    buffer = LogBuffer()
    first, second = _add(
        buffer,
        start(1),
        event(2, "working"),
        event(3, "INIT_START Runtime Version: python:3.13.v30"),
        event(4, "loading"),
        start(5, OTHER),
        report(6, OTHER),
    )
    assert _texts(buffer, first)[1:] == ["working"]
    assert _texts(buffer, second)[:2] == ["INIT_START Runtime Version: python:3.13.v30", "loading"]
