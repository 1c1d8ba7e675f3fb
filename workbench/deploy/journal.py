"""Every deploy, on disk before and after each step, so that the next start knows what a crash interrupted.

The journals of finished deploys are kept: they are the history.
"""

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from workbench.core.clock import Clock, SystemClock
from workbench.core.files import write_atomic
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.operations import Facts, JournalFile, OperationJournal, ReopenedJournal
from workbench.deploy.about import About
from workbench.deploy.package_store import PackageStore
from workbench.deploy.plan import Plan
from workbench.deploy.records import (
    BACKUP,
    PRIVATE,
    Deployment,
    DeployOutcome,
    DeployRecord,
    InterruptedDeploy,
    read_deployment,
    record_of,
)
from workbench.deploy.remembered import file_of

__all__ = ["DeployOutcome", "DeployRecord", "Journal"]


@dataclass(frozen=True, slots=True)
class Created:
    """The creation of a function from this computer.

    Attributes:
        when: ISO 8601, UTC.
        code_sha256: CodeSha256 of its first code.
        is_restored: Whether it was restored from the copy of a deleted function.
    """

    when: str
    code_sha256: str
    is_restored: bool = False


class Journal(OperationJournal[Deployment]):
    """The folder of all deploys, and next to it that of their packages.

    Args:
        folder: Created when first needed.
        packages_days: Days after its last use for which a package is kept; None for no limit.
    """

    def __init__(self, folder: Path, clock: Clock | None = None, *, packages_days: int | None = None) -> None:
        super().__init__(folder, Deployment, clock, (BACKUP, PRIVATE), history=True)
        packages = folder.with_name(f"{folder.name}-packages")
        self.packages = PackageStore(packages, max_age_days=packages_days)
        self._created = folder.with_name(f"{folder.name}-created")
        self._clock = clock or SystemClock()

    def note_created(self, function_arn: str, code_sha256: str, *, restored: bool = False) -> None:
        """Records that a function was just created or restored from this computer, with this code.

        Raises:
            WorkbenchError: It cannot be written.
        """
        value = {"when": self._clock.now().isoformat(), "code_sha256": code_sha256, "restored": restored}
        write_atomic(file_of(self._created, function_arn), json.dumps(value).encode())

    def created(self, function_arn: str) -> Created | None:
        """The function's creation from this computer; None if there was none, or it cannot be read."""
        try:
            value = json.loads(file_of(self._created, function_arn).read_bytes())
            datetime.fromisoformat(value["when"])
            return Created(str(value["when"]), str(value["code_sha256"]), value.get("restored") is True)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def begin_deploy(self, plan: Plan, workspace: Path | None, about: About | None = None) -> JournalFile:
        """Opens the journal of a new deploy.

        Args:
            plan: The plan about to be executed.
            workspace: The folder of its workspace, if any.
            about: What the history shows of it.

        Raises:
            WorkbenchError: It cannot be written; then the deploy must not begin.
        """
        private: dict[str, bytes] = {}
        if plan.configuration and plan.options.configuration:
            pair = [plan.options.configuration.values(), plan.configuration.values()]
            private[PRIVATE] = json.dumps(pair).encode()
        deployment = Deployment(
            plan.function_name,
            plan.function_arn,
            workspace,
            plan.old_sha256,
            plan.new_sha256,
            plan.revision_id,
            tuple(step.kind for step in plan.steps),
            plan.options.without_configuration(),
            plan.alias,
            plan.staging,
            about or About(),
        )
        what = _("The deployment was not started: its journal could not be written.")
        return self.begin(plan.function_name, deployment, what, private)

    def reopen_deploy(self, interrupted: InterruptedDeploy) -> ReopenedJournal[Deployment]:
        """Reopens the journal of an interrupted deploy, to finish or undo it.

        Raises:
            WorkbenchError: It cannot be written, another window is working on it, or it has ended in the
                meantime.
        """
        name = interrupted.about.function_name
        return self.reopen(interrupted.file, _("The deploy of {name} cannot be continued.").format(name=name))

    def close(
        self, interrupted: InterruptedDeploy, outcome: DeployOutcome, text: str, revision_id: str = ""
    ) -> None:
        """Records the outcome of an interrupted deploy. Raises WorkbenchError."""
        with self.append(interrupted.file, _("The deploy's journal could not be closed.")) as file:
            finish(file, outcome, text, revision_id)

    def convert(self, facts: Facts) -> Deployment:
        return read_deployment(facts)

    def record(self, file: Path) -> DeployRecord | None:
        """A deploy of the history; None if nothing of it was begun."""
        found = self.read(file)
        return record_of(found) if found else None

    def records(self, function_arn: str = "") -> tuple[DeployRecord, ...]:
        """The history, newest first, of one function or of all."""
        found = map(self.record, self.files())
        return tuple(each for each in found if each and function_arn in ("", each.function_arn))


def finish(file: JournalFile, outcome: DeployOutcome, text: str, revision_id: str = "") -> None:
    """Records the end of a deploy. If that cannot be written, the deploy is recovered later."""
    file.finish(outcome=outcome.value, text=text, revision_id=revision_id)


NEWEST_KEPT = 200
"""For each function."""


def prune_journals(journal: Journal, ctx: JobContext, newest_kept: int = NEWEST_KEPT) -> int:
    """Removes packages that are too old, and the journals of old deploys with their sidecar files.

    Also secrets that a crash left there before their deploy began. Deploys that are running or interrupted
    are kept, and so are the newest of each function, and those whose package can still be deployed. Returns
    the number of removed journals.

    Args:
        newest_kept: Number of deploys of each function that are always kept.
    """
    journal.packages.prune()
    by_name: dict[str, list[Path]] = defaultdict(list)
    removed = 0
    for path in journal.files():
        if path.with_suffix(PRIVATE).exists() and not journal.was_begun(path):
            removed += journal.forget(path)  # a crash came before the deploy began, so no recovery finds it
        else:
            by_name[_name_in(path)].append(path)
    for paths in by_name.values():
        if len(paths) > newest_kept:  # else nothing need be read: several functions may have one name
            removed += _prune(journal, paths, newest_kept, ctx)
    return removed


def _name_in(path: Path) -> str:
    """The function's name in a journal's name, between a time and a random suffix."""
    return path.stem.partition("-")[2].rpartition("-")[0]


def _prune(journal: Journal, newest_first: list[Path], newest_kept: int, ctx: JobContext) -> int:
    removed, counts = 0, defaultdict[str, int](int)
    for path in newest_first:
        ctx.check()
        record = journal.record(path)
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
