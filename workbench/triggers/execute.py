"""Carries out the plans of triggers: step by step, journalled, undone on failure, resumed after a crash.

In the end the trigger is as planned, or the account is as before; the error says which. What could not be
undone is named, and its journal stays: the next start offers to finish or undo it. The journal holds the
steps themselves, so nothing is planned again.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.clock import Clock
from workbench.core.errors import Cancelled, WorkbenchError, sentences
from workbench.core.jobs import JobContext
from workbench.core.journal_file import JournalFile, JournalFolder, Work
from workbench.triggers.model import SourceKind
from workbench.triggers.plan import TriggerPlan
from workbench.triggers.step import Facts, Running, Step, with_noted
from workbench.triggers.steps.table import STEP_RUNS


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A plan that a crash interrupted.

    Attributes:
        file: Its journal.
        when: When it began; ISO 8601, UTC.
        plan: What was to be done.
        begun: The numbers of the steps that were begun and not undone, in order.
        done: The facts of those that were done.
        noted: What steps noted before their call.
        takes_back: Whether it only remained to take it back: a test event's traces, or after a failure.
    """

    file: Path
    when: str
    plan: TriggerPlan
    begun: tuple[int, ...]
    done: dict[int, Facts]
    noted: dict[int, Facts]
    takes_back: bool


class TriggerJournal:
    """The folder of all plans that are carried out."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        self._folder = JournalFolder(folder, clock)

    def begin(self, plan: TriggerPlan, *, is_test: bool = False) -> JournalFile:
        """Opens the journal of a plan.

        Args:
            plan: What is about to be done.
            is_test: Whether all of it is undone at the end.

        Raises:
            WorkbenchError: The disk refuses; nothing must be done.
        """
        about = {
            "title": plan.title,
            "function_arn": plan.function_arn,
            "kind": plan.kind.value,
            "steps": [asdict(step) for step in plan.steps],
            "is_test": is_test,
        }
        name = plan.function_arn.split(":")[6]
        return self._folder.begin(name, about, f"“{plan.title}” was not started.")

    def unfinished(self, account_id: str, region: str) -> tuple[Interrupted, ...]:
        """What a crash interrupted for functions there, oldest first. What runs now is not."""
        found = (_interrupted(work) for work in self._folder.unfinished())
        return tuple(
            each for each in found if each and each.plan.function_arn.split(":")[3:5] == [region, account_id]
        )

    def reopen(self, interrupted: Interrupted) -> JournalFile:
        """Opens the journal of an interrupted plan.

        Raises:
            WorkbenchError: The disk refuses, or another window was quicker.
        """
        return self._folder.reopen(interrupted.file, f"“{interrupted.plan.title}” was not changed.")


def _interrupted(work: Work) -> Interrupted | None:
    """None for a journal of another version that this one does not understand; its file is left alone."""
    try:
        about: Any = work.about
        plan = TriggerPlan(
            str(about["title"]),
            str(about["function_arn"]),
            SourceKind(about["kind"]),
            tuple(Step(**step) for step in about["steps"]),
        )
        return Interrupted(
            work.file,
            work.when,
            plan,
            tuple(int(step) for step in work.begun),
            {int(step): facts for step, facts in work.done.items()},
            {int(step): facts for step, facts in work.notes.items()},
            work.undoing or bool(about.get("is_test")),
        )
    except (LookupError, ValueError, TypeError):
        return None


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
