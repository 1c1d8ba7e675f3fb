"""The deploys of a function, newest first, and what each can still be used for.

Read from the journals alone, so a crash leaves no gap.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from workbench.deploy.changes import About
from workbench.deploy.journal import Created, DeployOutcome, DeployRecord, Journal
from workbench.deploy.plan import StepKind
from workbench.functions.configure import Wanted

_ARRIVED = frozenset({DeployOutcome.DEPLOYED, DeployOutcome.UPDATING})


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A deploy; the function's creation; or code of unknown origin that a deploy replaced.

    Attributes:
        record: The deploy; None for code that was created or found.
        when: ISO 8601, UTC: start of the deploy, creation of the function, publication of the version, or
            replacement of the code that was found.
        code_sha256: CodeSha256 of the deployed or found code.
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
        if created is not None and moment(created.when) <= moment(record.when):
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
        sha256 = record.new_sha256
        entry = _entry(journal, record, seen.get(sha256, ""), versions.get(sha256, ""))
        entries.append(entry)
        if record.outcome in _ARRIVED:
            seen.setdefault(sha256, record.when)
            versions[sha256] = entry.version or versions.get(sha256, "")
    if created is not None:
        add_creation(created)
    return tuple(reversed(entries))


def markers(journal: Journal, function_arn: str, start: datetime, end: datetime) -> tuple[DeployMarker, ...]:
    """The markers of a function in a time range, oldest first."""
    return tuple(_markers(reversed(journal.records(function_arn)), start, end))


def moment(text: str) -> datetime:
    """Parses a time of a journal."""
    return datetime.fromisoformat(text)


def _entry(journal: Journal, record: DeployRecord, seen: str, seen_version: str) -> HistoryEntry:
    return HistoryEntry(
        record.function_name,
        record,
        record.when,
        record.new_sha256,
        journal.packages.size_of(record.new_sha256),
        record.about.after,
        _version(record),
        _alias_name(record),
        _is_move(record),
        seen,
        seen_version,
    )


def _markers(records: Iterable[DeployRecord], start: datetime, end: datetime) -> Iterator[DeployMarker]:
    for record in records:
        taken_back = record.outcome is DeployOutcome.UNDONE and StepKind.UPLOAD in record.planned
        if not taken_back and record.outcome not in _ARRIVED:
            continue
        when = moment(record.when)
        if start <= when <= end:
            yield DeployMarker(
                when,
                record.new_sha256,
                _version(record),
                _alias_name(record),
                record.about.who,
                taken_back,
                moment(record.finished) if record.finished else None,
                _is_move(record),
                (record.about.before.memory_mb or 0, record.about.after.memory_mb or 0),
            )


def _version(record: DeployRecord) -> str:
    return str(record.facts.get(StepKind.PUBLISH, {}).get("version", ""))


def _alias_name(record: DeployRecord) -> str:
    alias = record.options.alias if record.options else None
    return alias.name if alias and StepKind.ALIAS in record.facts else ""


def _is_move(record: DeployRecord) -> bool:
    return StepKind.ALIAS in record.planned and StepKind.UPLOAD not in record.planned
