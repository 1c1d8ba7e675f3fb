"""The rows of the list of functions: a model that a search narrows, what they say, how they are painted."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QListView, QStyle, QStyleOptionViewItem, QWidget

from workbench.core.clock import Clock
from workbench.core.messages import _
from workbench.functions.model import FunctionSummary
from workbench.ui.kit.fuzzy import rank
from workbench.ui.kit.text import PlainDelegate, tool_tip
from workbench.ui.kit.theme import Theme

if TYPE_CHECKING:
    from workbench.ui.shell.sparklines import Sparkline

SUMMARY_ROLE = Qt.ItemDataRole.UserRole + 1
SPARKLINE_ROLE = SUMMARY_ROLE + 1  # a Sparkline, or None
NOT_DEPLOYED_ROLE = SPARKLINE_ROLE + 1  # whether saved changes are not deployed, as far as is known

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class FunctionModel(QAbstractListModel):
    """Rows sorted by name; `search` narrows them at once, best match first.

    A listing arrives page by page between `begin` and `finish`: rows are added or renewed as they come, and
    rows that the service no longer names go at the end: the list never empties under the reader's eyes.
    """

    def __init__(self, describe: Callable[[FunctionSummary], str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._describe = describe
        self._sparkline_of: Callable[[FunctionSummary], Sparkline | None] = lambda _row: None
        self._sparkline_words: Callable[[FunctionSummary], str] = lambda _row: ""
        self._not_deployed = ""  # the name of the function with saved changes that are not deployed
        self._rows: dict[str, FunctionSummary] = {}
        self._sorted: list[FunctionSummary] = []
        self._texts: list[str] = []  # what the search looks at, in the order of `_sorted`
        self._shown: list[FunctionSummary] = []
        self._seen: set[str] = set()
        self._query = ""

    @property
    def total(self) -> int:
        """How many functions there are, matching or not."""
        return len(self._rows)

    def reset(self, rows: Iterable[FunctionSummary] = ()) -> None:
        """Another account or region: all rows are replaced."""
        self._rows = {row.function_name: row for row in rows}
        self._seen = set()
        self._sort()

    def begin(self) -> None:
        """A new listing starts."""
        self._seen = set()

    def add(self, page: Iterable[FunctionSummary]) -> None:
        """Takes a page of the listing."""
        for row in page:
            self._rows[row.function_name] = row
            self._seen.add(row.function_name)
        self._sort()

    def finish(self) -> None:
        """The listing is complete: what it did not name is gone."""
        if len(self._seen) != len(self._rows):
            self._rows = {name: row for name, row in self._rows.items() if name in self._seen}
            self._sort()

    def all(self) -> tuple[FunctionSummary, ...]:
        """Every row, matching or not."""
        return tuple(self._rows.values())

    def search(self, query: str) -> None:
        """Narrows the rows to those that match."""
        if query != self._query:
            self._query = query
            self._show(reorder=True)

    def show_sparklines(
        self, of: "Callable[[FunctionSummary], Sparkline | None]", words: Callable[[FunctionSummary], str]
    ) -> None:
        """Says where each row's sparkline comes from, and what it shows in words."""
        self._sparkline_of, self._sparkline_words = of, words

    def mark_not_deployed(self, function_name: str) -> None:
        """Marks the function whose saved changes are not deployed; an empty name for none."""
        if function_name != self._not_deployed:
            self._not_deployed = function_name
            self.repaint_rows()

    def repaint_rows(self) -> None:
        """Something that is shown of the rows has changed, but not the rows."""
        if self._shown:
            self.dataChanged.emit(self.index(0), self.index(len(self._shown) - 1))

    def index_of(self, function_name: str) -> QModelIndex:
        """The shown row of a function; invalid when it is not shown."""
        for number, row in enumerate(self._shown):
            if row.function_name == function_name:
                return self.index(number)
        return QModelIndex()

    def _sort(self) -> None:
        self._sorted = sorted(self._rows.values(), key=lambda row: row.function_name.lower())
        self._texts = [row.function_name for row in self._sorted]
        self._show()

    def _show(self, *, reorder: bool = False) -> None:
        rows = self._sorted
        if self._query:
            rows = [rows[number] for number in rank(self._query, self._texts)]
        if [row.function_name for row in rows] == [row.function_name for row in self._shown]:
            self._shown = rows
            if rows:
                self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))
            return
        if reorder or self._query or not self._shown:
            self.beginResetModel()
            self._shown = rows
            self.endResetModel()
            return
        # Row by row where the order stays: a reset would swallow the click that is just being made.
        self._remove({row.function_name for row in rows})
        self._insert(rows)

    def _remove(self, kept: set[str]) -> None:
        for number in range(len(self._shown) - 1, -1, -1):
            if self._shown[number].function_name not in kept:
                self.beginRemoveRows(_ROOT, number, number)
                del self._shown[number]
                self.endRemoveRows()

    def _insert(self, rows: list[FunctionSummary]) -> None:
        """Brings the shown rows, which are some of `rows` in their order, up to all of them."""
        shown = {row.function_name for row in self._shown}
        number = 0
        while number < len(rows):
            last = number
            while last < len(rows) and rows[last].function_name not in shown:
                last += 1
            if last > number:
                self.beginInsertRows(_ROOT, number, last - 1)
                self._shown[number:number] = rows[number:last]
                self.endInsertRows()
            number = last + 1
        self._shown = rows
        if rows:
            self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        row = self._shown[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.function_name
        if role == SUMMARY_ROLE:
            return row
        if role == Qt.ItemDataRole.ToolTipRole:
            about = (self._describe(row), row.description, self._sparkline_words(row))
            parts = (row.function_arn, *about, self._deploy_text(row))
            return tool_tip("\n".join(filter(None, parts)))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            said = (row.function_name, self._deploy_text(row), self._describe(row))
            return ", ".join(filter(None, (*said, self._sparkline_words(row))))
        if role == NOT_DEPLOYED_ROLE:
            return row.function_name == self._not_deployed
        if role == SPARKLINE_ROLE:
            return self._sparkline_of(row)
        return None

    def _deploy_text(self, row: FunctionSummary) -> str:
        return _("Not deployed") if row.function_name == self._not_deployed else ""


def ago(moment: datetime, now: datetime) -> tuple[int, str]:
    """How long ago, as a number and its unit: "s", "min", "h", "d"."""
    seconds = max(0, int((now - moment).total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return seconds // size, unit
    return seconds, "s"


_SPARKLINE_WIDTH, _SPARKLINE_GAP = 48, 8
_MARK = 8
_NOW_S = 60


def describe(row: FunctionSummary, clock: Clock, fits: Callable[[str], bool] = lambda _text: True) -> str:
    """The second line of a row; without the memory where that does not fit."""
    parts = [row.runtime or row.package_type, f"{row.memory_mb:,} MB"]
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


class FunctionDelegate(PlainDelegate):
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
