"""One message and one panel for all operations that a crash or a failure interrupted, whatever they were."""

from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.files import is_locked
from workbench.core.jobs import Job, JobContext, JobHandle, Progress
from workbench.core.messages import _
from workbench.ui.action_spec import ActionSpec
from workbench.ui.features.recovery import panel as panels
from workbench.ui.kit.dialog import Question
from workbench.ui.shell.context import Context, Guard
from workbench.ui.shell.recovery import Ended, Found, InPlace, Opens

ACTION = "operations.interrupted"
_KEY = "interrupted"


def activate(context: Context) -> None:
    """Adds Interrupted Operations… to the menu, and looks for some whenever the session has connected."""
    operations = InterruptedOperations(context)
    spec = ActionSpec(
        ACTION, _("Interrupted Operations…"), icon="triangle-alert", when=ACTION, only_when_enabled=True
    )
    context.action(spec, operations.open, after="view.newest_message")


@dataclass(slots=True, eq=False)
class Entry:
    """One interrupted operation in the panel.

    Attributes:
        found: The operation.
        is_here: Whether it was in the account and region that are chosen.
        job: What finishes or undoes it now.
        progress: Of the job.
        text: How that ended; empty before.
        tone: Of the text.
        is_over: Whether it was finished, undone or discarded.
    """

    found: Found
    is_here: bool
    job: JobHandle | None = None
    progress: Progress = field(default_factory=Progress)
    text: str = ""
    tone: str = "muted"
    is_over: bool = False

    @property
    def title(self) -> str:
        """What it was."""
        return self.found.shown.title if self.found.shown else self.found.name


