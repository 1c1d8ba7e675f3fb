"""The error of a function: type, message, stack frames, and its cause.

Nothing here raises: the payload of a failed function may be anything.
"""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Any

from workbench.functions.invocations import Report
from workbench.invoke.payload import parse_json

# One pattern for each format of a frame; the first that matches wins.
_FRAMES = (
    re.compile(r'\s*File "(?P<file>[^"]+)",? [Ll]ine (?P<line>\d+)(?:, in (?P<function>.*))?'),  # Python
    re.compile(r"\s*at (?:(?P<function>.+?) \()?(?P<file>[^()]+?):(?P<line>\d+):\d+\)?$"),  # Node.js
    re.compile(r"\s*at (?P<function>.+) in (?P<file>.+):line (?P<line>\d+)$"),  # .NET
    re.compile(r"(?P<file>/[^:]+):(?P<line>\d+):in [`'](?P<function>.+)'$"),  # Ruby
    re.compile(r"\s*(?:at )?(?P<function>[\w.$<>]+)\((?P<file>[^():]+):(?P<line>\d+)\)$"),  # Java
)
_CODE_ROOT = "/var/task/"  # an emulator has its own folder before it
_MAX_FRAMES = 1000
_FRAME_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class StackFrame:
    """One frame.

    Attributes:
        file: Path in the deployment package, or as the runtime names it.
        line: From 1; 0 for none.
        function: Empty for none.
        text: The frame as the runtime wrote it.
        is_own: Whether the file is in the deployment package.
    """

    file: str
    line: int
    function: str
    text: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class FunctionFailure:
    """The error that a function reported.

    Attributes:
        kind: X-Amz-Function-Error: "Unhandled" or "Handled".
        error_type: The runtime's name ("ValueError", "Runtime.ImportModuleError", "Sandbox.Timedout").
        error_message: The function's message.
        frames: In the runtime's order: Python lists the innermost last, the others first.
    """

    kind: str
    error_type: str
    error_message: str
    frames: tuple[StackFrame, ...]


def parse_failure(kind: str, payload: bytes) -> FunctionFailure:
    """Reads the payload that came with FunctionError."""
    value = parse_json(payload)
    if not isinstance(value, dict):
        return FunctionFailure(kind, "", payload.decode(errors="replace"), ())
    stack = value.get("stackTrace")
    trace = value.get("trace")  # Node.js; its first entry repeats the message
    lines = _frame_lines(stack) if isinstance(stack, list) else _frame_lines(trace)[1:]
    return FunctionFailure(
        kind,
        _text(value.get("errorType")),
        _text(value.get("errorMessage")),
        tuple(parse_frame(line) for line in lines[:_MAX_FRAMES]),
    )


def _frame_lines(value: Any) -> list[str]:
    """Texts, or Python's old form: [file, line, function, text] for each frame."""
    lines = []
    for each in value if isinstance(value, list) else ():
        if isinstance(each, str):
            lines.append(each.rstrip("\n"))
        elif isinstance(each, list) and len(each) >= 3:
            lines.append(f'File "{each[0]}", line {each[1]}, in {each[2]}')
    return lines


def parse_frame(text: str) -> StackFrame:
    """Parses a frame in a runtime's format, in an error document or a log; never raises.

    A path that leads out of the package does not count as the package's.
    """
    first = text.split("\n", 1)[0][:_FRAME_CHARACTERS]
    for pattern in _FRAMES:
        if found := pattern.match(first):
            file = found["file"].removeprefix("file://")
            _, own, in_package = file.partition(_CODE_ROOT)
            # Java names files without their folder, so it is unknown whether they are in the package.
            is_own = bool(own) and ".." not in in_package.split("/") and not in_package.startswith("/")
            return StackFrame(
                in_package or file, int(found["line"][:9]), found["function"] or "", text, is_own
            )
    return StackFrame("", 0, "", text, False)


def own_frame(text: str) -> StackFrame | None:
    """The frame in a line of a trace or log, if it names a line of a file in the package."""
    if _CODE_ROOT not in text[:_FRAME_CHARACTERS]:
        return None
    frame = parse_frame(text)
    return frame if frame.is_own and frame.line and frame.file else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


class FailureCause(Enum):
    """Why a function failed, if not by an error in its code."""

    OWN = "own"
    """The code raised an error, or the function did not fail."""
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"
    NO_MODULE = "no module"
    NO_HANDLER = "no handler"
    SYNTAX = "syntax"
    EXITED = "exited"
    """The process exited, and not for lack of memory."""
    TOO_LARGE = "too large"


# Source: https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html and
# https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
_BY_TYPE = {
    "Sandbox.Timedout": FailureCause.TIMED_OUT,
    "Runtime.OutOfMemory": FailureCause.OUT_OF_MEMORY,
    "Runtime.ImportModuleError": FailureCause.NO_MODULE,
    "Runtime.HandlerNotFound": FailureCause.NO_HANDLER,
    "Runtime.UserCodeSyntaxError": FailureCause.SYNTAX,
    "Function.ResponseSizeTooLarge": FailureCause.TOO_LARGE,
}


def failure_cause(failure: FunctionFailure | None, report: Report | None) -> FailureCause:
    """The cause of a failure; OWN also for a success."""
    if failure is None:
        return FailureCause.OWN
    if known := _BY_TYPE.get(failure.error_type):
        return known
    status = report.status if report else ""
    if status == "timeout" or "Task timed out after" in failure.error_message:
        return FailureCause.TIMED_OUT
    if failure.error_type == "Runtime.ExitError" or "Runtime exited" in failure.error_message:
        is_full = report is not None and 0 < report.memory_mb <= report.max_memory_mb
        return FailureCause.OUT_OF_MEMORY if is_full else FailureCause.EXITED
    return FailureCause.OWN
