"""Schedule expressions, as AWS reads them."""

from datetime import UTC, datetime

import pytest

from workbench.triggers.schedules import problem_of
from workbench_sandbox.rules.schedules import is_past, next_moment

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "expression",
    [
        "rate(5 minutes)",
        "cron(0 12 * * ? *)",
        "at(2027-01-31T12:00:00)",
        "rate(1 minute)",
        "rate(365 days)",
        "cron(0/15 * * * ? *)",
        "cron(0 18 ? * MON-FRI *)",
        "cron(0 8 1 * ? *)",
        "cron(30 0 L * ? 2027)",
        "cron(0 9 ? * 2#1 *)",
        "cron(0 9 ? JAN,JUL FRIL *)",
        "cron(0 9 15W * ? 2026-2030)",
        "cron(5,35 14 * * ? *)",
        "cron(0 10 ? * mon *)",
    ],
)
def test_what_aws_takes(expression: str) -> None:
    assert problem_of(expression, knows_at=True, is_strict=True) == ""


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("", "not a valid schedule"),
        ("every day", "not a valid schedule"),
        ("rate(5)", "not a valid rate"),
        ("rate(0 minutes)", "at least 1"),
        ("rate(1 minutes)", "“rate(1 minute)”"),
        ("rate(2 hour)", "“rate(2 hours)”"),
        ("rate(5 seconds)", "not a valid rate"),
        ("cron(0 12 * * *)", "has 5"),
        ("cron(0 12 * * * *)", "one of day-of-month and day-of-week"),
        ("cron(0 12 ? * ? *)", "one of day-of-month and day-of-week"),
        ("cron(60 12 * * ? *)", "“60” is not a valid minutes"),
        ("cron(0 24 * * ? *)", "“24” is not a valid hours"),
        ("cron(0 12 32 * ? *)", "“32” is not a valid day-of-month"),
        ("cron(0 12 * FOO ? *)", "JAN to DEC"),
        ("cron(0 12 ? * 0 *)", "“0” is not a valid day-of-week"),
        ("cron(0 12 * * ? 1969)", "“1969” is not a valid year"),
        ("cron(0/0 12 * * ? *)", "“0/0” is not a valid minutes"),
        ("cron(0 12 * * ? *", "has 0"),
        ("at(2027-13-01T00:00:00)", "not a valid time: "),
        ("at(2027-01-01)", "without a time zone"),
        ("at(2027-01-01T00:00:00Z)", "without a time zone"),
    ],
)
def test_what_aws_would_refuse_is_explained(expression: str, problem: str) -> None:
    assert problem in problem_of(expression, knows_at=True, is_strict=True)


def test_rules_know_no_moment_and_scheduler_is_lenient() -> None:
    assert "not a valid schedule" in problem_of("at(2027-01-31T12:00:00)", knows_at=False, is_strict=True)
    assert problem_of("rate(1 minutes)", knows_at=True, is_strict=False) == ""


@pytest.mark.parametrize(
    ("expression", "timezone", "past"),
    [
        ("at(2026-11-26T12:00:01)", "UTC", False),
        ("at(2026-11-26T12:00:00)", "UTC", True),
        ("at(2026-11-26T12:30:00)", "Europe/Berlin", True),
        ("at(2026-11-26T11:30:00)", "America/New_York", False),
        ("at(2020-01-01T00:00:00)", "No/Where", False),
        ("cron(0 12 * * ? 2025)", "UTC", True),
        ("cron(0 12 * * ? 2024,2026)", "UTC", False),
        ("cron(0 12 * * ? 2020/2)", "UTC", False),
        ("cron(0 12 * * ? *)", "UTC", False),
        ("rate(1 day)", "UTC", False),
        ("cron(broken)", "UTC", False),
    ],
)
def test_what_never_comes_again(expression: str, timezone: str, past: bool) -> None:
    assert is_past(expression, timezone, NOW) is past


def test_a_moment_is_read_in_its_time_zone() -> None:
    moment = next_moment("at(2027-01-31T12:00:00)", "Asia/Tokyo")
    assert moment is not None
    assert moment.astimezone(UTC) == datetime(2027, 1, 31, 3, 0, tzinfo=UTC)
