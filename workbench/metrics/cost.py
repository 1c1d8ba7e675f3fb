"""What a function costs, worked out from its metrics. Pure; every sum is an estimate.

CloudWatch's Duration is what ran, not what was billed: billing rounds each invocation up to a millisecond
and, since August 2025, counts initialisation (INIT) of all functions. So half a millisecond an invocation is
added. No metric has INIT, so cold starts are left out, and whoever shows a sum must say so.
Source: https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from workbench.functions.prices import FREE_STORAGE_MB, gb_seconds, prices_of, storage_usd, tiered_usd

MONTH_S = 30.4375 * 86_400
_ROUNDING_MS = 0.5


@dataclass(frozen=True, slots=True)
class Setting:
    """What of a function's configuration decides its cost.

    Attributes:
        architecture: "x86_64" or "arm64".
        provisioned: Environments of provisioned concurrency that were kept.
    """

    region: str
    memory_mb: int
    architecture: str = "x86_64"
    storage_mb: int = FREE_STORAGE_MB
    provisioned: int = 0


@dataclass(frozen=True, slots=True)
class Use:
    """What a function did in a stretch of time.

    Attributes:
        invocations: CloudWatch's sum.
        duration_ms: CloudWatch's sum of Duration.
        span_s: How long the stretch is.
        provisioned_share: Of the invocations, those that ran on provisioned concurrency, 0 to 1.
    """

    invocations: float
    duration_ms: float
    span_s: float
    provisioned_share: float = 0.0

    def of_a_month(self) -> "Use":
        """The same, if a month went on like this; nothing is known of an empty stretch."""
        factor = MONTH_S / self.span_s if self.span_s > 0 else 0.0
        return replace(
            self,
            invocations=self.invocations * factor,
            duration_ms=self.duration_ms * factor,
            span_s=MONTH_S if factor else 0.0,
        )


@dataclass(frozen=True, slots=True)
class Cost:
    """US dollars without taxes, discounts and the free tier; and what they are for."""

    requests_usd: float = 0.0
    running_usd: float = 0.0
    storage_usd: float = 0.0
    provisioned_usd: float = 0.0
    gb_s: float = 0.0

    @property
    def total_usd(self) -> float:
        return self.requests_usd + self.running_usd + self.storage_usd + self.provisioned_usd

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            self.requests_usd + other.requests_usd,
            self.running_usd + other.running_usd,
            self.storage_usd + other.storage_usd,
            self.provisioned_usd + other.provisioned_usd,
            self.gb_s + other.gb_s,
        )


def cost_of(setting: Setting, use: Use) -> Cost:
    """What a function cost in a stretch of time, at the first tier's price."""
    prices = prices_of(setting.region, setting.architecture)
    billed_ms = _billed_ms(use)
    run_gb_s = gb_seconds(billed_ms, setting.memory_mb)
    kept_gb_s = gb_seconds(use.span_s * 1000, setting.memory_mb) * setting.provisioned
    on_provisioned = run_gb_s * use.provisioned_share if setting.provisioned else 0.0
    return Cost(
        use.invocations * prices.request_usd,
        (run_gb_s - on_provisioned) * prices.tiers[0].gb_s_usd,
        storage_usd(prices, billed_ms, setting.storage_mb),
        kept_gb_s * prices.provisioned_gb_s_usd + on_provisioned * prices.provisioned_run_gb_s_usd,
        run_gb_s - on_provisioned,
    )


def fleet_month_usd(functions: Sequence[tuple[Setting, Use]], *, free_tier: bool = False) -> float:
    """A month of many functions, if it goes on like this: tiers go by region and architecture.

    Args:
        functions: Of one account.
        free_tier: Whether the account's free requests and GB-seconds are taken off.
    """
    usd = 0.0
    places: dict[tuple[str, str], tuple[float, float]] = {}  # GB-seconds and requests
    for setting, use in functions:
        month = use.of_a_month()
        cost = cost_of(setting, month)
        place = setting.region, setting.architecture
        gb_s, requests = places.get(place, (0.0, 0.0))
        places[place] = gb_s + cost.gb_s, requests + month.invocations
        usd += cost.storage_usd + cost.provisioned_usd
    free_gb_s = free_requests = 0.0
    if free_tier and places:
        prices = prices_of(*next(iter(places)))
        free_gb_s, free_requests = float(prices.free_gb_s), float(prices.free_requests)
    for place, (gb_s, requests) in places.items():
        prices = prices_of(*place)
        # Taken off before it is priced: rounding would leave a sum a little below zero.
        some_gb_s, some = min(gb_s, free_gb_s), min(requests, free_requests)
        free_gb_s, free_requests = free_gb_s - some_gb_s, free_requests - some
        usd += tiered_usd(prices.tiers, gb_s - some_gb_s) + (requests - some) * prices.request_usd
    return usd


def what_if(
    setting: Setting,
    use: Use,
    *,
    memory_mb: int | None = None,
    architecture: str = "",
    duration_factor: float = 1.0,
) -> Cost:
    """What the same work would cost with another setting.

    Args:
        setting: As it is.
        use: What it did.
        memory_mb: Another size.
        architecture: Another one.
        duration_factor: How much longer or shorter an invocation takes then. More memory comes with more CPU,
            so 1 is the worst case of more and the best of less: only a trial knows (power tuning).
    """
    other = replace(
        setting,
        memory_mb=memory_mb or setting.memory_mb,
        architecture=architecture or setting.architecture,
    )
    return cost_of(other, replace(use, duration_ms=use.duration_ms * duration_factor))


def _billed_ms(use: Use) -> float:
    return use.duration_ms + use.invocations * _ROUNDING_MS
