"""Asking for what may not be there."""

from typing import Any

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError

CONFLICT = "ResourceConflictException"
GONE = "ResourceNotFoundException"
# The second is CloudWatch's, the third IAM's, the fourth API Gateway's.
_NOT_THERE = (GONE, "ResourceNotFound", "NoSuchEntity", "NotFoundException")


def find(
    connection: Connection, method: str, failure: str, *, service: str = "lambda", **params: Any
) -> dict[str, Any]:
    """Makes a call; what is not there is an empty answer.

    Raises:
        WorkbenchError: AWS refuses for another reason, or was not reached.
    """
    try:
        return connection.call(service, method, failure=failure, **params)
    except WorkbenchError as error:
        if error.aws_code in _NOT_THERE:
            return {}
        raise
