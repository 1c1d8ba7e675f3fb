"""Time against cost by memory size: two lines that are told apart by marks as well as by colours."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.metrics.power_tuning import SizeFigures
from workbench.ui.named import named
from workbench.ui.theme import Theme
from workbench.ui.units import duration_text

_TOP, _BOTTOM, _SIDE = 30, 24, 76
_MARK = 4.0


class TuningChart(QWidget):
    """Time on the left, cost of a million invocations on the right; the table below says the same."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        named(self, "tuningChart", self.tr("Duration and cost"))
        self._theme = theme
        self._figures: tuple[SizeFigures, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(560, 200)

    def minimumSizeHint(self) -> QSize:
        return QSize(360, 160)

    def show_figures(self, figures: Sequence[SizeFigures]) -> None:
        """Draws sizes, in the order of their memory."""
        self._figures = tuple(each for each in figures if each.duration_ms is not None)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, colors = QPainter(self), self._theme.colors
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(colors.base))
        area = QRectF(self.rect()).adjusted(_SIDE, _TOP, -_SIDE, -_BOTTOM)
        painter.setPen(QColor(colors.border))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        time, cost = QColor(colors.series[0]), QColor(colors.series[1])
        head = QRectF(8, 6, self.width() - 16, 18)
        painter.setPen(time)
        painter.drawText(head, int(Qt.AlignmentFlag.AlignLeft), "● " + self.tr("Duration"))
        painter.setPen(cost)
        painter.drawText(head, int(Qt.AlignmentFlag.AlignRight), self.tr("$ per million") + " ■")
        if not self._figures:
            painter.setPen(QColor(colors.muted))
            words = self.tr("Results are shown here.")
            painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter), words)
            return
        step = area.width() / len(self._figures)
        places = [area.left() + step * (number + 0.5) for number in range(len(self._figures))]
        painter.setPen(QColor(colors.muted))
        for x, each in zip(places, self._figures, strict=True):
            below = QRectF(x - step / 2, area.bottom() + 4, step, _BOTTOM - 4)
            painter.drawText(below, int(Qt.AlignmentFlag.AlignHCenter), f"{each.memory_mb:,} MB")
        times = [each.duration_ms or 0.0 for each in self._figures]
        costs = [(each.usd or 0.0) * 1_000_000 for each in self._figures]
        left = QRectF(4, area.top(), _SIDE - 10, area.height())
        right = QRectF(area.right() + 6, area.top(), _SIDE - 10, area.height())
        self._draw(painter, area, places, times, time, left, duration_text, is_round=True)
        self._draw(painter, area, places, costs, cost, right, lambda usd: f"${usd:,.2f}", is_round=False)

    def _draw(
        self,
        painter: QPainter,
        area: QRectF,
        places: Sequence[float],
        values: Sequence[float],
        color: QColor,
        scale: QRectF,
        words: Callable[[float], str],
        *,
        is_round: bool,
    ) -> None:
        """One line, and at its side the highest value; both lines begin at zero."""
        highest = max(values) or 1.0
        points = [
            QPointF(x, area.bottom() - area.height() * value / highest)
            for x, value in zip(places, values, strict=True)
        ]
        painter.setPen(QPen(color, 1.5, Qt.PenStyle.SolidLine if is_round else Qt.PenStyle.DashLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(points))
        painter.setPen(color)
        painter.setBrush(color)
        for point in points:
            mark = QRectF(point.x() - _MARK, point.y() - _MARK, 2 * _MARK, 2 * _MARK)
            if is_round:
                painter.drawEllipse(mark)
            else:
                painter.drawRect(mark)
        side = Qt.AlignmentFlag.AlignRight if is_round else Qt.AlignmentFlag.AlignLeft
        painter.drawText(scale, int(side | Qt.AlignmentFlag.AlignTop), words(highest))
        painter.drawText(scale, int(side | Qt.AlignmentFlag.AlignBottom), words(0.0))
