"""Tables of the Logs tab: invocations, JSON of a line, answers of Insights."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QSizePolicy,
    QSplitter,
    QTableView,
    QToolButton,
    QWidget,
)

from workbench.core.messages import _
from workbench.core.spreadsheet import tsv_row
from workbench.logs.buffer import AllRows, LogBuffer, Row, Rows
from workbench.logs.fetch import QueryResult
from workbench.logs.parse import (
    MESSAGE,
    Invocation,
    InvocationChanges,
    cause_of,
    escape_begun,
    record_of,
    without_escapes,
)
from workbench.ui.features.logs.lines_view import printable
from workbench.ui.kit.table_model import ToneDelegate
from workbench.ui.kit.text import PlainLabel, named, tool_tip
from workbench.ui.kit.text_size import scaled
from workbench.ui.kit.theme import Theme, monospace

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
        return _cell(self.rows[index.row()][index.column()])


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


def _cell(text: str) -> str:
    """What a table shows of a text: its beginning, without a terminal's control sequences."""
    text = text[:_CELL_CHARACTERS]
    return printable(without_escapes(text.removesuffix(escape_begun(text))).rstrip("\n"))


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
        return _cell(record.get(self._keys[index.column() - 2], ""))


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
        self._resize_columns()

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
        self._resize_columns()

    def refresh(self) -> None:
        """Rows were added or removed: follows the end while it is in view."""
        bar = self.verticalScrollBar()
        is_at_end = bar.value() >= bar.maximum()
        self._model.refresh()
        if is_at_end:
            self.scrollToBottom()

    def _resize_columns(self) -> None:
        header = self.horizontalHeader()
        for column in range(self._model.columnCount()):
            is_message = self._model.headerData(column, Qt.Orientation.Horizontal) == MESSAGE
            width = _LINE_WIDTHS[2] if is_message else _LINE_WIDTHS[column] if column < 2 else _KEY_WIDTH
            header.resizeSection(column, scaled(width))


REQUEST_ID_ROLE = Qt.ItemDataRole.UserRole + 1
TIME, DURATION, OUTCOME, FUNCTION = range(4)
_FEW = 50


_CAUSE_ROWS = 300
_WIDE = 450  # of the table with the functions' names


