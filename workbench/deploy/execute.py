"""Executes a deploy step by step, and undoes it if necessary.

Whatever happens, the function has either the old code or the new one, and the result says which.
"""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from workbench.aws.connection import Connection
from workbench.code.workspace import Workspace
from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.operations import Facts, JournalFile, Operation, StepContext
from workbench.deploy.changes import about_of
from workbench.deploy.journal import DeployOutcome, InterruptedDeploy, Journal, backup_of, finish
from workbench.deploy.plan import DeployStep, Plan, StepKind
from workbench.deploy.steps import release, s3, update
from workbench.deploy.steps.running import STILL_OLD, Invoke, Running, Stopped, with_state


@dataclass(frozen=True, slots=True)
class StepRun:
    """How one kind of step is made and undone.

    Both may run again after a crash, so both first read the current state.

    Attributes:
        do: Makes the step; returns what the undo needs. Raises Stopped if it knows the outcome of the deploy,
            WorkbenchError or Cancelled if it changed nothing.
        undo: Undoes it as far as nobody else has changed the same since; returns what was undone in a
            sentence, or an empty text. Raises WorkbenchError. None for steps that leave nothing behind. Its
            facts are empty if the step was begun and may not be done.
    """

    do: Callable[[Running], Facts]
    undo: Callable[[Running, Facts], str] | None = None


STEP_RUNS: Mapping[StepKind, StepRun] = {
    StepKind.SETTLE: StepRun(update.settle),
    StepKind.BACKUP: StepRun(update.back_up_code),
    StepKind.BUCKET: StepRun(s3.create_bucket),
    StepKind.STAGE: StepRun(s3.stage_package),
    StepKind.CHECK: StepRun(update.check_code),
    StepKind.CONFIGURE: StepRun(update.change_configuration, update.restore_configuration),
    StepKind.UPLOAD: StepRun(update.update_code, update.restore_code),
    StepKind.WAIT: StepRun(update.wait_for_update),
    StepKind.REFRESH: StepRun(update.refresh),
    StepKind.SMOKE: StepRun(release.smoke_test),
    StepKind.PUBLISH: StepRun(release.publish_version, release.unpublish_version),
    StepKind.ALIAS: StepRun(release.move_alias, release.restore_alias),
    StepKind.KEEP: StepRun(update.adopt_package),
    StepKind.PRUNE: StepRun(release.prune_versions),
}


_TEXTS = {
    DeployOutcome.DEPLOYED: _("The function has the new code."),
    DeployOutcome.UPDATING: _("AWS has the new code. The update is still in progress."),
    DeployOutcome.ALREADY_DEPLOYED: _("The function already has this code."),
}
_OFFERED = _("It is offered again at the next start.")
_WITHOUT_THE_REST = _("The function has the new code. The remaining steps were not run.")


@dataclass(frozen=True, slots=True)
class DeployResult:
    """How a deploy ended.

    Attributes:
        outcome: Which code the function has.
        text: The outcome in a sentence, and the package's notes and warnings.
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
    """Executes a plan.

    A Cancel before the package was sent leaves the function unchanged and raises Cancelled. Afterwards it
    only ends the wait: the result then says in what state the function is.

    Args:
        workspace: The source of the package, which becomes its base.
        journal: Records every step before and after it is made.
        invoke: Invokes the function; required for plans with a smoke test.

    Raises:
        DeployConflict: Somebody else has deployed in the meantime. Nothing was replaced.
        WorkbenchError: It failed; `why` says which code the function has.
        Cancelled: Nothing was sent.
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
        with _begin(connection, plan, workspace, journal) as file:
            backup = backup_of(file.path)
            running = Running(connection, plan, workspace, ctx, clock, backup, plan.revision_id, invoke)
            running.store = journal.packages
            outcome, text, revision_id = Run(running, file).run()
    return DeployResult(
        outcome,
        " ".join((text, *plan.package.notes, *plan.package.warnings)),
        plan.old_sha256,
        plan.new_sha256,
        plan.revision_id,
        revision_id,
        clock.monotonic() - start,
    )


def _begin(connection: Connection, plan: Plan, workspace: Workspace | None, journal: Journal) -> JournalFile:
    """Opens the journal, and stores both packages for the history, so that a kill loses neither."""
    has_old_code = workspace and workspace.base.code_sha256 == plan.old_sha256
    old = workspace.base.contents if workspace and has_old_code else None
    folder = workspace.folder if workspace else None
    file = journal.begin_deploy(plan, folder, about_of(connection.arn, plan, old))
    if not plan.has(StepKind.UPLOAD):
        return file
    if workspace and has_old_code:
        journal.packages.keep(workspace.base_package, plan.old_sha256)
    else:
        journal.packages.lend(plan.old_sha256, backup_of(file.path))
    journal.packages.keep(plan.package.path, plan.new_sha256)
    return file


