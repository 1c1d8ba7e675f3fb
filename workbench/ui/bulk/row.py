"""Where a change stands, and each of its functions. Values only."""

from dataclasses import dataclass, replace
from enum import Enum

from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.functions.bulk_plan import BulkStep, Standing, Target
from workbench.functions.bulk_run import BulkStepResult
from workbench.ui.bulk.batch_runner import Unfinished


class Phase(Enum):
    """What can be done next."""

    CHOOSING = "choosing"
    CHECKING = "checking"
    PLANNED = "planned"
    RUNNING = "running"
    ENDED = "ended"


class RowState(Enum):
    """Where a function stands."""

    NEW = "new"
    CHECKING = "checking"
    TO_CHANGE = "to change"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    NOT_BEGUN = "not started"
    NO_ANSWER = "no response"


_PLANNED = {
    Standing.CHANGE: RowState.TO_CHANGE,
    Standing.UNCHANGED: RowState.UNCHANGED,
    Standing.REFUSED: RowState.REFUSED,
}


@dataclass(frozen=True, slots=True)
class Row:
    """One function.

    Attributes:
        step: Of the plan; None before there is one.
        text: Why it stands there.
        aws_code: AWS's code, where something failed.
        undo: Undoes what was done.
    """

    target: Target
    state: RowState = RowState.NEW
    step: BulkStep | None = None
    text: str = ""
    aws_code: str = ""
    undo: BulkStep | None = None


def planned_row(step: BulkStep) -> Row:
    """As a plan has it."""
    return Row(step.target, _PLANNED[step.standing], step, step.why, step.aws_code)


def row_after(row: Row, result: object) -> Row:
    """As what came of it leaves it."""
    match result:
        case BulkStepResult(changed=True, undo=undo):
            return replace(row, state=RowState.DONE, undo=undo)
        case BulkStepResult():
            return replace(row, state=RowState.UNCHANGED, text=_("It already has this value."))
        case WorkbenchError() as error:
            text = " ".join(filter(None, (error.why or error.what, error.remedy)))
            return replace(row, state=RowState.FAILED, text=text, aws_code=error.aws_code)
        case Unfinished.NO_ANSWER:
            return replace(row, state=RowState.NO_ANSWER)
    return replace(row, state=RowState.NOT_BEGUN)
