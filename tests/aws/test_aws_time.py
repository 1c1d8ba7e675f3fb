"""What answers tell of AWS's time."""

from datetime import UTC, datetime, timedelta

import pytest

from workbench.aws.client_config import AwsTime, date_in

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
DATE = {"date": "Fri, 27 Nov 2026 12:00:00 GMT"}


@pytest.mark.parametrize(
    ("ahead_s", "took_s", "offset_s"),
    [
        (0, 0.1, 0),
        (0.9, 0.1, 0),  # within the second that the date leaves open
        (-3, 4, 0),  # it may have been made at any moment in between
        (90, 0.2, -89.6),
        (-90, 0.2, 90.4),
        (-7200, 1, 7200),
        (7200, 60, 0),  # too long under way to say anything
    ],
)
def test_the_offset_is_what_the_date_says_beyond_doubt(
    ahead_s: float, took_s: float, offset_s: float
) -> None:
    time = AwsTime()
    began = NOON + timedelta(seconds=ahead_s)
    time.note(DATE, began, began + timedelta(seconds=took_s))
    assert time.offset_s == pytest.approx(offset_s)
    assert (time.at(NOON) - NOON).total_seconds() == pytest.approx(offset_s)


def test_a_clock_that_was_set_right_is_right_again_and_answers_without_a_date_change_nothing() -> None:
    time = AwsTime()
    time.note(DATE, NOON + timedelta(hours=1), NOON + timedelta(hours=1))
    assert time.offset_s < -3000
    for header in ({}, {"date": ""}, {"date": "27.11.2026"}, {"date": "Fri, 27 Now 2026 12:00:00 GMT"}):
        assert date_in(header) is None
        time.note(header, NOON, NOON)
    assert time.offset_s < -3000
    time.note(DATE, NOON, NOON)
    assert time.offset_s == 0
