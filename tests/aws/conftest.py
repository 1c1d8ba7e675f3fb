"""Servers that answer as AWS does, or as no server should, and AWS's configuration files of a test's own."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from tests.aws_stub import aws
from workbench.aws.client_config import Access, StaticKeys
from workbench.aws.connection import Connection
from workbench.aws.error_table import Rule
from workbench.aws.session import Sessions

__all__ = ["aws"]

KEYS = StaticKeys("AKIDGIVEN", "secret")


@dataclass(frozen=True)
class Request:
    """What a client sent. `action` is the operation of a query service such as STS."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def action(self) -> str:
        return parse_qs(self.body.decode(errors="replace")).get("Action", [""])[0]

    @property
    def credential(self) -> list[str]:
        """Access key id, date, region, service, "aws4_request"."""
        return self.headers["Authorization"].partition("Credential=")[2].partition(",")[0].split("/")


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    content_type: str = "text/xml"


class AwsServer:
    """An HTTP server that keeps what was asked and answers what `reply` says; STS by default.

    Args:
        tls: Of a server that is reached by https.

    Attributes:
        connected: Number of connections, with or without a request.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Request] = []
        self.connected = 0
        self.reply: Callable[[Request], Answer] = sts
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                request = Request(self.path, dict(self.headers.items()), body)
                outer.requests.append(request)
                answer = outer.reply(request)
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.content_type)
                self.send_header("Content-Length", str(len(answer.body)))
                self.send_header("x-amzn-RequestId", "r-1")
                self.end_headers()
                self.wfile.write(answer.body)

            do_GET = do_PUT = do_DELETE = do_POST

            def handle(self) -> None:
                outer.connected += 1
                with contextlib.suppress(ssl.SSLError):  # clients hang up on a certificate
                    super().handle()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = False
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_port
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def sts(request: Request) -> Answer:
    """STS: who is it, and the keys of a role."""
    if request.action == "AssumeRole":
        return Answer(
            200,
            b"<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAROLE</AccessKeyId>"
            b"<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
            b"<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>",
        )
    return Answer(
        200,
        b"<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/me</Arn>"
        b"<UserId>U</UserId><Account>123456789012</Account></GetCallerIdentityResult>"
        b"<ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></GetCallerIdentityResponse>",
    )


@pytest.fixture
def aws_server() -> Iterator[AwsServer]:
    server = AwsServer()
    yield server
    server.close()


@contextmanager
def raw_server(behave: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that does with every connection what `behave` says, then closes it."""
    listener = socket.create_server(("127.0.0.1", 0))
    closing = threading.Event()

    def serve() -> None:
        while not closing.is_set():
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client:
                client.settimeout(5)
                if not closing.is_set():
                    behave(client)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        closing.set()
        with socket.create_connection(listener.getsockname()):
            pass  # wakes accept
        thread.join()
        listener.close()


class AwsFiles:
    """~/.aws of the test."""

    def __init__(self, home: Path) -> None:
        self._folder = home / ".aws"
        self._folder.mkdir()

    def config(self, text: str) -> Path:
        return self._write("config", text)

    def credentials(self, text: str) -> Path:
        return self._write("credentials", text)

    def _write(self, name: str, text: str) -> Path:
        path = self._folder / name
        path.write_text(text)
        return path


@pytest.fixture
def aws_files() -> AwsFiles:
    return AwsFiles(Path.home())


def through(server: AwsServer | str) -> Access:
    """Given keys, and a server in AWS's place."""
    return Access(None, "eu-central-1", server if isinstance(server, str) else server.url, KEYS)


def unopened(access: Access) -> Connection:
    """A connection that has not asked who it is."""
    return Connection(access, Sessions().get(access))


def says(rule: Rule, why: str) -> bool:
    """Whether these are a rule's words, as far as both go without what is filled in."""
    fixed = rule.why.partition("{")[0].strip()
    return why.startswith(fixed) if len(why) >= len(fixed) else fixed.startswith(why)
