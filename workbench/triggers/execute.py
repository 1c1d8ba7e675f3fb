"""Carries out the plans of triggers: step by step, journalled, undone on failure, resumed after a crash."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from workbench.aws.connection import Connection
from workbench.core.clock import Clock
from workbench.core.codec import to_builtins
from workbench.core.errors import Cancelled, WorkbenchError, sentences
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.operations import (
    Facts,
    JournalFile,
    Operation,
    OperationJournal,
    OperationRecord,
    StepContext,
)
from workbench.triggers import async_settings, grants, mappings, new_sources, queues, role
from workbench.triggers.kinds import (
    api,
    cognito,
    direct,
    dynamodb,
    http_api,
    iot,
    kinesis,
    logs,
    schedule,
    table,
    url,
)
from workbench.triggers.model import TriggerPlan
from workbench.triggers.steps import Running, Step, StepRun, rest_api, rule, s3, sns, with_noted

MODULES = (
    *(async_settings, grants, mappings, new_sources, queues, role),
    *(api, cognito, direct, dynamodb, http_api, iot, kinesis, logs, schedule, url),
    *(rest_api, rule, s3, sns),
)
STEP_RUNS: Mapping[str, StepRun] = {action: run for module in MODULES for action, run in module.RUNS.items()}


type InterruptedPlan = OperationRecord[TriggerPlan]


class TriggerJournal(OperationJournal[TriggerPlan]):
    """The journals of all plans in progress. A journal that only a later version understands is kept."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        super().__init__(folder, TriggerPlan, clock)

    def understands(self, record: InterruptedPlan) -> bool:
        about = record.about
        is_known = about.kind in table.RULES and all(step.action in STEP_RUNS for step in about.steps)
        return is_known and about.function_arn.count(":") >= 6  # an ARN with a name


_AS_BEFORE = _("All changes were rolled back.")
_STAYS = _("Changes were rolled back, except for these:")
_OFFERED = _("Undo it again. Workbench also offers this the next time it starts.")
_AGAIN = _("Start it again to finish it, or undo it in Interrupted Operations.")


def execute(
    connection: Connection, plan: TriggerPlan, journal: TriggerJournal, ctx: JobContext
) -> Mapping[str, Facts]:
    """Carries out the steps of a plan, or finishes it where an earlier run of it could not be undone.

    That run would be offered for an undo otherwise, which would remove what this one makes.

    Args:
        connection: A connection to the function's account and region. Steps of another region use their own.
        journal: Records each step before and after it is made.
        ctx: Cancel undoes the steps that were made.

    Returns:
        The facts of the steps, by action.

    Raises:
        WorkbenchError: A step failed; `why` says whether everything was undone.
        Cancelled: Everything was undone. If something could not be, a WorkbenchError is raised instead.
    """
    unfinished = journal.unfinished(plan.account_id, plan.region)
    if (same := next((each for each in unfinished if _as_json(each.about) == _as_json(plan)), None)) is None:
        with _begin(journal, plan) as file:
            return _Run(connection, plan, file, ctx).forward()
    with journal.reopen(same.file, _("“{title}” was not started.").format(title=plan.title)) as again:
        # All steps are made again: what they did then may have been changed since.
        before = replace(again.record, done={}, noted={**again.record.noted, **again.record.done})
        return _Run(connection, plan, again, ctx, before).forward()


def _as_json(plan: TriggerPlan) -> str:
    return json.dumps(to_builtins(plan), sort_keys=True)


def try_out[T](
    connection: Connection,
    plan: TriggerPlan,
    journal: TriggerJournal,
    ctx: JobContext,
    look: Callable[[Mapping[str, Facts]], T],
) -> T:
    """Sends a test event, waits for its outcome, then removes its traces.

    Args:
        plan: The steps that make the event.
        look: Waits for the outcome of the event; gets the facts of the steps, by action. The event is undone
            only afterwards, because a function that is notified of an object usually reads it.

    Returns:
        The result of `look`.

    Raises:
        WorkbenchError: As for `execute`; also if `look` failed, in which case the changes of the test event
            are undone.
        Cancelled: The traces were removed.
    """
    with _begin(journal, replace(plan, is_test=True)) as file:
        run = _Run(connection, plan, file, ctx)
        facts = run.forward(is_last=False)
        try:
            return look(facts)
        finally:
            run.backward(None)


