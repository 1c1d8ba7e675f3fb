"""Lines grouped by invocation, and how each invocation went."""

import re
from array import array
from dataclasses import dataclass, field
from datetime import UTC, datetime

from workbench.functions.invocations import Report, parse_report
from workbench.logs.parse import LineKind, LogLine

MAX_INVOCATIONS = 100_000
"""Invocations that are known at most; of older ones only the lines are."""
_ERROR_CHARACTERS = 200
_EARLY_ROWS = 1000
_RAISED = re.compile(
    r"\[[A-Z]+\] [^\t\r\n]+[\r\n]+Traceback "
    r"|[^\t]*\t[^\t]*\tERROR\t(?:Invoke Error|Uncaught Exception|Unhandled Promise Rejection)\b"
)
"""What the runtimes of Python and Node.js write about an uncaught exception; an error that a function logs
may have been handled. In Lambda's JSON format the platform's own lines tell how the invocation ended."""


@dataclass(slots=True, eq=False)
class Invocation:
    """One invocation as far as its lines tell; it grows while lines arrive.

    Attributes:
        request_id: AWS's id of the invocation.
        stream: The execution environment that ran it.
        start_ms: Time of the first line.
        source: The function, if lines of several are read.
        numbers: The numbers of its rows, in the order of arrival, including the environment's initialisation.
        report: The figures of the REPORT line; None until it arrives.
        error: The first line with an error level, shortened; empty if there is none.
        is_failed: Whether the invocation failed; a line that is logged as an error does not suffice.
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
class InvocationChanges:
    """The invocations that are new, were changed, or were dropped."""

    new: tuple[Invocation, ...] = ()
    changed: tuple[Invocation, ...] = ()
    dropped: tuple[Invocation, ...] = ()


class InvocationGrouper:
    """Assigns lines, as they arrive, to invocations.

    Args:
        max_invocations: Invocations that are known at most; the oldest are dropped.
    """

    def __init__(self, max_invocations: int = MAX_INVOCATIONS) -> None:
        self._max = max_invocations
        self._invocations: dict[str, Invocation] = {}
        self._running: dict[str, str] = {}
        self._early: dict[str, list[tuple[LogLine, int, int]]] = {}
        self._new: dict[str, Invocation] = {}
        self._changed: dict[str, Invocation] = {}
        self._dropped: list[Invocation] = []

    def get(self, request_id: str) -> Invocation | None:
        """The invocation; None if it is not known or was dropped."""
        return self._invocations.get(request_id)

    def take_changes(self) -> InvocationChanges:
        """What has changed since the last call."""
        new, dropped = tuple(self._new.values()), tuple(self._dropped)
        changed = tuple(each for key, each in self._changed.items() if key not in self._new)
        self._new, self._changed, self._dropped = {}, {}, []
        return InvocationChanges(new, changed, dropped)

    def forget_before(self, number: int) -> None:
        """Drops the invocations whose rows all lie before a number."""
        while self._invocations:
            oldest = next(iter(self._invocations.values()))
            if oldest.numbers[-1] >= number:
                return
            self._drop(oldest)

    def assign(self, line: LogLine, number: int, rows: int) -> str:
        """Assigns the next line; returns the request ID of its invocation, empty if that is not known.

        Args:
            line: The lines of a stream must arrive in order.
            number: The number of its first row.
            rows: How many rows it has.
        """
        if line.kind is LineKind.START:
            self._running[line.stream] = line.request_id
        elif line.kind is LineKind.INIT:
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
        if line.kind is LineKind.REPORT:
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
        self._changed.pop(invocation.request_id, None)
        if self._new.pop(invocation.request_id, None) is None:
            self._dropped.append(invocation)

    def _extend(self, invocation: Invocation, line: LogLine, number: int, rows: int) -> None:
        invocation.numbers.extend(range(number, number + rows))
        invocation.start_ms = min(invocation.start_ms, line.time_ms)
        self._changed[invocation.request_id] = invocation
        if line.level.is_error and not invocation.error:
            invocation.error = line.message.splitlines()[0][:_ERROR_CHARACTERS]
        if line.level.is_error and (line.kind is not LineKind.OTHER or _RAISED.match(line.message)):
            invocation.is_failed = True
