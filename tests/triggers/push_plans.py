"""Plans that wire what pushes, and that take it away, in a process that dies amid them."""

import json
from pathlib import Path
from typing import Any

from tests.mortal import die_in_a_journal
from tests.sandbox_keys import keys_of
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.detail import find, get_function
from workbench.functions.model import FunctionDetail
from workbench.triggers.execute import TriggerJournal, execute
from workbench.triggers.grants import parse_policy
from workbench.triggers.kinds.table import SOURCES
from workbench.triggers.model import ObservedFunction, SourceKind, Trigger, TriggerPlan, TriggerSpec
from workbench.triggers.plan import plan_removal, prepare
from workbench.triggers.steps.s3 import configuration_of

CTX = JobContext()


def wiring_plan(connection: Connection, function: FunctionDetail, kind: SourceKind, arn: str) -> TriggerPlan:
    """Grant, then the source."""
    prepared = prepare(connection, TriggerSpec(kind, arn, function), CTX)
    return prepared.plan(prepared.standard_fixes)


def trigger_of(connection: Connection, function: FunctionDetail, kind: SourceKind, arn: str) -> Trigger:
    """As it is found."""
    grants = grants_of(connection, function)
    hint = f"{arn}:*" if kind == SourceKind("logs") else arn
    (trigger,) = SOURCES[kind].find(connection, ObservedFunction(function, grants=grants), (hint,), CTX)
    return trigger


def grants_of(connection: Connection, function: FunctionDetail) -> Any:
    """Of the function's policy."""
    answer = find(connection, "get_policy", "", FunctionName=function.function_name)
    return parse_policy(answer["Policy"], "") if answer else ()


def snapshot(connection: Connection, function: FunctionDetail, kind: SourceKind, arn: str) -> str:
    """All that a plan may change, but for the ids that AWS gives anew."""
    name = arn.rpartition(":")[2]
    source: Any
    match kind:
        case "s3":
            answer = connection.call("s3", "get_bucket_notification_configuration", Bucket=name)
            source = configuration_of(answer)
        case "sns":
            answer = connection.call("sns", "list_subscriptions_by_topic", TopicArn=arn)
            source = [(each["Protocol"], each["Endpoint"]) for each in answer["Subscriptions"]]
        case _:
            answer = connection.call("logs", "describe_subscription_filters", logGroupName=name)
            filters = answer["subscriptionFilters"]
            source = [(each["filterName"], each["filterPattern"], each["destinationArn"]) for each in filters]
    grants = sorted((each.sid, each.principal, each.source_arn) for each in grants_of(connection, function))
    return json.dumps([source, grants], sort_keys=True)


def carry_out_until(moment: str, count: int, folder: str, endpoint_url: str, what: str) -> None:
    """Wires or removes, and dies at an event of the journal; run by tests/mortal.py."""
    die_in_a_journal(moment, count)
    region, account_id, function_name, kind_name, arn, doing = json.loads(what)
    access = Access(None, region, endpoint_url, keys_of(account_id))
    connection, kind = Connection.open(access), SourceKind(kind_name)
    function = get_function(connection, function_name, "", CTX)
    if doing == "wire":
        plan = wiring_plan(connection, function, kind, arn)
    else:
        plan = plan_removal(function, trigger_of(connection, function, kind, arn))
    execute(connection, plan, TriggerJournal(Path(folder)), CTX)
