"""The deploys of a function, newest first, what each can still be used for, and the way back to one.

The history is read from the journals alone, so a crash leaves no gap. To roll back is to deploy an earlier
package again, or to move an alias to the version made from it: `look` reads and changes nothing; an `Offer`
makes plans, which are shown; `roll_back` executes one with the steps, guard, journal and undo of every
deploy.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from workbench.aws.connection import Connection
from workbench.aws.names import LATEST
from workbench.code.contents import Contents
from workbench.code.package import Package, package_name_of
from workbench.code.workspace import Workspace
from workbench.code.workspace_store import Base
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.deploy.execute import DeployResult, execute
from workbench.deploy.journal import Created, DeployOutcome, DeployRecord, Journal
from workbench.deploy.options import AliasMove, DeployOptions
from workbench.deploy.plan import (
    About,
    ChangedFile,
    DeployStep,
    Plan,
    StepKind,
    changed_files,
    configuration_of,
    plan_deploy,
)
from workbench.deploy.run import way_through_s3
from workbench.deploy.staging import Staging
from workbench.functions.configure import Wanted
from workbench.functions.detail import get_function
from workbench.functions.model import FunctionDetail
from workbench.functions.versions import Alias, Version, list_aliases, list_versions

_ARRIVED = frozenset({DeployOutcome.DEPLOYED, DeployOutcome.UPDATING})


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A deploy; the function's creation; or code of unknown origin that a deploy replaced.

    Attributes:
        record: The deploy; None for code that was created or found.
        when: ISO 8601, UTC: start of the deploy, creation of the function, publication of the version, or
            replacement of the code that was found.
        code_sha256: CodeSha256 of the deployed or found code; of the version's, if only an alias was moved.
            Empty if that is not known.
        kept_bytes: Size of its package on this computer; 0 if it is not stored.
        configuration: The function's configuration with it, without environment variables; empty if it was
            not recorded.
        version: The version published from it; empty for none.
        alias_name: The alias moved to that version; empty for none.
        is_move: Whether only an alias was moved.
        seen: Time at which the same code was deployed, created or found before; empty if it was new.
        seen_version: The version published from it before; empty for none.
        is_created: Whether the function was created with this code from this computer.
        is_restored: Whether it was restored from the copy of a deleted function.
    """

    function_name: str
    record: DeployRecord | None
    when: str
    code_sha256: str
    kept_bytes: int
    configuration: Wanted
    version: str = ""
    alias_name: str = ""
    is_move: bool = False
    seen: str = ""
    seen_version: str = ""
    is_created: bool = False
    is_restored: bool = False

    @property
    def about(self) -> About:
        """The record of the deploy, or an empty one."""
        return self.record.about if self.record else About()

    @property
    def outcome(self) -> DeployOutcome | None:
        """How the deploy ended; None while it runs, and for code that was found."""
        return self.record.outcome if self.record else None

    @property
    def duration_s(self) -> float | None:
        """Duration of the deploy; None if it has not ended, or is not a deploy."""
        if self.record is None or not self.record.finished:
            return None
        return (moment(self.record.finished) - moment(self.record.when)).total_seconds()


@dataclass(frozen=True, slots=True)
class DeployMarker:
    """A deploy that changed the code or moved an alias, for charts.

    Attributes:
        when: UTC.
        code_sha256: CodeSha256 of the new code.
        version: The version that was published, or that the alias was moved to; empty for none.
        alias_name: The alias that was moved; empty for none.
        who: ARN of the caller; empty if unknown.
        taken_back: Whether the deploy undid itself.
        until: End of the deploy, UTC; None if it was not recorded.
        is_move: Whether only an alias was moved.
        memory_mb: The function's memory before and after; 0 if it was not recorded.
    """

    when: datetime
    code_sha256: str
    version: str
    alias_name: str
    who: str
    taken_back: bool
    until: datetime | None = None
    is_move: bool = False
    memory_mb: tuple[int, int] = (0, 0)


