"""One pull of a bench of metrics, in a process of its own: by Workbench, or by boto3.

`python -m tests.bench._metrics_pull workbench|boto3 URL FUNCTIONS START END PERIOD` prints figures as JSON.
Programs that run for hours are compared: what importing and the first client take is left out.
"""

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

METRICS = (("Invocations", "Sum"), ("Errors", "Sum"), ("Throttles", "Sum"), ("Duration", "Average"))


def main(side: str, url: str, *numbers: str) -> None:
    """Pulls once and prints wall_s, cpu_s, memory_mb."""
    functions, start_s, end_s, period_s = map(int, numbers)
    pull = (_workbench if side == "workbench" else _boto3)(url, functions, start_s, end_s, period_s)
    before_mb = _peak_mb()
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    kept = pull()
    figures = {
        "wall_s": time.perf_counter() - wall_s,
        "cpu_s": time.process_time() - cpu_s,
        "memory_mb": _peak_mb() - before_mb,
        "series": len(kept),
    }
    print(json.dumps(figures))


def connect(url: str) -> Any:
    """A connection to the bench's server."""
    from workbench.aws.client_config import Access, StaticKeys
    from workbench.aws.connection import Connection
    from workbench.aws.session import Sessions

    access = Access(None, "eu-central-1", url, StaticKeys("AKIDEXAMPLE", "secret"))
    connection = Connection(access, Sessions().get(access), "123456789012")
    connection.client("cloudwatch", checks_requests=False)
    return connection


def metric_specs(functions: int) -> Any:
    """All series, as Workbench asks for them."""
    from workbench.metrics.series import MetricSpec

    return [
        MetricSpec(metric, stat, (("FunctionName", f"f-{number}"),))
        for number in range(functions)
        for metric, stat in METRICS
    ]


def workbench_pull(connection: Any, functions: int, start_s: int, end_s: int, period_s: int) -> Any:
    """What a job runs to read all series."""
    from workbench.metrics.series import CALLS_AT_ONCE, Window, query, series_in_a_page

    specs, window = metric_specs(functions), Window(start_s, end_s, period_s)

    def pull(ctx: Any) -> Any:
        # The bench's server is asked as AWS is, not as the Sandbox: that one bears less.
        return query(
            connection,
            specs,
            window,
            ctx,
            series_per_call=series_in_a_page(window.points),
            calls_at_once=CALLS_AT_ONCE,
        )

    return pull


def _workbench(url: str, functions: int, start_s: int, end_s: int, period_s: int) -> Any:

    import numpy as np

    from tests.bench._metrics_server import values_of
    from workbench.core.jobs import JobContext

    pull = workbench_pull(connect(url), functions, start_s, end_s, period_s)

    def checked() -> Any:
        series = pull(JobContext())
        for each in (series[0], series[-1]):
            name = f"{each.spec.dimensions[0][1]}/{each.spec.metric_name}"
            np.testing.assert_array_equal(each.value, values_of(name, start_s, end_s, period_s))
        return series

    return checked


def _boto3(url: str, functions: int, start_s: int, end_s: int, period_s: int) -> Any:
    import boto3

    client: Any = boto3.client(
        "cloudwatch",
        region_name="eu-central-1",
        endpoint_url=url,
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="secret",
    )
    queries = metric_queries(functions, period_s)
    span = {
        "StartTime": datetime.fromtimestamp(start_s, UTC),
        "EndTime": datetime.fromtimestamp(end_s, UTC),
    }

    def pull() -> Any:
        found: dict[str, tuple[list[Any], list[float]]] = {}
        pages = client.get_paginator("get_metric_data")
        for batch in queries:
            for page in pages.paginate(MetricDataQueries=batch, **span):
                for result in page["MetricDataResults"]:
                    times, values = found.setdefault(f"{id(batch)}{result['Id']}", ([], []))
                    times += result["Timestamps"]
                    values += result["Values"]
        return found

    return pull


def metric_queries(functions: int, period_s: int) -> list[list[dict[str, Any]]]:
    """What is asked for all series, 500 a call."""
    queries = [
        {
            "Id": f"q{number * len(METRICS) + place}",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/Lambda",
                    "MetricName": metric,
                    "Dimensions": [{"Name": "FunctionName", "Value": f"f-{number}"}],
                },
                "Period": period_s,
                "Stat": stat,
            },
        }
        for number in range(functions)
        for place, (metric, stat) in enumerate(METRICS)
    ]
    return [queries[first : first + 500] for first in range(0, len(queries), 500)]


def _peak_mb() -> float:
    """Of this program: getrusage's figure would begin with that of the program that started it."""
    status = Path("/proc/self/status").read_text()
    peak_kb = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return int(peak_kb) / 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
