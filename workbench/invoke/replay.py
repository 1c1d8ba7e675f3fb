"""Stored invocations that are sent again, and the comparison of both results."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.invoke.failure import parse_failure
from workbench.invoke.history import InvocationHistory
from workbench.invoke.history_entry import (
    EndedInvocation,
    HistoryEntry,
    HistorySearch,
    InvocationOutcome,
    SentInvocation,
)
from workbench.invoke.payload import parse_json


@dataclass(frozen=True, slots=True)
class ReplayPair:
    """The same event, sent twice.

    Attributes:
        before: The earlier invocation, complete.
        after: The new one, complete.
    """

    before: HistoryEntry
    after: HistoryEntry

    @property
    def is_same(self) -> bool:
        """Whether both had the same outcome and answer: JSON is compared by values, anything else by bytes.

        Errors are the same if type, message and stack trace are: the payload also names the request.
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
    """Sends entries again, one after the other, the oldest first.

    Args:
        history: The history of the old and the new entries.
        numbers: The numbers of the entries.
        qualifier: Version or alias to invoke; None for the same as before.
        batch: The batch ID of the new entries.
        send: Sends one. An error is an outcome like any other.
        ctx: The job; each ReplayPair is emitted as it is complete.

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
            what = "The invocations could not be compared."
            raise WorkbenchError(what, "The invocation could not be stored.", "Free disk space.")
        pair = ReplayPair(entry, after)
        pairs.append(pair)
        ctx.emit(pair)
    return pairs


def _whole(history: InvocationHistory, number: int) -> HistoryEntry:
    entry = history.get(number)
    what = "The invocation was not sent again."
    if entry is None:
        raise WorkbenchError(what, "It is no longer in the invocation history.", "Refresh the list.")
    if entry.redacted:
        raise WorkbenchError(what, "The event was redacted.", "Choose another invocation.")
    return entry


def error_text(ended: EndedInvocation) -> str:
    """A function's error without what always differs: request IDs, and an emulator's folder of the code."""
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
