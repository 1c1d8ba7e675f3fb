"""Invocations with history: each is recorded when it is sent, and can be sent again and compared.

The entry is written before the request is sent and again at the end. An unwritable history prevents no
invocation; the error is reported with the response.
"""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.invoke.failure import parse_failure
from workbench.invoke.history import (
    EndedInvocation,
    HistoryEntry,
    HistorySearch,
    InvocationHistory,
    InvocationOutcome,
    SentInvocation,
)
from workbench.invoke.payload import parse_json
from workbench.invoke.run import AnswerLost, InvocationResult

Invoke = Callable[[], InvocationResult]


@dataclass(frozen=True, slots=True)
class Recorded:
    """The result of an invocation, and its entry.

    Attributes:
        result: The result.
        number: The number of the entry; 0 if it could not be written.
        problem: Why it could not be written.
    """

    result: InvocationResult
    number: int
    problem: WorkbenchError | None = None


def record(history: InvocationHistory, sent: SentInvocation, invoke: Invoke) -> Recorded:
    """Invokes and stores the result.

    Args:
        sent: The invocation about to be sent.
        invoke: Sends it and waits.

    Raises:
        WorkbenchError: Raised by `invoke`, and stored in the entry.
        Cancelled: Raised by `invoke`, and stored in the entry.
    """
    problem: WorkbenchError | None = None
    number = 0
    try:
        number = history.begin(sent)
    except WorkbenchError as error:
        problem = error

    def store(ended: EndedInvocation) -> None:
        nonlocal problem
        if number:
            try:
                history.end(number, ended)
            except WorkbenchError as error:
                problem = error

    try:
        result = invoke()
    except Cancelled:
        store(EndedInvocation(InvocationOutcome.CANCELLED))
        raise
    except WorkbenchError as error:
        outcome = InvocationOutcome.LOST if isinstance(error, AnswerLost) else InvocationOutcome.REFUSED
        store(EndedInvocation(outcome, error=str(error), request_id=error.request_id))
        raise
    store(_ended(result))
    return Recorded(result, number, problem)


def _ended(result: InvocationResult) -> EndedInvocation:
    ended = EndedInvocation(
        InvocationOutcome.FUNCTION_ERROR if result.failure else InvocationOutcome.SUCCEEDED,
        result.status_code,
        result.payload,
        result.error_type,
        "",
        result.request_id,
        result.executed_version,
        result.log_tail,
        result.duration_ms,
    )
    if (report := result.report) is None:
        return ended
    return replace(
        ended,
        run_ms=report.duration_ms,
        billed_ms=report.billed_ms,
        init_ms=report.init_ms,
        max_memory_mb=report.max_memory_mb,
    )


@dataclass(frozen=True, slots=True)
class ReplayPair:
    """The same event, sent twice; both entries are complete."""

    before: HistoryEntry
    after: HistoryEntry

    @property
    def is_same(self) -> bool:
        """Whether both had the same outcome and answer: JSON is compared by value, anything else by bytes.

        Errors are equal if type, message and stack trace are: the payload also contains the request id.
        """
        was, now = self.before.ended, self.after.ended
        if was.outcome is not now.outcome:
            return False
        if was.outcome is InvocationOutcome.FUNCTION_ERROR:
            return error_text(was) == error_text(now)
        if was.answer == now.answer:
            return True
        old, new = parse_json(was.answer), parse_json(now.answer)
        return old is not None and old == new


Send = Callable[[SentInvocation, str, str], object]
"""Sends an invocation again, with a qualifier and a batch ID, and stores it in the history."""


def replay(
    history: InvocationHistory,
    numbers: Sequence[int],
    qualifier: str | None,
    batch: str,
    send: Send,
    ctx: JobContext,
) -> list[ReplayPair]:
    """Sends entries again, one after the other, oldest first.

    Args:
        qualifier: Version or alias to invoke; None for that of the entry.
        batch: Batch id of the new entries.
        send: Sends one. An error is a result like any other.
        ctx: Each ReplayPair is emitted once it is complete.

    Raises:
        WorkbenchError: The history cannot be read or written, or an entry was redacted.
        Cancelled: What was sent is stored.
    """
    entries = [_whole(history, number) for number in sorted(numbers)]
    pairs: list[ReplayPair] = []
    for number, entry in enumerate(entries):
        ctx.progress(number, len(entries))
        with contextlib.suppress(WorkbenchError):  # the history has it
            send(entry.sent, entry.sent.qualifier if qualifier is None else qualifier, batch)
        newest = history.list(HistorySearch(batch=batch), limit=1)
        after = history.get(newest[0].number) if newest else None
        if after is None or (pairs and after.number <= pairs[-1].after.number):
            what = _("The invocations could not be compared.")
            raise WorkbenchError(what, _("The invocation could not be stored."), _("Free disk space."))
        pair = ReplayPair(entry, after)
        pairs.append(pair)
        ctx.emit(pair)
    return pairs


def _whole(history: InvocationHistory, number: int) -> HistoryEntry:
    entry = history.get(number)
    what = _("The invocation was not sent again.")
    if entry is None:
        raise WorkbenchError(what, _("It is no longer in the invocation history."), _("Refresh the list."))
    if entry.redacted:
        raise WorkbenchError(what, _("The event was redacted."), _("Choose another invocation."))
    return entry


def error_text(ended: EndedInvocation) -> str:
    """A function's error without what always differs: request ids, and an emulator's folder of the code."""
    failure = parse_failure("Unhandled", ended.answer)
    frames = (f"  {frame.file}:{frame.line} {frame.function}".rstrip() for frame in failure.frames)
    return "\n".join((f"{failure.error_type}: {failure.error_message}", *frames))


def figures(ended: EndedInvocation) -> tuple[tuple[str, float | None], ...]:
    """The numbers that can be compared, by their names in the history."""
    return (
        ("duration_ms", ended.duration_ms or None),
        ("run_ms", ended.run_ms),
        ("billed_ms", ended.billed_ms),
        ("init_ms", ended.init_ms),
        ("max_memory_mb", ended.max_memory_mb),
        ("answer_bytes", float(len(ended.answer))),
    )
