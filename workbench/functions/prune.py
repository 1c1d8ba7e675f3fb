"""Deletes old versions: decides which and why, then, if the user agrees, deletes one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.functions.detail import CONFLICT, GONE, find
from workbench.functions.versions import Alias, Version, list_aliases


class UseKind(Enum):
    """Ways in which a version is used."""

    MAPPING = "event source mapping"
    POLICY = "resource policy"
    URL = "function URL"


@dataclass(frozen=True, slots=True)
class Use:
    """A use of a version or alias.

    Attributes:
        qualifier: The version or alias.
        subject: ARN of the event source, or the URL; empty for a policy.
    """

    qualifier: str
    kind: UseKind
    subject: str = ""


@dataclass(frozen=True, slots=True)
class QualifierUses:
    """A version or alias and its uses."""

    qualifier: str
    uses: tuple[Use, ...]


def find_uses(
    connection: Connection, function_name: str, qualifiers: Sequence[str], ctx: JobContext
) -> tuple[QualifierUses, ...]:
    """Finds the uses of versions or aliases. Each is emitted as a QualifierUses.

    Raises:
        WorkbenchError: AWS refused, or was not reached: uses are unknown.
    """
    found = []
    for number, qualifier in enumerate(qualifiers):
        ctx.progress(
            number,
            len(qualifiers),
            _("Finding what uses {function_name}:{qualifier}").format(
                function_name=function_name, qualifier=qualifier
            ),
        )
        looked = QualifierUses(qualifier, uses_of(connection, function_name, qualifier))
        ctx.emit(looked)
        found.append(looked)
    return tuple(found)


def uses_of(connection: Connection, function_name: str, qualifier: str) -> tuple[Use, ...]:
    """The uses of a version or alias. Raises as `find_uses` does."""
    failure = _("Could not find what uses {function_name}:{qualifier}.").format(
        function_name=function_name, qualifier=qualifier
    )
    qualified, method = f"{function_name}:{qualifier}", "list_event_source_mappings"
    mappings: list[dict[str, Any]] = []
    try:
        mappings += connection.items(
            "lambda", method, ctx=JobContext(), failure=failure, FunctionName=qualified
        )
    except WorkbenchError as error:
        if error.aws_code != GONE:
            raise
    # Emulators answer with all mappings of the function.
    uses = [
        Use(qualifier, UseKind.MAPPING, str(mapping.get("EventSourceArn") or ""))
        for mapping in mappings
        if str(mapping.get("FunctionArn", "")).endswith(f":{qualifier}")
    ]
    if find(connection, "get_policy", failure, FunctionName=function_name, Qualifier=qualifier):
        uses.append(Use(qualifier, UseKind.POLICY))
    # Among qualifiers, only an alias can have its own URL.
    if not qualifier.isdecimal():
        url = find(
            connection, "get_function_url_config", failure, FunctionName=function_name, Qualifier=qualifier
        )
        if url:
            uses.append(Use(qualifier, UseKind.URL, str(url.get("FunctionUrl") or "")))
    return tuple(uses)


class Fate(Enum):
    """What happens to a version."""

    DELETE = "deleted"
    LATEST = "$LATEST is the function itself"
    NEWEST = "one of the newest"
    ALIAS = "an alias points to it"
    USED = "it is referenced by its number"
    UNKNOWN = "not checked yet"


@dataclass(frozen=True, slots=True)
class Decision:
    """A version and what happens to it.

    Attributes:
        reasons: The aliases that point to it; empty for other fates.
        uses: What invokes it by its number.
    """

    version: Version
    fate: Fate
    reasons: tuple[str, ...] = ()
    uses: tuple[Use, ...] = ()


@dataclass(frozen=True, slots=True)
class PrunePlan:
    """All versions, in the given order, and what happens to each."""

    decisions: tuple[Decision, ...]

    def of_fate(self, fate: Fate) -> tuple[Version, ...]:
        return tuple(each.version for each in self.decisions if each.fate is fate)

    @property
    def deleted(self) -> tuple[Version, ...]:
        """The versions to delete, oldest first."""
        return tuple(sorted(self.of_fate(Fate.DELETE), key=lambda version: int(version.version)))

    @property
    def unknown(self) -> tuple[Version, ...]:
        """Versions to delete if nothing uses them, which was not checked yet."""
        return self.of_fate(Fate.UNKNOWN)

    @property
    def freed_bytes(self) -> int:
        """Freed code storage of the account."""
        return sum(version.code_size_bytes for version in self.deleted)


def plan_prune(
    versions: Sequence[Version], aliases: Sequence[Alias], keep: int, uses: Mapping[str, Sequence[Use]]
) -> PrunePlan:
    """Decides which versions are deleted. Pure.

    Args:
        keep: Number of newest versions that always stay.
        uses: The uses found, by version; a missing version was not checked.
    """
    numbers = sorted((int(v.version) for v in versions if v.version.isdecimal()), reverse=True)
    newest = set(numbers[:keep])
    pointing: dict[str, list[str]] = {}
    for alias in aliases:
        for version in alias.versions:
            pointing.setdefault(version, []).append(alias.name)

    def decide(version: Version) -> Decision:
        if not version.version.isdecimal():
            return Decision(version, Fate.LATEST)
        if names := pointing.get(version.version):
            return Decision(version, Fate.ALIAS, tuple(names))
        if int(version.version) in newest:
            return Decision(version, Fate.NEWEST)
        found = uses.get(version.version)
        if found is None:
            return Decision(version, Fate.UNKNOWN)
        return Decision(version, Fate.USED if found else Fate.DELETE, uses=tuple(found))

    return PrunePlan(tuple(map(decide, versions)))


@dataclass(frozen=True, slots=True)
class PruneResult:
    """The result of a deletion of versions.

    Attributes:
        deleted: The deleted versions.
        failed: Versions that could not be deleted, and why.
        left: Versions that were not reached because of Cancel.
    """

    deleted: tuple[str, ...]
    failed: tuple[tuple[str, WorkbenchError], ...] = ()
    left: tuple[str, ...] = ()


def prune(
    connection: Connection, function_name: str, versions: Sequence[str], ctx: JobContext
) -> PruneResult:
    """Deletes versions one by one, in the given order. Failures are part of the result.

    A version that an alias now points to is kept. Cancel takes effect between two versions.

    Raises:
        WorkbenchError: The aliases could not be read; nothing was deleted.
    """
    if not all(version.isdecimal() for version in versions):
        raise ValueError(f"only versions can be deleted: {versions}")  # it would delete the function
    deleted: list[str] = []
    failed: list[tuple[str, WorkbenchError]] = []
    try:
        pointing = _pointing(connection, function_name, ctx)
        for number, version in enumerate(versions):
            ctx.progress(
                number,
                len(versions),
                _("Deleting version {version} of {function_name}").format(
                    version=version, function_name=function_name
                ),
            )
            if version in pointing:
                failed.append((version, _kept(function_name, version, pointing[version])))
                continue
            try:
                _delete(connection, function_name, version)
                deleted.append(version)
            except WorkbenchError as error:
                failed.append((version, error))
    except Cancelled:
        pass
    done = {*deleted, *(version for version, _error in failed)}
    return PruneResult(tuple(deleted), tuple(failed), tuple(v for v in versions if v not in done))


def _pointing(connection: Connection, function_name: str, ctx: JobContext) -> dict[str, str]:
    return {
        version: alias.name
        for alias in list_aliases(connection, function_name, ctx)
        for version in alias.versions
    }


def _delete(connection: Connection, function_name: str, version: str) -> None:
    """Deletes one version. It is no error if it does not exist."""
    find(
        connection,
        "delete_function",
        _("Could not delete version {version} of {function_name}.").format(
            version=version, function_name=function_name
        ),
        FunctionName=function_name,
        Qualifier=version,
    )


def _kept(function_name: str, version: str, alias_name: str) -> WorkbenchError:
    return WorkbenchError(
        _("Version {version} of {function_name} was not deleted.").format(
            version=version, function_name=function_name
        ),
        _("The alias {alias_name} now points to it.").format(alias_name=alias_name),
        _("Check the aliases."),
        aws_code=CONFLICT,
    )
