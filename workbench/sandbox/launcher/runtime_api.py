"""The Lambda Runtime API of one execution environment, on a loopback port of its own.

Everything runs on one event loop, so that nothing here needs a lock.

Only the environment's runtime may take its events and answer them: its address, AWS_LAMBDA_RUNTIME_API, ends
in a path that nobody can guess ("127.0.0.1:4711/SECRET"; runtimes put "http://" before it and their own paths
behind it), and the peer has to be the same user.

Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import asyncio
import contextlib
import hmac
import json
import re
import secrets
from dataclasses import dataclass, field
from typing import cast

import h11

from workbench.sandbox.launcher.peer import is_own_peer

# Source: Lambda quotas, "invocation payload, synchronous: 6 MB each", as the service counts it.
LARGEST_RESPONSE_BYTES = 6_291_556
# awslambdaric sends its X-Ray fault, up to 1 MB, as a header.
_LARGEST_HEADER_BYTES = 2 * 1024 * 1024
_RESULT = re.compile(r"/2018-06-01/runtime/invocation/([^/]+)/(response|error)")
_Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Invocation:
    """What a runtime is given for one event."""

    request_id: str
    payload: bytes
    deadline_ms: int
    function_arn: str
    trace_id: str
    client_context: str = ""


@dataclass(frozen=True, slots=True)
class RuntimeAnswer:
    """What a runtime, or the platform in its place, answers: a result or an error document."""

    payload: bytes
    is_error: bool
    error_type: str = ""


def runtime_error(error_type: str, message: str) -> RuntimeAnswer:
    """Builds the answer that the platform gives when the runtime cannot."""
    return RuntimeAnswer(
        json.dumps({"errorType": error_type, "errorMessage": message}).encode(), True, error_type
    )


@dataclass(slots=True)
class _Pending:
    invocation: Invocation
    answer: "asyncio.Future[RuntimeAnswer]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class RuntimeApi:
    """Serves one environment: first poll, one invocation at a time, its answer."""

    def __init__(self) -> None:
        self.address = ""
        self._host = ""
        self._root = f"/{secrets.token_urlsafe(24)}"
        self.ready: asyncio.Future[RuntimeAnswer | None] = asyncio.get_running_loop().create_future()
        """None at the first poll; the error document when the runtime reports that it cannot start."""
        self._events: asyncio.Queue[_Pending] = asyncio.Queue()
        self._pending: _Pending | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Starts to listen; `address` is then what AWS_LAMBDA_RUNTIME_API says."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._host = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        self.address = self._host + self._root

    def close(self) -> None:
        if self._server:
            self._server.close()
        for task in self._tasks:
            task.cancel()

    def give(self, invocation: Invocation) -> "asyncio.Future[RuntimeAnswer]":
        """Hands the next event to the runtime; the future holds its answer."""
        self._pending = _Pending(invocation)
        self._events.put_nowait(self._pending)
        return self._pending.answer

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self._tasks.add(task)
        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=_LARGEST_HEADER_BYTES)
        try:
            if not is_own_peer(writer.get_extra_info("socket")):
                return
            while request := await _read_request(connection, reader):
                status, headers, body = await self._answer(*request)
                headers = [*headers, ("Content-Length", str(len(body)))]
                response = connection.send(h11.Response(status_code=status, headers=headers)) or b""
                response += connection.send(h11.Data(data=body)) or b""
                writer.write(response + (connection.send(h11.EndOfMessage()) or b""))
                await writer.drain()
                if connection.our_state is h11.MUST_CLOSE:
                    break
                connection.start_next_cycle()
        except (OSError, h11.RemoteProtocolError, h11.LocalProtocolError, asyncio.CancelledError):
            pass  # The worker ended, or what spoke was not a runtime.
        finally:
            self._tasks.discard(task)
            with contextlib.suppress(OSError):
                writer.close()

    async def _answer(
        self, request: h11.Request, body: bytes, is_too_large: bool
    ) -> tuple[int, _Headers, bytes]:
        root, path = request.target[: len(self._root)], request.target[len(self._root) :].decode("latin-1")
        if not self._is_from_a_runtime(request, root):
            return _document(403, "Forbidden", "Only the function's runtime can use this API.")
        if path == "/2018-06-01/runtime/invocation/next":
            if not self.ready.done():
                self.ready.set_result(None)
            return _event((await self._events.get()).invocation)
        if path == "/2018-06-01/runtime/init/error":
            if not self.ready.done():
                self.ready.set_result(RuntimeAnswer(body, True, _error_type(body)))
            return 202, [], b'{"status":"OK"}'
        match = _RESULT.fullmatch(path)
        pending = self._pending
        if match is None:
            return _document(404, "NotFound", "Not part of the Lambda Runtime API.")
        if pending is None or pending.invocation.request_id != match[1] or pending.answer.done():
            return _document(400, "InvalidRequestID", "Invalid request ID")
        if is_too_large:
            text = f"payload size exceeded maximum allowed payload size ({LARGEST_RESPONSE_BYTES} bytes)."
            pending.answer.set_result(runtime_error("Function.ResponseSizeTooLarge", f"Response {text}"))
            return _document(413, "RequestEntityTooLarge", text)
        is_error = match[2] == "error"
        pending.answer.set_result(RuntimeAnswer(body, is_error, _error_type(body) if is_error else ""))
        return 202, [], b'{"status":"OK"}'

    def _is_from_a_runtime(self, request: h11.Request, root: bytes) -> bool:
        """Keeps out who does not know the address, and web pages (see `guard`)."""
        headers = dict(request.headers.raw_items())
        names = {name.lower(): value.decode("latin-1") for name, value in headers.items()}
        is_page = bool({b"origin", b"sec-fetch-site"} & names.keys())
        return (
            hmac.compare_digest(root, self._root.encode())
            and names.get(b"host") == self._host
            and not is_page
        )


async def _read_request(
    connection: h11.Connection, reader: asyncio.StreamReader
) -> tuple[h11.Request, bytes, bool] | None:
    """Returns a request, its body and whether that was too large to be kept; None at the connection's end."""
    request: h11.Request | None = None
    body = bytearray()
    size = 0
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(65536))
        elif isinstance(event, h11.Request):
            request = event
        elif isinstance(event, h11.Data):
            size += len(event.data)
            if size <= LARGEST_RESPONSE_BYTES:
                body += event.data
        elif isinstance(event, h11.EndOfMessage) and request is not None:
            return request, bytes(body), size > LARGEST_RESPONSE_BYTES
        else:
            return None


def _event(invocation: Invocation) -> tuple[int, _Headers, bytes]:
    headers = [
        ("Content-Type", "application/json"),
        ("Lambda-Runtime-Aws-Request-Id", invocation.request_id),
        ("Lambda-Runtime-Deadline-Ms", str(invocation.deadline_ms)),
        ("Lambda-Runtime-Invoked-Function-Arn", invocation.function_arn),
        ("Lambda-Runtime-Trace-Id", invocation.trace_id),
    ]
    if invocation.client_context:
        headers.append(("Lambda-Runtime-Client-Context", invocation.client_context))
    return 200, headers, invocation.payload


def _document(status: int, error_type: str, message: str) -> tuple[int, _Headers, bytes]:
    return status, [], json.dumps({"errorMessage": message, "errorType": error_type}).encode()


def _error_type(document: bytes) -> str:
    try:
        found = json.loads(document)["errorType"]
    except (ValueError, KeyError, TypeError):
        return ""
    return found if isinstance(found, str) else ""
