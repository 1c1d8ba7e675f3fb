"""Tables of many rows and wide columns: the results of a query, and JSON log lines by their keys."""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from workbench.core.messages import _
from workbench.core.spreadsheet import tsv_row
from workbench.logs.buffer import AllRows, LogBuffer, Row, Rows
from workbench.logs.insights import QueryResult
from workbench.logs.parse import MESSAGE, record_of
from workbench.ui.kit.text import tool_tip
from workbench.ui.kit.text_size import scaled
from workbench.ui.kit.tone_delegate import ToneDelegate
from workbench.ui.logs.line_painter import printable
from workbench.ui.named import named
from workbench.ui.theme import Theme, monospace

_MAX_COPIED = 5000

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_CELL_CHARACTERS = 2000
_FIELD_WIDTH, _FIELD_WIDTHS = 170, {"@timestamp": 210, "@requestId": 300, "@message": 560}
_LINE_WIDTHS = (110, 70, 520)
_KEY_WIDTH = 160


class WideTable(QTableView):
    """A table with movable columns. Of a million rows only those in view are read."""

    def __init__(self, object_name: str, accessible_name: str) -> None:
        super().__init__()
        self.setItemDelegate(ToneDelegate(self))
        named(self, object_name, accessible_name)
        self.setFont(monospace())
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setWordWrap(False)
        self.setShowGrid(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        rows = self.verticalHeader()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(self.fontMetrics().height() + 6)
        rows.hide()
        self.horizontalHeader().setSectionsMovable(True)
        self.horizontalHeader().setStretchLastSection(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self._copy()
        else:
            super().keyPressEvent(event)

    def _copy(self) -> None:
        """Copies the selected rows, cells separated by tabs; at most _MAX_COPIED rows."""
        model = self.model()
        columns = range(model.columnCount())
        lines: list[str] = []
        for index in self.selectionModel().selectedRows()[:_MAX_COPIED]:
            cells = (model.index(index.row(), column).data() for column in columns)
            lines.append(tsv_row(str(cell or "") for cell in cells))
        if lines:
            QGuiApplication.clipboard().setText("\n".join(lines))


class AnswerModel(QAbstractTableModel):
    """Cells as AWS returned them; numbers are sorted as numbers."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.fields: tuple[str, ...] = ()
        self.rows: list[tuple[str, ...]] = []

    def show_answer(self, answer: QueryResult) -> None:
        """Shows other results, in AWS's order."""
        self.beginResetModel()
        self.fields, self.rows = answer.fields, list(answer.rows)
        self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if not 0 <= column < len(self.fields):
            return
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        moved = [self.rows[index.row()] for index in before]
        self.rows.sort(key=lambda row: _rank(row[column]), reverse=order == Qt.SortOrder.DescendingOrder)
        places = {id(row): place for place, row in enumerate(self.rows)}
        after = [
            self.index(places[id(row)], index.column()) for row, index in zip(moved, before, strict=True)
        ]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.fields)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.fields[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(index)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tool_tip(self._text(index))
        return None

    def _text(self, index: _Index) -> str:
        return printable(self.rows[index.row()][index.column()][:_CELL_CHARACTERS].rstrip("\n"))


class AnswerTable(WideTable):
    """The results of a query. A click on a header sorts."""

    def __init__(self) -> None:
        super().__init__("insightsTable", _("Results"))
        self.answer = AnswerModel(self)
        self.setModel(self.answer)

    def show_answer(self, answer: QueryResult) -> None:
        """Shows other results, unsorted."""
        self.setSortingEnabled(False)
        self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.answer.show_answer(answer)
        for column, field in enumerate(answer.fields):
            self.setColumnWidth(column, _FIELD_WIDTHS.get(field, _FIELD_WIDTH))
        self.setSortingEnabled(True)


def _rank(cell: str) -> tuple[int, float, str]:
    """Sort key: empty cells, then numbers by value, then texts."""
    if not cell:
        return 0, 0.0, ""
    try:
        return 1, float(cell), ""
    except ValueError:
        return 2, 0.0, cell


class JsonModel(QAbstractTableModel):
    """Time, level, and the chosen keys; a line that is not JSON is in the column `message`."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._rows: Rows = AllRows(LogBuffer())
        self._count, self._first = 0, 0
        self._keys: tuple[str, ...] = (MESSAGE,)
        self.zone: tzinfo | None = None
        self._cached = lru_cache(maxsize=512)(self._read)

    def show_rows(self, rows: Rows) -> None:
        """Shows other rows."""
        self._rows = rows
        self._reset()

    def set_keys(self, keys: Sequence[str]) -> None:
        """Chooses the columns behind time and level."""
        self.beginResetModel()
        self._keys = tuple(keys) or (MESSAGE,)
        self.endResetModel()

    def refresh(self) -> None:
        """Rows were added or removed."""
        count = len(self._rows)
        if (count and self._rows.number(0) != self._first) or count < self._count:
            self._reset()
        elif count > self._count:
            self.beginInsertRows(_ROOT, self._count, count - 1)
            self._count = count
            self.endInsertRows()

    def number(self, row: int) -> int:
        """The number of a log row by its row here."""
        return self._rows.number(row)

    def _reset(self) -> None:
        self.beginResetModel()
        self._cached.cache_clear()
        self._count = len(self._rows)
        self._first = self._rows.number(0) if self._count else 0
        self.endResetModel()

    def _read(self, number: int) -> tuple[Row, dict[str, str]] | None:
        row = self._rows.buffer.row(number)
        return (row, record_of(row.text) or {MESSAGE: row.text}) if row is not None else None

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else self._count

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else 2 + len(self._keys)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return (_("Time"), _("Level"), *self._keys)[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(index)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tool_tip(self._text(index, is_full=True))
        if role == Qt.ItemDataRole.ForegroundRole:
            found = self._cached(self._rows.number(index.row()))
            return QColor(self._theme.colors.danger) if found and found[0].level.is_error else None
        return None

    def _text(self, index: _Index, *, is_full: bool = False) -> str:
        """What a cell shows; for a tool tip the time has its date and zone."""
        found = self._cached(self._rows.number(index.row()))
        if found is None:
            return ""
        row, record = found
        if index.column() == 0:
            moment = datetime.fromtimestamp(row.time_ms / 1000, UTC).astimezone(self.zone)
            return str(moment) if is_full else moment.strftime("%H:%M:%S.%f")[:-3]
        if index.column() == 1:
            return row.level.value
        return printable(record.get(self._keys[index.column() - 2], "")[:_CELL_CHARACTERS])


class JsonTable(WideTable):
    """JSON log lines, a column for each chosen key.

    Signals:
        event_wanted(int): As LinesView's.
    """

    event_wanted = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__("logTable", _("Log lines as a table"))
        self._model = JsonModel(theme, self)
        self.setModel(self._model)
        self.activated.connect(lambda index: self.event_wanted.emit(self._model.number(index.row())))
        self._fit()

    def show_rows(self, rows: Rows) -> None:
        """Shows other rows, from their end."""
        self._model.show_rows(rows)
        self.scrollToBottom()

    def change_rows(self, rows: Rows) -> None:
        """As LinesView.change_rows."""
        self._model.show_rows(rows)

    def reveal(self, place: int) -> None:
        """Chooses a row and scrolls to it."""
        self.selectRow(place)
        self.scrollTo(self._model.index(place, 0), QAbstractItemView.ScrollHint.PositionAtCenter)

    def set_zone(self, zone: tzinfo | None) -> None:
        """Sets the time zone; None for the local one."""
        self._model.zone = zone
        self.viewport().update()

    def set_keys(self, keys: Sequence[str]) -> None:
        """Chooses the columns."""
        self._model.set_keys(keys)
        self._fit()

    def refresh(self) -> None:
        """Rows were added or removed: follows the end while it is in view."""
        bar = self.verticalScrollBar()
        is_at_end = bar.value() >= bar.maximum()
        self._model.refresh()
        if is_at_end:
            self.scrollToBottom()

    def _fit(self) -> None:
        header = self.horizontalHeader()
        for column in range(self._model.columnCount()):
            is_message = self._model.headerData(column, Qt.Orientation.Horizontal) == MESSAGE
            width = _LINE_WIDTHS[2] if is_message else _LINE_WIDTHS[column] if column < 2 else _KEY_WIDTH
            header.resizeSection(column, scaled(width))
