"""Published versions and aliases: listing, publishing, changing aliases, code storage."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any

from workbench.aws import names
from workbench.aws.connection import Connection
from workbench.aws.iam import is_missing
from workbench.aws.names import LATEST
from workbench.aws.quotas import TextLimit, text_limit
from workbench.aws.retry import THROTTLES, Backoff, poll, retry
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.functions.detail import CONFLICT, GONE, find, wait_until_updated
from workbench.functions.model import FunctionDetail, parse_moment


@dataclass(frozen=True, slots=True)
class Version:
    """A version: "$LATEST", or a number that never changes.

    `role_arn` and `dead_letter_arn` must be equal in two versions that share the invocations of an alias.
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
    """An alias. `weights` are the shares (0 to 1) of other versions, by version."""

    name: str
    version: str
    description: str
    weights: tuple[tuple[str, float], ...]
    revision_id: str

    @property
    def versions(self) -> tuple[str, ...]:
        """All versions that it sends invocations to."""
        return (self.version, *(version for version, _share in self.weights))


def list_versions(connection: Connection, function_name: str, ctx: JobContext) -> tuple[Version, ...]:
    """All versions, "$LATEST" first, then newest first. Each page (at most 50) is emitted in AWS's order.

    Raises:
        WorkbenchError: The function does not exist, or AWS was not reached.
    """
    found = connection.listed(
        "lambda",
        "list_versions_by_function",
        _version,
        ctx=ctx,
        failure=_("Could not list the versions of {function_name}.").format(function_name=function_name),
        FunctionName=function_name,
    )
    return tuple(sorted(found, key=_age))


def list_aliases(connection: Connection, function_name: str, ctx: JobContext) -> tuple[Alias, ...]:
    """All aliases, sorted by name. Raises WorkbenchError."""
    aliases = connection.items(
        "lambda",
        "list_aliases",
        ctx=ctx,
        failure=_("Could not list the aliases of {function_name}.").format(function_name=function_name),
        FunctionName=function_name,
    )
    return tuple(sorted(map(alias_of, aliases), key=lambda alias: alias.name))


