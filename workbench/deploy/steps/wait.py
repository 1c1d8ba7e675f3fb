"""Waits until the new code is in place, and verifies that it is the new code."""

from workbench.core.errors import Cancelled, WorkbenchError
from workbench.deploy.records import Facts, Outcome
from workbench.deploy.steps.running import Running, Stopped, replaced, with_state
from workbench.functions.detail import wait_until_updated
from workbench.functions.model import FunctionDetail


def do(running: Running) -> Facts:
    """Waits. In a deploy that is not taken back, Cancel only ends the waiting."""
    detail: FunctionDetail | None
    try:
        running.say("Waiting until the update is complete")
        detail = wait_until_updated(running.connection, running.name, running.ctx)
    except Cancelled:
        if running.plan.options.undo_on_failure:
            raise
        detail = running.look()
        if detail is None or detail.is_updating:
            running.outcome = Outcome.UPDATING
    except WorkbenchError as error:
        state = "AWS accepted the new code. Whether the update is complete is unknown."
        raise Stopped(with_state(error, state), None) from None
    if detail and detail.code_sha256 != running.plan.new_sha256:
        raise replaced(running, detail)
    if detail and detail.last_update_status == "Failed":
        raise failed(running, detail)
    running.revision_id = detail.revision_id if detail else ""
    return {}


def failed(running: Running, detail: FunctionDetail) -> Stopped:
    """The end of a deploy whose update AWS took and could not carry out."""
    error = WorkbenchError(
        f"AWS could not apply the new code of {running.name}.",
        detail.last_update_status_reason,
        "Invocations still run the previous code. Fix the cause, then deploy again.",
        aws_code="LastUpdateStatus=Failed",
    )
    return Stopped(error, Outcome.FAILED, detail.last_update_status_reason)
