"""One message and one panel for all operations that a crash or a failure interrupted, whatever they were."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError, sentences
from workbench.core.files import is_locked
from workbench.core.jobs import JobContext, JobHandle, Progress
from workbench.core.messages import _
from workbench.ui.kit.dialog import Dialog, Question
from workbench.ui.kit.labels import progress_bar
from workbench.ui.kit.text import named, show_message, text_label, tool_tip
from workbench.ui.kit.text_size import scaled
from workbench.ui.shell.actions import ActionSpec
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
        self._panel: RecoveryPanel | None = None
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

        self._services.jobs.start(
            _("Checking for interrupted operations"),
            run,
            replaces="recovery.look",
            quiet=True,
            on_done=lambda looked: self._show(*looked),
            on_error=self._window.banners.show_error,
        )

    def open(self) -> None:
        """Shows the panel, and looks again: another window may have ended some."""
        self.look()
        if self._panel is not None:
            self._panel.raise_()
            self._panel.activateWindow()
        else:
            self._panel = panel = RecoveryPanel(self._window)
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
            title, guard = _("Finishing: {title}"), (_("Finish in Production"), _("Finish"))
        else:
            title, guard = _("Undoing: {title}"), (_("Undo in Production"), _("Undo"))
        title = title.format(title=shown.title)

        session = self._context.session
        chosen_as = session.profile.name, session.region

        def start() -> None:
            if entry in self.entries and entry.job is None:
                self._run(entry, connection, title, run)
            elif (session.profile.name, session.region) != chosen_as:
                self._say_switched(entry, *chosen_as)

        if shown.subject:
            words = f"{title}. {shown.choice}"
            self._context.confirm_name(
                connection, shown.subject, Guard(guard[0], words, guard[1]), start, window
            )
        else:
            start()

    def _say_switched(self, entry: Entry, profile_name: str, region: str) -> None:
        what = _("{title} was left as it is: the profile or region was switched while you were asked.")
        remedy = _("Choose {profile_name} in {region} to be offered it again.")
        self._window.banners.show_notice(
            what.format(title=entry.title),
            remedy.format(profile_name=profile_name, region=region),
            "warning",
            key=f"{_KEY}.switched",
        )

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
        entry.job = self._services.jobs.start(
            title,
            lambda ctx: run(connection, ctx),
            lane=entry.found.shown.lane if entry.found.shown else "",
            immediate=True,
            on_done=ended,
            on_error=failed,
            on_progress=progressed,
            on_cancelled=lambda: self._ended(entry, _("Cancelled."), "muted"),
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
        window = self._panel or self._window
        question = Question("discardInterrupted", title, words, _("Discard"), window, is_destructive=True)
        question.ask(lambda: self._discard(entry))

    def _discard(self, entry: Entry) -> None:
        found, what = entry.found, _("{title} was not discarded.").format(title=entry.title)
        done = _("Discarded. What it changed stays as it is.")
        entry.job = self._services.jobs.start(
            _("Discarding {title}").format(title=entry.title),
            lambda _ctx: found.journal.discard(found.file, what),
            quiet=True,
            on_done=lambda __: self._ended(entry, done, "info", is_over=True),
            on_error=lambda error: self._ended(entry, str(error), "danger"),
        )


_WIDTH, _MAX_LIST_HEIGHT = 640, 460
_SCROLL_BAR_PX = 12
_PAGE = 10  # rows that are made and laid out at once: hundreds would stall the window for a second
_STEPS = 1000


class RecoveryPanel(Dialog):
    """Lists them beside the window, which stays usable. Closing it decides nothing, and ends no work.

    Signals:
        finish_wanted: The Entry whose missing steps are to be made.
        undo_wanted: The Entry that is to be undone.
        discard_wanted: The Entry that is to be left as it is.
    """

    finish_wanted = Signal(object)
    undo_wanted = Signal(object)
    discard_wanted = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__("interruptions", _("Interrupted Operations"), parent)
        words = _(
            "Workbench closed or lost its connection before these were complete. "
            "Nothing changes until you decide."
        )
        self.content.addWidget(text_label("interruptionsWords", words, "muted"))
        self.setMinimumWidth(scaled(_WIDTH))
        self._entries: Sequence[Entry] = ()
        self._first = 0
        self._rows: dict[Entry, _Row] = {}
        self._numbers = 0
        inner = QWidget()
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(0, 0, _SCROLL_BAR_PX, 0)
        self._column.setSpacing(16)
        self._column.addStretch(1)
        self._scroll = scroll = named(QScrollArea(), "interruptionsList", _("Interrupted operations"))
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(inner)
        self.content.addWidget(scroll, 1)
        self._pages = self._make_pages()
        self.content.addWidget(self._pages)
        self.finish_layout(stretch=False)
        self.add_button("interruptionsClose", _("Close")).clicked.connect(self.reject)

    def show_entries(self, entries: "Sequence[Entry]") -> None:
        """Shows how each of them stands; of many, a page."""
        self._entries = entries
        self._show_page()

    def _show_page(self) -> None:
        count = len(self._entries)
        self._first = max(0, min(self._first, (count - 1) // _PAGE * _PAGE))
        entries = self._entries[self._first : self._first + _PAGE]
        words = _("{first}–{last} of {count}")
        last = self._first + len(entries)
        words = words.format(first=f"{self._first + 1:,}", last=f"{last:,}", count=f"{count:,}")
        show_message(self._page_text, words if count > _PAGE else "")
        self._previous.setEnabled(self._first > 0)
        self._next.setEnabled(last < count)
        self._pages.setVisible(count > _PAGE)
        for gone in [each for each in self._rows if each not in entries]:
            row = self._rows.pop(gone)
            self._column.removeWidget(row)
            row.setVisible(False)
            row.deleteLater()
        for place, entry in enumerate(entries):
            row = self._rows.get(entry) or self._add(entry)
            if self._column.indexOf(row) != place:
                self._column.insertWidget(place, row)
                row.setVisible(True)
            row.show_entry()
        show_message(self.state, "" if entries else _("No operation is interrupted."))
        self.resize_to_content()

    def focus_first(self) -> None:
        """Gives the keyboard to the first button that can be pressed."""
        buttons = (each for row in self._rows.values() for each in (row.finish, row.undo, row.discard))
        first = next((each for each in buttons if each.isEnabled() and each.isVisible()), None)
        if first is not None:
            first.setFocus()

    def show_work(self, entry: "Entry") -> None:
        """Shows how far the work on one of them is."""
        if entry in self._rows:
            self._rows[entry].show_work()

    def resize_to_content(self) -> None:
        """As high as its rows; many of them scroll."""
        margins = self.content.contentsMargins()
        width = max(self.width(), self.minimumWidth()) - margins.left() - margins.right() - _SCROLL_BAR_PX
        height, most = -self._column.spacing(), scaled(_MAX_LIST_HEIGHT)
        for row in self._rows.values():
            row.column.activate()
            height += self._column.spacing() + row.column.totalHeightForWidth(width)
            if height > most:
                break
        self._scroll.setMinimumHeight(max(0, min(most, height)))
        super().resize_to_content()

    def _make_pages(self) -> QWidget:
        """Which of many are shown, and the way to the others."""
        pages = QWidget()
        row = QHBoxLayout(pages)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self._page_text = text_label("interruptionsPage", role="muted")
        row.addWidget(self._page_text, 1)
        self._previous, self._next = (
            named(QPushButton(text), name, text)
            for name, text in (("interruptionsPrevious", _("Previous")), ("interruptionsNext", _("Next")))
        )
        for button, step in ((self._previous, -_PAGE), (self._next, _PAGE)):
            button.setAutoDefault(False)
            button.clicked.connect(lambda _checked=False, step=step: self._turn(step))
            row.addWidget(button)
        return pages

    def _turn(self, step: int) -> None:
        self._first += step
        self._show_page()
        self._scroll.verticalScrollBar().setValue(0)

    def _add(self, entry: "Entry") -> "_Row":
        row = self._rows[entry] = _Row(entry, f"interruption{self._numbers}")
        self._numbers += 1
        row.finish.clicked.connect(lambda: self.finish_wanted.emit(entry))
        row.undo.clicked.connect(lambda: self.undo_wanted.emit(entry))
        row.discard.clicked.connect(lambda: self.discard_wanted.emit(entry))
        return row


class _Row(QWidget):
    """One operation."""

    def __init__(self, entry: "Entry", name: str) -> None:
        super().__init__()
        named(self, name, entry.title)
        self._entry = entry
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(4)
        self._what, self._where, self._left, self._choice, self._state = (
            text_label(f"{name}{part}", role=role)
            for part, role in (
                ("What", "heading"),
                ("Where", "muted"),
                ("Left", ""),
                ("Choice", "muted"),
                ("State", ""),
            )
        )
        self._bar = progress_bar(f"{name}Progress")
        self.finish = self._button(f"{name}Finish", _("Finish"))
        self.undo = self._button(f"{name}Undo", _("Undo"))
        self.discard = self._button(f"{name}Discard", _("Discard…"))
        self.cancel = self._button(f"{name}Cancel", _("Cancel"))
        self.cancel.clicked.connect(self._cancel)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self._bar, 4)
        buttons.addStretch(1)
        for button in (self.finish, self.undo, self.discard, self.cancel):
            buttons.addWidget(button)
        for label in (self._what, self._where, self._left, self._choice, self._state):
            self.column.addWidget(label)
        self.column.addLayout(buttons)

    def show_entry(self) -> None:
        entry, found = self._entry, self._entry.found
        shown = found.shown
        what = entry.title if shown else _("{name}: its journal cannot be read").format(name=found.name)
        show_message(self._what, what, "heading")
        show_message(self._where, _where_text(entry), "muted")
        steps = ""
        if shown is not None and shown.steps:
            steps = _("Steps done: {done} of {count}.").format(
                done=f"{shown.steps_done:,}", count=f"{shown.steps:,}"
            )
        is_waiting = entry.job is None and not entry.is_over
        left = found.problem
        if shown is not None:  # what has lines of its own begins with one
            left = f"{steps}\n{shown.left}" if "\n" in shown.left else sentences(steps, shown.left)
        show_message(self._left, "" if entry.is_over else left, "")
        show_message(self._choice, _choice_text(entry) if is_waiting else "", "muted")
        refusals = _refusals(entry)
        for button, why in zip((self.finish, self.undo, self.discard), refusals, strict=True):
            button.setEnabled(not why)
            button.setToolTip(tool_tip(why))
            button.setVisible(is_waiting)
        self.show_work()

    def show_work(self) -> None:
        entry = self._entry
        handle, progress = entry.job, entry.progress
        for widget in (self._bar, self.cancel):
            widget.setVisible(handle is not None)
        if handle is None:
            show_message(self._state, entry.text, entry.tone)
            return
        known = progress.total > 0
        self._bar.setRange(0, _STEPS if known else 0)
        if known:
            self._bar.setValue(round(_STEPS * min(1, progress.done / progress.total)))
        show_message(
            self._state, _("Cancelling…") if handle.cancelling else progress.text or handle.job.title
        )
        self.cancel.setEnabled(not handle.cancelling)

    def _button(self, name: str, text: str) -> QPushButton:
        button = named(QPushButton(text), name, f"{text}: {self._entry.title}")
        button.setAutoDefault(False)
        return button

    def _cancel(self) -> None:
        if self._entry.job is not None:
            self._entry.job.cancel()
            self.show_work()


def _where_text(entry: "Entry") -> str:
    """When and where it began; the journal has the moment as ISO 8601, UTC."""
    found, time = entry.found, entry.found.when[:16].replace("T", " ")
    if found.account_id:
        words = _("Started on {time} UTC in {region}, account {account_id}.")
        return words.format(time=time, region=found.region, account_id=found.account_id)
    words = _("Started on {time} UTC.") if found.shown else _("Recorded on {time} UTC.")
    return words.format(time=time) if time else ""


def _refusals(entry: "Entry") -> tuple[str, str, str]:
    """Why it cannot be finished, undone and discarded; empty where it can."""
    found, shown = entry.found, entry.found.shown
    if shown is None:
        return found.problem, found.problem, ""
    ways = tuple(way if isinstance(way, str) else "" for way in (shown.finish, shown.undo))
    if not entry.is_here:
        elsewhere = _other_account_text(entry)
        return ways[0] or elsewhere, ways[1] or elsewhere, shown.kept
    return ways[0], ways[1], shown.kept


def _other_account_text(entry: "Entry") -> str:
    words = _(
        "It belongs to another account or region. Choose a profile of account {account_id} in {region}."
    )
    return words.format(account_id=entry.found.account_id, region=entry.found.region)


def _choice_text(entry: "Entry") -> str:
    """What the buttons do, and why some of them are off."""
    shown = entry.found.shown
    if shown is None:
        return _("It cannot be finished or undone. Discard deletes the journal.")
    lines = [shown.choice]
    if not entry.is_here:
        lines.append(_other_account_text(entry))
    for way, words in (
        (shown.finish, _("It cannot be finished: {why}")),
        (shown.undo, _("It cannot be undone: {why}")),
        (shown.kept, _("It cannot be discarded: {why}")),
    ):
        if isinstance(way, str) and way:
            lines.append(words.format(why=way))
    return "\n".join(filter(None, lines))
