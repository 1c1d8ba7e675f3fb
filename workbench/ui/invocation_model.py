"""Invocations seen in a log as an item model, newest first.

Owns: the columns and their words. Must not know: where lines come from.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from workbench.logs.group import Invocation
from workbench.ui.theme import Theme

REQUEST_ID_ROLE = Qt.ItemDataRole.UserRole + 1
TIME, DURATION, OUTCOME = range(3)

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class InvocationModel(QAbstractTableModel):
    """One row an invocation: when, how long, how it went."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._rows: list[Invocation] = []
        self._titles = (self.tr("Time"), self.tr("Duration"), self.tr("Outcome"))
        theme.changed.connect(self._repaint)

    def show(self, invocations: Sequence[Invocation], touched: Iterable[Invocation] = ()) -> None:
        """Takes the invocations, oldest first; rows that stay keep their place and selection.

        Args:
            invocations: All that are known.
            touched: Those whose content may have changed.
        """
        wanted = list(reversed(invocations))
        if not wanted or not self._rows:
            self.beginResetModel()
            self._rows = wanted
            self.endResetModel()
            return
        rank = {id(invocation): number for number, invocation in enumerate(wanted)}
        self._remove([row for row, invocation in enumerate(self._rows) if id(invocation) not in rank])
        if any(rank[id(a)] > rank[id(b)] for a, b in zip(self._rows, self._rows[1:], strict=False)):
            self.beginResetModel()  # a line older than its invocation's first has come: rare
            self._rows = wanted
            self.endResetModel()
            return
        self._insert(wanted)
        changed = {id(invocation) for invocation in touched}
        self._changed(row for row, invocation in enumerate(self._rows) if id(invocation) in changed)

    def row_of(self, request_id: str) -> int:
        """The row of an invocation; -1 when it is not known."""
        return next((row for row, each in enumerate(self._rows) if each.request_id == request_id), -1)

    def _repaint(self) -> None:
        self._changed(range(len(self._rows)))

    def _remove(self, rows: list[int]) -> None:
        for row in reversed(rows):
            self.beginRemoveRows(_ROOT, row, row)
            del self._rows[row]
            self.endRemoveRows()

    def _insert(self, wanted: list[Invocation]) -> None:
        """Inserts what is new, in as few steps as there are gaps: usually one, at the top."""
        row = 0
        while row < len(wanted):
            if row < len(self._rows) and self._rows[row] is wanted[row]:
                row += 1
                continue
            stop = row
            known = self._rows[row] if row < len(self._rows) else None
            while stop < len(wanted) and wanted[stop] is not known:
                stop += 1
            self.beginInsertRows(_ROOT, row, stop - 1)
            self._rows[row:row] = wanted[row:stop]
            self.endInsertRows()
            row = stop

    def _changed(self, rows: Iterable[int]) -> None:
        for row in rows:
            self.dataChanged.emit(self.index(row, 0), self.index(row, OUTCOME))

    # What Qt asks -------------------------------------------------------------------------------------------

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

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
        invocation = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(invocation, index.column())
        if role == REQUEST_ID_ROLE:
            return invocation.request_id
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == OUTCOME:
            colors = self._theme.colors
            if invocation.error:
                return QColor(colors.danger)
            return QColor(colors.good if invocation.report else colors.muted)
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() == DURATION:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(part for part in (invocation.error, invocation.request_id) if part)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(self._text(invocation, column) for column in range(len(self._titles)))
        return None

    def _text(self, invocation: Invocation, column: int) -> str:
        if column == TIME:
            return invocation.start.astimezone().strftime("%m-%d %H:%M:%S")
        if column == DURATION:
            return f"{invocation.report.duration_ms:,.1f} ms" if invocation.report else ""
        if invocation.error:
            return self.tr("failed")
        return self.tr("succeeded") if invocation.report else self.tr("running")
