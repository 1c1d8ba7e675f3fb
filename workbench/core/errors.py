"""The one error type that a person may see, and the signal that work was cancelled.

Owns: the shape of an error message. Must not know: botocore (see aws/errors.py), Qt.
"""

from dataclasses import dataclass

_ENDS = (".", "!", "?", ":", ";", "…", "。")


@dataclass(eq=False)
class WorkbenchError(Exception):
    """A failure said in a person's words.

    Attributes:
        what: What did not happen, one sentence ("The function could not be updated.").
        why: The cause as far as it is known.
        remedy: What the person can do about it.
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
    """What is said of an error in a row: AWS's own texts often lack the full stop at their end."""
    said = [part.rstrip() for part in parts if part]
    ended = [part if part.endswith(_ENDS) else f"{part}." for part in said[:-1]]
    return " ".join((*ended, *said[-1:]))


class Cancelled(Exception):
    """Raised inside a job at its next check after Cancel."""
