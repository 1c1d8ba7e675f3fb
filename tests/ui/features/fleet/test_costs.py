"""The words of the fleet's cost."""

from workbench.ui.features.fleet.metrics_table import COLUMNS
from workbench.ui.features.fleet.metrics_window import FleetCost, cost_markup


def test_the_estimate_says_that_it_lacks_cold_starts() -> None:
    assert "without cold starts, which are also billed" in str(cost_markup(FleetCost(1.0, 2.0, 1.5, 3)))


def test_each_column_of_costs_says_what_no_metric_counts() -> None:
    """INIT is billed since August 2025, and CloudWatch has no metric of it."""
    costs = [column for column in COLUMNS if "cost" in column.title.lower()]
    assert len(costs) == 2
    assert all("without provisioned concurrency and cold starts" in column.tip for column in costs)
