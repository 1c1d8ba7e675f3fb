"""After a crash: finds out which code the functions have, and completes or undoes interrupted deploys.

A deploy of code alone changes AWS in one request: there is nothing to undo, only to find out. For one that
does more and stopped in between, the user decides: `finish_deploy` or `undo_deploy`.
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
from workbench.deploy.execute import DeployResult, Run, undo_steps
from workbench.deploy.journal import DeployEntry, DeployOutcome, DeployRecord, Journal
from workbench.deploy.options import DeployOptions
from workbench.deploy.package_store import PackageStore
from workbench.deploy.plan import Plan
from workbench.deploy.records import read_private
from workbench.deploy.step import DeployStep, StepKind
from workbench.deploy.steps.running import Invoke, Running
from workbench.functions.detail import wait_until_updated
from workbench.functions.model import FunctionDetail


@dataclass(frozen=True, slots=True)
class Recovery:
    """The state of an interrupted deploy.

    Attributes:
        record: The deploy.
        outcome: Which code the function has; None for a deploy that stopped between its steps: the user
            decides whether it is completed or undone, and its journal stays open.
        text: The same in a sentence.
    """

    record: DeployRecord
    outcome: DeployOutcome | None
    text: str


def recover(
    connection: Connection, journal: Journal, ctx: JobContext, clock: Clock | None = None
) -> tuple[Recovery, ...]:
    """Looks at every interrupted deploy that this connection can reach, and closes its journal if it can.

    A workspace whose package turns out to be deployed takes it as its base. Call it before workspaces are
    opened: one that is open already does not notice.

    Args:
        connection: Deploys to other accounts and regions are left for other connections.
        journal: Of all deploys.
        ctx: The job.
        clock: Tells when.

    Raises:
        WorkbenchError: AWS cannot be asked. What is not looked at yet stays open.
    """
    clock = clock or SystemClock()
    here = f":{connection.region}:{connection.account_id}:function:"
    found = []
    for record in journal.unfinished():
        if here not in record.function_arn:
            continue
        ctx.check()
        if needs_choice(record):
            found.append(Recovery(record, None, _half_way(record)))
            continue
        try:
            detail = wait_until_updated(connection, record.function_name, ctx)
        except WorkbenchError as error:
            if error.aws_code != "ResourceNotFoundException":
                raise
            outcome, text, revision_id = DeployOutcome.GONE, "The function no longer exists.", ""
        else:
            outcome, text = _judge(record, detail)
            revision_id = detail.revision_id
        if outcome is DeployOutcome.DEPLOYED and record.workspace:
            _adopt(record, revision_id, ctx, clock)
        journal.close(record, outcome, text, revision_id)
        found.append(Recovery(record, outcome, text))
    return tuple(found)


def _half_way(record: DeployRecord) -> str:
    done = ", ".join(kind.value for kind in record.planned if kind in record.facts) or "nothing"
    left = ", ".join(kind.value for kind in record.planned if kind not in record.facts)
    return f"The deployment of {record.function_name} stopped half-way. Done: {done}. Not done: {left}."


def _judge(record: DeployRecord, detail: FunctionDetail) -> tuple[DeployOutcome, str]:
    name = record.function_name
    if record.new_sha256 == record.old_sha256 == detail.code_sha256 and not record.facts:
        return (
            DeployOutcome.UNCHANGED,
            f"The interrupted deployment of {name} had not started: nothing was changed.",
        )
    if detail.code_sha256 == record.new_sha256:
        if detail.last_update_status == "Failed":
            return (
                DeployOutcome.FAILED,
                f"AWS could not apply the new code of {name}: {detail.last_update_status_reason}",
            )
        return (
            DeployOutcome.DEPLOYED,
            f"The interrupted deployment of {name} succeeded: the function has the new code.",
        )
    if detail.code_sha256 == record.old_sha256:
        return (
            DeployOutcome.UNCHANGED,
            f"The interrupted deployment of {name} did not reach AWS: the function has the previous code.",
        )
    return (
        DeployOutcome.REPLACED,
        f"The code of {name} changed after the interrupted deployment. It was left unchanged.",
    )


def _adopt(record: DeployRecord, revision_id: str, ctx: JobContext, clock: Clock) -> None:
    if not record.workspace:
        return
    try:
        workspace = Workspace.load(record.workspace)
    except FileNotFoundError:
        return  # removed since
    if package := workspace.kept_package(record.new_sha256, ctx):
        workspace.adopt(package, revision_id, clock.now().isoformat())


def finish_deploy(
    connection: Connection,
    record: DeployRecord,
    journal: Journal,
    ctx: JobContext,
    clock: Clock | None = None,
    invoke: Invoke | None = None,
) -> DeployResult:
    """Runs the steps that are not done.

    Args:
        connection: To the function's account and region.
        record: From `Journal.unfinished`.
        journal: Of all deploys.
        ctx: The job.
        clock: Time.
        invoke: See `execute`.

    Raises:
        As `execute`.
    """
    clock = clock or SystemClock()
    start = clock.monotonic()
    with journal.reopen(record) as entry:
        running = _running(connection, record, entry, journal.packages, ctx, clock, invoke)
        if StepKind.UPLOAD in running.facts:
            # What came after it was not seen: it is waited for, and looked at, once more.
            running.facts.pop(StepKind.WAIT, None)
        outcome, text, revision_id = Run(running, entry, record.begun).run()
    return DeployResult(
        outcome,
        text,
        record.old_sha256,
        record.new_sha256,
        record.old_revision_id,
        revision_id,
        clock.monotonic() - start,
    )


def undo_deploy(
    connection: Connection,
    record: DeployRecord,
    journal: Journal,
    ctx: JobContext,
    clock: Clock | None = None,
) -> str:
    """Undoes what the deploy has changed in AWS. Returns what was undone, in sentences.

    Args:
        connection: To the function's account and region.
        record: From `Journal.unfinished`.
        journal: Of all deploys.
        ctx: The job.
        clock: Time.

    Raises:
        WorkbenchError: Not all could be undone; the deploy stays open.
    """
    with journal.reopen(record) as entry:
        running = _running(connection, record, entry, journal.packages, ctx, clock or SystemClock(), None)
        undone = undo_steps(running, record.begun, entry)
        if not undone.complete:
            raise WorkbenchError(f"The deployment of {record.function_name} was not undone.", undone.text)
        text = undone.text or "There was nothing to undo."
        entry.finish(DeployOutcome.UNDONE, text, running.revision_id)
    return text


def _running(
    connection: Connection,
    record: DeployRecord,
    entry: DeployEntry,
    store: PackageStore,
    ctx: JobContext,
    clock: Clock,
    invoke: Invoke | None,
) -> Running:
    """The deploy as it stood when it was interrupted."""
    if record.options is None:
        raise WorkbenchError(
            f"The deploy of {record.function_name} cannot be continued.",
            "It was started by another version of Workbench.",
            "Deploy again.",
        )
    workspace = _workspace(record)
    detail = wait_until_updated(connection, record.function_name, ctx)
    private = read_private(record)
    plan = Plan(
        record.function_name,
        record.function_arn,
        _package(record, workspace, store, ctx),
        record.old_sha256,
        record.new_sha256,
        record.old_revision_id,
        False,
        tuple(DeployStep(kind, kind.value) for kind in record.planned),
        replace(record.options, configuration=private[0]) if private else record.options,
        record.staging,
        record.alias,
        private[1] if private else None,
    )
    return Running(
        connection,
        plan,
        workspace,
        ctx,
        clock,
        entry.backup,
        detail.revision_id,
        invoke,
        resumed=True,
        facts=dict(record.facts),
        notes=dict(record.notes),
        store=store,
    )


def _workspace(record: DeployRecord) -> Workspace | None:
    if record.workspace is None:
        return None
    try:
        return Workspace.load(record.workspace)
    except FileNotFoundError:
        return None  # removed since


def _package(
    record: DeployRecord, workspace: Workspace | None, store: PackageStore, ctx: JobContext
) -> Package:
    """The package of an interrupted deploy. One that is gone may be needed no more; sending it fails then."""
    kept = workspace.kept_package(record.new_sha256, ctx) if workspace else store.find(record.new_sha256, ctx)
    return kept or Package(Path(record.function_name + ".zip"), record.new_sha256, 0, Contents())


def needs_choice(record: DeployRecord) -> bool:
    """Whether the user has to decide if an interrupted deploy is completed or undone.

    A deploy of code alone is one request: it arrived or not, and there is nothing left to do. So it is with
    one that has changed nothing yet, and with one that has done all but note it here.
    """
    options: DeployOptions | None = record.options
    changing = [kind for kind in record.planned if kind in _CHANGING]
    begun = [kind for kind in record.begun if kind in _CHANGING]
    if options is None or (changing == [StepKind.UPLOAD] and not record.undoing):
        return False
    if record.undoing:
        return bool(begun)
    return bool(begun) and not all(kind in record.facts for kind in changing)


_CHANGING = frozenset({StepKind.CONFIGURE, StepKind.UPLOAD, StepKind.SMOKE, StepKind.PUBLISH, StepKind.ALIAS})
