"""The last hours of functions: no series is paid for twice within five minutes."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.aws_stub import ANY, StubbedAws
from workbench.aws.retrying_connection import RateBudget
from workbench.core.jobs import JobContext
from workbench.metrics.fleet import RECENT_PERIOD_S as PERIOD_S
from workbench.metrics.fleet import RECENT_SPAN_S as SPAN_S
from workbench.metrics.fleet import Recent, read_recent
from workbench.metrics.series_cache import SeriesCache

NOON_S = 1_773_414_000
TAIL_S = 15 * 60


def _answer(aws: StubbedAws, start_s: int, end_s: int, *counts: tuple[int, float], **more: Any) -> None:
    """What CloudWatch says: of each series one point, so many seconds before the end."""
    results = [
        {
            "Id": f"q{number}",
            "Timestamps": [datetime.fromtimestamp(end_s - before_s, UTC)],
            "Values": [value],
            "StatusCode": "Complete",
            **more,
        }
        for number, (before_s, value) in enumerate(counts)
    ]
    moments = {
        "StartTime": datetime.fromtimestamp(start_s, UTC),
        "EndTime": datetime.fromtimestamp(end_s, UTC),
    }
    expected = {"MetricDataQueries": ANY, **moments}
    aws.answer("cloudwatch", "get_metric_data", {"MetricDataResults": results}, expected)


def test_a_series_is_read_at_most_every_five_minutes_and_then_by_its_tail(
    aws: StubbedAws, tmp_path: Path
) -> None:
    store, budget = SeriesCache(tmp_path / "sparklines.sqlite"), RateBudget()

    def read(at_s: float, *names: str) -> dict[str, Recent]:
        now = datetime.fromtimestamp(at_s, UTC)
        return read_recent(aws.connection, names, now, JobContext(), store, budget)

    _answer(
        aws,
        NOON_S - SPAN_S,
        NOON_S,
        (PERIOD_S, 7),
        (PERIOD_S, 1),
        (SPAN_S, 3),
        (SPAN_S, 2),
    )
    found = read(NOON_S - 200, "one", "two")
    assert len(found["one"].invocations) == len(found["one"].errors) == SPAN_S // PERIOD_S
    assert (found["one"].invocations[-1], found["one"].errors[-1], sum(found["one"].invocations)) == (7, 1, 7)
    assert (found["two"].invocations[0], found["two"].errors[0], sum(found["two"].errors)) == (3, 2, 2)

    assert read(NOON_S - 1, "two", "one") == found
    assert len(aws.calls) == 1, "what is stored was asked for again"

    later_s = NOON_S + PERIOD_S
    _answer(aws, NOON_S - TAIL_S, later_s, (PERIOD_S, 4), (PERIOD_S, 0))
    (again,) = read(NOON_S + 1, "one").values()
    assert again.invocations[-1] == 4
    assert sum(again.invocations) == 4, "the tail is what CloudWatch says now"


def test_what_may_be_incomplete_says_so_and_is_asked_for_again(aws: StubbedAws, tmp_path: Path) -> None:
    store = SeriesCache(tmp_path / "sparklines.sqlite")
    now = datetime.fromtimestamp(NOON_S, UTC)
    for status, problem in (("InternalError", "InternalError"), ("Complete", "")):
        _answer(aws, NOON_S - SPAN_S, NOON_S, (600, 5), (600, 0), StatusCode=status)
        found = read_recent(aws.connection, ["one"], now, JobContext(), store, RateBudget())
        assert (sum(found["one"].invocations), found["one"].problem) == (5, problem)
