"""Reads what the charts of a function show, on a worker thread, and makes curves and markers of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.metrics.changes import ChangeKind, FunctionChange, RecordSource
from workbench.metrics.series import (
    Floats,
    MetricSpec,
    Series,
    Window,
    choose_window,
    function_specs,
    optional_specs,
    previous_window,
    success_rate,
)
from workbench.metrics.series_cache import SeriesCache, pull, stored
from workbench.ui.features.metrics.catalogue import ExtraChart
from workbench.ui.kit.charts import Curve, Limit, Marker, Unit, preload
from workbench.ui.kit.charts.model import write_value
from workbench.ui.kit.charts.points import has_values
from workbench.ui.shell.deploy_history import local_text, who_text

FindMarkers = Callable[[str, datetime, datetime], tuple[Marker, ...]]


@dataclass(frozen=True, slots=True)
class Ask:
    """What to read.

    Attributes:
        function_name: The function's.
        function_arn: For its markers.
        qualifier: A version or an alias; empty for the function as a whole.
        window: When.
        now_s: The present, seconds since 1970.
        optional: CloudWatch's names of what only some functions have; None to look for all of them.
        is_compared: Whether the period before is read too.
        extra: Of the charts that are not of the catalogue.
    """

    function_name: str
    function_arn: str
    qualifier: str
    window: Window
    now_s: float
    optional: frozenset[str] | None
    is_compared: bool = False
    extra: tuple[MetricSpec, ...] = ()

    @property
    def specs(self) -> tuple[MetricSpec, ...]:
        """The series of the catalogue, those that every function has first."""
        return function_specs(self.function_name, self.qualifier) + optional_specs(
            self.function_name, self.qualifier, self.optional
        )

    @property
    def all_specs(self) -> tuple[MetricSpec, ...]:
        """All series, each once."""
        return tuple(dict.fromkeys(self.specs + self.extra))


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """What was read.

    Attributes:
        series: For each spec of the catalogue that was asked for, in their order.
        markers: Moments to mark.
        previous: Series of the period before, moved onto this one; empty when not asked for.
        extra: Series of the charts that are not of the catalogue.
        extra_previous: The same of the period before.
    """

    series: tuple[Series, ...]
    markers: tuple[Marker, ...]
    previous: tuple[Series, ...] = ()
    extra: tuple[Series, ...] = ()
    extra_previous: tuple[Series, ...] = ()

    @property
    def window(self) -> Window:
        """When."""
        return self.series[0].window


def read(
    connection: Connection, store: SeriesCache, ask: Ask, find: FindMarkers, ctx: JobContext, *, first: bool
) -> Read:
    """Reads; what is kept of it on disk is handed on before, as an item of the job.

    Args:
        connection: Whose metrics.
        store: Where series are kept.
        ask: What.
        find: Moments to mark, of a function by its ARN between two moments.
        ctx: The job.
        first: Whether nothing is shown yet.

    Raises:
        WorkbenchError: As `pull`.
    """
    preload()
    window = ask.window
    start, end = (datetime.fromtimestamp(each, UTC) for each in (window.start_s, window.end_s))
    markers = find(ask.function_arn, start, end)
    if first and (kept := _kept(connection, store, ask)):
        ctx.emit(_sorted(ask, kept, (), markers))
    series = pull(connection, ask.all_specs, window, ctx, store, ask.now_s)
    previous: tuple[Series, ...] = ()
    if ask.is_compared:
        before = pull(connection, ask.all_specs, previous_window(window), ctx, store, ask.now_s)
        previous = tuple(each.later(window.end_s - window.start_s) for each in before)
    return _sorted(ask, series, previous, markers)


def _sorted(
    ask: Ask, series: tuple[Series, ...], previous: tuple[Series, ...], markers: tuple[Marker, ...]
) -> Read:
    """What was read, apart by what it is for."""

    def of(some: tuple[Series, ...], specs: tuple[MetricSpec, ...]) -> tuple[Series, ...]:
        known = {each.spec: each for each in some}
        return tuple(known[spec] for spec in specs if spec in known)

    return Read(
        of(series, ask.specs),
        markers,
        of(previous, ask.specs),
        of(series, ask.extra),
        of(previous, ask.extra),
    )


def window_for(start: datetime, end: datetime, pixels: int, now: datetime, *, is_compared: bool) -> Window:
    """The window to read; when it is compared, of a period that CloudWatch still has of the time before."""
    if not is_compared:
        return choose_window(start, end, pixels, now)
    whole = choose_window(start - (end - start), end, 2 * pixels, now)
    period_s = whole.period_s
    first_s = int(max(start.timestamp(), whole.start_s) // period_s) * period_s
    return Window(min(first_s, whole.end_s - period_s), whole.end_s, period_s)


def _kept(connection: Connection, store: SeriesCache, ask: Ask) -> tuple[Series, ...]:
    """What is stored on disk, until CloudWatch has answered; empty when nothing of it has data."""
    known = {each.spec: each for each in stored(store, connection, ask.all_specs, ask.window)}
    must = function_specs(ask.function_name, ask.qualifier)
    if not all(spec in known for spec in must) or not any(known[spec].has_data for spec in must):
        return ()
    return tuple(known.values())


type _ByName = Mapping[tuple[str, str], Series]


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """The content of one chart.

    Attributes:
        curves: What to draw.
        problem: CloudWatch's words when the data may be incomplete, or a remark about them; else empty.
        limits: What the curves cannot go over.
    """

    curves: tuple[Curve, ...]
    problem: str = ""
    limits: tuple[Limit, ...] = ()

    @property
    def has_values(self) -> bool:
        """Whether any point has a value."""
        return has_values(self.curves)


def function_drawings(
    series: Sequence[Series],
    timeout_s: int = 0,
    reserved_concurrency: int | None = None,
    unreserved_concurrency: int | None = None,
    *,
    previous: Sequence[Series] = (),
    sight: tuple[float, float] | None = None,
) -> dict[str, Drawing]:
    """The charts' contents by name (see catalogue.py), from what was read.

    Args:
        series: The answer to `function_specs` and to any of `optional_specs`.
        timeout_s: The function's timeout; 0 for unknown.
        reserved_concurrency: None when nothing is reserved.
        unreserved_concurrency: What of the account's no function has reserved; None when it is not known.
        previous: Of the period before, moved onto this one.
        sight: What part of the time is in sight, for the summaries; None for all of it.
    """
    found = _compared(_drawings, series, previous, sight)
    limits = _limits(timeout_s, reserved_concurrency, unreserved_concurrency)
    return {name: replace(each, limits=limits.get(name, ())) for name, each in found.items()}


def _compared(
    make: Callable[[Sequence[Series]], dict[str, Drawing]],
    series: Sequence[Series],
    previous: Sequence[Series],
    sight: tuple[float, float] | None,
) -> dict[str, Drawing]:
    """Drawings whose legends are about what is in sight, over those of the period before.

    Args:
        make: Makes drawings, by name, of series.
        series: What was read.
        previous: Of the period before, moved onto this one; empty for none.
        sight: What part of the time is in sight; None for all of it.
    """
    found = make(series)
    if sight is not None:
        cut = make([_cut(each, *sight) for each in series])
        found = {name: _summed_as(drawing, cut[name]) for name, drawing in found.items()}
    if previous:
        before = make(previous)
        found = {
            name: _over(drawing, before[name]) if name in before else drawing
            for name, drawing in found.items()
        }
    return found


def _cut(series: Series, start_s: float, end_s: float) -> Series:
    """What of a series is in sight."""
    first, last = np.searchsorted(series.time_s, (start_s, end_s))
    step, start = series.window.period_s, series.window.start_s
    last = max(last, first + 1)
    window = replace(series.window, start_s=start + int(first) * step, end_s=start + int(last) * step)
    return series.placed(window)


def _summed_as(drawing: Drawing, cut: Drawing) -> Drawing:
    curves = zip(drawing.curves, cut.curves, strict=False)
    return replace(drawing, curves=tuple(replace(curve, summary=seen.summary) for curve, seen in curves))


def _over(drawing: Drawing, before: Drawing) -> Drawing:
    """A drawing with the curves of the period before laid under it."""
    words = _("before")
    old = tuple(
        replace(curve, label=f"{curve.label} {words}".strip(), is_previous=True) for curve in before.curves
    )
    return replace(drawing, curves=drawing.curves + old)


def _drawings(series: Sequence[Series]) -> dict[str, Drawing]:
    by_name = {(each.spec.metric_name, each.spec.stat): each for each in series}
    invocations, errors = by_name["Invocations", "Sum"], by_name["Errors", "Sum"]
    rate = success_rate(invocations, errors)
    drawings = {
        "invocations": _count(invocations, color=0),
        "errors": _count(errors, color=1),
        "successRate": Drawing((_rate(rate, _overall(invocations.value, errors.value)),), rate.problem),
        "duration": _duration(by_name),
        "concurrency": _highest(by_name["ConcurrentExecutions", "Maximum"], color=0),
        "throttles": _count(by_name["Throttles", "Sum"], color=1),
    }
    for name, (metric, draw, color) in _OPTIONAL.items():
        if metric in by_name:
            drawings[name] = draw(by_name[metric], color)
    if all(("AsyncEventAge", stat) in by_name for stat in ("Average", "Maximum")):  # one may not be kept
        drawings["asyncAge"] = _ages(by_name)
    return drawings


def _limits(timeout_s: int, reserved: int | None, unreserved: int | None) -> dict[str, tuple[Limit, ...]]:
    """What curves cannot go over, by the chart's name."""
    found: dict[str, tuple[Limit, ...]] = {}
    if timeout_s:
        found["duration"] = (Limit(_("timeout"), timeout_s * 1000.0),)
    levels = (
        (_("reserved"), reserved),
        (_("unreserved account concurrency"), unreserved),
    )
    found["concurrency"] = tuple(Limit(name, float(level)) for name, level in levels if level is not None)
    return found


