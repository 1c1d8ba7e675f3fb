"""Invocations: what was invoked here, searched, and what can be done with it again."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QPushButton,
    QSplitter,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from workbench.code.text import unified
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobHandle
from workbench.core.messages import _
from workbench.invoke.history import HistoryEntry, InvocationOutcome
from workbench.invoke.payload import TIMEOUT_TYPES
from workbench.invoke.run import ReplayPair, error_text, figures
from workbench.ui.editor.fallback import PlainComparison
from workbench.ui.kit.bars import OverflowRow
from workbench.ui.kit.choices import CalmChoice
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.empty import EmptyState
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import PlainLabel, PlainLine, PlainMenu, duration_text, named, text_label, tool_tip
from workbench.ui.kit.text_size import scaled
from workbench.ui.kit.theme import monospace
from workbench.ui.result.answer_view import answer_text
from workbench.ui.result.panel import mode_text, outcome_text
from workbench.ui.shell.services import Services

TIME, FUNCTION, VERSION, MODE, OUTCOME, DURATION, BILLED, MEMORY, EVENT, REQUEST = range(10)

_ROW_HEIGHT = 24
_MIN_SEARCH_WIDTH = 220  # px at the usual size of text
_TYPED_MS = 200
THIS_FUNCTION, THIS_ACCOUNT, EVERYWHERE = range(3)
_FAILED = (InvocationOutcome.FUNCTION_ERROR, InvocationOutcome.REFUSED, InvocationOutcome.LOST)


def _columns() -> tuple[Column[HistoryEntry], ...]:
    def column(
        title: str, text: Callable[[HistoryEntry], str], width: int, *, is_number: bool = False
    ) -> Column[HistoryEntry]:
        def tip(entry: HistoryEntry) -> str:
            return entry.ended.error or text(entry)

        return Column(title, text, width, tip=tip, is_number=is_number)

    return (
        column(_("Time"), lambda entry: when_text(entry.sent.started_at), 155),
        column(_("Function"), lambda entry: entry.sent.function_name, 125),
        replace(column(_("Version"), _version, 90), tip=_version_tip),
        column(_("Type"), lambda entry: mode_text(entry.sent.mode), 112),
        replace(column(_("Outcome"), _outcome, 165), tone=_tone),
        column(_("Duration"), _duration, 82, is_number=True),
        column(_("Billed"), lambda entry: _number(entry.ended.billed_ms, "ms"), 76, is_number=True),
        column(_("Memory"), lambda entry: _number(entry.ended.max_memory_mb, "MB"), 76, is_number=True),
        column(_("Event"), lambda entry: _("redacted") if entry.redacted else entry.sent.event_name, 105),
        column(_("Request ID"), lambda entry: entry.ended.request_id, 0),
    )


def _version(entry: HistoryEntry) -> str:
    version, qualifier = entry.ended.executed_version, entry.sent.qualifier
    is_alias = qualifier and version and qualifier != version
    return f"{qualifier} ({version})" if is_alias else version or qualifier or "$LATEST"


def _version_tip(entry: HistoryEntry) -> str:
    if entry.sent.code_sha256:
        return f"{_version(entry)}\nCodeSha256 {entry.sent.code_sha256}"
    return entry.ended.error or _version(entry)


def _outcome(entry: HistoryEntry) -> str:
    if entry.ended.error_type in TIMEOUT_TYPES:
        return _("Timed out")
    words = outcome_text(entry.ended.outcome)
    return f"{words}: {entry.ended.error_type}" if entry.ended.error_type else words


def _tone(entry: HistoryEntry) -> str:
    outcome = entry.ended.outcome
    if outcome is InvocationOutcome.SUCCEEDED:
        return "good"
    is_open = outcome in (InvocationOutcome.SENT, InvocationOutcome.CANCELLED)
    return "muted" if is_open else "danger"


def _duration(entry: HistoryEntry) -> str:
    taken = entry.ended.duration_ms if entry.ended.run_ms is None else entry.ended.run_ms
    return duration_text(taken) if taken else ""


def _number(value: float | None, unit: str) -> str:
    return "" if value is None else f"{value:,.0f} {unit}"


def when_text(started_at: str) -> str:
    """The time of an entry, in local time."""
    try:
        return datetime.fromisoformat(started_at).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        return started_at


class InvocationsPanel(QWidget):
    """Shows what it is given and says what is wanted; see feature.py.

    Signals:
        search_changed: Something else is looked for, or the panel was shown.
        more_wanted: The end of the list is in sight.
        open_wanted, replay_wanted, replay_version_wanted, compare_wanted, use_wanted, redact_wanted,
            delete_wanted: Something shall be done with what is selected.
        export_wanted: What matches shall be written to a file.
        failed: The list could not be exported.
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
    failed = Signal(WorkbenchError)

    def __init__(self, services: Services) -> None:
        super().__init__()
        named(self, "ledgerPanel", _("Invocations"))
        self._jobs = services.jobs
        self.search = named(PlainLine(clearButtonEnabled=True), "ledgerSearch", _("Search invocations"))
        self.search.setPlaceholderText(_("Search payloads, responses, logs and request IDs"))
        self.scope = named(CalmChoice(), "ledgerScope", _("Scope"))
        for title in (_("This function"), _("This account and region"), _("All accounts and regions")):
            self.scope.addItem(title)
        self.outcome = named(CalmChoice(), "ledgerOutcome", _("Outcome"))
        self.outcome.addItem(_("All outcomes"), ())
        self.outcome.addItem(_("Not successful"), _FAILED)
        for each in InvocationOutcome:
            self.outcome.addItem(outcome_text(each), (each,))
        self.table = Table(
            "ledgerTable",
            _("Invocations, newest first"),
            _columns(),
            identity=lambda entry: entry.number,
            theme=services.theme,
            row_height=_ROW_HEIGHT,
            several=True,
        )
        self.model = self.table.rows
        self.status = named(PlainLabel(), "ledgerWords", role="muted")
        self.empty = named(EmptyState(), "ledgerEmpty")
        self._lay_out()
        self._typed = QTimer(self, singleShot=True, interval=_TYPED_MS)
        self._typed.timeout.connect(self.search_changed)
        self.search.textChanged.connect(self._typed.start)
        self.scope.currentIndexChanged.connect(self.search_changed)
        self.outcome.currentIndexChanged.connect(self.search_changed)
        self.table.chosen_changed.connect(self._enable)
        self.table.activated.connect(lambda _index: self.open_wanted.emit())
        self.table.verticalScrollBar().valueChanged.connect(self._scrolled)
        self.show_entries((), "")

    def _lay_out(self) -> None:
        self.buttons: dict[str, QPushButton] = {}
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
            self.buttons[name] = button
        self.more = named(QPushButton(_("More")), "ledgerMore")
        menu = named(PlainMenu(self), "ledgerMenu")
        self._row_actions = [
            self._action(menu, "use", _("Use as Test Event"), self.use_wanted),
            self._action(menu, "redact", _("Redact…"), self.redact_wanted),
            self._action(menu, "delete", _("Delete…"), self.delete_wanted),
        ]
        menu.addSeparator()
        self._action(menu, "export", _("Export as JSON Lines…"), self.export_wanted)
        menu.addAction(self.table.offer_export(self._jobs, self.failed.emit))
        self.more.setMenu(menu)
        self.search.setMinimumWidth(scaled(_MIN_SEARCH_WIDTH))
        top = OverflowRow(self.more, (self.buttons["Compare"], self.buttons["Against"]))
        top.add(self.search, 1)
        for widget in (self.scope, self.outcome, *self.buttons.values(), self.more):
            top.add(widget)
        around = QHBoxLayout()
        around.setContentsMargins(8, 6, 8, 6)
        around.addWidget(top)
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
        layout.addLayout(around)
        layout.addLayout(self._stack, 1)

    def _action(self, menu: QMenu, name: str, title: str, signal: object) -> QAction:
        action = QAction(title, self)
        action.setObjectName(f"ledger.{name}")
        action.triggered.connect(lambda _checked=False: signal.emit())  # type: ignore[attr-defined]
        menu.addAction(action)
        return action

    def selected(self) -> list[HistoryEntry]:
        """The selected entries, from the top."""
        return list(self.table.chosen())

    def outcomes(self) -> tuple[InvocationOutcome, ...]:
        """The outcomes that are looked for; empty for all."""
        found: tuple[InvocationOutcome, ...] = tuple(self.outcome.currentData() or ())
        return found

    def is_narrowed(self) -> bool:
        """Whether anything is searched or filtered by."""
        return bool(self.search.text().strip() or self.outcomes())

    def show_entries(self, entries: tuple[HistoryEntry, ...], words: str) -> None:
        """Shows entries; what is selected stays so where it is among them."""
        self.model.set_rows(entries)
        self.status.setText(words)
        if not entries:
            if self.is_narrowed():
                text = _("Change the search, or choose all outcomes.")
                self.empty.show_no_match(_("No invocations match"), text)
            else:
                text = _("Invocations that you make appear here.")
                self.empty.set_text(_("No invocations yet"), text)
        self._stack.setCurrentWidget(self._listed if entries else self.empty)
        self._enable()

    def show_no_scope(self) -> None:
        """Says that there is no function, or no account, whose invocations could be listed."""
        self.model.set_rows(())
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


