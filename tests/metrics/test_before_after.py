"""Before and after a change: where each side lies, what the figures mean, and what is asked."""

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from tests.aws_stub import StubbedAws
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.metrics.before_after import (
    SIDE_METRICS,
    BeforeAfterAsk,
    ComparedMeasure,
    RangeFigures,
    Verdict,
    compare,
    memories,
    read_before_after,
    sides_of,
)
from workbench.metrics.changes import ChangeKind, FunctionChange, RecordSource
from workbench.metrics.fleet import CostSetting

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
NOON_S = int(NOON.timestamp())
SETTING = CostSetting("eu-central-1", 1024)
NAN = math.nan


def change(minutes: float, until: float | None = None, memory_mb: tuple[int, int] = (0, 0)) -> FunctionChange:
    end = None if until is None else NOON + timedelta(minutes=until)
    when = NOON + timedelta(minutes=minutes)
    return FunctionChange(
        when, frozenset({ChangeKind.CODE}), (RecordSource.HISTORY,), end, memory_mb=memory_mb
    )


def figures(
    invocations: float = 1000,
    errors: float = 10,
    throttles: float = 0,
    p95_ms: float = 80,
    duration_ms: float = 50_000,
) -> RangeFigures:
    return RangeFigures(invocations, errors, throttles, p95_ms, duration_ms)


def verdict(measure: ComparedMeasure, before: RangeFigures, after: RangeFigures) -> Verdict:
    (found,) = (each for each in compare(before, after, (SETTING, SETTING), 3600) if each.measure is measure)
    return found.verdict


@pytest.mark.parametrize(
    ("changes", "span_min", "now_min", "expected"),
    [
        # Begin of before, of after, and length, in minutes from noon.
        ([change(0)], 60, 600, [(-60, 0, 60)]),
        ([change(0.5)], 60, 600, [(-60, 1, 60)]),  # the minute of the change counts for neither
        ([change(0.5, until=3.2)], 15, 600, [(-15, 4, 15)]),  # nor those that it took
        ([change(0)], 60, 12, [(-10, 0, 10)]),  # up to now, without the last two minutes
        ([change(0)], 60, 2.9, [None]),
        ([change(0)], 60, 3, [(-1, 0, 1)]),
        ([change(0), change(20)], 60, 600, [(-20, 0, 20), (0, 20, 20)]),  # up to the neighbour, both sides
        ([change(0), change(20), change(100)], 60, 600, [(-20, 0, 20), (0, 20, 20), (40, 100, 60)]),
        ([change(0.2), change(0.4)], 60, 600, [None, None]),
        # What is old: in periods of five minutes, and of an hour.
        ([change(7)], 15, 20 * 1440, [(-10, 10, 15)]),
        ([change(7)], 15, 100 * 1440, [(-60, 60, 60)]),
        ([change(7), change(50)], 15, 100 * 1440, [None, None]),
    ],
)
def test_both_sides_are_equally_long_and_end_at_neighbours_and_now(
    changes: list[FunctionChange],
    span_min: int,
    now_min: float,
    expected: list[tuple[int, int, int] | None],
) -> None:
    found = sides_of(changes, span_min * 60, NOON + timedelta(minutes=now_min))
    assert [
        each
        and (
            (each.before.start_s - NOON_S) // 60,
            (each.after.start_s - NOON_S) // 60,
            each.span_s // 60,
        )
        for each in found
    ] == expected
    assert all(
        side.points == 1 and side.period_s == each.span_s
        for each in found
        if each
        for side in (each.before, each.after)
    )


