"""Published versions and aliases of a function."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workbench.aws import names
from workbench.aws.connection import Connection
from workbench.aws.permissions import is_missing
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.asking import find
from workbench.functions.model import parse_moment


@dataclass(frozen=True, slots=True)
class Version:
    """A version: "$LATEST", or a number that never changes again.

    `role_arn` and `dead_letter_arn` must be the same in two versions that share the calls of an alias.
    """

    version: str
    description: str
    runtime: str
    code_sha256: str
    code_size_bytes: int
    last_modified: datetime | None
    revision_id: str
    role_arn: str = ""
    dead_letter_arn: str = ""


@dataclass(frozen=True, slots=True)
class Alias:
    """A name for a version. `weights` are shares (0 to 1) that go to other versions, by version."""

    name: str
    version: str
    description: str
    weights: tuple[tuple[str, float], ...]
    revision_id: str

    @property
    def versions(self) -> tuple[str, ...]:
        """All versions that it sends calls to."""
        return (self.version, *(version for version, _share in self.weights))


def list_versions(connection: Connection, function_name: str, ctx: JobContext) -> tuple[Version, ...]:
    """All versions, "$LATEST" first, then the newest; each page (at most 50) is emitted as AWS orders it.

    Raises:
        WorkbenchError: The function is gone, or AWS was not reached.
        Cancelled: Between pages.
    """
    found: list[Version] = []
    for page in connection.paginate(
        "lambda",
        "list_versions_by_function",
        ctx=ctx,
        failure=f"Could not list the versions of {function_name}.",
        FunctionName=function_name,
    ):
        rows = tuple(map(_version, page.get("Versions", ())))
        found += rows
        ctx.emit(rows)
    return tuple(sorted(found, key=_age))


def list_aliases(connection: Connection, function_name: str, ctx: JobContext) -> tuple[Alias, ...]:
    """All aliases by name.

    Raises:
        WorkbenchError: The function is gone, or AWS was not reached.
        Cancelled: Between pages.
    """
    pages = connection.paginate(
        "lambda",
        "list_aliases",
        ctx=ctx,
        failure=f"Could not list the aliases of {function_name}.",
        FunctionName=function_name,
    )
    aliases = [alias_of(each) for page in pages for each in page.get("Aliases", ())]
    return tuple(sorted(aliases, key=lambda alias: alias.name))


def list_both(
    connection: Connection, function_name: str, ctx: JobContext
) -> tuple[tuple[Version, ...], tuple[Alias, ...], WorkbenchError | None]:
    """All versions and all aliases; who may list one of them only gets that, and why the others are missing.

    Raises:
        WorkbenchError: Neither may be listed, the function is gone, or AWS was not reached.
        Cancelled: Between pages.
    """
    versions: tuple[Version, ...] = ()
    problem = None
    try:
        versions = list_versions(connection, function_name, ctx)
    except WorkbenchError as error:
        if not is_missing(error):
            raise
        problem = error
    try:
        return versions, list_aliases(connection, function_name, ctx), problem
    except WorkbenchError as error:
        if problem is not None:
            raise problem from None
        if not is_missing(error):
            raise
        return versions, (), error


def find_alias(connection: Connection, function_name: str, name: str) -> Alias | None:
    """One alias, by GetAlias: who may read one may not be allowed to list all. None when there is none.

    Raises:
        WorkbenchError: AWS refuses, or was not reached.
    """
    answer = find(
        connection, "get_alias", f"Could not read the alias {name}.", FunctionName=function_name, Name=name
    )
    return alias_of(answer) if answer else None


def _version(configuration: Mapping[str, Any]) -> Version:
    return Version(
        version=names.version(configuration["Version"]),
        description=configuration.get("Description", ""),
        runtime=configuration.get("Runtime", ""),
        code_sha256=configuration.get("CodeSha256", ""),
        code_size_bytes=configuration.get("CodeSize", 0),
        last_modified=parse_moment(configuration.get("LastModified", "")),
        revision_id=configuration.get("RevisionId", ""),
        role_arn=configuration.get("Role", ""),
        dead_letter_arn=(configuration.get("DeadLetterConfig") or {}).get("TargetArn", ""),
    )


def alias_of(answer: Mapping[str, Any]) -> Alias:
    """Reads an AliasConfiguration of an answer."""
    routing = answer.get("RoutingConfig") or {}
    return Alias(
        name=names.alias_name(answer["Name"]),
        version=names.version(answer["FunctionVersion"]),
        description=answer.get("Description", ""),
        weights=tuple(sorted((routing.get("AdditionalVersionWeights") or {}).items())),
        revision_id=answer.get("RevisionId", ""),
    )


def _age(version: Version) -> int:
    return -int(version.version) if version.version.isdecimal() else -(2**63)
