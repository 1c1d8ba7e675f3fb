"""The axes of a chart: their ticks are laid out once, and only moved while the chart is panned."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pyqtgraph as pg
from pyqtgraph.graphicsItems import DateAxisItem as dates
from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QPicture, QStaticText

from workbench.ui.kit.charts.model import Unit
from workbench.ui.kit.text import static_text

_TICK_ROOM = 8  # for half of a number; above the axis there is none
_FEW_DECADES = 2.5  # so few have ticks between them
_TEXT_HEIGHT = 0.8  # of what Qt measures, which has room above and below
_LINE_ENDS = 1.0  # pixels by which the line of an axis is longer than the drawing, at each end
_ROUNDING = 1e-6  # pixels
_SAME_SCALE = 1e-9  # relative
_PARTS = 64  # of a pixel: Qt's text layouts know no finer places
_MAX_TEXTS = 1_000
_MICROSECOND = 1e-6  # in seconds
_NO_AREA = QRectF(0, 0, 100, 100)


@dataclass(frozen=True, slots=True)
class _Text:
    """A text of a tick, measured in pixels.

    Attributes:
        height: Without the room above and below it.
        rise: How far the text with that room begins above its area.
    """

    text: str
    static: QStaticText
    width: float
    height: float
    rise: float


@dataclass(frozen=True, slots=True)
class _Level:
    """Ticks of the same importance, ascending: their values, and their texts."""

    values: list[float]
    texts: list[_Text]


@dataclass(frozen=True, slots=True)
class _Drawing:
    """What an axis paints: lines by their pen, and texts by their upper left corner."""

    lines: list[tuple[QPen, list[QLineF]]]
    texts: list[tuple[QPointF, _Text]]
    clip: QRect


class _Axis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph is untyped
    """Paints the same as pyqtgraph's axis, in less time, as far as charts use it.

    After each change of the range, pyqtgraph formats and measures all ticks anew, and paints a QPicture,
    which lays out all texts once more. Here each text is measured and laid out once.
    """

    is_time = False  # whether it is the horizontal axis, below the drawing

    def __init__(self, orientation: str) -> None:
        self._texts: dict[str, _Text] = {}
        self._font = QFont()
        self._text_size = -1.0  # nothing was placed
        self.picture: _Drawing | None = None
        super().__init__(orientation)

    def paint(self, painter: QPainter, *_options: object) -> None:
        if self.picture is None:  # pyqtgraph clears it when the range, the size or a colour changes
            self.picture = self._drawing()
        drawing = self.picture
        if drawing is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setRenderHint(QPainter.RenderHint.TextAntialiasing, True)
        # Qt paints lines that let something shine through ten times faster with a clip.
        painter.setClipRect(drawing.clip.adjusted(-1, -1, 1, 1))
        for pen, lines in drawing.lines:
            painter.setPen(pen)
            painter.drawLines(lines)
        painter.setFont(self._font)
        painter.setPen(self.textPen())
        painter.setClipRect(drawing.clip)
        for corner, text in drawing.texts:
            painter.drawStaticText(corner, text.static)

    @property
    def written(self) -> list[str]:
        """The texts along the axis."""
        drawing = self._drawing()
        return [text.text for _corner, text in drawing.texts] if drawing else []

    def _levels(self, low: float, high: float, length: float) -> list[_Level]:
        """The ticks of a range, and perhaps some outside of it, the most important first."""
        return [
            _Level(values, [self._measured(each) for each in self.tickStrings(values, self.scale, spacing)])
            for spacing, values in self.tickValues(low, high, length)
        ]

    def _measured(self, text: str) -> _Text:
        if text not in self._texts:
            picture = QPicture()
            painter = QPainter(picture)
            painter.setFont(self._font)
            area = painter.boundingRect(_NO_AREA, Qt.AlignmentFlag.AlignCenter, text)
            painter.end()
            height = area.height() * _TEXT_HEIGHT
            rise = 0.0 if self.is_time else (area.height() - height) / 2
            self._texts[text] = _Text(text, static_text(text), area.width(), height, rise)
        return self._texts[text]

    def _forget_texts(self) -> None:
        self._texts.clear()
        self._font = QFont()

    def _drawing(self) -> _Drawing | None:
        """Places lines and texts; None if there is no room for them."""
        if len(self._texts) > _MAX_TEXTS or self._font != QFont():
            self._forget_texts()
        area = self.mapRectFromParent(self.geometry())
        length = area.width() if self.is_time else area.height()
        if length <= 0:
            return None
        low, high = self.range
        levels = []
        for each in self._levels(low, high, length + 2 * _LINE_ENDS):
            first, last = bisect_left(each.values, low), bisect_right(each.values, high)
            levels.append(_Level(each.values[first:last], each.texts[first:last]))
        scale = (length if self.is_time else -length) / (high - low) if high > low else 1.0
        offset = low * scale - (0.0 if self.is_time else length)
        at = [[value * scale - offset for value in each.values] for each in levels]
        clip = self.boundingRect()
        return _Drawing(self._lines(area, at), self._placed(area, clip, levels, at), clip.toAlignedRect())

    def _lines(self, area: QRectF, at: list[list[float]]) -> list[tuple[QPen, list[QLineF]]]:
        """The line along the axis, and those of the ticks, by their pen."""
        if self.is_time:
            edge, length = area.top(), area.width()
            along = QLineF(area.left() - _LINE_ENDS, edge + 1, area.right() + _LINE_ENDS, edge + 1)
        else:
            edge, length = area.right(), area.height()
            along = QLineF(edge - 1, area.top() - _LINE_ENDS, edge - 1, area.bottom() + _LINE_ENDS)
        axis_pen, tick_pen = self.pen(), self.tickPen()
        found = [(axis_pen, [along])]
        outward = self.style["tickLength"] * (1 if self.is_time else -1)
        for number, places in enumerate(at):
            alpha = 255 / (number + 1)
            start, stop = edge, edge + outward / (number * 0.5 + 1)
            if self.grid is not False:
                view = self.linkedView()
                inside = view.mapRectToItem(self, view.boundingRect())
                start, stop = inside.top() if self.is_time else inside.right(), edge
                alpha *= self.grid / 255 * min(1.0, 0.05 * (length + 2 * _LINE_ENDS) / (len(places) + 1))
            pen = QPen(tick_pen)
            color = QColor(pen.color())
            color.setAlpha(int(alpha))
            pen.setColor(color)
            if self.is_time:
                found.append((pen, [QLineF(place, start, place, stop) for place in places]))
            else:
                found.append((pen, [QLineF(start, place, stop, place) for place in places]))
        return found

    def _placed(
        self, area: QRectF, clip: QRectF, levels: list[_Level], at: list[list[float]]
    ) -> list[tuple[QPointF, _Text]]:
        """The texts with their places: of as many levels as there is room for, none of them cut off."""
        length = (area.width() if self.is_time else area.height()) + 2 * _LINE_ENDS
        edge, gap = (
            area.top() if self.is_time else area.right(),
            self.style["tickTextOffset"][int(self.is_time)],
        )
        room = clip.adjusted(-_ROUNDING, -_ROUNDING, _ROUNDING, _ROUNDING)
        left, top, right, bottom = room.left(), room.top(), room.right(), room.bottom()
        along = across = filled = 0.0
        found: list[tuple[QPointF, _Text]] = []
        for number, (level, places) in enumerate(zip(levels, at, strict=True)):
            for text in level.texts:
                along += text.width if self.is_time else text.height
                across = max(across, text.height if self.is_time else text.width)
            full = along / length
            limits = self.style["textFillLimits"]
            if number and any(len(found) >= count and full >= limit for count, limit in limits):
                break
            filled = across
            for text, place in zip(level.texts, places, strict=True):
                if self.is_time:
                    x, y = place - text.width / 2, edge + gap
                else:
                    x, y = edge - gap - text.width, place - text.height / 2
                if left <= x and x + text.width <= right and top <= y and y + text.height <= bottom:
                    x, y = math.floor(x * _PARTS) / _PARTS, math.floor((y - text.rise) * _PARTS) / _PARTS
                    found.append((QPointF(x, y), text))
        if filled != self._text_size:
            self._text_size = filled
            self._updateMaxTextSize(filled)
        return found


class TimeAxis(_Axis, pg.DateAxisItem):  # type: ignore[misc]  # pyqtgraph is untyped
    """Ticks at round times.

    For a year and more it names as many months as fit: pyqtgraph names all, or none.
    """

    is_time = True

    def __init__(self) -> None:
        self._scale_s = 0.0  # seconds a pixel, for which _found was found
        self._found_range = (0.0, 0.0)
        self._found: list[_Level] = []
        self._offset = 0
        super().__init__("bottom")
        years = dates.TickSpec(dates.YEAR_SPACING, dates.makeYStepper(1), "%Y", autoSkip=[1, 5, 10, 25])
        months = dates.TickSpec(dates.MONTH_SPACING, _next_month, "%b", autoSkip=[1, 2, 3, 6])
        self.zoomLevels[np.inf] = dates.ZoomLevel([years, months], "YYYY")

    def set_utc(self, *, is_utc: bool) -> None:
        """Sets whether times are in UTC."""
        self.utcOffset = 0 if is_utc else None
        self._found = []
        self.picture = None
        self.update()

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        """As pyqtgraph, which adds up the rounding errors of milliseconds."""
        found: list[tuple[float, list[float]]] = super().tickValues(low, high, size)
        return [
            (spacing, [round(each, 3) for each in values] if spacing < 1 else values)
            for spacing, values in found
        ]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        """As pyqtgraph, which cuts milliseconds off instead of rounding them."""
        shown = [each + _MICROSECOND for each in values] if spacing < 1 else values
        texts: list[str] = super().tickStrings(shown, scale, spacing)
        return texts

    def _levels(self, low: float, high: float, length: float) -> list[_Level]:
        """As pyqtgraph finds them, but not again while the range only moves."""
        width, scale = high - low, (high - low) / length
        offset = dates.calculateUtcOffset(low)  # the time zone may change while the program runs
        is_same = math.isclose(scale, self._scale_s, rel_tol=_SAME_SCALE) and offset == self._offset
        self._offset = offset
        if is_same and self._found and self._found_range[0] <= low and high <= self._found_range[1]:
            return self._found
        ahead = width if is_same else 0.0  # while it moves, for some time to come
        begin = max(low - ahead, min(low, dates.MIN_REGULAR_TIMESTAMP))
        end = high + ahead
        self.fontMetrics = QFontMetrics(self._font)  # tells pyqtgraph's tickValues how many fit
        self._found = super()._levels(begin, end, (end - begin) / scale)
        self._found_range, self._scale_s = (begin, end), scale
        return self._found

    def _forget_texts(self) -> None:
        super()._forget_texts()
        self._found = []


def _next_month(time_s: float, months: int, first: bool) -> float:
    """The next month whose number since January is a multiple of `months`.

    pyqtgraph's own stepper counts from the month in which the range begins: while the chart is panned, other
    months are named from frame to frame.
    """
    if not dates.MIN_REGULAR_TIMESTAMP <= time_s <= dates.MAX_REGULAR_TIMESTAMP:
        return math.inf
    moment = dates.utcfromtimestamp(time_s)
    year, month = divmod((moment.year * 12 + moment.month - 1) // months * months + months, 12)
    return datetime(year, month + 1, 1, tzinfo=UTC).timestamp()


class ValueAxis(_Axis):
    """Ticks for users: no fractions of counts, no exponents."""

    def __init__(self, unit: Unit) -> None:
        super().__init__("left")
        self._whole = unit in (Unit.COUNT, Unit.LEVEL)
        self.is_log = False
        self.enableAutoSIPrefix(False)
        self.setStyle(maxTickLevel=0)
        self.setWidth(46)

    def boundingRect(self) -> QRectF:
        """With a grid pyqtgraph leaves no room below the bottom: the number there would be missing."""
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
