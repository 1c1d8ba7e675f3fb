"""The error type that is shown to the user, and the signal that work was cancelled.

aws/errors.py creates the first from botocore's exceptions.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

_SENTENCE_ENDS = (".", "!", "?", ":", ";", "…", "。")


@dataclass(eq=False)
class WorkbenchError(Exception):
    """A failure as shown to the user.

    Attributes:
        what: What was not done, in one sentence ("The function could not be updated.").
        why: The cause, as far as known.
        remedy: What the user can do about it.
        aws_code: AWS's own error code ("ResourceConflictException"); empty if AWS was not called.
        request_id: AWS's request id, for support cases.
        action: Id of the action that performs the remedy; empty if there is none.
        by_user: Whether the user stopped it, which is not shown as a failure.
        region: The region of the resource, if AWS answers it (a bucket in another region).
        work: The title of the job that failed with it; its message closes once such a job succeeds.
        until: Whether what it tells of is over by now (there is room on the disk): asked on a worker thread
            while its message is shown. None if only the next attempt can tell.
    """

    what: str
    why: str = ""
    remedy: str = ""
    aws_code: str = ""
    request_id: str = ""
    action: str = ""
    region: str = ""
    by_user: bool = False
    work: str = field(default="", kw_only=True)
    until: Callable[[], bool] | None = field(default=None, kw_only=True, repr=False)

    def __str__(self) -> str:
        text = sentences(self.what, self.why, self.remedy)
        return f"{text} [{self.aws_code}]" if self.aws_code else text


def sentences(*parts: str) -> str:
    """Joins sentences; adds a missing full stop, because AWS's own texts often lack it."""
    said = [part.rstrip() for part in parts if part]
    ended = [part if part.endswith(_SENTENCE_ENDS) else f"{part}." for part in said[:-1]]
    return " ".join((*ended, *said[-1:]))


class Cancelled(Exception):
    """Raised in a job at its next check after Cancel."""


UNEXPECTED_FORM = (ValueError, TypeError, LookupError, AttributeError, RecursionError, ArithmeticError)
"""What reading a message of another program raises if it has another form than it should."""
