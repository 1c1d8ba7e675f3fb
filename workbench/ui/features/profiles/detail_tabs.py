"""Two tabs of a profile's details: why its credentials are those that they are, and what was changed."""

from collections.abc import Callable, Mapping
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

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.profiles.explain import Explanation, ProviderRow, explain
from workbench.profiles.model import Profile, ProfileKind
from workbench.profiles.write import EditJournal, Effect, JournalEntry
from workbench.ui.kit.empty import EmptyState
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import PlainLabel, named
from workbench.ui.kit.theme import monospace
from workbench.ui.shell.services import Services

EXPLAIN_JOB = "profiles.explain"
_COLORS = {"wins": "good", "shadowed": "warning", "removed": "muted", "absent": "muted"}


class WhyPanel(QWidget):
    """A sentence and a table in the SDK's order."""

    def __init__(self, services: Services, environ: Mapping[str, str]) -> None:
        super().__init__()
        self._services = services
        self._environ = environ
        named(self, "whyPanel", _("Credential source"))
        self._said = named(PlainLabel(), "whySaid")
        self._said.setWordWrap(True)
        note = named(
            PlainLabel(
                _("The SDK checks these sources in order and uses the first credentials that it finds.")
            ),
            "whyNote",
            role="muted",
        )
        note.setWordWrap(True)
        columns = (
            self._column(_("Source"), lambda row: row.title, 250, bold=True),
            self._column(_("State"), _state_text, 80, bold=True, tone=lambda row: _COLORS[row.state]),
            self._column(_("Location"), _location, 150, full=lambda row: row.where),
            self._column(_("Explanation"), lambda row: row.why),
        )
        self.table = Table("whyTable", _("Credential sources"), columns, theme=services.theme, wraps=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(8)
        layout.addWidget(self._said)
        layout.addWidget(note)
        layout.addWidget(self.table, 1)

    def explain(self, profile: Profile | None) -> None:
        """Finds out, and shows it."""
        self._services.jobs.drop(EXPLAIN_JOB)
        if profile is None:
            self.show_message("")
            return
        if profile.kind is ProfileKind.SANDBOX:
            self.show_message(_("The Sandbox has its own access key, which works only on this computer."))
            return
        name, environ = profile.name, self._environ

        def run(_ctx: JobContext) -> Explanation:
            return explain(name, environ)

        self._services.jobs.start(
            _("Finding the credential source"),
            run,
            replaces=EXPLAIN_JOB,
            quiet=True,
            on_done=self.show_explanation,
            on_error=self.show_failure,
        )

    def show_explanation(self, found: Explanation) -> None:
        """Shows it."""
        if found.winner is None:
            words = _("No source has credentials for {profile_name}, so this profile cannot be used.")
            self._said.setText(words.format(profile_name=found.profile_name))
        else:
            words = _("{profile_name} gets its credentials from: {title}.")
            title = found.winner.title[0].lower() + found.winner.title[1:]
            self._said.setText(words.format(profile_name=found.profile_name, title=title))
        self.table.set_rows(found.rows)

    def show_message(self, text: str) -> None:
        """Shows a text instead of an explanation."""
        self._said.setText(text)
        self.table.set_rows(())

    def show_failure(self, error: WorkbenchError) -> None:
        """Shows why there is no explanation."""
        self.show_message(str(error))

    @staticmethod
    def _column(
        title: str,
        text: Callable[[ProviderRow], str],
        width: int = 0,
        *,
        bold: bool = False,
        tone: Callable[[ProviderRow], str] | None = None,
        full: Callable[[ProviderRow], str] | None = None,
    ) -> Column[ProviderRow]:
        """The source in use is bold; sources without credentials are muted."""

        def is_bold(row: ProviderRow) -> bool:
            return bold and row.state == "wins"

        return Column(title, text, width, bold=is_bold, tone=tone or _muted, full=full)


def _muted(row: ProviderRow) -> str:
    return "muted" if row.state in ("absent", "removed") else ""


def _location(row: ProviderRow) -> str:
    path, __, name = row.where.rpartition("/")
    return name if path else row.where


def _state_text(row: ProviderRow) -> str:
    return {
        "wins": _("Used"),
        "shadowed": _("Overridden"),
        "removed": _("Skipped"),
        "absent": _("Not found"),
    }[row.state]


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
        self._services.jobs.start(
            _("Reading the history of changes"),
            lambda ctx: read_history(self._journal, ctx),
            replaces=HISTORY_JOB,
            quiet=True,
            on_done=self._show,
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
        self._services.jobs.start(
            _("Saving the history of changes"),
            lambda _ctx: self._journal.forget(entry),
            quiet=True,
            on_done=lambda __: self.refresh(),
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