def list_both(
    connection: Connection, function_name: str, ctx: JobContext
) -> tuple[tuple[Version, ...], tuple[Alias, ...], WorkbenchError | None]:
    """All versions and aliases. If only one of them may be listed, the error says why the other is missing.

    Raises:
        WorkbenchError: Neither may be listed, the function does not exist, or AWS was not reached.
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
    """Reads one alias with GetAlias, which may be allowed when listing is not; None if it does not exist.

    Raises:
        WorkbenchError: AWS refuses, or was not reached.
    """
    answer = find(
        connection,
        "get_alias",
        _("Could not read the alias {name}.").format(name=name),
        FunctionName=function_name,
        Name=name,
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
    """An alias from an AliasConfiguration."""
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


_SETTLING = (CONFLICT, "PreconditionFailedException", "InvalidParameterValueException")
"""An update is running, or has ended since the function was read. The last code also means another
CodeSha256. Source: https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html"""
_OTHER_UPDATE = Backoff(0.2, attempts=5)
_PUBLISH_LATEST = Backoff(0.2, longest_s=5.0, attempts=10)
PUBLISHED = "$LATEST.PUBLISHED"


@dataclass(frozen=True, slots=True)
class Published:
    """The result of publishing.

    Attributes:
        version: Its number.
        is_new: False if nothing has changed since that version was published: AWS publishes no second one.
        is_ready: Whether it can be invoked. SnapStart takes minutes, and Cancel does not wait for it.
    """

    version: str
    is_new: bool
    is_ready: bool = True


def publish_version(
    connection: Connection, seen: FunctionDetail, description: str, ctx: JobContext
) -> Published:
    """Publishes a version and waits until it can be invoked.

    Args:
        seen: The function as the user saw it.
        description: At most 256 characters; empty for the function's own.
        ctx: Cancel after the version was created only ends the wait.

    Raises:
        WorkbenchError: Somebody has changed code or configuration; AWS refused; or the version cannot run.
        Cancelled: Nothing was published.
    """
    name, failure = (
        seen.function_name,
        _("Could not publish a version of {function_name}.").format(function_name=seen.function_name),
    )
    more: dict[str, Any] = {"Description": description} if description else {}
    before = {each.version for each in list_versions(connection, name, JobContext())}
    now = wait_until_updated(connection, name, ctx)
    refusal: WorkbenchError | None = None

    def publish() -> dict[str, Any] | None:
        """The answer; None if an update came in between."""
        nonlocal now, refusal
        if refusal is not None:
            then, now = now, wait_until_updated(connection, name, ctx)
            if refusal.aws_code not in _SETTLING[:2] and then.revision_id == now.revision_id:
                raise refusal  # the refusal was not about the code
        _refuse_if_changed(seen, now, failure)
        ctx.check()
        try:
            return connection.call(
                "lambda",
                "publish_version",
                failure=failure,
                FunctionName=name,
                CodeSha256=now.code_sha256,
                RevisionId=now.revision_id,
                **more,
            )
        except WorkbenchError as error:
            if error.aws_code not in _SETTLING:
                raise
            refusal = error
            return None

    answer = poll(publish, lambda answer: answer is not None, ctx, _OTHER_UPDATE)
    if answer is None:
        assert refusal is not None
        raise refusal
    version = names.version(str(answer["Version"]))
    return Published(version, version not in before, _wait(connection, name, version, ctx))


def publish_latest(connection: Connection, function_name: str, ctx: JobContext) -> None:
    """Publishes $LATEST to $LATEST.PUBLISHED, and waits until that can be invoked. Can be repeated.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-version-publishing.html

    Raises:
        WorkbenchError: AWS refused, or cannot start it: callers keep getting the earlier version.
    """
    ctx.check()
    retry(
        lambda: connection.call(
            "lambda",
            "publish_version",
            failure=_("The changes of {function_name} were not published to {published}.").format(
                function_name=function_name, published=PUBLISHED
            ),
            FunctionName=function_name,
            PublishTo="LATEST_PUBLISHED",
        ),
        ctx,
        _PUBLISH_LATEST,
        lambda error: error.aws_code in (CONFLICT, *THROTTLES),
    )
    detail = wait_until_updated(connection, function_name, ctx, PUBLISHED)
    if "Failed" in (detail.state, detail.last_update_status):
        raise WorkbenchError(
            _("{published} of {function_name} cannot be invoked.").format(
                published=PUBLISHED, function_name=function_name
            ),
            detail.state_reason or detail.last_update_status_reason,
            _("Fix the cause, then deploy again."),
            aws_code="State=Failed",
        )


def _refuse_if_changed(seen: FunctionDetail, now: FunctionDetail, failure: str) -> None:
    """Ignores states and revisions, which AWS changes for its own reasons."""
    same = replace(
        now,
        state=seen.state,
        state_reason=seen.state_reason,
        last_update_status=seen.last_update_status,
        last_update_status_reason=seen.last_update_status_reason,
        revision_id=seen.revision_id,
        last_modified=seen.last_modified,
        code_location=seen.code_location,
        reserved_concurrency=seen.reserved_concurrency,
        tags=seen.tags,
    )
    if same == seen:
        return
    what = "code" if now.code_sha256 != seen.code_sha256 else "configuration"
    raise WorkbenchError(
        failure,
        _("Its {what} changed in the meantime. No version was published.").format(what=what),
        _("Review the changes, then publish again."),
        aws_code="PreconditionFailedException",
        action="function.refresh",
    )


def _wait(connection: Connection, name: str, version: str, ctx: JobContext) -> bool:
    try:
        detail = wait_until_updated(connection, name, ctx, version)
    except Cancelled:
        return False
    if detail.state == "Failed":
        raise WorkbenchError(
            _("Version {version} of {name} was published, but it cannot be invoked.").format(
                version=version, name=name
            ),
            detail.state_reason,
            _("Fix the cause, then publish again."),
            aws_code="State=Failed",
        )
    return True


@dataclass(frozen=True, slots=True)
class Storage:
    """Code storage of an account in a region: all functions and layers."""

    used_bytes: int
    limit_bytes: int


def read_storage(connection: Connection) -> Storage:
    """Reads the account's code storage. Raises WorkbenchError."""
    answer = connection.call("lambda", "get_account_settings", failure=_("Could not read the code storage."))
    usage, limit = answer.get("AccountUsage") or {}, answer.get("AccountLimit") or {}
    return Storage(int(usage.get("TotalCodeSize") or 0), int(limit.get("TotalCodeSize") or 0))


