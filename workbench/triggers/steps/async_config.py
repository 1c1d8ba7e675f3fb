"""Changes the settings of asynchronous invocation, and sets back what it changed."""

from collections.abc import Mapping
from typing import Any

from workbench.aws.connection import Connection
from workbench.functions.asking import find
from workbench.triggers.async_settings import NAMES, settings_of
from workbench.triggers.model import Values
from workbench.triggers.step import Facts, Running, Step
from workbench.triggers.values import structured


class AsyncConfigStep:
    """UpdateFunctionEventInvokeConfig, DeleteFunctionEventInvokeConfig.

    Update leaves alone what it is not told. Put does not, so it is used only where Update cannot help: there
    are no settings yet, or one of them goes.
    """

    def do(self, step: Step, running: Running) -> Facts:
        """Makes the settings what is wanted. Raises WorkbenchError."""
        wanted: Values = step.args["values"]
        before = _read(running.connection, step.args)
        if before == wanted:
            return {"before": before, "after": before}
        facts = {"before": before, "after": dict(wanted)}
        running.note(facts)
        _set(running.connection, step.args, before, wanted)
        return facts

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Sets back what still is as this step made it. Raises WorkbenchError."""
        before, after = facts.get("before"), facts.get("after")
        if not isinstance(before, Mapping) or not isinstance(after, Mapping) or before == after:
            return
        now = _read(running.connection, step.args)
        target = dict(now)
        for name in NAMES:
            if before.get(name) != after.get(name) == now.get(name):
                target.pop(name, None)
                target |= {name: before[name]} if name in before else {}
        if target != now:
            _set(running.connection, step.args, now, target)


def _set(connection: Connection, args: Mapping[str, Any], now: Values, wanted: Values) -> None:
    name = args["function_name"]
    doing = f"change the asynchronous settings of {name}"
    if not wanted:
        find(connection, "delete_function_event_invoke_config", doing, **_subject(args))
        return
    if now and set(now) <= set(wanted):
        changed = [each for each in wanted if wanted[each] != now.get(each)]
        method, values = "update_function_event_invoke_config", structured(wanted, changed)
        # A structure that is sent replaces the whole of it: both destinations go along.
        if "DestinationConfig" in values:
            values |= structured(wanted, [each for each in wanted if each.startswith("DestinationConfig.")])
    else:
        method, values = "put_function_event_invoke_config", structured(wanted, wanted)
    connection.call("lambda", method, doing=doing, **_subject(args), **values)


def _read(connection: Connection, args: Mapping[str, Any]) -> dict[str, object]:
    doing = f"read the asynchronous settings of {args['function_name']}"
    return dict(
        settings_of(find(connection, "get_function_event_invoke_config", doing, **_subject(args))).values
    )


def _subject(args: Mapping[str, Any]) -> dict[str, Any]:
    return {"FunctionName": args["function_name"]} | ({"Qualifier": q} if (q := args["qualifier"]) else {})
