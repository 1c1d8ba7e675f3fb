"""A server on the loopback in the place of an endpoint that the user approved, and that lies."""

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from workbench.aws.client_config import Access, StaticKeys
from workbench.aws.connection import Connection

ACCOUNT, REGION = "123456789012", "us-east-1"


def sha256_of(data: bytes) -> str:
    """CodeSha256 as AWS writes it."""
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


@dataclass
class HostileEndpoint:
    """What the server says; a test changes it at will.

    Attributes:
        package: What the link to code, or to a layer, brings.
        announced: CodeSha256 that goes with it.
        configuration: Members of the function's configuration that replace the honest ones.
        account_id: What GetCallerIdentity answers.
    """

    package: bytes = b""
    announced: str = ""
    configuration: dict[str, Any] = field(default_factory=dict)
    account_id: str = ACCOUNT
    url: str = ""
    downloads: int = 0

    def connection(self) -> Connection:
        """As the window connects."""
        return Connection.open(Access(None, REGION, self.url, StaticKeys("AKIDEXAMPLE", "secret")))

    def answer(self, path: str) -> dict[str, Any]:
        function = {
            "FunctionName": "hello",
            "FunctionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:hello",
            "Runtime": "python3.13",
            "Handler": "app.handler",
            "CodeSha256": self.announced,
            "Version": "$LATEST",
            "RevisionId": "r1",
            **self.configuration,
        }
        content = {"Location": f"{self.url}/code", "CodeSha256": self.announced}
        if path.startswith("/2018-10-31/layers"):
            return {"Content": content, "Version": 1}
        if path.partition("?")[0].rstrip("/") == "/2015-03-31/functions":
            return {"Functions": [function]}
        return {"Configuration": function, "Code": {"Location": f"{self.url}/code"}}


@contextmanager
def hostile_endpoint(package: bytes = b"") -> Iterator[HostileEndpoint]:
    """Serves a `HostileEndpoint` that tells the truth until a test changes it."""
    said = HostileEndpoint(package, sha256_of(package))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self._send(
                "text/xml",
                "<GetCallerIdentityResponse><GetCallerIdentityResult>"
                f"<Arn>arn:aws:iam::{ACCOUNT}:user/dev</Arn><UserId>A</UserId><Account>{said.account_id}</Account>"
                "</GetCallerIdentityResult></GetCallerIdentityResponse>".encode(),
            )

        def do_GET(self) -> None:
            if self.path == "/code":
                said.downloads += 1
                self._send("application/zip", said.package)
            else:
                self._send("application/json", json.dumps(said.answer(self.path)).encode())

        def _send(self, kind: str, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    said.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield said
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