def _count(series: Series, color: int) -> Drawing:
    total = write_value(float(np.nansum(series.value)), Unit.COUNT)
    curve = Curve("", series.time_s, series.value, total, color, figure=_sum_text())
    return Drawing((curve,), series.problem)


def _sum_text() -> str:
    """Which figure a sum in a legend is."""
    return _("Sum of the range")


def _latest_text() -> str:
    """Which figure the latest value in a legend is."""
    return _("Latest value")


def _rate(rate: Series, overall: str) -> Curve:
    words = _("Rate of the range")
    return Curve("", rate.time_s, rate.value, overall, 2, figure=words)


def _highest(series: Series, color: int) -> Drawing:
    words = _("Maximum of the range")
    peak = write_value(_peak(series.value), Unit.LEVEL)
    return Drawing((Curve("", series.time_s, series.value, peak, color, figure=words),), series.problem)


_OPTIONAL: dict[str, tuple[tuple[str, str], Callable[[Series, int], Drawing], int]] = {
    "asyncReceived": (("AsyncEventsReceived", "Sum"), _count, 0),
    "asyncDropped": (("AsyncEventsDropped", "Sum"), _count, 1),
    "deadLetterErrors": (("DeadLetterErrors", "Sum"), _count, 1),
    "destinationFailures": (("DestinationDeliveryFailures", "Sum"), _count, 1),
    "iteratorAge": (("IteratorAge", "Maximum"), _highest, 0),
    "offsetLag": (("OffsetLag", "Maximum"), _highest, 0),
    "provisioned": (("ProvisionedConcurrentExecutions", "Maximum"), _highest, 0),
    "spillover": (("ProvisionedConcurrencySpilloverInvocations", "Sum"), _count, 1),
    "recursive": (("RecursiveInvocationsDropped", "Sum"), _count, 1),
}


