"""Calls that are made again while AWS is busy with the function, or asks for fewer requests."""

from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.deploy.steps.running import Running

_BUSY = ("ResourceConflictException", "TooManyRequestsException", "ThrottlingException", "Throttling")
_ATTEMPTS = 10
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 5.0


def call_patiently(
    running: Running, method: str, failure: str, service: str = "lambda", **params: Any
) -> dict[str, Any]:
    """Makes a call, again and again while the function is busy. botocore's own repeats come first.

    Raises:
        WorkbenchError: AWS refuses for another reason, or stays busy.
        Cancelled: Between two attempts.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        running.ctx.check()
        try:
            return running.connection.call(service, method, failure=failure, **params)
        except WorkbenchError as error:
            if error.aws_code not in _BUSY or attempt == _ATTEMPTS:
                raise
        running.ctx.sleep(min(_FIRST_PAUSE_S * 2 ** (attempt - 1), _LONGEST_PAUSE_S))
    raise AssertionError("the last attempt raises")
