"""After a crash: finds out which code the functions have, and finishes or undoes interrupted deploys.

A deploy of code alone changes AWS in one request: there is nothing to undo, only to find out. If one that
does more was interrupted, the user decides: `finish_deploy` or `undo_deploy`.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from workbench.aws.connection import Connection
from workbench.code.contents import Contents
from workbench.code.package import Package
from workbench.code.workspace import Workspace
from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.deploy.execute import DeployResult, Run
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
from workbench.deploy.plan import DeployStep, Plan, StepKind
from workbench.deploy.steps.running import Invoke, Running
from workbench.functions.detail import wait_until_updated
from workbench.functions.model import FunctionDetail


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


def _judge(deploy: InterruptedDeploy, detail: FunctionDetail) -> tuple[DeployOutcome, str]:
    about, name = deploy.about, deploy.about.function_name
    if about.new_sha256 == about.old_sha256 == detail.code_sha256 and not deploy.done:
        return (
            DeployOutcome.UNCHANGED,
            _("The interrupted deployment of {name} had not started: nothing was changed.").format(name=name),
        )
    if detail.code_sha256 == about.new_sha256:
        if detail.last_update_status == "Failed":
            return (
                DeployOutcome.FAILED,
                _("AWS could not apply the new code of {name}: {last_update_status_reason}").format(
                    name=name, last_update_status_reason=detail.last_update_status_reason
                ),
            )
        return (
            DeployOutcome.DEPLOYED,
            _("The interrupted deployment of {name} succeeded: the function has the new code.").format(
                name=name
            ),
        )
    if detail.code_sha256 == about.old_sha256:
        return (
            DeployOutcome.UNCHANGED,
            _(
                "The interrupted deployment of {name} did not reach AWS: the function has the previous code."
            ).format(name=name),
        )
    return (
        DeployOutcome.REPLACED,
        _("The code of {name} changed after the interrupted deployment. It was left unchanged.").format(
            name=name
        ),
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
    clock: Clock | None = None,
    invoke: Invoke | None = None,
) -> DeployResult:
    """Makes the remaining steps.

    Args:
        deploy: From `Journal.unfinished`.
        invoke: As for `execute`.

    Raises:
        As `execute`.
    """
    clock = clock or SystemClock()
    start = clock.monotonic()
    with journal.reopen_deploy(deploy) as file:
        deploy = file.record
        done = dict(deploy.done)
        if StepKind.UPLOAD in done:
            # What came after it is unknown, so it is awaited and checked again.
            done.pop(StepKind.WAIT, None)
        running = _running(connection, deploy, journal.packages, ctx, clock, invoke)
        outcome, text, revision_id = Run(running, file, replace(deploy, done=done)).run()
    about = deploy.about
    return DeployResult(
        outcome,
        text,
        about.old_sha256,
        about.new_sha256,
        about.old_revision_id,
        revision_id,
        clock.monotonic() - start,
    )


def undo_deploy(
    connection: Connection,
    deploy: InterruptedDeploy,
    journal: Journal,
    ctx: JobContext,
    clock: Clock | None = None,
) -> str:
    """Undoes what the deploy has changed in AWS. Returns what was undone, in sentences.

    Args:
        deploy: From `Journal.unfinished`.

    Raises:
        WorkbenchError: Not everything could be undone; the deploy stays open.
    """
    with journal.reopen_deploy(deploy) as file:
        deploy = file.record
        running = _running(connection, deploy, journal.packages, ctx, clock or SystemClock(), None)
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
        return Workspace.load(deployment.workspace)
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
