"""The one error type that is shown to the user, and the signal that work was cancelled.

aws/errors.py makes the first from botocore's exceptions.
"""

from dataclasses import dataclass

_SENTENCE_ENDS = (".", "!", "?", ":", ";", "…", "。")


@dataclass(eq=False)
class WorkbenchError(Exception):
    """A failure as it is shown to the user.

    Attributes:
        what: What did not happen, one sentence ("The function could not be updated.").
        why: The cause as far as it is known.
        remedy: What the user can do about it.
        aws_code: AWS's own error code ("ResourceConflictException"), empty when AWS was not asked.
        request_id: AWS's request id, for support cases.
        action: Id of the action in the UI's registry that performs the remedy, empty if none does.
        by_user: The user stopped it. That is no failure, and is not shown as one.
        region: The region that AWS says the resource is in, when it says so (a bucket elsewhere).
    """

    what: str
    why: str = ""
    remedy: str = ""
    aws_code: str = ""
    request_id: str = ""
    action: str = ""
    region: str = ""
    by_user: bool = False

    def __str__(self) -> str:
        text = sentences(self.what, self.why, self.remedy)
        return f"{text} [{self.aws_code}]" if self.aws_code else text


def sentences(*parts: str) -> str:
    """Sentences joined to one text; a missing full stop is added, since AWS's own texts often lack it."""
    said = [part.rstrip() for part in parts if part]
    ended = [part if part.endswith(_SENTENCE_ENDS) else f"{part}." for part in said[:-1]]
    return " ".join((*ended, *said[-1:]))


class Cancelled(Exception):
    """Raised inside a job at its next check after Cancel."""
