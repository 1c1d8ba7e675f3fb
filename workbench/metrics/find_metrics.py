"""Search for metrics in all that ListMetrics returns, page by page.

CloudWatch filters by exact names only, so the words of the user are matched here.
"""

from dataclasses import dataclass
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext

MAX_FOUND = 10_000
"""Matches of a search at most: a user narrows the search rather than reads on."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric in CloudWatch.

    Attributes:
        namespace: "AWS/Lambda", or a custom one.
        metric_name: CloudWatch's name.
        dimensions: (name, value) pairs.
    """

    namespace: str
    metric_name: str
    dimensions: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class MetricSearch:
    """What to search for.

    Attributes:
        words: Parts of namespace, name and dimensions; all must occur, in upper or lower case.
        namespace: Exactly this one; empty for all.
        dimension: A name and a value that the metric must have; None for any.
        is_recent: Only metrics with points in the last three hours.
    """

    words: str
    namespace: str = ""
    dimension: tuple[str, str] | None = None
    is_recent: bool = False


@dataclass(frozen=True, slots=True)
class MetricPage:
    """A page that was searched; emitted as it arrives.

    Attributes:
        found: The matches.
        searched: Metrics that were searched so far.
    """

    found: tuple[Metric, ...]
    searched: int


@dataclass(frozen=True, slots=True)
class SearchOutcome:
    """The result of a search.

    Attributes:
        found: The number of matches.
        searched: Metrics that were searched.
        is_cut: Whether the search ended early, at MAX_FOUND matches.
    """

    found: int
    searched: int
    is_cut: bool


def find_metrics(connection: Connection, search: MetricSearch, ctx: JobContext) -> SearchOutcome:
    """Searches metrics; emits a MetricPage for each page of CloudWatch (up to 500 metrics).

    A metric appears up to 15 minutes after its first point and disappears two weeks after its last.
    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html

    Args:
        connection: The account and region.
        search: What to search for.
        ctx: The job; Cancel takes effect between pages.

    Raises:
        WorkbenchError: Access is denied, or CloudWatch stays busy.
        Cancelled: What was emitted before stays valid.
    """
    words = search.words.casefold().split()
    known: set[Metric] = set()
    searched = 0
    for page in connection.paginate(
        "cloudwatch", "list_metrics", ctx=ctx, failure="Could not list the metrics.", **_request(search)
    ):
        answers = page.get("Metrics") or ()
        searched += len(answers)
        matches = [each for each in map(_metric, answers) if _matches(each, words) and each not in known]
        matches = list(dict.fromkeys(matches))
        is_cut = len(known) + len(matches) > MAX_FOUND
        matches = matches[: MAX_FOUND - len(known)]
        known.update(matches)
        ctx.emit(MetricPage(tuple(matches), searched))
        ctx.progress(0, 0, f"{searched:,} checked, {len(known):,} found")
        if is_cut:
            return SearchOutcome(len(known), searched, is_cut=True)
    return SearchOutcome(len(known), searched, is_cut=False)


def _request(search: MetricSearch) -> dict[str, Any]:
    request: dict[str, Any] = {}
    if search.namespace:
        request["Namespace"] = search.namespace
    if search.dimension:
        name, value = search.dimension
        request["Dimensions"] = [{"Name": name, "Value": value}]
    if search.is_recent:
        request["RecentlyActive"] = "PT3H"
    return request


def _metric(answer: dict[str, Any]) -> Metric:
    dimensions = tuple((str(each["Name"]), str(each["Value"])) for each in answer.get("Dimensions") or ())
    return Metric(str(answer.get("Namespace", "")), str(answer.get("MetricName", "")), dimensions)


def _matches(metric: Metric, words: list[str]) -> bool:
    pairs = (f"{name}={value}" for name, value in metric.dimensions)
    text = " ".join([metric.namespace, metric.metric_name, *pairs]).casefold()
    return all(word in text for word in words)
