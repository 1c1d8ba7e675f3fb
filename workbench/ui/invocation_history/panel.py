"""Invocations: what was invoked here, searched, and what can be done with it again."""

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QColor, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QMenu,
    QPushButton,
    QStackedLayout,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from workbench.core.messages import _
from workbench.invoke.history import HistoryEntry, InvocationOutcome
from workbench.ui.empty_state import EmptyState
from workbench.ui.invoking.labels import mode_text, outcome_text
from workbench.ui.kit.text import PlainLabel, tool_tip
from workbench.ui.named import named
from workbench.ui.plain_table import make_plain
from workbench.ui.rows_model import HeadedTable
from workbench.ui.services import Services
from workbench.ui.theme import Theme
from workbench.ui.units import duration_text

TIME, FUNCTION, VERSION, MODE, OUTCOME, DURATION, BILLED, MEMORY, EVENT, REQUEST = range(10)
WIDTHS = (155, 125, 90, 112, 165, 82, 76, 76, 105, 0)

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_NUMBERS = (DURATION, BILLED, MEMORY)

_ROW_HEIGHT = 24
_TYPED_MS = 200
THIS_FUNCTION, THIS_ACCOUNT, EVERYWHERE = range(3)
_FAILED = (InvocationOutcome.FUNCTION_ERROR, InvocationOutcome.REFUSED, InvocationOutcome.LOST)