_SIZE = QSize(1000, 620)
_COMPARED_ROW_HEIGHT, _HEADER_HEIGHT = 26, 40
_MIN_COMPARED, _MAX_COMPARED = 4, 8  # rows that are visible at first
_MAX_SHOWN = 200_000


class CompareDialog(Dialog):
    """One row a pair; the differences of the chosen one below.

    Args:
        services: For comparing, off the main thread.
        title: What was done.
        summary: How it went, in a sentence.
        pairs: At least one.
        parent: The window.
    """

    def __init__(
        self, services: Services, title: str, summary: str, pairs: Sequence[ReplayPair], parent: QWidget
    ) -> None:
        super().__init__("ledgerComparison", "", parent)
        self.set_title(title)
        self.setSizeGripEnabled(True)
        self._services, self._pairs = services, tuple(pairs)
        self._job: JobHandle | None = None
        self.content.addWidget(text_label("comparisonSummary", summary))
        columns = (
            Column[ReplayPair](_("Event"), _event_text, 190),
            Column[ReplayPair](_("Before"), lambda pair: _side(pair.before), 200),
            Column[ReplayPair](_("After"), lambda pair: _side(pair.after), 200),
            Column(_("Duration"), _duration_change, 120),
            Column(_("Memory"), _memory_change, 120),
            Column[ReplayPair](_("Response"), lambda pair: _("Unchanged") if pair.is_same else _("Differs")),
        )
        self.table = Table("comparisonTable", _("Invocations, before and after"), columns, identity=id)
        self.text = PlainComparison(self)
        self.text.setFont(monospace())
        self.text.setTabChangesFocus(True)
        self.text.show()
        split = named(QSplitter(Qt.Orientation.Vertical), "comparisonSplitter", role="framed")
        split.addWidget(self.table)
        split.addWidget(self.text)
        split.setChildrenCollapsible(False)
        rows = min(max(len(self._pairs), _MIN_COMPARED), _MAX_COMPARED)
        high = rows * scaled(_COMPARED_ROW_HEIGHT) + _HEADER_HEIGHT
        split.setSizes([high, max(200, _SIZE.height() - high)])
        self.content.addWidget(split, 1)
        self.finish_layout(stretch=False)
        self.add_button("comparisonClose", _("Close"), "primary").clicked.connect(self.accept)
        self.resize(_SIZE)
        self.table.set_rows(self._pairs)
        self.table.selectionModel().currentRowChanged.connect(lambda now, _old: self._show(now.row()))
        self.finished.connect(lambda _answer: self._job.drop() if self._job is not None else None)
        self.table.selectRow(0)

    def resize_to_content(self) -> None:
        """Keeps its size: the text takes what room there is."""

    def _show(self, row: int) -> None:
        if self._job is not None:
            self._job.drop()
        if row < 0:
            return
        pair = self._pairs[row]
        self.text.setPlainText(_("Comparing…"))
        self._job = self._services.jobs.start(
            _("Comparing two responses"),
            lambda _ctx: unified(_answer(pair.before), _answer(pair.after))[:_MAX_SHOWN],
            quiet=True,
            on_done=lambda lines: self.text.setPlainText(lines or _("The responses are identical.")),
        )