@pytest.mark.parametrize(
    ("measure", "before", "after", "expected"),
    [
        (ComparedMeasure.ERROR_RATE, figures(errors=10), figures(errors=60), Verdict.WORSE),
        (ComparedMeasure.ERROR_RATE, figures(errors=60), figures(errors=10), Verdict.BETTER),
        (ComparedMeasure.ERROR_RATE, figures(errors=0), figures(errors=0), Verdict.SAME),
        (
            ComparedMeasure.ERROR_RATE,
            figures(errors=10),
            figures(errors=12),
            Verdict.TOO_FEW,
        ),  # may be chance
        (ComparedMeasure.ERROR_RATE, figures(100_000, 1000), figures(100_000, 1200), Verdict.WORSE),
        (ComparedMeasure.ERROR_RATE, figures(77, 2), figures(180, 0), Verdict.TOO_FEW),
        (ComparedMeasure.ERROR_RATE, figures(errors=0), figures(errors=8), Verdict.WORSE),
        (ComparedMeasure.ERROR_RATE, figures(19, 0), figures(1000, 500), Verdict.TOO_FEW),
        # What CloudWatch has not is no zero.
        (ComparedMeasure.ERROR_RATE, figures(errors=NAN), figures(), Verdict.NO_DATA),
        (ComparedMeasure.ERROR_RATE, figures(invocations=NAN, errors=NAN), figures(), Verdict.NO_DATA),
        (ComparedMeasure.ERROR_RATE, figures(invocations=0, errors=0), figures(), Verdict.NO_DATA),
        (ComparedMeasure.P95, figures(p95_ms=80), figures(p95_ms=160), Verdict.WORSE),
        (ComparedMeasure.P95, figures(p95_ms=80), figures(p95_ms=40), Verdict.BETTER),
        (ComparedMeasure.P95, figures(p95_ms=80), figures(p95_ms=83), Verdict.SAME),
        (ComparedMeasure.P95, figures(p95_ms=80), figures(invocations=99, p95_ms=800), Verdict.TOO_FEW),
        (ComparedMeasure.P95, figures(p95_ms=80), figures(invocations=100, p95_ms=800), Verdict.WORSE),
        (ComparedMeasure.COST, figures(), figures(invocations=19, duration_ms=9000), Verdict.TOO_FEW),
        (ComparedMeasure.P95, figures(p95_ms=NAN), figures(), Verdict.NO_DATA),
        (ComparedMeasure.COST, figures(), figures(duration_ms=100_000), Verdict.WORSE),
        (ComparedMeasure.COST, figures(), figures(duration_ms=NAN), Verdict.NO_DATA),
        (ComparedMeasure.THROTTLES, figures(throttles=0), figures(throttles=3), Verdict.WORSE),
        (ComparedMeasure.THROTTLES, figures(throttles=NAN), figures(throttles=3), Verdict.NO_DATA),
        (ComparedMeasure.INVOCATIONS, figures(invocations=10), figures(invocations=30), Verdict.MORE),
        (ComparedMeasure.INVOCATIONS, figures(invocations=30), figures(invocations=10), Verdict.FEWER),
        (ComparedMeasure.INVOCATIONS, figures(invocations=NAN), figures(), Verdict.NO_DATA),
    ],
)
def test_a_difference_is_called_by_what_it_means(
    measure: ComparedMeasure, before: RangeFigures, after: RangeFigures, expected: Verdict
) -> None:
    assert verdict(measure, before, after) is expected


def test_cost_is_that_of_a_thousand_with_the_memory_of_each_side() -> None:
    rows = compare(figures(), figures(), (SETTING, CostSetting("eu-central-1", 2048)), 3600)
    cost = next(each for each in rows if each.measure is ComparedMeasure.COST)
    # 1,000 requests, and 50.5 s at 1 GB, then at 2 GB.
    assert cost.before == pytest.approx(0.0002 + 50.5 * 0.0000166667, rel=1e-3)
    assert cost.after == pytest.approx(0.0002 + 101 * 0.0000166667, rel=1e-3)
    assert cost.difference == pytest.approx(50.5 * 0.0000166667, rel=1e-3)
    assert cost.verdict is Verdict.WORSE


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([(0, 0), (0, 0)], [(128, 128), (128, 128)]),
        ([(0, 0), (256, 512), (0, 0)], [(256, 256), (256, 512), (512, 512)]),
        ([(0, 256), (0, 512)], [(256, 256), (256, 512)]),
        ([], []),
    ],
)
def test_memory_is_followed_from_today_backwards(
    told: list[tuple[int, int]], expected: list[tuple[int, int]]
) -> None:
    changes = [change(number, memory_mb=memory) for number, memory in enumerate(told)]
    now_mb = 512 if any(after == 512 for _, after in told) else 128
    assert list(memories(changes, now_mb)) == expected


