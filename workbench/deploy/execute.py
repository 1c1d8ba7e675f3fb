"""Carries a deploy out, step by step, and undoes it when that is wanted.

Whatever happens, the function has the previous code or the new one, and the result says which. steps/table.py
has what each step does.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.aws.connection import Connection
from workbench.code.workspace import Workspace
from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.deploy.about import about_of
from workbench.deploy.journal import DeployEntry, DeployOutcome, Journal
from workbench.deploy.plan import DeployStep, Plan, StepKind
from workbench.deploy.steps.running import STILL_OLD, Invoke, Running, Stopped, with_state
from workbench.deploy.steps.table import STEP_RUNS


@dataclass(frozen=True, slots=True)
class Undone:
    """The result of an undo.

    Attributes:
        complete: Whether all of it could be undone.
        changed: Whether there was anything to undo, or to report.
        text: What was undone, in sentences.
    """

    complete: bool
    changed: bool
    text: str


def undo_steps(running: Running, begun: Sequence[StepKind], entry: DeployEntry) -> Undone:
    """Undoes, in reverse, what the steps that were begun have changed in AWS. Cancel does not stop it.

    A step that cannot be undone ends it: that step may need what the steps before it made. Never raises
    WorkbenchError.
    """
    sentences: list[str] = []
    ctx, running.ctx = running.ctx, running.ctx.shielded()
    entry.undoing()
    try:
        for kind in reversed(begun):
            if (undo := STEP_RUNS[kind].undo) is None:
                continue
            try:
                found = undo(running, running.facts.get(kind, {}))
            except WorkbenchError as error:
                sentences.append(f"The undo failed: {error} It is offered again at the next start.")
                return Undone(False, True, " ".join(sentences))
            if found:
                sentences.append(found)
            running.facts.pop(kind, None)
            entry.undone(kind)
    finally:
        running.ctx = ctx
    return Undone(True, bool(sentences), " ".join(sentences))


_TEXTS = {
    DeployOutcome.DEPLOYED: "The function has the new code.",
    DeployOutcome.UPDATING: "AWS has the new code. The update is still in progress.",
    DeployOutcome.ALREADY_DEPLOYED: "The function already has this code.",
}
_WITHOUT_THE_REST = "The function has the new code. The remaining steps were not run."


@dataclass(frozen=True, slots=True)
class DeployResult:
    """How a deploy ended.

    Attributes:
        outcome: Which code the function has.
        text: The same in a sentence, and the package's notes and warnings.
        old_sha256: CodeSha256 before.
        new_sha256: CodeSha256 of the package.
        old_revision_id: RevisionId before.
        revision_id: RevisionId afterwards.
        duration_s: From the first step to the last.
    """

    outcome: DeployOutcome
    text: str
    old_sha256: str
    new_sha256: str
    old_revision_id: str
    revision_id: str
    duration_s: float


def execute(
    connection: Connection,
    plan: Plan,
    workspace: Workspace | None,
    journal: Journal,
    ctx: JobContext,
    clock: Clock | None = None,
    invoke: Invoke | None = None,
) -> DeployResult:
    """Carries a plan out.

    Cancel before the package was sent leaves the function as it is and raises Cancelled. Afterwards it only
    ends the waiting: the result then says in what state the function is.

    Args:
        connection: To the function's account and region.
        plan: From `plan_deploy`.
        workspace: Where the package came from; it becomes that workspace's base.
        journal: Gets every step before and after it is made.
        ctx: The job.
        clock: Tells how long it took.
        invoke: Invokes the function; needed by plans with a smoke test.

    Raises:
        DeployConflict: Somebody else deployed meanwhile. Nothing was replaced.
        WorkbenchError: It failed; `why` says which code the function has.
        Cancelled: Before anything was sent.
    """
    clock = clock or SystemClock()
    start = clock.monotonic()
    if plan.already_deployed:
        outcome = DeployOutcome.ALREADY_DEPLOYED
        text, revision_id = _TEXTS[outcome], plan.revision_id
        if workspace and plan.old_sha256 == plan.new_sha256 != workspace.base.code_sha256:
            workspace.adopt(plan.package, plan.revision_id, clock.now().isoformat())
        elif workspace:
            workspace.discard(plan.package)
    else:
        with _begin(connection, plan, workspace, journal) as entry:
            running = Running(connection, plan, workspace, ctx, clock, entry.backup, plan.revision_id, invoke)
            running.store = journal.packages
            outcome, text, revision_id = Run(running, entry).run()
    return DeployResult(
        outcome,
        " ".join((text, *plan.package.notes, *plan.package.warnings)),
        plan.old_sha256,
        plan.new_sha256,
        plan.revision_id,
        revision_id,
        clock.monotonic() - start,
    )


def _begin(connection: Connection, plan: Plan, workspace: Workspace | None, journal: Journal) -> DeployEntry:
    """Opens the journal, and keeps both packages for the history: a kill from here on loses neither."""
    has_old_code = workspace and workspace.base.code_sha256 == plan.old_sha256
    old = workspace.base.contents if workspace and has_old_code else None
    folder = workspace.folder if workspace else None
    entry = journal.begin(plan, folder, about_of(connection.arn, plan, old))
    if not plan.has(StepKind.UPLOAD):
        return entry
    if workspace and has_old_code:
        journal.packages.keep(workspace.base_package, plan.old_sha256)
    else:
        journal.packages.lend(plan.old_sha256, entry.backup)
    journal.packages.keep(plan.package.path, plan.new_sha256)
    return entry


def _ending(running: Running) -> str:
    """What a deploy that succeeded has done, in sentences."""
    sentences = []
    if running.plan.has(StepKind.UPLOAD):
        sentences.append(_TEXTS[running.outcome])
    if StepKind.CONFIGURE in running.facts:
        sentences.append("Its configuration was changed.")
    options, published = running.plan.options, running.facts.get(StepKind.PUBLISH, {}).get("version", "")
    if published and not options.version:
        sentences.append(f"Version {published} is published.")
    if StepKind.ALIAS in running.facts and options.alias:
        to = f"version {published}" if options.version else "it"
        sentences.append(f"{options.alias.name} points to {to}.")
    pruned = running.facts.get(StepKind.PRUNE, {})
    if deleted := pruned.get("deleted", ""):
        sentences.append(f"Versions deleted: {deleted}.")
    if left := pruned.get("left", ""):
        sentences.append(f"Other old versions stay: {left}")
    return " ".join(sentences)


class Run:
    """The steps of one deploy, from the first that is not done.

    Args:
        running: What the steps share; its facts name those that are done.
        entry: The deploy's journal.
        begun: The steps that an earlier start began.
    """

    def __init__(self, running: Running, entry: DeployEntry, begun: Sequence[StepKind] = ()) -> None:
        self._running = running
        self._entry = entry
        self._begun = list(begun)
        running.keep_note = entry.note

    def run(self) -> tuple[DeployOutcome, str, str]:
        """Runs them. Returns the outcome, the same in sentences, and the RevisionId. Raises as `execute`."""
        running = self._running
        try:
            for number, step in enumerate(running.plan.steps):
                running.number = number
                if step.kind not in running.facts:
                    self._step(step)
        except Stopped as stopped:
            self._end(stopped.error, stopped.outcome, stopped.text)
            raise stopped.error from stopped.__cause__
        except Cancelled:
            error = WorkbenchError(f"The deploy of {running.name} was cancelled.")
            text = "Cancelled." if self._is_sent else f"Cancelled. {STILL_OLD}"
            if self._end(error, DeployOutcome.UNCHANGED, text):
                raise
            raise error from None
        except WorkbenchError as error:
            text = str(error)
            if running.plan.has(StepKind.UPLOAD) and not self._is_sent:
                with_state(error, STILL_OLD)
            self._end(error, DeployOutcome.UNCHANGED, text)
            raise
        text = _ending(running)
        self._entry.finish(running.outcome, text, running.revision_id)
        return running.outcome, text, running.revision_id

    @property
    def _is_sent(self) -> bool:
        return StepKind.UPLOAD in self._running.facts

    def _step(self, step: DeployStep) -> None:
        running = self._running
        self._entry.before(step.kind, running.revision_id)
        if step.kind not in self._begun:
            self._begun.append(step.kind)
        facts = STEP_RUNS[step.kind].do(running)
        running.facts[step.kind] = facts
        self._entry.after(step.kind, running.revision_id, facts)

    def _end(self, error: WorkbenchError, outcome: DeployOutcome | None, text: str) -> bool:
        """Ends a deploy that did not succeed. Returns whether all is as it was before."""
        if outcome is None:
            return False  # not known for sure: the journal stays open for the next start
        running = self._running
        if running.plan.options.undo_on_failure and outcome is not DeployOutcome.GONE:
            undone = undo_steps(running, self._begun, self._entry)
            with_state(error, undone.text)
            if not undone.complete:
                return False
            if outcome is not DeployOutcome.REPLACED and undone.changed:
                outcome, text = DeployOutcome.UNDONE, f"{text} {undone.text}".strip()
        elif self._is_sent and outcome is DeployOutcome.UNCHANGED:
            outcome = DeployOutcome.DEPLOYED
            text = with_state(error, _WITHOUT_THE_REST).why
        if outcome is DeployOutcome.DEPLOYED:
            with contextlib.suppress(Stopped):  # the first error is what counts; opening it again heals it
                STEP_RUNS[StepKind.KEEP].do(running)
        self._entry.finish(outcome, text)
        if (
            running.workspace
            and outcome is not DeployOutcome.DEPLOYED
            and outcome is not DeployOutcome.FAILED
        ):
            running.workspace.discard(running.plan.package)
        return outcome in (DeployOutcome.UNCHANGED, DeployOutcome.UNDONE)
