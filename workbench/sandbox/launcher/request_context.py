"""What one HTTP request and the invocations that follow from it share, and the types of ASGI.

The context variables are copied into the threads that MiniStack starts for a request, so an asynchronous
invocation still finds the request id its caller was given.
"""

import json
import uuid
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from workbench.sandbox.launcher.keys import Identity


class RequestKind(Enum):
    """What may serve a request: SIGNED is anything that MiniStack finds, the others are one handler each."""

    SIGNED = "signed"
    FUNCTION_URL = "function URL"
    API = "API"
    CALLBACK = "callback"
    FORM = "form"
    """A form that uploads to S3: its policy is signed, not the request."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed a request in its headers, and for what.

    Attributes:
        service: As signatures name it ("monitoring" is CloudWatch).
        identity: Whom the function that signed acts as; None when it is no function.
    """

    access_key_id: str
    service: str
    region: str
    identity: Identity | None = None


@dataclass(slots=True)
class RequestContext:
    """One request to the Sandbox.

    Attributes:
        response_id: Replaces MiniStack's x-amzn-RequestId in the response when it is set.
        client_context: Decoded X-Amz-Client-Context.
        depth: How many functions of one chain led to this request.
        signer: Who signed its headers; None for links, forms and what needs no signature.
        executed_version: Of the function that was invoked, once it runs.
    """

    response_id: str = ""
    client_context: str = ""
    depth: int = 0
    kind: RequestKind = RequestKind.SIGNED
    signer: Signer | None = None
    executed_version: str = ""


@dataclass(frozen=True, slots=True)
class Caller:
    """Says which invocation is meant: other functions run in the same context get ids of their own."""

    function_name: str
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))


REQUEST: ContextVar[RequestContext | None] = ContextVar("workbench_request", default=None)
CALLER: ContextVar[Caller | None] = ContextVar("workbench_caller", default=None)


Header = tuple[bytes, bytes]
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def header_values(headers: Iterable[Header], name: bytes) -> list[str]:
    """Returns all values of a header; `name` in lower case."""
    return [value.decode("latin-1") for key, value in headers if key.lower() == name]


async def send_json(send: Send, status: int, value: object) -> None:
    """Answers a request with JSON."""
    body = json.dumps(value).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def close_web_socket(receive: Receive, send: Send) -> None:
    """Refuses a connection."""
    await receive()
    await send({"type": "websocket.close", "code": 1008})
