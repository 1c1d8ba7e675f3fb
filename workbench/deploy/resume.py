"""Goes on with a deploy that a crash interrupted, or takes it back: whichever the person chooses."""

from dataclasses import replace
from pathlib import Path

from workbench.aws.connection import Connection
from workbench.code.contents import Contents
from workbench.code.package import Package
from workbench.code.workspace import Workspace
from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.deploy.execute import DeployResult, Run
from workbench.deploy.journal import DeployRecord, Entry, Journal, Outcome
from workbench.deploy.options import DeployOptions
from workbench.deploy.package_store import PackageStore
from workbench.deploy.plan import Plan
from workbench.deploy.records import read_private
from workbench.deploy.step import Step, StepKind
from workbench.deploy.steps.running import Invoke, Running
from workbench.deploy.undo import take_back
from workbench.functions.detail import wait_until_updated


def finish_deploy(
    connection: Connection,
    record: DeployRecord,
    journal: Journal,
    ctx: JobContext,
    clock: Clock | None = None,
    invoke: Invoke | None = None,
) -> DeployResult:
    """Makes the steps that are not done.

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
    """Takes back what the deploy has left in AWS. Returns what came of it, in sentences.

    Args:
        connection: To the function's account and region.
        record: From `Journal.unfinished`.
        journal: Of all deploys.
        ctx: The job.
        clock: Time.

    Raises:
        WorkbenchError: Not all could be taken back; the deploy stays open.
    """
    with journal.reopen(record) as entry:
        running = _running(connection, record, entry, journal.packages, ctx, clock or SystemClock(), None)
        undone = take_back(running, record.begun, entry)
        if not undone.complete:
            raise WorkbenchError(f"The deployment of {record.function_name} was not undone.", undone.text)
        text = undone.text or "There was nothing to undo."
        entry.finish(Outcome.UNDONE, text, running.revision_id)
    return text


def _running(
    connection: Connection,
    record: DeployRecord,
    entry: Entry,
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
        tuple(Step(kind, kind.value) for kind in record.planned),
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
    """Whether a person is to say if an interrupted deploy is finished or taken back.

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
