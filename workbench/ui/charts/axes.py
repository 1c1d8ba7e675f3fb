"""The axes of a chart: numbers and times that people read. Must not know: curves."""

import math
from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from pyqtgraph.graphicsItems import DateAxisItem as dates
from PySide6.QtCore import QRectF

from workbench.ui.charts.model import Unit

_TICK_ROOM = 8  # for half of a number; above the axis there is none
_FEW_DECADES = 2.5  # so few have ticks between them


def time_axis() -> pg.DateAxisItem:
    """Of a year and more it names as many months as there is room for: pyqtgraph names all, or none."""
    axis = pg.DateAxisItem()
    years = dates.TickSpec(dates.YEAR_SPACING, dates.makeYStepper(1), "%Y", autoSkip=[1, 5, 10, 25])
    months = dates.TickSpec(dates.MONTH_SPACING, dates.makeMStepper(1), "%b", autoSkip=[1, 2, 3, 6])
    axis.zoomLevels[np.inf] = dates.ZoomLevel([years, months], "YYYY")
    return axis


class ValueAxis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph is untyped
    """Ticks for people: no fractions of things that are counted, no exponents."""

    def __init__(self, unit: Unit) -> None:
        super().__init__("left")
        self._whole = unit in (Unit.COUNT, Unit.LEVEL)
        self.is_log = False
        self.enableAutoSIPrefix(False)
        self.setStyle(maxTickLevel=0)
        self.setWidth(46)

    def boundingRect(self) -> QRectF:
        """With a grid pyqtgraph leaves no room below the foot: the number there would be left out."""
        return QRectF(super().boundingRect()).adjusted(0, 0, 0, _TICK_ROOM)

    def tickSpacing(self, low: float, high: float, size: float) -> list[tuple[float, float]]:
        spacing: list[tuple[float, float]] = super().tickSpacing(low, high, size)
        return [(max(1.0, step), offset) for step, offset in spacing] if self._whole else spacing

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        if not self.is_log:
            found: list[tuple[float, list[float]]] = super().tickValues(low, high, size)
            return found
        steps = (1, 2, 5) if high - low < _FEW_DECADES else (1,)
        decades = range(math.floor(low), math.ceil(high))
        places = [decade + math.log10(step) for decade in decades for step in steps]
        least = max(low, 0.0) if self._whole else low
        return [(1.0, [place for place in places if least <= place <= high])]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        if self.is_log:
            return [_short(round(10.0**value, 3), max(0, -math.floor(value + 1e-9))) for value in values]
        digits = max(0, int(np.ceil(-np.log10(spacing)))) if spacing > 0 else 0
        return [_short(value * scale, digits) for value in values]


def _short(value: float, digits: int) -> str:
    """4000 -> "4k": ticks have little room."""
    for limit, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= limit:
            scale = {"G": 1e9, "M": 1e6, "k": 1e3}[letter]
            return f"{value / scale:g}{letter}"
    return f"{value:,.{digits}f}"
