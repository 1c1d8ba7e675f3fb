"""Answers read as JSON: the same as botocore reads them, and errors as ever."""

from typing import Any

import pytest

from tests.aws.conftest import KEYS, Answer, AwsServer
from tests.fault_proxy import Proxy
from tests.sandbox_functions import create_function
from workbench.aws.client_config import Access, read_as_json
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext


def test_a_listing_says_what_botocore_would_read(connection: Connection) -> None:
    for number in range(3):
        create_function(
            connection,
            "def handler(event, context):\n    return 1\n",
            Environment={"Variables": {"NUMBER": str(number)}},
            Description="Größe 東京",
        )
    client = connection.client("lambda")
    fast: dict[str, Any] = client.list_functions(MaxItems=2)
    client.meta.events.unregister("before-parse.lambda.ListFunctions", _handler())
    slow: dict[str, Any] = client.list_functions(MaxItems=2)
    read_as_json(client)
    assert fast["ResponseMetadata"]["HTTPStatusCode"] == 200
    del fast["ResponseMetadata"], slow["ResponseMetadata"]
    assert len(slow["Functions"]) == 2
    members = {name for function in slow["Functions"] for name in function}
    assert fast["NextMarker"] == slow["NextMarker"]
    for quick, usual in zip(fast["Functions"], slow["Functions"], strict=True):
        assert {name: quick[name] for name in members & set(quick)} == usual
    (page, more) = connection.paginate(
        "lambda", "list_functions", ctx=JobContext(), PaginationConfig={"PageSize": 2}
    )
    assert (len(page["Functions"]), len(more["Functions"])) == (2, 1)


def _handler() -> Any:
    from workbench.aws import client_config

    return client_config._read_json


@pytest.mark.usefixtures("connection")
def test_a_refusal_is_still_read_by_botocore(access: Access, proxy: Proxy) -> None:
    from dataclasses import replace

    connection = Connection.open(replace(access, endpoint_url=proxy.url))
    proxy.inject({"operation": "ListFunctions", "error": {"code": "AccessDeniedException", "status": 403}})
    with pytest.raises(WorkbenchError) as caught:
        connection.call("lambda", "list_functions", failure="Could not list the functions.")
    assert caught.value.aws_code == "AccessDeniedException"


@pytest.mark.parametrize(
    ("service", "method", "request_parameters", "body"),
    [
        ("logs", "filter_log_events", {"logGroupName": "g"}, b'{"events":[{"message":"one"},{"mess'),
        ("lambda", "list_aliases", {"FunctionName": "f"}, b'{"Aliases":[{"Name":"live"}]'),
        ("lambda", "list_functions", {}, b'{"Functions":[{"FunctionName":"f"'),
        ("logs", "filter_log_events", {"logGroupName": "g"}, b'{"events":[{"message":"caf\xe9"}]}'),
        ("logs", "filter_log_events", {"logGroupName": "g"}, b"\xff\xfe\x00damaged"),
    ],
)
def test_a_damaged_answer_is_not_an_empty_one(
    aws_server: AwsServer, service: str, method: str, request_parameters: dict[str, Any], body: bytes
) -> None:
    connection = Connection.open(Access(None, "eu-central-1", aws_server.url, KEYS))
    aws_server.reply = lambda _: Answer(200, body, "application/x-amz-json-1.1")
    with pytest.raises(WorkbenchError, match="incomplete or damaged") as caught:
        connection.call(service, method, failure="Could not read.", **request_parameters)
    assert caught.value.aws_code == "DamagedAnswerError"


def test_an_answer_that_is_no_json_by_design_is_read(aws_server: AwsServer) -> None:
    connection = Connection.open(Access(None, "eu-central-1", aws_server.url, KEYS))
    aws_server.reply = lambda _: Answer(200, b"{openapi: 3.0.1", "application/yaml")
    answer = connection.call(
        "apigatewayv2", "export_api", ApiId="a", OutputType="YAML", Specification="OAS30"
    )
    assert answer["body"].read() == b"{openapi: 3.0.1"
