"""Creates, changes and deletes aliases, unless somebody else has changed them in the meantime.

A deploy moves aliases in its own steps (deploy/steps/alias.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.quotas import TextLimit, text_limit
from workbench.aws.retry import Backoff, retry
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.functions.detail import CONFLICT, GONE, find
from workbench.functions.versions import Alias, Version, alias_of, find_alias

LATEST = "$LATEST"
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
        target = now.version + "".join(
            _(", {share} % to version {version}").format(share=f"{share * 100:.4g}", version=version)
            for version, share in now.weights
        )
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
