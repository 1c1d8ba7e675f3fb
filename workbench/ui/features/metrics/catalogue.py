"""The charts of a function: which there are, their titles and units, and the user's own.

The start loads this module: it does not import numpy.
"""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.core.messages import _
from workbench.core.settings import Settings
from workbench.metrics import series
from workbench.ui.kit.charts import Chart, Unit
from workbench.ui.kit.theme import Theme


@dataclass(frozen=True, slots=True)
class ChartKind:
    """A chart.

    Attributes:
        name: Of its drawing, and of its widget.
        title: Above it.
        unit: What its numbers are.
        metrics: Of a chart that only some functions have: CloudWatch's names of what it shows; it is shown
            when they have data. Empty for a chart that every function has.
    """

    name: str
    title: str
    unit: Unit
    metrics: tuple[str, ...] = ()


CHARTS = (
    ChartKind("invocations", _("Invocations"), Unit.COUNT),
    ChartKind("errors", _("Errors"), Unit.COUNT),
    ChartKind("successRate", _("Success rate"), Unit.PERCENT),
    ChartKind("duration", _("Duration (ms)"), Unit.MILLISECONDS),
    ChartKind("concurrency", _("Concurrent executions"), Unit.LEVEL),
    ChartKind("throttles", _("Throttles"), Unit.COUNT),
    ChartKind(
        "asyncReceived",
        _("Async events received"),
        Unit.COUNT,
        ("AsyncEventsReceived",),
    ),
    ChartKind(
        "asyncAge",
        _("Async event age (ms)"),
        Unit.MILLISECONDS,
        ("AsyncEventAge",),
    ),
    ChartKind(
        "asyncDropped",
        _("Async events dropped"),
        Unit.COUNT,
        ("AsyncEventsDropped",),
    ),
    ChartKind(
        "deadLetterErrors",
        _("Dead letter errors"),
        Unit.COUNT,
        ("DeadLetterErrors",),
    ),
    ChartKind(
        "destinationFailures",
        _("Destination delivery failures"),
        Unit.COUNT,
        ("DestinationDeliveryFailures",),
    ),
    ChartKind(
        "iteratorAge",
        _("Iterator age (ms)"),
        Unit.MILLISECONDS,
        ("IteratorAge",),
    ),
    ChartKind("offsetLag", _("Offset lag"), Unit.LEVEL, ("OffsetLag",)),
    ChartKind(
        "provisioned",
        _("Provisioned concurrent executions"),
        Unit.LEVEL,
        ("ProvisionedConcurrentExecutions",),
    ),
    ChartKind(
        "spillover",
        _("Provisioned concurrency spillover"),
        Unit.COUNT,
        ("ProvisionedConcurrencySpilloverInvocations",),
    ),
    ChartKind(
        "recursive",
        _("Recursive invocations dropped"),
        Unit.COUNT,
        ("RecursiveInvocationsDropped",),
    ),
)


def make_charts(theme: Theme) -> dict[str, Chart]:
    """All charts by name; they cost little until they draw."""
    found = {}
    for kind in CHARTS:
        chart = Chart(f"{kind.name}Chart", kind.title, kind.unit, theme)
        found[kind.name] = chart
    return found


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


_KEY = "metrics.charts"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was added, in its order.

    Attributes:
        kinds: Names of the catalogue's charts that are shown also when they have no data.
        metrics: Metrics of any kind, a chart each.
    """

    kinds: tuple[str, ...] = ()
    metrics: "tuple[series.MetricSpec, ...]" = ()


def chosen_of(settings: Settings, function_arn: str) -> Chosen:
    """What was added to a function's charts; what cannot be understood is left out."""
    kept = _kept(settings).get(function_arn)
    if not isinstance(kept, Mapping):
        return Chosen()
    kinds, metrics = kept.get("kinds"), kept.get("metrics")
    names = tuple(each for each in kinds if isinstance(each, str)) if isinstance(kinds, Sequence) else ()
    specs = (_spec_of(each) for each in metrics) if isinstance(metrics, Sequence) else ()
    return Chosen(names, tuple(each for each in specs if each is not None))


def keep_chosen(settings: Settings, function_arn: str, chosen: Chosen) -> None:
    """Remembers what was added to a function's charts; nothing is not remembered."""
    kept = dict(_kept(settings))
    kept.pop(function_arn, None)
    if chosen.kinds or chosen.metrics:
        kept[function_arn] = {
            "kinds": list(chosen.kinds),
            "metrics": [
                [each.namespace, each.metric_name, each.stat, [list(pair) for pair in each.dimensions]]
                for each in chosen.metrics
            ],
        }
    settings.set(_KEY, kept)


def _kept(settings: Settings) -> dict[str, Any]:
    nothing: dict[str, Any] = {}
    return settings.get(_KEY, nothing)


def _spec_of(kept: Any) -> "series.MetricSpec | None":
    try:
        namespace, name, stat, pairs = kept  # anything may stand in the file
        dimensions = tuple((str(key), str(value)) for key, value in pairs)
    except (TypeError, ValueError):
        return None
    return series.MetricSpec(str(name), str(stat), dimensions, str(namespace))
