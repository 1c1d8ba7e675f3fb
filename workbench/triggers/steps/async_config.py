"""Changes the settings of asynchronous invocation and the dead-letter queue, and restores them."""

from collections.abc import Mapping
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.operations import Facts
from workbench.functions.configure import send_guarded
from workbench.functions.detail import find, wait_until_updated
from workbench.functions.model import FunctionDetail
from workbench.triggers.async_settings import (
    AGE,
    ASYNC_CONFIG,
    DEAD_LETTER_CONFIG,
    DEFAULT_AGE_S,
    DEFAULT_RETRIES,
    NAMES,
    RETRIES,
    settings_of,
)
from workbench.triggers.model import Values
from workbench.triggers.parameter import structured
from workbench.triggers.step import Running, Step, StepRun
from workbench.triggers.steps.retries import Refusal, retry_on

_DEFAULTS: Values = {RETRIES: DEFAULT_RETRIES, AGE: DEFAULT_AGE_S}


class AsyncConfigStep:
    """UpdateFunctionEventInvokeConfig, DeleteFunctionEventInvokeConfig.

    Update leaves out members unchanged. Put does not, so it is used only where Update cannot help: there
    are no settings yet, or one of them goes.
    """

    def do(self, step: Step, running: Running) -> Facts:
        """Makes the settings what is wanted."""
        wanted: Values = step.args["values"]
        before = _read(running.connection, step.args)
        if _effective(before) == _effective(wanted):
            return {"before": before, "after": before}
        facts = {"before": before, "after": dict(wanted)}
        running.note(facts)
        retry_on(lambda: _set_config(running.connection, step.args, before, wanted), running, NEW_PERMISSION)
        return facts

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Sets back what still is as this step made it."""
        before, after = facts.get("before"), facts.get("after")
        if not isinstance(before, Mapping) or not isinstance(after, Mapping) or before == after:
            return
        now = _read(running.connection, step.args)
        earlier, later, latest = _effective(before), _effective(after), _effective(now)
        target = dict(now)
        for name in NAMES:
            if earlier[name] != later[name] == latest[name]:
                target.pop(name, None)
                target |= {name: before[name]} if name in before else {}
        if not before and _effective(target) == _effective({}):
            target = {}  # there were none: AWS's defaults need not be written down
        if target != now:
            _set_config(running.connection, step.args, now, target)


def _set_config(connection: Connection, args: Mapping[str, Any], now: Values, wanted: Values) -> None:
    name = args["function_name"]
    failure = f"Could not change the asynchronous invocation settings of {name}."
    if not wanted:
        find(connection, "delete_function_event_invoke_config", failure, **_subject(args))
        return
    there, target = _effective(now), _effective(wanted)
    goes = [name for name in now if name not in wanted and there[name] != target[name]]
    if now and not goes:
        changed = [name for name in wanted if there[name] != target[name]]
        method, values = "update_function_event_invoke_config", structured(wanted, changed)
        # A structure that is sent replaces the whole of it: both destinations are sent.
        if "DestinationConfig" in values:
            values |= structured(wanted, [each for each in wanted if each.startswith("DestinationConfig.")])
    else:
        method, values = "put_function_event_invoke_config", structured(wanted, wanted)
    connection.call("lambda", method, failure=failure, **_subject(args), **values)


def _effective(values: Values) -> dict[str, object]:
    """With AWS's defaults for what is not set: some answers spell them out."""
    return {name: values.get(name, _DEFAULTS.get(name, "")) for name in NAMES}


def _read(connection: Connection, args: Mapping[str, Any]) -> dict[str, object]:
    failure = f"Could not read the asynchronous invocation settings of {args['function_name']}."
    return dict(
        settings_of(find(connection, "get_function_event_invoke_config", failure, **_subject(args))).values
    )


def _subject(args: Mapping[str, Any]) -> dict[str, Any]:
    return {"FunctionName": args["function_name"]} | ({"Qualifier": q} if (q := args["qualifier"]) else {})


NEW_PERMISSION: tuple[Refusal, ...] = (
    ("InvalidParameterValueException", "does not have permissions to call"),
)
"""A policy that was just added to the execution role may not have propagated."""


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
        retry_on(lambda: _set_dead_letter(_now(step, running), target, running), running, NEW_PERMISSION)
        return {"set": True}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Sets back what still is as this step made it."""
        if facts.get("set"):
            now = _now(step, running)
            if now.dead_letter_arn == step.args["target"]:
                _set_dead_letter(now, str(step.args["before"]), running)


def _now(step: Step, running: Running) -> FunctionDetail:
    return wait_until_updated(running.connection, str(step.args["function_name"]), running.ctx)


def _set_dead_letter(now: FunctionDetail, target: str, running: Running) -> None:
    send_guarded(
        running.connection,
        now,
        lambda there: {} if there.dead_letter_arn == target else {"DeadLetterConfig": {"TargetArn": target}},
        running.ctx,
    )


RUNS: Mapping[str, StepRun] = {ASYNC_CONFIG: AsyncConfigStep(), DEAD_LETTER_CONFIG: DeadLetterStep()}
