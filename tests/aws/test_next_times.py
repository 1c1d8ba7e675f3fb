"""When schedule expressions come next."""

from datetime import UTC, datetime

import pytest

from workbench_sandbox.rules.schedules import next_times

NOW = datetime(2026, 2, 27, 10, 30, tzinfo=UTC)  # a Friday


@pytest.mark.parametrize(
    ("expression", "timezone", "expected"),
    [
        ("rate(5 minutes)", "", ["2026-02-27 10:35", "2026-02-27 10:40"]),
        ("rate(1 day)", "", ["2026-02-28 10:30", "2026-03-01 10:30"]),
        ("cron(0 12 * * ? *)", "", ["2026-02-27 12:00", "2026-02-28 12:00"]),
        ("cron(30 10 * * ? *)", "", ["2026-02-28 10:30", "2026-03-01 10:30"]),  # not now: later
        ("cron(0/20 10 * * ? *)", "", ["2026-02-27 10:40", "2026-02-28 10:00"]),
        ("cron(0 9 ? * MON-FRI *)", "", ["2026-03-02 09:00", "2026-03-03 09:00"]),
        ("cron(0 9 ? * FRI-MON *)", "", ["2026-02-28 09:00", "2026-03-01 09:00"]),
        ("cron(0 9 ? * 6L *)", "", ["2026-03-27 09:00", "2026-04-24 09:00"]),  # the last Friday
        ("cron(0 9 ? * 2#1 *)", "", ["2026-03-02 09:00", "2026-04-06 09:00"]),  # the first Monday
        ("cron(0 9 ? * L *)", "", ["2026-02-28 09:00", "2026-03-07 09:00"]),
        ("cron(0 9 L * ? *)", "", ["2026-02-28 09:00", "2026-03-31 09:00"]),
        ("cron(0 9 LW * ? *)", "", ["2026-03-31 09:00", "2026-04-30 09:00"]),  # 28 February is a Saturday
        ("cron(0 9 1W * ? *)", "", ["2026-03-02 09:00", "2026-04-01 09:00"]),  # 1 March is a Sunday
        ("cron(0 9 29 2 ? *)", "", ["2028-02-29 09:00", "2032-02-29 09:00"]),
        ("cron(0 9 1 1,JUL ? 2026-2027)", "", ["2026-07-01 09:00", "2027-01-01 09:00"]),
        ("cron(0 9 1 1 ? 2025)", "", []),
        ("cron(0 9 * * ? *)", "Asia/Tokyo", ["2026-02-28 09:00", "2026-03-01 09:00"]),
        ("at(2026-03-01T08:00:00)", "Europe/Berlin", ["2026-03-01 08:00"]),
        ("at(2026-02-01T08:00:00)", "", []),
        ("cron(0 9 * * * *)", "", []),  # AWS refuses it
        ("cron(0 9 * * ? *)", "Moon/Base", []),
        ("every day", "", []),
        ("", "", []),
        ("rate(99999999999999 days)", "", []),
    ],
)
def test_the_next_times(expression: str, timezone: str, expected: list[str]) -> None:
    found = next_times(expression, timezone, NOW, 2)
    assert [moment.strftime("%Y-%m-%d %H:%M") for moment in found] == expected


def test_a_time_that_summer_time_leaves_out_is_left_out_and_one_that_comes_twice_runs_once() -> None:
    spring = datetime(2026, 3, 28, 12, tzinfo=UTC)
    found = next_times("cron(30 2 * * ? *)", "Europe/Berlin", spring, 2)
    assert [moment.day for moment in found] == [30, 31]
    autumn = datetime(2026, 10, 24, 12, tzinfo=UTC)
    found = next_times("cron(30 2 * * ? *)", "Europe/Berlin", autumn, 2)
    assert [moment.day for moment in found] == [25, 26]
