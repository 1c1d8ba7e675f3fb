"""Every change of the files, the same way: make the edits, show what they do, write them when told so."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.profiles.edit_records import JournalEntry
from workbench.profiles.edits import FileEdits
from workbench.profiles.write import ConfigWriter, preview
from workbench.ui.profiles.diff_dialog import DiffDialog
from workbench.ui.services import Services

_LANE = "profiles.write"


@dataclass(frozen=True, slots=True)
class Change:
    """A change that somebody wants.

    Attributes:
        title: What it is, for the dialog, the status bar and the journal: "Rename dev to work".
        make: The edits, on a worker thread, from what the files hold then.
        done: Called when it is written.
        warning: What a person should know before saying yes.
    """

    title: str
    make: Callable[[], tuple[FileEdits, ...]]
    done: Callable[[], object] = lambda: None
    warning: str = ""


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
                replaces="profiles.preview",
                quiet=True,
                on_done=lambda made: self._ask(change, *made),
                on_error=self.failed.emit,
            )
        )

    def _ask(self, change: Change, edits: tuple[FileEdits, ...], diff: str) -> None:
        if not diff:
            self.nothing.emit(change.title)
            change.done()
            return
        dialog = DiffDialog(change.title, diff, self._services.theme, self._window, change.warning)
        dialog.accepted.connect(lambda: self._write(change, edits))
        dialog.open()

    def _write(self, change: Change, edits: tuple[FileEdits, ...]) -> None:
        self._services.jobs.submit(
            Job(
                change.title,
                lambda ctx: self._writer.write(edits, change.title, ctx),
                lane=_LANE,
                on_done=lambda entry: self._done(change, entry),
                on_error=self.failed.emit,
            )
        )

    def _done(self, change: Change, entry: JournalEntry) -> None:
        change.done()
        self.written.emit(entry)
