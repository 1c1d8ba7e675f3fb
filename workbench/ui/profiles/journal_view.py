"""The History tab: what Workbench changed in the files, and what another program has undone since."""

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.profiles.write import EditJournal, Effect, JournalEntry
from workbench.ui.empty_state import EmptyState
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import PlainLabel
from workbench.ui.named import named
from workbench.ui.services import Services
from workbench.ui.theme import monospace

HISTORY_JOB = "profiles.history"


@dataclass(frozen=True, slots=True)
class History:
    """The journal, and the ids of entries whose effect is gone."""

    entries: tuple[JournalEntry, ...]
    overwritten: frozenset[str]


def read_history(journal: EditJournal, _ctx: JobContext) -> History:
    """Reads it, and looks what the files hold now. For a worker thread."""
    return History(journal.entries(), frozenset(entry.id for entry in journal.overwritten()))


class JournalView(QWidget):
    """The entries, newest first, and what the chosen one did.

    Signals:
        reapply_wanted: The JournalEntry to make again.
        overwritten: How many entries another program has undone; emitted after each reading.
    """

    reapply_wanted = Signal(object)
    overwritten = Signal(int)

    def __init__(self, services: Services, journal: EditJournal) -> None:
        super().__init__()
        named(self, "profileHistory", _("History"))
        self._services = services
        self._journal = journal
        self._history = History((), frozenset())
        columns = (
            Column[JournalEntry](_("Time"), lambda each: f"{each.when.astimezone():%Y-%m-%d %H:%M:%S}", 170),
            Column[JournalEntry](_("Change"), lambda each: each.title),
            Column(_("State"), self._state, 220),
        )
        self.table = Table("historyTable", _("Changes"), columns, identity=lambda each: each.id)
        self.effects = named(QPlainTextEdit(readOnly=True), "historyEffects", _("Change"))
        self.effects.setFont(monospace())
        self.effects.setTabChangesFocus(True)
        self._said = named(PlainLabel(), "historySaid", role="muted")
        self._said.setWordWrap(True)
        self.reapply = named(QPushButton(_("Re-apply…")), "historyReapply", role="primary")
        self.leave = named(QPushButton(_("Ignore")), "historyLeave")
        self.leave.setToolTip(_("Stop reporting this change as undone"))
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self._said, 1)
        buttons.addWidget(self.leave)
        buttons.addWidget(self.reapply)
        halves = named(QSplitter(Qt.Orientation.Vertical), "historySplitter")
        halves.setChildrenCollapsible(False)
        halves.addWidget(self.table)
        halves.addWidget(self.effects)
        halves.setSizes([300, 160])
        filled = QWidget()
        column = QVBoxLayout(filled)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addWidget(halves, 1)
        column.addLayout(buttons)
        empty = named(EmptyState(services.icons, "file-text"), "historyEmpty")
        empty.set_text(
            _("No changes yet"),
            _("Changes that you make to the AWS files here are recorded without secrets."),
        )
        self._stack = QStackedLayout(self)
        self._stack.addWidget(empty)
        self._stack.addWidget(filled)
        self.table.chosen_changed.connect(self._row_changed)
        self.reapply.clicked.connect(self._reapply)
        self.leave.clicked.connect(self._leave)

    def refresh(self) -> None:
        """Reads the journal again."""
        self._services.jobs.submit(
            Job(
                _("Reading the history of changes"),
                lambda ctx: read_history(self._journal, ctx),
                replaces=HISTORY_JOB,
                quiet=True,
                on_done=self._show,
            )
        )

    def _show(self, history: History) -> None:
        self._history = history
        self.table.set_rows(history.entries)
        self.table.rows.repaint(2)
        self._stack.setCurrentIndex(1 if history.entries else 0)
        if history.entries and self.table.current() is None:
            self.table.selectRow(0)
        self._row_changed()
        self.overwritten.emit(len(history.overwritten))

    def _state(self, entry: JournalEntry) -> str:
        gone = entry.id in self._history.overwritten
        return _("Undone by another program") if gone else _("Saved")

    def _row_changed(self) -> None:
        entry = self.table.current()
        gone = entry is not None and entry.id in self._history.overwritten
        self.reapply.setEnabled(gone)
        self.leave.setEnabled(gone)
        self._said.setText(_("Another program saved the file without this change.") if gone else "")
        self.effects.setPlainText(effects_text(entry.effects) if entry else "")

    def _reapply(self) -> None:
        if (entry := self.table.current()) is not None:
            self.reapply_wanted.emit(entry)

    def _leave(self) -> None:
        entry = self.table.current()
        if entry is None:
            return
        self._services.jobs.submit(
            Job(
                _("Saving the history of changes"),
                lambda _ctx: self._journal.forget(entry),
                quiet=True,
                on_done=lambda __: self.refresh(),
            )
        )


def effects_text(effects: tuple[Effect, ...]) -> str:
    """What an entry did, section by section, like a diff. The journal holds no secret."""
    lines: list[str] = []
    place = ("", "")
    for effect in sorted(effects, key=lambda each: (str(each.path), each.section, each.option)):
        header = f"[{effect.section}]"
        if not effect.option:
            lines.append(f"+ {header}" if effect.before is None else f"- {header}")
            place = (str(effect.path), effect.section)
            continue
        if place != (str(effect.path), effect.section):
            place = (str(effect.path), effect.section)
            lines.append(f"  {header}  {effect.path}")
        if effect.before is not None:
            lines.append(f"-   {effect.option} = {effect.before}")
        if effect.after is not None:
            lines.append(f"+   {effect.option} = {effect.after}")
    return "\n".join(lines)
