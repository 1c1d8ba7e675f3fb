"""Changes a function's configuration, unless somebody else has changed the same settings in the meantime."""

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
"""Another update is running, or ended between reading and writing: its end gives a new RevisionId, too."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The desired configuration. None leaves a setting unchanged.

    The attributes are those of FunctionDetail, with which they are compared.

    Attributes:
        handler: "app.handler".
        environment: All variables, sorted by name.
        layers: ARNs of layer versions, in order.
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
        """The desired values by attribute."""
        return {each.name: value for each in fields(self) if (value := getattr(self, each.name)) is not None}

    def of(self, detail: FunctionDetail) -> Self:
        """The same attributes with the function's current values, which undo this change."""
        return type(self)(**{name: getattr(detail, name) for name in self.values()})

    def differs_from(self, detail: FunctionDetail) -> bool:
        """Whether the function differs from this."""
        return self.of(detail) != self


def configure(
    connection: Connection, seen: FunctionDetail, wanted: Wanted, ctx: JobContext
) -> FunctionDetail:
    """Changes the configuration of $LATEST, and waits until AWS has applied it.

    If a setting that changes is no longer as the user saw it, nothing is sent. Other people's changes to
    other settings do not matter, and are kept. If everything is as wanted already, nothing is sent either.

    Args:
        seen: The function as the user saw it.
        ctx: A Cancel before the change was sent leaves the function unchanged; afterwards it only ends the
            wait.

    Raises:
        WorkbenchError: Somebody changed the same settings in the meantime; AWS refused; or AWS accepted the
            change and failed to apply it.
        Cancelled: Nothing was sent.
    """
    failure = _("Could not configure {function_name}.").format(function_name=seen.function_name)
    now = wait_until_updated(connection, seen.function_name, ctx)
    return send_guarded(connection, now, lambda now: _request(now, seen, wanted, failure), ctx)


def configure_for_callers(
    connection: Connection, seen: FunctionDetail, wanted: Wanted, ctx: JobContext
) -> FunctionDetail:
    """Does what `configure` does, outside a deploy: on managed instances it is published for callers, too.

    Raises:
        WorkbenchError: As for `configure`; or $LATEST has the change, but could not be published.
        Cancelled: Nothing was sent.
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
    """Sends an update that AWS refuses if the function has changed, and waits until it is complete.

    Args:
        now: The function, with no update in progress.
        request_of: Returns the members to send for the given state of the function; empty if there is nothing
            to do. Called again if somebody else's update came in between. Raises an error to stop the update.
        method: The client's method; "update_function_code" has the same guard.

    Raises:
        WorkbenchError: As for `configure`.
        Cancelled: Nothing was sent.
    """
    name = now.function_name
    failure = _("Could not configure {name}.").format(name=name)
    refusal: WorkbenchError | None = None

    def send() -> bool | None:
        """Whether something was sent; None if somebody else's update came in between."""
        nonlocal now, refusal
        if refusal is not None:
            now = wait_until_updated(connection, name, ctx)
        request = request_of(now)
        if not request:
            return False
        ctx.check()
        try:
            connection.call(
                "lambda", method, failure=failure, FunctionName=name, RevisionId=now.revision_id, **request
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
    """The members to send; empty if everything is as wanted."""
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
            shown = (
                "" if name == "environment" else _(" to “{present}”").format(present=present)
            )  # an environment holds secrets
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
        return get_function(connection, function_name)  # the change was sent: only the wait ends
    if detail.last_update_status == "Failed":
        raise WorkbenchError(
            failure,
            detail.last_update_status_reason or _("AWS accepted the change but could not apply it."),
            _("Check the function's state."),
            action="function.refresh",
        )
    return detail
