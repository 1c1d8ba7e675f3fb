"""Sums made with the price table are those of AWS's own examples."""

import math

import pytest

from workbench.functions.prices import gb_seconds, invocation_usd, prices_of, storage_usd, tiered_usd
from workbench.metrics.fleet import CostSetting, Usage, fleet_month_usd
from workbench.metrics.power_tuning import SizeTried, Trial, figures_of


def test_awss_own_example_of_three_million_requests() -> None:
    """1,536 MB and 120 ms each: 2.73 dollars after the free tier."""
    prices = prices_of("us-east-1")
    gb_s = gb_seconds(3_000_000 * 120, 1536)
    usd = tiered_usd(prices.tiers, gb_s - prices.free_gb_s) + 2_000_000 * prices.request_usd
    assert gb_s == 540_000
    assert usd == pytest.approx(2.73, abs=0.01)


@pytest.mark.parametrize(
    ("gb_s", "usd"),
    [(0, 0.0), (1, 0.0000166667), (6e9, 100_000.2), (7e9, 115_000.2), (16e9, 248_333.6)],
)
def test_a_month_is_paid_tier_by_tier(gb_s: float, usd: float) -> None:
    assert tiered_usd(prices_of("us-east-1").tiers, gb_s) == pytest.approx(usd, rel=1e-6)


def test_one_invocation() -> None:
    prices = prices_of("eu-central-1", "x86_64")
    assert invocation_usd(prices, 1000, 1024) == pytest.approx(0.0000002 + 0.0000166667)
    assert invocation_usd(prices, 0, 128) == pytest.approx(0.0000002)


def test_storage_within_what_is_free_costs_nothing() -> None:
    prices = prices_of("us-east-1")
    assert storage_usd(prices, 1000, 512) == 0
    assert storage_usd(prices, 1000, 512 + 1024) == pytest.approx(0.0000000309)


def test_arm_is_cheaper_and_some_regions_are_dearer() -> None:
    x86, arm = (prices_of("us-east-1", each).tiers[0].gb_s_usd for each in ("x86_64", "arm64"))
    assert arm / x86 == pytest.approx(0.8, abs=0.001)
    assert prices_of("af-south-1").tiers[0].gb_s_usd == pytest.approx(0.0000221, rel=1e-3)


def test_an_unknown_architecture_has_the_prices_of_x86() -> None:
    assert prices_of("us-east-1", "riscv") == prices_of("us-east-1", "x86_64")
    assert prices_of("us-east-1").as_of
    assert prices_of("us-east-1").source.startswith("https://")


@pytest.mark.parametrize("region", ["cn-north-1", "cn-northwest-1", "us-iso-east-1", "xx-nowhere-1"])
def test_where_no_price_is_known_no_sum_is_made(region: str) -> None:
    prices = prices_of(region)
    assert not prices.are_known
    assert math.isnan(invocation_usd(prices, 1000, 1024))
    assert math.isnan(fleet_month_usd([(CostSetting(region, 128), Usage(1, 1, 1))]))
    assert figures_of(SizeTried(128, (Trial(1.0, 1),)), region, "x86_64", 512).usd is None
    assert prices_of("eu-central-1").are_known
    assert prices_of("us-gov-west-1").are_known