def history(journal: Journal, function_arn: str) -> tuple[HistoryEntry, ...]:
    """All deploys of a function from this computer, newest first, with the code that they found there."""
    entries: list[HistoryEntry] = []
    seen: dict[str, str] = {}
    versions: dict[str, str] = {}
    published: dict[str, str] = {}
    created = journal.created(function_arn)

    def add_creation(made: Created) -> None:
        name = function_arn.rpartition(":")[2]
        size = journal.packages.size_of(made.code_sha256)
        entry = HistoryEntry(
            name,
            None,
            made.when,
            made.code_sha256,
            size,
            Wanted(),
            is_created=True,
            is_restored=made.is_restored,
        )
        seen[made.code_sha256] = made.when
        entries.append(entry)

    for record in reversed(journal.records(function_arn)):
        if created is not None and created.is_before(record):
            add_creation(created)
            created = None
        if record.old_sha256 and record.old_sha256 not in seen and not _is_move(record):
            seen[record.old_sha256] = record.when
            entries.append(
                HistoryEntry(
                    record.function_name,
                    None,
                    record.when,
                    record.old_sha256,
                    journal.packages.size_of(record.old_sha256),
                    record.about.before,
                )
            )
        sha256 = _code_of(record, published)
        entry = _entry(journal, record, sha256, seen.get(sha256, ""), versions.get(sha256, ""))
        entries.append(entry)
        if entry.version and sha256:
            published[entry.version] = sha256
        if record.outcome in _ARRIVED:
            seen.setdefault(sha256, record.when)
            versions[sha256] = entry.version or versions.get(sha256, "")
    if created is not None:
        add_creation(created)
    return tuple(reversed(entries))


def markers(journal: Journal, function_arn: str, start: datetime, end: datetime) -> tuple[DeployMarker, ...]:
    """The markers of a function in a time range, oldest first."""
    return tuple(_markers(reversed(journal.records(function_arn)), start, end))


def last_alias(entries: Iterable[HistoryEntry]) -> str:
    """The alias that the last deploy moved; empty if it moved none, or there was no deploy.

    Args:
        entries: Newest first.
    """
    return next((entry.alias_name for entry in entries if entry.outcome in _ARRIVED), "")


def moment(text: str) -> datetime:
    """Parses a time of a journal."""
    return datetime.fromisoformat(text)


def _entry(
    journal: Journal, record: DeployRecord, code_sha256: str, seen: str, seen_version: str
) -> HistoryEntry:
    return HistoryEntry(
        record.function_name,
        record,
        record.when,
        code_sha256,
        journal.packages.size_of(code_sha256),
        record.about.after,
        _version(record),
        _alias_name(record),
        _is_move(record),
        seen,
        seen_version,
    )


def _markers(records: Iterable[DeployRecord], start: datetime, end: datetime) -> Iterator[DeployMarker]:
    published: dict[str, str] = {}
    for record in records:
        sha256, version = _code_of(record, published), _version(record)
        if version and sha256:
            published[version] = sha256
        taken_back = record.outcome is DeployOutcome.UNDONE and StepKind.UPLOAD in record.planned
        if not taken_back and record.outcome not in _ARRIVED:
            continue
        when = moment(record.when)
        if start <= when <= end:
            yield DeployMarker(
                when,
                sha256,
                version,
                _alias_name(record),
                record.about.who,
                taken_back,
                moment(record.finished) if record.finished else None,
                _is_move(record),
                (record.about.before.memory_mb or 0, record.about.after.memory_mb or 0),
            )


def _version(record: DeployRecord) -> str:
    return str(record.facts.get(StepKind.PUBLISH, {}).get("version", ""))


def _code_of(record: DeployRecord, published: Mapping[str, str]) -> str:
    """CodeSha256 of what a deploy was for; empty if that is not known.

    For a move of an alias that is the version's. Journals of earlier versions of Workbench do not have it.

    Args:
        published: CodeSha256 by version, as known from earlier deploys.
    """
    if not _is_move(record):
        return record.new_sha256
    chosen = record.options.version if record.options else ""
    known = str(record.facts.get(StepKind.PUBLISH, {}).get("code_sha256", ""))
    return known or published.get(_version(record) or chosen, "")


def _alias_name(record: DeployRecord) -> str:
    alias = record.options.alias if record.options else None
    return alias.name if alias and StepKind.ALIAS in record.facts else ""


def _is_move(record: DeployRecord) -> bool:
    return StepKind.ALIAS in record.planned and StepKind.UPLOAD not in record.planned


