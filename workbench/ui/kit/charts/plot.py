"""Draws a chart with pyqtgraph: axes, curves and bars, markers, crosshair, zoom."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QMouseEvent, QPainter, QTransform
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from workbench.ui.kit.charts.axes import TimeAxis, ValueAxis
from workbench.ui.kit.charts.model import (
    Curve,
    Floats,
    Limit,
    Marker,
    Threshold,
    Unit,
    markers_near,
    tip_of,
)
from workbench.ui.kit.charts.points import (
    LONG,
    Pyramid,
    axis_position,
    bottom_of,
    isolated,
    lowest_of,
    thresholds_near,
    top_of,
)
from workbench.ui.kit.text import tool_tip
from workbench.ui.kit.theme import Colors

_BAND_ALPHA, _BAD_ALPHA = 60, 90
_LABEL_AT = 0.03  # of the width: the newest points, on the right, stay free
_LABEL_ALPHA = 200
_PADDING = 3
_FAR = 1e12  # beyond any visible value


class HatchBand(pg.UIGraphicsItem):  # type: ignore[misc]  # pyqtgraph is untyped
    """Everything above or below a position on the axis, hatched, so that no colour is needed.

    It ignores the pointer: pyqtgraph crashes if an item that does not is removed from under it.

    Args:
        at: Position of the line.
        color: Colour of the hatching, the line and the label.
        until: Its other end; None for the edge of the drawing.
        is_above: Whether it is above the line.
    """

    def __init__(
        self,
        at: float,
        color: QColor,
        style: Qt.BrushStyle,
        alpha: int,
        *,
        is_above: bool,
        until: float | None = None,
    ) -> None:
        super().__init__()
        self.at, self.is_above, self._until = at, is_above, until
        fill = QColor(color)
        fill.setAlpha(alpha)
        self._brush = QBrush(fill, style)
        self.setZValue(-1)  # behind the curves

    def set_color(self, color: QColor) -> None:
        """Hatches in another colour, as strongly."""
        fill = QColor(color)
        fill.setAlpha(self._brush.color().alpha())
        self._brush.setColor(fill)
        self.update()

    @property
    def _end(self) -> float:
        if self._until is not None:
            return self._until
        return math.inf if self.is_above else -math.inf

    def paint(self, painter: QPainter, *_options: object) -> None:
        seen = self.boundingRect()
        low, high = sorted(min(max(each, seen.top()), seen.bottom()) for each in (self.at, self._end))
        # In pixels of the device: the axes would stretch the hatching.
        area = painter.worldTransform().mapRect(QRectF(seen.left(), low, seen.width(), high - low))
        painter.save()
        painter.setWorldTransform(QTransform())
        painter.fillRect(area, self._brush)
        painter.restore()


class NamedLine(pg.UIGraphicsItem):  # type: ignore[misc]  # pyqtgraph is untyped
    """A horizontal line with a label on one side, over the curves. It ignores the pointer: see HatchBand.

    Args:
        at: Position on the axis.
        is_below: Whether the label is below the line.
        others: Lines that have their labels already, which this one must not cover.
        color: Colour of the line and the label.
    """

    def __init__(
        self,
        at: float,
        words: str,
        color: QColor,
        ground: QColor,
        others: Sequence["NamedLine"] = (),
        *,
        is_below: bool,
    ) -> None:
        super().__init__()
        self._at, self._words, self._is_below = at, words, is_below
        self._color, self._ground, self._others = color, ground, tuple(others)
        self.setZValue(4)  # below the markers and the crosshair

    def paint(self, painter: QPainter, *_options: object) -> None:
        text = self.label_area(painter)
        if text is None:
            return
        seen, to_device = self.boundingRect(), painter.worldTransform()
        left, right = (to_device.map(QPointF(x, self._at)) for x in (seen.left(), seen.right()))
        painter.save()
        painter.setWorldTransform(QTransform())
        painter.setPen(self._color)
        painter.drawLine(left, right)
        painter.fillRect(text, self._ground)
        painter.drawText(text, Qt.AlignmentFlag.AlignCenter, self._words)
        painter.restore()

    def label_area(self, painter: QPainter) -> QRectF | None:
        """The area of the label, in pixels of the device; None if the line is not visible.

        On its side of the line, as far to the left as it covers no other label; if there is no room, on the
        other side.
        """
        seen, to_device = self.boundingRect(), painter.worldTransform()
        if not seen.top() <= self._at <= seen.bottom():
            return None
        drawing = to_device.mapRect(QRectF(seen))
        size = painter.fontMetrics().size(0, self._words)
        text = QRectF(0, 0, size.width() + 2 * _PADDING, size.height())
        taken = [area for each in self._others if (area := each.label_area(painter)) is not None]
        line = to_device.map(QPointF(seen.left(), self._at)).y()
        first = drawing.left() + _LABEL_AT * drawing.width()
        sides = (line + 1, line - text.height() - 1)[:: 1 if self._is_below else -1]
        room = drawing.bottom() - text.height()
        for top in sorted(sides, key=lambda top: not drawing.top() <= top <= room):  # not cut off by the edge
            text.moveTopLeft(QPointF(first, top))
            while covered := next((area for area in taken if area.intersects(text)), None):
                text.moveLeft(covered.right() + _PADDING)
            if text.right() <= drawing.right():
                return text
        text.moveLeft(first)
        return text


def make_thresholds(
    thresholds: Sequence[Threshold], colors: Colors, *, is_log: bool
) -> list[pg.GraphicsObject]:
    """The items that draw thresholds; none for those without a position on the axis."""
    placed = [(axis_position(each.value, is_log=is_log), each) for each in thresholds]
    placed = [(at, each) for at, each in placed if math.isfinite(at)]
    ground = QColor(colors.base)
    ground.setAlpha(_LABEL_ALPHA)
    lines: list[NamedLine] = []
    for at, each in sorted(placed, key=lambda one: not one[1].is_bad):  # whose words stay in their place
        color = QColor(colors.danger if each.is_bad else colors.text)
        lines.append(
            NamedLine(at, each.signed_label, color, ground, lines, is_below=each.is_above)
        )  # the good side
    return [*_bands(placed, colors, is_above=True), *_bands(placed, colors, is_above=False), *lines]


def _bands(placed: Sequence[tuple[float, Threshold]], colors: Colors, *, is_above: bool) -> list[HatchBand]:
    """The hatching on one side, each part of the axis once: overlapping bands would hide the curves."""
    mine = sorted((one for one in placed if one[1].is_above == is_above), key=lambda one: one[0])
    mine = mine if is_above else mine[::-1]
    bands: list[HatchBand] = []
    is_bad = False
    for number, (at, each) in enumerate(mine, 1):
        until = mine[number][0] if number < len(mine) else None
        is_bad = is_bad or each.is_bad  # the bad side of a crossed threshold is beyond its line
        color = QColor(colors.danger if is_bad else colors.text)
        style = Qt.BrushStyle.DiagCrossPattern if is_bad else Qt.BrushStyle.BDiagPattern
        alpha = _BAD_ALPHA if is_bad else _BAND_ALPHA
        bands.append(HatchBand(at, color, style, alpha, is_above=is_above, until=until))
    return bands


class Handle(QObject):
    """A threshold that is dragged up and down, with its band. Hidden instead of removed: see HatchBand.

    Args:
        area: Where it is drawn.
    """

    moved = Signal(float)

    def __init__(self, area: pg.ViewBox, colors: Colors) -> None:
        super().__init__()
        self._is_log = False
        self.band = HatchBand(
            0.0, QColor(colors.danger), Qt.BrushStyle.BDiagPattern, _BAND_ALPHA, is_above=True
        )
        self.line = pg.InfiniteLine(0.0, angle=0, movable=True)
        self.set_colors(colors)
        self.line.setCursor(Qt.CursorShape.SizeVerCursor)
        self.line.setZValue(20)
        for item in (self.band, self.line):
            area.addItem(item, ignoreBounds=True)
        self.line.sigPositionChanged.connect(self._follow)
        self.line.sigDragged.connect(lambda _line: self.moved.emit(self.value))

    def set_colors(self, colors: Colors) -> None:
        color = QColor(colors.danger)
        self.band.set_color(color)
        self.line.setPen(pg.mkPen(color, width=2))
        self.line.setHoverPen(pg.mkPen(color, width=4))

    def show(self, value: float, *, is_above: bool, is_log: bool) -> None:
        """Puts it at a value."""
        self._is_log = is_log
        self.band.is_above = is_above
        self.line.setValue(max(-_FAR, axis_position(value, is_log=is_log)))
        self._follow()
        self.set_visible(visible=True)

    def set_visible(self, *, visible: bool) -> None:
        for item in (self.band, self.line):
            item.setVisible(visible)

    @property
    def is_visible(self) -> bool:
        return bool(self.line.isVisible())

    @property
    def value(self) -> float:
        at = float(self.line.value())
        return 10.0**at if self._is_log else at

    def _follow(self) -> None:
        self.band.at = float(self.line.value())
        self.band.update()


class Pulling(QObject):
    """Drags a line out of the value axis into the drawing, like a guide out of a ruler.

    Args:
        hint: Shown over the axis.

    Signals:
        pulled: To which value; a line that is let go outside of the drawing is none.
    """

    pulled = Signal(float)

    def __init__(
        self,
        view: pg.GraphicsView,
        axis: pg.AxisItem,
        area: pg.ViewBox,
        make: Callable[[], Handle],
        hint: str,
    ) -> None:
        super().__init__(view)
        self._view, self._axis, self._area = view, axis, area
        self._make, self._hint = make, hint
        self._line: Handle | None = None
        view.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QMouseEvent) or not isinstance(watched, QWidget):
            return super().eventFilter(watched, event)
        kind = event.type()
        point = self._view.mapToScene(event.position().toPoint())
        # Its bounding rectangle also covers the drawing: the grid belongs to the axis.
        over_axis = self._axis.mapRectToScene(self._axis.rect()).contains(point)
        if kind == QEvent.Type.MouseButtonPress and over_axis and event.button() == Qt.MouseButton.LeftButton:
            self._line = self._make()
        if self._line is None:
            if kind == QEvent.Type.MouseMove:
                self._show_hint(watched, event, over_axis=over_axis)
            return super().eventFilter(watched, event)
        self._line.line.setValue(float(self._area.mapSceneToView(point).y()))
        if kind == QEvent.Type.MouseButtonRelease:
            value = self._line.value
            self._line.set_visible(visible=False)
            self._line = None
            if self._area.sceneBoundingRect().contains(point):
                self.pulled.emit(value)
        return True

    def _show_hint(self, watched: QWidget, event: QMouseEvent, *, over_axis: bool) -> None:
        if over_axis:
            watched.setCursor(Qt.CursorShape.SplitVCursor)
            QToolTip.showText(event.globalPosition().toPoint(), tool_tip(self._hint), watched)
        else:
            watched.unsetCursor()


_LOG_FLOOR = -3.0  # a thousandth: the base of bars where there is no zero
_DOT_PIXELS = 5
_BAR_SHARE = 0.8
_ALPHA = 190
_MARKER_PIXELS = 8
_MARKER_ALPHA = 140  # the curves are what the user looks at
_STYLES = (
    (),
    (8, 4),
    (1, 3),
    (8, 3, 1, 3),
)  # lengths of dashes and gaps in pixels, as LINE_SIGNS of chart.py shows them
_PREVIOUS_STYLE = (3, 3)
_HEADROOM, _FOOTROOM = 1.08, 0.02  # so that neither a peak nor a line along zero is on the edge
_GRID_ALPHA = 160
_NEAR_PIXELS = 5
_LOG_FOOTROOM = 0.2
_NEAR_LIMIT = 0.5  # curves that reach less of a limit would be flattened by its line
_NEAR_THRESHOLD = 0.2  # a threshold may be further away, because its line is what users look for


class _LongLine(pg.PlotCurveItem):  # type: ignore[misc]  # pyqtgraph is untyped
    """A line of very many points: for each pixel of the visible part it draws the lowest and the highest.

    Args:
        color: As #rrggbb. Always a solid line: dashes of many points take longer, and are not visible.
        is_log: Whether the scale is logarithmic.
    """

    def __init__(self, curve: Curve, color: str, *, is_log: bool) -> None:
        super().__init__(pen=pg.mkPen(color, width=1))
        self._pyramid = curve.pyramid or Pyramid(curve.time_s, curve.value)
        self._is_log = is_log
        self._origin_s = _origin_s(curve)
        self.setPos(self._origin_s, 0)
        self.top = 0.0  # of the visible values

    def boundingRect(self) -> QRectF:
        """The whole drawing: pyqtgraph would search for the smallest and the largest point in each frame."""
        view = self.getViewBox()
        if view is None:
            return QRectF(super().boundingRect())
        return QRectF(view.viewRect()).translated(-self._origin_s, 0)

    def show_span(self, start_s: float, end_s: float, pixels: int) -> None:
        """Selects the points of the visible part."""
        time_s, value = self._pyramid.visible(start_s, end_s, pixels)
        self.top = max(0.0, float(np.fmax.reduce(value))) if value.size else 0.0
        value = _placed(value, is_log=self._is_log)
        whole = bool(np.isfinite(value).all())
        self.setData(
            time_s - self._origin_s, value, connect="all" if whole else "finite", skipFiniteCheck=whole
        )


def make_items(
    curve: Curve, number: int, unit: Unit, colors: Colors, *, is_log: bool
) -> list[pg.GraphicsObject]:
    """The items that draw a curve; `number` is its index among the chart's own."""
    color = colors.series[curve.color % len(colors.series)]
    if curve.value.size > LONG:
        return [_LongLine(curve, color, is_log=is_log)]
    value = _placed(curve.value, is_log=is_log)
    if unit is Unit.COUNT and not curve.is_previous:
        return [_bars(curve, value, color, _LOG_FLOOR if is_log else 0.0)]
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