def stored_bytes(versions: Iterable[Version]) -> int:
    """The code storage of a function: the whole package of each version, $LATEST included."""
    return sum(version.code_size_bytes for version in versions)


_STALE = "PreconditionFailedException"
_OTHER_CHANGE = Backoff(0.0, attempts=4)
"""If the alias was changed between reading and writing, it is read again at once."""


@dataclass(frozen=True, slots=True)
class AliasSpec:
    """The desired state of an alias.

    Attributes:
        version: "$LATEST" or a number.
        description: At most 256 characters.
        second: A version that gets a share of the invocations; empty for none.
        share: That share, from 0 to 1.
    """

    version: str
    description: str = ""
    second: str = ""
    share: float = 0.0

    @property
    def weights(self) -> tuple[tuple[str, float], ...]:
        """AdditionalVersionWeights."""
        return ((self.second, self.share),) if self.second else ()

    @property
    def versions(self) -> tuple[str, ...]:
        """The versions that the alias sends invocations to."""
        return (self.version, self.second) if self.second else (self.version,)

    @classmethod
    def of(cls, alias: Alias) -> "AliasSpec":
        """The current state of an alias."""
        second, share = alias.weights[0] if alias.weights else ("", 0.0)
        return cls(alias.version, alias.description, second, share)


class AliasConflict(WorkbenchError):
    """Somebody else changed the alias since it was read. `now` is its current state."""

    def __init__(self, what: str, now: Alias) -> None:
        weights = (
            _("{share} % to version {version}").format(share=f"{share * 100:.4g}", version=version)
            for version, share in now.weights
        )
        target = ", ".join((now.version, *weights))
        target += f" (“{now.description}”)" if now.description else ""
        super().__init__(
            what,
            _(
                "{alias} was changed in the meantime: it now points to version {target}. Your "
                "change was not applied."
            ).format(alias=now.name, target=target),
            _("Review the change, then decide."),
            aws_code=_STALE,
        )
        self.now = now


class AliasFault(Enum):
    """Why AWS would refuse an alias."""

    NAME = "name"
    DESCRIPTION = "description"
    LATEST_SHARED = "traffic of $LATEST cannot be split"
    SAME_VERSION = "both versions are the same"
    SHARE = "share"
    ROLE = "the versions have different execution roles"
    DEAD_LETTER = "the versions have different dead-letter queues"


@dataclass(frozen=True, slots=True)
class AliasLimits:
    """The limits of the service model for aliases."""

    name: TextLimit
    description: TextLimit

    def fault(self, name: str, wanted: AliasSpec, versions: Sequence[Version] = ()) -> AliasFault | None:
        """Why AWS would refuse the alias; None if it would not.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html

        Args:
            versions: Versions of the function. For versions that are not among them, it is unknown whether
                they can share invocations.
        """
        if not self.name.accepts(name):
            return AliasFault.NAME
        if not self.description.accepts(wanted.description):
            return AliasFault.DESCRIPTION
        if wanted.second:
            if LATEST in (wanted.version, wanted.second):
                return AliasFault.LATEST_SHARED
            if wanted.version == wanted.second:
                return AliasFault.SAME_VERSION
            if not 0 <= wanted.share <= 1:
                return AliasFault.SHARE
            return _sharing_fault([each for each in versions if each.version in wanted.versions])
        return None


def _sharing_fault(versions: Sequence[Version]) -> AliasFault | None:
    if len({each.role_arn for each in versions}) > 1:
        return AliasFault.ROLE
    if len({each.dead_letter_arn for each in versions}) > 1:
        return AliasFault.DEAD_LETTER
    return None


