"""Lines of Lambda and its runtimes are recognised: kind, repeated head, cause."""

import json

import pytest

from workbench.logs.parse import Level, LineKind, LogLine, cause_of, folded, parse_event

RID = "3f1c9b8e-5c1d-4d9a-9a77-0d8e3d2f4b6a"


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