class InterruptedOperations(QObject):
    """Finds them, says that there are some, and finishes, undoes or discards them.

    Attributes:
        entries: Those of the chosen account and region first, each oldest first.
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._context, self._services, self._window = context, context.services, context.window
        self.entries: list[Entry] = []
        self._panel: panels.RecoveryPanel | None = None
        context.session.connected.connect(self.look)
        context.session.changed.connect(self._leave)
        context.window.operations_changed.connect(self.look)

    def look(self) -> None:
        """Looks for interrupted operations of all kinds."""
        if self._context.session.connection is None:
            return
        finders = tuple(self._context.recoveries)
        refused = [each.found.file for each in self.entries if each.text and not each.is_over]

        def run(_ctx: JobContext) -> tuple[tuple[Found, ...], frozenset[Path]]:
            found = tuple(chain.from_iterable(find() for find in finders))
            return found, frozenset(filter(is_locked, refused))

        self._services.jobs.submit(
            Job(
                _("Checking for interrupted operations"),
                run,
                replaces="recovery.look",
                quiet=True,
                on_done=lambda looked: self._show(*looked),
                on_error=self._window.banners.show_error,
            )
        )

    def open(self) -> None:
        """Shows the panel, and looks again: another window may have ended some."""
        self.look()
        if self._panel is not None:
            self._panel.raise_()
            self._panel.activateWindow()
        else:
            self._panel = panel = panels.RecoveryPanel(self._window)
            panel.finish_wanted.connect(lambda entry: self._end(entry, "finish"))
            panel.undo_wanted.connect(lambda entry: self._end(entry, "undo"))
            panel.discard_wanted.connect(self._ask_to_discard)
            panel.finished.connect(self._closed)
            panel.show_entries(self.entries)
            panel.show()
            panel.focus_first()
            self._update_message()

    def _closed(self) -> None:
        self._panel = None
        self.entries = [each for each in self.entries if not each.is_over]
        self._update_message()

    # What there is ------------------------------------------------------------------------------------------

    def _leave(self) -> None:
        """Another profile or region is chosen: keeps what is worked on, and what the panel says of others."""
        self._set_entries(self._staying())

    def _staying(self) -> list[Entry]:
        return [each for each in self.entries if each.job or (each.text and self._panel)]

    def _show(self, found: tuple[Found, ...], running: frozenset[Path]) -> None:
        """Shows what there is. What was refused because it runs in another window stays: it may fail."""
        known: dict[Path, Entry] = {each.found.file: each for each in self.entries}
        staying = self._staying()
        for each in found:
            entry = known.get(each.file) or Entry(each, is_here=False)
            entry.found = each
            if entry not in staying:
                staying.append(entry)
        left = running | {each.file for each in found}
        for entry in staying:
            entry.is_over = entry.job is None and entry.found.file not in left
        self._set_entries(staying)

    def _set_entries(self, entries: list[Entry]) -> None:
        for entry in entries:
            entry.is_here = self._is_here(entry.found)
        self.entries = sorted(entries, key=lambda entry: (not entry.is_here, entry.found.when))
        self._show_entries()
        self._update_message()

    def _is_here(self, found: Found) -> bool:
        connection = self._context.session.connection
        if not found.account_id:
            return True
        here = connection and (connection.account_id, connection.region)
        return (found.account_id, found.region) == here

    def _show_entries(self) -> None:
        if self._panel is not None:
            self._panel.show_entries(self.entries)

    def _update_message(self) -> None:
        """One message for all that can be decided here, until none is left, or the panel shows them."""
        self._context.set_condition(ACTION, is_met=bool(self.entries))
        waiting = [each for each in self.entries if each.is_here and not each.is_over and each.job is None]
        if not waiting or self._panel is not None:
            self._window.banners.dismiss(_KEY)
            return
        first, remedy = waiting[0], _("Finish, undo or discard it.")
        why = first.found.shown.left if first.found.shown else first.found.problem
        error = WorkbenchError(
            _("{title} was interrupted.").format(title=first.title), why, remedy, action=ACTION
        )
        if len(waiting) > 1:
            error = WorkbenchError(
                _("{count} operations were interrupted.").format(count=f"{len(waiting):,}"),
                f"{'; '.join(each.title for each in waiting)}.",
                _("Decide what happens to each."),
                action=ACTION,
            )
        self._window.banners.show_error(error, "warning", key=_KEY, decision=True)

    # What becomes of it -------------------------------------------------------------------------------------

    def _end(self, entry: Entry, way: Literal["finish", "undo"]) -> None:
        shown, connection = entry.found.shown, self._context.session.connection
        if shown is None or connection is None or entry.job is not None or not entry.is_here:
            return
        chosen = shown.finish if way == "finish" else shown.undo
        if isinstance(chosen, str):
            return
        if isinstance(chosen, Opens):
            if self._panel is not None:
                self._panel.close()
            chosen.open()
            return
        run, window = chosen, self._panel or self._window
        if way == "finish":
            title, guard = _("Finishing: {title}"), (_("Finish in production"), _("Finish"))
        else:
            title, guard = _("Undoing: {title}"), (_("Undo in production"), _("Undo"))
        title = title.format(title=shown.title)

        def start() -> None:
            if entry in self.entries and entry.job is None:
                self._run(entry, connection, title, run)

        if shown.subject:
            words = f"{title}. {shown.choice}"
            self._context.confirm_name(
                connection, shown.subject, Guard(guard[0], words, guard[1]), start, window
            )
        else:
            start()

    def _run(self, entry: Entry, connection: Connection, title: str, run: InPlace) -> None:
        def progressed(progress: Progress) -> None:
            entry.progress = progress
            if self._panel is not None:
                self._panel.show_work(entry)

        def ended(end: Ended) -> None:
            self._ended(entry, end.text, end.tone, is_over=True)
            end.then()

        def failed(error: WorkbenchError) -> None:
            self._ended(entry, str(error), "danger")
            if self._panel is None:
                self._window.banners.show_error(error)
            self._context.remember(ACTION, error)

        entry.text, entry.progress = "", Progress()
        entry.job = self._services.jobs.submit(
            Job(
                title,
                lambda ctx: run(connection, ctx),
                lane=entry.found.shown.lane if entry.found.shown else "",
                immediate=True,
                on_done=ended,
                on_error=failed,
                on_progress=progressed,
                on_cancelled=lambda: self._ended(entry, _("Cancelled."), "muted"),
            )
        )
        self._show_entries()
        self._update_message()

    def _ended(self, entry: Entry, text: str, tone: str, *, is_over: bool = False) -> None:
        entry.job, entry.text, entry.tone, entry.is_over = None, text, tone, is_over
        self._show_entries()
        if is_over and self._panel is None:
            self._window.banners.show_notice(entry.title, text, tone, key=f"{_KEY}.ended")
            self.entries = [each for each in self.entries if each is not entry]
        self.look()

    def _ask_to_discard(self, entry: Entry) -> None:
        words = _("Workbench forgets how far it came. What it changed in AWS stays as it is.")
        if entry.found.shown is not None:
            words += " " + entry.found.shown.left
        title = _("Discard {title}?").format(title=entry.title)
        question = Question("discardInterrupted", title, words, _("Discard"), self._panel or self._window)
        question.ask(lambda: self._discard(entry))

    def _discard(self, entry: Entry) -> None:
        found, what = entry.found, _("{title} was not discarded.").format(title=entry.title)
        done = _("Discarded. What it changed stays as it is.")
        entry.job = self._services.jobs.submit(
            Job(
                _("Discarding {title}").format(title=entry.title),
                lambda _ctx: found.journal.discard(found.file, what),
                quiet=True,
                on_done=lambda __: self._ended(entry, done, "info", is_over=True),
                on_error=lambda error: self._ended(entry, str(error), "danger"),
            )
        )
