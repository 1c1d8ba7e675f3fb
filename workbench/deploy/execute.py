"""Executes a deploy step by step, undoes it if necessary, and recovers one that a crash interrupted.

Whatever happens, the function has either the old code or the new one, and the result says which. A deploy of
code alone changes AWS in one request: after a crash there is nothing to undo, only to find out. If one that
does more was interrupted, the user decides: `finish_deploy` or `undo_deploy`.
"""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from workbench.aws.connection import Connection
from workbench.code.contents import Contents
from workbench.code.package import Package
from workbench.code.workspace import Workspace
from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.operations import Facts, JournalFile, Operation, StepContext
from workbench.deploy.journal import (
    Deployment,
    DeployOutcome,
    InterruptedDeploy,
    Journal,
    PackageStore,
    backup_of,
    finish,
    read_private,
)
from workbench.deploy.plan import DeployStep, Plan, StepKind, about_of
from workbench.deploy.steps import STILL_OLD, Invoke, Running, Stopped, release, s3, update, with_state
from workbench.functions.detail import wait_until_updated
from workbench.functions.model import FunctionDetail


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
    text = " ".join((text, *plan.package.notes, *plan.package.warnings))
    return _result(plan, outcome, text, revision_id, clock.monotonic() - start)


def _result(
    plan: Plan, outcome: DeployOutcome, text: str, revision_id: str, duration_s: float
) -> DeployResult:
    old_sha256, new_sha256, old_revision_id = plan.old_sha256, plan.new_sha256, plan.revision_id
    return DeployResult(outcome, text, old_sha256, new_sha256, old_revision_id, revision_id, duration_s)


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


@dataclass(frozen=True, slots=True)
class Recovery:
    """The state of an interrupted deploy.

    Attributes:
        outcome: Which code the function has; None for a deploy that stopped between its steps: the user
            decides whether to finish or undo it, and its journal stays open.
        text: The same in a sentence.
    """

    deploy: InterruptedDeploy
    outcome: DeployOutcome | None
    text: str


def recover(
    connection: Connection, journal: Journal, ctx: JobContext, clock: Clock | None = None
) -> tuple[Recovery, ...]:
    """Examines every interrupted deploy that this connection can reach, and closes its journal if possible.

    A workspace whose package turns out to be deployed takes it as its base. Must be called before workspaces
    are opened: an open one does not notice.

    Args:
        connection: Deploys to other accounts and regions are left to other connections.

    Raises:
        WorkbenchError: AWS was not reached. Deploys that were not examined stay open.
    """
    clock = clock or SystemClock()
    found = []
    for deploy in journal.unfinished(connection.account_id, connection.region):
        ctx.check()
        if needs_choice(deploy):
            found.append(Recovery(deploy, None, half_way(deploy)))
            continue
        try:
            detail = wait_until_updated(connection, deploy.about.function_name, ctx)
        except WorkbenchError as error:
            if error.aws_code != "ResourceNotFoundException":
                raise
            outcome, text, revision_id = DeployOutcome.GONE, _("The function no longer exists."), ""
        else:
            outcome, text = _judge(deploy, detail)
            revision_id = detail.revision_id
        if outcome is DeployOutcome.DEPLOYED:
            _adopt(deploy.about, revision_id, ctx, clock)
        journal.close(deploy, outcome, text, revision_id)
        found.append(Recovery(deploy, outcome, text))
    return tuple(found)


def half_way(deploy: InterruptedDeploy) -> str:
    """Which steps of an interrupted deploy are done, and which are not."""
    planned = deploy.about.planned
    done = ", ".join(kind for kind in planned if kind in deploy.done) or "nothing"
    left = ", ".join(kind for kind in planned if kind not in deploy.done)
    return _("The deployment of {function_name} stopped half-way. Done: {done}. Not done: {left}.").format(
        function_name=deploy.about.function_name, done=done, left=left
    )


_NOT_STARTED = _("The interrupted deployment of {name} had not started: nothing was changed.")
_FOUND = {
    DeployOutcome.FAILED: _("AWS could not apply the new code of {name}: {last_update_status_reason}"),
    DeployOutcome.DEPLOYED: _(
        "The interrupted deployment of {name} succeeded: the function has the new code."
    ),
    DeployOutcome.UNCHANGED: _(
        "The interrupted deployment of {name} did not reach AWS: the function has the previous code."
    ),
    DeployOutcome.REPLACED: _(
        "The code of {name} changed after the interrupted deployment. It was left unchanged."
    ),
}


def _judge(deploy: InterruptedDeploy, detail: FunctionDetail) -> tuple[DeployOutcome, str]:
    about, now = deploy.about, detail.code_sha256
    if about.new_sha256 == about.old_sha256 == now and not deploy.done:
        return DeployOutcome.UNCHANGED, _NOT_STARTED.format(name=about.function_name)
    if now == about.new_sha256:
        is_failed = detail.last_update_status == "Failed"
        outcome = DeployOutcome.FAILED if is_failed else DeployOutcome.DEPLOYED
    else:
        outcome = DeployOutcome.UNCHANGED if now == about.old_sha256 else DeployOutcome.REPLACED
    return outcome, _FOUND[outcome].format(
        name=about.function_name, last_update_status_reason=detail.last_update_status_reason
    )


