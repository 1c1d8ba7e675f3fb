"""Changes of many functions, on disk before and after each: a crash loses neither what is left nor the undo.

Owns: what stands in the journals (core/journal_file.py), and how many are kept. They are for this user only,
for old values may be secrets. Must not know: how a step is done.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from workbench.aws.connection import Connection
from workbench.aws.rate_budget import RateBudget
from workbench.core.clock import Clock
from workbench.core.errors import Cancelled
from workbench.core.file_lock import is_locked
from workbench.core.files import explain_os_error
from workbench.core.jobs import JobContext
from workbench.core.journal_file import JournalFile, JournalFolder
from workbench.core.journal_work import Work
from workbench.functions.bulk_change import Change
from workbench.functions.bulk_past import (
    Noted,
    PastChange,
    change_from_json,
    change_to_json,
    key_of,
    noted_from_json,
    noted_to_json,
)
from workbench.functions.bulk_plan import Step
from workbench.functions.bulk_run import Keep, Outcome, carry_out

_log = logging.getLogger(__name__)
MOST_KEPT = 50
"""Of changes that are over; the oldest go."""
_NOT_BEGUN = "No function was changed, because the change could not be recorded."


class BulkEntry:
    """The journal of one change while that runs. From any thread."""

    def __init__(self, journal: JournalFile) -> None:
        self._journal = journal

    @property
    def path(self) -> Path:
        return self._journal.path

    def carry_out(
        self, connection: Connection, step: Step, budget: RateBudget, keep: Keep, ctx: JobContext
    ) -> Outcome:
        """Makes the change of one step, noted before and after. Args and Raises: as `bulk_run.carry_out`.

        Raises:
            WorkbenchError: The disk refuses, too; then nothing was changed.
        """
        key = key_of(step.target)

        def note(back: Change | None) -> None:
            self._journal.before(key, {"back": back and change_to_json(back)})

        try:
            outcome = carry_out(connection, step, budget, keep, ctx, note)
        except Cancelled:
            self._journal.undone(key)  # what failed stays begun: half of it may have been made
            raise
        self._journal.after(key)
        return outcome

    def finish(self) -> None:
        """Nothing of it runs any more, and it is let go of."""
        self._journal.finish()
        self._journal.close()

    def close(self) -> None:
        """Lets go of it as it is: it counts as interrupted."""
        self._journal.close()


class BulkJournal:
    """The folder of all changes of many functions."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        self._files = JournalFolder(folder, clock)

    def begin(self, wish: Change, steps: Sequence[Step], undoes: str = "") -> BulkEntry:
        """Opens the journal of a change that begins now.

        Args:
            wish: What a person wants.
            steps: All that are to be done.
            undoes: The name of the journal whose change is taken back.

        Raises:
            WorkbenchError: The disk refuses; nothing must be changed.
        """
        about = {
            "wish": change_to_json(wish),
            "undoes": undoes,
            "functions": [noted_to_json(step.target, step.change) for step in steps],
        }
        entry = BulkEntry(self._files.begin("bulk", about, _NOT_BEGUN))
        self._forget_old()
        return entry

    def reopen(self, past: PastChange) -> BulkEntry:
        """Takes an interrupted change up again.

        Raises:
            WorkbenchError: The disk refuses, another window is at it, or it was ended meanwhile.
        """
        return BulkEntry(
            self._files.reopen(past.file, "The change of several functions cannot be continued.")
        )

    def again(self, path: Path) -> BulkEntry:
        """Opens the journal of a change that has just ended, to try again what failed.

        Raises:
            WorkbenchError: The disk refuses.
        """
        try:
            return BulkEntry(self._files.append(path))
        except OSError as error:
            raise explain_os_error(error, _NOT_BEGUN, path) from error

    def let_be(self, past: PastChange) -> None:
        """Notes that an interrupted change is not gone on with. What was done of it can still be taken back.

        Raises:
            WorkbenchError: As `reopen`.
        """
        self.reopen(past).finish()

    def past(self) -> tuple[PastChange, ...]:
        """All changes that do not run, the newest first."""
        found = [past for work in self._files.all() if (past := _past(work)) and not is_locked(past.file)]
        undone: dict[str, set[str]] = {}
        for past in found:
            if past.undoes:
                done = (key_of(each.target) for each in past.functions if each.is_done)
                undone.setdefault(past.undoes, set()).update(done)
        return tuple(replace(past, undone=frozenset(undone.get(past.file.name, ()))) for past in found)

    def interrupted(self) -> tuple[PastChange, ...]:
        """Those that a crash interrupted, the newest first."""
        return tuple(past for past in self.past() if not past.is_over)

    def _forget_old(self) -> None:
        for path in [past.file for past in self.past() if past.is_over][MOST_KEPT:]:
            self._files.forget(path)


def _past(work: Work) -> PastChange | None:
    try:
        functions = [noted_from_json(each) for each in work.about["functions"]]
        wish = change_from_json(work.about["wish"])
        told = tuple(_told(each, work) for each in functions)
        undoes = str(work.about["undoes"])
    except (LookupError, ValueError, TypeError, AttributeError) as error:
        _log.info("the journal %s could not be read: %s", work.file, error)
        return None
    return PastChange(work.file, work.when, wish, undoes, told, is_over=work.ending is not None)


def _told(noted: Noted, work: Work) -> Noted:
    key = key_of(noted.target)
    if key not in work.begun:
        return replace(noted, is_done=key in work.done)
    back = work.notes[key]["back"]
    return replace(
        noted, back=change_from_json(back) if back else None, is_begun=True, is_done=key in work.done
    )