def _make_marker(marker: Marker, colors: Colors) -> pg.GraphicsObject:
    """A line with a triangle on top; broken for a warning."""
    style = Qt.PenStyle.DashLine if marker.is_warning else Qt.PenStyle.SolidLine
    color = QColor(colors.danger if marker.is_warning else colors.text)
    color.setAlpha(_MARKER_ALPHA)
    line = pg.InfiniteLine(marker.time_s, angle=90, movable=False, pen=pg.mkPen(color, style=style))
    line.addMarker("v", 1.0, _MARKER_PIXELS)
    line.setZValue(5)  # over the curves, below the crosshair
    return line


def _placed(value: Floats, *, is_log: bool) -> Floats:
    """The positions of values on the axis; zero has none on a logarithmic one."""
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
    """The position of an item. Its points are relative to it: an SVG has six digits for each of them."""
    return float(curve.time_s[0]) if curve.time_s.size else 0.0


class Plot(pg.GraphicsView):  # type: ignore[misc]  # pyqtgraph is untyped
    """Axes with curves. The pointer moves the crosshair; wheel and drag zoom and move along time only.

    Built from pyqtgraph's parts: its PlotItem would add menus and a settings form.
    """

    pointed = Signal(float)  # seconds since 1970 under the pointer
    left = Signal()
    zoomed = Signal(float, float)  # by wheel or drag: the visible time range
    pulled = Signal(float)  # a line was dragged out of the value axis to this value
    handle_moved = Signal(float)  # the draggable line was moved to this value

    def __init__(self, unit: Unit) -> None:
        super().__init__()
        self._unit = unit
        self._is_log = False
        self._curves: tuple[Curve, ...] = ()
        self._items: list[pg.GraphicsObject] = []
        self._long: list[_LongLine] = []
        self._markers: tuple[Marker, ...] = ()
        self._lines: list[pg.GraphicsObject] = []
        self._limits: tuple[Limit, ...] = ()
        self._limit_lines: list[pg.GraphicsObject] = []
        self._thresholds: tuple[Threshold, ...] = ()
        self._threshold_items: list[pg.GraphicsObject] = []
        self._handle: Handle | None = None
        self._pulled_line: Handle | None = None
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the chart has the focus
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)  # and the menu
        self.area = pg.ViewBox(enableMenu=False)
        self.area.setMouseEnabled(x=True, y=False)
        self.area.disableAutoRange()
        self._axes = (ValueAxis(unit), TimeAxis())
        self._layout = pg.GraphicsLayout()
        self._layout.setSpacing(0)
        self._layout.setContentsMargins(0, 0, 0, 0)
        for item, row, column in ((self._axes[0], 0, 0), (self.area, 0, 1), (self._axes[1], 1, 1)):
            self._layout.addItem(item, row, column)
        for axis in self._axes:
            axis.linkToView(self.area)
            axis.setZValue(self.area.zValue() - 1)  # the grid belongs to the axis: behind the curves
        self.setCentralItem(self._layout)
        self._crosshair = pg.InfiniteLine(angle=90, movable=False)
        self._crosshair.setZValue(10)
        self._crosshair.hide()
        self.area.addItem(self._crosshair, ignoreBounds=True)
        self.area.sigXRangeChanged.connect(self._update_view)
        self.area.sigResized.connect(self._update_view)
        self.area.sigRangeChangedManually.connect(lambda _axes: self.zoomed.emit(*self.span))

    def set_colors(self, colors: Colors) -> None:
        """Sets the colours except those of the curves, which `draw` paints."""
        self.setBackground(colors.base)
        for axis in self._axes:
            axis.setTextPen(colors.muted)
            axis.setPen(colors.border)
        self._axes[0].setGrid(_GRID_ALPHA)
        self._crosshair.setPen(pg.mkPen(colors.muted, width=1, style=Qt.PenStyle.DashLine))
        for handle in (self._handle, self._pulled_line):
            if handle is not None:
                handle.set_colors(colors)

    def set_axes(self, *, is_utc: bool, is_log: bool) -> None:
        """Sets whether times are in UTC, and values on a logarithmic scale. Call `draw` afterwards."""
        self._axes[1].set_utc(is_utc=is_utc)
        self._is_log = self._axes[0].is_log = is_log

    def draw(self, curves: tuple[Curve, ...], colors: Colors) -> None:
        """Replaces the curves; the time range is kept."""
        for item in self._items:
            self.area.removeItem(item)
        self._curves = curves
        self._items = []
        number = 0
        for curve in curves:
            self._items += make_items(curve, number, self._unit, colors, is_log=self._is_log)
            number += not curve.is_previous
        self._long = [item for item in self._items if isinstance(item, _LongLine)]
        for item in self._items:
            self.area.addItem(item, ignoreBounds=True)
        self._update_view()

    def draw_markers(self, markers: tuple[Marker, ...], colors: Colors) -> None:
        """Replaces the markers: lines with a triangle on top, broken for warnings."""
        for line in self._lines:
            self.area.removeItem(line)
        self._markers = markers
        self._lines = [_make_marker(marker, colors) for marker in markers]
        for line in self._lines:
            self.area.addItem(line, ignoreBounds=True)

    def draw_limits(self, limits: tuple[Limit, ...], colors: Colors) -> None:
        """Replaces the horizontal lines."""
        for line in self._limit_lines:
            self.area.removeItem(line)
        self._limits = limits
        pen = pg.mkPen(colors.danger, width=1, style=Qt.PenStyle.DashLine)
        self._limit_lines = [
            pg.InfiniteLine(axis_position(limit.value, is_log=self._is_log), angle=0, movable=False, pen=pen)
            for limit in limits
            if limit.value > 0 or not self._is_log
        ]
        for line in self._limit_lines:
            self.area.addItem(line, ignoreBounds=True)
        self._scale_values()

    def draw_thresholds(self, thresholds: tuple[Threshold, ...], colors: Colors) -> None:
        """Replaces the horizontal lines with a band on their bad side."""
        for item in self._threshold_items:
            self.area.removeItem(item)
        self._thresholds = thresholds
        self._threshold_items = make_thresholds(thresholds, colors, is_log=self._is_log)
        for item in self._threshold_items:
            self.area.addItem(item, ignoreBounds=True)
        self._scale_values()

    def show_handle(self, value: float | None, colors: Colors, *, is_above: bool = True) -> None:
        """Shows a draggable line at a value, or hides it; the axis extends to it."""
        if value is None:
            if self._handle is not None:
                self._handle.set_visible(visible=False)
        else:
            if self._handle is None:
                self._handle = Handle(self.area, colors)
                self._handle.moved.connect(self.handle_moved)
            self._handle.show(value, is_above=is_above, is_log=self._is_log)
        self._scale_values()

    def enable_pull(self, colors: Colors, hint: str) -> None:
        """Lets a line be dragged out of the value axis: `pulled`."""
        line = self._pulled_line = Handle(self.area, colors)
        line.set_visible(visible=False)

        def make() -> Handle:
            line.show(1.0, is_above=True, is_log=self._is_log)
            return line

        Pulling(self, self._axes[0], self.area, make, hint).pulled.connect(self.pulled)

    def sees(self, value: float) -> bool:
        """Whether a value is within the visible part of the axis."""
        _, (low, high) = self.area.viewRange()
        return bool(low <= axis_position(value, is_log=self._is_log) <= high)

    def set_limits(self, start_s: float, end_s: float) -> None:
        """Limits zooming and moving to a time range."""
        self.area.setLimits(xMin=start_s, xMax=end_s)

    def show_span(self, start_s: float, end_s: float) -> None:
        """Shows a time range."""
        if self.span != (start_s, end_s):
            self.area.setXRange(start_s, end_s, padding=0)

    @property
    def span(self) -> tuple[float, float]:
        """The visible time range, seconds since 1970."""
        (start_s, end_s), _ = self.area.viewRange()
        return start_s, end_s

    def show_crosshair(self, time_s: float | None) -> None:
        """Moves the crosshair to a time, or hides it."""
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

    def show_tool_tip(self, markers: Sequence[Marker]) -> None:
        """Shows the tool tip of markers, as when the mouse points at them."""
        place = self.area.mapViewToScene(QPointF(markers[0].time_s, self.area.viewRange()[1][1]))
        texts = [marker.text for marker in markers]
        QToolTip.showText(self.mapToGlobal(self.mapFromScene(place)), tool_tip("\n\n".join(texts)), self)

    def leaveEvent(self, event: object) -> None:
        super().leaveEvent(event)
        self.left.emit()

    def _update_view(self) -> None:
        """Updates long lines for the visible part, and fits the axis to it."""
        pixels = max(1, round(self.area.width()))
        for line in self._long:
            line.show_span(*self.span, pixels)
        self._scale_values()

    def _scale_values(self) -> None:
        """Fits the axis from zero, or lower values, to the largest visible value.

        A logarithmic one starts at the smallest.
        """
        short = tuple(curve for curve in self._curves if curve.value.size <= LONG)
        top = max([top_of(short, *self.span), *(line.top for line in self._long)])
        top = 100.0 if self._unit is Unit.PERCENT else top
        near = [limit.value for limit in self._limits if top >= limit.value * _NEAR_LIMIT]
        near += [each.value for each in self._thresholds if top >= each.value * _NEAR_THRESHOLD]
        near += [self._handle.value] if self._handle is not None and self._handle.is_visible else []
        low = lowest_of(short, *self.span)
        # A few events need an axis of whole numbers; the size of other values is unknown.
        least = 1.0 if self._unit is not Unit.VALUE or (top <= 0 and not low) else 0.0
        top = max(top, least, *near)
        if self._is_log:
            top = max(top, 10.0 ** (_LOG_FLOOR + 1))
            low = float(math.floor(math.log10(bottom_of(short, *self.span))))
            # The smallest value has some height, too.
            low = max(_LOG_FLOOR, min(low - _LOG_FOOTROOM, math.log10(top) - 1.0))
            room = (math.log10(top) - low) * (_HEADROOM - 1.0)
            low, high = low - room / 4, math.log10(top) + room
        else:
            room = top - low
            low, high = low - _FOOTROOM * room, top + (_HEADROOM - 1.0) * room
        if self.area.viewRange()[1] != [low, high]:
            self.area.setYRange(low, high, padding=0)