def _adopt(deployment: Deployment, revision_id: str, ctx: JobContext, clock: Clock) -> None:
    workspace = _workspace(deployment)
    if workspace and (package := workspace.kept_package(deployment.new_sha256, ctx)):
        workspace.adopt(package, revision_id, clock.now().isoformat())


def finish_deploy(
    connection: Connection,
    deploy: InterruptedDeploy,
    journal: Journal,
    ctx: JobContext,
    invoke: Invoke | None = None,
) -> DeployResult:
    """Makes the remaining steps.

    Args:
        deploy: From `Journal.unfinished`.
        invoke: As for `execute`.

    Raises:
        As `execute`.
    """
    clock = SystemClock()
    start = clock.monotonic()
    with journal.reopen_deploy(deploy) as file:
        deploy = file.record
        done = dict(deploy.done)
        if StepKind.UPLOAD in done:
            # What came after it is unknown, so it is awaited and checked again.
            done.pop(StepKind.WAIT, None)
        running = _running(connection, deploy, journal.packages, ctx, clock, invoke)
        outcome, text, revision_id = Run(running, file, replace(deploy, done=done)).run()
    return _result(running.plan, outcome, text, revision_id, clock.monotonic() - start)


def undo_deploy(connection: Connection, deploy: InterruptedDeploy, journal: Journal, ctx: JobContext) -> str:
    """Undoes what the deploy has changed in AWS. Returns what was undone, in sentences.

    Args:
        deploy: From `Journal.unfinished`.

    Raises:
        WorkbenchError: Not everything could be undone; the deploy stays open.
    """
    with journal.reopen_deploy(deploy) as file:
        deploy = file.record
        running = _running(connection, deploy, journal.packages, ctx, SystemClock(), None)
        complete, text = Run(running, file, deploy).backward()
        if not complete:
            raise WorkbenchError(
                _("The deployment of {function_name} was not undone.").format(
                    function_name=deploy.about.function_name
                ),
                text,
            )
        text = text or _("There was nothing to undo.")
        finish(file, DeployOutcome.UNDONE, text, running.revision_id)
    return text


def _running(
    connection: Connection,
    deploy: InterruptedDeploy,
    store: PackageStore,
    ctx: JobContext,
    clock: Clock,
    invoke: Invoke | None,
) -> Running:
    """The state of the deploy when it was interrupted."""
    deployment = deploy.about
    if deployment.options is None:
        raise WorkbenchError(
            _("The deploy of {function_name} cannot be continued.").format(
                function_name=deployment.function_name
            ),
            _("It was started by another version of Workbench."),
            _("Deploy again."),
        )
    workspace = _workspace(deployment)
    detail = wait_until_updated(connection, deployment.function_name, ctx)
    private = read_private(deploy.file)
    plan = Plan(
        deployment.function_name,
        deployment.function_arn,
        _package(deployment, workspace, store, deploy.file, ctx),
        deployment.old_sha256,
        deployment.new_sha256,
        deployment.old_revision_id,
        False,
        tuple(DeployStep(kind, kind.value) for kind in deployment.planned),
        replace(deployment.options, configuration=private[0]) if private else deployment.options,
        deployment.staging,
        deployment.alias,
        private[1] if private else None,
    )
    return Running(
        connection,
        plan,
        workspace,
        ctx,
        clock,
        backup_of(deploy.file),
        detail.revision_id,
        invoke,
        resumed=True,
        store=store,
    )


def _workspace(deployment: Deployment) -> Workspace | None:
    if deployment.workspace is None:
        return None
    try:
        return Workspace.load(deployment.workspace, is_owned=False)
    except FileNotFoundError:
        return None  # removed since


def _package(
    deployment: Deployment, workspace: Workspace | None, store: PackageStore, journal: Path, ctx: JobContext
) -> Package:
    """The package of an interrupted deploy. If it is missing, only sending it fails."""
    sha256 = deployment.new_sha256
    kept = workspace.kept_package(sha256, ctx) if workspace else store.find(sha256, ctx)
    return kept or Package(journal.with_suffix(".missing"), sha256, 0, Contents())


def needs_choice(deploy: InterruptedDeploy) -> bool:
    """Whether the user must decide if an interrupted deploy is finished or undone.

    Not for a deploy of code alone, whose single request arrived or did not, nor for one that has changed
    nothing yet, or that only lacks the end of its journal.
    """
    options = deploy.about.options
    changing = [kind for kind in deploy.about.planned if kind in _CHANGING]
    begun = [kind for kind in deploy.begun if kind in _CHANGING]
    if options is None or (changing == [StepKind.UPLOAD] and not deploy.undoing):
        return False
    if deploy.undoing:
        return bool(begun)
    return bool(begun) and not all(kind in deploy.done for kind in changing)


_CHANGING = frozenset({StepKind.CONFIGURE, StepKind.UPLOAD, StepKind.SMOKE, StepKind.PUBLISH, StepKind.ALIAS})
