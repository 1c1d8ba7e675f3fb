"""A step of a plan, and the kinds of steps. Values only."""

from dataclasses import dataclass
from enum import StrEnum


class StepKind(StrEnum):
    """The kinds of steps, by their names in the journal. A plan has at most one of each."""

    SETTLE = "settle"
    BACKUP = "backup"
    BUCKET = "bucket"
    STAGE = "stage"
    CHECK = "check"
    CONFIGURE = "configure"
    UPLOAD = "upload"
    WAIT = "wait"
    REFRESH = "refresh"
    """Managed instances run what was last published to $LATEST.PUBLISHED, not $LATEST."""
    SMOKE = "smoke test"
    PUBLISH = "publish"
    ALIAS = "alias"
    KEEP = "keep"
    PRUNE = "prune"

    @property
    def changes_aws(self) -> bool:
        """Whether it may leave something new in AWS."""
        return self in _CHANGES_AWS


_CHANGES_AWS = frozenset(StepKind) - {
    StepKind.SETTLE,
    StepKind.BACKUP,
    StepKind.CHECK,
    StepKind.WAIT,
    StepKind.KEEP,
}


@dataclass(frozen=True, slots=True)
class DeployStep:
    """A step of a plan.

    Attributes:
        title: For the user.
        api_call: The operation ("lambda:UpdateFunctionCode"); empty for a local step.
        undo: How it is undone, for the user; empty if there is nothing to undo.
    """

    kind: StepKind
    title: str
    api_call: str = ""
    undo: str = ""
