"""Which metrics there are: CloudWatch's list, page by page, searched by a person's words.

Owns: ListMetrics. Must not know: how what is found is shown or drawn.

CloudWatch filters by exact names only; so words are looked for here, in all that it lists.
"""

from dataclasses import dataclass
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext

MOST_FOUND = 10_000
"""A person narrows the search down rather than reads on."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric that CloudWatch knows.

    Attributes:
        namespace: "AWS/Lambda", or one of the person's own.
        metric_name: CloudWatch's name.
        dimensions: (name, value) pairs.
    """

    namespace: str
    metric_name: str
    dimensions: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for.

    Attributes:
        words: Of any part of namespace, name and dimensions; all must occur, in upper or lower case.
        namespace: Exactly this one; empty for all.
        dimension: A name and a value that the metric must have; None for any.
        is_recent: Only what was reported within the last three hours.
    """

    words: str
    namespace: str = ""
    dimension: tuple[str, str] | None = None
    is_recent: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A page that was looked through; emitted as it comes.

    Attributes:
        found: What fits.
        looked_at: Metrics that were looked at so far.
    """

    found: tuple[Metric, ...]
    looked_at: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the search ended.

    Attributes:
        found: How many fit.
        looked_at: How many were looked at.
        is_cut: Whether it was ended since too many fit.
    """

    found: int
    looked_at: int
    is_cut: bool


def find_metrics(connection: Connection, wanted: Wanted, ctx: JobContext) -> Outcome:
    """Looks for metrics; emits a Page for each that CloudWatch answers (up to 500 metrics).

    A metric appears up to 15 minutes after its first value, and as long as it had one within two weeks.
    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html

    Args:
        connection: Whose.
        wanted: What.
        ctx: The job; Cancel takes effect between pages.

    Raises:
        WorkbenchError: They may not be listed, or CloudWatch stays busy.
        Cancelled: What was emitted before stays true.
    """
    words = wanted.words.casefold().split()
    seen: set[Metric] = set()
    looked_at = 0
    for page in connection.paginate(
        "cloudwatch", "list_metrics", ctx=ctx, failure="Could not list the metrics.", **_request(wanted)
    ):
        answers = page.get("Metrics") or ()
        looked_at += len(answers)
        fits = [each for each in map(_metric, answers) if _fits(each, words) and each not in seen]
        fits = list(dict.fromkeys(fits))
        is_cut = len(seen) + len(fits) > MOST_FOUND
        fits = fits[: MOST_FOUND - len(seen)]
        seen.update(fits)
        ctx.emit(Page(tuple(fits), looked_at))
        ctx.progress(0, 0, f"{looked_at:,} checked, {len(seen):,} found")
        if is_cut:
            return Outcome(len(seen), looked_at, is_cut=True)
    return Outcome(len(seen), looked_at, is_cut=False)


def _request(wanted: Wanted) -> dict[str, Any]:
    request: dict[str, Any] = {}
    if wanted.namespace:
        request["Namespace"] = wanted.namespace
    if wanted.dimension:
        name, value = wanted.dimension
        request["Dimensions"] = [{"Name": name, "Value": value}]
    if wanted.is_recent:
        request["RecentlyActive"] = "PT3H"
    return request


def _metric(answer: dict[str, Any]) -> Metric:
    dimensions = tuple((str(each["Name"]), str(each["Value"])) for each in answer.get("Dimensions") or ())
    return Metric(str(answer.get("Namespace", "")), str(answer.get("MetricName", "")), dimensions)


def _fits(metric: Metric, words: list[str]) -> bool:
    pairs = (f"{name}={value}" for name, value in metric.dimensions)
    text = " ".join([metric.namespace, metric.metric_name, *pairs]).casefold()
    return all(word in text for word in words)
