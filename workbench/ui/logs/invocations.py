"""The list of the invocations in a log, and the line above the lines of one: its figures and its cause.

Of 100,000 rows only changed ones are repainted.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import tzinfo
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor
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
from workbench.logs.buffer import LogBuffer
from workbench.logs.parse import Invocation, InvocationChanges, cause_of
from workbench.ui.kit.text import PlainLabel, tool_tip
from workbench.ui.kit.tone_delegate import ToneDelegate
from workbench.ui.named import named
from workbench.ui.theme import Theme

REQUEST_ID_ROLE = Qt.ItemDataRole.UserRole + 1
TIME, DURATION, OUTCOME, FUNCTION = range(4)
_FEW = 50

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()

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
