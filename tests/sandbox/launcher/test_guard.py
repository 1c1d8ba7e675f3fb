"""Web pages cannot use the Sandbox."""

import base64
import http.client
import json

import pytest

from tests.sandbox.launcher.server import HEALTH, ROLE, Server, package, status
from workbench.sandbox.launcher.gate import Guard

PAGE = {"Sec-Fetch-Site": "cross-site"}


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, 200),
        ({"Host": "localhost:{port}"}, 200),
        ({"Host": "LOCALHOST:{port}"}, 200),
        ({"Host": "bucket.s3.localhost:{port}"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:{port}"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 403),
        ({"Host": "evil.example:{port}"}, 403),
        ({"Host": "127.0.0.1.evil.example:{port}"}, 403),
        ({"Host": "127.0.0.1"}, 403),
        ({"Host": "127.0.0.1:1"}, 403),
        ({"Host": "evil.localhost.example:{port}"}, 403),
    ],
)
def test_who_is_answered(server: Server, headers: dict[str, str], expected: int) -> None:
    filled = {name: value.format(port=server.port) for name, value in headers.items()}
    answered, names = status(
        f"{server.url}{HEALTH}", headers=server.signed(HEALTH, host=filled.get("Host", "")) | filled
    )
    assert answered == expected
    assert not [name for name in names if name.startswith("access-control-")]


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_a_drive_by_post_creates_nothing(server: Server, headers: dict[str, str]) -> None:
    """What a page can send without asking: a form's POST with a body of its own, and an image's GET."""
    server.client("lambda")  # makes the role
    code = base64.b64encode(package("def handler(event, context): pass")).decode()

    def post(name: str, headers: dict[str, str]) -> int:
        function = {"FunctionName": name, "Runtime": "python3.13", "Handler": "index.handler", "Role": ROLE}
        body = json.dumps(function | {"Code": {"ZipFile": code}}).encode()
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        signed = server.signed("/2015-03-31/functions", method="POST", body=body)
        headers = {"Content-Type": "text/plain", **signed, **headers}
        connection.request("POST", "/2015-03-31/functions", body, headers)
        answered = connection.getresponse().status
        connection.close()
        return answered

    assert post("evil", headers) == 403
    assert status(f"{server.url}/?Action=CreateQueue&QueueName=evil", headers=headers)[0] == 403
    good = f"good-{len(headers)}-{next(iter(headers))}"
    assert post(good, {}) == 201
    names = {function["FunctionName"] for function in server.client("lambda").list_functions()["Functions"]}
    assert good in names
    assert "evil" not in names
    assert not server.client("sqs").list_queues().get("QueueUrls")


def test_a_preflight_is_refused(server: Server) -> None:
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "PUT"}
    assert status(f"{server.url}/bucket", method="OPTIONS", headers=headers)[0] == 403
    _, names = status(
        f"{server.url}/bucket", method="OPTIONS", headers=server.signed("/bucket", method="OPTIONS")
    )
    assert not [name for name in names if name.startswith("access-control-")]


def test_a_runtime_api_is_closed_to_pages_too(server: Server) -> None:
    server.create(
        "api", "import os\ndef handler(event, context): return os.environ['AWS_LAMBDA_RUNTIME_API']\n"
    )
    address = server.invoke("api").payload
    url = f"http://{address}/2018-06-01/runtime/invocation/next"
    assert status(url.replace("127.0.0.1", "localhost"))[0] == 403
    for headers in ({"Origin": "https://evil.example"}, PAGE, {"Host": "evil.example"}):
        assert status(url, headers=headers)[0] == 403
    assert server.invoke("api").payload == address


def test_two_hosts_are_none() -> None:
    guard = Guard(1)
    assert guard.refusal([(b"Host", b"127.0.0.1:1")]) == ""
    assert guard.refusal([(b"host", b"127.0.0.1:1"), (b"host", b"localhost:1")])
    assert guard.refusal([])
