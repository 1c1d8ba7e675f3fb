"""What a crash left of changes of several functions, and what can still be taken back of earlier ones.

Owns: the banner at the start, and the list. Must not know: how a change is carried out.
"""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.functions.bulk_run import BulkJournal, PastChange
from workbench.ui.bulk import past_dialog as dialogs
from workbench.ui.bulk import words as bulk_words
from workbench.ui.interruptions import Interruption
from workbench.ui.parts import Parts

ACTION = "function.past_changes"
_KEY = "bulk.interrupted"


class PastChanges(QObject):
    """Lives as long as the window.

    Args:
        parts: Of the window.
        journal: Of all changes.

    Signals:
        wanted: A PastChange, and whether it is taken back; else it is gone on with.
    """

    wanted = Signal(object, bool)

    def __init__(self, parts: Parts, journal: BulkJournal) -> None:
        super().__init__(parts.window)
        self._parts, self._journal = parts, journal
        parts.services.actions.bind(ACTION, self.choose)
        parts.session.connected.connect(self.look)
        parts.window.interruptions.outdated.connect(self.look)

    def look(self) -> None:
        """Says so when a crash left something."""
        self._read(lambda _ctx: self._journal.interrupted(), self._say)

    def choose(self) -> None:
        """Shows all of them."""
        self._read(lambda _ctx: self._journal.past(), self._show)

    def _read(
        self,
        read: Callable[[JobContext], tuple[PastChange, ...]],
        then: Callable[[Sequence[PastChange]], object],
    ) -> None:
        self._parts.services.jobs.submit(
            Job(
                self.tr("Reading earlier changes"),
                read,
                replaces="bulk.past",
                quiet=True,
                on_done=then,
            )
        )

    def _say(self, interrupted: Sequence[PastChange]) -> None:
        said = [Interruption(self._words(each), self.choose) for each in interrupted]
        self._parts.window.interruptions.tell(_KEY, said)

    def _words(self, past: PastChange) -> WorkbenchError:
        left, count = len(past.left), len(past.functions)
        why = self.tr("%1. Done: %2. Remaining: %3.").replace("%1", bulk_words.past_text(past))
        why = why.replace("%2", f"{count - left:,}").replace("%3", f"{left:,}")
        return WorkbenchError(
            self.tr("A change of several functions was interrupted."),
            why,
            self.tr("Continue it, undo it, or keep the functions as they are."),
            action=ACTION,
        )

    def _show(self, changes: Sequence[PastChange]) -> None:
        dialog = dialogs.PastChangesDialog(changes, self._parts.window)
        dialog.go_on_wanted.connect(lambda past: self._take_up(past, undo=False))
        dialog.undo_wanted.connect(lambda past: self._take_up(past, undo=True))
        dialog.let_be_wanted.connect(self._let_be)
        dialog.open()

    def _take_up(self, past: PastChange, *, undo: bool) -> None:
        self._parts.window.interruptions.tell(_KEY, ())
        self.wanted.emit(past, undo)

    def _let_be(self, past: PastChange) -> None:
        self._parts.services.jobs.submit(
            Job(
                self.tr("Recording that the functions are kept"),
                lambda _ctx: self._journal.discard(past),
                quiet=True,
                on_done=lambda _: self.look(),
                on_error=self._parts.window.banners.show_error,
            )
        )
