"""Texts about alarms. CloudWatch's own words (OK, ALARM, INSUFFICIENT_DATA) stay as they are."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

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
translate = QCoreApplication.translate


def number_text(value: float) -> str:
    """A threshold, with all of its digits."""
    return f"{value:,.10g}"


def period_text(seconds: int) -> str:
    """A period: "1 min", "6 h", "1 d"."""
    for size, words in (
        (86_400, translate("Alarms", "%1 d")),
        (3600, translate("Alarms", "%1 h")),
        (60, translate("Alarms", "%1 min")),
    ):
        if seconds >= size and seconds % size == 0:
            return words.replace("%1", f"{seconds // size:,}")
    return translate("Alarms", "%1 s").replace("%1", f"{seconds:,}")


def span_text(seconds: int) -> str:
    """A stretch of time: "25 min", "3 h 5 min", "7 d"."""
    parts = (seconds // 86_400 * 86_400, seconds % 86_400 // 3600 * 3600, seconds % 3600)
    texts = [period_text(part) for part in parts if part]
    return " ".join(texts[:2]) or period_text(0)


def past_text(past: "AlarmHistory", span_s: int) -> str:
    """How an alarm would have been in a stretch of time."""
    span = span_text(span_s)
    if not past.judged_s:
        words = translate(
            "Alarms", "The displayed time range (%1) is shorter than the alarm's evaluation range."
        )
        return words.replace("%1", span)
    if not past.alarm_s:
        words = translate(
            "Alarms", "In the displayed time range (%1), the alarm would not have been triggered."
        )
        return words.replace("%1", span)
    words = translate(
        "Alarms",
        "In the displayed time range (%1), the alarm would have been triggered %2 times, for "
        "about %3 in total.",
    )
    return words.replace("%1", span).replace("%2", f"{past.times:,}").replace("%3", span_text(past.alarm_s))


def short_name(name: str, function_name: str) -> str:
    """An alarm's name where there is little room: without the function's, and not too long."""
    rest = name.removeprefix(function_name).lstrip("-_ .:/")
    text = rest or name
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"


def threshold_text(alarm: MetricAlarm) -> str:
    """What is bad: "> 5", or that it learns that."""
    if alarm.threshold is None:
        return translate("Alarms", "outside the expected range")
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
    return translate("Alarms", "Calculated from %1").replace("%1", text)


def periods_text(alarm: MetricAlarm) -> str:
    """How long: "3 of 5 periods of 1 min"."""
    words = translate("Alarms", "%1 of %2 periods of %3").replace("%1", f"{alarm.datapoints_to_alarm:,}")
    words = words.replace("%2", f"{alarm.evaluation_periods:,}")
    return words.replace("%3", period_text(alarm.watched[0].period_s))


def alarm_text(alarm: MetricAlarm, *remarks: str) -> str:
    """All of an alarm, in lines: for who points at it, and who cannot see it."""
    told, told_ok = (
        ", ".join(arn.rpartition(":")[2] for arn in arns) for arns in (alarm.actions, alarm.ok_actions)
    )
    if (told or told_ok) and alarm.is_muted:
        told, told_ok = translate("Alarms", "no one (its actions are disabled)"), ""
    lines = (
        translate("Alarms", "Alarm %1: %2").replace("%1", alarm.name).replace("%2", alarm.state),
        f"{metric_text(alarm)} {threshold_text(alarm)}",
        periods_text(alarm),
        translate("Alarms", "Missing data: %1").replace("%1", alarm.treat_missing_data),
        translate("Alarms", "Notifies: %1").replace("%1", told or translate("Alarms", "nobody")),
        translate("Alarms", "Notifies when it returns to OK: %1").replace("%1", told_ok) if told_ok else "",
        alarm.state_reason,
        *remarks,
    )
    return "\n".join(line for line in lines if line)
