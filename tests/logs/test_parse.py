"""Lines of Lambda and its runtimes are recognised; whatever a function prints is only a line."""

import json

import pytest

from workbench.logs.parse import Kind, Level, LogLine, parse_event

RID = "3f1c9b8e-5c1d-4d9a-9a77-0d8e3d2f4b6a"


def _parse(message: str) -> tuple[Kind, str, Level]:
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
        (f"START RequestId: {RID} Version: $LATEST\n", (Kind.START, RID, Level.NONE)),
        (f"END RequestId: {RID}\n", (Kind.END, RID, Level.NONE)),
        (
            f"REPORT RequestId: {RID}\tDuration: 1.28 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB\t",
            (Kind.REPORT, RID, Level.NONE),
        ),
        (f"REPORT RequestId: {RID}\tDuration: 3000 ms\tStatus: timeout", (Kind.REPORT, RID, Level.ERROR)),
        (
            "INIT_START Runtime Version: python:3.13.v30\tRuntime Version ARN: arn:aws:lambda:x::runtime:y",
            (Kind.INIT, "", Level.NONE),
        ),
        (
            "INIT_REPORT Init Duration: 9999 ms\tPhase: init\tStatus: error\tError Type: Runtime.ExitError",
            (Kind.INIT, "", Level.ERROR),
        ),
        (f"[INFO]\t2026-03-13T15:02:24.118Z\t{RID}\thello", (Kind.OTHER, RID, Level.INFO)),
        ("[WARNING]\t2026-03-13T15:02:24.118Z\t\tbefore any request", (Kind.OTHER, "", Level.WARN)),
        ("[ERROR] ValueError: boom\nTraceback (most recent call last):", (Kind.OTHER, "", Level.ERROR)),
        (f"2026-03-13T15:02:24.118Z\t{RID}\tWARN\tslow", (Kind.OTHER, RID, Level.WARN)),
        ("2026-03-13T15:02:24.118Z\tundefined\tERROR\tUncaught", (Kind.OTHER, "", Level.ERROR)),
        (
            f"2026-03-13T15:02:24.118Z {RID} Task timed out after 3.00 seconds\n\n",
            (Kind.PLATFORM, RID, Level.ERROR),
        ),
        (
            f"RequestId: {RID} Error: Runtime exited with error: exit status 1\nRuntime.ExitError",
            (Kind.PLATFORM, RID, Level.ERROR),
        ),
    ],
)
def test_plain_text(message: str, expected: tuple[Kind, str, Level]) -> None:
    assert _parse(message) == expected


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (
            {"time": "t", "type": "platform.initStart", "record": {"functionName": "f"}},
            (Kind.INIT, "", Level.NONE),
        ),
        ({"type": "platform.start", "record": {"requestId": RID}}, (Kind.START, RID, Level.NONE)),
        (
            {"type": "platform.runtimeDone", "record": {"requestId": RID, "status": "success"}},
            (Kind.END, RID, Level.NONE),
        ),
        (
            {"type": "platform.report", "record": {"requestId": RID, "status": "timeout", "metrics": {}}},
            (Kind.REPORT, RID, Level.ERROR),
        ),
        ({"type": "platform.telemetrySubscription", "record": {}}, (Kind.PLATFORM, "", Level.NONE)),
        (
            {"timestamp": "t", "level": "INFO", "message": "m", "requestId": RID},
            (Kind.OTHER, RID, Level.INFO),
        ),
        ({"level": "critical", "AWSRequestId": RID}, (Kind.OTHER, RID, Level.FATAL)),
        ({"level": 50, "requestId": ["x"], "type": "platform.start"}, (Kind.OTHER, "", Level.NONE)),
    ],
)
def test_json(record: dict[str, object], expected: tuple[Kind, str, Level]) -> None:
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
    assert _parse(message) == (Kind.OTHER, "", Level.NONE)


def test_an_event_without_anything_is_an_empty_line() -> None:
    assert parse_event({}) == LogLine(0, "", "", "")
