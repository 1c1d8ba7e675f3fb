"""The door calls the rules of an operation in order, and a rule that fails refuses nothing."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.launcher.server import ROLE, Server
from workbench.sandbox.launcher.door import door as door_module
from workbench.sandbox.launcher.door.authorization import Permissions
from workbench.sandbox.launcher.door.door import Door
from workbench.sandbox.launcher.door.models import Models
from workbench.sandbox.launcher.door.rules import Call, Refused
from workbench.sandbox.launcher.request_context import (
    REQUEST,
    Message,
    Receive,
    RequestContext,
    Scope,
    Send,
    Signer,
)
from workbench.sandbox.launcher.signature import Identity, RunKeys

BODY = b'{"QueueName": "q", "Attributes": {"DelaySeconds": "1"}}'
SCOPE: dict[str, Any] = {
    "type": "http",
    "method": "POST",
    "path": "/",
    "raw_path": b"/",
    "query_string": b"",
    "headers": [
        (b"host", b"127.0.0.1:1"),
        (b"x-amz-target", b"AmazonSQS.CreateQueue"),
        (b"content-type", b"application/x-amz-json-1.0"),
    ],
}


class Inner:
    """What serves the requests that pass; it reads their payload."""

    def __init__(self) -> None:
        self.served: list[bytes] = []

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        self.served.append(body)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def ask(inner: Inner, monkeypatch: pytest.MonkeyPatch, *checks: Any) -> list[Message]:
    """Sends one request, in two blocks, through a door with these checks; returns the answer."""
    monkeypatch.setattr(door_module, "checks_of", lambda *_: checks)
    door = Door(inner, Models(), Permissions())
    blocks = [BODY[:20], BODY[20:]]
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": blocks.pop(0), "more_body": bool(blocks)}

    async def send(message: Message) -> None:
        sent.append(message)

    async def run() -> None:
        REQUEST.set(RequestContext(signer=Signer("123456789012", "sqs", "eu-west-1")))
        await door(dict(SCOPE), receive, send)

    asyncio.run(run())
    return sent


def test_rules_see_the_call_and_refuse_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Call] = []

    def refuse(_call: Call) -> None:
        raise Refused("QueueNameExists", "no", 409, {"Detail": "d"})

    inner = Inner()
    sent = ask(inner, monkeypatch, seen.append, refuse, seen.append)
    (call,) = seen
    assert call == Call(
        "sqs",
        "CreateQueue",
        {"QueueName": "q", "Attributes": {"DelaySeconds": "1"}},
        "123456789012",
        "eu-west-1",
    )
    assert (sent[0]["status"], inner.served) == (409, [])
    assert (b"x-amzn-query-error", b"QueueAlreadyExists;Sender") not in sent[0]["headers"]
    assert (b"x-amzn-query-error", b"QueueNameExists;Sender") in sent[0]["headers"]


def test_a_rule_that_fails_refuses_nothing_and_is_logged_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, expect_log: Callable[[str], None]
) -> None:
    expect_log("The rule failed, so the request was passed on: sqs.CreateQueue .*broken")

    def broken(_call: Call) -> None:
        raise KeyError("nobody thought of this")

    inner = Inner()
    with caplog.at_level(logging.ERROR):
        sent = ask(inner, monkeypatch, broken, broken)
    assert (sent[0]["status"], inner.served) == (200, [BODY])
    assert ["nobody thought" in str(record.exc_info) for record in caplog.records] == [True]


def test_a_function_asks_as_its_execution_role(tmp_path: Path) -> None:
    """The session token of a function names its role, and one that is forged names none."""
    keys = RunKeys("5" * 64)
    function_arn = "arn:aws:lambda:us-east-1:123456789012:function:f"
    identity = Identity("arn:aws:iam::123456789012:role/é", function_arn)
    token = keys.token_of(identity)
    assert keys.identity_of(token) == identity
    assert RunKeys("6" * 64).identity_of(token) is None
    assert [keys.identity_of(each) for each in ("", "!", "é", "AAAA", token[:-4], "A" * 100)] == [None] * 6
    source = (
        "import boto3, os\n"
        "def handler(event, context):\n"
        "    boto3.client('sqs').list_queues()\n"
        "    return os.environ['AWS_SESSION_TOKEN']\n"
    )
    with Server(tmp_path) as server:
        server.create("asks", source, Timeout=30)
        found = RunKeys(server.run_secret).identity_of(server.invoke("asks").payload)
        assert found == Identity(ROLE, "arn:aws:lambda:us-east-1:000000000000:function:asks")
