"""Carries out the plans of triggers: step by step, journalled, undone on failure, resumed after a crash.

In the end the trigger is as planned, or the account is as before; the error says which. What could not be
undone is named, and its journal stays: the next start offers to finish or undo it. The journal holds the
steps themselves, so nothing is planned again.
"""

from collections.abc import Callable, Mapping

from workbench.aws.connection import Connection
from workbench.core.errors import Cancelled, WorkbenchError, sentences
from workbench.core.jobs import JobContext
from workbench.core.journal_file import JournalFile
from workbench.triggers.journal import Interrupted, TriggerJournal
from workbench.triggers.model import TriggerPlan
from workbench.triggers.step import Facts, Running, Step, with_noted
from workbench.triggers.steps.table import STEP_RUNS

_AS_BEFORE = "All changes were rolled back."
_STAYS = "Changes were rolled back, except for these:"
_OFFERED = "Undo it again. Workbench also offers this the next time it starts."


def execute(
    connection: Connection, plan: TriggerPlan, journal: TriggerJournal, ctx: JobContext
) -> Mapping[str, Facts]:
    """Makes the steps of a plan.

    Args:
        connection: To the function's account and region; steps of another region use a connection to that.
        plan: What to do.
        journal: Gets every step before and after it is made.
        ctx: The job. Cancel undoes what was done.

    Returns:
        What the steps made, by action.

    Raises:
        WorkbenchError: A step failed; `why` says whether everything was undone.
        Cancelled: Everything is undone. What could not be is a WorkbenchError also after a Cancel.
    """
    with journal.begin(plan) as file:
        return _Run(connection, plan, file, ctx).forward()


def try_out[T](
    connection: Connection, plan: TriggerPlan, journal: TriggerJournal, ctx: JobContext, look: Callable[[], T]
) -> T:
    """Makes the steps of a test event, lets the function take it, then takes their traces back.

    Args:
        connection: To the function's account and region.
        plan: What makes the event.
        journal: Gets every step.
        ctx: The job.
        look: Waits for what comes of the event. It is not undone before: a function that gets the event of an
            object wants to read it.

    Returns:
        What `look` found.

    Raises:
        WorkbenchError: As `execute`; or `look` failed, and the test event's changes are undone.
        Cancelled: The traces are undone.
    """
    with journal.begin(plan, is_test=True) as file:
        run = _Run(connection, plan, file, ctx)
        run.forward(is_last=False)
        try:
            return look()
        finally:
            run.backward(None)


def finish(
    connection: Connection, interrupted: Interrupted, journal: TriggerJournal, ctx: JobContext
) -> Mapping[str, Facts]:
    """Makes the rest of an interrupted plan. Raises as `execute`."""
    with journal.reopen(interrupted) as file:
        return _resumed(connection, interrupted, file, ctx).forward()


def undo(
    connection: Connection, interrupted: Interrupted, journal: TriggerJournal, ctx: JobContext
) -> tuple[str, ...]:
    """Undoes what an interrupted plan has done.

    Returns:
        The titles of the steps that stay done: nothing takes them back (a mapping that was deleted).

    Raises:
        WorkbenchError: Something could not be undone; it is named, and offered again at the next start.
    """
    with journal.reopen(interrupted) as file:
        return _resumed(connection, interrupted, file, ctx).backward(None)


def _resumed(connection: Connection, interrupted: Interrupted, file: JournalFile, ctx: JobContext) -> "_Run":
    run = _Run(connection, interrupted.plan, file, ctx)
    run.begun = list(interrupted.begun)
    run.done = dict(interrupted.done)
    run.noted = dict(interrupted.noted)
    return run


class _Run:
    """The steps of one plan, and which of them were begun and done."""

    def __init__(self, connection: Connection, plan: TriggerPlan, file: JournalFile, ctx: JobContext) -> None:
        self._connection, self._plan, self._file, self._ctx = connection, plan, file, ctx
        self.begun: list[int] = []
        self.done: dict[int, Facts] = {}
        self.noted: dict[int, Facts] = {}

    def forward(self, *, is_last: bool = True) -> Mapping[str, Facts]:
        """Makes all steps that are not done; undoes everything when one fails."""
        steps = self._plan.steps
        try:
            for number, step in enumerate(steps):
                if number not in self.done:
                    self._ctx.progress(number, len(steps), step.title)
                    self._make(number, step)
        except Cancelled:
            cancelled = WorkbenchError(f"“{self._plan.title}” was cancelled.")
            kept = self.backward(cancelled)
            cancelled.remedy = _OFFERED if self.begun else ""
            if kept or self.begun:
                raise cancelled from None
            raise
        except WorkbenchError as error:
            self.backward(error)
            raise
        if is_last:
            self._file.finish(outcome="done")
        return self._facts()

    def backward(self, error: WorkbenchError | None) -> tuple[str, ...]:
        """Undoes the begun steps, last first.

        Args:
            error: What led here; the result is added to its `why`.

        Returns:
            The titles of the steps that stay done.

        Raises:
            WorkbenchError: Something could not be undone, and `error` is None.
        """
        self._file.undoing()
        left: list[str] = []
        kept: list[str] = []
        for number in reversed(self.begun.copy()):
            step = self._plan.steps[number]
            facts = self.done.get(number) or self.noted.get(number) or {}
            try:
                STEP_RUNS[step.action].undo(step, facts, self._running(number, step, self._ctx.shielded()))
            except WorkbenchError as failure:
                left.append(f"“{step.title}” ({failure})")
            else:
                self._file.undone(str(number))
                self.begun.remove(number)
                if self.done.pop(number, None) is not None and not step.undo:
                    kept.append(f"“{step.title}”")
        if not left:
            self._file.finish(outcome="undone")
            if error is not None:
                how = f"{_STAYS} {'; '.join(kept)}." if kept else _AS_BEFORE
                error.why = sentences(error.why, how)
            return tuple(kept)
        words = f"Some changes could not be undone: {'; '.join(left)}"
        if error is None:
            raise WorkbenchError(f"“{self._plan.title}” was not fully undone.", words, _OFFERED)
        error.why = f"{error.why} {words}".strip()
        return tuple(kept)

    def _make(self, number: int, step: Step) -> None:
        self._file.before(str(number))
        if number not in self.begun:
            self.begun.append(number)
        facts = STEP_RUNS[step.action].do(step, self._running(number, step, self._ctx))
        self.done[number] = with_noted(facts, self.noted.get(number, {}))
        self._file.after(str(number), self.done[number])

    def _running(self, number: int, step: Step, ctx: JobContext) -> Running:
        there = self._connection
        if step.region and step.region != there.region:
            there = there.in_region(step.region)
        return Running(there, ctx, lambda facts: self._note(number, facts), self._facts())

    def _note(self, number: int, facts: Facts) -> None:
        noted = with_noted(facts, self.noted.get(number, {}))
        self._file.note(str(number), noted)
        self.noted[number] = noted

    def _facts(self) -> dict[str, Facts]:
        return {self._plan.steps[number].action: facts for number, facts in sorted(self.done.items())}
