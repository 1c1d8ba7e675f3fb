"""Every deploy, on disk before and after each step, and the packages of earlier deploys.

The journals of finished deploys are kept: they are the history. Each of its packages can be deployed again,
until the least recently used are removed.

    <folder>-packages/<sha256>/package.zip    a hard link to a workspace's package, or a copy

A package appears completely or not at all, and its folder's time is that of its last use. Storing one is a
convenience: an error is logged, and the deploy continues.
"""

import base64
import contextlib
import json
import logging
import os
import secrets
import shutil
import time
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import Enum
from pathlib import Path

from workbench.code.package import Package, package_name_of
from workbench.code.package.zip_file import link_or_copy
from workbench.code.tree import hash_of
from workbench.code.unpack import read_contents
from workbench.core import codec
from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.files import make_private_folder, write_atomic
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.operations import Facts, JournalFile, OperationJournal, OperationRecord, ReopenedJournal
from workbench.deploy.options import DeployOptions, file_of
from workbench.deploy.plan import About, Plan, StepKind
from workbench.deploy.staging import Staging
from workbench.functions.configure import Wanted
from workbench.functions.versions import Alias

MOST_BYTES = 1024**3
"""Maximum of all packages together."""
_FILE = "package.zip"

_log = logging.getLogger(__name__)
_DAY_NS = 24 * 3600 * 10**9
_UNFINISHED_FOR_S = 3600.0
"""Storing takes less than a second, so older ones were left by a kill, not by a running deploy."""


class PackageStore:
    """A folder of packages.

    Args:
        folder: Created with the first package.
        most_bytes: Maximum of all packages together; the last two used are kept whatever their size.
        max_age_days: Days after its last use for which a package is kept; None for no limit.
    """

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES, max_age_days: int | None = None) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._max_age_days = max_age_days

    def keep(self, package: Path, code_sha256: str) -> None:
        """Stores a package from this disk, or records that a stored one was used again. Never raises."""
        try:
            entry = self._entry(code_sha256)
            if (entry / _FILE).is_file():
                os.utime(entry)
                return
            unfinished = self._folder / f".{secrets.token_hex(8)}"
            make_private_folder(unfinished)
            try:
                link_or_copy(package, unfinished / _FILE)
                unfinished.rename(entry)
            except OSError:
                if not (entry / _FILE).is_file():  # otherwise another deploy has stored it in the meantime
                    raise
            finally:
                shutil.rmtree(unfinished, ignore_errors=True)
            self._drop_oldest()
        except (OSError, ValueError) as error:
            _log.warning("the package %s is not kept: %s", package, error)

    def prune(self) -> None:
        """Removes packages older than allowed. Never raises."""
        if self._max_age_days is None:
            return
        oldest_allowed_ns = time.time_ns() - self._max_age_days * _DAY_NS
        for used_ns, _size_bytes, entry in self._found():
            if used_ns < oldest_allowed_ns:
                shutil.rmtree(entry, ignore_errors=True)

    def size_of(self, code_sha256: str) -> int:
        """The size of a stored package; 0 if it is not stored."""
        try:
            return (self._entry(code_sha256) / _FILE).stat().st_size
        except (OSError, ValueError):
            return 0

    def total_bytes(self) -> int:
        """The size of all stored packages of all functions."""
        return sum(size_bytes for _used, size_bytes, _entry in self._found())

    def find(self, code_sha256: str, ctx: JobContext) -> Package | None:
        """A stored package, verified; or None. Raises WorkbenchError."""
        if not self.size_of(code_sha256):
            return None
        path = self._entry(code_sha256) / _FILE
        ctx.check()
        if hash_of(path) != base64.b64decode(code_sha256).hex():
            _log.warning("the kept package %s is damaged", path)
            shutil.rmtree(path.parent, ignore_errors=True)
            return None
        return Package(path, code_sha256, path.stat().st_size, read_contents(path, ctx))

    def lend(self, code_sha256: str, target: Path) -> bool:
        """Links a stored package to another path. Returns whether it exists there now."""
        if not self.size_of(code_sha256):
            return False
        try:
            link_or_copy(self._entry(code_sha256) / _FILE, target)
        except OSError as error:
            _log.warning("the kept package %s cannot be used: %s", code_sha256, error)
            return False
        return True

    def need(self, code_sha256: str, ctx: JobContext, failure: str) -> Package:
        """Does what `find` does, but the package must exist.

        Raises:
            WorkbenchError: It does not exist, or cannot be read. `failure` is the first sentence.
        """
        package = self.find(code_sha256, ctx)
        if package is None:
            raise WorkbenchError(
                failure,
                _("The package with CodeSha256 {code_sha256} is no longer on this computer.").format(
                    code_sha256=code_sha256
                ),
                _("Deploy it from source, or point the alias to a version published from it."),
            )
        return package

    def _entry(self, code_sha256: str) -> Path:
        return self._folder / Path(package_name_of(code_sha256)).stem

    def _found(self) -> list[tuple[int, int, Path]]:
        """Time of last use, size and folder of each package, most recently used first."""
        found = []
        for entry in self._folder.glob("[!.]*"):
            with contextlib.suppress(OSError):  # another window has just removed it
                found.append((entry.stat().st_mtime_ns, (entry / _FILE).stat().st_size, entry))
        return sorted(found, key=lambda each: each[:2], reverse=True)

    def _drop_oldest(self) -> None:
        """Makes room, and removes unfinished packages of killed processes."""
        self.prune()
        for unfinished in self._folder.glob(".*"):
            with contextlib.suppress(OSError):  # it has just been finished
                if unfinished.stat().st_mtime < time.time() - _UNFINISHED_FOR_S:
                    shutil.rmtree(unfinished, ignore_errors=True)
        total = 0
        for number, (_used, size_bytes, entry) in enumerate(self._found()):
            total += size_bytes
            if total > self._most_bytes and number > 1:
                shutil.rmtree(entry, ignore_errors=True)