_NEEDED_BY_CODE = frozenset({"handler", "runtime", "layers"})


@dataclass(frozen=True, slots=True)
class Offer:
    """The ways to roll back to an entry of the history.

    Attributes:
        entry: The target.
        observed: The current function.
        package: The entry's package; None if it is not stored any more.
        old_package: The deployed package; None if it is not stored here.
        staging: The package's location in S3, or None.
        version: A published version with the entry's code; empty for none.
        aliases: The aliases that do not point only to that version.
        configuration: The values of the entry's configuration that differ from the current one, or None.
        last_alias: The alias that the last deploy moved; empty for none.
    """

    entry: HistoryEntry
    observed: FunctionDetail
    package: Package | None
    old_package: Package | None
    staging: Staging | None
    version: str
    aliases: tuple[Alias, ...]
    configuration: Wanted | None
    last_alias: str = ""

    @property
    def is_deployed(self) -> bool:
        """Whether $LATEST already has the entry's code."""
        return self.observed.code_sha256 == self.entry.code_sha256

    @property
    def can_deploy(self) -> bool:
        """Whether there is something to deploy to $LATEST, and it is stored here."""
        if self.is_deployed:
            return self.configuration is not None and self.package is not None
        return self.package is not None

    @property
    def code_needs_configuration(self) -> bool:
        """Whether handler, runtime or layers were different: the code may not run without them."""
        return self.configuration is not None and bool(_NEEDED_BY_CODE & self.configuration.values().keys())

    def files(self) -> tuple[ChangedFile, ...] | None:
        """The changed files; None if one of the packages is not here."""
        if self.is_deployed:
            return ()
        if self.package is None or self.old_package is None:
            return None
        return changed_files(self.old_package.contents, self.package.contents)

    def plan_code(self, *, configuration: bool) -> Plan:
        """A plan that deploys the entry's package to $LATEST.

        Args:
            configuration: Whether to restore the configuration, too.

        Raises:
            ValueError: `can_deploy` is False.
            WorkbenchError: The function cannot take it.
        """
        if self.package is None:
            raise ValueError("the package is no longer stored")
        observed, old = self.observed, self.old_package
        base = Base(
            observed.function_arn,
            observed.function_name,
            LATEST,
            observed.code_sha256 if old else "",  # empty: the code that is replaced is fetched first
            observed.revision_id,
            "",
            old.contents if old else Contents(),
        )
        wanted = self.configuration if configuration else None
        return plan_deploy(
            observed,
            self.package,
            base,
            overwrite_sha256=observed.code_sha256,
            options=DeployOptions(undo_on_failure=True, configuration=wanted),
            staging=None if self.is_deployed else self.staging,
        )

    def plan_alias(self, name: str) -> Plan:
        """A plan that moves an alias to the published version; nothing is uploaded.

        Raises:
            ValueError: The version or alias does not exist.
        """
        alias = next((each for each in self.aliases if each.name == name), None)
        if alias is None or not self.version:
            raise ValueError(f"{name} cannot be moved")
        observed, old = self.observed, self.observed.code_sha256
        nothing_sent = Package(Path(f"{observed.function_name}.zip"), old, 0, Contents())
        moving = _("Move the alias {name} from version {version} to {new_version}").format(
            name=name, version=alias.version, new_version=self.version
        )
        moving_back = _("Point it back to version {version}").format(version=alias.version)
        return Plan(
            observed.function_name,
            observed.function_arn,
            nothing_sent,
            old,
            old,
            observed.revision_id,
            False,
            (
                DeployStep(
                    StepKind.PUBLISH,
                    _("Check that version {version} exists").format(version=self.version),
                    "lambda:GetFunction",
                ),
                DeployStep(StepKind.ALIAS, moving, "lambda:UpdateAlias", moving_back),
            ),
            DeployOptions(undo_on_failure=True, alias=AliasMove(name), version=self.version),
            alias=alias,
            observed=observed,
        )


def version_entry(
    connection: Connection, journal: Journal, function_name: str, version: str, ctx: JobContext
) -> HistoryEntry:
    """A published version as a target of a roll-back, whoever published it. Raises WorkbenchError."""
    detail = get_function(connection, function_name, version, ctx)
    return HistoryEntry(
        function_name,
        None,
        detail.last_modified.isoformat() if detail.last_modified else "",
        detail.code_sha256,
        journal.packages.size_of(detail.code_sha256),
        configuration_of(detail),
        version,
    )


