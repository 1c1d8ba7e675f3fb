"""HTTP and REST APIs that statements name: looked for in other regions, and only where they are enabled."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.aws.model_check import model_checked_sessions
from tests.aws_stub import StubbedAws, aws
from tests.sandbox_functions import create_function
from tests.triggers.kinds.wired import CTX, found, take_away, wire
from workbench.aws import regions
from workbench.aws.connection import ApiCall, Connection
from workbench.aws.retry import CachingConnection, RateBudget
from workbench.core.jobs import JobContext
from workbench.functions.model import FunctionDetail
from workbench.triggers.execute import TriggerJournal, try_out
from workbench.triggers.find import find_triggers
from workbench.triggers.kinds import api
from workbench.triggers.kinds.api import HTTP, apis_in_other_regions
from workbench.triggers.kinds.table import SOURCES
from workbench.triggers.model import Link, SourceKind, TriggerPlan, TriggerSpec

ELSEWHERE = "eu-west-1"
VALUES: Mapping[SourceKind, Mapping[str, object]] = {
    SourceKind("http-api"): {"RouteKey": "GET /x"},
    SourceKind("rest-api"): {"path": "/x", "httpMethod": "GET", "stageName": "prod"},
}


def make_api(connection: Connection, kind: SourceKind) -> str:
    """An API without anything; its ARN."""
    if kind == SourceKind("http-api"):
        made = connection.call("apigatewayv2", "create_api", Name="far", ProtocolType="HTTP")
        return f"arn:aws:apigateway:{connection.region}::/apis/{made['ApiId']}"
    made = connection.call("apigateway", "create_rest_api", name="far")
    return f"arn:aws:apigateway:{connection.region}::/restapis/{made['id']}"


def delete_api(connection: Connection, kind: SourceKind, arn: str) -> None:
    of_api = arn.rpartition("/")[2]
    if kind == SourceKind("http-api"):
        connection.call("apigatewayv2", "delete_api", ApiId=of_api)
    else:
        connection.call("apigateway", "delete_rest_api", restApiId=of_api)


def wired(connection: Connection, kind: SourceKind, folder: Path) -> tuple[FunctionDetail, str]:
    """A function here, and the ARN of the API of another region that runs it."""
    function = create_function(connection, "def handler(event, context): pass\n")
    arn = make_api(connection.in_region(ELSEWHERE), kind)
    wire(connection, TriggerSpec(kind, arn, function, values=VALUES[kind]), folder)
    return function, arn


@pytest.mark.parametrize("kind", VALUES)
def test_a_trigger_from_another_region_is_found_again_and_removed(
    connection: Connection, tmp_path: Path, kind: SourceKind
) -> None:
    function, arn = wired(connection, kind, tmp_path)
    (trigger,) = find_triggers(connection, function, CTX).triggers
    assert (trigger.kind, trigger.source_arn, trigger.link) == (kind, arn, Link.LINKED)
    take_away(connection, function, trigger, tmp_path)
    assert find_triggers(connection, function, CTX).triggers == ()


@pytest.mark.parametrize("kind", VALUES)
def test_a_statement_whose_api_is_gone_everywhere_stays_unknown(
    connection: Connection, tmp_path: Path, kind: SourceKind
) -> None:
    function, arn = wired(connection, kind, tmp_path)
    delete_api(connection.in_region(ELSEWHERE), kind, arn)
    (trigger,) = find_triggers(connection, function, CTX).triggers
    assert (trigger.link, trigger.source_arn.split(":")[2]) == (Link.UNKNOWN, "execute-api")


def test_other_regions_are_not_asked_for_what_is_here_nor_for_many_functions(connection: Connection) -> None:
    calls: list[ApiCall] = []
    watched = Connection.open(connection.access, observer=calls.append, sessions=model_checked_sessions())
    here = make_api(connection, SourceKind("rest-api")).rpartition("/")[2]
    account = connection.account_id
    hint = f"arn:aws:execute-api:{connection.region}:{account}:{{}}/*/GET/x"
    assert apis_in_other_regions(watched, HTTP, [hint.format(here)], (), CTX) == []
    assert apis_in_other_regions(watched, HTTP, [hint.format("*"), "arn:aws:x"], (), CTX) == []
    many = CachingConnection(watched, RateBudget(), CTX, subjects=2)
    assert apis_in_other_regions(many, HTTP, [hint.format("gone123456")], (), CTX) == []
    assert {call.region for call in calls} <= {connection.region, "us-east-1"}
    assert apis_in_other_regions(watched, HTTP, [hint.format("gone123456")], (), CTX) == []
    assert len({call.region for call in calls}) > 10


ECHO = """
def handler(event, context):
    print(event["body"])
    return {"statusCode": 200, "body": "done"}
"""


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (SourceKind("http-api"), {"Name": "shop", "RouteKey": "POST /orders"}),
        (SourceKind("rest-api"), {"name": "shop", "path": "/orders", "httpMethod": "POST"}),
    ],
)
def test_an_api_without_authorization_is_tried_out_on_the_sandbox(
    connection: Connection, tmp_path: Path, kind: SourceKind, values: dict[str, object]
) -> None:
    function = create_function(connection, ECHO)
    wire(connection, TriggerSpec(kind, "", function, values=values), tmp_path)
    (trigger,) = found(connection, kind, function)
    event = SOURCES[kind].test_event(trigger, "mark-11")
    assert event is not None
    assert "signed" not in event.steps[0].title  # AWS lets everybody in
    plan = TriggerPlan("Test", function.function_arn, kind, event.steps)
    try_out(connection, plan, TriggerJournal(tmp_path), CTX, lambda _facts: None)


__all__ = ["aws"]
HINT = "arn:aws:execute-api:eu-central-1:123456789012:gone123456/*/GET/x"


def asked(aws: StubbedAws, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The regions that are asked for an API that is nowhere."""
    found: set[str] = set()

    def nothing(there: Connection, _service: str, _api: str) -> dict[str, Any]:
        found.add(there.region)
        return {}

    monkeypatch.setattr(api, "_api", nothing)
    assert api.apis_in_other_regions(aws.connection, api.HTTP, [HINT], (), JobContext()) == []
    return found


def test_a_disabled_region_is_not_asked(aws: StubbedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    status = {"af-south-1": "DISABLED", "ap-east-1": "ENABLED", "us-east-1": "ENABLED_BY_DEFAULT"}
    listed = [{"RegionName": name, "RegionOptStatus": each} for name, each in status.items()]
    aws.answer("account", "list_regions", {"Regions": listed})
    assert asked(aws, monkeypatch) == set(regions.lambda_regions("eu-central-1")) - {"af-south-1"}


def test_all_regions_are_asked_by_those_who_may_not_list_them(
    aws: StubbedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.refuse("account", "list_regions", "AccessDeniedException", "You may not.", 403)
    assert asked(aws, monkeypatch) == set(regions.lambda_regions("eu-central-1"))
