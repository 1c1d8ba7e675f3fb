"""What the charts of a function show: series as curves, with what the legend says of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from workbench.core.messages import _
from workbench.metrics.published import success_rate
from workbench.metrics.series import Floats, MetricSpec, Series
from workbench.ui.charts import Curve, Limit, Unit
from workbench.ui.charts.model import write_value
from workbench.ui.charts.points import has_values
from workbench.ui.function_metrics.extra import ExtraChart

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
        timeout_s: The function's time limit; 0 for unknown.
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
        found["duration"] = (Limit(_("time limit"), timeout_s * 1000.0),)
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
