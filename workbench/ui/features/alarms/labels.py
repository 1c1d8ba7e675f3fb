"""Texts about alarms. CloudWatch's own words (OK, ALARM, INSUFFICIENT_DATA) stay as they are."""

from typing import TYPE_CHECKING

from workbench.core.messages import _
from workbench.functions.alarms import MetricAlarm

if TYPE_CHECKING:
    from workbench.metrics.alarms import AlarmHistory  # which needs numpy

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
