"""Plans that make their source, and that take it away, in a process that dies amid them."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.mortal import die_in_a_journal
from tests.sandbox_keys import keys_of
from tests.triggers.kinds.wired import found, policy
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.detail import get_function
from workbench.functions.model import FunctionDetail
from workbench.triggers.execute import TriggerJournal, execute
from workbench.triggers.model import SourceKind, Trigger, TriggerPlan, TriggerSpec
from workbench.triggers.plan import plan_pause, plan_removal, prepare

CTX = JobContext()
WISHES: dict[SourceKind, dict[str, object]] = {
    SourceKind("url"): {"AuthType": "NONE"},
    SourceKind("events"): {"Name": "orders", "EventPattern": '{"source": ["shop"]}'},
    SourceKind("scheduler"): {"Name": "nightly", "ScheduleExpression": "rate(1 day)"},
    SourceKind("http-api"): {"Name": "shop", "RouteKey": "GET /orders"},
    SourceKind("rest-api"): {"name": "shop", "path": "/orders/{id}"},
}
_LISTINGS: tuple[tuple[str, str, str], ...] = (
    ("events", "list_rules", "Rules"),
    ("scheduler", "list_schedules", "Schedules"),
    ("apigatewayv2", "get_apis", "Items"),
    ("apigateway", "get_rest_apis", "items"),
    ("iam", "list_roles", "Roles"),
)


def wiring_plan(connection: Connection, function: FunctionDetail, kind: SourceKind) -> TriggerPlan:
    """Of a source that is made."""
    prepared = prepare(connection, TriggerSpec(kind, "", function, values=WISHES[kind]), CTX)
    return prepared.plan(prepared.standard_fixes)


def trigger_of(connection: Connection, function: FunctionDetail, kind: SourceKind) -> Trigger:
    """As it is found."""
    (trigger,) = found(connection, kind, function)
    return trigger


def snapshot(connection: Connection, function: FunctionDetail) -> str:
    """All that such a plan may make, but for the ids that AWS gives anew."""
    listed = [connection.call(service, method).get(key, []) for service, method, key in _LISTINGS]
    names = [
        sorted(str(each.get("Name") or each.get("name") or each.get("RoleName")) for each in one)
        for one in listed
    ]
    urls: Any = connection.call("lambda", "list_function_url_configs", FunctionName=function.function_name)
    return json.dumps([names, len(urls["FunctionUrlConfigs"]), policy(connection, function)])


def carry_out_until(moment: str, count: int, folder: str, endpoint_url: str, what: str) -> None:
    """Wires, pauses or removes, and dies at an event of the journal; run by tests/mortal.py."""
    die_in_a_journal(moment, count)
    region, account_id, function_name, kind_name, doing = json.loads(what)
    access = Access(None, region, endpoint_url, keys_of(account_id))
    connection, kind = Connection.open(access), SourceKind(kind_name)
    function = get_function(connection, function_name, "", CTX)
    if doing == "wire":
        plan = wiring_plan(connection, function, kind)
    elif doing == "pause":
        plan = plan_pause(function, trigger_of(connection, function, kind))
        plan = replace(plan, steps=plan.steps * 2)  # so that there is a step after the one that dies
    else:
        plan = plan_removal(function, trigger_of(connection, function, kind))
    execute(connection, plan, TriggerJournal(Path(folder)), CTX)
