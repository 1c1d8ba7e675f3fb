"""AWS's time, from the Date header of its answers, and so how far this machine's clock is off.

botocore does not correct a wrong clock. AWS refuses what was signed more than 5 minutes (S3: 15) off its own
time; below that it accepts the request, and "the last minutes" of a log are then the wrong minutes.
Source: https://github.com/boto/boto3/issues/1252
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MAX_DURATION_S = 10.0
"""Answers that took longer are ignored: their Date is too uncertain."""


class AwsTime:
    """How far this machine's clock is off. Safe from any thread.

    Attributes:
        offset_s: AWS's time less this machine's; 0 until an answer says otherwise, and as long as the two may
            be the same.
    """

    def __init__(self) -> None:
        self.offset_s = 0.0

    def note(self, headers: Mapping[str, Any], began: datetime, ended: datetime) -> None:
        """Learns from an answer.

        Args:
            headers: Of the answer, their names in lower case.
            began: When it was asked for, by this machine's clock.
            ended: When it was there.
        """
        moment = date_in(headers)
        if moment is None or not 0 <= (ended - began).total_seconds() <= _MAX_DURATION_S:
            return
        # The date has no fractions of a second.
        earliest_s = (moment - ended).total_seconds()
        latest_s = (moment + timedelta(seconds=1) - began).total_seconds()
        self.offset_s = 0.0 if earliest_s <= 0 <= latest_s else (earliest_s + latest_s) / 2

    def at(self, moment: datetime) -> datetime:
        """AWS's time when it is `moment` by this machine's clock."""
        return moment + timedelta(seconds=self.offset_s)


def date_in(headers: Mapping[str, Any]) -> datetime | None:
    """The moment in the headers of an answer; None when there is none.

    Source: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7 ("Sun, 06 Nov 1994 08:49:37 GMT")
    """
    try:
        _weekday, day, month, year, time, _zone = str(headers["date"]).split()
        hour, minute, second = (int(each) for each in time.split(":"))
        return datetime(int(year), _MONTHS.index(month) + 1, int(day), hour, minute, second, tzinfo=UTC)
    except (KeyError, ValueError):
        return None
