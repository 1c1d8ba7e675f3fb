"""Where MiniStack would run functions itself: WebSocket APIs, and the snapshots of SnapStart."""

import contextlib
import json
import socket
from collections.abc import Iterator
from typing import Any

import wsproto
from wsproto.events import AcceptConnection, CloseConnection, Event, Request, TextMessage

from tests.sandbox.launcher.server import Server
from tests.waiting import eventually

ECHO = """
def handler(event, context):
    context_of = event["requestContext"]
    print("GOT", context_of["eventType"], event.get("body"))
    if event.get("body") == "fail":
        raise ValueError("no")
    return {"statusCode": 200, "body": context_of["routeKey"] + " " + (event.get("body") or "")}
"""
WHERE = """
import os
INITIALIZED_AS = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
def handler(event, context):
    return [INITIALIZED_AS, os.environ["LAMBDA_TASK_ROOT"].endswith("var/task")]
"""


class Chat:
    """A client of a WebSocket API."""

    def __init__(self, server: Server, api_id: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        self._protocol = wsproto.WSConnection(wsproto.ConnectionType.CLIENT)
        self._send(Request(host=f"127.0.0.1:{server.port}", target=f"/_aws/execute-api/{api_id}/live"))
        self._events = self._received()
        assert isinstance(next(self._events), AcceptConnection)

    def __enter__(self) -> "Chat":
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._send(CloseConnection(code=1000))
        self._socket.close()

    def ask(self, text: str) -> str:
        """Sends a text; returns the next one that comes."""
        self._send(TextMessage(data=text))
        event = next(self._events)
        assert isinstance(event, TextMessage), event
        return event.data

    def _send(self, event: Event) -> None:
        self._socket.sendall(self._protocol.send(event))

    def _received(self) -> Iterator[Event]:
        while data := self._socket.recv(65536):
            self._protocol.receive_data(data)
            yield from self._protocol.events()


def web_socket_api(server: Server, function: str) -> str:
    """Makes a WebSocket API whose routes are all answered by a function; returns its id."""
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:{function}"
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"
    server.grant(function, "apigateway.amazonaws.com")
    client = server.client("apigatewayv2")
    api_id = client.create_api(
        Name=function, ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
    )["ApiId"]
    integration = client.create_integration(
        ApiId=api_id, IntegrationType="AWS_PROXY", IntegrationUri=uri, IntegrationMethod="POST"
    )["IntegrationId"]
    for key in ("$connect", "$default"):
        more = {} if key == "$connect" else {"RouteResponseSelectionExpression": "$default"}
        route = client.create_route(ApiId=api_id, RouteKey=key, Target=f"integrations/{integration}", **more)
        if more:
            client.create_route_response(ApiId=api_id, RouteId=route["RouteId"], RouteResponseKey="$default")
    client.create_stage(ApiId=api_id, StageName="live")
    return str(api_id)


def test_a_web_socket_apis_messages_are_invocations(server: Server) -> None:
    server.create("chats", ECHO)
    with Chat(server, web_socket_api(server, "chats")) as chat:
        assert chat.ask("hello") == "$default hello"
        assert chat.ask("again") == "$default again"
        failed = json.loads(chat.ask("fail"))
    assert failed.pop("message") == "Internal server error"
    assert all(failed[each] for each in ("connectionId", "requestId"))
    assert len(failed) == 2
    got = [line.strip() for line in server.lines("chats") if line.startswith("GOT")]
    assert got[1:] == ["GOT MESSAGE hello", "GOT MESSAGE again", "GOT MESSAGE fail"]
    assert got[0].startswith("GOT CONNECT")
    # In one environment, as every invocation: each has its lines.
    assert len([line for line in server.lines("chats") if line.startswith("REPORT")]) == 4


def test_a_snapstart_version_runs_as_all_others_do(server: Server, client: Any) -> None:
    server.create("snaps", WHERE, SnapStart={"ApplyOn": "PublishedVersions"})
    version = client.publish_version(FunctionName="snaps")["Version"]

    def look() -> Any:
        config = client.get_function_configuration(FunctionName="snaps", Qualifier=version)
        return config if config["State"] == "Active" else None

    assert eventually(look)["SnapStart"] == {"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"}
    answered = server.invoke("snaps", Qualifier=version)
    assert answered.payload == [version, True], json.dumps(answered.payload)
