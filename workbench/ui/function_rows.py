"""The rows of the list of functions: what they say, and how they are painted."""

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import (
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from workbench.core.clock import Clock
from workbench.core.messages import _
from workbench.functions.model import FunctionSummary
from workbench.ui.function_model import NOT_DEPLOYED_ROLE, SPARKLINE_ROLE, SUMMARY_ROLE, ago
from workbench.ui.theme import Theme

_SPARKLINE_WIDTH, _SPARKLINE_GAP = 48, 8
_MARK = 8
_NOW_S = 60


def describe(row: FunctionSummary, clock: Clock, fits: Callable[[str], bool] = lambda _text: True) -> str:
    """The second line of a row; without the memory where that does not fit."""
    parts = [row.runtime or row.package_type, f"{row.memory_mb} MB"]
    if row.last_modified is not None:
        parts.append(_age(row.last_modified, clock.now()))
    text = " · ".join(parts)
    return text if fits(text) else " · ".join([parts[0], *parts[2:]])


def _age(moment: datetime, now: datetime) -> str:
    """When it was changed. A bare "3 s" would look like its timeout."""
    if (now - moment).total_seconds() < _NOW_S:
        return _("just now")
    number, unit = ago(moment, now)
    return _("{duration} ago").format(duration=f"{number} {unit}")


class FunctionView(QListView):
    """A list whose keyboard cursor moves without selecting, unless Shift or Ctrl is held.

    Signals:
        settled: A click has ended, or the menu of a row was closed: what it selected may be reconsidered.
    """

    settled = Signal()

    def __init__(self) -> None:
        super().__init__(uniformItemSizes=True)
        self.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self._pressed_name = ""
        self.clicked.connect(self._forget_press)

    def move_cursor(self, index: QModelIndex) -> None:
        """Moves the keyboard cursor to a row; what is selected stays."""
        self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)

    def selectionCommand(
        self, index: QModelIndex | QPersistentModelIndex, event: QEvent | None = None
    ) -> QItemSelectionModel.SelectionFlag:
        held = Qt.KeyboardModifier.NoModifier
        if isinstance(event, QKeyEvent | QMouseEvent):
            held = event.modifiers()
        if not isinstance(event, QMouseEvent) and not held & (
            Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        ):
            return QItemSelectionModel.SelectionFlag.NoUpdate
        return super().selectionCommand(index, event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        is_left = event.button() is Qt.MouseButton.LeftButton
        self._pressed_name = str(self.indexAt(event.position().toPoint()).data() or "") if is_left else ""

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if self._pressed_name and index.data() == self._pressed_name:
            self.clicked.emit(index)  # the list was replaced amid the click, of which Qt tells nobody then
        self._pressed_name = ""
        self._settle(event.modifiers())

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() == QEvent.Type.ContextMenu:  # its menu has been open until now
            self._settle(Qt.KeyboardModifier.NoModifier)
        return done

    def _forget_press(self) -> None:
        self._pressed_name = ""

    def _settle(self, held: Qt.KeyboardModifier) -> None:
        if not held & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier):
            self.settled.emit()


class FunctionDelegate(QStyledItemDelegate):
    """Two lines a row: the name, then what it runs on, how old it is, and its sparkline."""

    def __init__(self, theme: Theme, clock: Clock, view: QListView, search: QWidget) -> None:
        super().__init__(view)
        self._theme = theme
        self._clock = clock
        self._view, self._search = view, search

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(160, option.fontMetrics.height() * 2 + 16)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        colors = self._theme.colors
        row = index.data(SUMMARY_ROLE)
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, QColor(colors.selection))
            painter.fillRect(
                QRect(option.rect.topLeft(), QSize(3, option.rect.height())), QColor(colors.accent)
            )
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(option.rect, QColor(colors.hover))
        if index == self._view.currentIndex() and (self._view.hasFocus() or self._search.hasFocus()):
            painter.setPen(QColor(colors.accent))  # the keyboard's cursor
            painter.drawRect(option.rect.adjusted(1, 1, -2, -2))
        area = option.rect.adjusted(12, 6, -12, -6)
        name_font = QFont(option.font)
        name_font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(name_font)
        painter.setPen(QColor(colors.text))
        width = area.width()
        if index.data(NOT_DEPLOYED_ROLE):
            width -= 2 * _MARK
            self._paint_mark(painter, area)
        name = painter.fontMetrics().elidedText(row.function_name, Qt.TextElideMode.ElideMiddle, width)
        painter.drawText(area, Qt.AlignmentFlag.AlignTop, name)
        painter.setFont(option.font)
        if (line_of_time := index.data(SPARKLINE_ROLE)) is not None:
            height = option.fontMetrics.height()
            box = QRect(0, 0, _SPARKLINE_WIDTH, height)
            box.moveBottomRight(area.bottomRight())
            line_of_time.paint(painter, box, colors)
            area.setRight(box.left() - _SPARKLINE_GAP)
        painter.setPen(QColor(colors.muted))
        width, metrics = area.width(), option.fontMetrics
        line = describe(row, self._clock, lambda text: metrics.horizontalAdvance(text) <= width)
        line = metrics.elidedText(line, Qt.TextElideMode.ElideRight, width)
        painter.drawText(area, Qt.AlignmentFlag.AlignBottom, line)
        painter.restore()

    def _paint_mark(self, painter: QPainter, area: QRect) -> None:
        """Paints a dot at the right end of the first line: saved changes are not deployed."""
        dot = QRectF(0, 0, _MARK, _MARK)
        dot.moveCenter(QPointF(area.right() - _MARK / 2, area.top() + painter.fontMetrics().height() / 2))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.colors.warning))
        painter.drawEllipse(dot)
        painter.restore()
