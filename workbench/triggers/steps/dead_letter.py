"""Sets the function's dead-letter queue, and sets it back."""

from workbench.core.errors import WorkbenchError
from workbench.functions.configure import send_guarded
from workbench.functions.detail import wait_until_updated
from workbench.functions.model import FunctionDetail
from workbench.triggers.step import Facts, Running, Step
from workbench.triggers.steps.patience import NotYet, patiently

NEW_PERMISSION: tuple[NotYet, ...] = (
    ("InvalidParameterValueException", "does not have permissions to call"),
)
"""A policy that the execution role was given a moment ago is not known everywhere yet."""


class DeadLetterStep:
    """UpdateFunctionConfiguration of it alone. args: function_name, before, target."""

    def do(self, step: Step, running: Running) -> Facts:
        """Sets it.

        Raises:
            WorkbenchError: Somebody has set another one meanwhile; AWS refused.
            Cancelled: Before anything was sent.
        """
        before, target = str(step.args["before"]), str(step.args["target"])
        now = _now(step, running)
        if now.dead_letter_arn == target:
            return {}
        if now.dead_letter_arn != before:
            raise WorkbenchError(
                f"The dead-letter queue of {now.function_name} was not changed.",
                f"It was changed to “{now.dead_letter_arn}” in the meantime.",
                "Check the current setting, then decide.",
                action="function.refresh",
            )
        running.note({"set": True})
        patiently(lambda: _set(_now(step, running), target, running), running, NEW_PERMISSION)
        return {"set": True}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Sets back what still is as this step made it. Raises WorkbenchError."""
        if facts.get("set"):
            now = _now(step, running)
            if now.dead_letter_arn == step.args["target"]:
                _set(now, str(step.args["before"]), running)


def _now(step: Step, running: Running) -> FunctionDetail:
    return wait_until_updated(running.connection, str(step.args["function_name"]), running.ctx)


def _set(now: FunctionDetail, target: str, running: Running) -> None:
    send_guarded(
        running.connection,
        now,
        lambda there: {} if there.dead_letter_arn == target else {"DeadLetterConfig": {"TargetArn": target}},
        running.ctx,
    )
