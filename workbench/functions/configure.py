"""Changes a function's configuration, as far as nobody else has changed the same meanwhile."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, Self

from workbench.aws.connection import Connection
from workbench.aws.retry import Backoff, poll
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.functions.configuration import configuration_request, setting_name
from workbench.functions.detail import get_function, wait_until_updated
from workbench.functions.model import FunctionDetail
from workbench.functions.versions import publish_latest

_OTHER_UPDATE = Backoff(0.1, longest_s=2.0, attempts=5)
_SETTLING = ("ResourceConflictException", "PreconditionFailedException")
"""Another update runs, or ended between our look and our call: its end gives a new RevisionId, too."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the configuration is to be. None leaves a thing as it is.

    The names are those of FunctionDetail, which what is there is compared by.

    Attributes:
        handler: Such as "app.handler".
        environment: All variables, names and values, sorted by name.
        layers: ARNs of layer versions, in their order.
        tracing: "Active" or "PassThrough".
    """

    handler: str | None = None
    runtime: str | None = None
    description: str | None = None
    memory_mb: int | None = None
    timeout_s: int | None = None
    role_arn: str | None = None
    environment: tuple[tuple[str, str], ...] | None = field(default=None, repr=False)
    layers: tuple[str, ...] | None = None
    ephemeral_storage_mb: int | None = None
    tracing: str | None = None

    def values(self) -> dict[str, Any]:
        """What is wanted, by attribute."""
        return {each.name: value for each in fields(self) if (value := getattr(self, each.name)) is not None}

    def of(self, detail: FunctionDetail) -> Self:
        """The same attributes as a function has them: what takes this change back."""
        return type(self)(**{name: getattr(detail, name) for name in self.values()})

    def differs_from(self, detail: FunctionDetail) -> bool:
        """Whether a function does not have all of this."""
        return self.of(detail) != self


def configure(
    connection: Connection, seen: FunctionDetail, wanted: Wanted, ctx: JobContext
) -> FunctionDetail:
    """Brings a function's $LATEST to a configuration, and waits until AWS has done it.

    What is changed is guarded: where it is not as the user saw it any more, nothing is sent. Other changes
    of other people do not matter, and are kept. Where all is as wanted already, nothing is sent either.

    Args:
        connection: To the function's account and region.
        seen: The function as the user saw it.
        wanted: The change.
        ctx: The job. Cancel before the change was sent leaves the function as it is; afterwards it only
            ends the waiting.

    Returns:
        The function as it is then.

    Raises:
        WorkbenchError: Somebody changed the same meanwhile; AWS refused; or AWS took the change and then
            could not carry it out.
        Cancelled: Before anything was sent.
    """
    failure = _("Could not configure {function_name}.").format(function_name=seen.function_name)
    now = wait_until_updated(connection, seen.function_name, ctx)
    return send_guarded(connection, now, lambda now: _request(now, seen, wanted, failure), ctx)


def configure_for_callers(
    connection: Connection, seen: FunctionDetail, wanted: Wanted, ctx: JobContext
) -> FunctionDetail:
    """As `configure`, for a change that is no part of a deploy: on managed instances, callers get it too.

    Raises:
        WorkbenchError: As `configure`; or $LATEST has the change, and it could not be published.
        Cancelled: Before anything was sent.
    """
    detail = configure(connection, seen, wanted, ctx)
    if detail.is_managed:
        publish_latest(connection, detail.function_name, ctx.shielded())
    return detail


def send_guarded(
    connection: Connection,
    now: FunctionDetail,
    request_of: Callable[[FunctionDetail], dict[str, Any]],
    ctx: JobContext,
    method: str = "update_function_configuration",
) -> FunctionDetail:
    """Sends an update that only holds for the function as it is, and waits for its end.

    Args:
        connection: To the function's account and region.
        now: The function, with no update running.
        request_of: The members to send, for a function as it is then; none when there is nothing to do. It
            is asked again when somebody else's update came between, and raises what is to stop it.
        ctx: The job. See `configure`.
        method: Which update; "update_function_code" has the same guard.

    Raises:
        WorkbenchError: As `configure`.
        Cancelled: Before anything was sent.
    """
    name = now.function_name
    failure = _("Could not configure {name}.").format(name=name)
    refusal: WorkbenchError | None = None

    def send() -> bool | None:
        """Whether something was sent; None where somebody else's update came between."""
        nonlocal now, refusal
        if refusal is not None:
            now = wait_until_updated(connection, name, ctx)
        request = request_of(now)
        if not request:
            return False
        ctx.check()
        try:
            connection.call(
                "lambda",
                method,
                failure=failure,
                FunctionName=name,
                RevisionId=now.revision_id,
                **request,
            )
        except WorkbenchError as error:
            if error.aws_code not in _SETTLING:
                raise
            refusal = error
            return None
        return True

    is_sent = poll(send, lambda is_sent: is_sent is not None, ctx, _OTHER_UPDATE)
    if is_sent is None and refusal is not None:
        raise refusal
    return _wait(connection, name, failure, ctx) if is_sent else now


def _request(now: FunctionDetail, seen: FunctionDetail, wanted: Wanted, failure: str) -> dict[str, Any]:
    """What is to be sent; nothing when all is as wanted."""
    changed = []
    for name, value in wanted.values().items():
        present = getattr(now, name)
        if name == "environment" and now.environment_error:
            raise WorkbenchError(
                failure,
                _("AWS does not return the environment variables: {environment_error}").format(
                    environment_error=now.environment_error
                ),
            )
        if value == present:
            continue
        if present != getattr(seen, name):
            shown = "" if name == "environment" else f" to “{present}”"  # secrets stand in there
            raise WorkbenchError(
                failure,
                _(
                    "The setting “{name}” was changed{shown} in the meantime. Your change was not applied."
                ).format(name=setting_name(name), shown=shown),
                _("Check the current value, then decide."),
                action="function.refresh",
            )
        changed.append(name)
    return configuration_request(wanted, changed)


def _wait(connection: Connection, function_name: str, failure: str, ctx: JobContext) -> FunctionDetail:
    try:
        detail = wait_until_updated(connection, function_name, ctx)
    except Cancelled:
        return get_function(connection, function_name)  # it is sent: only the waiting ends
    if detail.last_update_status == "Failed":
        raise WorkbenchError(
            failure,
            detail.last_update_status_reason or _("AWS accepted the change but could not apply it."),
            _("Check the function's state."),
            action="function.refresh",
        )
    return detail
