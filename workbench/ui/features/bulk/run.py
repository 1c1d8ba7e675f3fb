"""One change of many functions: reads them, plans, carries the plan out, and undoes it."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from workbench.aws.connection import Connection
from workbench.aws.retry import CachingConnection, RateBudget
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle, JobState
from workbench.core.messages import _, ngettext
from workbench.core.operations import JournalFile
from workbench.functions.bulk_plan import (
    BulkChange,
    BulkStep,
    Configure,
    ObservedFunction,
    Standing,
    Target,
    plan,
)
from workbench.functions.bulk_run import (
    BulkJournal,
    BulkStepResult,
    Keep,
    PastChange,
    RecordedFunction,
    carry_out_recorded,
    observe,
    plan_past,
)
from workbench.triggers.kinds.sqs import check_timeout
from workbench.triggers.model import Severity
from workbench.ui.shell.services import Services

_MAX_CONCURRENT = 4
"""The window works on: reading and typing need threads too."""
_GIVE_UP_MS = 1500
_PULSE_S = 0.1


class Unfinished(Enum):
    """Why there is no result."""

    NOT_BEGUN = "not started"
    NO_ANSWER = "no response"  # it was sent, and may still come to an end: then its result follows


class BatchRunner(QObject):
    """One at a time: `start` after `ended`.

    Args:
        services: The program's.
        parent: Its owner.

    Signals:
        begun: A number.
        finished: A number that was begun, and its result: what the work returned, a WorkbenchError, or an
            Unfinished.
        ended: Nothing runs any more, as far as anybody waits for it.
    """

    begun = Signal(int)
    finished = Signal(int, object)
    ended = Signal()

    def __init__(self, services: Services, parent: QObject) -> None:
        super().__init__(parent)
        self._jobs = services.jobs
        self._queue: list[int] = []
        self._handles: dict[int, JobHandle] = {}
        self._late: list[JobHandle] = []  # nobody waits for them, but what they say is heard
        self._watch: JobHandle | None = None
        self._over = threading.Event()
        self._over.set()
        self._done = self._total = 0
        self._work: Callable[[int, JobContext], object] = lambda _number, _ctx: None
        self._lane: Callable[[int], str] = lambda _number: ""
        self._give_up_timer = QTimer(self, interval=_GIVE_UP_MS, singleShot=True)
        self._give_up_timer.timeout.connect(self._give_up)
        self.is_stopping = False

    @property
    def is_running(self) -> bool:
        return not self._over.is_set()

    def start(
        self,
        title: str,
        numbers: Sequence[int],
        work: Callable[[int, JobContext], object],
        lane: Callable[[int], str],
    ) -> None:
        """Begins.

        Args:
            title: What the status bar shows.
            numbers: What is to be done, in this order.
            work: Does one; runs in a job.
            lane: Of one's job.
        """
        assert not self.is_running
        self._queue, self._work, self._lane = list(numbers), work, lane
        self._done, self._total, self.is_stopping = 0, len(numbers), False
        self._over = over = threading.Event()

        def watch(ctx: JobContext) -> None:
            while not over.is_set():
                ctx.progress(self._done, self._total)
                ctx.sleep(_PULSE_S)

        # The one line of it all in the status bar: hundreds of jobs would only flicker there.
        self._watch = self._jobs.submit(Job(title, watch, on_cancelled=self.cancel))
        self._go_on()

    def cancel(self) -> None:
        """Begins no other; what was not sent yet is not sent."""
        if not self.is_running or self.is_stopping:
            return
        self.is_stopping = True
        self._queue.clear()
        for number, handle in tuple(self._handles.items()):
            if handle.state is JobState.WAITING:  # behind another job of its lane, for who knows how long
                handle.drop()
                self._finish(number, Unfinished.NOT_BEGUN)
            else:
                handle.cancel()
        self._give_up_timer.start()
        self._go_on()

    def leave(self) -> None:
        """Nobody hears of it any more: it can be deleted. What was sent is sent."""
        self._queue.clear()
        self._over.set()
        self._give_up_timer.stop()
        watch = [self._watch] if self._watch else []
        for handle in (*self._handles.values(), *self._late, *watch):
            handle.drop()

    def _go_on(self) -> None:
        while self._queue and len(self._handles) < _MAX_CONCURRENT:
            self._submit(self._queue.pop(0))
        if not self._handles and not self._over.is_set():
            self._give_up_timer.stop()
            self._over.set()
            self.ended.emit()

    def _submit(self, number: int) -> None:
        work, over = self._work, self._over

        def finish(result: object) -> None:
            if over is self._over:  # else it is late, and something else is done by now
                self._finish(number, result)

        self._handles[number] = self._jobs.submit(
            Job(
                "",
                lambda ctx: work(number, ctx),
                lane=self._lane(number),
                quiet=True,
                on_done=finish,
                on_error=finish,
                on_cancelled=lambda: finish(Unfinished.NOT_BEGUN),
            )
        )
        self.begun.emit(number)

    def _finish(self, number: int, result: object) -> None:
        if self._handles.pop(number, None) is not None:
            self._done += 1
        self.finished.emit(number, result)
        self._go_on()

    def _give_up(self) -> None:
        """Waits no longer for servers that are silent. What they say late is heard all the same."""
        for number in tuple(self._handles):
            self._late.append(self._handles.pop(number))
            self.finished.emit(number, Unfinished.NO_ANSWER)
        self._go_on()


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


_RETRYABLE = (RowState.FAILED, RowState.NOT_BEGUN, RowState.NO_ANSWER)

Connect = Callable[[str, str, JobContext], Connection]
"""Opens a connection as a profile, by its name, in a region. Runs in a job; raises WorkbenchError."""


class ConnectionCache:
    """Connections by profile and region; a failure is stored, too, until `forget`. Thread-safe."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._lock = threading.Lock()
        self._locks: dict[tuple[str, str], threading.Lock] = {}
        self._found: dict[tuple[str, str], Connection | WorkbenchError] = {}

    def forget(self) -> None:
        """Opens everything anew: the user may have signed in, or the network is back."""
        with self._lock:
            self._found.clear()

    def connection(self, target: Target, ctx: JobContext) -> Connection:
        """The connection for a function.

        Raises:
            WorkbenchError: It cannot be reached.
            Cancelled: While opening.
        """
        key = (target.profile_name, target.region)
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            ctx.check()
            found = self._found.get(key)
            if found is None:
                try:
                    found = self._connect(*key, ctx)
                except WorkbenchError as error:
                    found = error
                with self._lock:
                    self._found[key] = found
        if isinstance(found, WorkbenchError):
            raise found
        return found


