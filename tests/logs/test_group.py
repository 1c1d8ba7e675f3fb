"""Lines are grouped by the invocation that wrote them, also while they are still arriving."""

import json
from typing import Any

import pytest

from tests.logs.lines import OTHER, RID, end, event, report, start
from workbench.logs.group import Invocation, InvocationGrouper, group_by_invocation
from workbench.logs.parse import parse_event

THIRD = "bbbbbbbb-5c1d-4d9a-9a77-0d8e3d2f4b6a"


def _group(*events: dict[str, Any]) -> tuple[Invocation, ...]:
    return group_by_invocation(map(parse_event, events))


def _texts(invocation: Invocation) -> list[str]:
    return [line.message.split("\t")[0] for line in invocation.lines]


def test_lines_belong_to_the_invocation_that_runs_in_their_stream() -> None:
    first, second = _group(
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
    assert _texts(first)[1] == "of a"
    assert _texts(second)[1] == "of b"
    assert first.report is not None
    assert first.report.duration_ms == 12.34
    assert first.error == second.error == ""


def test_the_initialisation_belongs_to_the_first_invocation() -> None:
    first, second = _group(
        event(0, "INIT_START Runtime Version: python:3.13.v30"),
        event(1, "loading"),
        start(2),
        report(3),
        start(4, OTHER),
        report(5, OTHER),
    )
    assert _texts(first)[:2] == ["INIT_START Runtime Version: python:3.13.v30", "loading"]
    assert first.start_ms == 0
    assert len(second.lines) == 2


def test_a_line_that_names_its_invocation_is_believed() -> None:
    first, second = _group(
        start(1, RID),
        start(2, OTHER),
        event(3, f'{{"level": "INFO", "requestId": "{RID}"}}'),
        report(4, OTHER),
    )
    assert len(first.lines) == 2
    assert len(second.lines) == 2


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
    grouper = InvocationGrouper()
    (running,) = grouper.add([parse_event(start(1))])
    assert running.report is None
    (same,) = grouper.add([parse_event(event(2, "more"))])
    assert same is running
    assert len(running.lines) == 2
    grouper.add([parse_event(report(3))])
    ended = grouper.get(RID)
    assert ended is running
    assert ended.report is not None
    assert grouper.add([parse_event(event(4, "between invocations"))]) == ()


def test_memory_is_bounded_by_letting_old_invocations_go() -> None:
    grouper = InvocationGrouper(max_lines=6)
    for number, request_id in enumerate((RID, OTHER, THIRD)):
        lines = (start(number, request_id), event(number, "x"), report(number, request_id))
        grouper.add(map(parse_event, lines))
    assert [invocation.request_id for invocation in grouper.invocations] == [OTHER, THIRD]
    assert grouper.get(RID) is None
    grouper.add(parse_event(event(9, f"[INFO]\tx\t{THIRD}\tendless")) for _ in range(100))
    assert [invocation.request_id for invocation in grouper.invocations] == [THIRD]


def test_initialisation_that_no_invocation_follows_is_bounded() -> None:
    grouper = InvocationGrouper()
    grouper.add(parse_event(event(number, "INIT_START again")) for number in range(5000))
    (invocation,) = grouper.add([parse_event(start(9999))])
    assert len(invocation.lines) <= 1001


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
