"""Alarms on charts: which is drawn where, and texts about them."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from workbench.core.messages import _
from workbench.functions.alarms import Identity, MetricAlarm, WatchedMetric
from workbench.metrics.alarms import ABOVE
from workbench.metrics.series import FUNCTION_METRICS, OPTIONAL_METRICS, MetricSpec
from workbench.ui.features.metrics.catalogue import CHARTS, ExtraChart, specs_of
from workbench.ui.kit.charts import Threshold, Unit

if TYPE_CHECKING:
    from workbench.metrics.alarms import AlarmHistory  # which needs numpy

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


SIGNS = {
    "GreaterThanOrEqualToThreshold": "≥",
    "GreaterThanThreshold": ">",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "≤",
}
_SHORT = 22


def number_text(value: float) -> str:
    """A threshold, with all of its digits."""
    return f"{value:,.10g}"


def period_text(seconds: int) -> str:
    """A period: "1 min", "6 h", "1 d"."""
    for size, words in (
        (86_400, _("{count} d")),
        (3600, _("{count} h")),
        (60, _("{count} min")),
    ):
        if seconds >= size and seconds % size == 0:
            return words.format(count=f"{seconds // size:,}")
    return _("{seconds} s").format(seconds=f"{seconds:,}")


def span_text(seconds: int) -> str:
    """A stretch of time: "25 min", "3 h 5 min", "7 d"."""
    parts = (seconds // 86_400 * 86_400, seconds % 86_400 // 3600 * 3600, seconds % 3600)
    texts = [period_text(part) for part in parts if part]
    return " ".join(texts[:2]) or period_text(0)


def past_text(past: "AlarmHistory", span_s: int) -> str:
    """How an alarm would have been in a stretch of time."""
    span = span_text(span_s)
    if not past.judged_s:
        words = _("The displayed time range ({span}) is shorter than the alarm's evaluation range.")
        return words.format(span=span)
    if not past.alarm_s:
        words = _("In the displayed time range ({span}), the alarm would not have been triggered.")
        return words.format(span=span)
    words = _(
        "In the displayed time range ({span}), the alarm would have been triggered {times} times, for "
        "about {alarm_s} in total."
    )
    return words.format(span=span, times=f"{past.times:,}", alarm_s=span_text(past.alarm_s))


def short_name(name: str, function_name: str) -> str:
    """An alarm's name where there is little room: without the function's, and not too long."""
    rest = name.removeprefix(function_name).lstrip("-_ .:/")
    text = rest or name
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"


def threshold_text(alarm: MetricAlarm) -> str:
    """What is bad: "> 5", or that it learns that."""
    if alarm.threshold is None:
        return _("outside the expected range")
    return f"{SIGNS.get(alarm.comparison, alarm.comparison)} {number_text(alarm.threshold)}"


def metric_text(alarm: MetricAlarm) -> str:
    """What it looks at: "Errors Sum", with the version or alias; of a calculation all that goes into it."""
    texts = []
    for each in alarm.watched:
        text = f"{each.metric_name} {each.stat}".strip()
        texts.append(f"{text} ({each.qualifier})" if each.qualifier else text)
    text = ", ".join(dict.fromkeys(texts))
    learns = alarm.threshold is None
    if alarm.is_direct or learns:
        return text
    return _("Calculated from {text}").format(text=text)


def periods_text(alarm: MetricAlarm) -> str:
    """How long: "3 of 5 periods of 1 min"."""
    words = _("{datapoints_to_alarm} of {evaluation_periods} periods of {period_s}")
    return words.format(
        datapoints_to_alarm=f"{alarm.datapoints_to_alarm:,}",
        evaluation_periods=f"{alarm.evaluation_periods:,}",
        period_s=period_text(alarm.watched[0].period_s),
    )


def alarm_text(alarm: MetricAlarm, *remarks: str) -> str:
    """All of an alarm, in lines: for who points at it, and who cannot see it."""
    told, told_ok = (
        ", ".join(arn.rpartition(":")[2] for arn in arns) for arns in (alarm.actions, alarm.ok_actions)
    )
    if (told or told_ok) and alarm.is_muted:
        told, told_ok = _("no one (its actions are disabled)"), ""
    lines = (
        _("Alarm {alarm}: {state}").format(alarm=alarm.name, state=alarm.state),
        f"{metric_text(alarm)} {threshold_text(alarm)}",
        periods_text(alarm),
        _("Missing data: {treat_missing_data}").format(treat_missing_data=alarm.treat_missing_data),
        _("Notifies: {names}").format(names=told or _("nobody")),
        _("Notifies when it returns to OK: {told_ok}").format(told_ok=told_ok) if told_ok else "",
        alarm.state_reason,
        *remarks,
    )
    return "\n".join(line for line in lines if line)
