"""Every change of the files, the same way: make the edits, show what they do, write them when told so."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.profiles.edit_journal import JournalEntry
from workbench.profiles.ini_editor import FileEdits
from workbench.profiles.write import ConfigWriter, preview
from workbench.ui.profiles.diff_dialog import DiffDialog
from workbench.ui.services import Services

_LANE = "profiles.write"
PREVIEW_JOB = "profiles.preview"


@dataclass(frozen=True, slots=True)
class Change:
    """A change that somebody wants.

    Attributes:
        title: What it is, for the dialog, the status bar and the journal: "Rename dev to work".
        make: The edits, on a worker thread, from what the files hold then.
        done: Called when it is written.
        warning: What a person should know before saying yes.
        parent: The dialog that wants it, which stays open meanwhile; None for the window.
        failed: Hears why it was not made, instead of the flow's signal.
    """

    title: str
    make: Callable[[], tuple[FileEdits, ...]]
    done: Callable[[], object] = lambda: None
    warning: str = ""
    parent: QWidget | None = None
    failed: Callable[[WorkbenchError], object] | None = None


class ChangeFlow(QObject):
    """Leads through changes, one after the other.

    Signals:
        written: The JournalEntry of a change that was made.
        failed: Why one was not made.
        nothing: The title of a change that would change nothing.
    """

    written = Signal(object)
    failed = Signal(WorkbenchError)
    nothing = Signal(str)

    def __init__(self, services: Services, writer: ConfigWriter, window: QWidget) -> None:
        super().__init__(window)
        self._services = services
        self._writer = writer
        self._window = window

    def propose(self, change: Change) -> None:
        """Makes the edits and asks for a yes."""

        def run(_ctx: JobContext) -> tuple[tuple[FileEdits, ...], str]:
            edits = change.make()
            return edits, preview(edits)

        self._services.jobs.submit(
            Job(
                change.title,
                run,
                replaces=PREVIEW_JOB,
                quiet=True,
                on_done=lambda made: self._ask(change, *made),
                on_error=lambda error: self._fail(change, error),
            )
        )

    def _fail(self, change: Change, error: WorkbenchError) -> None:
        if change.failed is not None and _is_open(change.parent):
            change.failed(error)
        else:
            self.failed.emit(error)

    def _ask(self, change: Change, edits: tuple[FileEdits, ...], diff: str) -> None:
        if change.parent is not None and not _is_open(change.parent):
            return  # the person has given up meanwhile
        if not diff:
            self.nothing.emit(change.title)
            change.done()
            return
        parent = change.parent or self._window
        dialog = DiffDialog(change.title, diff, self._services.theme, parent, change.warning)
        dialog.accepted.connect(lambda: self._write(change, edits))
        dialog.open()

    def _write(self, change: Change, edits: tuple[FileEdits, ...]) -> None:
        self._services.jobs.submit(
            Job(
                change.title,
                lambda ctx: self._writer.write(edits, change.title, ctx),
                lane=_LANE,
                on_done=lambda entry: self._done(change, entry),
                on_error=lambda error: self._fail(change, error),
            )
        )

    def _done(self, change: Change, entry: JournalEntry) -> None:
        change.done()
        self.written.emit(entry)


def _is_open(dialog: QWidget | None) -> bool:
    """Whether a dialog, which deletes itself when it is closed, is still there."""
    return dialog is not None and isValid(dialog) and dialog.isVisible()
