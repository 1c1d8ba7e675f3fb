"""Stands before the Sandbox and gives other bytes than it for every deployment package."""

import base64
import hashlib
import http.client
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.resigning import resigned
from workbench.sandbox.supervisor import Endpoint

_CODE = "/_ministack/lambda-code/"
_CODE_SHA256 = re.compile(rb'"CodeSha256":\s*"[^"]*"')
_HOP_BY_HOP = ("connection", "transfer-encoding", "content-length", "date", "server")


@contextmanager
def serving(package: bytes, endpoint: Endpoint) -> Iterator[str]:
    """The address of an endpoint that is the Sandbox, but for the code that it serves, and its hash."""
    announced = b'"CodeSha256": "%s"' % base64.b64encode(hashlib.sha256(package).digest())

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith(_CODE):
                self._answer(200, [("Content-Type", "application/zip")], package)
            else:
                self.do_POST()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            upstream = http.client.HTTPConnection("127.0.0.1", endpoint.port, timeout=30)
            # The Sandbox answers to its own name only, and puts it into the links that it gives.
            headers = {**self.headers, "Host": f"127.0.0.1:{endpoint.port}"}
            headers = resigned(self.command, self.path, headers, hashlib.sha256(body).hexdigest())
            upstream.request(self.command, self.path, body, headers)
            answer = upstream.getresponse()
            kept = [pair for pair in answer.getheaders() if pair[0].lower() not in _HOP_BY_HOP]
            here = f"http://127.0.0.1:{server.server_port}"
            content = answer.read().replace(endpoint.url.encode(), here.encode())
            self._answer(answer.status, kept, _CODE_SHA256.sub(announced, content))
            upstream.close()

        def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, name="code-server")
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