class InvocationModel(QAbstractTableModel):
    """One row an invocation: when, how long, how it went, and of which function."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        # Oldest first, so that what is new is appended. An invocation's start may still become earlier; its
        # place is that of when it came.
        self._oldest_first: list[Invocation] = []
        self._starts: list[int] = []
        self._start_of: dict[str, int] = {}
        self._titles = (_("Time"), _("Duration"), _("Outcome"), _("Function"))
        self.zone: tzinfo | None = None
        theme.changed.connect(self.repaint)

    def clear(self) -> None:
        """Removes all rows."""
        self.beginResetModel()
        self._oldest_first, self._starts, self._start_of = [], [], {}
        self.endResetModel()

    def apply(self, changes: InvocationChanges) -> None:
        """Applies changes of invocations; rows that stay keep their selection."""
        self._remove(changes.dropped)
        self._insert(sorted(changes.new, key=lambda each: each.start_ms))
        touched = [self.row_of(each.request_id) for each in changes.changed]
        self._changed([row for row in touched if row >= 0])

    def row_of(self, request_id: str) -> int:
        """The row of an invocation; -1 when it is not known."""
        start_ms = self._start_of.get(request_id)
        if start_ms is None:
            return -1
        place = bisect_left(self._starts, start_ms)
        while self._oldest_first[place].request_id != request_id:
            place += 1
        return len(self._starts) - 1 - place

    def repaint(self) -> None:
        """Repaints all rows: colours or the time zone changed."""
        if self._starts:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._starts) - 1, FUNCTION))

    def _remove(self, gone: Iterable[Invocation]) -> None:
        ids = {each.request_id for each in gone} & self._start_of.keys()
        count = len(self._starts)
        oldest = 0
        while oldest < count and self._oldest_first[oldest].request_id in ids:
            oldest += 1
        if oldest:
            self.beginRemoveRows(_ROOT, count - oldest, count - 1)
            ids -= {each.request_id for each in self._oldest_first[:oldest]}
            self._forget(0, oldest)
            self.endRemoveRows()
        for request_id in ids:
            row = self.row_of(request_id)
            place = len(self._starts) - 1 - row
            self.beginRemoveRows(_ROOT, row, row)
            self._forget(place, place + 1)
            self.endRemoveRows()

    def _forget(self, first: int, end: int) -> None:
        for each in self._oldest_first[first:end]:
            del self._start_of[each.request_id]
        del self._oldest_first[first:end], self._starts[first:end]

    def _insert(self, new: Sequence[Invocation]) -> None:
        begin = 0
        while begin < len(new):
            place = bisect_right(self._starts, new[begin].start_ms)
            end = begin + 1
            # One step for all that go to the same place: usually all of them, to the top.
            follower = self._starts[place] if place < len(self._starts) else None
            while end < len(new) and (follower is None or new[end].start_ms < follower):
                end += 1
            row = len(self._starts) - place
            self.beginInsertRows(_ROOT, row, row + end - begin - 1)
            self._oldest_first[place:place] = new[begin:end]
            self._starts[place:place] = [each.start_ms for each in new[begin:end]]
            self._start_of |= {each.request_id: each.start_ms for each in new[begin:end]}
            self.endInsertRows()
            begin = end

    def _changed(self, rows: Sequence[int]) -> None:
        if len(rows) > _FEW:
            self.dataChanged.emit(self.index(min(rows), 0), self.index(max(rows), FUNCTION))
            return
        for row in rows:
            self.dataChanged.emit(self.index(row, 0), self.index(row, FUNCTION))

    # What Qt asks -------------------------------------------------------------------------------------------

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._starts)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._titles)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._titles[section]
        if role == Qt.ItemDataRole.TextAlignmentRole and section == DURATION:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        invocation = self._oldest_first[len(self._starts) - 1 - index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(invocation, index.column())
        if role == REQUEST_ID_ROLE:
            return invocation.request_id
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == OUTCOME:
            colors = self._theme.colors
            if invocation.error:
                return QColor(colors.danger if invocation.is_failed else colors.warning)
            return QColor(colors.good if invocation.report else colors.muted)
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() == DURATION:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ToolTipRole:
            return tool_tip("\n".join(part for part in (invocation.error, invocation.request_id) if part))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            texts = (self._text(invocation, column) for column in range(len(self._titles)))
            return ", ".join(text for text in texts if text)
        return None

    def _text(self, invocation: Invocation, column: int) -> str:
        if column == TIME:
            return invocation.start.astimezone(self.zone).strftime("%m-%d %H:%M:%S")
        if column == DURATION:
            return f"{invocation.report.duration_ms:,.1f} ms" if invocation.report else ""
        if column == FUNCTION:
            return invocation.source
        if invocation.is_failed:
            return _("failed")
        if invocation.error:
            return _("logged errors")
        return _("succeeded") if invocation.report else _("running")


def invocation_table(model: InvocationModel) -> QTableView:
    """A view of the invocations; of 100,000 only those in view are read."""
    table = QTableView()
    named(table, "invocations", _("Invocations"))
    table.setModel(model)
    table.setItemDelegate(ToneDelegate(table))
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setShowGrid(False)
    table.setTabKeyNavigation(False)
    table.setWordWrap(False)
    table.setColumnHidden(FUNCTION, True)
    rows = table.verticalHeader()
    rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    rows.setDefaultSectionSize(table.fontMetrics().height() + 8)
    rows.hide()
    columns = table.horizontalHeader()
    columns.setResizeContentsPrecision(0)  # what is in view
    columns.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    columns.setStretchLastSection(True)
    columns.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    columns.setHighlightSections(False)
    return table


def show_functions(table: QTableView, splitter: QSplitter, *, shown: bool) -> None:
    """Shows or hides the names of functions, with room for them; a table that is wider stays so."""
    table.setColumnHidden(FUNCTION, not shown)
    left, right = splitter.sizes()
    more = max(0, min(_WIDE, (left + right) // 2) - left)
    if shown:
        splitter.setSizes([left + more, right - more])


class InvocationHead(QWidget):
    """The figures and the cause of the invocation whose lines are shown.

    Signals:
        cause_wanted(str): What sent its event shall be shown, by its ARN.
    """

    cause_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._cause: str = ""  # an ARN
        self.label = named(PlainLabel(), "logsHead", role="muted")
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.label.setWordWrap(True)
        self.label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.cause = named(QToolButton(), "logsCause", role="quiet")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.label, 1)
        row.addWidget(self.cause)
        self.cause.clicked.connect(lambda: self.cause_wanted.emit(self._cause))
        self.show_invocation(None, LogBuffer())

    def show_invocation(self, invocation: Invocation | None, buffer: LogBuffer) -> None:
        """Shows an invocation; None hides the line."""
        self.setVisible(invocation is not None)
        self.label.setText(self._text(invocation) if invocation else "")
        self._cause = ""
        if invocation is not None:
            numbers = invocation.numbers[:_CAUSE_ROWS]
            rows = (buffer.row(number) for number in numbers)
            self._cause = cause_of(row.text for row in rows if row is not None)
        self.cause.setVisible(bool(self._cause))
        self.cause.setText(_("Caused by {source}").format(source=self._cause.rsplit(":", 1)[-1]))
        self.cause.setAccessibleName(self.cause.text())
        self.cause.setToolTip(tool_tip(self._cause))

    def _text(self, invocation: Invocation) -> str:
        parts = [invocation.request_id]
        if invocation.source:
            parts.insert(0, invocation.source)
        if (report := invocation.report) is not None:
            parts.append(_("{duration_ms} ms").format(duration_ms=f"{report.duration_ms:,.1f}"))
            parts.append(_("billed {billed_ms} ms").format(billed_ms=f"{report.billed_ms:,.0f}"))
            memory = _("memory {max_memory_mb} of {memory_mb} MB")
            parts.append(
                memory.format(max_memory_mb=str(report.max_memory_mb), memory_mb=str(report.memory_mb))
            )
            if report.init_ms is not None:
                parts.append(_("cold start {init_ms} ms").format(init_ms=f"{report.init_ms:,.0f}"))
        return "  ·  ".join(parts)
