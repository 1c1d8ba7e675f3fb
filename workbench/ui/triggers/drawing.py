"""A drawing of one trigger's event flow: source, queue or poller, function, failure destination."""

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.core.messages import _
from workbench.ui.icons import Icons
from workbench.ui.kit.text import tool_tip
from workbench.ui.kit.text_size import scaled
from workbench.ui.named import named
from workbench.ui.theme import Theme

_HEIGHT, _BOX_HEIGHT, _MAX_BOX_WIDTH = 76, 48, 230
_GAP, _ARROW, _ICON, _PADDING, _RADIUS = 56, 6, 18, 10, 6


class FlowDrawing(QWidget):
    """Boxes from left to right. What comes behind the function, where failures land, hangs on a dashed arrow.

    Args:
        theme: The colours.
        icons: For the boxes.
    """

    def __init__(self, theme: Theme, icons: Icons) -> None:
        super().__init__()
        named(self, "triggerDrawing", _("Event flow"))
        self._theme, self._icons = theme, icons
        self._names: tuple[str, ...] = ()
        self._icon_names: tuple[str, ...] = ()
        self._tone = ""
        self._function = 0  # the number of its box
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(scaled(_HEIGHT))
        theme.changed.connect(self.update)

    @property
    def names(self) -> tuple[str, ...]:
        """What stands in the boxes."""
        return self._names

    def show_flow(self, names: tuple[str, ...], function_name: str, icon: str, tone: str = "") -> None:
        """Shows an event flow.

        Args:
            names: As Explanation.flow: source, perhaps a queue or poller, function, where failures land.
            function_name: Which of them is the function.
            icon: Of the source.
            tone: The colour of a link that does not fit ("danger", "warning"), or "".
        """
        self._names, self._tone = names, tone
        found = (index for index, name in enumerate(names) if name.split(":")[0] == function_name)
        self._function = next(found, len(names) - 1)  # it may stand there with its alias
        after = len(names) - self._function - 1
        self._icon_names = (
            icon,
            *("hourglass",) * (self._function - 1),
            "square-function",
            *("mail-x",) * after,
        )
        words = _(" leads to ").join(names)
        self.setAccessibleName(_("Event flow: {words}").format(words=words) if names else "")
        self.setToolTip(tool_tip(" → ".join(names)))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(640, _HEIGHT)

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self._names:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number, box in enumerate(self.boxes()):
            self._paint_box(painter, box, number)
            if number:
                self._paint_arrow(painter, number)
        painter.end()

    def boxes(self) -> list[QRectF]:
        """Where the boxes lie; all as wide, so that they fit."""
        count = len(self._names)
        room = self.width() - 2 - _GAP * (count - 1)
        width = min(_MAX_BOX_WIDTH, room / count)
        top = (self.height() - _BOX_HEIGHT) / 2
        return [QRectF(1 + number * (width + _GAP), top, width, _BOX_HEIGHT) for number in range(count)]

    def _is_failure(self, number: int) -> bool:
        return number > self._function

    def _paint_box(self, painter: QPainter, box: QRectF, number: int) -> None:
        colors = self._theme.colors
        is_function = number == self._function
        pen = QPen(QColor(colors.accent if is_function else colors.border), 1.4 if is_function else 1)
        if self._is_failure(number):
            pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(QColor(colors.raised))
        painter.drawRoundedRect(box, _RADIUS, _RADIUS)
        icon = self._icons.get(self._icon_names[number], "accent" if is_function else "muted")
        left = box.left() + _PADDING
        if not icon.isNull():
            spot = QRectF(left, box.center().y() - _ICON / 2, _ICON, _ICON).toRect()
            icon.paint(painter, spot)
            left += _ICON + _PADDING
        painter.setPen(QColor(colors.muted if self._is_failure(number) else colors.text))
        area = QRectF(left, box.top() + 4, box.right() - left - _PADDING / 2, box.height() - 8)
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, self._fitted(self._names[number], area.width()))

    def _fitted(self, text: str, width: float) -> str:
        """The name in at most two lines: broken where it has a sign to break at, shortened in its middle."""
        metrics = QFontMetrics(self.font())
        if metrics.horizontalAdvance(text) <= width:
            return text
        index = _break_at(text, lambda part: metrics.horizontalAdvance(part) <= width)
        elide = Qt.TextElideMode.ElideMiddle
        rest = metrics.elidedText(text[index:].lstrip(), elide, int(width))
        return f"{text[:index].rstrip()}\n{rest}" if index else rest

    def _paint_arrow(self, painter: QPainter, number: int) -> None:
        colors, boxes = self._theme.colors, self.boxes()
        failure = self._is_failure(number)
        broken = number == 1 and self._tone in ("danger", "warning")
        color = QColor(getattr(colors, self._tone) if broken else colors.muted)
        start = QPointF(boxes[number - 1].right() + 4, boxes[number].center().y())
        end = QPointF(boxes[number].left() - 4, start.y())
        dashed = failure or broken
        painter.setPen(QPen(color, 1.5, Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine))
        painter.drawLine(start, QPointF(end.x() - _ARROW, end.y()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        tip = [end, end + QPointF(-_ARROW - 2, -_ARROW + 1), end + QPointF(-_ARROW - 2, _ARROW - 1)]
        painter.drawPolygon(QPolygonF(tip))
        words = _("fails") if failure else ""
        if broken:
            middle = (start + end) / 2
            painter.setPen(QPen(color, 2))
            for sign in (1, -1):
                painter.drawLine(middle + QPointF(-5, -5 * sign), middle + QPointF(5, 5 * sign))
        if words:
            painter.setPen(color)
            area = QRectF(start.x(), start.y() - 20, end.x() - start.x(), 18)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, words)


def _break_at(text: str, fits: Callable[[str], bool]) -> int:
    """How much of a text goes onto the first line."""
    best = 0
    for index, sign in enumerate(text):
        if not fits(text[:index]):
            break
        if sign in " -_/.:" and index:
            best = index + (sign != " ")
    return best
