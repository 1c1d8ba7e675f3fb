"""The parts of a package as areas: what is large is seen at once. What it shows stands in the tree, too."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from workbench.code.dependencies.inventory import SizeNode
from workbench.ui.dependencies.squares import squares
from workbench.ui.dependencies.words import title_of
from workbench.ui.kit.text import tool_tip
from workbench.ui.style_sheet import blend
from workbench.ui.theme import Theme
from workbench.ui.units import size_text

_FILL = 0.38  # of a series' colour over the ground: text stays readable on it
_GAP = 1.0
_MARGIN = 4
_MOST = 200


class TreeMap(QWidget):
    """Areas as large as the parts. A click chooses one.

    Signals:
        chosen: The number of a part.
    """

    chosen = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("dependencyMap")
        self.setAccessibleName(self.tr("Sizes of the package contents"))
        self.setMinimumSize(QSize(120, 60))
        self._theme = theme
        self._nodes: tuple[SizeNode, ...] = ()
        self._current = -1
        theme.changed.connect(self.update)

    def show_nodes(self, nodes: Sequence[SizeNode]) -> None:
        """Replaces what is shown: the parts, the largest first."""
        self._nodes = tuple(node for node in nodes if node.size_bytes > 0)[:_MOST]
        self._current = -1
        total = sum(node.size_bytes for node in self._nodes)
        largest = ", ".join(f"{title_of(node)} {size_text(node.size_bytes)}" for node in self._nodes[:5])
        self.setAccessibleDescription(f"{size_text(total)}: {largest}")
        self.update()

    def mark(self, number: int) -> None:
        """Frames a part; -1 frames none."""
        if number != self._current:
            self._current = number
            self.update()

    def part_at(self, point: QPoint) -> int:
        """The number of the part there, or -1."""
        places = enumerate(self._places())
        return next((number for number, place in places if place.contains(point.toPointF())), -1)

    def _places(self) -> list[QRectF]:
        return squares([float(node.size_bytes) for node in self._nodes], QRectF(self.rect()))

    def paintEvent(self, _event: QPaintEvent) -> None:
        colors = self._theme.colors
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colors.base))
        line = painter.fontMetrics().height()
        for number, (node, place) in enumerate(zip(self._nodes, self._places(), strict=True)):
            inner = place.adjusted(_GAP, _GAP, -_GAP, -_GAP)
            if inner.width() <= 0 or inner.height() <= 0:
                continue
            series = colors.accent if not node.name else colors.series[number % len(colors.series)]
            painter.fillRect(inner, QColor(blend(series, colors.base, _FILL)))
            if number == self._current:
                painter.setPen(QPen(QColor(colors.text), 2))
                painter.drawRect(inner.adjusted(1, 1, -1, -1))
            text = inner.adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
            if text.width() < 3 * line or text.height() < line:
                continue
            painter.setPen(QColor(colors.text))
            name = painter.fontMetrics().elidedText(
                title_of(node), Qt.TextElideMode.ElideRight, int(text.width())
            )
            lines = [name, size_text(node.size_bytes)] if text.height() >= 2 * line else [name]
            painter.drawText(text, Qt.AlignmentFlag.AlignTop, "\n".join(lines))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if (number := self.part_at(event.position().toPoint())) >= 0:
            self.chosen.emit(number)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            number = self.part_at(event.pos())
            if number < 0:
                QToolTip.hideText()
            else:
                node = self._nodes[number]
                QToolTip.showText(
                    event.globalPos(),
                    tool_tip(f"{title_of(node)} {node.version}\n{size_text(node.size_bytes)}"),
                    self,
                )
            return True
        return super().event(event)
