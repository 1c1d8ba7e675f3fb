"""Fetches code from the link that AWS gives (Code.Location of a function, Content.Location of a layer).

The request goes through the proxies that the environment names and trusts the certificates of the profile, as
botocore does. What arrives is compared with the SHA-256 that AWS announced: other bytes are refused.
"""

import base64
import contextlib
import hashlib
import http.client
import os
import re
import socket
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error, private_opener
from workbench.core.jobs import JobContext

# How long the server may stay silent. Cancel does not wait for it.
_SILENCE_S = 20
_CHUNK_BYTES = 1 << 17
_WATCH_S = 0.1
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_CA_VARIABLES = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE")
_WHAT = "The code could not be downloaded."
_AGAIN = "Open the function again."
_SHA256_BYTES = 32


@dataclass(frozen=True, slots=True)
class Download:
    """A finished download: its hash as AWS writes it (CodeSha256, base64) and its size."""

    code_sha256: str
    size_bytes: int


def download(url: str, target: Path, ctx: JobContext, *, code_sha256: str, ca_bundle: str = "") -> Download:
    """Streams a link into a file, and refuses other bytes than AWS announced.

    Args:
        url: Code.Location. Lives 10 minutes.
            Source: https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCodeLocation.html
        target: Must not exist; its folder must. Removed again when the download fails.
        ctx: The job; progress is in bytes.
        code_sha256: CodeSha256 as AWS announced it, base64.
        ca_bundle: A file of trusted certificates, as the profile names it (`Connection.ca_bundle`); else
            AWS_CA_BUNDLE, then REQUESTS_CA_BUNDLE, then the system's.

    Raises:
        WorkbenchError: The link has expired, the server is out of reach or broke off, the disk is full, or
            something else arrived than was announced.
        Cancelled: Within a moment of Cancel, also while the server is silent.
    """
    _refuse_no_hash(code_sha256)
    complete = False
    try:
        with open(target, "xb", opener=private_opener) as file, _request(url, ctx, ca_bundle) as answer:
            digest, size = hashlib.sha256(), 0
            total = int(answer.headers.get("Content-Length") or 0)
            while chunk := answer.read(_CHUNK_BYTES):
                size += len(chunk)
                ctx.progress(size, total, "Downloading the code")
                digest.update(chunk)
                _write(file, chunk, target)
            ctx.check()
            if size < total:
                raise WorkbenchError(
                    _WHAT, f"The connection was closed after {size:,} of {total:,} bytes.", "Try again."
                )
            file.flush()
            os.fsync(file.fileno())
        arrived = base64.b64encode(digest.digest()).decode()
        if arrived != code_sha256:
            raise _hash_mismatch_error(arrived, code_sha256)
        complete = True
    except urllib.error.HTTPError as error:
        raise _http_error(error) from None
    except (OSError, http.client.HTTPException) as error:
        ctx.check()  # Cancel cuts the connection, which then fails in its own way
        raise _connection_error(error, url) from error
    finally:
        if not complete:
            target.unlink(missing_ok=True)
    return Download(arrived, size)


def download_for(
    connection: Connection, url: str, code_sha256: str, target: Path, ctx: JobContext
) -> Download:
    """`download` with the certificates of a connection's profile: for a link that an answer to it gave."""
    return download(url, target, ctx, code_sha256=code_sha256, ca_bundle=connection.ca_bundle)


def _refuse_no_hash(code_sha256: str) -> None:
    try:
        is_hash = len(base64.b64decode(code_sha256, validate=True)) == _SHA256_BYTES
    except ValueError:
        is_hash = False
    if not is_hash:
        raise WorkbenchError(
            _WHAT,
            "The response has no SHA-256, so the package cannot be verified.",
            "Check the endpoint of the profile: AWS always returns CodeSha256.",
        )


def _hash_mismatch_error(arrived: str, announced: str) -> WorkbenchError:
    return WorkbenchError(
        _WHAT,
        f"Its SHA-256 is {arrived}; AWS reported {announced}. Either other code was deployed or "
        "signed a moment ago, or the package was modified in transit. The download was deleted.",
        "Refresh the function and open it again. If the problem persists, do not use this "
        "network or endpoint, and inform your administrator.",
        action="function.refresh",
    )