def _ages(by_name: _ByName) -> Drawing:
    shown = (
        (_("average"), by_name["AsyncEventAge", "Average"]),
        (_("max"), by_name["AsyncEventAge", "Maximum"]),
    )
    return Drawing(_latest_curves(shown), shown[1][1].problem)


def _duration(by_name: _ByName) -> Drawing:
    percentiles = [("p50", by_name["Duration", "p50"]), ("p90", by_name["Duration", "p90"])]
    percentiles.append(("p99", by_name["Duration", "p99"]))
    average, highest = by_name["Duration", "Average"], by_name["Duration", "Maximum"]
    problem = next((each.problem for __, each in percentiles if each.problem), highest.problem)
    if not any(each.has_data for __, each in percentiles) and average.has_data:
        # CloudWatch has no percentiles of data that were sent as statistic sets; some emulators have none.
        percentiles = [(_("average"), average)]
        problem = problem or _("CloudWatch has no percentiles of these durations.")
    shown = [*percentiles, (_("max"), highest)]
    return Drawing(_latest_curves(shown), problem)


def _latest_curves(shown: Sequence[tuple[str, Series]]) -> tuple[Curve, ...]:
    return tuple(
        Curve(
            label,
            each.time_s,
            each.value,
            write_value(_latest(each.value), Unit.MILLISECONDS),
            number,
            figure=_latest_text(),
        )
        for number, (label, each) in enumerate(shown)
    )


def _overall(invocations: Floats, errors: Floats) -> str:
    """The rate over the whole time, which is not the mean of the periods' rates."""
    total = float(np.nansum(invocations))
    if not total:
        return ""
    return write_value(100 * (1 - min(1.0, float(np.nansum(errors)) / total)), Unit.PERCENT)


def _latest(value: Floats) -> float:
    there = value[np.isfinite(value)]
    return float(there[-1]) if there.size else float("nan")


