"""The next runs of a schedule expression. Pure.

A local time that daylight saving time skips is left out; one that occurs twice runs once.
Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

import calendar
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from workbench.aws.event_rules import DAYS, MONTHS, next_moment, problem_of

_UNITS = {"minute": 60, "hour": 3_600, "day": 86_400}
_DAYS_AHEAD = 366 * 9
"""How far ahead to search: the next 29 February is at most eight years away."""


def next_times(expression: str, timezone: str, now: datetime, count: int = 5) -> tuple[datetime, ...]:
    """The next runs, in the schedule's time zone, earliest first.

    Args:
        expression: rate(…), cron(…) or at(…). One that AWS would refuse has no runs.
        timezone: A name of the tz database; empty for UTC. An unknown one has no runs.
        now: Start of the search. A rate counts from here, as it does from the time it is set.
        count: The maximum number of runs.
    """
    try:
        zone = ZoneInfo(timezone or "UTC")
    except (ValueError, ZoneInfoNotFoundError, OSError):
        return ()
    if problem_of(expression, knows_at=True, is_strict=False):
        return ()
    if expression.startswith("rate("):
        number, unit = expression[5:-1].split()
        try:
            step = timedelta(seconds=int(number) * _UNITS[unit.rstrip("s")])
            return tuple((now + step * each).astimezone(zone) for each in range(1, count + 1))
        except OverflowError:
            return ()
    if expression.startswith("at("):
        moment = next_moment(expression, timezone or "UTC")
        return (moment,) if moment is not None and moment > now else ()
    found: list[datetime] = []
    for moment in _cron(expression[5:-1].upper().split(), zone, now):
        found.append(moment)
        if len(found) == count:
            break
    return tuple(found)


def _cron(fields: list[str], zone: ZoneInfo, now: datetime) -> Iterator[datetime]:
    minutes, hours, _, months, _, years = (
        _numbers(text, low, high, names)
        for text, low, high, names in zip(
            fields,
            (0, 0, 1, 1, 1, 1970),
            (59, 23, 31, 12, 7, 2199),
            ([], [], [], MONTHS, DAYS, []),
            strict=True,
        )
    )
    first = now.astimezone(zone).date()
    for ahead in range(_DAYS_AHEAD):
        day = first + timedelta(days=ahead)
        if day.year not in years or day.month not in months or not _fits_day(day, fields[2], fields[4]):
            continue
        for hour in sorted(hours):
            for minute in sorted(minutes):
                moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
                is_real = moment.astimezone(UTC).astimezone(zone).replace(fold=0) == moment
                if is_real and moment > now:
                    yield moment


def _fits_day(day: date, days: str, weekdays: str) -> bool:
    if weekdays == "?":
        return any(_fits_day_of_month(day, item) for item in days.split(","))
    return any(_fits_weekday(day, item) for item in weekdays.split(","))


def _fits_day_of_month(day: date, item: str) -> bool:
    last = calendar.monthrange(day.year, day.month)[1]
    if item == "L":
        return day.day == last
    if item == "LW":
        return day == _nearest_weekday(day.replace(day=last))
    if item.endswith("W"):
        wanted = int(item[:-1])
        return wanted <= last and day == _nearest_weekday(day.replace(day=wanted))
    return day.day in _numbers(item, 1, 31, [])


def _nearest_weekday(day: date) -> date:
    """The weekday (Monday to Friday) nearest to a day, in the same month."""
    moves = {5: (-1, 2), 6: (1, -2)}.get(day.weekday(), (0, 0))
    for move in moves:
        if (other := day + timedelta(days=move)).month == day.month:
            return other
    return day


def _fits_weekday(day: date, item: str) -> bool:
    weekday = day.isoweekday() % 7 + 1  # AWS's 1 is Sunday
    if found := re.fullmatch(r"(\w+)#(\d)", item):
        return weekday in _numbers(found[1], 1, 7, DAYS) and (day.day - 1) // 7 + 1 == int(found[2])
    if item == "L":
        return weekday == 7
    if item.endswith("L"):
        last = calendar.monthrange(day.year, day.month)[1]
        return weekday in _numbers(item[:-1], 1, 7, DAYS) and day.day > last - 7
    return weekday in _numbers(item, 1, 7, DAYS)


def _numbers(text: str, low: int, high: int, names: list[str]) -> set[int]:
    """The numbers of a field; none for the special characters L, W and #."""
    found: set[int] = set()
    for item in text.split(","):
        base, _, step = item.partition("/")
        first, dash, last = base.partition("-")
        if base in ("*", "?"):
            start, end = low, high
        else:
            start = _number(first, low, names)
            end = _number(last, low, names) if dash else (high if step else start)
        if start < 0 or end < 0:
            continue
        span = range(start, end + 1) if start <= end else (*range(start, high + 1), *range(low, end + 1))
        found |= set(span[:: int(step or 1)])
    return found


def _number(text: str, low: int, names: list[str]) -> int:
    if text in names:
        return low + names.index(text)
    return int(text) if text.isdigit() else -1