BACKUP, PRIVATE = ".zip", ".private"
"""Suffixes of a journal's sidecar files, which are kept until the deploy is over."""
_PLAN = {"planned", "options", "alias", "staging"}


class DeployOutcome(Enum):
    """How a deploy ended: which code the function has."""

    DEPLOYED = "deployed"
    ALREADY_DEPLOYED = "already deployed"
    UPDATING = "updating"
    UNCHANGED = "unchanged"
    UNDONE = "undone"
    FAILED = "failed"
    REPLACED = "replaced"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Deployment:
    """The plan of a deploy in its journal.

    Attributes:
        function_arn: With account and region.
        workspace: The folder of its workspace, or None.
        old_sha256: CodeSha256 before.
        new_sha256: CodeSha256 afterwards.
        old_revision_id: RevisionId before.
        planned: The planned steps, in order; empty for deploys of versions that did not record them.
        options: The options without the configuration; None if this version cannot read them.
        alias: The alias to move, before the move; None if it did not exist.
        staging: The package's location in S3, or None.
        about: What the history shows of it.
    """

    function_name: str
    function_arn: str
    workspace: Path | None
    old_sha256: str
    new_sha256: str
    old_revision_id: str
    planned: tuple[StepKind, ...] = ()
    options: DeployOptions | None = None
    alias: Alias | None = None
    staging: Staging | None = None
    about: About = field(default_factory=About)

    @property
    def account_id(self) -> str:
        """The function's account; empty if the ARN is invalid."""
        return _part(self.function_arn, 4)

    @property
    def region(self) -> str:
        """The function's region; empty if the ARN is invalid."""
        return _part(self.function_arn, 3)


def _part(arn: str, number: int) -> str:
    return arn.split(":")[number] if arn.count(":") >= number else ""


