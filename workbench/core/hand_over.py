"""Passes a secret URL to the user's own browser without putting it on a command line.

On Linux a browser is started with the URL as an argument, which every user of the computer can read. Instead
it gets the URL of a local server, which redirects the first request from a process of the same user.
"""

import os
import secrets
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from workbench.core.jobs import JobContext

_POLL_S = 0.2
_TCP_TABLE = Path("/proc/net/tcp")


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    timeout = _POLL_S

    def __init__(self, url: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url, self.path = url, f"/{secrets.token_urlsafe(32)}"
        self.is_fetched = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser may disconnect at any time."""


class _Handler(BaseHTTPRequestHandler):
    timeout = 2.0  # for a connection that a browser opens ahead and does not use
    server: _Server

    def do_GET(self) -> None:
        server = self.server
        is_wanted = secrets.compare_digest(self.path.encode(), server.path.encode())
        if not is_wanted or server.is_fetched or not is_own(self.client_address[1], server.server_port):
            self.send_error(404)
            return
        server.is_fetched = True
        self.send_response(303)
        for name, value in (
            ("Location", server.url),
            ("Cache-Control", "no-store"),
            ("Referrer-Policy", "no-referrer"),
            ("Content-Length", "0"),
        ):
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Logs nothing, because the path is a secret."""


def hand_over(
    url: str, open_address: Callable[[str], object], ctx: JobContext, timeout_s: float = 60.0
) -> bool:
    """Waits until the browser has fetched the URL. Returns whether it has.

    Args:
        open_address: Called with the URL for starting the browser.
        timeout_s: How long the browser may take to start.

    Raises:
        Cancelled: While waiting.
    """
    with _Server(url) as server:
        open_address(f"http://127.0.0.1:{server.server_port}{server.path}")
        end_s = time.monotonic() + timeout_s
        while not server.is_fetched and time.monotonic() < end_s:
            ctx.check()
            server.handle_request()
    return server.is_fetched


def is_own(port: int, server_port: int) -> bool:
    """Whether a local connection belongs to a process of this user.

    Source: https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html
    """
    ends = [f"0100007F:{port:04X}", f"0100007F:{server_port:04X}"]  # 127.0.0.1 in Linux's format
    rows = map(str.split, _TCP_TABLE.read_text("ascii").splitlines())
    return any(row[1:3] == ends and row[7] == str(os.getuid()) for row in rows)
