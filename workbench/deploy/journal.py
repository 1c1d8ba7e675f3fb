"""Every deploy, on disk before and after each step: the next start knows what a crash interrupted.

The steps of a deploy in a journal of core/journal_file.py.
"""

import json
from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from workbench.core import codec
from workbench.core.clock import Clock, SystemClock
from workbench.core.file_lock import is_locked
from workbench.core.files import explain_os_error, write_atomic
from workbench.core.jobs import JobContext
from workbench.core.journal_file import JournalFile, JournalFolder
from workbench.deploy.about import About
from workbench.deploy.package_store import PackageStore
from workbench.deploy.plan import Plan, StepKind
from workbench.deploy.records import (
    BACKUP,
    PRIVATE,
    DeployOutcome,
    DeployRecord,
    Facts,
    backup_of,
    read_record,
)
from workbench.deploy.remembered import file_of

__all__ = ["DeployEntry", "DeployOutcome", "DeployRecord", "Facts", "Journal"]


@dataclass(frozen=True, slots=True)
class Created:
    """That a function was created from this computer.

    Attributes:
        when: ISO 8601, UTC.
        code_sha256: CodeSha256 of its first code.
        is_restored: Whether it was made from the copy of a function that was deleted.
    """

    when: str
    code_sha256: str
    is_restored: bool = False


