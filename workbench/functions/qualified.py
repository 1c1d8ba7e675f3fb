"""Invoking a durable function, which AWS refuses by its name alone.

For both rooms that invoke: invoke/ and triggers/, which do not import each other.
"""

from collections.abc import Callable, Mapping
from typing import Any

from workbench.core.errors import WorkbenchError

LATEST = "$LATEST"
_CODE = "InvalidParameterValueException"
_UNQUALIFIED = "durable function using an unqualified ARN"


def send_qualified[T](send: Callable[[Mapping[str, Any]], T], request: Mapping[str, Any]) -> T:
    """Sends an Invoke; one that names no qualifier is sent again for $LATEST if AWS refuses it for that.

    A refused function has not run. Of a function that is known to be durable, whoever makes the request names
    $LATEST from the beginning (FunctionDetail.invoked_qualifier). Of one that is not known, $LATEST is not
    named at once: an IAM policy that permits the unqualified ARN does not permit a qualified one.

    Args:
        send: Sends a request, once.
        request: Parameters of Invoke.

    Raises:
        WorkbenchError: As `send`.
    """
    try:
        return send(request)
    except WorkbenchError as error:
        is_refused = error.aws_code == _CODE and _UNQUALIFIED in error.why
        if "Qualifier" in request or not is_refused:
            raise
    return send({**request, "Qualifier": LATEST})