class QueueTimeoutCheck:
    """Whether the queues of many functions allow their new timeouts. Thread-safe.

    Args:
        budget: The program's.
    """

    def __init__(self, budget: RateBudget) -> None:
        self._budget = budget
        self._lock = threading.Lock()
        self._caching: dict[tuple[str, str], CachingConnection] = {}

    def observe(
        self, connection: Connection, target: Target, change: BulkChange, ctx: JobContext
    ) -> ObservedFunction:
        """Looks at a function, and at its queues if its timeout is to be raised.

        Raises as `bulk_run.observe`.

        Args:
            connection: For the function.
            target: Which.
            change: What is to be done to it.
            ctx: The job.
        """
        seen = observe(connection, target, change, self._budget, ctx)
        timeout_s = change.wanted.timeout_s if isinstance(change, Configure) else None
        if timeout_s is None or timeout_s <= seen.detail.timeout_s:
            return seen
        with self._lock:  # all mappings of a region are one listing, for all of its functions
            key = (target.profile_name, target.region)
            caching = self._caching.setdefault(key, CachingConnection(connection, self._budget, ctx))
        return _with_queue_check(caching, seen, timeout_s, ctx)


def _with_queue_check(
    connection: Connection, seen: ObservedFunction, timeout_s: int, ctx: JobContext
) -> ObservedFunction:
    try:
        found = check_timeout(connection, seen.detail, timeout_s, ctx)
    except WorkbenchError as error:  # who may change a function may not see its queues: AWS decides
        words = _("Could not determine whether its queues allow this timeout: {why}")
        return replace(seen, warning_=words.format(why=error.why or error.what))
    hurdles = [f"{each.what} {each.why}" for each in found if each.severity is Severity.BLOCK]
    if hurdles:
        way = _("Change the timeout on its Configuration page, which updates the queue first.")
        return replace(seen, obstacle=" ".join((*hurdles, way)))
    return replace(seen, warning_=" ".join(each.what for each in found))


