"""What API Gateway makes of what a function returns. Requests are not signed: the APIs are open.

Source of what is expected: AWS's answers in localstack/localstack (Apache-2.0),
test_aws_proxy_response_payload_format_validation.
"""

import http.client
import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from tests.sandbox.server.server import Server

ECHO = "import json\ndef handler(event, context): return json.loads(event['body'])\n"
ARN = "arn:aws:lambda:us-east-1:000000000000:function"
FAILED: dict[str, Any] = {"message": "Internal server error"}
FAILED_HTTP: dict[str, Any] = {"message": "Internal Server Error"}


@pytest.fixture(scope="module")
def urls(server: Server) -> dict[str, str]:
    """The address of a REST API, and of HTTP APIs with either payload format."""
    server.create("echo", ECHO)
    found = {"REST": f"{server.url}/restapis/{server.rest_api('echo')}/live/_user_request_/"}
    http = server.client("apigatewayv2")
    for form in ("1.0", "2.0"):
        api = http.create_api(Name=f"echo {form}", ProtocolType="HTTP")["ApiId"]
        integration = http.create_integration(
            ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=f"{ARN}:echo", PayloadFormatVersion=form
        )["IntegrationId"]
        http.create_route(ApiId=api, RouteKey="POST /", Target=f"integrations/{integration}")
        http.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
        found[form] = f"{server.url}/_aws/execute-api/{api}/$default/"
    return found


def _lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def ask(url: str, returned: object) -> tuple[int, str, dict[str, str]]:
    data = json.dumps(returned).encode()
    request = urllib.request.Request(url, method="POST", data=data, headers={"Content-Type": "text/plain"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode(), _lower(answer.headers)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(), _lower(error.headers)


@pytest.mark.parametrize(
    ("form", "returned", "status"),
    [
        ("REST", {"statusCode": 200}, 200),
        ("REST", {"headers": {"test-header": "value"}}, 200),
        ("REST", {}, 200),
        ("REST", {"statusCode": "201"}, 201),
        ("REST", {"statusCode": 200, "headers": None}, 200),
        ("REST", {"statusCode": 200, "wrongValue": "value"}, 502),
        ("REST", {"statusCode": "test"}, 502),
        ("REST", {"statusCode": 200, "multiValueHeaders": {"a": "value1"}}, 502),
        ("REST", "justAString", 502),
        ("1.0", {"statusCode": 200}, 200),
        ("1.0", {"statusCode": 200, "wrongValue": "value"}, 200),
        ("1.0", {"statusCode": "201"}, 201),
        ("1.0", {}, 500),
        ("1.0", {"headers": {"test-header": "value"}}, 500),
        ("1.0", {"statusCode": "test"}, 500),
        ("1.0", {"statusCode": 200, "multiValueHeaders": {"a": "value1"}}, 500),
        ("1.0", "justAString", 500),
        ("2.0", {"statusCode": 200}, 200),
        ("2.0", {"statusCode": 200, "wrongValue": "value"}, 200),
        ("2.0", {"statusCode": "201"}, 201),
        ("2.0", {"statusCode": "test"}, 500),
        ("2.0", {"statusCode": 200, "cookies": {"a": "b"}}, 500),
        ("2.0", {"errorMessage": "test fake error message"}, 500),
    ],
)
def test_an_answer_is_what_it_describes_or_an_error_of_the_gateway(
    urls: dict[str, str], form: str, returned: object, status: int
) -> None:
    got, body, _ = ask(urls[form], returned)
    assert got == status
    if status >= 500:
        assert json.loads(body) == (FAILED if form == "REST" else FAILED_HTTP)
    else:
        assert body == ""


@pytest.mark.parametrize(
    ("returned", "body"),
    [
        ({}, "{}"),
        ({"headers": {"test-header": "value"}}, '{"headers": {"test-header": "value"}}'),
        ({"random": {"json-body": "value"}}, '{"random": {"json-body": "value"}}'),
        (None, "null"),
        ("justAString", "justAString"),
    ],
)
def test_format_2_takes_anything_for_the_body(urls: dict[str, str], returned: object, body: str) -> None:
    status, got, headers = ask(urls["2.0"], returned)
    assert (status, got) == (200, body)
    assert headers["content-type"] == "application/json"


@pytest.mark.parametrize("form", ["REST", "1.0", "2.0"])
def test_what_a_function_failed_with_is_not_shown(urls: dict[str, str], form: str) -> None:
    request = urllib.request.Request(urls[form], method="POST", data=b"no JSON")
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=20)
    with caught.value as error:
        assert error.code == (502 if form == "REST" else 500)
        assert json.load(error) == (FAILED if form == "REST" else FAILED_HTTP)


def test_headers_that_are_no_text_are_written_as_json(urls: dict[str, str]) -> None:
    _, _, headers = ask(urls["REST"], {"statusCode": 200, "headers": {"header-bool": True}})
    assert headers["header-bool"] == "true"


@pytest.fixture(scope="module")
def function_url(server: Server, urls: dict[str, str]) -> str:
    """The host of a function URL."""
    functions = server.client("lambda")
    url = functions.create_function_url_config(FunctionName="echo", AuthType="NONE")["FunctionUrl"]
    functions.add_permission(
        FunctionName="echo",
        StatementId="url",
        Action="lambda:InvokeFunctionUrl",
        Principal="*",
        FunctionUrlAuthType="NONE",
    )
    url_id = url.partition("//")[2].partition(".")[0]
    return f"{url_id}.lambda-url.us-east-1.localhost:{server.port}"


@pytest.mark.parametrize(
    ("returned", "status", "body"),
    [
        (["hello", 3, True], 200, '["hello",3,true]'),
        ({"a": 1, "b": [1, 2]}, 200, '{"a":1,"b":[1,2]}'),
        ("hi!", 200, "hi!"),
        (3, 200, "3"),
        (True, 200, "true"),
        ({"statusCode": 201, "body": '{"a": 1}'}, 201, '{"a": 1}'),
        ({"statusCode": 201, "body": {"a": 1}}, 201, '{"a":1}'),
        ({"statusCode": 204}, 204, ""),
        ({"statusCode": "strange"}, 502, "Internal Server Error"),
        ({"statusCode": 200, "headers": ["a"]}, 502, "Internal Server Error"),
    ],
)
def test_a_function_url_writes_any_result(
    server: Server, function_url: str, returned: object, status: int, body: str
) -> None:
    assert at_url(server, function_url, json.dumps(returned)) == (status, body)


def test_a_function_url_does_not_show_what_its_function_failed_with(
    server: Server, function_url: str
) -> None:
    assert at_url(server, function_url, "no JSON") == (502, "Internal Server Error")


def at_url(server: Server, host: str, text: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("POST", "/", text, {"Host": host, "Content-Type": "text/plain"})
    answer = connection.getresponse()
    found = answer.status, answer.read().decode()
    connection.close()
    return found
