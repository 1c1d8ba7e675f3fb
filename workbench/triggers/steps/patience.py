"""Tries a write again while AWS has not yet heard everywhere of what was made a moment ago.

Owns: how long, and how often. Must not know: which writes.
"""

from collections.abc import Callable, Sequence

from workbench.core.errors import WorkbenchError
from workbench.triggers.step import Running

PAUSES_S = (1.0, 2.0, 4.0, 8.0, 15.0)
"""30 s in all: IAM and Lambda spread what is new within seconds, and no document says how many."""

NotYet = tuple[str, str]
"""AWS's code and a part of its text, either of which may be empty; case does not matter."""


def patiently[T](call: Callable[[], T], running: Running, not_yet: Sequence[NotYet]) -> T:
    """Makes a call, again after a pause while AWS answers one of `not_yet`.

    Raises:
        WorkbenchError: Another refusal, or still the same after the last pause.
        Cancelled: Between attempts.
    """
    for pause_s in PAUSES_S:
        try:
            return call()
        except WorkbenchError as error:
            if not any(_is(error, each) for each in not_yet):
                raise
        running.sleep(pause_s)
    return call()


def _is(error: WorkbenchError, not_yet: NotYet) -> bool:
    code, text = not_yet
    return code in ("", error.aws_code) and text.lower() in error.why.lower()
