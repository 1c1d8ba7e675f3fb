"""The cost of a function, estimated from its metrics. Pure.

CloudWatch's Duration is the run time, not the billed one: billing rounds each invocation up to a
millisecond and, since August 2025, includes the initialisation (INIT) of all functions. So half a
millisecond is added for each invocation. No metric contains INIT, so cold starts are left out, and a view
of the cost must say so.
Source: https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from workbench.functions.prices import FREE_STORAGE_MB, gb_seconds, prices_of, storage_usd, tiered_usd

MONTH_S = 30.4375 * 86_400
_ROUNDING_MS = 0.5


@dataclass(frozen=True, slots=True)
class CostSetting:
    """The part of a function's configuration that decides its cost.

    Attributes:
        architecture: "x86_64" or "arm64".
        provisioned: Environments of provisioned concurrency.
    """

    region: str
    memory_mb: int
    architecture: str = "x86_64"
    storage_mb: int = FREE_STORAGE_MB
    provisioned: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """What a function did in a time range.

    Attributes:
        invocations: CloudWatch's sum.
        duration_ms: CloudWatch's sum of Duration.
        span_s: The length of the time range.
        provisioned_share: The share of invocations on provisioned concurrency, 0 to 1.
    """

    invocations: float
    duration_ms: float
    span_s: float
    provisioned_share: float = 0.0

    def per_month(self) -> "Usage":
        """The usage of a month at this rate; nothing for an empty time range."""
        factor = MONTH_S / self.span_s if self.span_s > 0 else 0.0
        return replace(
            self,
            invocations=self.invocations * factor,
            duration_ms=self.duration_ms * factor,
            span_s=MONTH_S if factor else 0.0,
        )


@dataclass(frozen=True, slots=True)
class Cost:
    """US dollars by purpose, without taxes, discounts and the free tier."""

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


def cost_of(setting: CostSetting, use: Usage) -> Cost:
    """The cost of a function in a time range, at the first tier's price."""
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


def fleet_month_usd(functions: Sequence[tuple[CostSetting, Usage]], *, free_tier: bool = False) -> float:
    """The cost of a month of many functions, at this rate: tiers apply to a region and architecture.

    Args:
        functions: Functions of one account.
        free_tier: Whether the account's free requests and GB-seconds are subtracted.
    """
    usd = 0.0
    groups: dict[tuple[str, str], tuple[float, float]] = {}  # GB-seconds and requests
    for setting, use in functions:
        month = use.per_month()
        cost = cost_of(setting, month)
        group = setting.region, setting.architecture
        gb_s, requests = groups.get(group, (0.0, 0.0))
        groups[group] = gb_s + cost.gb_s, requests + month.invocations
        usd += cost.storage_usd + cost.provisioned_usd
    free_gb_s = free_requests = 0.0
    if free_tier and groups:
        prices = prices_of(*next(iter(groups)))
        free_gb_s, free_requests = float(prices.free_gb_s), float(prices.free_requests)
    for group, (gb_s, requests) in groups.items():
        prices = prices_of(*group)
        # ExistingAlarm off before it is priced: rounding would leave a sum a little below zero.
        some_gb_s, some = min(gb_s, free_gb_s), min(requests, free_requests)
        free_gb_s, free_requests = free_gb_s - some_gb_s, free_requests - some
        usd += tiered_usd(prices.tiers, gb_s - some_gb_s) + (requests - some) * prices.request_usd
    return usd


def what_if(
    setting: CostSetting,
    use: Usage,
    *,
    memory_mb: int | None = None,
    architecture: str = "",
    duration_factor: float = 1.0,
) -> Cost:
    """The cost of the same work with another configuration.

    Args:
        setting: The present configuration.
        use: What the function did.
        memory_mb: Another memory size; None for the same.
        architecture: Another architecture; empty for the same.
        duration_factor: The change of an invocation's duration. More memory comes with more CPU, so 1 is
            the worst
            case of more and the best of less: only power tuning can tell.
    """
    other = replace(
        setting,
        memory_mb=memory_mb or setting.memory_mb,
        architecture=architecture or setting.architecture,
    )
    return cost_of(other, replace(use, duration_ms=use.duration_ms * duration_factor))


def _billed_ms(use: Usage) -> float:
    return use.duration_ms + use.invocations * _ROUNDING_MS
