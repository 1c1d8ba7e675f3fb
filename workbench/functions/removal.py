"""Deletes a function, however long AWS is busy with it."""

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext

_PATIENCE_S, _PAUSE_S = 30.0, 0.5


def delete_function(connection: Connection, function_name: str, ctx: JobContext) -> bool:
    """Deletes a function with all its versions and aliases. One that AWS still works on refuses for a moment.

    Returns:
        False when there is no such function (any more).

    Raises:
        WorkbenchError: AWS refuses.
        Cancelled: Between two attempts; nothing is deleted.
    """
    waited_s = 0.0
    while True:
        try:
            connection.call(
                "lambda",
                "delete_function",
                failure=f"Could not delete the function {function_name}.",
                FunctionName=function_name,
            )
        except WorkbenchError as error:
            if error.aws_code == "ResourceNotFoundException":
                return False
            if error.aws_code != "ResourceConflictException" or waited_s >= _PATIENCE_S:
                raise
        else:
            return True
        ctx.sleep(_PAUSE_S)
        waited_s += _PAUSE_S