def finish(
    connection: Connection, interrupted: InterruptedPlan, journal: TriggerJournal, ctx: JobContext
) -> Mapping[str, Facts]:
    """Makes the remaining steps of an interrupted plan. Raises as `execute` does."""
    with journal.reopen(
        interrupted.file, _("“{title}” was not changed.").format(title=interrupted.about.title)
    ) as file:
        return _Run(connection, file.record.about, file, ctx, file.record).forward()


def undo(
    connection: Connection, interrupted: InterruptedPlan, journal: TriggerJournal, ctx: JobContext
) -> tuple[str, ...]:
    """Undoes the steps of an interrupted plan.

    Returns:
        The titles of the steps that cannot be undone, such as the deletion of a mapping.

    Raises:
        WorkbenchError: Something could not be undone. The error names it, and the next start offers it again.
    """
    with journal.reopen(
        interrupted.file, _("“{title}” was not changed.").format(title=interrupted.about.title)
    ) as file:
        return _Run(connection, file.record.about, file, ctx, file.record).backward(None)


def _begin(journal: TriggerJournal, plan: TriggerPlan) -> JournalFile:
    return journal.begin(plan.function_name, plan, _("“{title}” was not started.").format(title=plan.title))


class _Run:
    """One run of a plan. The journal identifies its steps by their number."""

    def __init__(
        self,
        connection: Connection,
        plan: TriggerPlan,
        file: JournalFile,
        ctx: JobContext,
        interrupted: InterruptedPlan | None = None,
    ) -> None:
        self._connection, self._plan, self._file = connection, plan, file
        steps = {str(number): step for number, step in enumerate(plan.steps)}
        self._operation = Operation(steps, self, file, ctx, interrupted, title_of=lambda step: step.title)

    def forward(self, *, is_last: bool = True) -> Mapping[str, Facts]:
        """Makes the steps that are not done yet; if one fails, undoes all."""
        try:
            self._operation.forward()
        except Cancelled:
            cancelled = WorkbenchError(_("“{title}” was cancelled.").format(title=self._plan.title))
            kept = self.backward(cancelled)
            cancelled.remedy = _OFFERED if self._operation.begun else ""
            if kept or self._operation.begun:
                raise cancelled from None
            raise
        except WorkbenchError as error:
            self.backward(error)
            raise
        if is_last:
            self._file.finish(outcome="done")
        return self._by_action(self._operation.done)

    def backward(self, error: WorkbenchError | None) -> tuple[str, ...]:
        """Undoes the steps that were begun, last first.

        Args:
            error: The failure that led here; the outcome of the undo is added to its `why`.

        Returns:
            The titles of the steps that cannot be undone.

        Raises:
            WorkbenchError: Something could not be undone, and `error` is None.
        """
        undone = self._operation.backward()
        kept = tuple(f"“{step.title}”" for step in undone.steps if not step.undo)
        if not undone.failed:
            self._file.finish(outcome="undone")
            if error is not None:
                how = f"{_STAYS} {'; '.join(kept)}." if kept else _AS_BEFORE
                error.why = sentences(error.why, how)
            return kept
        left = "; ".join(_left(step, failure, error) for step, failure in undone.failed)
        text = _("Some changes could not be undone: {left}").format(left=left)
        if error is None:
            raise WorkbenchError(
                _("“{title}” was not fully undone.").format(title=self._plan.title), text, _OFFERED
            )
        error.why = f"{error.why} {text}.".strip()
        error.remedy = sentences(error.remedy, _AGAIN)
        return kept

    def do(self, step: Step, context: StepContext) -> Facts:
        facts = STEP_RUNS[step.action].do(step, self._running(step, context))
        return with_noted(facts, context.noted())

    def undo(self, step: Step, facts: Facts, context: StepContext) -> str:
        STEP_RUNS[step.action].undo(step, facts, self._running(step, context))
        return ""

    def _running(self, step: Step, context: StepContext) -> Running:
        there = self._connection.in_region(step.region or self._connection.region)
        return Running(there, context.ctx, context.note, self._by_action(context.done))

    def _by_action(self, done: Mapping[str, Facts]) -> dict[str, Facts]:
        return {self._plan.steps[int(name)].action: facts for name, facts in done.items()}


def _left(step: Step, failure: WorkbenchError, first: WorkbenchError | None) -> str:
    """A step that could not be undone, and why, unless the first failure of the run has said so."""
    is_said = first is not None and failure.why != "" and failure.why in first.why
    return f"“{step.title}”" if is_said else f"“{step.title}” ({failure})"
