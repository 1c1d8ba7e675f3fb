"""Retries of writes while a change of a moment ago has not spread through AWS (eventual consistency)."""

from collections.abc import Callable, Sequence

from workbench.aws.retry import Backoff, retry
from workbench.aws.retrying_connection import is_transient, is_unclear
from workbench.core.errors import WorkbenchError
from workbench.triggers.step import Running

PROPAGATION = Backoff(first_s=1.0, longest_s=15.0, attempts=6)
"""30 s in all: IAM and Lambda spread what is new within seconds, and no document says how many."""
QUEUE_PROPAGATION = Backoff(first_s=1.0, longest_s=15.0, attempts=8)
"""60 s in all: the longest that a queue's new attributes take to spread.
Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html"""
CREATION = Backoff(first_s=1.0, factor=1.0, attempts=300)
"""Five minutes: waits for the state of a table, a stream or a consumer."""

Refusal = tuple[str, str]
"""AWS's code and a part of its text, either of which may be empty; case does not matter."""


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
