"""Lines grouped by invocation.

Owns: which invocation a line belongs to, and how each one went. Must not know: where lines come from.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from workbench.functions.report import Report, parse_report
from workbench.logs.parse import Kind, LogLine

_ERROR_CHARACTERS = 200


@dataclass(slots=True, eq=False)
class Invocation:
    """One invocation as its lines tell it; it grows while lines arrive.

    Attributes:
        request_id: AWS's id of the invocation.
        stream: The execution environment that ran it.
        start_ms: Time of the first line.
        lines: Its lines in the order of arrival, the environment's initialisation included.
        report: Figures, None until the REPORT line is there.
        error: The first line that speaks of a failure, shortened; empty when none does.
    """

    request_id: str
    stream: str
    start_ms: int
    lines: list[LogLine] = field(default_factory=list)
    report: Report | None = None
    error: str = ""

    @property
    def start(self) -> datetime:
        """Moment of the first line, UTC."""
        return datetime.fromtimestamp(self.start_ms / 1000, UTC)


class InvocationGrouper:
    """Groups lines as they arrive, in memory that is bounded.

    Args:
        max_lines: The most lines to keep; whole invocations are let go, oldest first.
    """

    def __init__(self, max_lines: int = 100_000) -> None:
        self._max_lines = max_lines
        self._count = 0
        self._invocations: dict[str, Invocation] = {}
        self._running: dict[str, str] = {}
        self._early: dict[str, list[LogLine]] = {}

    @property
    def invocations(self) -> tuple[Invocation, ...]:
        """Oldest first, by first line."""
        return tuple(sorted(self._invocations.values(), key=lambda each: each.start_ms))

    def get(self, request_id: str) -> Invocation | None:
        """The invocation, unless it is not known or was let go."""
        return self._invocations.get(request_id)

    def add(self, lines: Iterable[LogLine]) -> tuple[Invocation, ...]:
        """Takes new lines, each stream's in order; returns the invocations that are new or have changed."""
        touched: dict[str, Invocation] = {}
        for line in lines:
            invocation = self._place(line)
            if invocation is not None:
                touched[invocation.request_id] = invocation
        while self._count > self._max_lines and len(self._invocations) > 1:
            oldest = next(iter(self._invocations))
            self._count -= len(self._invocations.pop(oldest).lines)
            touched.pop(oldest, None)
        return tuple(touched.values())

    def _place(self, line: LogLine) -> Invocation | None:
        if line.kind is Kind.START:
            self._running[line.stream] = line.request_id
        elif line.kind is Kind.INIT:
            self._running.pop(line.stream, None)
        request_id = line.request_id or self._running.get(line.stream, "")
        if not request_id:
            # Initialisation: it belongs to the invocation that follows. Bounded, as one may never follow.
            early = self._early.setdefault(line.stream, [])
            if len(early) < 1000:
                early.append(line)
            return None
        invocation = self._invocations.get(request_id)
        if invocation is None:
            invocation = Invocation(request_id, line.stream, line.time_ms)
            self._invocations[request_id] = invocation
            for early_line in self._early.pop(line.stream, ()):
                self._append(invocation, early_line)
        self._append(invocation, line)
        if line.kind is Kind.REPORT:
            invocation.report = parse_report(line.message) or invocation.report
            self._running.pop(line.stream, None)
        return invocation

    def _append(self, invocation: Invocation, line: LogLine) -> None:
        self._count += 1
        invocation.lines.append(line)
        invocation.start_ms = min(invocation.start_ms, line.time_ms)
        if line.level.is_error and not invocation.error:
            invocation.error = line.message.split("\n", 1)[0][:_ERROR_CHARACTERS]


def group_by_invocation(lines: Iterable[LogLine]) -> tuple[Invocation, ...]:
    """The invocations in a stretch of lines, oldest first."""
    grouper = InvocationGrouper(max_lines=1 << 62)
    grouper.add(lines)
    return grouper.invocations
