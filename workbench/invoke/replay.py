"""Sends kept invocations again, and puts what they answered then and now side by side.

Must not know: how an invocation is sent and kept (who calls hands that over), Qt.
"""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.invoke.failure import parse_failure
from workbench.invoke.ledger import Ledger
from workbench.invoke.ledger_entry import Ended, Entry, Outcome, Search, Sent
from workbench.invoke.payload import parse_json


@dataclass(frozen=True, slots=True)
class Pair:
    """The same event, twice.

    Attributes:
        before: As it was, whole.
        after: As it is, whole.
    """

    before: Entry
    after: Entry

    @property
    def is_same(self) -> bool:
        """Whether both ended alike, with the same answer: JSON by its values, anything else by its bytes.

        Errors are alike when type, message and stack trace are: they name their request, too.
        """
        was, now = self.before.ended, self.after.ended
        if was.outcome is not now.outcome:
            return False
        if was.outcome is Outcome.FUNCTION_ERROR:
            return error_text(was) == error_text(now)
        if was.answer == now.answer:
            return True
        old, new = parse_json(was.answer), parse_json(now.answer)
        return old is not None and old == new


Send = Callable[[Sent, str, str], object]
"""Sends what was sent once, to this qualifier, in this batch, and keeps it in the ledger."""


def replay(
    ledger: Ledger, numbers: Sequence[int], qualifier: str | None, batch: str, send: Send, ctx: JobContext
) -> list[Pair]:
    """Sends entries again, one after the other, the oldest first.

    Args:
        ledger: Where they are, and where the new ones go.
        numbers: Of the entries.
        qualifier: Version or alias to send them to; None for each one's own.
        batch: What binds the new entries together.
        send: Sends one. That it fails is an outcome like any other.
        ctx: The job; each Pair is emitted as it comes.

    Raises:
        WorkbenchError: The ledger may not be read or written, or an entry was redacted.
        Cancelled: What was sent is kept.
    """
    entries = [_whole(ledger, number) for number in sorted(numbers)]
    pairs: list[Pair] = []
    for number, entry in enumerate(entries):
        ctx.progress(number, len(entries))
        with contextlib.suppress(WorkbenchError):  # the ledger has it
            send(entry.sent, entry.sent.qualifier if qualifier is None else qualifier, batch)
        newest = ledger.list(Search(batch=batch), limit=1)
        after = ledger.get(newest[0].number) if newest else None
        if after is None or (pairs and after.number <= pairs[-1].after.number):
            what = "The invocations could not be compared."
            raise WorkbenchError(what, "The invocation could not be stored.", "Free disk space.")
        pair = Pair(entry, after)
        pairs.append(pair)
        ctx.emit(pair)
    return pairs


def _whole(ledger: Ledger, number: int) -> Entry:
    entry = ledger.get(number)
    what = "The invocation was not sent again."
    if entry is None:
        raise WorkbenchError(what, "It is no longer in the invocation history.", "Refresh the list.")
    if entry.redacted:
        raise WorkbenchError(what, "The event was redacted.", "Choose another invocation.")
    return entry


def error_text(ended: Ended) -> str:
    """A function's error without what is new each time: its request, and where an emulator keeps the code."""
    failure = parse_failure("Unhandled", ended.answer)
    frames = (f"  {frame.file}:{frame.line} {frame.function}".rstrip() for frame in failure.frames)
    return "\n".join((f"{failure.error_type}: {failure.error_message}", *frames))


def figures(ended: Ended) -> tuple[tuple[str, float | None], ...]:
    """What can be compared in numbers, by its name in the ledger."""
    return (
        ("duration_ms", ended.duration_ms or None),
        ("run_ms", ended.run_ms),
        ("billed_ms", ended.billed_ms),
        ("init_ms", ended.init_ms),
        ("max_memory_mb", ended.max_memory_mb),
        ("answer_bytes", float(len(ended.answer))),
    )
