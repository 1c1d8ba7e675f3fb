"""The drawing area of one chart: axes, crosshair, what is in sight. pyqtgraph: see items.py.

Owns: how a chart moves and fits. Must not know: titles, legends, words (see chart.py).
"""

import math
from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip

from workbench.ui.charts.axes import ValueAxis, time_axis
from workbench.ui.charts.items import LOG_FLOOR, LongLine, make_items, make_marker
from workbench.ui.charts.levels import Handle, Pulling, make_thresholds
from workbench.ui.charts.markers import Marker, markers_near
from workbench.ui.charts.model import ChartTheme, Curve, Limit, Unit
from workbench.ui.charts.points import bottom_of, lowest_of, place, top_of
from workbench.ui.charts.pyramid import LONG
from workbench.ui.charts.thresholds import Threshold, thresholds_near, tip_of
from workbench.ui.kit.text import tool_tip

_HEADROOM, _FOOTROOM = 1.08, 0.02  # so that neither a peak nor a line along zero lies on the edge
_GRID_ALPHA = 160
_NEAR_PIXELS = 5
_LOG_FOOTROOM = 0.2
_NEAR_LIMIT = 0.5  # curves that reach less of a limit would be flattened by its line
_NEAR_THRESHOLD = 0.2  # what is watched may be further away, as its line is what is looked for


