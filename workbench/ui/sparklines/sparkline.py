"""One row's line of invocations, with a triangle below it where errors were.

Errors differ by shape and position as well as by colour. The start loads this module: it does not import
numpy.
"""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRect, QSize
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from workbench.core.messages import _, ngettext
from workbench.ui.theme import Colors

_LANE = 6  # below the line, for the triangles
_MARK_WIDTH, _MARK_HEIGHT, _MARK_GAP = 6, 5, 1
_MIN_HEIGHT = 2.0
"""How high the smallest value is drawn that is not zero: it must differ from none."""


class Sparkline:
    """Immutable but for what it keeps for painting.

    Args:
        invocations: In each period, the oldest first.
        errors: Likewise.
        problem: Why figures may be missing, in CloudWatch's words.
    """

    __slots__ = ("_errors", "_invocations", "_line", "_marks", "_problem", "_size")

    def __init__(self, invocations: Sequence[float], errors: Sequence[float], problem: str = "") -> None:
        self._invocations, self._errors, self._problem = tuple(invocations), tuple(errors), problem
        self._size = QSize()
        self._line, self._marks = QPolygonF(), QPainterPath()

    @property
    def description(self) -> str:
        """What it shows: "1,234 invocations, 5 errors in 3 hours"."""
        ran, failed = round(sum(self._invocations)), round(sum(self._errors))
        if not ran and not failed:
            said = _("No invocations in 3 hours")
        else:
            said = _("{invocations}, {errors} in 3 hours").format(
                invocations=ngettext("{count} invocation", "{count} invocations", ran).format(
                    count=f"{ran:,}"
                ),
                errors=ngettext("{count} error", "{count} errors", failed).format(count=f"{failed:,}"),
            )
        return f"{said} ({self._problem})" if self._problem else said

    def paint(self, painter: QPainter, area: QRect, colors: Colors) -> None:
        """Paints it. What it needs is worked out once for each size: a frame has dozens of them."""
        if self._size != area.size():
            self._draw(area.size())
        is_idle = self._line.size() == 2 and not any(self._invocations)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, not is_idle)
        painter.setPen(QPen(QColor(colors.muted if is_idle else colors.series[0]), 1))
        painter.drawPolyline(self._line.translated(area.x(), area.y()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        if not self._marks.isEmpty():  # on whole pixels: smoothing them would take ten times as long
            painter.fillPath(self._marks.translated(area.x(), area.y()), QColor(colors.danger))

    def _draw(self, size: QSize) -> None:
        self._size = size
        width, foot = size.width() - 1.0, size.height() - 0.5 - _LANE  # on half a pixel: a flat line is sharp
        step = width / max(1, len(self._invocations) - 1)
        peak = max(self._invocations, default=0.0)
        scale = (foot - 0.5) / peak if peak > 0 else 0.0
        heights = [max(_MIN_HEIGHT, value * scale) if value > 0 else 0.0 for value in self._invocations]
        last = len(heights) - 1
        line = QPolygonF()
        for number, height in enumerate(heights):
            if 0 < number < last and heights[number - 1] == height == heights[number + 1]:
                continue  # on the way of a straight line
            line.append(QPointF(number * step, foot - height))
        self._line = line
        marks = QPainterPath()
        right = 0
        for number, failed in enumerate(self._errors):
            left = round(min(max(0.0, number * step - _MARK_WIDTH / 2), width - _MARK_WIDTH))
            if failed > 0 and left >= right:
                right = left + _MARK_WIDTH + _MARK_GAP
                bottom = size.height()
                marks.moveTo(left, bottom)
                marks.lineTo(left + _MARK_WIDTH // 2, bottom - _MARK_HEIGHT)
                marks.lineTo(left + _MARK_WIDTH, bottom)
                marks.closeSubpath()
        self._marks = marks
