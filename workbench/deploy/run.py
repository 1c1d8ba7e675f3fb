"""A whole deploy in one call: pack, read, plan, execute. This is the job of the Deploy button."""

from dataclasses import replace
from pathlib import Path

from workbench.aws.connection import Connection
from workbench.aws.names import LATEST
from workbench.aws.quotas import ZIP_LIMIT_BYTES
from workbench.code.dependencies.store import Target
from workbench.code.package import Package
from workbench.code.package_remarks import layers_not_in_sandbox, remarks
from workbench.code.workspace import CodeSource, Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.deploy.dependency_layer import with_layer
from workbench.deploy.options import AliasMove, DeployOptions, Upload
from workbench.deploy.plan import Plan, plan_deploy
from workbench.deploy.staging import Staging, observe_staging, staging_of_reference
from workbench.deploy.steps.release import check_alarms_before
from workbench.functions.detail import get_function
from workbench.functions.model import FunctionDetail
from workbench.functions.versions import Alias, find_alias


def propose(
    connection: Connection,
    workspace: Workspace,
    ctx: JobContext,
    *,
    overwrite_sha256: str = "",
    options: DeployOptions | None = None,
) -> tuple[FunctionDetail, Plan]:
    """Packs, reads and plans; nothing is changed in AWS.

    Args:
        overwrite_sha256: CodeSha256 of somebody else's code that the user has seen and agreed to replace.

    Returns:
        The function that was read for the plan, and the plan.

    Raises:
        DeployConflict: Somebody else has deployed other code, and nobody agreed to replace it.
        NotShown: The editor shows other code.
        WorkbenchError: The code cannot be packed, AWS was not reached, or the function cannot take it.
    """
    package = workspace.package(ctx)
    workspace.refuse_unless_shown(package)
    observed = get_function(connection, workspace.base.function_name, "", ctx)
    package = replace(package, notes=package.notes + _remarks(connection, workspace, package, observed))
    options = with_layer(options or DeployOptions(), workspace, observed)
    if options.alias:
        check_alarms_before(connection, observed.function_name, options.alias.alarms)
    alias = _alias(connection, observed.function_name, options.alias, ctx)
    plan = plan_deploy(
        observed,
        package,
        workspace.base,
        overwrite_sha256=overwrite_sha256,
        options=options,
        staging=way_through_s3(
            connection, package, observed, _deployed_package(workspace, observed), options, ctx
        ),
        alias=alias,
        alias_version=_shared_version(connection, observed.function_name, options.alias, alias, ctx),
    )
    return observed, plan


def _remarks(
    connection: Connection, workspace: Workspace, package: Package, observed: FunctionDetail
) -> tuple[str, ...]:
    """What should be known of the package, and of this function in the Sandbox."""
    target = Target(observed.runtime, observed.architectures[0] if observed.architectures else "x86_64")
    found = remarks(workspace.root, package.contents.files.keys(), target)
    if connection.access.endpoint_url and connection.access.profile_name is None:  # the Sandbox
        found += layers_not_in_sandbox(observed.layers, observed.account_id)
    return found


def way_through_s3(
    connection: Connection,
    package: Package,
    observed: FunctionDetail,
    old_package: Path | None,
    options: DeployOptions,
    ctx: JobContext,
) -> Staging | None:
    """The package's location in S3, if it goes there. The undo counts, too: the old code may be larger.

    Args:
        package: The package to send.
        old_package: The deployed zip, if it is on this disk.

    Raises:
        WorkbenchError: It must go through S3, and the bucket cannot be used.
    """
    if observed.code_sha256 == package.code_sha256:
        return None
    if refers := staging_of_reference(observed, options):
        return refers
    largest = max(package.size_bytes, observed.code_size_bytes if options.undo_on_failure else 0)
    return observe_staging(
        connection,
        observed.function_name,
        package,
        old_package,
        observed.code_sha256,
        options,
        too_large=largest > ZIP_LIMIT_BYTES and options.upload is not Upload.DIRECT,
        ctx=ctx,
    )


def _deployed_package(workspace: Workspace, observed: FunctionDetail) -> Path | None:
    """The deployed zip, if it is in the workspace."""
    has_old_code = observed.code_sha256 == workspace.base.code_sha256 and workspace.base_package.is_file()
    return workspace.base_package if has_old_code else None


def _alias(
    connection: Connection, function_name: str, move: AliasMove | None, ctx: JobContext
) -> Alias | None:
    """The current state of the alias to move."""
    if move is None:
        return None
    ctx.check()
    return find_alias(connection, function_name, move.name)


def _shared_version(
    connection: Connection, function_name: str, move: AliasMove | None, alias: Alias | None, ctx: JobContext
) -> FunctionDetail | None:
    """The version that would share its traffic; None if none would, or it may not be read."""
    if move is None or alias is None or not move.shares() or alias.version == LATEST:
        return None
    try:
        return get_function(connection, function_name, alias.version, ctx)
    except WorkbenchError:
        return None


def code_source(detail: FunctionDetail, connection: Connection) -> CodeSource:
    """The CodeSource of a function, for `open_workspace`."""
    return CodeSource(
        function_arn=detail.function_arn,
        function_name=detail.function_name,
        region=detail.region,
        account_id=detail.account_id,
        code_location=detail.code_location,
        code_sha256=detail.code_sha256,
        revision_id=detail.revision_id,
        version=detail.version,
        image_uri=detail.image_uri,
        code_error=detail.code_error,
        ca_bundle=connection.ca_bundle,
    )
