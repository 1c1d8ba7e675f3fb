"""What the charts of a function show: series as curves, with what the legend says of them.

Owns: which series goes into which chart. Must not know: when they are read, how curves are drawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QCoreApplication

from workbench.metrics.lambda_metrics import success_rate
from workbench.metrics.model import Floats, Series
from workbench.ui.charts import Curve, Unit
from workbench.ui.charts.model import write_value
from workbench.ui.charts.points import has_values


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """The content of one chart.

    Attributes:
        curves: What to draw.
        problem: CloudWatch's words when the data may be incomplete, or a remark about them; else empty.
    """

    curves: tuple[Curve, ...]
    problem: str = ""

    @property
    def has_values(self) -> bool:
        """Whether any point has a value."""
        return has_values(self.curves)


def function_drawings(series: Sequence[Series]) -> dict[str, Drawing]:
    """The charts' contents by name, from the answer to `function_specs`."""
    by_name = {(each.spec.metric_name, each.spec.stat): each for each in series}
    invocations, errors = by_name["Invocations", "Sum"], by_name["Errors", "Sum"]
    rate = success_rate(invocations, errors)
    return {
        "invocations": _count(invocations, color=0),
        "errors": _count(errors, color=1),
        "successRate": Drawing(
            (Curve("", rate.time_s, rate.value, _overall(invocations.value, errors.value), 2),), rate.problem
        ),
        "duration": _duration(by_name),
        "concurrency": _highest(by_name["ConcurrentExecutions", "Maximum"], color=0),
        "throttles": _count(by_name["Throttles", "Sum"], color=1),
    }


def _count(series: Series, color: int) -> Drawing:
    total = write_value(float(np.nansum(series.value)), Unit.COUNT)
    words = QCoreApplication.translate("FunctionCharts", "total %1").replace("%1", total)
    return Drawing((Curve("", series.time_s, series.value, words, color),), series.problem)


def _highest(series: Series, color: int) -> Drawing:
    words = QCoreApplication.translate("FunctionCharts", "highest %1").replace(
        "%1", write_value(_peak(series.value), Unit.LEVEL)
    )
    return Drawing((Curve("", series.time_s, series.value, words, color),), series.problem)


def _duration(by_name: dict[tuple[str, str], Series]) -> Drawing:
    percentiles = [("p50", by_name["Duration", "p50"]), ("p90", by_name["Duration", "p90"])]
    percentiles.append(("p99", by_name["Duration", "p99"]))
    average, highest = by_name["Duration", "Average"], by_name["Duration", "Maximum"]
    problem = next((each.problem for _, each in percentiles if each.problem), highest.problem)
    if not any(each.has_data for _, each in percentiles) and average.has_data:
        # CloudWatch has no percentiles of data that were sent as statistic sets; some emulators have none.
        percentiles = [(QCoreApplication.translate("FunctionCharts", "average"), average)]
        problem = problem or QCoreApplication.translate(
            "FunctionCharts", "There are no percentiles of these durations."
        )
    shown = [*percentiles, (QCoreApplication.translate("FunctionCharts", "max"), highest)]
    return Drawing(
        tuple(
            Curve(label, each.time_s, each.value, write_value(_latest(each.value), Unit.MILLISECONDS), number)
            for number, (label, each) in enumerate(shown)
        ),
        problem,
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
