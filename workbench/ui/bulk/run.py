"""One change of many functions, from the look at them to the last of them, and back again.

Owns: where each function stands. Must not know: how it is shown.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from workbench.aws.rate_budget import RateBudget
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle
from workbench.functions.bulk_plan import BulkChange, BulkStep, ObservedFunction, Target, plan
from workbench.functions.bulk_run import (
    BulkEntry,
    BulkJournal,
    BulkStepResult,
    Keep,
    PastChange,
    RecordedFunction,
    plan_past,
)
from workbench.ui.bulk.pump import Pump
from workbench.ui.bulk.queue_room import QueueRooms
from workbench.ui.bulk.reach import Connect, Reach
from workbench.ui.bulk.row import Phase, Row, RowState, planned_row, row_after
from workbench.ui.services import Services

_MAY_BE_TRIED_AGAIN = (RowState.FAILED, RowState.NOT_BEGUN, RowState.NO_ANSWER)


class BulkRun(QObject):
    """Lives as long as somebody looks, or something runs.

    Args:
        services: The program's.
        targets: The functions.
        connect: The way to them.
        refusal: Why a function must not be changed as its profile; empty if it may.
        budget: The program's.
        keep: What keeps a copy of a function before it is deleted.
        journal: Of all changes.
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
        journal: BulkJournal,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.targets = tuple(targets)
        self.rows = [Row(target) for target in targets]
        self.phase = Phase.CHOOSING
        self.change: BulkChange | None = None
        self.is_undo = False
        self._reach = Reach(connect)
        self._refusal, self._budget, self._keep = refusal, budget, keep
        self._journal = journal
        self._entry: BulkEntry | None = None  # while it runs
        self._entry_path: Path | None = None  # of the change that these rows are of
        self._past: PastChange | None = None  # an earlier change that is gone on with, or taken back
        self._undoes = ""
        self._is_cancelled = False
        self._looked: dict[int, ObservedFunction | WorkbenchError] = {}
        self._jobs = services.jobs
        self._waiting: JobHandle | None = None
        self._pump = Pump(services, self)
        self._pump.begun.connect(self._begun)
        self._pump.finished.connect(self._finished)
        self._pump.ended.connect(self._pump_ended)

    @property
    def is_busy(self) -> bool:
        return self._pump.is_running or self._waiting is not None

    @property
    def is_stopping(self) -> bool:
        return self._is_cancelled if self._waiting is not None else self._pump.is_stopping and self.is_busy

    def count(self, *states: RowState) -> int:
        """How many functions stand there."""
        return sum(row.state in states for row in self.rows)

    # The plan -----------------------------------------------------------------------------------------------

    def look(self, change: BulkChange) -> None:
        """Looks at all functions and plans a change of them."""
        self._past, self._undoes, self.is_undo = None, "", False
        self._look(change, [change] * len(self.targets))

    def look_again(self, past: PastChange, *, undo: bool) -> None:
        """Looks at all functions of an earlier change, and plans to go on with it, or to take it back.

        The targets are those of `past.undoable`, or of `past.left`.
        """
        self._past, self.is_undo = past, undo
        self._undoes = past.file.name if undo else past.undoes
        self._look(past.requested, [(undo and each.back) or each.change for each in self._noted(past)])

    def _noted(self, past: PastChange) -> Sequence[RecordedFunction]:
        return past.undoable if self.is_undo else past.left

    def _look(self, change: BulkChange, changes: Sequence[BulkChange]) -> None:
        self.change, self._entry_path = change, None
        self._reset()
        self._reach.forget()
        self._looked = {
            number: WorkbenchError("It cannot be changed.", why)
            for number, target in enumerate(self.targets)
            if (why := self._refusal(target))
        }
        numbers = [number for number in range(len(self.targets)) if number not in self._looked]
        rooms = QueueRooms(self._budget)

        def look_at(number: int, ctx: JobContext) -> ObservedFunction:
            target = self.targets[number]
            return rooms.observe(self._reach.connection(target, ctx), target, changes[number], ctx)

        self.phase = Phase.LOOKING
        title = self.tr("Checking %1 functions").replace("%1", f"{len(numbers):,}")
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
        self.is_undo, self._past = True, None
        self._undoes = self._entry_path.name if self._entry_path else ""
        self._entry_path = None
        self._show_plan(steps)

    def _reset(self) -> None:
        self.rows = [Row(target) for target in self.targets]

    def _show_plan(self, steps: Sequence[BulkStep]) -> None:
        self.rows = list(map(planned_row, steps))
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
        self._is_cancelled = True
        self._pump.cancel()
        self.moved.emit()

    def leave(self) -> None:
        """Nobody looks at it any more."""
        self._pump.leave()
        if self._waiting is not None:
            self._waiting.drop()
        self.deleteLater()

    def _run(self, *states: RowState) -> None:
        """Notes what is about to be done, and does it."""
        numbers = [number for number, row in enumerate(self.rows) if row.state in states and row.step]
        self._reach.forget()
        for number in numbers:
            self.rows[number] = replace(self.rows[number], state=RowState.NOT_BEGUN, text="", aws_code="")
        steps = {number: step for number in numbers if (step := self.rows[number].step)}
        self.phase, self._is_cancelled = Phase.RUNNING, False
        self._waiting = self._jobs.submit(
            Job(
                self.tr("Recording the change"),
                lambda _ctx: self._open_journal(tuple(steps.values())),
                quiet=True,
                on_done=lambda entry: self._noted_down(entry, steps),
                on_error=lambda error: self._not_noted(numbers, error),
            )
        )
        self.moved.emit()

    def _open_journal(self, steps: Sequence[BulkStep]) -> BulkEntry:
        """In a job. Raises WorkbenchError: then nothing must be changed."""
        past, path = self._past, self._entry_path
        assert self.change is not None
        if path is not None:
            return self._journal.reopen_finished(path)
        if past is not None and not self.is_undo:
            return self._journal.reopen(past)
        entry = self._journal.begin(self.change, steps, self._undoes)
        if past is not None and not past.is_over:
            self._journal.discard(past)
        return entry

    def _noted_down(self, entry: BulkEntry, steps: Mapping[int, BulkStep]) -> None:
        self._waiting = None
        self._entry, self._entry_path = entry, entry.path
        self.destroyed.connect(entry.close)
        if self._is_cancelled:
            self._pump_ended()
            return

        def do(number: int, ctx: JobContext) -> BulkStepResult:
            step = steps[number]
            connection = self._reach.connection(step.target, ctx)
            return entry.carry_out(connection, step, self._budget, self._keep, ctx)

        title = self.tr("Changing %1 functions").replace("%1", f"{len(steps):,}")
        self._pump.start(title, tuple(steps), do, lambda number: f"write:{steps[number].target.function_arn}")
        self.moved.emit()

    def _not_noted(self, numbers: Sequence[int], error: WorkbenchError) -> None:
        self._waiting = None
        for number in numbers:
            self._set(number, row_after(self.rows[number], error))
        self._move(Phase.ENDED)
        self.ended.emit()

    # What is heard ------------------------------------------------------------------------------------------

    def _begun(self, number: int) -> None:
        state = RowState.LOOKING if self.phase is Phase.LOOKING else RowState.RUNNING
        self._set(number, replace(self.rows[number], state=state))

    def _finished(self, number: int, result: object) -> None:
        if self.phase is Phase.LOOKING:
            if isinstance(result, ObservedFunction | WorkbenchError):
                self._looked[number] = result
            self._set(number, replace(self.rows[number], state=RowState.NEW))
        elif self.phase in (Phase.RUNNING, Phase.ENDED):
            self._set(number, row_after(self.rows[number], result))
            if self.phase is Phase.ENDED:
                self.moved.emit()  # a late answer

    def _pump_ended(self) -> None:
        if self.phase is Phase.RUNNING:
            if self._entry is not None:
                self._entry.finish()
                self._entry = None
            self._move(Phase.ENDED)
        elif len(self._looked) < len(self.targets):
            self._reset()
            self._move(Phase.CHOOSING)
        else:
            assert self.change is not None
            self._plan(self.change)
            return
        self.ended.emit()

    def _plan(self, change: BulkChange) -> None:
        """In a job: ten thousand functions take more time than the window may stand still."""
        past, undo = self._past, self.is_undo
        found = [self._looked[number] for number in range(len(self.targets))]

        def make(_ctx: JobContext) -> tuple[BulkStep, ...]:
            if past is None:
                return plan(change, list(zip(self.targets, found, strict=True)))
            return plan_past(list(zip(self._noted(past), found, strict=True)), undo=undo)

        def planned(steps: tuple[BulkStep, ...]) -> None:
            self._waiting = None
            self._show_plan(steps)
            self.ended.emit()

        self._waiting = self._jobs.submit(Job(self.tr("Planning"), make, quiet=True, on_done=planned))

    def _set(self, number: int, row: Row) -> None:
        self.rows[number] = row
        self.row_changed.emit(number)

    def _move(self, phase: Phase) -> None:
        self.phase = phase
        self.moved.emit()
