"""Requests to what a function answers, against a server of this test."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.aws_stub import StubbedAws
from workbench.aws.connection import post, resolve_endpoint
from workbench.core.errors import WorkbenchError

URL_ID = "a" * 32


class _Server(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen: list[tuple[str, str, bytes]] = []


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        self.server.seen.append((self.command, self.headers.get("Authorization", ""), body))
        self.send_response(403 if self.path == "/closed" else 200)
        self.send_header("x-amzn-ErrorType", "ForbiddenException:http://aws")
        self.send_header("x-amzn-RequestId", "id-1")
        answer = b"x" * 70_000
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_GET = _answer

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def server() -> Iterator[_Server]:
    server = _Server()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def _url(server: _Server, path: str) -> str:
    return f"http://127.0.0.1:{server.server_port}{path}"


def test_an_answer_of_any_status_is_an_answer(aws: StubbedAws, server: _Server) -> None:
    answer = post(aws.connection, _url(server, "/closed"), b"{}")
    assert (answer.status, answer.error_type, answer.request_id) == (403, "ForbiddenException", "id-1")
    assert len(answer.body) == 64 * 1024
    assert server.seen == [("POST", "", b"{}")]


def test_it_signs_for_the_service_that_is_asked(aws: StubbedAws, server: _Server) -> None:
    post(aws.connection, _url(server, "/"), b"{}", method="GET", sign_for="execute-api")
    ((method, authorization, body),) = server.seen
    assert (method, body) == ("GET", b"")
    assert "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/" in authorization
    assert "/eu-central-1/execute-api/aws4_request" in authorization


def test_nobody_there_is_said(aws: StubbedAws) -> None:
    with socket.socket() as probe:  # bound, and never listening: its port refuses
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}/"
        with pytest.raises(WorkbenchError, match="Could not call the URL") as failure:
            post(aws.connection, url, b"{}", failure="Could not call the URL.")
    assert failure.value.aws_code == "EndpointConnectionError"


@pytest.mark.parametrize(
    ("url", "there"),
    [
        (f"https://{URL_ID}.lambda-url.eu-central-1.on.aws/a?b=1", f"/_aws/lambda-url/{URL_ID}/a?b=1"),
        ("https://abcd1234.execute-api.eu-west-1.amazonaws.com/prod/x", "/_aws/execute-api/abcd1234/prod/x"),
        ("http://abcd1234.execute-api.localhost:4566/prod", "/_aws/execute-api/abcd1234/prod"),
    ],
)
def test_an_emulator_answers_below_its_own_address(aws: StubbedAws, url: str, there: str) -> None:
    assert resolve_endpoint(aws.connection, url) == url
    emulated = StubbedAws("http://127.0.0.1:4566/").connection
    assert resolve_endpoint(emulated, url) == f"http://127.0.0.1:4566{there}"
    assert resolve_endpoint(emulated, "https://example.com/x") == "https://example.com/x"
