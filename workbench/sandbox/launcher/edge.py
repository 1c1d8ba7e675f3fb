"""What stands between the socket and MiniStack for every request.

Owns: refusing (guard, gate), the request's context, the response's headers, telling that something changed.
Must not know: services.
"""

import json
import re
from collections.abc import Callable

from workbench.sandbox.launcher.asgi import App, Header, Message, Receive, Scope, Send, header_values
from workbench.sandbox.launcher.gate import Disconnected, Gate
from workbench.sandbox.launcher.guard import Guard
from workbench.sandbox.launcher.refusals import refuse
from workbench.sandbox.launcher.request_context import REQUEST, RequestContext
from workbench.sandbox.launcher.signature import SignatureFault

_READS = re.compile(r"(Get|List|Describe|Filter|BatchGet|Query|Scan|Head|Lookup|Search|Test)")
_LINEAGE = re.compile(r"Lineage=\d+:[0-9a-f]+:(\d+)")


class Edge:
    """The ASGI application that is served.

    Args:
        inner: MiniStack.
        guard: Keeps web pages out.
        gate: Keeps out whoever cannot sign.
        on_change: Called after each request that may have changed something.
    """

    def __init__(self, inner: App, guard: Guard, gate: Gate, on_change: Callable[[], None]) -> None:
        self._inner = inner
        self._guard = guard
        self._gate = gate
        self._on_change = on_change

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._inner(scope, receive, send)
            return
        refusal = self._guard.refusal(scope["headers"])
        if refusal:
            await _refuse(scope, receive, send, refusal)
            return
        try:
            admitted = await self._gate.admit(scope, receive)
            depth = _depth(scope["headers"])
            context = RequestContext(depth=depth, route=admitted.route, signer=admitted.signer)
            await self._serve(context, scope, admitted.receive, send)
        except SignatureFault as fault:
            await refuse(scope, receive, send, fault)
        except Disconnected:
            pass

    async def _serve(self, context: RequestContext, scope: Scope, receive: Receive, send: Send) -> None:
        REQUEST.set(context)

        async def send_corrected(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": _corrected(message["headers"], context)}
            await send(message)

        await self._inner(scope, receive, send_corrected)
        if _may_change(scope):
            self._on_change()


def _corrected(headers: list[Header], context: RequestContext) -> list[Header]:
    kept = [(name, value) for name, value in headers if not name.lower().startswith(b"access-control-")]
    if not context.response_id:
        return kept
    request_id = context.response_id.encode()
    return [
        (name, request_id if name.lower() in (b"x-amzn-requestid", b"x-amz-request-id") else value)
        for name, value in kept
    ]


def _depth(headers: list[Header]) -> int:
    """Returns how many functions led to this request, from the trace header that AWS's SDKs pass on."""
    match = _LINEAGE.search(" ".join(header_values(headers, b"x-amzn-trace-id")))
    return int(match[1]) if match else 0


def _may_change(scope: Scope) -> bool:
    """Reads need not be recognised all: a save that finds nothing new writes nothing."""
    if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
        return False
    target = header_values(scope["headers"], b"x-amz-target")
    operation = target[0].rpartition(".")[2] if target else str(scope["path"]).rpartition("/operation/")[2]
    return not _READS.match(operation)


async def _refuse(scope: Scope, receive: Receive, send: Send, why: str) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    body = json.dumps({"__type": "AccessDeniedException", "message": why}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})