def load_limits() -> AliasLimits:
    """Reads the service model, which takes 50 ms the first time: not for the main thread."""
    return AliasLimits(text_limit("Alias"), text_limit("Description"))


def create_alias(
    connection: Connection, function_name: str, name: str, wanted: AliasSpec, ctx: JobContext
) -> Alias:
    """Creates an alias.

    Raises:
        WorkbenchError: An alias of this name exists and is left alone, or AWS refused.
        Cancelled: The alias was not created.
    """
    failure = _("Could not create the alias {name} of {function_name}.").format(
        name=name, function_name=function_name
    )
    ctx.check()
    try:
        answer = connection.call(
            "lambda",
            "create_alias",
            failure=failure,
            FunctionName=function_name,
            Name=name,
            FunctionVersion=wanted.version,
            Description=wanted.description,
            **_routing(wanted, is_new=True),
        )
    except WorkbenchError as error:
        # An earlier attempt may have created it although its answer was lost.
        found = find_alias(connection, function_name, name) if error.aws_code == CONFLICT else None
        if found is None or AliasSpec.of(found) != wanted:
            raise
        return found
    return alias_of(answer)


def update_alias(
    connection: Connection, function_name: str, seen: Alias, wanted: AliasSpec, ctx: JobContext
) -> Alias:
    """Changes the versions, weights or description of an alias.

    Args:
        seen: The alias as the user saw it.

    Raises:
        AliasConflict: Somebody else changed the alias in the meantime.
        WorkbenchError: The alias does not exist, or AWS refused.
        Cancelled: The alias was not changed.
    """
    failure = _("Could not change the alias {seen} of {function_name}.").format(
        seen=seen.name, function_name=function_name
    )

    def update() -> Alias:
        ctx.check()
        now = _present(connection, function_name, seen, failure)
        if AliasSpec.of(now) == wanted:
            return now  # also the result of an attempt whose answer was lost
        if AliasSpec.of(now) != AliasSpec.of(seen):
            raise AliasConflict(failure, now)
        answer = connection.call(
            "lambda",
            "update_alias",
            failure=failure,
            FunctionName=function_name,
            Name=seen.name,
            FunctionVersion=wanted.version,
            Description=wanted.description,
            RevisionId=now.revision_id,
            **_routing(wanted, is_new=False),
        )
        return alias_of(answer)

    return retry(
        update,
        ctx,
        _OTHER_CHANGE,
        lambda error: error.aws_code == _STALE and not isinstance(error, AliasConflict),
    )


def delete_alias(connection: Connection, function_name: str, seen: Alias, ctx: JobContext) -> None:
    """Deletes an alias; no error if it does not exist. DeleteAlias takes no RevisionId, so it is read first.

    Raises:
        AliasConflict: Somebody else changed the alias in the meantime.
        WorkbenchError: AWS refused.
        Cancelled: The alias was not deleted.
    """
    failure = _("Could not delete the alias {seen} of {function_name}.").format(
        seen=seen.name, function_name=function_name
    )
    ctx.check()
    now = find_alias(connection, function_name, seen.name)
    if now is None:
        return
    if AliasSpec.of(now) != AliasSpec.of(seen):
        raise AliasConflict(failure, now)
    find(connection, "delete_alias", failure, FunctionName=function_name, Name=seen.name)


def _present(connection: Connection, function_name: str, seen: Alias, failure: str) -> Alias:
    """Reads the alias. Raises AliasConflict if somebody else changed it."""
    now = find_alias(connection, function_name, seen.name)
    if now is None:
        raise WorkbenchError(
            failure,
            _("The alias {seen} was deleted in the meantime.").format(seen=seen.name),
            _("Review the aliases. Create the alias again if you need it."),
            aws_code=GONE,
        )
    return now


def _routing(wanted: AliasSpec, *, is_new: bool) -> dict[str, Any]:
    """RoutingConfig. An update without weights must say so, or the existing ones are kept."""
    if is_new and not wanted.second:
        return {}
    return {"RoutingConfig": {"AdditionalVersionWeights": dict(wanted.weights)}}
