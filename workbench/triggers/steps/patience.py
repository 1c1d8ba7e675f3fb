"""Tries a write again while AWS has not yet heard everywhere of what was made a moment ago.

Owns: how long, and how often. Must not know: which writes.
"""

from collections.abc import Callable, Sequence

from workbench.aws.retrying_connection import is_transient, is_unclear
from workbench.core.errors import WorkbenchError
from workbench.triggers.step import Running

PAUSES_S = (1.0, 2.0, 4.0, 8.0, 15.0)
"""30 s in all: IAM and Lambda spread what is new within seconds, and no document says how many."""

NotYet = tuple[str, str]
"""AWS's code and a part of its text, either of which may be empty; case does not matter."""


QUEUE_PAUSES_S = (*PAUSES_S, 15.0, 15.0)
"""60 s in all: so long a queue's new attributes take to be known everywhere.
Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html"""


def patiently[T](
    call: Callable[[], T],
    running: Running,
    not_yet: Sequence[NotYet],
    pauses_s: Sequence[float] = PAUSES_S,
) -> T:
    """Makes a call, again after a pause while AWS answers one of `not_yet`.

    Raises:
        WorkbenchError: Another refusal, or still the same after the last pause.
        Cancelled: Between attempts.
    """
    for pause_s in pauses_s:
        try:
            return call()
        except WorkbenchError as error:
            if not any(_is(error, each) for each in not_yet):
                raise
        running.sleep(pause_s)
    return call()


def make_once[T](make: Callable[[], T], find: Callable[[], T | None], running: Running) -> T:
    """Makes what AWS would make twice (`NOT_IDEMPOTENT`): after a lost answer it is looked for first.

    Raises:
        WorkbenchError: A refusal, or still no answer after the last pause.
        Cancelled: Between attempts.
    """
    for pause_s in PAUSES_S:
        try:
            return make()
        except WorkbenchError as error:
            if not is_transient(error):
                raise
            is_lost = is_unclear(error)
        running.sleep(pause_s)
        if is_lost and (there := find()) is not None:
            return there
    return make()


def _is(error: WorkbenchError, not_yet: NotYet) -> bool:
    code, text = not_yet
    return code in ("", error.aws_code) and text.lower() in error.why.lower()
