"""Schedule expressions of EventBridge rules and EventBridge Scheduler: rate(…), cron(…) and at(…).

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html and
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

import calendar
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import Enum, auto
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
_RATE = re.compile(r"rate\((\d+) (minute|minutes|hour|hours|day|days)\)")
_CRON = re.compile(r"cron\((.*)\)")
_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
FIRST_YEAR, LAST_YEAR = 1970, 2199
_UNITS = {"minute": 60, "hour": 3_600, "day": 86_400}
_DAYS_AHEAD = 366 * 9
"""How far ahead to search: the next 29 February is at most eight years away."""


@dataclass(frozen=True, slots=True)
class _Field:
    """One of cron's six fields.

    Attributes:
        names: Names in place of numbers, the first for `low`.
        special: Patterns of other valid values.
    """

    name: str
    low: int
    high: int
    names: Sequence[str] = ()
    special: Sequence[str] = field(default=())


_FIELDS = (
    _Field("minutes", 0, 59),
    _Field("hours", 0, 23),
    _Field("day-of-month", 1, 31, special=(r"\?", "L", "LW", r"([1-9]|[12]\d|3[01])W")),
    _Field("month", 1, 12, MONTHS),
    _Field("day-of-week", 1, 7, DAYS, (r"\?", "L", r"([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)(L|#[1-5])")),
    _Field("year", FIRST_YEAR, LAST_YEAR),
)


class Wrong(Enum):
    """What can be wrong with an expression. Behind each, the values that `Problem` has for it."""

    SCHEDULE = auto()  # expression
    RATE = auto()  # expression
    ZERO_RATE = auto()
    UNIT = auto()  # count, unit, right: the unit that AWS wants
    TIME = auto()  # expression
    DATE = auto()  # expression, error: of datetime
    FIELD_COUNT = auto()  # expression, count
    FIELD = auto()  # bad, part: the name of the field, low, high, and first and last if numbers have names
    DAYS = auto()


@dataclass(frozen=True, slots=True)
class Problem:
    """Why AWS would refuse an expression."""

    wrong: Wrong
    values: Mapping[str, object] = field(default_factory=dict)


def problem_of(expression: str, *, knows_at: bool, is_strict: bool) -> Problem | None:
    """Why AWS would refuse an expression; None if it would not.

    Args:
        knows_at: Whether at(…) is allowed, as in Scheduler only.
        is_strict: Rules require "rate(1 minute)" and "rate(2 minutes)"; Scheduler accepts both forms.
    """
    if expression.startswith("rate("):
        return _rate_problem(expression, is_strict)
    if expression.startswith("cron("):
        return _cron_problem(expression)
    if expression.startswith("at(") and knows_at:
        return _at_problem(expression)
    return Problem(Wrong.SCHEDULE, {"expression": expression})


def next_moment(expression: str, timezone: str) -> datetime | None:
    """The time of an at(…), UTC; None for repeating or invalid expressions."""
    found = _AT.fullmatch(expression)
    try:
        return datetime.fromisoformat(found[1]).replace(tzinfo=ZoneInfo(timezone)) if found else None
    except (ValueError, ZoneInfoNotFoundError):
        return None


def is_past(expression: str, timezone: str, now: datetime) -> bool:
    """Whether it never runs again: an at(…) in the past, or a cron(…) with past years only."""
    if moment := next_moment(expression, timezone):
        return moment <= now
    found = _CRON.fullmatch(expression)
    if found is None or _cron_problem(expression):
        return False
    years = [int(year) for year in re.findall(r"\d{4}", found[1].split()[5])]
    return bool(years) and "/" not in found[1].split()[5] and max(years) < now.astimezone(UTC).year


def next_times(expression: str, timezone: str, now: datetime, count: int = 5) -> tuple[datetime, ...]:
    """The next runs, in the schedule's time zone, earliest first.

    A local time that daylight saving time skips is left out; one that occurs twice runs once.
    Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html

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
    for moment in _cron_times(expression[5:-1].upper().split(), zone, now):
        found.append(moment)
        if len(found) == count:
            break
    return tuple(found)


def _cron_times(fields: list[str], zone: ZoneInfo, now: datetime) -> Iterator[datetime]:
    minutes, hours, __, months, __, years = map(_numbers, _FIELDS, fields)
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
    return day.day in _numbers(_FIELDS[2], item)


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
        return weekday in _numbers(_FIELDS[4], found[1]) and (day.day - 1) // 7 + 1 == int(found[2])
    if item == "L":
        return weekday == 7
    if item.endswith("L"):
        last = calendar.monthrange(day.year, day.month)[1]
        return weekday in _numbers(_FIELDS[4], item[:-1]) and day.day > last - 7
    return weekday in _numbers(_FIELDS[4], item)


def _numbers(each: _Field, text: str) -> set[int]:
    """The numbers of a field; none for the special characters L, W and #."""
    found: set[int] = set()
    for item in text.split(","):
        base, __, step = item.partition("/")
        first, dash, last = base.partition("-")
        if base in ("*", "?"):
            start, end = each.low, each.high
        elif (number := _number(each, first)) is not None:
            start = number
            end = (_number(each, last) or 0) if dash else (each.high if step else start)
        else:
            continue
        if start <= end:
            span = [*range(start, end + 1)]
        else:
            span = [*range(start, each.high + 1), *range(each.low, end + 1)]
        found |= set(span[:: int(step or 1)])
    return found


def _rate_problem(expression: str, is_strict: bool) -> Problem | None:
    found = _RATE.fullmatch(expression)
    if found is None:
        return Problem(Wrong.RATE, {"expression": expression})
    count, unit = int(found[1]), found[2]
    if count == 0:
        return Problem(Wrong.ZERO_RATE)
    if is_strict and (count == 1) is unit.endswith("s"):
        right = unit.rstrip("s") + "s" * (count != 1)
        return Problem(Wrong.UNIT, {"count": count, "unit": unit, "right": right})
    return None


def _at_problem(expression: str) -> Problem | None:
    found = _AT.fullmatch(expression)
    if found is None:
        return Problem(Wrong.TIME, {"expression": expression})
    try:
        datetime.fromisoformat(found[1])
    except ValueError as error:
        return Problem(Wrong.DATE, {"expression": expression, "error": error})
    return None


def _cron_problem(expression: str) -> Problem | None:
    found = _CRON.fullmatch(expression)
    parts = found[1].split() if found else []
    if len(parts) != len(_FIELDS):
        return Problem(Wrong.FIELD_COUNT, {"expression": expression, "count": len(parts)})
    for each, text in zip(_FIELDS, parts, strict=True):
        if bad := next((item for item in text.split(",") if not _fits(each, item)), None):
            values = {"bad": bad, "part": each.name, "low": each.low, "high": each.high}
            names = {"first": each.names[0], "last": each.names[-1]} if each.names else {}
            return Problem(Wrong.FIELD, values | names)
    if (parts[2] == "?") is (parts[4] == "?"):
        return Problem(Wrong.DAYS)
    return None


def _fits(each: _Field, item: str) -> bool:
    item = item.upper()
    if item == "*" or any(re.fullmatch(pattern, item) for pattern in each.special):
        return True
    base, slash, step = item.partition("/")
    if slash and not (step.isdigit() and int(step) > 0):
        return False
    if base == "*":
        return True
    low, dash, high = base.partition("-")
    numbers = [_number(each, low), _number(each, high) if dash else each.low]
    return None not in numbers


def _number(each: _Field, text: str) -> int | None:
    if text in each.names:
        return each.low + list(each.names).index(text)
    return int(text) if text.isdigit() and each.low <= int(text) <= each.high else None