class BulkRun(QObject):
    """One change; it exists while its dialog is open, or while it runs.

    Args:
        services: The program's.
        targets: The functions.
        connect: Opens their connections.
        refusal: Why a function must not be changed as its profile; empty if it may.
        budget: The program's.
        keep: What keeps a copy of a function before it is deleted.
        journal: Of all changes.
        parent: Its owner.

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
        self._connections = ConnectionCache(connect)
        self._refusal, self._budget, self._keep = refusal, budget, keep
        self._journal = journal
        self._file: JournalFile | None = None  # while it runs
        self._file_path: Path | None = None  # of the change that these rows are of
        self._past: PastChange | None = None  # an earlier change that is continued, or undone
        self._undoes = ""
        self._is_cancelled = False
        self._observed: dict[int, ObservedFunction | WorkbenchError] = {}
        self._jobs = services.jobs
        self._waiting: JobHandle | None = None
        self._runner = BatchRunner(services, self)
        self._runner.begun.connect(self._begun)
        self._runner.finished.connect(self._finished)
        self._runner.ended.connect(self._batch_ended)

    @property
    def is_busy(self) -> bool:
        return self._runner.is_running or self._waiting is not None

    @property
    def is_stopping(self) -> bool:
        return self._is_cancelled if self._waiting is not None else self._runner.is_stopping and self.is_busy

    def count(self, *states: RowState) -> int:
        """How many functions stand there."""
        return sum(row.state in states for row in self.rows)

    # The plan -----------------------------------------------------------------------------------------------

    def plan_change(self, change: BulkChange) -> None:
        """Looks at all functions and plans a change of them."""
        self._past, self._undoes, self.is_undo = None, "", False
        self._observe_all(change, [change] * len(self.targets))

    def plan_past(self, past: PastChange, *, undo: bool) -> None:
        """Looks at all functions of an earlier change, and plans to go on with it, or to take it back.

        The targets are those of `past.undoable`, or of `past.left`.
        """
        self._past, self.is_undo = past, undo
        self._undoes = past.file.name if undo else past.undoes
        self._observe_all(
            past.requested, [(undo and each.back) or each.change for each in self._recorded(past)]
        )

    def _recorded(self, past: PastChange) -> Sequence[RecordedFunction]:
        return past.undoable if self.is_undo else past.left

    def _observe_all(self, change: BulkChange, changes: Sequence[BulkChange]) -> None:
        self.change, self._file_path = change, None
        self._reset()
        self._connections.forget()
        self._observed = {
            number: WorkbenchError(_("It cannot be changed."), why)
            for number, target in enumerate(self.targets)
            if (why := self._refusal(target))
        }
        numbers = [number for number in range(len(self.targets)) if number not in self._observed]
        queue_check = QueueTimeoutCheck(self._budget)

        def observe_one(number: int, ctx: JobContext) -> ObservedFunction:
            target = self.targets[number]
            return queue_check.observe(
                self._connections.connection(target, ctx), target, changes[number], ctx
            )

        self.phase = Phase.CHECKING
        title = ngettext("Checking {count:,} function", "Checking {count:,} functions", len(numbers))
        title = title.format(count=len(numbers))
        self._runner.start(title, numbers, observe_one, lambda _number: "")
        self.moved.emit()

    def forget_plan(self) -> None:
        """Discards the plan: another change was entered."""
        if self.phase is Phase.PLANNED:
            self._reset()
            self._move(Phase.CHOOSING)

    def plan_undo(self) -> None:
        """Plans to undo what was done."""
        steps = [row.undo for row in self.rows if row.undo is not None]
        self.is_undo, self._past = True, None
        self._undoes = self._file_path.name if self._file_path else ""
        self._file_path = None
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

    def retry(self) -> None:
        """Tries again what failed or was not begun."""
        self._run(*_RETRYABLE)

    @property
    def can_retry(self) -> bool:
        return self.phase is Phase.ENDED and bool(self.count(*_RETRYABLE))

    @property
    def undoable(self) -> int:
        """How many changes can be undone."""
        return sum(row.undo is not None for row in self.rows) if self.phase is Phase.ENDED else 0

    def cancel(self) -> None:
        """Begins no other function; what was not sent is not sent. It is over within 2 s."""
        self._is_cancelled = True
        self._runner.cancel()
        self.moved.emit()

    def leave(self) -> None:
        """Nobody looks at it any more."""
        self._runner.leave()
        if self._waiting is not None:
            self._waiting.drop()
        self.deleteLater()

    def _run(self, *states: RowState) -> None:
        """Notes what is about to be done, and does it."""
        numbers = [number for number, row in enumerate(self.rows) if row.state in states and row.step]
        self._connections.forget()
        for number in numbers:
            self.rows[number] = replace(self.rows[number], state=RowState.NOT_BEGUN, text="", aws_code="")
        steps = {number: step for number in numbers if (step := self.rows[number].step)}
        self.phase, self._is_cancelled = Phase.RUNNING, False
        self._waiting = self._jobs.submit(
            Job(
                _("Recording the change"),
                lambda _ctx: self._open_journal(tuple(steps.values())),
                quiet=True,
                on_done=lambda file: self._journal_opened(file, steps),
                on_error=lambda error: self._journal_failed(numbers, error),
            )
        )
        self.moved.emit()

    def _open_journal(self, steps: Sequence[BulkStep]) -> JournalFile:
        """In a job. Raises WorkbenchError: then nothing must be changed."""
        past, path = self._past, self._file_path
        assert self.change is not None
        if path is not None:
            return self._journal.reopen_finished(path)
        if past is not None and not self.is_undo:
            return self._journal.reopen_change(past)
        file = self._journal.begin_change(self.change, steps, self._undoes)
        if past is not None and not past.is_over:
            try:
                self._journal.discard_change(past)
            except WorkbenchError:  # another window goes on with what was to be undone
                file.close()
                self._journal.forget(file.path)
                raise
        return file

    def _journal_opened(self, file: JournalFile, steps: Mapping[int, BulkStep]) -> None:
        self._waiting = None
        self._file, self._file_path = file, file.path
        self.destroyed.connect(file.close)
        if self._is_cancelled:
            self._batch_ended()
            return

        def do(number: int, ctx: JobContext) -> BulkStepResult:
            step = steps[number]
            connection = self._connections.connection(step.target, ctx)
            return carry_out_recorded(file, connection, step, self._budget, self._keep, ctx)

        title = ngettext("Changing {count:,} function", "Changing {count:,} functions", len(steps))
        title = title.format(count=len(steps))
        self._runner.start(
            title, tuple(steps), do, lambda number: f"write:{steps[number].target.function_arn}"
        )
        self.moved.emit()

    def _journal_failed(self, numbers: Sequence[int], error: WorkbenchError) -> None:
        self._waiting = None
        for number in numbers:
            self._set(number, row_after(self.rows[number], error))
        self._move(Phase.ENDED)
        self.ended.emit()

    # What is heard ------------------------------------------------------------------------------------------

    def _begun(self, number: int) -> None:
        state = RowState.CHECKING if self.phase is Phase.CHECKING else RowState.RUNNING
        self._set(number, replace(self.rows[number], state=state))

    def _finished(self, number: int, result: object) -> None:
        if self.phase is Phase.CHECKING:
            if isinstance(result, ObservedFunction | WorkbenchError):
                self._observed[number] = result
            self._set(number, replace(self.rows[number], state=RowState.NEW))
        elif self.phase in (Phase.RUNNING, Phase.ENDED):
            self._set(number, row_after(self.rows[number], result))
            if self.phase is Phase.ENDED:
                self.moved.emit()  # a late answer

    def _batch_ended(self) -> None:
        if self.phase is Phase.RUNNING:
            if self._file is not None:
                self._file.finish()
                self._file.close()
                self._file = None
            self._move(Phase.ENDED)
        elif len(self._observed) < len(self.targets):
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
        found = [self._observed[number] for number in range(len(self.targets))]

        def make(_ctx: JobContext) -> tuple[BulkStep, ...]:
            if past is None:
                return plan(change, list(zip(self.targets, found, strict=True)))
            return plan_past(list(zip(self._recorded(past), found, strict=True)), undo=undo)

        def planned(steps: tuple[BulkStep, ...]) -> None:
            self._waiting = None
            self._show_plan(steps)
            self.ended.emit()

        self._waiting = self._jobs.submit(Job(_("Planning"), make, quiet=True, on_done=planned))

    def _set(self, number: int, row: Row) -> None:
        self.rows[number] = row
        self.row_changed.emit(number)

    def _move(self, phase: Phase) -> None:
        self.phase = phase
        self.moved.emit()
