"""Entries of the ledger as an item model, newest first."""

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from workbench.invoke.history_entry import HistoryEntry, InvocationOutcome
from workbench.ui.invoking.words import mode_text, outcome_text
from workbench.ui.kit.text import tool_tip
from workbench.ui.rows_model import HeadedTable
from workbench.ui.theme import Theme
from workbench.ui.units import duration_text

TIME, FUNCTION, VERSION, MODE, OUTCOME, DURATION, BILLED, MEMORY, EVENT, REQUEST = range(10)
WIDTHS = (155, 125, 90, 112, 165, 82, 76, 76, 105, 0)

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_NUMBERS = (DURATION, BILLED, MEMORY)


class LedgerModel(HeadedTable):
    """Shows the entries it was last given, without payloads and answers."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__((), parent)
        self._headers = (
            self.tr("Time"),
            self.tr("Function"),
            self.tr("Version"),
            self.tr("Type"),
            self.tr("Outcome"),
            self.tr("Duration"),
            self.tr("Billed"),
            self.tr("Memory"),
            self.tr("Event"),
            self.tr("Request ID"),
        )
        self._theme = theme
        self._rows: list[HistoryEntry] = []
        theme.changed.connect(self._repaint)

    def show(self, entries: Sequence[HistoryEntry]) -> None:
        """Replaces all rows."""
        self.beginResetModel()
        self._rows = list(entries)
        self.endResetModel()

    def add(self, entries: Sequence[HistoryEntry]) -> None:
        """Adds older ones."""
        if entries:
            begin = len(self._rows)
            self.beginInsertRows(_ROOT, begin, begin + len(entries) - 1)
            self._rows += entries
            self.endInsertRows()

    def entry(self, row: int) -> HistoryEntry:
        """An entry by its row."""
        return self._rows[row]

    def row_of(self, number: int) -> int:
        """The row of an entry; -1 when it is not shown."""
        return next((row for row, each in enumerate(self._rows) if each.number == number), -1)

    def _repaint(self) -> None:
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, REQUEST))

    # What Qt asks -------------------------------------------------------------------------------------------

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        entry, column = self._rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(entry, column)
        if role == Qt.ItemDataRole.ForegroundRole and column == OUTCOME:
            return QColor(self._color(entry.ended.outcome))
        if role == Qt.ItemDataRole.TextAlignmentRole and column in _NUMBERS:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ToolTipRole:
            return tool_tip(self._tip(entry, column)) or None
        return None

    def _tip(self, entry: HistoryEntry, column: int) -> str:
        if column == VERSION and entry.sent.code_sha256:
            return f"{self._text(entry, column)}\nCodeSha256 {entry.sent.code_sha256}"
        return entry.ended.error or self._text(entry, column)

    def _color(self, outcome: InvocationOutcome) -> str:
        colors = self._theme.colors
        if outcome is InvocationOutcome.SUCCEEDED:
            return colors.good
        return (
            colors.muted
            if outcome in (InvocationOutcome.SENT, InvocationOutcome.CANCELLED)
            else colors.danger
        )

    def _text(self, entry: HistoryEntry, column: int) -> str:
        sent, ended = entry.sent, entry.ended
        if column == TIME:
            return when_text(sent.started_at)
        if column == FUNCTION:
            return sent.function_name
        if column == VERSION:
            version, qualifier = ended.executed_version, sent.qualifier
            is_alias = qualifier and version and qualifier != version
            return f"{qualifier} ({version})" if is_alias else version or qualifier or "$LATEST"
        if column == MODE:
            return mode_text(sent.mode)
        if column == OUTCOME:
            words = outcome_text(ended.outcome)
            return f"{words}: {ended.error_type}" if ended.error_type else words
        if column == DURATION:
            taken = ended.duration_ms if ended.run_ms is None else ended.run_ms
            return duration_text(taken) if taken else ""
        if column == BILLED:
            return "" if ended.billed_ms is None else f"{ended.billed_ms:,.0f} ms"
        if column == MEMORY:
            return "" if ended.max_memory_mb is None else f"{ended.max_memory_mb:,} MB"
        if column == EVENT:
            return self.tr("redacted") if entry.redacted else sent.event_name
        return ended.request_id


def when_text(started_at: str) -> str:
    """A moment of the ledger, in local time."""
    try:
        return datetime.fromisoformat(started_at).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        return started_at