def test_a_side_is_one_call_of_one_period_and_a_shared_one_is_read_once(aws: StubbedAws) -> None:
    changes = (change(-300), change(0), change(20))
    for start_min in (0, 20, -20):
        start = NOON + timedelta(minutes=start_min)
        results = [
            {"Id": f"q{number}", "StatusCode": "Complete", "Timestamps": [start], "Values": [value]}
            for number, value in enumerate((100.0 + start_min, 1.0, 0.0, 55.0, 5000.0))
        ]
        queries = [
            {
                "Id": f"q{number}",
                "MetricStat": {
                    "Metric": {
                        "Namespace": "AWS/Lambda",
                        "MetricName": name,
                        "Dimensions": [
                            {"Name": "FunctionName", "Value": "hello"},
                            {"Name": "Resource", "Value": "hello:live"},
                        ],
                    },
                    "Period": 1200,
                    "Stat": stat,
                },
                "ReturnData": True,
            }
            for number, (name, stat) in enumerate(SIDE_METRICS)
        ]
        expected = {
            "MetricDataQueries": queries,
            "StartTime": start,
            "EndTime": start + timedelta(minutes=20),
        }
        aws.answer("cloudwatch", "get_metric_data", {"MetricDataResults": results}, expected)
    now = NOON + timedelta(hours=3)
    ask = BeforeAfterAsk("hello", "live", SETTING, changes, NOON - timedelta(hours=1), now, 1200, now)
    later, earlier = read_before_after(aws.connection, ask, JobContext())
    assert (later.change, earlier.change) == (changes[2], changes[1])  # the one before is out of sight
    invocations = [row.compared[-1] for row in (later, earlier)]
    assert [(each.before, each.after) for each in invocations] == [(100, 120), (80, 100)]


def test_the_sandbox_answers_a_side_as_cloudwatch_does(connection: Connection) -> None:
    """Its p95 is that of all that ran, wherever the side begins."""
    now = datetime.now(UTC)
    start_s = (int(now.timestamp()) // 900 - 2) * 900 + 420  # a multiple of 15 minutes lies inside
    values = np.random.default_rng(7).gamma(2.0, 50.0, 40)
    names = {"Duration": values, "Invocations": np.ones(40), "Errors": np.zeros(40)}
    data = [
        {
            "MetricName": name,
            "Dimensions": [{"Name": "FunctionName", "Value": "hello"}],
            "Timestamp": datetime.fromtimestamp(start_s + 20 * number, UTC),
            "Value": float(value),
        }
        for name, each in names.items()
        for number, value in enumerate(each)
    ]
    connection.call("cloudwatch", "put_metric_data", Namespace="AWS/Lambda", MetricData=data)
    begun = datetime.fromtimestamp(start_s + 900, UTC)
    marked = FunctionChange(begun, frozenset({ChangeKind.CODE}), (RecordSource.HISTORY,))
    ask = BeforeAfterAsk("hello", "", SETTING, (marked,), begun, begun, 900, begun + timedelta(hours=1))
    (row,) = read_before_after(connection, ask, JobContext())
    compared = {each.measure: each for each in row.compared}
    assert compared[ComparedMeasure.INVOCATIONS].before == 40
    assert compared[ComparedMeasure.ERROR_RATE].before == 0
    assert compared[ComparedMeasure.P95].before == pytest.approx(float(np.percentile(values, 95)), rel=0.02)
    assert compared[ComparedMeasure.INVOCATIONS].verdict is Verdict.NO_DATA
    assert math.isnan(compared[ComparedMeasure.COST].after)
