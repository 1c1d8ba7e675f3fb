"""What functions cost, from what CloudWatch says they did."""

from dataclasses import replace

import pytest

from workbench.metrics.fleet import MONTH_S, Cost, CostSetting, Usage, cost_of, fleet_month_usd, what_if
from workbench.ui.fleet_metrics.columns import write_usd

GB = CostSetting("us-east-1", 1024)
MILLION = Usage(1_000_000, 1_000_000 * 99.5, MONTH_S)


def test_a_month_of_a_million_invocations_of_a_tenth_of_a_second() -> None:
    cost = cost_of(GB, MILLION)
    assert cost.requests_usd == pytest.approx(0.20)
    assert cost.running_usd == pytest.approx(100_000 * 0.0000166667)
    assert cost.storage_usd == cost.provisioned_usd == 0
    assert cost.total_usd == pytest.approx(1.8667, abs=1e-3)


def test_a_stretch_is_projected_to_the_month() -> None:
    day = Usage(1000, 50_000, 86_400)
    month = day.per_month()
    assert month.invocations == pytest.approx(30_437.5)
    assert month.duration_ms == pytest.approx(50_000 * 30.4375)
    assert Usage(5, 5, 0).per_month() == Usage(0, 0, 0)


def test_storage_beyond_what_is_free_is_paid_while_it_runs() -> None:
    cost = cost_of(replace(GB, storage_mb=512 + 10_240), MILLION)
    assert cost.storage_usd == pytest.approx(100_000 * 10 * 0.0000000309)


def test_provisioned_concurrency_is_paid_whether_it_runs_or_not() -> None:
    kept = cost_of(replace(GB, provisioned=2), Usage(0, 0, 3600))
    assert kept.provisioned_usd == pytest.approx(2 * 3600 * 0.0000041667)
    busy = cost_of(replace(GB, provisioned=2), replace(MILLION, span_s=3600, provisioned_share=1.0))
    assert busy.running_usd == 0
    assert busy.provisioned_usd == pytest.approx(2 * 3600 * 0.0000041667 + 100_000 * 0.0000097222)


def test_nothing_done_costs_nothing() -> None:
    assert cost_of(GB, Usage(0, 0, 86_400)).total_usd == 0
    assert cost_of(GB, Usage(0, 0, 0)) == Cost()


def test_costs_add_up() -> None:
    one = cost_of(GB, MILLION)
    assert (one + one).total_usd == pytest.approx(2 * one.total_usd)


def test_a_fleet_shares_one_free_tier() -> None:
    functions = [(GB, MILLION), (replace(GB, architecture="arm64"), MILLION)]
    full = fleet_month_usd(functions)
    assert full == pytest.approx(2 * 0.20 + 100_000 * (0.0000166667 + 0.0000133334))
    assert fleet_month_usd(functions, free_tier=True) == pytest.approx(0.20)
    assert fleet_month_usd([], free_tier=True) == 0


def test_what_the_free_tier_covers_costs_nothing_and_no_less() -> None:
    # The requests of these, summed up and taken off again, leave some billionths below zero.
    functions = [(GB, Usage(ran, ran * 20.0, 86_400)) for ran in (3, 26)]
    assert fleet_month_usd(functions) > 0
    assert fleet_month_usd(functions, free_tier=True) == 0
    assert write_usd(fleet_month_usd(functions, free_tier=True)) == "$0.00"


def test_tiers_are_of_one_region() -> None:
    huge = Usage(0, 4e9 * 1000, MONTH_S)
    elsewhere = replace(GB, region="us-west-2")
    apart = fleet_month_usd([(GB, huge)]) + fleet_month_usd([(elsewhere, huge)])
    assert fleet_month_usd([(GB, huge), (elsewhere, huge)]) == pytest.approx(apart)


def test_tiers_count_all_functions_of_a_region_together() -> None:
    huge = Usage(0, 4e9 * 1000, MONTH_S)
    apart = 2 * fleet_month_usd([(GB, huge)])
    together = fleet_month_usd([(GB, huge), (GB, huge)])
    assert together == pytest.approx(6e9 * 0.0000166667 + 2e9 * 0.000015)
    assert together < apart


@pytest.mark.parametrize(
    ("change", "factor"),
    [
        ({"memory_mb": 512}, 0.5),
        ({"memory_mb": 2048, "duration_factor": 0.5}, 1.0),
        ({"architecture": "arm64"}, 0.8),
        ({}, 1.0),
    ],
)
def test_what_another_setting_would_cost(change: dict[str, object], factor: float) -> None:
    before = cost_of(GB, MILLION)
    after = what_if(GB, MILLION, **change)  # type: ignore[arg-type]
    assert after.running_usd == pytest.approx(before.running_usd * factor, rel=0.01)
    assert after.requests_usd == before.requests_usd
