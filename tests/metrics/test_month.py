"""A month of metrics on the Sandbox: what was put is what is read, of every statistic, over every period.

`./dev bench metrics_exact` does it with 500 functions.
"""

import pytest

from tests import seed_metrics
from tests.seed_metrics import DAY_S, METRICS, PERCENTILES, STATS, Raw, compare, midnight_s, seed
from workbench.aws.connection import Connection

DAYS, PERIODS_S = 30, (60, 300, 3600, DAY_S)
NAMES = [f"month-{number}" for number in range(2)]


def test_a_month_is_read_point_for_point_over_all_periods(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_s = midnight_s() - DAYS * DAY_S
    values = seed(connection, NAMES, start_s, DAYS)
    compared = list(compare(connection, NAMES, start_s, DAYS, PERIODS_S))
    assert [each for each in compared if each.wrong] == []
    assert len(compared) == len(NAMES) * len(METRICS) * len(PERIODS_S) * (len(STATS) + len(PERCENTILES))
    assert sum(each.points for each in compared) > values > 1_000

    def other(*put: object) -> Raw:
        raw = original(*put)  # type: ignore[arg-type]
        raw.value[raw.value.size // 2] += 0.125
        return raw

    original = seed_metrics.raw_of
    monkeypatch.setattr(seed_metrics, "raw_of", other)
    found = compare(connection, NAMES[:1], start_s, DAYS, [DAY_S])
    assert {each.spec.stat for each in found if each.wrong} >= {"Sum", "Average"}, "the check sees nothing"
