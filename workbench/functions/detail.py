"""One function, as it is now."""

from typing import Any

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.model import FunctionDetail, detail_of

_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S = 0.02, 0.5
_SHARE_OF_WAIT = 0.05


def get_function(
    connection: Connection, function_name: str, qualifier: str = "", ctx: JobContext | None = None
) -> FunctionDetail:
    """Reads a function, or one of its versions.

    Args:
        connection: Where.
        function_name: Its bare name.
        qualifier: A version or an alias; empty for $LATEST.
        ctx: The job.

    Raises:
        WorkbenchError: With aws_code "ResourceNotFoundException" when there is no such function.
    """
    if ctx is not None:
        ctx.check()
    request: dict[str, Any] = {"FunctionName": function_name}
    if qualifier:
        request["Qualifier"] = qualifier
    return detail_of(
        connection.call(
            "lambda", "get_function", failure=f"Could not read the function {function_name}.", **request
        )
    )


def wait_until_updated(
    connection: Connection, function_name: str, ctx: JobContext, qualifier: str = ""
) -> FunctionDetail:
    """Waits until AWS has done what it was told, well or badly, and returns the function, or its version.

    Polls GetFunction, which has a budget of 100 requests a second, not the 15 that all others share: often at
    first, then ever less, so that the end of a wait of any length is noticed about a twentieth late.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html#api-requests

    Raises:
        WorkbenchError: The function does not exist any more, or AWS was not reached.
        Cancelled: At once, also while waiting.
    """
    waited_s = 0.0
    while (detail := get_function(connection, function_name, qualifier, ctx)).is_updating:
        pause_s = min(max(_SHORTEST_PAUSE_S, waited_s * _SHARE_OF_WAIT), _LONGEST_PAUSE_S)
        ctx.sleep(pause_s)
        waited_s += pause_s
    return detail
