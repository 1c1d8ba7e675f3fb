"""Plans that wire a trigger, pause it or take it away, also in a process that dies amid them."""

import json
import secrets
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.mortal import die_in_a_journal
from tests.sandbox_keys import keys_of
from tests.triggers.kinds.pulled import make_queue, make_table, mappings
from tests.triggers.kinds.wired import found, policy
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.detail import get_function
from workbench.functions.model import FunctionDetail
from workbench.triggers.execute import TriggerJournal, execute
from workbench.triggers.model import SourceKind, Trigger, TriggerPlan, TriggerSpec
from workbench.triggers.plan import plan_pause, plan_removal, prepare
from workbench.triggers.queues import queue_attributes
from workbench.triggers.steps.s3 import configuration_of

CTX = JobContext()
MADE: dict[SourceKind, dict[str, object]] = {
    SourceKind("url"): {"AuthType": "NONE"},
    SourceKind("events"): {"Name": "orders", "EventPattern": '{"source": ["shop"]}'},
    SourceKind("scheduler"): {"Name": "nightly", "ScheduleExpression": "rate(1 day)"},
    SourceKind("http-api"): {"Name": "shop", "RouteKey": "GET /orders"},
    SourceKind("rest-api"): {"name": "shop", "path": "/orders/{id}"},
}
"""What is wished of the kinds whose source a plan makes."""
PUSHED = (SourceKind("s3"), SourceKind("sns"), SourceKind("logs"))
PULLED = (SourceKind("sqs"), SourceKind("kinesis"), SourceKind("dynamodb"))
_STREAM = {"StartingPosition": "LATEST", "MaximumRetryAttempts": 1}
_VALUES = MADE | {SourceKind("kinesis"): _STREAM, SourceKind("dynamodb"): _STREAM}
_LISTINGS: tuple[tuple[str, str, str], ...] = (
    ("events", "list_rules", "Rules"),
    ("scheduler", "list_schedules", "Schedules"),
    ("apigatewayv2", "get_apis", "Items"),
    ("apigateway", "get_rest_apis", "items"),
    ("iam", "list_roles", "Roles"),
)


def make_source(connection: Connection, kind: SourceKind, *, is_right: bool = True) -> str:
    """The ARN of a new source; empty for a kind whose source a plan makes.

    Args:
        is_right: Whether a trigger can be added as it is, rather than after something was set right.
    """
    name = f"source-{secrets.token_hex(4)}"
    place = f"{connection.region}:{connection.account_id}"
    match kind:
        case "sqs":
            return make_queue(connection) if is_right else make_queue(connection, VisibilityTimeout="2")
        case "dynamodb":
            return str(make_table(connection, is_on=is_right)["LatestStreamArn" if is_right else "TableArn"])
        case "kinesis":
            connection.call("kinesis", "create_stream", StreamName=name, ShardCount=1)
            return f"arn:aws:kinesis:{place}:stream/{name}"
        case "s3":
            connection.call("s3", "create_bucket", Bucket=name)
            return f"arn:aws:s3:::{name}"
        case "sns":
            return str(connection.call("sns", "create_topic", Name=name)["TopicArn"])
        case "logs":
            connection.call("logs", "create_log_group", logGroupName=name)
            return f"arn:aws:logs:{place}:log-group:{name}"
    return ""


def wiring_plan(
    connection: Connection, function: FunctionDetail, kind: SourceKind, arn: str = ""
) -> TriggerPlan:
    """First what blocks is set right (a grant, a timeout, a stream that is off), then the source."""
    wish = TriggerSpec(kind, arn, function, values=_VALUES.get(kind, {}))
    prepared = prepare(connection, wish, CTX)
    accepted = list(prepared.standard_fixes)
    return prepared.plan([*accepted, *(each.fixes[0] for each in prepared.blocks(accepted))])


def trigger_of(connection: Connection, function: FunctionDetail, kind: SourceKind, arn: str = "") -> Trigger:
    """As it is found."""
    hints = (f"{arn}:*" if kind == SourceKind("logs") else arn,) if arn else ()
    (trigger,) = found(connection, kind, function, hints=hints)
    return trigger


def snapshot(
    connection: Connection, function: FunctionDetail, kind: SourceKind | None = None, arn: str = ""
) -> str:
    """All that such a plan may make or change, but for the ids that AWS gives anew."""
    listed = [connection.call(service, method).get(key, []) for service, method, key in _LISTINGS]
    names = [
        sorted(str(each.get("Name") or each.get("name") or each.get("RoleName")) for each in one)
        for one in listed
    ]
    urls: Any = connection.call("lambda", "list_function_url_configs", FunctionName=function.function_name)
    states = [each["State"] for each in mappings(connection, function)]
    source = source_of(connection, kind, arn) if kind is not None else None
    count = len(urls["FunctionUrlConfigs"])
    return json.dumps([names, count, policy(connection, function), states, source], sort_keys=True)


def source_of(connection: Connection, kind: SourceKind, arn: str) -> Any:
    """What a plan may change of a source."""
    name = arn.rpartition(":")[2]
    match kind:
        case "s3":
            answer = connection.call("s3", "get_bucket_notification_configuration", Bucket=name)
            return configuration_of(answer)
        case "sns":
            answer = connection.call("sns", "list_subscriptions_by_topic", TopicArn=arn)
            return [(each["Protocol"], each["Endpoint"]) for each in answer["Subscriptions"]]
        case "logs":
            answer = connection.call("logs", "describe_subscription_filters", logGroupName=name)
            members = ("filterName", "filterPattern", "destinationArn")
            return [[each[member] for member in members] for each in answer["subscriptionFilters"]]
        case "sqs":
            return queue_attributes(connection, arn)["VisibilityTimeout"]
        case "dynamodb":
            table = connection.call("dynamodb", "describe_table", TableName=arn.rpartition("/")[2])["Table"]
            return bool((table.get("StreamSpecification") or {}).get("StreamEnabled"))
    return None


def carry_out_until(moment: str, count: int, folder: str, endpoint_url: str, what: str) -> None:
    """Wires, pauses or removes, and dies at an event of the journal; run by tests/mortal.py."""
    die_in_a_journal(moment, count)
    region, account_id, function_name, kind_name, arn, doing = json.loads(what)
    access = Access(None, region, endpoint_url, keys_of(account_id))
    connection, kind = Connection.open(access), SourceKind(kind_name)
    function = get_function(connection, function_name, "", CTX)
    if doing == "wire":
        plan = wiring_plan(connection, function, kind, arn)
    elif doing == "pause":
        plan = plan_pause(function, trigger_of(connection, function, kind, arn))
        plan = replace(plan, steps=plan.steps * 2)  # so that there is a step after the one that dies
    else:
        plan = plan_removal(function, trigger_of(connection, function, kind, arn))
    execute(connection, plan, TriggerJournal(Path(folder)), CTX)