class LedgerModel(HeadedTable):
    """Shows the entries it was last given, without payloads and answers."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__((), parent)
        self._headers = (
            _("Time"),
            _("Function"),
            _("Version"),
            _("Type"),
            _("Outcome"),
            _("Duration"),
            _("Billed"),
            _("Memory"),
            _("Event"),
            _("Request ID"),
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
            return _("redacted") if entry.redacted else sent.event_name
        return ended.request_id


def when_text(started_at: str) -> str:
    """The time of an entry, in local time."""
    try:
        return datetime.fromisoformat(started_at).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        return started_at


class LedgerPanel(QWidget):
    """Shows what it is given and says what is wanted; see flow.py.

    Signals:
        search_changed: Something else is looked for, or the panel was shown.
        more_wanted: The end of the list is in sight.
        open_wanted, replay_wanted, replay_version_wanted, compare_wanted, use_wanted, redact_wanted,
            delete_wanted: Something shall be done with what is selected.
        export_wanted: What matches shall be written to a file.
    """

    search_changed = Signal()
    more_wanted = Signal()
    open_wanted = Signal()
    replay_wanted = Signal()
    replay_version_wanted = Signal()
    compare_wanted = Signal()
    use_wanted = Signal()
    redact_wanted = Signal()
    delete_wanted = Signal()
    export_wanted = Signal()

    def __init__(self, services: Services) -> None:
        super().__init__()
        named(self, "ledgerPanel", _("Invocations"))
        self.search = named(QLineEdit(clearButtonEnabled=True), "ledgerSearch", _("Search invocations"))
        self.search.setPlaceholderText(_("Search payloads, responses, logs and request IDs"))
        self.scope = named(QComboBox(), "ledgerScope", _("Scope"))
        for title in (
            _("This function"),
            _("This account and region"),
            _("All accounts and regions"),
        ):
            self.scope.addItem(title)
        self.outcome = named(QComboBox(), "ledgerOutcome", _("Outcome"))
        self.outcome.addItem(_("All outcomes"), ())
        self.outcome.addItem(_("Not successful"), _FAILED)
        for each in InvocationOutcome:
            self.outcome.addItem(outcome_text(each), (each,))
        self.model = LedgerModel(services.theme, self)
        self.table = named(QTableView(), "ledgerTable", _("Invocations, newest first"))
        self.table.setModel(self.model)
        make_plain(self.table, _ROW_HEIGHT)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        for column, width in enumerate(WIDTHS):
            if width:
                self.table.setColumnWidth(column, width)
        self.table.horizontalHeader().setSectionResizeMode(REQUEST, QHeaderView.ResizeMode.Stretch)
        self.status = named(PlainLabel(), "ledgerWords", role="muted")
        self.empty = named(EmptyState(), "ledgerEmpty")
        self._lay_out()
        self._typed = QTimer(self, singleShot=True, interval=_TYPED_MS)
        self._typed.timeout.connect(self.search_changed)
        self.search.textChanged.connect(self._typed.start)
        self.scope.currentIndexChanged.connect(self.search_changed)
        self.outcome.currentIndexChanged.connect(self.search_changed)
        self.table.selectionModel().selectionChanged.connect(self._enable)
        self.model.modelReset.connect(self._enable)
        self.table.activated.connect(lambda _index: self.open_wanted.emit())
        self.table.verticalScrollBar().valueChanged.connect(self._scrolled)
        self.show_entries((), "")

    def _lay_out(self) -> None:
        self.buttons: dict[str, QPushButton] = {}
        top = QHBoxLayout()
        top.setContentsMargins(8, 6, 8, 6)
        top.setSpacing(8)
        top.addWidget(self.search, 1)
        top.addWidget(self.scope)
        top.addWidget(self.outcome)
        for name, title, tip, signal in (
            ("Open", _("Open"), _("Show the response and log (Enter)"), self.open_wanted),
            ("Again", _("Invoke Again"), _("Invoke with the same event"), self.replay_wanted),
            (
                "Against",
                _("Invoke Other Version…"),
                _("Invoke another version or alias with these events and compare the responses"),
                self.replay_version_wanted,
            ),
            ("Compare", _("Compare"), _("Compare two invocations"), self.compare_wanted),
        ):
            button = named(QPushButton(title), f"ledger{name}")
            button.setToolTip(tool_tip(tip))
            button.clicked.connect(signal)
            top.addWidget(button)
            self.buttons[name] = button
        self.more = named(QPushButton(_("More")), "ledgerMore")
        menu = named(QMenu(self), "ledgerMenu")
        self._row_actions = [
            self._action(menu, "use", _("Use as Test Event"), self.use_wanted),
            self._action(menu, "redact", _("Redact…"), self.redact_wanted),
            self._action(menu, "delete", _("Delete…"), self.delete_wanted),
        ]
        menu.addSeparator()
        self._action(menu, "export", _("Export as JSON Lines…"), self.export_wanted)
        self.more.setMenu(menu)
        top.addWidget(self.more)
        listed = QWidget()
        column = QVBoxLayout(listed)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.table, 1)
        foot = QHBoxLayout()
        foot.setContentsMargins(8, 2, 8, 4)
        foot.addWidget(self.status)
        column.addLayout(foot)
        self._stack = QStackedLayout()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(listed)
        self._listed = listed
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addLayout(self._stack, 1)

    def _action(self, menu: QMenu, name: str, title: str, signal: object) -> QAction:
        action = QAction(title, self)
        action.setObjectName(f"ledger.{name}")
        action.triggered.connect(lambda _checked=False: signal.emit())  # type: ignore[attr-defined]
        menu.addAction(action)
        return action

    def selected(self) -> list[HistoryEntry]:
        """The selected entries, from the top."""
        rows = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        return [self.model.entry(row) for row in rows]

    def outcomes(self) -> tuple[InvocationOutcome, ...]:
        """The outcomes that are looked for; empty for all."""
        found: tuple[InvocationOutcome, ...] = tuple(self.outcome.currentData() or ())
        return found

    def is_narrowed(self) -> bool:
        """Whether anything is searched or filtered by."""
        return bool(self.search.text().strip() or self.outcomes())

    def show_entries(self, entries: tuple[HistoryEntry, ...], words: str) -> None:
        """Shows entries; what is selected stays so where it is among them."""
        chosen = {entry.number for entry in self.selected()}
        self.model.show(entries)
        self.status.setText(words)
        if not entries:
            if self.is_narrowed():
                text = _("Change the search, or choose all outcomes.")
                self.empty.show_no_match(_("No invocations match"), text)
            else:
                text = _("Invocations that you make appear here.")
                self.empty.set_text(_("No invocations yet"), text)
        self._stack.setCurrentWidget(self._listed if entries else self.empty)
        selection = self.table.selectionModel()
        for number in chosen:
            if (row := self.model.row_of(number)) >= 0:
                flags = selection.SelectionFlag.Select | selection.SelectionFlag.Rows
                selection.select(self.model.index(row, 0), flags)
        self._enable()

    def show_no_scope(self) -> None:
        """Says that there is no function, or no account, whose invocations could be listed."""
        self.model.show(())
        if self.scope.currentIndex() == THIS_FUNCTION:
            self.empty.set_text(_("No function open"), _("Open a function to see its invocations."))
        else:
            self.empty.set_text(_("Not connected"), _("The account is not known yet."))
        self._stack.setCurrentWidget(self.empty)
        self._enable()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.search_changed.emit()

    def _scrolled(self, value: int) -> None:
        bar = self.table.verticalScrollBar()
        if bar.maximum() and value >= bar.maximum() - 5:
            self.more_wanted.emit()

    def _enable(self) -> None:
        chosen = self.selected()
        whole = [entry for entry in chosen if not entry.redacted]
        self.buttons["Open"].setEnabled(len(chosen) == 1)
        self.buttons["Again"].setEnabled(bool(whole) and len(whole) == len(chosen))
        functions = {(each.sent.account_id, each.sent.region, each.sent.function_name) for each in whole}
        self.buttons["Against"].setEnabled(len(functions) == 1 and len(whole) == len(chosen))
        self.buttons["Compare"].setEnabled(len(chosen) == 2)
        use, *others = self._row_actions
        use.setEnabled(len(whole) == len(chosen) == 1)
        for action in others:
            action.setEnabled(bool(chosen))
