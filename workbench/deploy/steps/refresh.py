"""Publishes $LATEST to $LATEST.PUBLISHED, which callers of a function on managed instances get.

Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-version-publishing.html
"""

from workbench.core.errors import WorkbenchError
from workbench.deploy.records import Facts
from workbench.deploy.step import StepKind
from workbench.deploy.steps.patience import call_patiently
from workbench.deploy.steps.running import Running
from workbench.functions.detail import get_function

_PUBLISHED = "$LATEST.PUBLISHED"
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 5.0


def do(running: Running) -> Facts:
    """Publishes it, and waits until it can be invoked. Done twice it comes to the same.

    Raises:
        WorkbenchError: AWS refuses, or cannot start the new code: callers get the code before.
        Cancelled: Between calls.
    """
    running.say(f"Publishing the changes to {_PUBLISHED}")
    call_patiently(
        running,
        "publish_version",
        f"The changes of {running.name} were not published to {_PUBLISHED}.",
        FunctionName=running.name,
        PublishTo="LATEST_PUBLISHED",
    )
    pause_s = _FIRST_PAUSE_S
    while (detail := get_function(running.connection, running.name, _PUBLISHED, running.ctx)).is_updating:
        running.say(f"Waiting until {_PUBLISHED} is ready")
        running.ctx.sleep(pause_s)
        pause_s = min(pause_s * 1.5, _LONGEST_PAUSE_S)
    if "Failed" in (detail.state, detail.last_update_status):
        raise WorkbenchError(
            f"{_PUBLISHED} of {running.name} cannot be invoked.",
            detail.state_reason or detail.last_update_status_reason,
            "Fix the cause, then deploy again.",
            aws_code="State=Failed",
        )
    return {}


def again(running: Running) -> None:
    """After $LATEST has its previous code again: callers get that too, if the plan published the new one."""
    if any(step.kind is StepKind.REFRESH for step in running.plan.steps):
        do(running)
