"""The journals of power tuning: they are written before a trial changes anything, and read after a crash."""

import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from workbench.core.clock import Clock
from workbench.core.journal_file import JournalFile, JournalFolder, Work
from workbench.functions.model import FunctionDetail

_log = logging.getLogger(__name__)
_RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class Temporary:
    """What a trial creates temporarily.

    Attributes:
        account_id: The function's account.
        region: The function's region.
        function_name: The function.
        function_arn: Its ARN.
        memory_mb: Memory of $LATEST before the trial.
        sizes_mb: The memory sizes to try.
        mark: A unique text in the description of each version.
    """

    account_id: str
    region: str
    function_name: str
    function_arn: str
    memory_mb: int
    sizes_mb: tuple[int, ...]
    mark: str

    def description(self, size_mb: int) -> str:
        """The description of a version; at most 256 characters."""
        return f"Workbench power tuning, {size_mb} MB, temporary ({self.mark})"


@dataclass(frozen=True, slots=True)
class InterruptedTuning:
    """A trial that a crash interrupted."""

    file: Path
    temporary: Temporary
    is_restored: bool


class TuningEntry:
    """The journal of one trial while it runs. A context manager that closes its file."""

    def __init__(self, journal: JournalFile, temporary: Temporary) -> None:
        self._journal = journal
        self.temporary = temporary
        self.is_restored = False

    def before(self, size_mb: int) -> None:
        """Records that a size is published next. If it raises WorkbenchError, it must not be published."""
        self._journal.before(str(size_mb))

    def after(self, size_mb: int, version: str) -> None:
        """Records that a size was published."""
        self._journal.after(str(size_mb), {"version": version})

    def restored(self) -> None:
        """Records that $LATEST has its own memory again."""
        self.is_restored = True
        self._journal.after(_RESTORE)

    def finish(self) -> None:
        """Records that nothing temporary is left."""
        self._journal.finish()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._journal.close()


class TuningJournal:
    """The folder of all trials; finished ones are deleted."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        self._files = JournalFolder(folder, clock)

    def begin(self, detail: FunctionDetail, sizes_mb: Sequence[int]) -> TuningEntry:
        """Opens the journal of a trial.

        Raises:
            WorkbenchError: The file cannot be written; the trial must not begin.
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
        """The interrupted trials of an account and region, oldest first."""
        found = (_interrupted(work) for work in self._files.unfinished())
        return tuple(
            each
            for each in found
            if each and (each.temporary.account_id, each.temporary.region) == (account_id, region)
        )

    def reopen(self, interrupted: InterruptedTuning) -> TuningEntry:
        """Opens a trial's journal again, to undo the trial.

        Raises:
            WorkbenchError: The file cannot be written, another window has it open, or it was finished
                meanwhile.
        """
        what = f"Nothing was removed of {interrupted.temporary.function_name}."
        entry = TuningEntry(self._files.reopen(interrupted.file, what), interrupted.temporary)
        entry.is_restored = interrupted.is_restored
        return entry


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
        return None  # every description contains it
    return InterruptedTuning(work.file, temporary, _RESTORE in work.done)
