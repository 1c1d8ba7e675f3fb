"""Trials of power tuning, on disk before anything is made: the next start knows what a crash left behind.

Owns: what stands in the journals (core/journal_file.py). Must not know: how a trial is made or taken back.
"""

import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from workbench.core.clock import Clock
from workbench.core.journal_file import JournalFile, JournalFolder
from workbench.core.journal_work import Work
from workbench.functions.model import FunctionDetail

_log = logging.getLogger(__name__)
_RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class Temporary:
    """What a trial makes.

    Attributes:
        account_id: Where.
        region: Where.
        function_name: Whose versions.
        function_arn: The same.
        memory_mb: Of $LATEST before the trial.
        sizes_mb: Those that are tried.
        mark: Stands in the description of each version; no other trial has it.
    """

    account_id: str
    region: str
    function_name: str
    function_arn: str
    memory_mb: int
    sizes_mb: tuple[int, ...]
    mark: str

    def description(self, size_mb: int) -> str:
        """Of the version with a size; at most 256 characters."""
        return f"Workbench power tuning, {size_mb} MB, temporary ({self.mark})"


@dataclass(frozen=True, slots=True)
class InterruptedTuning:
    """A trial that a crash stopped."""

    file: Path
    temporary: Temporary
    is_restored: bool


class TuningEntry:
    """The journal of one trial while it runs. A context manager: it lets go of its file at the end."""

    def __init__(self, journal: JournalFile, temporary: Temporary) -> None:
        self._journal = journal
        self.temporary = temporary
        self.is_restored = False

    def before(self, size_mb: int) -> None:
        """Notes that a size is published next. Raises WorkbenchError: then it must not be."""
        self._journal.before(str(size_mb))

    def after(self, size_mb: int, version: str) -> None:
        """Notes that a size was published."""
        self._journal.after(str(size_mb), {"version": version})

    def restored(self) -> None:
        """Notes that $LATEST has its own memory again."""
        self.is_restored = True
        self._journal.after(_RESTORE)

    def finish(self) -> None:
        """Nothing temporary is left."""
        self._journal.finish()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._journal.close()


class TuningJournal:
    """The folder of all trials; what is over is forgotten."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        self._files = JournalFolder(folder, clock)

    def begin(self, detail: FunctionDetail, sizes_mb: Sequence[int]) -> TuningEntry:
        """Opens the journal of a trial.

        Raises:
            WorkbenchError: The disk refuses; nothing must be made.
        """
        for work in self._files.all():
            if work.ending is not None:
                self._files.forget(work.file)
        temporary = Temporary(
            detail.account_id,
            detail.region,
            detail.function_name,
            detail.function_arn,
            detail.memory_mb,
            tuple(sizes_mb),
            secrets.token_hex(8),
        )
        about = {name: getattr(temporary, name) for name in Temporary.__slots__}
        what = f"{detail.function_name} was not tried: the journal of the trial failed."
        return TuningEntry(self._files.begin(detail.function_name, about, what), temporary)

    def unfinished(self, account_id: str, region: str) -> tuple[InterruptedTuning, ...]:
        """Trials that left something there, oldest first."""
        found = (_interrupted(work) for work in self._files.unfinished())
        where = (account_id, region)
        return tuple(each for each in found if each and _place(each.temporary) == where)

    def reopen(self, interrupted: InterruptedTuning) -> TuningEntry:
        """Takes a trial's journal up again, to take back what it made.

        Raises:
            WorkbenchError: The disk refuses, another window is at it, or it was ended meanwhile.
        """
        what = f"Nothing was removed of {interrupted.temporary.function_name}."
        entry = TuningEntry(self._files.reopen(interrupted.file, what), interrupted.temporary)
        entry.is_restored = interrupted.is_restored
        return entry


def _place(temporary: Temporary) -> tuple[str, str]:
    return temporary.account_id, temporary.region


def _interrupted(work: Work) -> InterruptedTuning | None:
    about = work.about
    try:
        temporary = Temporary(
            str(about["account_id"]),
            str(about["region"]),
            str(about["function_name"]),
            str(about["function_arn"]),
            int(about["memory_mb"]),
            tuple(map(int, about["sizes_mb"])),
            str(about["mark"]),
        )
    except (LookupError, ValueError, TypeError) as error:
        _log.info("the journal %s could not be read: %s", work.file, error)
        return None
    if not temporary.mark:
        return None  # it would be in every description
    return InterruptedTuning(work.file, temporary, _RESTORE in work.done)