def _ending(running: Running, done: Mapping[str, Facts]) -> str:
    """Sentences on what a successful deploy has done."""
    sentences = []
    if running.plan.has(StepKind.UPLOAD):
        sentences.append(_TEXTS[running.outcome])
    if StepKind.CONFIGURE in done:
        sentences.append(_("Its configuration was changed."))
    options, published = running.plan.options, done.get(StepKind.PUBLISH, {}).get("version", "")
    if published and not options.version:
        sentences.append(_("Version {published} is published.").format(published=published))
    if StepKind.ALIAS in done and options.alias:
        to = _("version {published}").format(published=published) if options.version else _("it")
        sentences.append(_("{alias} points to {to}.").format(alias=options.alias.name, to=to))
    pruned = done.get(StepKind.PRUNE, {})
    if deleted := pruned.get("deleted", ""):
        sentences.append(_("Versions deleted: {deleted}.").format(deleted=deleted))
    if left := pruned.get("left", ""):
        sentences.append(_("Other old versions stay: {left}").format(left=left))
    return " ".join(sentences)


class Run:
    """The steps of a deploy, from the first that is not done.

    Args:
        running: The state that the steps share.
        interrupted: The progress of an earlier run.
    """

    def __init__(
        self, running: Running, file: JournalFile, interrupted: InterruptedDeploy | None = None
    ) -> None:
        self._running, self._file = running, file
        self._operation = Operation(
            {step.kind.value: step for step in running.plan.steps},
            self,
            file,
            running.ctx,
            interrupted,
            must_be_recorded=lambda step: step.kind.changes_aws,
        )

    def run(self) -> tuple[DeployOutcome, str, str]:
        """Makes the steps. Returns outcome, outcome in sentences, RevisionId. Raises as `execute` does."""
        running = self._running
        try:
            self._operation.forward()
        except Stopped as stopped:
            self._end(stopped.error, stopped.outcome, stopped.text)
            raise stopped.error from stopped.__cause__
        except Cancelled:
            error = WorkbenchError(_("The deploy of {running} was cancelled.").format(running=running.name))
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
        text = _ending(running, self._operation.done)
        finish(self._file, running.outcome, text, running.revision_id)
        return running.outcome, text, running.revision_id

    def backward(self) -> tuple[bool, str]:
        """Undoes, in reverse, what the steps have changed in AWS. Cancel does not stop it.

        It ends at a step that cannot be undone, which may need what earlier steps made. Never raises
        WorkbenchError.

        Returns:
            Whether everything was undone, and what was, in sentences.
        """
        undone = self._operation.backward(stop_at_failure=True)
        failed = [
            _("The undo failed: {error} {offer}").format(error=error, offer=_OFFERED)
            for _step, error in undone.failed
        ]
        return not failed, " ".join(undone.texts + failed)

    def do(self, step: DeployStep, context: StepContext) -> Facts:
        return STEP_RUNS[step.kind].do(self._running.at(context))

    def undo(self, step: DeployStep, facts: Facts, context: StepContext) -> str:
        undo = STEP_RUNS[step.kind].undo
        return undo(self._running.at(context), facts) if undo else ""

    @property
    def _is_sent(self) -> bool:
        return StepKind.UPLOAD in self._operation.done

    def _end(self, error: WorkbenchError, outcome: DeployOutcome | None, text: str) -> bool:
        """Ends a failed deploy. Returns whether everything is as it was before."""
        if outcome is None:
            return False  # not known for sure: the journal stays open for the next start
        running = self._running
        if running.plan.options.undo_on_failure and outcome is not DeployOutcome.GONE:
            complete, undone = self.backward()
            with_state(error, undone)
            if not complete:
                return False
            if outcome is not DeployOutcome.REPLACED and undone:
                outcome, text = DeployOutcome.UNDONE, f"{text} {undone}".strip()
        elif self._is_sent and outcome is DeployOutcome.UNCHANGED:
            outcome = DeployOutcome.DEPLOYED
            text = with_state(error, _WITHOUT_THE_REST).why
        if outcome is DeployOutcome.DEPLOYED:
            with contextlib.suppress(Stopped):  # the first error counts; a new opening repairs this
                STEP_RUNS[StepKind.KEEP].do(running)
        finish(self._file, outcome, text)
        if (
            running.workspace
            and outcome is not DeployOutcome.DEPLOYED
            and outcome is not DeployOutcome.FAILED
        ):
            running.workspace.discard(running.plan.package)
        return outcome in (DeployOutcome.UNCHANGED, DeployOutcome.UNDONE)