@contextmanager
def _request(url: str, ctx: JobContext, ca_bundle: str) -> Iterator[http.client.HTTPResponse]:
    """The open answer. Its socket is shut as soon as the job is cancelled, which ends a read that hangs."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        raise WorkbenchError(_WHAT, f"AWS returned a link with an unknown scheme: {parts.scheme}.", _AGAIN)
    sockets: list[socket.socket] = []
    handlers: list[urllib.request.BaseHandler] = [_Http(sockets), _Https(sockets, ca_bundle)]
    if parts.hostname in _LOOPBACK:
        handlers.append(urllib.request.ProxyHandler({}))
    opener = urllib.request.build_opener(*handlers)
    finished = threading.Event()
    watcher = threading.Thread(target=_cut_on_cancel, args=(ctx, sockets, finished), daemon=True)
    watcher.start()
    try:
        with opener.open(url, timeout=_SILENCE_S) as answer:
            yield answer
    finally:
        finished.set()
        watcher.join()


def _cut_on_cancel(ctx: JobContext, sockets: list[socket.socket], finished: threading.Event) -> None:
    while not finished.wait(_WATCH_S):
        if ctx.cancelled:
            for each in sockets:
                with contextlib.suppress(OSError):  # closed meanwhile
                    each.shutdown(socket.SHUT_RDWR)


class _Http(urllib.request.HTTPHandler):
    """http, remembering the socket."""

    def __init__(self, sockets: list[socket.socket]) -> None:
        super().__init__()
        self._sockets = sockets

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        sockets = self._sockets

        class Connection(http.client.HTTPConnection):
            def connect(self) -> None:
                super().connect()
                sockets.append(self.sock)

        return self.do_open(Connection, req)


class _Https(urllib.request.HTTPSHandler):
    """https, remembering the socket. Certificates, which take a moment to read, are read for https only."""

    def __init__(self, sockets: list[socket.socket], ca_bundle: str) -> None:
        super().__init__(context=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))  # without one it reads them now
        self._sockets = sockets
        self._ca_bundle = ca_bundle

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        sockets = self._sockets

        class Connection(http.client.HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                sockets.append(self.sock)

        return self.do_open(Connection, req, context=_context(self._ca_bundle))


def _context(ca_bundle: str) -> ssl.SSLContext:
    chosen = ca_bundle or next((os.environ[name] for name in _CA_VARIABLES if os.environ.get(name)), "")
    try:
        if Path(chosen).is_dir() and chosen:
            return ssl.create_default_context(capath=chosen)
        return ssl.create_default_context(cafile=chosen or None)
    except (OSError, ssl.SSLError) as error:
        raise WorkbenchError(
            _WHAT, f"The certificates in {chosen} could not be read: {error}.", "Correct AWS_CA_BUNDLE."
        ) from error


def _write(file: Any, chunk: bytes, target: Path) -> None:
    try:
        file.write(chunk)
    except OSError as error:
        raise explain_os_error(error, _WHAT, target) from error


def _http_error(error: urllib.error.HTTPError) -> WorkbenchError:
    body = error.read(4096).decode("utf-8", "replace")
    found = re.search(r"<Code>(\w+)</Code>", body)
    code = found[1] if found else f"HTTP {error.code}"
    if error.code == http.HTTPStatus.FORBIDDEN:
        return WorkbenchError(
            _WHAT,
            "The link has expired (links are valid for 10 minutes), or this network cannot reach S3.",
            _AGAIN,
            aws_code=code,
            action="function.refresh",
        )
    if error.code == http.HTTPStatus.NOT_FOUND:
        return WorkbenchError(
            _WHAT, "The code no longer exists.", _AGAIN, aws_code=code, action="function.refresh"
        )
    return WorkbenchError(
        _WHAT, f"The server returned {error.code} {error.reason}.", "Try again.", aws_code=code
    )


def _connection_error(error: Exception, url: str) -> WorkbenchError:
    host = urlsplit(url).hostname
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, ssl.SSLCertVerificationError):
        return WorkbenchError(
            _WHAT,
            f"The certificate of {host} is not trusted: {reason.verify_message}.",
            "If a proxy inspects traffic, set AWS_CA_BUNDLE to your organization's certificates.",
        )
    if isinstance(reason, TimeoutError):
        return WorkbenchError(
            _WHAT, f"{host} did not respond for {_SILENCE_S} s.", "Check the network, then try again."
        )
    return WorkbenchError(
        _WHAT, f"{host} could not be reached: {reason}.", "Check the network, then try again."
    )
