"""The drawing of thresholds: a line with a label, a hatched band on the bad side, a line to drag.

Drawn with pyqtgraph, as in plot.py.
"""

import math
from collections.abc import Callable, Sequence

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QMouseEvent, QPainter, QTransform
from PySide6.QtWidgets import QToolTip, QWidget

from workbench.ui.kit.charts.model import ChartTheme, Threshold
from workbench.ui.kit.charts.points import axis_position
from workbench.ui.kit.text import tool_tip

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
    thresholds: Sequence[Threshold], theme: ChartTheme, *, is_log: bool
) -> list[pg.GraphicsObject]:
    """The items that draw thresholds; none for those without a position on the axis."""
    placed = [(axis_position(each.value, is_log=is_log), each) for each in thresholds]
    placed = [(at, each) for at, each in placed if math.isfinite(at)]
    ground = QColor(theme.background)
    ground.setAlpha(_LABEL_ALPHA)
    lines: list[NamedLine] = []
    for at, each in sorted(placed, key=lambda one: not one[1].is_bad):  # whose words stay in their place
        color = QColor(theme.danger if each.is_bad else theme.foreground)
        lines.append(
            NamedLine(at, each.signed_label, color, ground, lines, is_below=each.is_above)
        )  # the good side
    return [*_bands(placed, theme, is_above=True), *_bands(placed, theme, is_above=False), *lines]


def _bands(
    placed: Sequence[tuple[float, Threshold]], theme: ChartTheme, *, is_above: bool
) -> list[HatchBand]:
    """The hatching on one side, each part of the axis once: overlapping bands would hide the curves."""
    mine = sorted((one for one in placed if one[1].is_above == is_above), key=lambda one: one[0])
    mine = mine if is_above else mine[::-1]
    bands: list[HatchBand] = []
    is_bad = False
    for number, (at, each) in enumerate(mine, 1):
        until = mine[number][0] if number < len(mine) else None
        is_bad = is_bad or each.is_bad  # the bad side of a crossed threshold is beyond its line
        color = QColor(theme.danger if is_bad else theme.foreground)
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

    def __init__(self, area: pg.ViewBox, theme: ChartTheme) -> None:
        super().__init__()
        color = QColor(theme.danger)
        self._is_log = False
        self.band = HatchBand(0.0, color, Qt.BrushStyle.BDiagPattern, _BAND_ALPHA, is_above=True)
        self.line = pg.InfiniteLine(0.0, angle=0, movable=True, pen=pg.mkPen(color, width=2))
        self.line.setHoverPen(pg.mkPen(color, width=4))
        self.line.setCursor(Qt.CursorShape.SizeVerCursor)
        self.line.setZValue(20)
        for item in (self.band, self.line):
            area.addItem(item, ignoreBounds=True)
        self.line.sigPositionChanged.connect(self._follow)
        self.line.sigDragged.connect(lambda _line: self.moved.emit(self.value))

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
