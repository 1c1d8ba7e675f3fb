"""A step of a plan as data, the protocol of what carries it out, and how a step retries its call.

A step holds all that its call needs, as JSON. The journal keeps it, so that the next start after a crash can
finish or undo it without planning again. steps/table.py finds what carries it out by its `action`. A write is
retried while a change of a moment ago has not spread through AWS (eventual consistency).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from workbench.aws.connection import Connection
from workbench.aws.retry import Backoff, retry
from workbench.aws.retrying_connection import is_transient, is_unclear
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.journal_file import Facts

PROPAGATION = Backoff(first_s=1.0, longest_s=15.0, attempts=6)
"""30 s in all: IAM and Lambda spread what is new within seconds, and no document says how many."""
QUEUE_PROPAGATION = Backoff(first_s=1.0, longest_s=15.0, attempts=8)
"""60 s in all: the longest that a queue's new attributes take to spread.
Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html"""
CREATION = Backoff(first_s=1.0, factor=1.0, attempts=300)
"""Five minutes: waits for the state of a table, a stream or a consumer."""
Refusal = tuple[str, str]
"""AWS's code and a part of its text, either of which may be empty; case does not matter."""


def with_noted(facts: Facts, noted: Facts) -> Facts:
    """The facts of a step together with those noted before its call, which win.

    A note says what was there before the first attempt. A later attempt, after a crash, finds the step's own
    change there.
    """
    return {**facts, **noted}


@dataclass(frozen=True, slots=True)
class Step:
    """One call that changes something, or that waits for a change.

    Attributes:
        action: Which StepRun makes it ("grant", "mapping", "notification"); as in the journal.
        title: Shown to users ("Let the bucket photos run resize").
        api_call: The operation ("lambda:AddPermission").
        region: Where it is called.
        args: What it needs, JSON. What an earlier step makes is taken from that step's facts.
        undo: What undoing it does, shown to users; empty when there is nothing to undo.
    """

    action: str
    title: str
    api_call: str
    region: str
    args: Mapping[str, Any] = field(default_factory=dict)
    undo: str = ""


@dataclass(frozen=True, slots=True)
class Running:
    """What a step is given.

    Attributes:
        connection: To the account, in the step's region.
        ctx: The job.
        note: Writes facts to the journal BEFORE the call, for an undo of a step whose result is unknown ("the
            statement was not there before"). Raises WorkbenchError when the disk refuses: do not call then.
        earlier: The facts of the steps before, by action; of two alike the last.
    """

    connection: Connection
    ctx: JobContext
    note: Callable[[Facts], None]
    earlier: Mapping[str, Facts]


class StepRun(Protocol):
    """Carries out one kind of step. Made once, without state."""

    def do(self, step: Step, running: Running) -> Facts:
        """Makes the change. Done twice it must come to the same: finishing after a crash calls it again.

        Returns what undoing it needs. What it noted before the call wins over what it returns.

        Raises:
            WorkbenchError: AWS refused.
            Cancelled: Before the change was sent.
        """
        ...

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Undoes what THIS step changed, and nothing that existed before or that others changed since.

        Args:
            step: Which.
            facts: What `do` returned; if its result is unknown, what it noted, or nothing. It reads first.
            running: As above; its ctx cannot be cancelled.

        Raises:
            WorkbenchError: AWS refused: the change remains, and is reported.
        """
        ...


def retry_on[T](
    call: Callable[[], T], running: Running, refusals: Sequence[Refusal], backoff: Backoff = PROPAGATION
) -> T:
    """Makes a call, and repeats it while AWS answers with one of the refusals.

    Raises:
        WorkbenchError: Another refusal, or the last attempt's.
        Cancelled: Between attempts.
    """
    return retry(call, running.ctx, backoff, lambda error: any(_is(error, each) for each in refusals))


def create_once[T](create: Callable[[], T], find: Callable[[], T | None], running: Running) -> T:
    """Makes a call that would create another resource each time (`NOT_IDEMPOTENT`), and retries it safely.

    After an answer that was lost, the resource is looked for before the call is repeated.

    Raises:
        WorkbenchError: A refusal, or the last attempt's.
        Cancelled: Between attempts.
    """
    is_lost = False

    def attempt() -> T:
        nonlocal is_lost
        if is_lost and (there := find()) is not None:
            return there
        try:
            return create()
        except WorkbenchError as error:
            is_lost = is_unclear(error)
            raise

    return retry(attempt, running.ctx, PROPAGATION, is_transient)


def _is(error: WorkbenchError, refusal: Refusal) -> bool:
    code, text = refusal
    return code in ("", error.aws_code) and text.lower() in error.why.lower()
