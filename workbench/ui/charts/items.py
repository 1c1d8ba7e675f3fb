"""What is drawn of curves and markers: bars, lines, dots.

Must not know: axes, what is in sight. pyqtgraph is imported here, in axes.py, levels.py and plot.py only.
"""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from workbench.ui.charts.markers import Marker
from workbench.ui.charts.model import ChartTheme, Curve, Floats, Unit
from workbench.ui.charts.points import isolated
from workbench.ui.charts.pyramid import LONG, Pyramid

LOG_FLOOR = -3.0  # a thousandth: what bars stand on where there is no zero
_DOT_PIXELS = 5
_BAR_SHARE = 0.8
_ALPHA = 190
_MARKER_PIXELS = 8
_MARKER_ALPHA = 140  # the curves are what is looked at
_STYLES = (
    (),
    (8, 4),
    (1, 3),
    (8, 3, 1, 3),
)  # lengths of dashes and gaps in pixels, as legend.py shows them
_PREVIOUS_STYLE = (3, 3)


class LongLine(pg.PlotCurveItem):  # type: ignore[misc]  # pyqtgraph is untyped
    """A line of very many points: of what is in sight it draws the lowest and the highest of each pixel.

    Args:
        curve: Which.
        color: As #rrggbb. Always a solid line: dashes of many points take longer, and are not seen.
        is_log: Whether values are placed by their logarithm.
    """

    def __init__(self, curve: Curve, color: str, *, is_log: bool) -> None:
        super().__init__(pen=pg.mkPen(color, width=1))
        self._pyramid = curve.pyramid or Pyramid(curve.time_s, curve.value)
        self._is_log = is_log
        self._origin_s = _origin_s(curve)
        self.setPos(self._origin_s, 0)
        self.top = 0.0  # of the values in sight

    def show_span(self, start_s: float, end_s: float, pixels: int) -> None:
        """Takes the points of what is in sight."""
        time_s, value = self._pyramid.seen(start_s, end_s, pixels)
        self.top = max(0.0, float(np.fmax.reduce(value))) if value.size else 0.0
        value = placed(value, is_log=self._is_log)
        whole = bool(np.isfinite(value).all())
        self.setData(
            time_s - self._origin_s, value, connect="all" if whole else "finite", skipFiniteCheck=whole
        )


def make_items(
    curve: Curve, number: int, unit: Unit, theme: ChartTheme, *, is_log: bool
) -> list[pg.GraphicsObject]:
    """A curve as it is drawn; `number` is its place among the chart's own."""
    color = theme.series[curve.color % len(theme.series)]
    if curve.value.size > LONG:
        return [LongLine(curve, color, is_log=is_log)]
    value = placed(curve.value, is_log=is_log)
    if unit is Unit.COUNT and not curve.is_previous:
        return [_bars(curve, value, color, LOG_FLOOR if is_log else 0.0)]
    # Width 1: pyqtgraph draws anything wider ten times slower.
    dash = _PREVIOUS_STYLE if curve.is_previous else _STYLES[number % len(_STYLES)]
    pen = pg.mkPen(color, width=1, dash=dash or None)
    origin_s = _origin_s(curve)
    time_s = curve.time_s - origin_s
    line = pg.PlotCurveItem(time_s, value, pen=pen, connect="finite", skipFiniteCheck=False)
    if curve.is_previous:
        line.setZValue(1)  # over bars
    alone = isolated(value)
    dots = pg.ScatterPlotItem(
        time_s[alone], value[alone], size=_DOT_PIXELS, pen=None, brush=color, pxMode=True
    )
    for item in (line, dots):
        item.setPos(origin_s, 0)
    return [line, dots]


def make_marker(marker: Marker, theme: ChartTheme) -> pg.GraphicsObject:
    """A line with a triangle on top; broken where something went wrong."""
    style = Qt.PenStyle.DashLine if marker.is_warning else Qt.PenStyle.SolidLine
    color = QColor(theme.danger if marker.is_warning else theme.foreground)
    color.setAlpha(_MARKER_ALPHA)
    line = pg.InfiniteLine(marker.time_s, angle=90, movable=False, pen=pg.mkPen(color, style=style))
    line.addMarker("v", 1.0, _MARKER_PIXELS)
    line.setZValue(5)  # over the curves, below the crosshair
    return line


def placed(value: Floats, *, is_log: bool) -> Floats:
    """Where values lie on the axis; zero lies nowhere on a logarithmic one."""
    if not is_log:
        return value
    return np.log10(value, out=np.full(value.shape, np.nan), where=value > 0)


def _bars(curve: Curve, value: Floats, color: str, floor: float) -> pg.GraphicsObject:
    there = np.isfinite(value)
    step = float(np.min(np.diff(curve.time_s))) if curve.time_s.size > 1 else 60.0
    fill = QColor(color)
    fill.setAlpha(_ALPHA)
    origin_s = _origin_s(curve)
    bars = pg.BarGraphItem(
        x=curve.time_s[there] - origin_s,
        width=step * _BAR_SHARE,
        y0=floor,
        height=value[there] - floor,
        pen=pg.mkPen(color, width=1),
        brush=fill,
    )
    bars.setPos(origin_s, 0)
    return bars


def _origin_s(curve: Curve) -> float:
    """Where an item lies. Its own points are told from there: an SVG has six digits for each of them."""
    return float(curve.time_s[0]) if curve.time_s.size else 0.0
