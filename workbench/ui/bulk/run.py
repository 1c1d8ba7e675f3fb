"""One change of many functions, from the look at them to the last of them, and back again.

Owns: where each function stands. Must not know: how it is shown.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from PySide6.QtCore import QObject, Signal

from workbench.aws.rate_budget import RateBudget
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle
from workbench.functions.bulk_change import Change, Seen, Target
from workbench.functions.bulk_plan import Standing, Step, plan
from workbench.functions.bulk_run import Keep, Outcome, carry_out, observe
from workbench.ui.bulk.pump import Pump, Unfinished
from workbench.ui.bulk.reach import Connect, Reach
from workbench.ui.services import Services


class Phase(Enum):
    """What can be done next."""

    CHOOSING = "choosing"
    LOOKING = "looking"
    PLANNED = "planned"
    RUNNING = "running"
    ENDED = "ended"


class RowState(Enum):
    """Where a function stands."""

    NEW = "new"
    LOOKING = "looking"
    TO_CHANGE = "to change"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    NOT_BEGUN = "not begun"
    NO_ANSWER = "no answer"


_PLANNED = {
    Standing.CHANGE: RowState.TO_CHANGE,
    Standing.UNCHANGED: RowState.UNCHANGED,
    Standing.REFUSED: RowState.REFUSED,
}
_MAY_BE_TRIED_AGAIN = (RowState.FAILED, RowState.NOT_BEGUN, RowState.NO_ANSWER)


@dataclass(frozen=True, slots=True)
class Row:
    """One function.

    Attributes:
        step: Of the plan; None before there is one.
        text: Why it stands there.
        aws_code: AWS's code, where something failed.
        undo: What takes back what was done.
    """

    target: Target
    state: RowState = RowState.NEW
    step: Step | None = None
    text: str = ""
    aws_code: str = ""
    undo: Step | None = None


class BulkRun(QObject):
    """Lives as long as somebody looks, or something runs.

    Args:
        services: The program's.
        targets: The functions.
        connect: The way to them.
        refusal: Why a function must not be changed as its profile; empty if it may.
        budget: The program's.
        keep: What keeps a copy of a function before it is deleted.
        parent: Lives as long.

    Signals:
        row_changed: A function stands elsewhere; its number.
        moved: Another phase.
        ended: All is over, or was cancelled.
    """

    row_changed = Signal(int)
    moved = Signal()
    ended = Signal()

    def __init__(
        self,
        services: Services,
        targets: Sequence[Target],
        connect: Connect,
        refusal: Callable[[Target], str],
        budget: RateBudget,
        keep: Keep,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.targets = tuple(targets)
        self.rows = [Row(target) for target in targets]
        self.phase = Phase.CHOOSING
        self.change: Change | None = None
        self.is_undo = False
        self._reach = Reach(connect)
        self._refusal = refusal
        self._budget, self._keep = budget, keep
        self._looked: dict[int, Seen | WorkbenchError] = {}
        self._jobs = services.jobs
        self._planning: JobHandle | None = None
        self._pump = Pump(services, self)
        self._pump.begun.connect(self._begun)
        self._pump.finished.connect(self._finished)
        self._pump.ended.connect(self._pump_ended)

    @property
    def is_busy(self) -> bool:
        return self._pump.is_running or self._planning is not None

    @property
    def is_stopping(self) -> bool:
        return self.is_busy and self._pump.is_stopping

    def count(self, *states: RowState) -> int:
        """How many functions stand there."""
        return sum(row.state in states for row in self.rows)

    # The plan -----------------------------------------------------------------------------------------------

    def look(self, change: Change) -> None:
        """Looks at all functions and plans a change of them."""
        self.change, self.is_undo = change, False
        self._reset()
        self._reach.forget()
        self._looked = {
            number: WorkbenchError("It must not be changed.", why)
            for number, target in enumerate(self.targets)
            if (why := self._refusal(target))
        }
        numbers = [number for number in range(len(self.targets)) if number not in self._looked]

        def look_at(number: int, ctx: JobContext) -> Seen:
            target = self.targets[number]
            return observe(self._reach.connection(target, ctx), target, change, self._budget, ctx)

        self.phase = Phase.LOOKING
        title = self.tr("Looking at %1 functions").replace("%1", f"{len(numbers):,}")
        self._pump.start(title, numbers, look_at, lambda _number: "")
        self.moved.emit()

    def forget_plan(self) -> None:
        """The wish has changed: what was planned holds no more."""
        if self.phase is Phase.PLANNED:
            self._reset()
            self._move(Phase.CHOOSING)

    def take_back(self) -> None:
        """Plans to undo what was done."""
        steps = [row.undo for row in self.rows if row.undo is not None]
        self.is_undo = True
        self._show_plan(steps)

    def _reset(self) -> None:
        self.rows = [Row(target) for target in self.targets]

    def _show_plan(self, steps: Sequence[Step]) -> None:
        self.rows = [
            Row(step.target, _PLANNED[step.standing], step, step.why, step.aws_code) for step in steps
        ]
        self._move(Phase.PLANNED)

    # Doing it -----------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Carries out the plan."""
        self._run(RowState.TO_CHANGE)

    def again(self) -> None:
        """Tries again what failed or was not begun."""
        self._run(*_MAY_BE_TRIED_AGAIN)

    @property
    def can_try_again(self) -> bool:
        return self.phase is Phase.ENDED and bool(self.count(*_MAY_BE_TRIED_AGAIN))

    @property
    def undoable(self) -> int:
        """How many changes can be taken back."""
        return sum(row.undo is not None for row in self.rows) if self.phase is Phase.ENDED else 0

    def cancel(self) -> None:
        """Begins no other function; what was not sent is not sent. It is over within 2 s."""
        self._pump.cancel()
        self.moved.emit()

    def leave(self) -> None:
        """Nobody looks at it any more."""
        self._pump.leave()
        if self._planning is not None:
            self._planning.drop()
        self.deleteLater()

    def _run(self, *states: RowState) -> None:
        numbers = [number for number, row in enumerate(self.rows) if row.state in states and row.step]
        self._reach.forget()
        for number in numbers:
            self.rows[number] = replace(self.rows[number], state=RowState.NOT_BEGUN, text="", aws_code="")
        steps = {number: step for number in numbers if (step := self.rows[number].step)}

        def do(number: int, ctx: JobContext) -> Outcome:
            step = steps[number]
            return carry_out(self._reach.connection(step.target, ctx), step, self._budget, self._keep, ctx)

        self.phase = Phase.RUNNING
        title = self.tr("Changing %1 functions").replace("%1", f"{len(numbers):,}")
        self._pump.start(title, numbers, do, lambda number: f"write:{steps[number].target.function_arn}")
        self.moved.emit()

    # What is heard ------------------------------------------------------------------------------------------

    def _begun(self, number: int) -> None:
        state = RowState.LOOKING if self.phase is Phase.LOOKING else RowState.RUNNING
        self._set(number, replace(self.rows[number], state=state))

    def _finished(self, number: int, result: object) -> None:
        if self.phase is Phase.LOOKING:
            if isinstance(result, Seen | WorkbenchError):
                self._looked[number] = result
            self._set(number, replace(self.rows[number], state=RowState.NEW))
        elif self.phase in (Phase.RUNNING, Phase.ENDED):
            self._set(number, _row_after(self.rows[number], result))
            if self.phase is Phase.ENDED:
                self.moved.emit()  # a late answer

    def _pump_ended(self) -> None:
        if self.phase is Phase.RUNNING:
            self._move(Phase.ENDED)
        elif len(self._looked) < len(self.targets):
            self._reset()
            self._move(Phase.CHOOSING)
        else:
            assert self.change is not None
            looked = [(target, self._looked[number]) for number, target in enumerate(self.targets)]
            self._plan(self.change, looked)
            return
        self.ended.emit()

    def _plan(self, change: Change, looked: Sequence[tuple[Target, Seen | WorkbenchError]]) -> None:
        """In a job: ten thousand functions take more time than the window may stand still."""

        def planned(steps: tuple[Step, ...]) -> None:
            self._planning = None
            self._show_plan(steps)
            self.ended.emit()

        title = self.tr("Planning")
        job = Job(title, lambda _ctx: plan(change, looked), quiet=True, on_done=planned)
        self._planning = self._jobs.submit(job)

    def _set(self, number: int, row: Row) -> None:
        self.rows[number] = row
        self.row_changed.emit(number)

    def _move(self, phase: Phase) -> None:
        self.phase = phase
        self.moved.emit()


def _row_after(row: Row, result: object) -> Row:
    match result:
        case Outcome(changed=True, undo=undo):
            return replace(row, state=RowState.DONE, undo=undo)
        case Outcome():
            return replace(row, state=RowState.UNCHANGED, text="It had this by then.")
        case WorkbenchError() as error:
            text = " ".join(filter(None, (error.why or error.what, error.remedy)))
            return replace(row, state=RowState.FAILED, text=text, aws_code=error.aws_code)
        case Unfinished.NO_ANSWER:
            return replace(row, state=RowState.NO_ANSWER)
    return replace(row, state=RowState.NOT_BEGUN)
