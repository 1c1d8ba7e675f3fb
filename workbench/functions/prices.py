"""Lambda's prices as a table with date and source, and calculations with it. Pure.

The prices are those of most regions. For more expensive regions a factor is known for compute only, and
applied to all prices. China has a price list in CNY, and isolated regions publish none: their prices are
unknown, and NaN. Discounts (Savings Plans, agreements) are unknown: every result is an estimate.
"""

import functools
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from workbench.core.files import resources_dir

FREE_STORAGE_MB = 512
"""Size of /tmp without charge. Source: https://aws.amazon.com/lambda/pricing/"""
_MB_PER_GB = 1024
_UNKNOWN_ARCHITECTURE = "x86_64"


@dataclass(frozen=True, slots=True)
class Tier:
    """A price up to a monthly amount; None for the last tier."""

    up_to_gb_s: float | None
    gb_s_usd: float


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices of a region and architecture, in US dollars without taxes.

    Attributes:
        as_of: Year and month.
        source: URL of the price list.
        request_usd: One request.
        tiers: Duration, per GB-second.
        storage_gb_s_usd: /tmp beyond FREE_STORAGE_MB, while running.
        free_requests: Free tier of an account per month.
        free_gb_s: As free_requests.
    """

    as_of: str
    source: str
    request_usd: float
    tiers: tuple[Tier, ...]
    storage_gb_s_usd: float
    free_requests: int
    free_gb_s: int

    @property
    def are_known(self) -> bool:
        """Whether prices are known. If not, all prices and results are NaN."""
        return not math.isnan(self.request_usd)


@functools.cache
def prices_of(region: str, architecture: str = _UNKNOWN_ARCHITECTURE) -> Prices:
    """The prices of a region, which may be unknown; an unknown architecture counts as x86_64."""
    table = _table()
    is_known = region in table["regions"]
    factor = float(table["dearer_regions"].get(region, 1.0)) if is_known else math.nan
    own = table[architecture if architecture in table else _UNKNOWN_ARCHITECTURE]
    return Prices(
        table["as_of"],
        table["source"],
        table["request_usd"] * factor,
        tuple(Tier(up_to, usd * factor) for up_to, usd in own["gb_second_usd"]),
        table["storage_gb_second_usd"] * factor,
        table["free"]["requests"],
        table["free"]["gb_seconds"],
    )


def gb_seconds(billed_ms: float, memory_mb: int) -> float:
    """Billed GB-seconds: configured memory times billed duration."""
    return billed_ms / 1000 * memory_mb / _MB_PER_GB


def invocation_usd(
    prices: Prices, billed_ms: float, memory_mb: int, storage_mb: int = FREE_STORAGE_MB
) -> float:
    """The price of one invocation in the first tier, without the free tier."""
    run = gb_seconds(billed_ms, memory_mb) * prices.tiers[0].gb_s_usd
    return prices.request_usd + run + storage_usd(prices, billed_ms, storage_mb)


def storage_usd(prices: Prices, billed_ms: float, storage_mb: int) -> float:
    """The price of /tmp for one invocation."""
    return gb_seconds(billed_ms, max(0, storage_mb - FREE_STORAGE_MB)) * prices.storage_gb_s_usd


def tiered_usd(tiers: Sequence[Tier], gb_s: float) -> float:
    """The price of a month's duration over all tiers, which apply per account, region and architecture."""
    usd, begin = 0.0, 0.0
    for tier in tiers:
        end = gb_s if tier.up_to_gb_s is None else min(gb_s, tier.up_to_gb_s)
        usd += max(0.0, end - begin) * tier.gb_s_usd
        begin = max(begin, end)
    return usd


def _table() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((resources_dir() / "prices.json").read_bytes())
    return found