def _event_text(pair: ReplayPair) -> str:
    return pair.before.sent.event_name or when_text(pair.before.sent.started_at)


def _duration_change(pair: ReplayPair) -> str:
    before, after = dict(figures(pair.before.ended)), dict(figures(pair.after.ended))
    taken = "run_ms" if before["run_ms"] is not None and after["run_ms"] is not None else "duration_ms"
    return _change(before[taken], after[taken], "ms")


def _memory_change(pair: ReplayPair) -> str:
    before, after = dict(figures(pair.before.ended)), dict(figures(pair.after.ended))
    return _change(before["max_memory_mb"], after["max_memory_mb"], "MB")


def _side(entry: HistoryEntry) -> str:
    """Version and outcome."""
    ended = entry.ended
    version = ended.executed_version or entry.sent.qualifier or "$LATEST"
    return " · ".join(part for part in (version, outcome_text(ended.outcome), ended.error_type) if part)


def _change(before: float | None, after: float | None, unit: str) -> str:
    """Two figures: "12 → 8 ms"."""
    if before is None or after is None:
        return "–"
    return f"{before:,.0f} → {after:,.0f} {unit}"


def _answer(entry: HistoryEntry) -> str:
    """The answer, laid out, so that lines can be compared; what was said where there is none."""
    ended = entry.ended
    if ended.outcome is InvocationOutcome.FUNCTION_ERROR:
        return error_text(ended)
    return answer_text(ended.answer, None)[0] if ended.answer else ended.error
