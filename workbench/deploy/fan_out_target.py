"""Brings a fan-out's package to one of its functions: plan, guard and journal as of any other deploy."""

from workbench.aws.connection import Connection
from workbench.code.contents import Contents
from workbench.code.package import Package
from workbench.code.workspace_store import LATEST, Base
from workbench.core.clock import Clock
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.deploy.execute import DeployResult, execute
from workbench.deploy.fan_out import Target, TargetState
from workbench.deploy.journal import DeployOutcome, Journal
from workbench.deploy.options import DeployOptions
from workbench.deploy.plan import DeployConflict, Plan, plan_deploy
from workbench.deploy.run import way_through_s3
from workbench.functions.detail import get_function

_STATES = {DeployOutcome.DEPLOYED: TargetState.DEPLOYED, DeployOutcome.ALREADY_DEPLOYED: TargetState.SAME}


def state_of(result: DeployResult) -> TargetState:
    """Where a target stands after its deploy. While AWS is still at it that is "stopped": look again."""
    return _STATES.get(result.outcome, TargetState.STOPPED)


def deploy_target(
    connection: Connection,
    target: Target,
    package: Package,
    options: DeployOptions,
    journal: Journal,
    ctx: JobContext,
    clock: Clock | None = None,
) -> DeployResult:
    """Deploys the package to a target, if that still is what was looked at.

    Args:
        connection: To its account and region.
        target: As it was looked at.
        package: What to send.
        options: What is wanted apart from the code.
        journal: Of all deploys.
        ctx: The job.
        clock: Time.

    Raises:
        WorkbenchError: It failed; `why` says which code the function has.
        Cancelled: Before anything was sent.
    """
    try:
        plan = plan_target(connection, target, package, options, ctx)
        return execute(connection, plan, None, journal, ctx, clock)
    except DeployConflict as conflict:
        raise _changed(target, conflict) from conflict


def plan_target(
    connection: Connection, target: Target, package: Package, options: DeployOptions, ctx: JobContext
) -> Plan:
    """Observes and plans. Raises as `deploy_target`."""
    observed = get_function(connection, target.function_name, "", ctx)
    if observed.function_arn != target.function_arn:
        raise WorkbenchError(
            f"{target.function_name} was not deployed.",
            f"{target.profile_name} in {target.region} now resolves to {observed.function_arn}; when the "
            f"plan was made it was {target.function_arn}.",
            "Check which account the profile is for, then choose the function again.",
        )
    # The other function's code, in our words: it is known by its hash alone.
    base = Base(target.function_arn, target.function_name, LATEST, target.seen_sha256, "", "", Contents())
    staging = way_through_s3(connection, package, observed, None, options, ctx)
    return plan_deploy(observed, package, base, options=options, staging=staging)


def _changed(target: Target, conflict: DeployConflict) -> WorkbenchError:
    return WorkbenchError(
        f"{target.function_name} was not deployed.",
        f"The deployed code changed after the plan was made: CodeSha256 was {conflict.base_sha256} "
        f"and is now {conflict.deployed_sha256}.",
        "Review the deployed code, then choose the function again.",
    )
