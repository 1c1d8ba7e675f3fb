"""REPORT lines as Lambda writes them."""

import json

import pytest

from workbench.functions.invocations import Report, parse_report

ID = "8f6c2b1e-0a1b-4c2d-9e3f-0123456789ab"
FIGURES = "Duration: 1.28 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB\tMax Memory Used: 41 MB"
WARM = f"REPORT RequestId: {ID}\t{FIGURES}\t"
WARM_REPORT = Report(ID, 1.28, 2, 128, 41)


@pytest.mark.parametrize("line", [WARM, WARM + "\n", WARM.rstrip()])
def test_a_warm_invocation(line: str) -> None:
    assert parse_report(line) == WARM_REPORT


def test_a_cold_start_with_a_trace() -> None:
    line = f"{WARM}Init Duration: 123.45 ms\t\nXRAY TraceId: 1-5e-8\tSegmentId: 4f\tSampled: true\t\n"
    assert parse_report(line) == Report(ID, 1.28, 2, 128, 41, init_ms=123.45, trace_id="1-5e-8")


def test_a_restored_snapshot() -> None:
    line = f"{WARM}Restore Duration: 531.6 ms\tBilled Restore Duration: 100 ms\t"
    assert parse_report(line) == Report(ID, 1.28, 2, 128, 41, restore_ms=531.6)


def test_a_time_out() -> None:
    report = parse_report(f"{WARM}Status: timeout")
    assert report is not None
    assert report.status == "timeout"


def test_a_crash() -> None:
    report = parse_report(f"{WARM}Status: error\tError Type: Runtime.ExitError\n")
    assert report is not None
    assert (report.status, report.error_type) == ("error", "Runtime.ExitError")


@pytest.mark.parametrize("status", ["success", "timeout", "error"])
def test_a_function_that_logs_json(status: str) -> None:
    record = {
        "requestId": ID,
        "metrics": {
            "durationMs": 1.28,
            "billedDurationMs": 2,
            "memorySizeMB": 128,
            "maxMemoryUsedMB": 41,
            "initDurationMs": 99.5,
        },
        "status": status,
        "tracing": {"spanId": "4f", "type": "X-Amzn-Trace-Id", "value": "Root=1-5e-8"},
    }
    line = json.dumps({"time": "2026-11-24T12:00:00Z", "type": "platform.report", "record": record})
    expected = "" if status == "success" else status
    assert parse_report(line) == Report(
        ID, 1.28, 2, 128, 41, init_ms=99.5, status=expected, trace_id="Root=1-5e-8"
    )


@pytest.mark.parametrize(
    "line",
    [
        "",
        f"START RequestId: {ID} Version: $LATEST",
        f"END RequestId: {ID}",
        f"REPORT RequestId: {ID}",
        f"my log: {WARM}",
        "REPORT of the day",
        '{"type": "platform.report"}',
        '{"type": "platform.report", "record": {"requestId": "x", "metrics": {"durationMs": "fast"}}}',
        '{"message": "platform.report"}',
        '{"type": "platform.report", "record": []}',
        "{platform.report",
        '["platform.report"]',
    ],
)
def test_other_lines_are_none(line: str) -> None:
    assert parse_report(line) is None


def test_missing_figures_are_made_up_for_nobody() -> None:
    assert parse_report(f"REPORT RequestId: {ID}\tDuration: 5 ms\tBilled Duration: 6 ms") == Report(
        ID, 5, 6, 0, 0
    )


def test_a_cold_start_is_paid_for_also_where_a_line_does_not_say_what_is_billed() -> None:
    """INIT is billed since August 2025."""
    text = f"REPORT RequestId: {ID}\tDuration: 10.00 ms\tMemory Size: 128 MB\tInit Duration: 200.00 ms\t"
    metrics = {"durationMs": 10.0, "initDurationMs": 200.0}
    line = json.dumps({"type": "platform.report", "record": {"requestId": ID, "metrics": metrics}})
    for each in (text, line):
        report = parse_report(each)
        assert report is not None
        assert report.billed_ms == 210.0