class DeployEntry:
    """The journal of one deploy while it runs. A context manager: it closes its file at the end."""

    def __init__(self, journal: JournalFile) -> None:
        self.journal = journal

    @property
    def backup(self) -> Path:
        """Where the code that is replaced may be kept until the deploy is over."""
        return backup_of(self.journal.path)

    def before(self, step: StepKind, revision_id: str = "") -> None:
        """Notes that a step begins. A disk that refuses stops the steps that change AWS, and no other.

        Raises:
            WorkbenchError: The disk refuses, so the step must not be made.
        """
        self.journal.before(step.value, must=step.changes_aws, revision_id=revision_id)

    def note(self, step: StepKind, facts: Facts) -> None:
        """Notes what the step's undo needs to know if the step is interrupted.

        Raises:
            WorkbenchError: The disk refuses, so the step must not be made.
        """
        self.journal.note(step.value, facts)

    def after(self, step: StepKind, revision_id: str = "", facts: Facts | None = None) -> None:
        """Notes that a step is done. What is done is done: a disk that refuses is only logged.

        Args:
            step: Which.
            revision_id: Of the function, as far as it is known.
            facts: What its undo, or a later start, needs to know.
        """
        self.journal.after(step.value, facts or {}, revision_id=revision_id)

    def undoing(self) -> None:
        """Notes that the deploy is being undone from here on."""
        self.journal.undoing()

    def undone(self, step: StepKind) -> None:
        """Notes that a step was undone."""
        self.journal.undone(step.value)

    def finish(self, outcome: DeployOutcome, text: str, revision_id: str = "") -> None:
        """Notes how it ended. A disk that refuses leaves the deploy to be recovered."""
        self.journal.finish(outcome=outcome.value, text=text, revision_id=revision_id)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file, which releases its lock."""
        self.journal.close()


class Journal:
    """The folder of all deploys, and next to it that of their packages.

    Args:
        folder: Made when first needed.
        clock: Dates the deploys.
        packages_days: How long after its last use a package is kept; None for any time.
    """

    def __init__(self, folder: Path, clock: Clock | None = None, *, packages_days: int | None = None) -> None:
        packages = folder.with_name(f"{folder.name}-packages")
        self.packages = PackageStore(packages, max_age_days=packages_days)
        self._files = JournalFolder(folder, clock, (BACKUP, PRIVATE))
        self._created = folder.with_name(f"{folder.name}-created")
        self._clock = clock or SystemClock()

    def note_created(self, function_arn: str, code_sha256: str, *, restored: bool = False) -> None:
        """Notes that a function was created, or restored, from this computer just now, and with which code.

        Raises:
            WorkbenchError: The disk refuses.
        """
        value = {"when": self._clock.now().isoformat(), "code_sha256": code_sha256, "restored": restored}
        write_atomic(file_of(self._created, function_arn), json.dumps(value).encode())

    def created(self, function_arn: str) -> Created | None:
        """When a function was created from this computer; None when it was not, or that is not readable."""
        try:
            value = json.loads(file_of(self._created, function_arn).read_bytes())
            datetime.fromisoformat(value["when"])
            return Created(str(value["when"]), str(value["code_sha256"]), value.get("restored") is True)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def begin(self, plan: Plan, workspace: Path | None, about: About | None = None) -> DeployEntry:
        """Opens the journal of a new deploy.

        Args:
            plan: What is about to be done.
            workspace: The folder of the workspace that it comes from, if any.
            about: What the history shows of it.

        Raises:
            WorkbenchError: The disk refuses; the deploy must not begin.
        """
        private: dict[str, bytes] = {}
        if plan.configuration and plan.options.configuration:
            pair = [plan.options.configuration.values(), plan.configuration.values()]
            private[PRIVATE] = json.dumps(pair).encode()
        facts = {
            "function_name": plan.function_name,
            "function_arn": plan.function_arn,
            "workspace": str(workspace or ""),
            "old_sha256": plan.old_sha256,
            "new_sha256": plan.new_sha256,
            "old_revision_id": plan.revision_id,
            "planned": [step.kind.value for step in plan.steps],
            "options": codec.to_builtins(plan.options.without_configuration()),
            "alias": plan.alias and asdict(plan.alias),
            "staging": plan.staging and asdict(plan.staging),
            "about": codec.to_builtins(about),
        }
        what = "The deployment was not started: its journal could not be written."
        return DeployEntry(self._files.begin(plan.function_name, facts, what, private))

    def files(self) -> list[Path]:
        """One for each deploy, newest first."""
        return self._files.files()

    def records(self, function_arn: str = "") -> tuple[DeployRecord, ...]:
        """The history, newest first; of one function or of all."""
        found = []
        for path in self.files():
            record = read_record(path)
            if record and function_arn in ("", record.function_arn):
                found.append(record)
        return tuple(found)

    def unfinished(self) -> tuple[DeployRecord, ...]:
        """Deploys that a crash interrupted, oldest first. Those that run now, here or elsewhere, are not."""
        return tuple(
            record
            for record in reversed(self.records())
            if record.outcome is None and not is_locked(record.file)
        )

    def close(self, record: DeployRecord, outcome: DeployOutcome, text: str, revision_id: str = "") -> None:
        """Notes how an interrupted deploy turned out.

        Raises:
            WorkbenchError: The disk refuses.
        """
        try:
            with DeployEntry(self._files.append(record.file)) as entry:
                entry.finish(outcome, text, revision_id)
        except OSError as error:
            raise explain_os_error(error, "The deploy's journal could not be closed.", record.file) from error

    def reopen(self, record: DeployRecord) -> DeployEntry:
        """Opens the journal of an interrupted deploy, to complete or undo it.

        Raises:
            WorkbenchError: The disk refuses, or another window is at it.
        """
        return DeployEntry(
            self._files.reopen(record.file, f"The deploy of {record.function_name} cannot be continued.")
        )

    def forget(self, path: Path) -> bool:
        """Removes the journal of a deploy that has ended, and its sidecar files. Never raises.

        Returns:
            Whether it did: one that is held stays, and so does one that the disk does not let go.
        """
        return self._files.forget(path)


NEWEST_KEPT = 200
"""Of each function."""


def prune_journals(journal: Journal, ctx: JobContext, newest_kept: int = NEWEST_KEPT) -> int:
    """Removes packages that are too old, and the journals of old deploys with their sidecar files.

    Deploys that run or were interrupted stay, and so do the newest of each function, and those whose package
    can still be deployed.

    Returns how many journals were removed.

    Args:
        journal: Of all deploys.
        ctx: The job.
        newest_kept: How many of each function stay whatever they are.

    Raises:
        Cancelled: Between two files.
    """
    journal.packages.prune()
    by_name: dict[str, list[Path]] = defaultdict(list)
    for path in journal.files():
        by_name[_name_in(path)].append(path)
    removed = 0
    for paths in by_name.values():
        if len(paths) > newest_kept:  # else nothing need be read: of one name there may be several functions
            removed += _prune(journal, paths, newest_kept, ctx)
    return removed


def _name_in(path: Path) -> str:
    """The function's name, as `Journal.begin` puts it between a moment and a random end."""
    return path.stem.partition("-")[2].rpartition("-")[0]


def _prune(journal: Journal, newest_first: list[Path], newest_kept: int, ctx: JobContext) -> int:
    removed, counts = 0, defaultdict[str, int](int)
    for path in newest_first:
        ctx.check()
        record = read_record(path)
        function_arn = record.function_arn if record else ""
        counts[function_arn] += 1
        if counts[function_arn] <= newest_kept:
            continue
        if record is not None:
            packages = (record.new_sha256, record.old_sha256)
            if record.outcome is None or any(map(journal.packages.size_of, packages)):
                continue
        removed += journal.forget(path)
    return removed
