"""Puts metrics of many functions into a Sandbox's CloudWatch, and says what was put.

`python -m tests.seed_metrics URL FUNCTIONS DAYS` seeds a running Sandbox: a raw value for each invocation,
some periods without any. What was put is told by `raw_values` alone, so that every answer can be checked.
"""

import sys
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import batched
from typing import Any

import numpy as np

from workbench.aws.access import Access, StaticKeys
from workbench.aws.connection import Connection
from workbench.metrics.model import Floats

STEP_S = 300
DAY_S = 86_400
METRICS = ("Duration", "Errors")
_MOST = 1000
"""Of one call. Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html"""


def raw_values(function_name: str, metric_name: str, start_s: int, days: int) -> list[Floats]:
    """The values that were put, for each five minutes; none in about a tenth of them.

    Args:
        function_name: Whose.
        metric_name: One of METRICS.
        start_s: Of the first five minutes.
        days: How many.
    """
    random = np.random.default_rng(zlib.crc32(f"{function_name}/{metric_name}/{start_s}".encode()))
    counts = random.integers(0, 4, days * DAY_S // STEP_S) * (random.random(days * DAY_S // STEP_S) > 0.1)
    if metric_name == "Errors":
        return [np.asarray(random.integers(0, 2, count), dtype=np.float64) for count in counts]
    return [np.round(random.gamma(2.0, 50.0, count), 3) for count in counts]


def seed(connection: Connection, function_names: list[str], start_s: int, days: int) -> None:
    """Puts all of it."""
    for some in batched(_data(function_names, start_s, days), _MOST):
        connection.call("cloudwatch", "put_metric_data", Namespace="AWS/Lambda", MetricData=list(some))


def _data(function_names: list[str], start_s: int, days: int) -> Iterator[dict[str, Any]]:
    for name in function_names:
        dimensions = [{"Name": "FunctionName", "Value": name}]
        for metric in METRICS:
            for number, values in enumerate(raw_values(name, metric, start_s, days)):
                if values.size:
                    yield {
                        "MetricName": metric,
                        "Dimensions": dimensions,
                        "Timestamp": datetime.fromtimestamp(start_s + number * STEP_S, UTC),
                        "Values": values.tolist(),
                        "Counts": [1.0] * values.size,
                    }


def main(url: str, functions: str, days: str) -> None:
    """Seeds up to today's midnight, UTC."""
    end_s = int(datetime.now(UTC).timestamp()) // DAY_S * DAY_S
    access = Access(None, "us-east-1", url, StaticKeys("123456789012", "sandbox"))
    names = [f"seeded-{number}" for number in range(int(functions))]
    seed(Connection.open(access), names, end_s - int(days) * DAY_S, int(days))


if __name__ == "__main__":
    main(*sys.argv[1:])
