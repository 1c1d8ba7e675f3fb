"""What the fleet costs, added up and said: an estimate, with the date and source of its prices."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.core.messages import _
from workbench.functions.fleet import FleetRow
from workbench.functions.prices import Prices, prices_of
from workbench.metrics.fleet import CostSetting, FleetMeasure, FunctionFigures, Usage, fleet_month_usd
from workbench.ui.fleet_metrics.columns import write_usd
from workbench.ui.kit.text import Markup, escaped, joined, link


@dataclass(frozen=True, slots=True)
class FleetCost:
    """Of all functions whose figures are known, in US dollars.

    Attributes:
        usd: Of the window.
        month_usd: If a month went on like this, without the free tier.
        free_month_usd: The same with each account's free tier.
        functions: How many are counted.
    """

    usd: float
    month_usd: float
    free_month_usd: float
    functions: int


def fleet_cost(lines: Sequence[tuple[FleetRow, FunctionFigures]]) -> FleetCost:
    """Adds up; tiers and free tier go by account."""
    accounts: dict[str, list[tuple[CostSetting, Usage]]] = {}
    usd, count = 0.0, 0
    for row, figures in lines:
        if not math.isnan(figures.totals[FleetMeasure.COST]):
            usd, count = usd + figures.totals[FleetMeasure.COST], count + 1
            accounts.setdefault(row.function.account_id, []).append((figures.setting, figures.use))
    return FleetCost(
        usd,
        sum(fleet_month_usd(each) for each in accounts.values()),
        sum(fleet_month_usd(each, free_tier=True) for each in accounts.values()),
        count,
    )


def cost_markup(cost: FleetCost) -> Markup:
    """The words below the table; empty when nothing is known."""
    if not cost.functions:
        return escaped("")
    words = _(
        "Estimated cost: {cost} in this range · {month} per month at this rate · {free} with the free tier"
    ).format(cost=write_usd(cost.usd), month=write_usd(cost.month_usd), free=write_usd(cost.free_month_usd))
    without = _("without cold starts, which are also billed")
    return joined(" · ", (words, without, prices_markup(prices_of("us-east-1"))))


def prices_markup(prices: Prices) -> Markup:
    """Where the prices come from: a link."""
    words = _("prices as of {as_of}")
    return link(words.format(as_of=prices.as_of), prices.source)
