"""The one error type that a person may see, and the signal that work was cancelled.

Owns: the shape of an error message. Must not know: botocore (see aws/errors.py), Qt.
"""

from dataclasses import dataclass


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
        region: The region that AWS says the resource is in, when it says so (a bucket elsewhere).
    """

    what: str
    why: str = ""
    remedy: str = ""
    aws_code: str = ""
    request_id: str = ""
    action: str = ""
    region: str = ""

    def __str__(self) -> str:
        text = " ".join(part for part in (self.what, self.why, self.remedy) if part)
        return f"{text} [{self.aws_code}]" if self.aws_code else text


class Cancelled(Exception):
    """Raised inside a job at its next check after Cancel."""