class Plot(pg.GraphicsView):  # type: ignore[misc]  # pyqtgraph is untyped
    """Axes with curves. The pointer moves the crosshair; wheel and drag zoom and move along time only.

    Put together from pyqtgraph's parts: its PlotItem brings menus and a settings form that nobody sees.
    """

    pointed = Signal(float)  # seconds since 1970 under the pointer
    left = Signal()
    zoomed = Signal(float, float)  # by wheel or drag: the stretch of time now in sight
    pulled = Signal(float)  # a line was pulled out of the value axis, to this value
    handle_moved = Signal(float)  # the line that can be dragged was, to this value

    def __init__(self, unit: Unit) -> None:
        super().__init__()
        self._unit = unit
        self._is_log = False
        self._curves: tuple[Curve, ...] = ()
        self._items: list[pg.GraphicsObject] = []
        self._long: list[LongLine] = []
        self._markers: tuple[Marker, ...] = ()
        self._lines: list[pg.GraphicsObject] = []
        self._limits: tuple[Limit, ...] = ()
        self._limit_lines: list[pg.GraphicsObject] = []
        self._thresholds: tuple[Threshold, ...] = ()
        self._threshold_items: list[pg.GraphicsObject] = []
        self._handle: Handle | None = None
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the chart has the keyboard
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)  # and the menu
        self.area = pg.ViewBox(enableMenu=False)
        self.area.setMouseEnabled(x=True, y=False)
        self.area.disableAutoRange()
        self._axes = (ValueAxis(unit), time_axis())
        self._layout = pg.GraphicsLayout()
        self._layout.setSpacing(0)
        self._layout.setContentsMargins(0, 0, 0, 0)
        for item, row, column in ((self._axes[0], 0, 0), (self.area, 0, 1), (self._axes[1], 1, 1)):
            self._layout.addItem(item, row, column)
        for axis in self._axes:
            axis.linkToView(self.area)
            axis.setZValue(self.area.zValue() - 1)  # the grid is the axis's: behind the curves
        self.setCentralItem(self._layout)
        self._crosshair = pg.InfiniteLine(angle=90, movable=False)
        self._crosshair.setZValue(10)
        self._crosshair.hide()
        self.area.addItem(self._crosshair, ignoreBounds=True)
        self.area.sigXRangeChanged.connect(self._show_seen)
        self.area.sigResized.connect(self._show_seen)
        self.area.sigRangeChangedManually.connect(lambda _axes: self.zoomed.emit(*self.span))

    def set_theme(self, theme: ChartTheme) -> None:
        """Takes colours for everything but the curves, which `draw` paints."""
        self.setBackground(theme.background)
        for axis in self._axes:
            axis.setTextPen(theme.muted)
            axis.setPen(theme.grid)
        self._axes[0].setGrid(_GRID_ALPHA)
        self._crosshair.setPen(pg.mkPen(theme.muted, width=1, style=Qt.PenStyle.DashLine))

    def set_looks(self, *, is_utc: bool, is_log: bool) -> None:
        """Says whether times are in UTC, and whether values are on a logarithmic scale; draw anew then."""
        self._axes[1].utcOffset = 0 if is_utc else None
        self._axes[1].picture = None  # its ticks are kept until its range changes
        self._axes[1].update()
        self._is_log = self._axes[0].is_log = is_log

    def draw(self, curves: tuple[Curve, ...], theme: ChartTheme) -> None:
        """Replaces the curves; the range of time stays."""
        for item in self._items:
            self.area.removeItem(item)
        self._curves = curves
        self._items = []
        number = 0
        for curve in curves:
            self._items += make_items(curve, number, self._unit, theme, is_log=self._is_log)
            number += not curve.is_previous
        self._long = [item for item in self._items if isinstance(item, LongLine)]
        for item in self._items:
            self.area.addItem(item, ignoreBounds=True)
        self._show_seen()

    def draw_markers(self, markers: tuple[Marker, ...], theme: ChartTheme) -> None:
        """Replaces the markers: a line each, with a triangle on top; broken where something went wrong."""
        for line in self._lines:
            self.area.removeItem(line)
        self._markers = markers
        self._lines = [make_marker(marker, theme) for marker in markers]
        for line in self._lines:
            self.area.addItem(line, ignoreBounds=True)

    def draw_limits(self, limits: tuple[Limit, ...], theme: ChartTheme) -> None:
        """Replaces the level lines."""
        for line in self._limit_lines:
            self.area.removeItem(line)
        self._limits = limits
        pen = pg.mkPen(theme.danger, width=1, style=Qt.PenStyle.DashLine)
        self._limit_lines = [
            pg.InfiniteLine(place(limit.value, is_log=self._is_log), angle=0, movable=False, pen=pen)
            for limit in limits
            if limit.value > 0 or not self._is_log
        ]
        for line in self._limit_lines:
            self.area.addItem(line, ignoreBounds=True)
        self._fit_values()

    def draw_thresholds(self, thresholds: tuple[Threshold, ...], theme: ChartTheme) -> None:
        """Replaces the level lines that have a band on their bad side."""
        for item in self._threshold_items:
            self.area.removeItem(item)
        self._thresholds = thresholds
        self._threshold_items = make_thresholds(thresholds, theme, is_log=self._is_log)
        for item in self._threshold_items:
            self.area.addItem(item, ignoreBounds=True)
        self._fit_values()

    def show_handle(self, value: float | None, theme: ChartTheme, *, is_above: bool = True) -> None:
        """Puts a line that can be dragged at a value, or away; the axis reaches to it."""
        if value is None:
            if self._handle is not None:
                self._handle.set_visible(visible=False)
        else:
            if self._handle is None:
                self._handle = Handle(self.area, theme)
                self._handle.moved.connect(self.handle_moved)
            self._handle.show(value, is_above=is_above, is_log=self._is_log)
        self._fit_values()

    def let_pull(self, theme: ChartTheme, hint: str) -> None:
        """From now on a line can be pulled out of the value axis: `pulled`."""
        line = Handle(self.area, theme)
        line.set_visible(visible=False)

        def make() -> Handle:
            line.show(1.0, is_above=True, is_log=self._is_log)
            return line

        Pulling(self, self._axes[0], self.area, make, hint).pulled.connect(self.pulled)

    def sees(self, value: float) -> bool:
        """Whether a value is within what is shown of the axis."""
        _, (low, high) = self.area.viewRange()
        return bool(low <= place(value, is_log=self._is_log) <= high)

    def set_limits(self, start_s: float, end_s: float) -> None:
        """Lets nobody zoom or move out of a stretch of time."""
        self.area.setLimits(xMin=start_s, xMax=end_s)

    def show_span(self, start_s: float, end_s: float) -> None:
        """Shows a stretch of time."""
        if self.span != (start_s, end_s):
            self.area.setXRange(start_s, end_s, padding=0)

    @property
    def span(self) -> tuple[float, float]:
        """The stretch of time that is shown, seconds since 1970."""
        (start_s, end_s), _ = self.area.viewRange()
        return start_s, end_s

    def show_crosshair(self, time_s: float | None) -> None:
        """Puts the crosshair at a moment, or away."""
        self._crosshair.setVisible(time_s is not None)
        if time_s is not None:
            self._crosshair.setValue(time_s)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        point = self.mapToScene(event.position().toPoint())
        if not self.area.sceneBoundingRect().contains(point):
            self.left.emit()
            return
        place_there = self.area.mapSceneToView(point)
        time_s = place_there.x()
        self.pointed.emit(time_s)
        width_s, height = self.area.viewPixelSize()
        texts = [each.text for each in markers_near(self._markers, time_s, _NEAR_PIXELS * width_s)]
        crossed = thresholds_near(
            self._thresholds, place_there.y(), _NEAR_PIXELS * height, is_log=self._is_log
        )
        texts += [tip_of(each, self._curves) for each in crossed]
        QToolTip.showText(event.globalPosition().toPoint(), tool_tip("\n\n".join(texts)), self)

    def tell(self, markers: Sequence[Marker]) -> None:
        """Shows what is to be read of markers beside them, as when one points at them."""
        place = self.area.mapViewToScene(QPointF(markers[0].time_s, self.area.viewRange()[1][1]))
        texts = [marker.text for marker in markers]
        QToolTip.showText(self.mapToGlobal(self.mapFromScene(place)), tool_tip("\n\n".join(texts)), self)

    def leaveEvent(self, event: object) -> None:
        super().leaveEvent(event)
        self.left.emit()

    def _show_seen(self) -> None:
        """Long lines take the points of what is in sight; the axis is fitted to it."""
        pixels = max(1, round(self.area.width()))
        for line in self._long:
            line.show_span(*self.span, pixels)
        self._fit_values()

    def _fit_values(self) -> None:
        """The axis reaches from zero, or what is below it, to the largest value in sight.

        A logarithmic one reaches from the smallest.
        """
        short = tuple(curve for curve in self._curves if curve.value.size <= LONG)
        top = max([top_of(short, *self.span), *(line.top for line in self._long)])
        top = 100.0 if self._unit is Unit.PERCENT else top
        near = [limit.value for limit in self._limits if top >= limit.value * _NEAR_LIMIT]
        near += [each.value for each in self._thresholds if top >= each.value * _NEAR_THRESHOLD]
        near += [self._handle.value] if self._handle is not None and self._handle.is_visible else []
        low = lowest_of(short, *self.span)
        # A few events stand on an axis of whole numbers; of other values nobody knows how large they are.
        least = 1.0 if self._unit is not Unit.VALUE or (top <= 0 and not low) else 0.0
        top = max(top, least, *near)
        if self._is_log:
            top = max(top, 10.0 ** (LOG_FLOOR + 1))
            low = float(math.floor(math.log10(bottom_of(short, *self.span))))
            # What is smallest has some height too.
            low = max(LOG_FLOOR, min(low - _LOG_FOOTROOM, math.log10(top) - 1.0))
            room = (math.log10(top) - low) * (_HEADROOM - 1.0)
            self.area.setYRange(low - room / 4, math.log10(top) + room, padding=0)
        else:
            room = top - low
            self.area.setYRange(low - _FOOTROOM * room, top + (_HEADROOM - 1.0) * room, padding=0)
