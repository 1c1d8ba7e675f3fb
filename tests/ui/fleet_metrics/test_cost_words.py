"""The words of the fleet's cost."""

from workbench.ui.fleet_metrics.cost_words import FleetCost, say


def test_the_estimate_says_that_it_lacks_cold_starts() -> None:
    assert "without cold starts, which are also billed" in str(say(FleetCost(1.0, 2.0, 1.5, 3)))
