"""One column of a merge: lines with their numbers, on the ground of who changed them."""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPaintEvent, QResizeEvent, QTextBlock
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from workbench.code.merge import Origin
from workbench.ui.kit.text import PlainLabel
from workbench.ui.merge.rows import Cell, first_row
from workbench.ui.named import named
from workbench.ui.theme import Theme, monospace

# Translucent, so that they are right on a light and on a dark ground.
_GROUNDS = {
    Origin.MINE: QColor(46, 158, 91, 46),
    Origin.THEIRS: QColor(59, 130, 246, 46),
    Origin.BOTH: QColor(128, 128, 128, 40),
    Origin.CONFLICT: QColor(229, 72, 77, 56),
}
_SIGNS = {Origin.MINE: "+", Origin.THEIRS: "+", Origin.BOTH: "=", Origin.CONFLICT: "!"}
_BAR_WIDTH = 3
_PADDING = 8
_DIGITS = 4


class Pane(QPlainTextEdit):
    """Read-only. The conflict in question has a bar beside it.

    Args:
        name: Its object name.
        title: What it shows, for who cannot see it.
        theme: For the colours.
    """

    def __init__(self, name: str, title: str, theme: Theme) -> None:
        super().__init__()
        named(self, name, title)
        self._theme = theme
        self._cells: tuple[Cell, ...] = ()
        self._conflict = -1
        self.setReadOnly(True)
        self.setFont(monospace())
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setTabChangesFocus(True)
        self.setTabStopDistance(4 * self.fontMetrics().horizontalAdvance(" "))
        self._gutter = _Gutter(self)
        self.setCornerWidget(named(QWidget(), f"{name}Corner"))  # Fusion would draw a box there
        self.setViewportMargins(self.gutter_width, 0, 0, 0)
        self.updateRequest.connect(lambda _area, _moved: self._gutter.update())
        theme.changed.connect(self._gutter.update)

    @property
    def cells(self) -> tuple[Cell, ...]:
        """What is shown."""
        return self._cells

    @property
    def gutter_width(self) -> int:
        return self.fontMetrics().horizontalAdvance("0" * (_DIGITS + 1)) + 2 * _PADDING

    def show_cells(self, cells: Sequence[Cell]) -> None:
        """Replaces the rows."""
        self._cells = tuple(cells)
        self.setPlainText("\n".join(cell.text for cell in cells))

    def point_at(self, conflict: int) -> None:
        """Marks a conflict and shows it, some lines below the top; -1 for none."""
        self._conflict = conflict
        if conflict >= 0:
            self.verticalScrollBar().setValue(max(0, first_row(self._cells, conflict) - 3))
        self.viewport().update()
        self._gutter.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        width = self.viewport().width()
        for cell, area in self.rows_in(event.rect()):
            place = QRect(0, area.top(), width, area.height())
            if cell.origin in _GROUNDS:
                painter.fillRect(place, _GROUNDS[cell.origin])
            elif cell.origin is None and cell.text:
                painter.fillRect(place, QColor(self._theme.colors.window))
            elif cell.origin is None:
                color = QColor(self._theme.colors.border)
                painter.fillRect(place, QBrush(color, Qt.BrushStyle.BDiagPattern))
        painter.end()
        super().paintEvent(event)

    def paint_gutter(self, painter: QPainter, area: QRect, down: int) -> None:
        """Draws line numbers, who changed what, and the bar of the conflict in question.

        Args:
            painter: Of the gutter.
            area: What of it is to be drawn.
            down: How far below the gutter's top the lines begin.
        """
        colors = self._theme.colors
        painter.fillRect(area, QColor(colors.base))
        painter.setFont(self.font())
        for cell, seen in self.rows_in(area):
            row = seen.translated(0, down)
            place = QRect(0, row.top(), self._gutter.width() - _PADDING, row.height())
            if cell.conflict >= 0 and cell.conflict == self._conflict:
                painter.fillRect(QRect(0, row.top(), _BAR_WIDTH, row.height()), QColor(colors.accent))
            painter.setPen(QColor(colors.muted))
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            if cell.number:
                painter.drawText(place.adjusted(0, 0, -_PADDING, 0), right, f"{cell.number}")
            if cell.origin in _SIGNS:
                painter.setPen(QColor(colors.text))
                painter.drawText(place, right, "−" if cell.goes else _SIGNS[cell.origin])

    def rows_in(self, area: QRect) -> list[tuple[Cell, QRect]]:
        """The rows that are seen in an area of the viewport, with their places."""
        found = []
        block: QTextBlock = self.firstVisibleBlock()
        offset = self.contentOffset()
        while block.isValid() and block.blockNumber() < len(self._cells):
            place = self.blockBoundingGeometry(block).translated(offset).toAlignedRect()
            if place.top() > area.bottom():
                break
            found.append((self._cells[block.blockNumber()], place))
            block = block.next()
        return found

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        inside = self.contentsRect()
        self._gutter.setGeometry(QRect(inside.topLeft(), QSize(self.gutter_width, inside.height())))


class TitledPane(QWidget):
    """A pane below its title.

    Args:
        name: The pane's object name.
        theme: For the colours.
    """

    def __init__(self, name: str, title: str, theme: Theme) -> None:
        super().__init__()
        self.setObjectName(f"{name}Place")
        self.title = named(PlainLabel(title), f"{name}Title", role="muted")
        self.pane = Pane(name, title, theme)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(_PADDING, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.title)
        layout.addWidget(self.pane, 1)


class _Gutter(QWidget):
    def __init__(self, pane: Pane) -> None:
        super().__init__(pane)
        self.setObjectName(f"{pane.objectName()}Gutter")
        self._pane = pane

    def sizeHint(self) -> QSize:
        return QSize(self._pane.gutter_width, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        # The viewport may begin lower than the gutter, by the padding of the style sheet.
        down = self._pane.viewport().mapTo(self._pane, QPoint()).y() - self.y()
        self._pane.paint_gutter(painter, event.rect(), down)
        painter.end()
