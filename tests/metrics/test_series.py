"""Windows lie on CloudWatch's grid; GetMetricData: batches, pages, gaps, partial failures, AWS's answers."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from tests.aws_stub import ANY, StubbedAws
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext, Progress, current_job, working_for
from workbench.metrics.series import (
    MAX_SPAN_S,
    MetricSpec,
    Series,
    Window,
    _Grid,
    choose_window,
    function_specs,
    query,
    success_rate,
)

NOW = datetime(2026, 3, 13, 15, 2, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("span", "pixels", "period_s"),
    [
        (timedelta(hours=1), 800, 60),
        (timedelta(hours=12), 800, 60),
        (timedelta(days=1), 800, 300),
        (timedelta(days=7), 800, 900),
        (timedelta(days=7), 5000, 300),
        (timedelta(days=14), 30_000, 60),
        (timedelta(days=16), 30_000, 300),
        (timedelta(days=64), 30_000, 3600),
        (timedelta(days=400), 800, 86_400),
        (timedelta(days=3650), 30_000, 3600),
        (timedelta(days=1), 0, 86_400),
    ],
)
def test_the_period_follows_age_and_pixels(span: timedelta, pixels: int, period_s: int) -> None:
    assert choose_window(NOW - span, NOW, pixels, NOW).period_s == period_s


@pytest.mark.parametrize("span_s", [0, 1, 59, 3600, 86_400, 40 * 86_400, 455 * 86_400, 10 * 365 * 86_400])
@pytest.mark.parametrize("pixels", [1, 300, 4000])
def test_a_window_is_whole_periods_around_what_was_asked(span_s: int, pixels: int) -> None:
    start = NOW - timedelta(seconds=span_s)
    window = choose_window(start, NOW, pixels, NOW)
    assert window.start_s % window.period_s == window.end_s % window.period_s == 0
    assert window.points >= 1
    assert window.end_s >= NOW.timestamp()
    assert window.start_s <= start.timestamp() or span_s > MAX_SPAN_S
    assert window.time_s.shape == (window.points,)
    assert window.points <= max(pixels + 1, MAX_SPAN_S // 86_400 + 1)


def test_an_end_before_the_begin_is_one_period() -> None:
    assert choose_window(NOW, NOW - timedelta(days=1), 800, NOW).points == 1


def test_an_old_window_far_from_now_has_its_ages_period() -> None:
    start = NOW - timedelta(days=100)
    assert choose_window(start, start + timedelta(hours=3), 800, NOW).period_s == 3600


_SHORT = Window(0, 300, 60)


def _series(name: str, *values: float, problem: str = "") -> Series:
    spec = MetricSpec(name, "Sum", (("FunctionName", "f"),))
    return Series(spec, _SHORT, WINDOW.time_s, np.array(values), problem)


NAN = float("nan")


def test_missing_is_not_zero() -> None:
    series = _series("Invocations", NAN, 2, NAN, 0, NAN)
    assert series.has_data
    np.testing.assert_array_equal(series.value, [NAN, 2, NAN, 0, NAN])
    assert not _series("Invocations", NAN, NAN, NAN, NAN, NAN).has_data


def test_the_success_rate_is_unknown_where_nothing_ran() -> None:
    rate = success_rate(
        _series("Invocations", NAN, 4, 4, 0, 1), _series("Errors", NAN, NAN, 1, 0, 2, problem="late")
    )
    np.testing.assert_array_equal(rate.value, [NAN, 100, 75, NAN, 0])
    assert rate.problem == "late"
    assert rate.spec.metric_name == "SuccessRate"


def test_counts_are_summed_and_levels_are_not() -> None:
    stats = {(spec.metric_name, spec.stat) for spec in function_specs("f")}
    assert {("Invocations", "Sum"), ("Errors", "Sum"), ("Throttles", "Sum")} <= stats
    assert not {("Duration", "Sum"), ("ConcurrentExecutions", "Sum")} & stats


def test_a_qualifier_is_a_dimension_beside_the_name() -> None:
    assert function_specs("f", "live")[0].dimensions == (("FunctionName", "f"), ("Resource", "f:live"))


WINDOW = Window(1_773_414_000, 1_773_414_300, 60)
SPEC = MetricSpec("Invocations", "Sum", (("FunctionName", "hello"),))


def _moment(period: float) -> datetime:
    return datetime.fromtimestamp(WINDOW.start_s + 60 * period, UTC)


def _result(number: int, *points: tuple[float, float], **more: Any) -> dict[str, Any]:
    return {
        "Id": f"q{number}",
        "Label": "x",
        "StatusCode": "Complete",
        "Timestamps": [_moment(period) for period, _ in points],
        "Values": [value for _, value in points],
    } | more


def _answer(aws: StubbedAws, *results: dict[str, Any], expected: Any = None, **more: Any) -> None:
    aws.answer("cloudwatch", "get_metric_data", {"MetricDataResults": list(results)} | more, expected)


def _values(series: Sequence[Series]) -> list[list[float]]:
    return [each.value.tolist() for each in series]


def test_the_request_is_in_cloudwatchs_own_words(aws: StubbedAws) -> None:
    query_0 = {
        "Id": "q0",
        "MetricStat": {
            "Metric": {
                "Namespace": "AWS/Lambda",
                "MetricName": "Invocations",
                "Dimensions": [{"Name": "FunctionName", "Value": "hello"}],
            },
            "Period": 60,
            "Stat": "Sum",
        },
        "ReturnData": True,
    }
    expected = {"MetricDataQueries": [query_0], "StartTime": _moment(0), "EndTime": _moment(5)}
    _answer(aws, _result(0), expected=expected)
    (series,) = query(aws.connection, [SPEC], WINDOW, JobContext())
    assert series.spec == SPEC
    assert not series.has_data


@pytest.mark.parametrize("order", [1, -1])
def test_points_find_their_place_in_either_order(aws: StubbedAws, order: int) -> None:
    _answer(aws, _result(0, *[(0, 7.0), (1, 0.0), (4, 3.0)][::order]))
    (series,) = query(aws.connection, [SPEC], WINDOW, JobContext())
    np.testing.assert_array_equal(series.value, [7, 0, NAN, NAN, 3])
    np.testing.assert_array_equal(series.time_s, WINDOW.start_s + 60 * np.arange(5))
    assert series.problem == ""


def test_pages_are_put_together(aws: StubbedAws) -> None:
    specs = [SPEC, replace(SPEC, metric_name="Errors")]
    _answer(aws, _result(0, (4, 5.0), (3, 4.0), StatusCode="PartialData"), _result(1), NextToken="more")
    _answer(aws, _result(0, (0, 1.0)), _result(1, (2, 9.0)), expected=ANY_WITH_TOKEN)
    first, second = query(aws.connection, specs, WINDOW, JobContext())
    np.testing.assert_array_equal(first.value, [1, NAN, NAN, 4, 5])
    np.testing.assert_array_equal(second.value, [NAN, NAN, 9, NAN, NAN])
    assert first.problem == second.problem == ""  # "partial" only announced the next page


ANY_WITH_TOKEN = {"MetricDataQueries": ANY, "StartTime": ANY, "EndTime": ANY, "NextToken": "more"}


def test_a_token_that_repeats_does_not_turn_in_circles(aws: StubbedAws) -> None:
    _answer(aws, _result(0, (0, 1.0)), NextToken="more")
    _answer(aws, _result(0, (1, 2.0)), NextToken="more")
    (series,) = query(aws.connection, [SPEC], WINDOW, JobContext())
    np.testing.assert_array_equal(series.value, [1, 2, NAN, NAN, NAN])


@pytest.mark.parametrize(
    ("result", "problem"),
    [
        ({"StatusCode": "PartialData"}, "PartialData"),
        (
            {"StatusCode": "InternalError", "Messages": [{"Code": "InternalError", "Value": "Try later"}]},
            "InternalError: InternalError Try later",
        ),
        (
            {"StatusCode": "Forbidden", "Messages": [{"Code": "Forbidden", "Value": "No access"}]},
            "Forbidden: Forbidden No access",
        ),
        ({"Messages": [{"Code": "Note", "Value": "Data is late"}]}, "Note Data is late"),
    ],
)
def test_a_series_tells_its_own_problem_and_no_other(
    aws: StubbedAws,
    result: dict[str, Any],
    problem: str,
) -> None:
    _answer(aws, _result(0, (0, 1.0), **result), _result(1, (0, 2.0)))
    bad, good = query(aws.connection, [SPEC, replace(SPEC, stat="Average")], WINDOW, JobContext())
    assert bad.problem == problem
    assert good.problem == ""
    assert bad.value[0] == 1  # what came is kept


def test_a_message_of_the_whole_answer_reaches_every_series(aws: StubbedAws) -> None:
    _answer(aws, _result(0), Messages=[{"Code": "MaxMetricsExceeded", "Value": "Too many"}])
    (series,) = query(aws.connection, [SPEC], WINDOW, JobContext())
    assert series.problem == "MaxMetricsExceeded Too many"


def test_points_outside_the_window_or_unpaired_are_left_out(aws: StubbedAws) -> None:
    stray = _result(0, (-1, 9.0), (5, 9.0), (2.5, 3.0))
    stray["Values"].append(7.0)
    _answer(aws, stray)
    (series,) = query(aws.connection, [SPEC], WINDOW, JobContext())
    np.testing.assert_array_equal(series.value, [NAN, NAN, 3, NAN, NAN])


def test_many_series_are_asked_in_batches_and_come_in_order(aws: StubbedAws) -> None:
    specs = [replace(SPEC, metric_name=f"Metric{number}") for number in range(7)]
    for size in (3, 3, 1):
        _answer(aws, *(_result(number, (0, float(number))) for number in reversed(range(size))))
    series = query(aws.connection, specs, WINDOW, JobContext(), series_per_call=3, calls_at_once=1)
    assert [each.spec for each in series] == specs
    assert [each.value[0] for each in series] == [0, 1, 2, 0, 1, 2, 0]


@pytest.mark.parametrize(("endpoint_url", "calls"), [("", 1), ("http://127.0.0.1:9", 10)])
def test_a_custom_endpoint_is_asked_for_less_at_once(endpoint_url: str, calls: int) -> None:
    stubbed = StubbedAws(endpoint_url)
    specs = [replace(SPEC, metric_name=f"Metric{number}") for number in range(500)]
    for _ in range(calls):
        _answer(stubbed)
    assert len(query(stubbed.connection, specs, WINDOW, JobContext())) == 500
    stubbed.assert_all_asked()


def test_no_permission_is_an_error_that_names_it(aws: StubbedAws) -> None:
    aws.refuse(
        "cloudwatch",
        "get_metric_data",
        "AccessDenied",
        "User: arn:aws:iam::123456789012:user/me is not authorized to perform: cloudwatch:GetMetricData",
        403,
    )
    with pytest.raises(WorkbenchError, match="cloudwatch:GetMetricData") as caught:
        query(aws.connection, [SPEC], WINDOW, JobContext())
    assert caught.value.what == "Could not read metrics."


def test_cancel_takes_effect_between_calls(aws: StubbedAws) -> None:
    stop = threading.Event()
    context = JobContext(report=lambda progress: stop.set() if progress.done else None, stop=stop)
    _answer(aws)
    with pytest.raises(Cancelled):
        query(aws.connection, [SPEC] * 3, WINDOW, context, series_per_call=1, calls_at_once=1)


def test_the_functions_metrics_fit_one_call(aws: StubbedAws) -> None:
    _answer(aws)
    query(aws.connection, function_specs("hello"), WINDOW, JobContext())
    assert len(aws.calls) == 1


def test_moments_that_an_answer_gives_once_are_those_of_all_its_results() -> None:
    grid = _Grid(WINDOW)
    values = [np.full(WINDOW.points, np.nan) for _ in range(3)]
    start = WINDOW.start_s
    grid.add({"Timestamps": [start + 240, start], "Values": [5.0, 1.0]}, values[0])
    grid.add({"Timestamps": None, "Values": [6.0, 2.0]}, values[1])
    grid.add({"Timestamps": None, "Values": [7.0]}, values[2])  # one is missing: the others keep their place
    np.testing.assert_array_equal(values[0], [1, NAN, NAN, NAN, 5])
    np.testing.assert_array_equal(values[1], [2, NAN, NAN, NAN, 6])
    np.testing.assert_array_equal(values[2], [NAN, NAN, NAN, NAN, 7])


# Several calls at once, as real AWS is asked ----------------------------------------------------------------

SPECS = [replace(SPEC, metric_name=f"Metric{number}") for number in range(1000)]


def _number(params: dict[str, Any]) -> int:
    """Of the metric of a call for one series."""
    (one,) = params["MetricDataQueries"]
    return int(one["MetricStat"]["Metric"]["MetricName"].removeprefix("Metric"))


def test_calls_are_on_their_way_together_and_their_series_come_in_order(
    aws: StubbedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    together, told = threading.Barrier(4), list[Progress]()
    answered = [threading.Event() for _ in range(8)]
    context = JobContext(told.append)

    def call(_service: str, _method: str, /, **params: Any) -> dict[str, Any]:
        number = _number(params)
        assert current_job() is context
        together.wait(30)
        if number % 4 < 3:
            assert answered[number + 1].wait(30)  # of four, the last is answered first
        answered[number].set()
        return {"MetricDataResults": [_result(0, (0, float(number)))]}

    monkeypatch.setattr(aws.connection, "call", call)
    with working_for(context):
        series = query(aws.connection, SPECS[:8], WINDOW, context, series_per_call=1, calls_at_once=4)

    assert [each.spec for each in series] == SPECS[:8]
    assert [each.value[0] for each in series] == list(range(8))
    assert [each.done for each in told] == list(range(1, 9))


def test_the_first_failure_stops_what_is_not_sent_yet(
    aws: StubbedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []
    never = threading.Event()

    def call(_service: str, _method: str, /, **params: Any) -> dict[str, Any]:
        sent.append(_number(params))
        if sent[-1] == 0:
            raise WorkbenchError("Could not read metrics.", "No.", aws_code="AccessDenied")
        never.wait(0.1)
        return {"MetricDataResults": []}

    monkeypatch.setattr(aws.connection, "call", call)
    with pytest.raises(WorkbenchError, match="No"):
        query(aws.connection, SPECS, WINDOW, JobContext(), series_per_call=1, calls_at_once=4)
    assert len(sent) < len(SPECS)


def test_cancel_lets_no_further_call_out(aws: StubbedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    stop, sent = threading.Event(), list[int]()

    def call(_service: str, _method: str, /, **params: Any) -> dict[str, Any]:
        sent.append(_number(params))
        stop.set()
        return {"MetricDataResults": []}

    monkeypatch.setattr(aws.connection, "call", call)
    context = JobContext(stop=stop)
    with pytest.raises(Cancelled):
        query(aws.connection, SPECS, WINDOW, context, series_per_call=1, calls_at_once=4)
    assert len(sent) <= 4
