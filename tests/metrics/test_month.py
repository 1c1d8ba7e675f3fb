"""A month of metrics on the Sandbox: what was put is what is read, of every statistic, over every period."""

from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np

from tests.seed_metrics import DAY_S, METRICS, STEP_S, raw_values, seed
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.metrics.model import MetricSpec, Window
from workbench.metrics.query import query

DAYS = 30
NAMES = [f"month-{number}" for number in range(2)]
CTX = JobContext()
STATS: dict[str, Callable[[np.ndarray], float]] = {
    "Sum": np.sum,
    "Average": np.mean,
    "Minimum": np.min,
    "Maximum": np.max,
    "SampleCount": np.size,
}
PERCENTILES = {"p50": 50, "p90": 90, "p99": 99, "p99.9": 99.9}


def test_a_month_is_read_point_for_point_over_all_periods(connection: Connection) -> None:
    end_s = int(datetime.now(UTC).timestamp()) // DAY_S * DAY_S
    start_s = end_s - DAYS * DAY_S
    seed(connection, NAMES, start_s, DAYS)
    for period_s, stats in (
        (STEP_S, STATS),
        (3600, {**STATS, **PERCENTILES}),
        (6 * 3600, STATS),
        (DAY_S, {**STATS, **PERCENTILES}),
    ):
        window, step = Window(start_s, end_s, period_s), period_s // STEP_S
        specs = [
            MetricSpec(metric, stat, (("FunctionName", name),))
            for name in NAMES
            for metric in METRICS
            for stat in stats
        ]
        for series in query(connection, specs, window, CTX):
            spec = series.spec
            raw = raw_values(spec.dimensions[0][1], spec.metric_name, start_s, DAYS)
            groups = [np.concatenate(raw[first : first + step]) for first in range(0, len(raw), step)]
            says = f"{spec.metric_name} {spec.stat} {period_s}"
            if work_out := STATS.get(spec.stat):
                values = [float(work_out(group)) if group.size else np.nan for group in groups]
                np.testing.assert_allclose(series.value, values, rtol=1e-9, err_msg=says)
            else:
                _assert_between(series.value, groups, PERCENTILES[spec.stat], says)


def _assert_between(found: np.ndarray, groups: list[np.ndarray], share: float, says: str) -> None:
    """CloudWatch does not say how it interpolates; numpy's neighbours of a percentile hold it."""
    for value, group in zip(found, groups, strict=True):
        if not group.size:
            assert np.isnan(value), says
            continue
        low, high = (np.percentile(group, share, method=method) for method in ("lower", "higher"))
        assert low - 1e-9 <= value <= high + 1e-9, says
