"""What the charts beside those of the catalogue show: series as curves, with what the legend says of them.

Must not know: when they are read, how curves are drawn.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from workbench.metrics.model import MetricSpec, Series
from workbench.ui.charts import Curve, Unit
from workbench.ui.charts.model import write_value
from workbench.ui.charts.points import has_values
from workbench.ui.function_metrics.drawings import Drawing, compared, latest_words, sum_words
from workbench.ui.function_metrics.extra import ExtraChart


def extra_drawings(
    charts: Iterable[ExtraChart],
    series: Sequence[Series],
    *,
    previous: Sequence[Series] = (),
    sight: tuple[float, float] | None = None,
) -> dict[str, Drawing]:
    """The charts' contents by name, of those that were read; arguments as of `function_drawings`."""
    wanted = tuple(charts)
    found = compared(lambda some: _drawings(wanted, some), series, previous, sight)
    return {name: replace(each, curves=_with_values(each.curves)) for name, each in found.items()}


def _with_values(curves: tuple[Curve, ...]) -> tuple[Curve, ...]:
    """Of several curves those that have any: the others would only fill the legend, and take colours."""
    there = sorted({curve.color for curve in curves if has_values((curve,))})
    return (
        tuple(replace(each, color=there.index(each.color)) for each in curves if each.color in there)
        or curves
    )


def _drawings(charts: Sequence[ExtraChart], series: Sequence[Series]) -> dict[str, Drawing]:
    known = {each.spec: each for each in series}
    return {
        chart.name: _drawing(chart, known)
        for chart in charts
        if all(spec in known for _, spec in chart.series)
    }


def _drawing(chart: ExtraChart, known: dict[MetricSpec, Series]) -> Drawing:
    read = [(label, known[spec]) for label, spec in chart.series]
    curves = tuple(_curve(label, each, chart.unit, number) for number, (label, each) in enumerate(read))
    return Drawing(curves, next((each.problem for _label, each in read if each.problem), ""))


def _curve(label: str, series: Series, unit: Unit, color: int) -> Curve:
    """Its legend gives the sum of what is counted, and the latest value of anything else."""
    there = series.value[np.isfinite(series.value)]
    is_count = series.spec.stat in ("Sum", "SampleCount")
    value = float(there.sum()) if is_count else float(there[-1]) if there.size else float("nan")
    figure = sum_words() if is_count else latest_words()
    return Curve(label, series.time_s, series.value, write_value(value, unit), color, figure=figure)
