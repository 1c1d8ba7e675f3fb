"""Charts that are not of the catalogue: of metrics that the user chose, and of event source mappings.

The start loads this module: it does not import numpy.
"""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from workbench.core.messages import _
from workbench.metrics import series
from workbench.ui.charts import Unit

_VALUES_LENGTH = 24
_COUNTED = ("Sum", "SampleCount")


@dataclass(frozen=True, slots=True)
class ExtraChart:
    """A chart.

    Attributes:
        name: Of its drawing, and of its widget; another one for every content.
        title: What it shows.
        unit: What its numbers are.
        series: What it shows, each with its name in the legend; empty for the only one.
        about: The tool tip of the title.
    """

    name: str
    title: str
    unit: Unit
    series: "tuple[tuple[str, series.MetricSpec], ...]"
    about: str = ""


def metric_chart(spec: "series.MetricSpec") -> ExtraChart:
    """The chart of a metric."""
    words = _("{metric_name}, {stat}")
    title = words.format(metric_name=spec.metric_name, stat=stat_text(spec.stat))
    # Charts of the same metric differ by their dimensions; the function is known.
    values = ", ".join(value for name, value in spec.dimensions if name != "FunctionName")
    if values:
        title += f" · {values if len(values) <= _VALUES_LENGTH else values[: _VALUES_LENGTH - 1] + '…'}"
    unit = Unit.COUNT if spec.stat in _COUNTED else Unit.VALUE
    about = "\n".join([spec.namespace, *(f"{name} = {value}" for name, value in spec.dimensions)])
    return ExtraChart(_name("metric", spec), title, unit, (("", spec),), about)


def stat_text(stat: str) -> str:
    """A statistic, for people."""
    return {
        "Average": _("average"),
        "Sum": _("sum"),
        "Minimum": _("min"),
        "Maximum": _("max"),
        "SampleCount": _("sample count"),
    }.get(stat, stat)


def specs_of(charts: Iterable[ExtraChart]) -> "tuple[series.MetricSpec, ...]":
    """What is to be read for charts, each once."""
    return tuple(dict.fromkeys(spec for chart in charts for _label, spec in chart.series))


def _name(kind: str, *parts: object) -> str:
    return f"{kind}{zlib.crc32(repr(parts).encode()):08x}"
