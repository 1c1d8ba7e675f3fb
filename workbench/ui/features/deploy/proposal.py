"""What a deploy would do, with all that the dialog shows of it. Made in a job; must not know Qt."""

from dataclasses import dataclass, replace
from pathlib import Path

from workbench.aws.connection import Connection
from workbench.code.compare import ComparedPackage, base_side, fetch_side
from workbench.code.text import Document, FileKind, decode, unified
from workbench.code.unpack import read_members
from workbench.code.workspace import Workspace
from workbench.core.jobs import JobContext
from workbench.deploy.options import DeployOptions
from workbench.deploy.plan import ChangedFile, Plan, changed_files, changed_settings, undone_settings
from workbench.deploy.run import code_source, propose
from workbench.functions.detail import get_function
from workbench.functions.model import FunctionDetail
from workbench.functions.settings import SettingChange
from workbench.ui.shell.services import OpenFunction


@dataclass(frozen=True, slots=True)
class Request:
    """What is wanted.

    Attributes:
        function: As the window shows it.
        workspace: Its code.
        overwrite_sha256: CodeSha256 of another user's code that the user agreed to replace.
        options: Beside the code.
        ours: Settings that another user changed and that are to be restored.
    """

    function: OpenFunction
    workspace: Workspace
    overwrite_sha256: str
    options: DeployOptions
    ours: tuple[SettingChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """What it would do.

    Attributes:
        request: What was wanted.
        observed: The function as it is.
        plan: The steps.
        side: The code that it has now.
        files: What changes of it.
        drifted: Settings that another user changed since the window showed them.
        planned: Settings that the deploy changes beside those of `ours`.
    """

    request: Request
    observed: FunctionDetail
    plan: Plan
    side: ComparedPackage
    files: tuple[ChangedFile, ...]
    drifted: tuple[SettingChange, ...]
    planned: tuple[SettingChange, ...]


def propose_deploy(request: Request, cache_dir: Path, ctx: JobContext) -> Proposal:
    """Packs, observes, plans and compares. Changes nothing in AWS.

    Args:
        request: What is wanted.
        cache_dir: The cache of downloaded packages, for code that another user deployed.
        ctx: The job.

    Raises:
        DeployConflict: Somebody else deployed other code.
        WorkbenchError: As `prepare` and `fetch_side`.
    """
    function, workspace = request.function, request.workspace
    options = request.options
    if request.ours:  # all other variables are to stay as they are now, not as they were shown
        now = get_function(function.connection, function.detail.function_name, "", ctx)
        ours, wanted = undone_settings(request.ours, now), options.configuration
        if ours is not None and wanted is not None and wanted.handler:
            ours = replace(ours, handler=wanted.handler)
        options = replace(options, configuration=ours)
    observed, plan = propose(
        function.connection,
        workspace,
        ctx,
        overwrite_sha256=request.overwrite_sha256,
        options=options,
    )
    side = _deployed(workspace, function.connection, observed, cache_dir, ctx)
    wanted = plan.options.configuration
    after = replace(observed, **wanted.values()) if wanted is not None else observed
    chosen = {(each.name, each.key) for each in request.ours}
    return Proposal(
        request,
        observed,
        plan,
        side,
        () if plan.already_deployed else changed_files(side.contents, plan.package.contents),
        changed_settings(function.detail, observed),
        tuple(each for each in changed_settings(observed, after) if (each.name, each.key) not in chosen),
    )


def _deployed(
    workspace: Workspace, connection: Connection, observed: FunctionDetail, cache_dir: Path, ctx: JobContext
) -> ComparedPackage:
    if observed.code_sha256 == workspace.base.code_sha256:
        return base_side(workspace, "")
    return fetch_side(code_source(observed, connection), workspace, cache_dir, "", ctx)


def difference_of(proposal: Proposal, path: str) -> str | None:
    """How a file's lines change, as a text to read; None when one side is no text.

    Raises:
        WorkbenchError: A package cannot be read.
    """
    data = proposal.side.read(path)
    new = next((data for _, data in read_members(proposal.plan.package.path, {path})), None)
    before, after = _text(data), _text(new)
    return None if before is None or after is None else unified(before, after)


def _text(data: bytes | None) -> str | None:
    document = decode(data) if data is not None else Document(FileKind.TEXT, "", 0)
    return document.text if document.kind is FileKind.TEXT else None
