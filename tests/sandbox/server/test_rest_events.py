"""What a function gets from a REST API, as handlers on AWS read it."""

import http.client
import json
from typing import Any

import pytest

from tests.sandbox.server.server import Server

SOURCE = """
import json
def handler(event, context):
    agent = event["headers"]["User-Agent"]
    return {"statusCode": 200, "body": json.dumps({"agent": agent, "event": event})}
"""


@pytest.fixture(scope="module")
def api(server: Server) -> str:
    server.create("shows", SOURCE)
    return server.rest_api("shows", "{thing}")


def event_of(server: Server, api: str, headers: dict[str, str]) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("POST", f"/restapis/{api}/live/_user_request_/a%20b?x=1&x=2", b'{"k": 1}', headers)
    response = connection.getresponse()
    found = json.loads(response.read())
    connection.close()
    assert response.status == 200, found
    return found


def test_headers_have_the_names_that_the_client_wrote(server: Server, api: str) -> None:
    given = {
        "User-Agent": "tester/1",
        "X-Api-Version": "7",
        "x-lower": "l",
        "Content-Type": "application/json",
    }
    found = event_of(server, api, given)
    assert found["agent"] == "tester/1"
    headers = found["event"]["headers"]
    assert given.items() <= headers.items()
    assert headers["Host"] == f"127.0.0.1:{server.port}"
    assert headers["X-Forwarded-For"] == "127.0.0.1"
    assert (headers["X-Forwarded-Proto"], headers["X-Forwarded-Port"]) == ("https", "443")
    assert headers["X-Amzn-Trace-Id"].startswith("Root=1-")
    assert not {"content-length", "connection"} & {name.lower() for name in headers}
    lists = found["event"]["multiValueHeaders"]
    assert lists["X-Api-Version"] == ["7"]
    assert lists.keys() == headers.keys()


def test_the_event_has_lambdas_fields_and_no_others(server: Server, api: str) -> None:
    event = event_of(server, api, {"user-agent": "x"})["event"]
    assert event.keys() == {
        "resource", "path", "httpMethod", "headers", "multiValueHeaders", "queryStringParameters",
        "multiValueQueryStringParameters", "pathParameters", "stageVariables", "requestContext", "body",
        "isBase64Encoded",
    }  # fmt: skip
    assert event["pathParameters"] == {"thing": "a b"}
    assert event["multiValueQueryStringParameters"] == {"x": ["1", "2"]}
    context = event["requestContext"]
    assert context["domainPrefix"] == api
    assert context["domainName"] == f"{api}.execute-api.us-east-1.amazonaws.com"
    identity = context["identity"]
    assert (identity.pop("sourceIp"), identity.pop("userAgent")) == ("127.0.0.1", "x")
    assert set(identity.values()) == {None}
    assert len(identity) == 10
