"""Who may move the Sandbox's clock and set its pace: the program, whatever a function signs or names."""

import base64
import hashlib
import hmac
import json
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest

from tests.sandbox.launcher.server import Server
from workbench.sandbox.launcher.signature import Identity, RunKeys

PATH = "/_workbench/clock"
BODY = json.dumps({"advance_s": 1}).encode()


def post(url: str, **headers: str) -> tuple[int, bytes]:
    request = urllib.request.Request(url, method="POST", data=BODY, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def link(secret: str, path: str) -> str:
    """A link with a Version 2 signature, which S3's other requests may have."""
    expires = str(int(time.time()) + 60)
    text = f"POST\n\ntext/plain\n{expires}\n{path}"
    signature = base64.b64encode(hmac.digest(secret.encode(), text.encode(), hashlib.sha1)).decode()
    fields = {"AWSAccessKeyId": "000000000000", "Expires": expires, "Signature": signature}
    return f"{path}?{urllib.parse.urlencode(fields)}"


@pytest.mark.parametrize("path", [PATH, "/_ministack/reset"])
def test_a_function_cannot_by_its_key_nor_by_a_link(server: Server, path: str) -> None:
    keys = RunKeys(server.run_secret)
    key = keys.of_function("000000000000", keys.token_of(Identity("r", "f")))
    signed = server.signed(path, method="POST", body=BODY, secret=key)
    assert post(f"{server.url}{path}", **signed)[0] == 403
    assert post(f"{server.url}{link(key, path)}", **{"Content-Type": "text/plain"})[0] == 403
    assert post(f"{server.url}{path}")[0] == 403


def test_an_open_api_is_no_way_to_it(server: Server) -> None:
    server.create("behind", "def handler(event, context): return 'from the function'\n")
    http = server.client("apigatewayv2")
    api = http.create_api(
        Name="open", ProtocolType="HTTP", Target="arn:aws:lambda:us-east-1:000000000000:function:behind"
    )["ApiId"]
    host = f"{api}.execute-api.localhost:{server.port}"
    status, body = post(f"{server.url}{PATH}", Host=host)
    assert (status, body) != (200, b"{}")


def test_the_program_can(server: Server) -> None:
    assert server.control("clock", advance_s=1) == 200
