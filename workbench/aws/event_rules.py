"""Rules that start functions: schedule expressions, event patterns, notifications of buckets.

Schedule expressions of EventBridge rules and EventBridge Scheduler are rate(…), cron(…) and at(…); for event
patterns, the limits of wildcards. The rules of a bucket's notifications have key filters and events, which
must not overlap. Pure: the Sandbox's own process imports this, too.
Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html and
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

import calendar
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import unquote_plus
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from workbench.core.messages import _

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


def problem_of(expression: str, *, knows_at: bool, is_strict: bool) -> str:
    """Why AWS would refuse an expression, as a sentence; empty if it would not.

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
    words = (
        _(
            "“{expression}” is not a valid schedule. Write rate(5 minutes), cron(0 12 * * ? *) or "
            "at(2027-01-31T12:00:00)."
        )
        if knows_at
        else _("“{expression}” is not a valid schedule. Write rate(5 minutes), cron(0 12 * * ? *).")
    )
    return words.format(expression=expression)


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


def _rate_problem(expression: str, is_strict: bool) -> str:
    found = _RATE.fullmatch(expression)
    if found is None:
        return _(
            "“{expression}” is not a valid rate. Write a whole number and a unit: rate(5 minutes)."
        ).format(expression=expression)
    count, unit = int(found[1]), found[2]
    if count == 0:
        return _("A rate must be at least 1.")
    if is_strict and (count == 1) is unit.endswith("s"):
        right = unit.rstrip("s") + "s" * (count != 1)
        return _("Write “rate({count} {right})”, not “{unit}”.").format(count=count, right=right, unit=unit)
    return ""


def _at_problem(expression: str) -> str:
    found = _AT.fullmatch(expression)
    if found is None:
        return _(
            "“{expression}” is not a valid time. Write at(yyyy-mm-ddThh:mm:ss) without a time zone."
        ).format(expression=expression)
    try:
        datetime.fromisoformat(found[1])
    except ValueError as error:
        return _("“{expression}” is not a valid time: {error}.").format(expression=expression, error=error)
    return ""


def _cron_problem(expression: str) -> str:
    found = _CRON.fullmatch(expression)
    parts = found[1].split() if found else []
    if len(parts) != len(_FIELDS):
        return _(
            "A cron expression has six fields (minutes, hours, day-of-month, month, day-of-week, "
            "year); “{expression}” has {count}."
        ).format(expression=expression, count=len(parts))
    for each, text in zip(_FIELDS, parts, strict=True):
        if bad := next((item for item in text.split(",") if not _fits(each, item)), None):
            return _("“{bad}” is not a valid {part}: {range}.").format(
                bad=bad, part=each.name, range=_range_of(each)
            )
    if (parts[2] == "?") is (parts[4] == "?"):
        return _("Exactly one of day-of-month and day-of-week must be “?”.")
    return ""


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


def _range_of(each: _Field) -> str:
    if each.names:
        return _("{low} to {high}, or {first} to {last}, with , - * /").format(
            low=each.low, high=each.high, first=each.names[0], last=each.names[-1]
        )
    return _("{low} to {high}, with , - * /").format(low=each.low, high=each.high)


_MAX_REPETITIONS = 5
"""Maximum of one character after asterisks: AWS refuses "*:*:*:*:*:event-bus/*", and documents no limit.
Source: its recorded answers (localstack/localstack, content_wildcard_complex_EXC)."""


def is_wildcard_too_complex(text: str) -> bool:
    """Whether AWS is known to refuse a wildcard for its repeated characters after asterisks."""
    parts = re.findall(r"\\[*\\]|.", text, re.DOTALL)
    starred = Counter(part for before, part in itertools.pairwise(parts) if before == "*")
    return any(count >= _MAX_REPETITIONS for count in starred.values())


Entry = Mapping[str, Any]
"""A rule in AWS's format: {"Id", "LambdaFunctionArn" | "QueueArn" | "TopicArn", "Events", "Filter"}."""


def key_filter(entry: Entry) -> tuple[str, str]:
    """Prefix and suffix in AWS's encoding; empty if there is none."""
    rules = entry.get("Filter", {}).get("Key", {}).get("FilterRules", ())
    found = {str(rule.get("Name", "")).lower(): str(rule.get("Value", "")) for rule in rules}
    return found.get("prefix", ""), found.get("suffix", "")


def key_part(rule_value: str) -> str:
    """Decodes a prefix or suffix for users."""
    return unquote_plus(rule_value)


def overlap(one: Entry, other: Entry) -> bool:
    """Whether an object can match both entries, which S3 refuses.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
    """
    (prefix, suffix), (other_prefix, other_suffix) = (
        tuple(key_part(value) for value in key_filter(each)) for each in (one, other)
    )
    return (
        any(meet(a, b) for a in one.get("Events", ()) for b in other.get("Events", ()))
        and (prefix.startswith(other_prefix) or other_prefix.startswith(prefix))
        and (suffix.endswith(other_suffix) or other_suffix.endswith(suffix))
    )


def meet(one: str, other: str) -> bool:
    """Whether two event types overlap: "s3:ObjectCreated:*" includes "s3:ObjectCreated:Put"."""
    for wide, narrow in ((one, other), (other, one)):
        if wide.endswith("*") and narrow.removesuffix("*").startswith(wide[:-1]):
            return True
    return one == other
