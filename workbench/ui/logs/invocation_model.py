"""Invocations seen in a log as an item model, newest first.

Owns: the columns and their words. Must not know: where lines come from. Of 100,000 rows only what changes is
looked at.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import tzinfo
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from workbench.logs.group import Invocation, InvocationChanges
from workbench.ui.kit.text import tool_tip
from workbench.ui.theme import Theme

REQUEST_ID_ROLE = Qt.ItemDataRole.UserRole + 1
TIME, DURATION, OUTCOME, FUNCTION = range(4)
_FEW = 50

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


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
        self._titles = (self.tr("Time"), self.tr("Duration"), self.tr("Outcome"), self.tr("Function"))
        self.zone: tzinfo | None = None
        theme.changed.connect(self.repaint)

    def clear(self) -> None:
        """Forgets all."""
        self.beginResetModel()
        self._oldest_first, self._starts, self._start_of = [], [], {}
        self.endResetModel()

    def take(self, changes: InvocationChanges) -> None:
        """Takes what has become of the invocations; rows that stay keep their selection."""
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
        """Colours or times are others."""
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
            return self.tr("failed")
        if invocation.error:
            return self.tr("logged errors")
        return self.tr("succeeded") if invocation.report else self.tr("running")
