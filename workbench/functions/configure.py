"""Changes a function's configuration, as far as nobody else has changed the same meanwhile.

Owns: the one call, its guard and the waiting for its end. Must not know: code, and who may do it.
"""

from dataclasses import dataclass, fields
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.detail import get_function, wait_until_updated
from workbench.functions.model import FunctionDetail

_ATTEMPTS = 5
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 2.0
_SETTLING = ("ResourceConflictException", "PreconditionFailedException")
"""Another update runs, or ended between our look and our call: its end gives a new RevisionId, too."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the configuration is to be. None leaves a thing as it is.

    The names are those of FunctionDetail, which what is there is compared by.

    Attributes:
        handler: Such as "app.handler".
    """

    handler: str | None = None


_REQUEST = {"handler": "Handler"}
"""Attribute -> AWS's name of it in UpdateFunctionConfiguration."""


def configure(
    connection: Connection, seen: FunctionDetail, wanted: Wanted, ctx: JobContext
) -> FunctionDetail:
    """Brings a function's $LATEST to a configuration, and waits until AWS has done it.

    What is changed is guarded: where it is not as the person saw it any more, nothing is sent. Other changes
    of other people do not matter, and are kept. Where all is as wanted already, nothing is sent either.

    Args:
        connection: To the function's account and region.
        seen: The function as the person saw it.
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
    doing = f"configure {seen.function_name}"
    now = wait_until_updated(connection, seen.function_name, ctx)
    for attempt in range(_ATTEMPTS):
        request = _request(now, seen, wanted, doing)
        if not request:
            return now
        ctx.check()
        try:
            connection.call(
                "lambda",
                "update_function_configuration",
                doing=doing,
                FunctionName=seen.function_name,
                RevisionId=now.revision_id,
                **request,
            )
        except WorkbenchError as error:
            if error.aws_code not in _SETTLING or attempt == _ATTEMPTS - 1:
                raise
            ctx.sleep(min(_FIRST_PAUSE_S * 2**attempt, _LONGEST_PAUSE_S))
            now = wait_until_updated(connection, seen.function_name, ctx)
            continue
        return _wait(connection, seen.function_name, doing, ctx)
    raise AssertionError("the last attempt returns or raises")


def _request(now: FunctionDetail, seen: FunctionDetail, wanted: Wanted, doing: str) -> dict[str, Any]:
    """What is to be sent; nothing when all is as wanted."""
    request = {}
    for field in fields(wanted):
        value, present = getattr(wanted, field.name), getattr(now, field.name)
        if value is None or value == present:
            continue
        if present != getattr(seen, field.name):
            raise WorkbenchError(
                f"Could not {doing}.",
                f"Somebody has changed its {field.name} to “{present}” meanwhile. That was not overwritten.",
                "Look at what it is now, then decide.",
                action="function.refresh",
            )
        request[_REQUEST[field.name]] = value
    return request


def _wait(connection: Connection, function_name: str, doing: str, ctx: JobContext) -> FunctionDetail:
    try:
        detail = wait_until_updated(connection, function_name, ctx)
    except Cancelled:
        return get_function(connection, function_name)  # it is sent: only the waiting ends
    if detail.last_update_status == "Failed":
        raise WorkbenchError(
            f"Could not {doing}.",
            detail.last_update_status_reason or "AWS took the change and could not carry it out.",
            "Look at the function's state.",
            action="function.refresh",
        )
    return detail
