"""APIs of other regions that run a function: looked for only where a statement lets them in."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.aws.model_check import model_checked_sessions
from tests.sandbox_functions import create_function
from tests.triggers.kinds.wired import CTX, take_away, wire
from workbench.aws.connection import ApiCall, Connection
from workbench.aws.retrying_connection import CachingConnection, RateBudget
from workbench.functions.model import FunctionDetail
from workbench.triggers.find import find_triggers
from workbench.triggers.kinds.api import HTTP, apis_in_other_regions
from workbench.triggers.model import Link, SourceKind, TriggerSpec

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
