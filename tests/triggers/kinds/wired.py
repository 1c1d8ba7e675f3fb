"""Wires, finds and takes away triggers as a window does, and compares accounts before and after."""

import json
from pathlib import Path
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.detail import find, get_function
from workbench.functions.model import FunctionDetail
from workbench.triggers.execute import TriggerJournal, execute
from workbench.triggers.kinds.table import SOURCES
from workbench.triggers.model import Fix, ObservedFunction, SourceKind, Trigger, TriggerSpec
from workbench.triggers.plan import Prepared, observe_function, plan_removal, prepare

CTX = JobContext()


def wire(connection: Connection, spec: TriggerSpec, folder: Path, *more: Fix) -> Prepared:
    """Prepares a wiring and carries it out, with its standard fixes and those given."""
    prepared = prepare(connection, spec, CTX)
    plan = prepared.plan([*prepared.standard_fixes, *more])
    execute(connection, plan, TriggerJournal(folder), CTX)
    return prepared


def seen_of(connection: Connection, function: FunctionDetail, *qualifiers: str) -> ObservedFunction:
    """The function's side over all qualifiers, as `find` wants it."""
    grants: list[Any] = []
    for qualifier in (*qualifiers, ""):
        spec = TriggerSpec(SourceKind("direct"), "", function, qualifier)
        grants += observe_function(connection, spec, (), CTX).grants or ()
    detail = get_function(connection, function.function_name, "", CTX)
    return ObservedFunction(detail, grants=tuple(dict.fromkeys(grants)), qualifiers=qualifiers)


def found(
    connection: Connection,
    kind: SourceKind,
    function: FunctionDetail,
    *qualifiers: str,
    hints: tuple[str, ...] = (),
) -> tuple[Trigger, ...]:
    """The function's triggers of a kind."""
    return SOURCES[kind].find(connection, seen_of(connection, function, *qualifiers), hints, CTX)


def take_away(connection: Connection, function: FunctionDetail, trigger: Trigger, folder: Path) -> None:
    """Removes a trigger and its statements."""
    execute(connection, plan_removal(function, trigger), TriggerJournal(folder), CTX)


def policy(connection: Connection, function: FunctionDetail, qualifier: str = "") -> str:
    """The function's policy as it stands there; empty when it has no statement."""
    more = {"Qualifier": qualifier} if qualifier else {}
    answer = find(connection, "get_policy", "", FunctionName=function.function_name, **more)
    text = str(answer.get("Policy", ""))
    return text if text and json.loads(text)["Statement"] else ""


def reads(connection: Connection, function: FunctionDetail, mark: str) -> str:
    """The first line of the function's log that has a mark; waits until it is there.

    Raises:
        AssertionError: It never came.
    """
    for _ in range(400):
        answer = find(
            connection,
            "filter_log_events",
            "",
            service="logs",
            logGroupName=f"/aws/lambda/{function.function_name}",
        )
        for event in answer.get("events", ()):
            if mark in event["message"]:
                return str(event["message"])
        CTX.sleep(0.03)
    raise AssertionError(f"{function.function_name} never got {mark}")
