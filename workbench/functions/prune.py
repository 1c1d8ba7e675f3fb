"""Deletes old versions: first which and why, then, if the user agrees, one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from workbench.aws.connection import Connection
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.functions.detail import CONFLICT, find
from workbench.functions.versions import Alias, Version, list_aliases


class UseKind(Enum):
    """How it is used."""

    MAPPING = "event source mapping"
    POLICY = "resource policy"
    URL = "function URL"


@dataclass(frozen=True, slots=True)
class Use:
    """One use.

    Attributes:
        qualifier: The version or the alias.
        kind: How it is used.
        subject: The event source's ARN, or the URL; empty for a policy.
    """

    qualifier: str
    kind: UseKind
    subject: str = ""


@dataclass(frozen=True, slots=True)
class QualifierUses:
    """A version or alias, and what uses it."""

    qualifier: str
    uses: tuple[Use, ...]


def find_uses(
    connection: Connection, function_name: str, qualifiers: Sequence[str], ctx: JobContext
) -> tuple[QualifierUses, ...]:
    """Looks what uses these versions or aliases; each is emitted as a QualifierUses.

    Raises:
        WorkbenchError: AWS was not reached, or does not allow it: then nothing is known.
        Cancelled: Between calls.
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
        looked = QualifierUses(qualifier, _uses(connection, function_name, qualifier))
        ctx.emit(looked)
        found.append(looked)
    return tuple(found)


def _uses(connection: Connection, function_name: str, qualifier: str) -> tuple[Use, ...]:
    failure = _("Could not find what uses {function_name}:{qualifier}.").format(
        function_name=function_name, qualifier=qualifier
    )
    uses = []
    marker: dict[str, str] = {}
    while True:
        page = find(
            connection,
            "list_event_source_mappings",
            failure,
            FunctionName=f"{function_name}:{qualifier}",
            **marker,
        )
        for mapping in page.get("EventSourceMappings") or ():
            # Emulators answer with all mappings of the function.
            if str(mapping.get("FunctionArn", "")).endswith(f":{qualifier}"):
                uses.append(Use(qualifier, UseKind.MAPPING, str(mapping.get("EventSourceArn") or "")))
        if not (token := page.get("NextMarker")):
            break
        marker = {"Marker": str(token)}
    if find(connection, "get_policy", failure, FunctionName=function_name, Qualifier=qualifier):
        uses.append(Use(qualifier, UseKind.POLICY))
    # Only an alias can have a URL of its own.
    if not qualifier.isdecimal():
        url = find(
            connection, "get_function_url_config", failure, FunctionName=function_name, Qualifier=qualifier
        )
        if url:
            uses.append(Use(qualifier, UseKind.URL, str(url.get("FunctionUrl") or "")))
    return tuple(uses)


class Fate(Enum):
    """What becomes of a version."""

    DELETE = "deleted"
    LATEST = "$LATEST is the function itself"
    NEWEST = "one of the newest"
    ALIAS = "an alias points to it"
    USED = "it is referenced by its number"
    UNKNOWN = "not checked yet"


@dataclass(frozen=True, slots=True)
class Decision:
    """A version and its fate.

    Attributes:
        version: The version.
        fate: What becomes of it.
        reasons: The aliases that point to it; empty for other fates.
        uses: What calls it by its number.
    """

    version: Version
    fate: Fate
    reasons: tuple[str, ...] = ()
    uses: tuple[Use, ...] = ()


@dataclass(frozen=True, slots=True)
class PrunePlan:
    """All versions, in the order given, with what becomes of each."""

    decisions: tuple[Decision, ...]

    def of_fate(self, fate: Fate) -> tuple[Version, ...]:
        return tuple(each.version for each in self.decisions if each.fate is fate)

    @property
    def deleted(self) -> tuple[Version, ...]:
        """What goes, the oldest first."""
        return tuple(sorted(self.of_fate(Fate.DELETE), key=lambda version: int(version.version)))

    @property
    def unknown(self) -> tuple[Version, ...]:
        """What would be deleted if nothing uses it, which was not checked yet."""
        return self.of_fate(Fate.UNKNOWN)

    @property
    def freed_bytes(self) -> int:
        """Of the account's storage for code."""
        return sum(version.code_size_bytes for version in self.deleted)


def plan_prune(
    versions: Sequence[Version],
    aliases: Sequence[Alias],
    keep: int,
    uses: Mapping[str, Sequence[Use]],
) -> PrunePlan:
    """Decides. Pure.

    Args:
        versions: All of the function.
        aliases: All of the function.
        keep: How many of the newest stay in any case.
        uses: By version, what was found to call it; a version that is missing was not checked.
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
    """What came of it.

    Attributes:
        deleted: Versions that are gone.
        failed: Versions that stay, and why.
        left: Versions that were not come to, because of Cancel.
    """

    deleted: tuple[str, ...]
    failed: tuple[tuple[str, WorkbenchError], ...] = ()
    left: tuple[str, ...] = ()


def prune(
    connection: Connection, function_name: str, versions: Sequence[str], ctx: JobContext
) -> PruneResult:
    """Deletes versions, each once, in the order given. What cannot be deleted is reported.

    An alias that points to one by now keeps it. Cancel ends it between two versions: the result says how far
    it came.

    Raises:
        WorkbenchError: The aliases could not be read; nothing was deleted.
    """
    if not all(version.isdecimal() for version in versions):
        raise ValueError(f"only versions can be deleted: {versions}")  # without a number the function goes
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
    """Deletes one. It is no error when it does not exist any more."""
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
