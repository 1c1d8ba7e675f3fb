"""The columns of Fleet Metrics, in AWS's words, and how their values are written."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

from workbench.core.messages import _
from workbench.functions.fleet import FleetRow
from workbench.metrics.fleet import FleetMeasure, FunctionFigures
from workbench.ui.units import duration_text

if TYPE_CHECKING:
    from workbench.ui.fleet_metrics.model import Line

UNKNOWN = "–"
"""CloudWatch has nothing; not the same as nothing happened."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        id: Its name in the settings and for tests.
        title: Marked for translation in the context "FleetMetrics".
        width: In pixels.
        tip: What the figure means, where its title does not say all.
        text: Of a row; None where it is painted.
        measure: What of the figures it shows.
        figure: The number behind it, NaN for none; None for texts.
    """

    id: str
    title: str
    width: int
    tip: str = ""
    text: Callable[[FleetRow], str] | None = None
    measure: FleetMeasure | None = None
    figure: Callable[[FunctionFigures], float] | None = None

    @property
    def explanation(self) -> str:
        return self.tip or self.title

    def written(self, line: "Line") -> str:
        """What the cell says."""
        if self.text is not None:
            return self.text(line.row)
        if self.figure is None:
            return ""
        if line.figures is None:
            return UNKNOWN
        return write(self.measure or FleetMeasure.COST, self.figure(line.figures))


def write(measure: FleetMeasure, value: float) -> str:
    """A value for people; a dash for none."""
    if math.isnan(value):
        return UNKNOWN
    match measure:
        case FleetMeasure.ERROR_RATE:
            return f"{value:.1f} %" if value >= 0.1 or not value else "< 0.1 %"
        case FleetMeasure.P95 | FleetMeasure.ITERATOR_AGE:
            return duration_text(value)
        case FleetMeasure.COST:
            return write_usd(value)
    return f"{value:,.0f}"


def write_usd(usd: float) -> str:
    """US dollars: "$1,204.50", "$0.0312", "< $0.0001"."""
    if 0 < usd < 0.0001:
        return "< $0.0001"
    return f"${usd:,.2f}" if usd >= 1 or not usd else f"${usd:.4f}"


def measure_title(measure: FleetMeasure) -> str:
    """What a measure is called."""
    return next(column.title for column in COLUMNS if column.measure is measure)


def _of(measure: FleetMeasure) -> Callable[[FunctionFigures], float]:
    return lambda figures: figures.totals[measure]


def _measured(measure: FleetMeasure, title: str, width: int, tip: str = "") -> Column:
    return Column(measure.value, title, width, tip, measure=measure, figure=_of(measure))


COLUMNS: tuple[Column, ...] = (
    Column("name", _("Name"), 260, text=lambda row: row.function.function_name),
    Column("profile", _("Profile"), 80, text=lambda row: row.profile_name),
    Column("region", _("Region"), 100, text=lambda row: row.function.region),
    Column(
        "trend",
        _("Over time"),
        132,
        _("Invocations as bars, with failed ones in red below"),
    ),
    _measured(FleetMeasure.ERRORS, _("Errors"), 84),
    _measured(
        FleetMeasure.ERROR_RATE,
        _("Error rate"),
        92,
        _("Errors divided by invocations. Throttles are not counted."),
    ),
    _measured(FleetMeasure.THROTTLES, _("Throttles"), 90),
    _measured(
        FleetMeasure.P95,
        _("Duration p95"),
        116,
        _("The highest p95 of any period in the range"),
    ),
    _measured(
        FleetMeasure.ITERATOR_AGE,
        _("Iterator age"),
        108,
        _("The highest iterator age in the range (streams only)"),
    ),
    _measured(FleetMeasure.INVOCATIONS, _("Invocations"), 104),
    _measured(
        FleetMeasure.COST,
        _("Cost"),
        80,
        _("Estimate for the range, without provisioned concurrency and cold starts"),
    ),
    Column(
        "month_cost",
        _("Cost per month"),
        120,
        _("Estimate for a month at this rate, without provisioned concurrency and cold starts"),
        figure=attrgetter("month_usd"),
    ),
)
BY_ID = {column.id: number for number, column in enumerate(COLUMNS)}
