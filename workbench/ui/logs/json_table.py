"""JSON lines as a table, a column for each key that was chosen.

Owns: the model and its view. Must not know: which columns are usual.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView

from workbench.logs.buffer import AllRows, LogBuffer, Row, Rows
from workbench.logs.parse import MESSAGE, record_of
from workbench.ui.kit.text import tool_tip
from workbench.ui.kit.text_size import scaled
from workbench.ui.logs.line_painter import shown
from workbench.ui.logs.wide_table import WideTable
from workbench.ui.theme import Theme

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_CELL_CHARACTERS = 2000
_WIDTHS = (110, 70, 520)
_WIDTH = 160


class JsonModel(QAbstractTableModel):
    """Time, level, and the chosen keys; what is no JSON stands in the column `message`."""

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
        """Rows have come or gone."""
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
            return (self.tr("Time"), self.tr("Level"), *self._keys)[section]
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
        return shown(record.get(self._keys[index.column() - 2], "")[:_CELL_CHARACTERS])


class JsonTable(WideTable):
    """The table.

    Signals:
        event_wanted(int): As LinesView's.
    """

    event_wanted = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__("logTable", self.tr("Log lines as a table"))
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
        """In which times are shown; None for the machine's own."""
        self._model.zone = zone
        self.viewport().update()

    def set_keys(self, keys: Sequence[str]) -> None:
        """Chooses the columns."""
        self._model.set_keys(keys)
        self._fit()

    def refresh(self) -> None:
        """Rows have come or gone; the end is followed while it is in view."""
        bar = self.verticalScrollBar()
        is_at_end = bar.value() >= bar.maximum()
        self._model.refresh()
        if is_at_end:
            self.scrollToBottom()

    def _fit(self) -> None:
        header = self.horizontalHeader()
        for column in range(self._model.columnCount()):
            is_message = self._model.headerData(column, Qt.Orientation.Horizontal) == MESSAGE
            width = _WIDTHS[2] if is_message else _WIDTHS[column] if column < 2 else _WIDTH
            header.resizeSection(column, scaled(width))
