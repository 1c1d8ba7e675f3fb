"""A function's charts with AWS's answers, for the tests of the Metrics tab."""

from datetime import UTC, datetime
from typing import Any

from tests.aws_stub import StubbedAws
from tests.ui.hand_clock import HandClock
from tests.ui.pages.conftest import detail_named
from workbench.metrics.series import FUNCTION_METRICS
from workbench.ui.shell.services import OpenFunction


def hello(stub: StubbedAws) -> OpenFunction:
    return OpenFunction(stub.connection, detail_named())


def answer(
    stub: StubbedAws,
    value: float = 3.0,
    expected: Any = None,
    more: list[dict[str, Any]] | None = None,
    **problems: dict[str, Any],
) -> None:
    """Each series that all functions have has one point; by "q<number>" a result is overridden."""
    results = [
        {"Id": f"q{number}", "StatusCode": "Complete", "Timestamps": [noon()], "Values": [value]}
        | problems.get(f"q{number}", {})
        for number in range(len(FUNCTION_METRICS))
    ]
    stub.answer("cloudwatch", "get_metric_data", {"MetricDataResults": results + (more or [])}, expected)


def noon() -> datetime:
    return datetime.fromtimestamp(HandClock().time_s - 600, UTC)


def refuse(stub: StubbedAws) -> None:
    words = "User: me is not authorized to perform: cloudwatch:GetMetricData"
    stub.refuse("cloudwatch", "get_metric_data", "AccessDenied", words, 403)
