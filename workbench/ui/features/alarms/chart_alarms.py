"""Which alarm is drawn on which chart."""

from collections.abc import Iterable, Sequence

from workbench.core.messages import _
from workbench.functions.alarms import Identity, MetricAlarm, WatchedMetric
from workbench.metrics.alarms import ABOVE
from workbench.metrics.published import FUNCTION_METRICS, OPTIONAL_METRICS
from workbench.metrics.series import MetricSpec
from workbench.ui.features.alarms.labels import alarm_text, short_name, threshold_text
from workbench.ui.function_metrics.catalogue import CHARTS, ExtraChart, specs_of
from workbench.ui.kit.charts import Threshold, Unit

_ALWAYS = {
    "Invocations": "invocations",
    "Errors": "errors",
    "Duration": "duration",
    "ConcurrentExecutions": "concurrency",
    "Throttles": "throttles",
}
"""Charts that every function has, by CloudWatch's names; the catalogue knows those of the others."""

_UNITS = {kind.name: kind.unit for kind in CHARTS}


def chart_of(metric_name: str) -> str:
    """The name of the chart that shows a metric; empty for none."""
    others = {metric: kind.name for kind in CHARTS for metric in kind.metrics}
    return _ALWAYS.get(metric_name) or others.get(metric_name, "")


def charted_metrics() -> dict[str, str]:
    """CloudWatch's names of the metrics that have a chart, in reading order, each with a usual statistic."""
    found: dict[str, str] = {}
    for metric, stat in (*FUNCTION_METRICS, *OPTIONAL_METRICS):
        if chart_of(metric):
            found.setdefault(metric, stat)
    return found


def metric_of(chart_name: str) -> str:
    """What an alarm on a chart is about by default; of one that shows a share, what goes wrong."""
    return next((metric for metric in charted_metrics() if chart_of(metric) == chart_name), "Errors")


def unit_of(metric_name: str, stat: str) -> Unit:
    """What a metric's numbers are; only sums and extremes of what is counted are whole numbers."""
    unit = _UNITS[chart_of(metric_name)]
    if stat == "SampleCount":
        return Unit.COUNT
    is_whole = stat == "Sum" if unit is Unit.COUNT else stat in ("Sum", "Minimum", "Maximum")
    return Unit.VALUE if unit in (Unit.COUNT, Unit.LEVEL) and not is_whole else unit


def identities(charts: Iterable[ExtraChart]) -> frozenset[Identity]:
    """What charts beside those of the catalogue show."""
    return frozenset(_identity(spec) for spec in specs_of(charts))


def charts_of(watched: WatchedMetric, extras: Iterable[ExtraChart] = ()) -> dict[str, Unit]:
    """The names of the charts that show a metric, with their units.

    Args:
        watched: What an alarm looks at.
        extras: Charts beside those of the catalogue; each shows one statistic, and only alarms of it.
    """
    found = {
        each.name: each.unit
        for each in extras
        for _label, spec in each.series
        if _identity(spec) == watched.identity and spec.stat == watched.stat
    }
    name = chart_of(watched.metric_name) if watched.is_of_function else ""
    if name and (watched.stat != "SampleCount" or _UNITS[name] is Unit.COUNT):
        found[name] = _UNITS[name]
    return found


def thresholds(
    alarms: Iterable[MetricAlarm], function_name: str, qualifier: str, extras: Sequence[ExtraChart] = ()
) -> dict[str, tuple[Threshold, ...]]:
    """The level lines of each chart by its name, from a function's alarms.

    Calculations, and alarms that learn what is usual, have no level on any chart.

    Args:
        alarms: All of the function.
        function_name: The function's.
        qualifier: The version or alias whose metrics are shown; empty for the function as a whole.
        extras: Charts beside those of the catalogue.
    """
    found: dict[str, list[Threshold]] = {}
    for alarm in alarms:
        if not alarm.is_direct or alarm.threshold is None:
            continue
        watched = alarm.watched[0]
        short = short_name(alarm.name, function_name)
        whose = f" ({watched.qualifier})" if watched.qualifier != qualifier and watched.qualifier else ""
        for name in charts_of(watched, extras):
            of_catalogue = name in _UNITS
            remarks = _remarks(watched, qualifier) if of_catalogue else []
            stat = f" {watched.stat}" if of_catalogue and watched.stat not in _charted_stats(watched) else ""
            found.setdefault(name, []).append(
                Threshold(
                    alarm.threshold,
                    f"{short}{whose}{stat} {threshold_text(alarm)} {alarm.state}",
                    alarm_text(alarm, *remarks),
                    alarm.comparison in ABOVE,
                    alarm.state == "ALARM",
                    watched.period_s,
                )
            )
    return {name: tuple(lines) for name, lines in found.items()}


def _identity(spec: MetricSpec) -> Identity:
    return spec.namespace, spec.metric_name, frozenset(spec.dimensions)


def _charted_stats(watched: WatchedMetric) -> list[str]:
    """What the catalogue's chart of a metric shows of it."""
    return [stat for metric, stat in (*FUNCTION_METRICS, *OPTIONAL_METRICS) if metric == watched.metric_name]


def _remarks(watched: WatchedMetric, qualifier: str) -> list[str]:
    """In what it differs from what is shown."""
    remarks = []
    shown = _charted_stats(watched)
    if watched.stat not in shown:
        words = _("The chart shows {names}; the alarm uses {stat}.")
        remarks.append(words.format(names=", ".join(shown), stat=watched.stat))
    if watched.qualifier != qualifier:
        everything = _("all versions")
        words = _("The chart shows {shown}; the alarm applies to {watched}.")
        remarks.append(words.format(shown=qualifier or everything, watched=watched.qualifier or everything))
    return remarks
