"""Lines grouped by invocation.

Owns: which invocation a line belongs to, and how each one went. Must not know: where lines come from.
"""

import re
from array import array
from dataclasses import dataclass, field
from datetime import UTC, datetime

from workbench.functions.report import Report, parse_report
from workbench.logs.parse import Kind, LogLine

MAX_INVOCATIONS = 100_000
"""The most that are known; of older ones only their lines are there."""
_ERROR_CHARACTERS = 200
_EARLY_ROWS = 1000
_RAISED = re.compile(
    r"\[[A-Z]+\] [^\t\r\n]+[\r\n]+Traceback "
    r"|[^\t]*\t[^\t]*\tERROR\t(?:Invoke Error|Uncaught Exception|Unhandled Promise Rejection)\b"
)
"""What the runtimes of Python and Node.js write of an error that nobody has caught; with what a function
logs as an error it may have coped. In Lambda's JSON format the platform's own lines say how it ended."""


@dataclass(slots=True, eq=False)
class Invocation:
    """One invocation as its lines tell it; it grows while lines arrive.

    Attributes:
        request_id: AWS's id of the invocation.
        stream: The execution environment that ran it.
        start_ms: Time of the first line.
        source: The function, where lines of several are read.
        numbers: Of its rows, in the order of arrival, the environment's initialisation included.
        report: Figures, None until the REPORT line is there.
        error: The first line that speaks of an error, shortened; empty when none does.
        is_failed: A line says that the invocation failed, not only that something was logged as an error.
    """

    request_id: str
    stream: str
    start_ms: int
    source: str = ""
    numbers: "array[int]" = field(default_factory=lambda: array("Q"))
    report: Report | None = None
    error: str = ""
    is_failed: bool = False

    @property
    def start(self) -> datetime:
        """Moment of the first line, UTC."""
        return datetime.fromtimestamp(self.start_ms / 1000, UTC)


@dataclass(frozen=True, slots=True)
class Changes:
    """What has become of the invocations: those that are new, have changed, or were let go."""

    new: tuple[Invocation, ...] = ()
    touched: tuple[Invocation, ...] = ()
    gone: tuple[Invocation, ...] = ()


class InvocationGrouper:
    """Says of lines, as they arrive, which invocation they belong to.

    Args:
        max_invocations: The most to know of; the oldest are let go.
    """

    def __init__(self, max_invocations: int = MAX_INVOCATIONS) -> None:
        self._max = max_invocations
        self._invocations: dict[str, Invocation] = {}
        self._running: dict[str, str] = {}
        self._early: dict[str, list[tuple[LogLine, int, int]]] = {}
        self._new: dict[str, Invocation] = {}
        self._touched: dict[str, Invocation] = {}
        self._gone: list[Invocation] = []

    def get(self, request_id: str) -> Invocation | None:
        """The invocation, unless it is not known or was let go."""
        return self._invocations.get(request_id)

    def take_changes(self) -> Changes:
        """What has changed since this was asked last."""
        new, gone = tuple(self._new.values()), tuple(self._gone)
        touched = tuple(each for key, each in self._touched.items() if key not in self._new)
        self._new, self._touched, self._gone = {}, {}, []
        return Changes(new, touched, gone)

    def forget_before(self, number: int) -> None:
        """Lets go of invocations all of whose rows lie before a number."""
        while self._invocations:
            oldest = next(iter(self._invocations.values()))
            if oldest.numbers[-1] >= number:
                return
            self._drop(oldest)

    def place(self, line: LogLine, number: int, rows: int) -> str:
        """Takes the next line; answers the request id of its invocation, empty where it is not known.

        Args:
            line: The lines of a stream come in order.
            number: Of its first row.
            rows: How many it has.
        """
        if line.kind is Kind.START:
            self._running[line.stream] = line.request_id
        elif line.kind is Kind.INIT:
            self._running.pop(line.stream, None)
        request_id = line.request_id or self._running.get(line.stream, "")
        if not request_id:
            # Initialisation: it belongs to the invocation that follows. Bounded, as one may never follow.
            early = self._early.setdefault(line.stream, [])
            if len(early) < _EARLY_ROWS:
                early.append((line, number, rows))
            return ""
        invocation = self._invocations.get(request_id)
        if invocation is None:
            invocation = self._begin(request_id, line)
        self._extend(invocation, line, number, rows)
        if line.kind is Kind.REPORT:
            invocation.report = parse_report(line.message) or invocation.report
            self._running.pop(line.stream, None)
        return request_id

    def _begin(self, request_id: str, line: LogLine) -> Invocation:
        invocation = Invocation(request_id, line.stream, line.time_ms, line.source)
        self._invocations[request_id] = self._new[request_id] = invocation
        for early in self._early.pop(line.stream, ()):
            self._extend(invocation, *early)
        if len(self._invocations) > self._max:
            self._drop(next(iter(self._invocations.values())))
        return invocation

    def _drop(self, invocation: Invocation) -> None:
        del self._invocations[invocation.request_id]
        self._touched.pop(invocation.request_id, None)
        if self._new.pop(invocation.request_id, None) is None:
            self._gone.append(invocation)

    def _extend(self, invocation: Invocation, line: LogLine, number: int, rows: int) -> None:
        invocation.numbers.extend(range(number, number + rows))
        invocation.start_ms = min(invocation.start_ms, line.time_ms)
        self._touched[invocation.request_id] = invocation
        if line.level.is_error and not invocation.error:
            invocation.error = line.message.splitlines()[0][:_ERROR_CHARACTERS]
        if line.level.is_error and (line.kind is not Kind.OTHER or _RAISED.match(line.message)):
            invocation.is_failed = True