def read_deployment(facts: Facts) -> Deployment:
    """The beginning of a deploy's journal, of this version or another one.

    The plan, and what the history shows, are present if this version understands them completely.

    Raises:
        Damaged: It is not a deploy.
    """
    facts = {**facts, "workspace": facts.get("workspace") or None}
    for unknown in (set[str](), {"about"}, _PLAN):
        with suppress(codec.Damaged):
            return codec.convert({name: facts[name] for name in facts.keys() - unknown}, Deployment)
    return codec.convert({name: facts[name] for name in facts.keys() - _PLAN - {"about"}}, Deployment)


type InterruptedDeploy = OperationRecord[Deployment]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployRecord(Deployment):
    """A deploy of the history.

    Attributes:
        when: ISO 8601, UTC.
        facts: What the finished steps returned, by step.
        outcome: None while it runs, and after a crash until it is recovered.
        text: The outcome in a sentence.
        new_revision_id: RevisionId afterwards; empty if unknown.
        finished: Time of its end, ISO 8601, UTC; empty while it runs.
    """

    file: Path
    when: str
    facts: Mapping[str, Facts] = field(default_factory=dict)
    outcome: DeployOutcome | None = None
    text: str = ""
    new_revision_id: str = ""
    finished: str = ""


@dataclass(frozen=True, slots=True)
class _Ending:
    outcome: DeployOutcome | None = None
    text: str = ""
    revision_id: str = ""
    at: str = ""


def record_of(found: OperationRecord[Deployment]) -> DeployRecord:
    """A deploy of the history, from its journal."""
    try:
        ending = codec.convert(found.ending or {}, _Ending)
    except codec.Damaged:
        ending = _Ending()  # recorded by another version
    return DeployRecord(
        **{each.name: getattr(found.about, each.name) for each in fields(Deployment)},
        file=found.file,
        when=found.when,
        facts=found.done,
        outcome=ending.outcome,
        text=ending.text,
        new_revision_id=ending.revision_id,
        finished=ending.at,
    )


def backup_of(journal_file: Path) -> Path:
    """Where the replaced code is stored until the deploy is over, if it is nowhere else."""
    return journal_file.with_suffix(BACKUP)


def read_private(journal_file: Path) -> tuple[Wanted, Wanted] | None:
    """The desired and the earlier configuration of an unfinished deploy; None if they are not stored.

    They are next to the journal until the deploy is over, because they may contain secrets.
    """
    try:
        wanted, before = json.loads(journal_file.with_suffix(PRIVATE).read_bytes())
        return codec.convert(wanted, Wanted, exact=True), codec.convert(before, Wanted, exact=True)
    except (OSError, ValueError, TypeError):
        return None


@dataclass(frozen=True, slots=True)
class Created:
    """The creation of a function from this computer.

    Attributes:
        when: ISO 8601, UTC.
        code_sha256: CodeSha256 of its first code.
        is_restored: Whether it was restored from the copy of a deleted function.
        after: Name of the newest journal at that time; empty for none, None if it was not recorded.
    """

    when: str
    code_sha256: str
    is_restored: bool = False
    after: str | None = None

    def is_before(self, record: DeployRecord) -> bool:
        """Whether the function was created before this deploy: by their order, not by the clock."""
        if self.after is not None:
            return self.after < record.file.name
        return datetime.fromisoformat(self.when) <= datetime.fromisoformat(record.when)


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
        newest = next((file.name for file in self.files()), "")
        value = {"when": self._clock.now().isoformat(), "code_sha256": code_sha256, "restored": restored}
        value["after"] = newest
        write_atomic(file_of(self._created, function_arn), json.dumps(value).encode())

    def created(self, function_arn: str) -> Created | None:
        """The function's creation from this computer; None if there was none, or it cannot be read."""
        try:
            value = json.loads(file_of(self._created, function_arn).read_bytes())
            datetime.fromisoformat(value["when"])
            after = value.get("after")
            return Created(
                str(value["when"]),
                str(value["code_sha256"]),
                value.get("restored") is True,
                after if isinstance(after, str) else None,
            )
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
        """Reopens the journal of an interrupted deploy, to finish or undo it. Raises as `reopen`."""
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
