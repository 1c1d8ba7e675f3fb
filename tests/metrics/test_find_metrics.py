"""Metrics are found by words, page by page, in AWS's own answers."""

import threading
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.metrics import series
from workbench.metrics.series import Metric, MetricPage, MetricSearch, SearchOutcome, find_metrics

ORDERS = Metric("Shop", "Orders", (("FunctionName", "hello"), ("stage", "prod")))
LATENCY = Metric("Shop", "Latency", (("stage", "test"),))
OTHER = Metric("AWS/Lambda", "Errors", ())


def _answer(aws: StubbedAws, *metrics: Metric, expected: dict[str, Any], token: str = "") -> None:
    listed = [
        {
            "Namespace": each.namespace,
            "MetricName": each.metric_name,
            "Dimensions": [{"Name": name, "Value": value} for name, value in each.dimensions],
        }
        for each in metrics
    ]
    aws.answer(
        "cloudwatch", "list_metrics", {"Metrics": listed} | ({"NextToken": token} if token else {}), expected
    )


def _found(aws: StubbedAws, wanted: MetricSearch) -> tuple[list[tuple[Metric, ...]], SearchOutcome]:
    heard: list[object] = []
    outcome = find_metrics(aws.connection, wanted, JobContext(None, heard.append))
    return [page.found for page in heard if isinstance(page, MetricPage)], outcome


def test_each_page_is_handed_on_as_it_comes_and_nothing_twice(aws: StubbedAws) -> None:
    _answer(aws, ORDERS, OTHER, expected={}, token="more")
    _answer(aws, LATENCY, ORDERS, expected={"NextToken": "more"})
    pages, outcome = _found(aws, MetricSearch(""))
    assert pages == [(ORDERS, OTHER), (LATENCY,)]
    assert outcome == SearchOutcome(3, 4, is_cut=False)


@pytest.mark.parametrize(
    ("words", "found"),
    [("shop", (ORDERS, LATENCY)), ("STAGE=prod ord", (ORDERS,)), ("orders test", ()), ("lambda", (OTHER,))],
)
def test_all_words_occur_in_namespace_name_or_dimensions(
    aws: StubbedAws, words: str, found: tuple[Metric, ...]
) -> None:
    _answer(aws, ORDERS, LATENCY, OTHER, expected={})
    assert _found(aws, MetricSearch(words))[0] == [found]


def test_what_cloudwatch_can_sort_out_is_left_to_it(aws: StubbedAws) -> None:
    expected = {
        "Namespace": "Shop",
        "Dimensions": [{"Name": "FunctionName", "Value": "hello"}],
        "RecentlyActive": "PT3H",
    }
    _answer(aws, ORDERS, expected=expected)
    assert _found(aws, MetricSearch("", "Shop", ("FunctionName", "hello"), is_recent=True))[0] == [(ORDERS,)]


def test_too_many_are_not_read_on(aws: StubbedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series, "MAX_FOUND", 2)
    _answer(aws, ORDERS, LATENCY, OTHER, expected={}, token="more")
    pages, outcome = _found(aws, MetricSearch(""))
    assert pages == [(ORDERS, LATENCY)]
    assert outcome.is_cut


def test_cancel_ends_it_between_pages_and_what_was_found_stays(aws: StubbedAws) -> None:
    _answer(aws, ORDERS, expected={}, token="more")
    stop, heard = threading.Event(), list[object]()

    def hear(page: object) -> None:
        heard.append(page)
        stop.set()

    with pytest.raises(Cancelled):
        find_metrics(aws.connection, MetricSearch(""), JobContext(None, hear, stop=stop))
    assert heard == [MetricPage((ORDERS,), 1)]


def test_no_permission_names_what_is_missing(aws: StubbedAws) -> None:
    words = "User: me is not authorized to perform: cloudwatch:ListMetrics"
    aws.refuse("cloudwatch", "list_metrics", "AccessDenied", words, 403)
    with pytest.raises(WorkbenchError, match="cloudwatch:ListMetrics"):
        find_metrics(aws.connection, MetricSearch(""), JobContext())
