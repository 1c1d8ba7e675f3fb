"""How an invocation ended, beyond the runtime's own words: what a person can do about it depends on that.

Owns: the marks by which Lambda's ways to end an invocation are told apart. Must not know: words for people.
"""

from enum import Enum

from workbench.functions.invocations import Report
from workbench.invoke.failure import FunctionFailure


class Ending(Enum):
    """Why a function failed, where it is not its own code that says so."""

    OWN = "own"
    """The code raised an error, or the function did not fail."""
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"
    NO_MODULE = "no module"
    NO_HANDLER = "no handler"
    SYNTAX = "syntax"
    EXITED = "exited"
    """The process ended, and memory was not the reason."""
    TOO_LARGE = "too large"


# Source: https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html and
# https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
_BY_TYPE = {
    "Sandbox.Timedout": Ending.TIMED_OUT,
    "Runtime.OutOfMemory": Ending.OUT_OF_MEMORY,
    "Runtime.ImportModuleError": Ending.NO_MODULE,
    "Runtime.HandlerNotFound": Ending.NO_HANDLER,
    "Runtime.UserCodeSyntaxError": Ending.SYNTAX,
    "Function.ResponseSizeTooLarge": Ending.TOO_LARGE,
}


def ending_of(failure: FunctionFailure | None, report: Report | None) -> Ending:
    """How it ended; OWN for a success too."""
    if failure is None:
        return Ending.OWN
    if known := _BY_TYPE.get(failure.error_type):
        return known
    status = report.status if report else ""
    if status == "timeout" or "Task timed out after" in failure.error_message:
        return Ending.TIMED_OUT
    if failure.error_type == "Runtime.ExitError" or "Runtime exited" in failure.error_message:
        is_full = report is not None and 0 < report.memory_mb <= report.max_memory_mb
        return Ending.OUT_OF_MEMORY if is_full else Ending.EXITED
    return Ending.OWN