def look(connection: Connection, journal: Journal, entry: HistoryEntry, ctx: JobContext) -> Offer:
    """Reads which ways there are to roll back to an entry.

    Raises:
        WorkbenchError: AWS was not reached, or the stored package cannot be read.
    """
    name = entry.function_name
    observed = get_function(connection, name, "", ctx)
    versions = list_versions(connection, name, ctx)
    entry = _as_version(connection, entry, versions, journal, ctx)
    ctx.progress(0, 0, _("Reading the stored package"))
    package = journal.packages.find(entry.code_sha256, ctx)
    old_package = journal.packages.find(observed.code_sha256, ctx)
    staging = None
    if package is not None:
        old_path, options = old_package.path if old_package else None, DeployOptions(undo_on_failure=True)
        staging = way_through_s3(connection, package, observed, old_path, options, ctx)
    version = _version_of(entry, versions)
    aliases = list_aliases(connection, name, ctx) if version else ()
    return Offer(
        entry,
        observed,
        package,
        old_package,
        staging,
        version,
        tuple(alias for alias in aliases if (alias.version, alias.weights) != (version, ())),
        _difference(entry.configuration, observed),
        last_alias(history(journal, observed.function_arn)),
    )


def roll_back(
    connection: Connection, plan: Plan, workspace: Workspace | None, journal: Journal, ctx: JobContext
) -> DeployResult:
    """Executes a plan of an `Offer`.

    A working copy without changes shows what is deployed when it is opened again. One with changes keeps its
    files, with the package as its base: the next Deploy sends them. So does a local folder, which is the
    user's.

    Args:
        plan: The plan that was shown.
        workspace: The function's working copy, if one is open.

    Raises:
        As `execute`.
    """
    package = plan.package
    if workspace and plan.has(StepKind.UPLOAD) and _keeps_files(workspace, plan, ctx):
        path = workspace.packages / package_name_of(package.code_sha256)
        if journal.packages.lend(package.code_sha256, path):
            plan = replace(plan, package=replace(package, path=path))
            return execute(connection, plan, workspace, journal, ctx)
    return execute(connection, plan, None, journal, ctx)


def _keeps_files(workspace: Workspace, plan: Plan, ctx: JobContext) -> bool:
    """Whether a working copy keeps its files; not if somebody else's code is deployed (a conflict)."""
    of_it = workspace.base.function_arn == plan.function_arn and not workspace.read_only
    if not of_it or workspace.base.code_sha256 != plan.old_sha256:
        return False
    return workspace.local_folder is not None or not workspace.is_clean(ctx)


def _as_version(
    connection: Connection,
    entry: HistoryEntry,
    versions: Sequence[Version],
    journal: Journal,
    ctx: JobContext,
) -> HistoryEntry:
    """A moved alias with code and configuration of the version it was moved to; any other entry as it is.

    The journal has $LATEST's configuration of that time, and of earlier versions of Workbench no code.
    """
    found = {each.version: each.code_sha256 for each in versions}
    sha256 = found.get(entry.version, "")
    if not entry.is_move or not sha256 or entry.code_sha256 not in ("", sha256):
        return entry  # the version was deleted, or is that of a function made anew
    detail = get_function(connection, entry.function_name, entry.version, ctx)
    return replace(
        entry,
        code_sha256=sha256,
        kept_bytes=journal.packages.size_of(sha256),
        configuration=configuration_of(detail),
    )


def _version_of(entry: HistoryEntry, versions: Sequence[Version]) -> str:
    """A published version with the entry's code: the one published from it, otherwise the newest; or ""."""
    found = [
        version.version
        for version in versions
        if version.version != LATEST and version.code_sha256 == entry.code_sha256
    ]
    return entry.version if entry.version in found else next(iter(found), "")


def _difference(then: Wanted, now: FunctionDetail) -> Wanted | None:
    """The values of an earlier configuration that differ now; None if none do."""
    differing = {name: value for name, value in then.values().items() if getattr(now, name) != value}
    return Wanted(**differing) if differing else None