def _peak(value: Floats) -> float:
    there = value[np.isfinite(value)]
    return float(there.max()) if there.size else float("nan")


def extra_drawings(
    charts: Iterable[ExtraChart],
    series: Sequence[Series],
    *,
    previous: Sequence[Series] = (),
    sight: tuple[float, float] | None = None,
) -> dict[str, Drawing]:
    """The charts' contents by name, of those that were read; arguments as of `function_drawings`."""
    wanted = tuple(charts)
    found = _compared(lambda some: _extra_drawings(wanted, some), series, previous, sight)
    return {name: replace(each, curves=_with_values(each.curves)) for name, each in found.items()}


def _with_values(curves: tuple[Curve, ...]) -> tuple[Curve, ...]:
    """Of several curves those that have any: the others would only fill the legend, and take colours."""
    there = sorted({curve.color for curve in curves if has_values((curve,))})
    return (
        tuple(replace(each, color=there.index(each.color)) for each in curves if each.color in there)
        or curves
    )


def _extra_drawings(charts: Sequence[ExtraChart], series: Sequence[Series]) -> dict[str, Drawing]:
    known = {each.spec: each for each in series}
    return {
        chart.name: _extra_drawing(chart, known)
        for chart in charts
        if all(spec in known for __, spec in chart.series)
    }


def _extra_drawing(chart: ExtraChart, known: dict[MetricSpec, Series]) -> Drawing:
    read = [(label, known[spec]) for label, spec in chart.series]
    curves = tuple(_extra_curve(label, each, chart.unit, number) for number, (label, each) in enumerate(read))
    return Drawing(curves, next((each.problem for _label, each in read if each.problem), ""))


def _extra_curve(label: str, series: Series, unit: Unit, color: int) -> Curve:
    """Its legend gives the sum of what is counted, and the latest value of anything else."""
    there = series.value[np.isfinite(series.value)]
    is_count = series.spec.stat in ("Sum", "SampleCount")
    value = float(there.sum()) if is_count else float(there[-1]) if there.size else float("nan")
    figure = _sum_text() if is_count else _latest_text()
    return Curve(label, series.time_s, series.value, write_value(value, unit), color, figure=figure)


_SHORT_SHA = 12


def marker_of(change: FunctionChange) -> Marker:
    """A change as a marker: its version or code in the legend, all of it in the tool tip."""
    lines = (
        f"{title_of(change)} · {local_text(change.when)}",
        *details_of(change),
        who_of(change),
        sources_of(change),
    )
    return Marker(change.when.timestamp(), label_of(change), "\n".join(lines), change.taken_back)


def title_of(change: FunctionChange) -> str:
    """What was done, in a word or two."""
    if change.taken_back:
        return _("Deployed and rolled back")
    if RecordSource.HISTORY in change.sources and change.kinds != {ChangeKind.ALIAS}:
        return _("Deployed")
    if ChangeKind.CODE in change.kinds and ChangeKind.VERSION not in change.kinds:
        return _("Code changed")
    if ChangeKind.VERSION in change.kinds:
        return _("Published")
    if ChangeKind.ALIAS in change.kinds:
        return _("Alias updated")
    if ChangeKind.CONFIGURATION in change.kinds:
        return _("Configuration changed")
    return _("Changed")


def label_of(change: FunctionChange) -> str:
    """The same with the version or the code."""
    if change.version:
        return f"{title_of(change)} v{change.version}"
    return f"{title_of(change)} {_short(change)}".rstrip()


def details_of(change: FunctionChange) -> tuple[str, ...]:
    """Lines: version, alias, description, code."""
    version = _("Version {version}").format(version=change.version) if change.version else ""
    sha = _("Code SHA-256 {change}").format(change=_short(change))
    lines = (
        " · ".join(part for part in (version, change.alias_name) if part),
        change.description,
        sha if change.code_sha256 else "",
    )
    return tuple(line for line in lines if line)


def who_of(change: FunctionChange) -> str:
    """Who did it, as far as that is known."""
    if not change.who:
        return _("Unknown user")
    return _("By {who}").format(who=who_text(change.who))


def sources_of(change: FunctionChange) -> str:
    """Where it is known from."""
    words = {
        RecordSource.HISTORY: _("Workbench history"),
        RecordSource.VERSION: _("published versions"),
        RecordSource.CLOUDTRAIL: _("CloudTrail"),
    }
    return _("From {names}").format(names=", ".join(words[each] for each in change.sources))


def _short(change: FunctionChange) -> str:
    return change.code_sha256[:_SHORT_SHA]
