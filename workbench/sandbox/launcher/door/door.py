"""Stands between the gate and MiniStack: refuses the requests that AWS refuses, and passes on all others.

A request whose operation is not known passes; so does one that a rule cannot judge. Requests that carry no
signature in their headers are none of AWS's API: function URLs, API stages, presigned links and forms.
"""

import asyncio
import gzip
import io
import logging
import zlib
from collections import deque
from typing import Any

from ministack import app
from ministack.core.responses import get_account_id, request_scope, set_request_account_id

from workbench.sandbox.launcher.asgi import App, Message, Receive, Scope, Send, header_values
from workbench.sandbox.launcher.door import constraints
from workbench.sandbox.launcher.door.call import Call, Refused
from workbench.sandbox.launcher.door.models import Models
from workbench.sandbox.launcher.door.requests import (
    NotReadable,
    Requests,
    Target,
    is_query,
    read_parameters,
)
from workbench.sandbox.launcher.door.rules import checks_of
from workbench.sandbox.launcher.door.unreadable import refusal_of
from workbench.sandbox.launcher.refusals import Protocol, Refusal, answer
from workbench.sandbox.launcher.request_context import REQUEST, Route, Signer

_logger = logging.getLogger("workbench.door")
_MAX_INFLATED = 100 * 1024 * 1024


class Door:
    """The ASGI application that checks requests.

    Args:
        inner: What serves the requests that pass.
        models: The service models.
    """

    def __init__(self, inner: App, models: Models) -> None:
        self._inner = inner
        self._models = models
        self._requests = Requests(models)
        self._failed: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        context = REQUEST.get()
        signer = context.signer if context and context.route is Route.SIGNED else None
        if scope["type"] != "http" or signer is None or str(scope["path"]).startswith("/_ministack/"):
            await self._inner(scope, receive, send)
            return
        target, receive, refusal = await self._examine(scope, receive, signer)
        if target is not None and refusal is not None:
            await answer(scope, send, target.protocol, as_answer(target, refusal))
            return
        await self._inner(scope, receive, send)

    async def _examine(
        self, scope: Scope, receive: Receive, signer: Signer
    ) -> tuple[Target | None, Receive, Refused | None]:
        """Returns where a request leads, what gives its payload, and why it is refused."""
        blocks: list[bytes] = []
        pairs: list[tuple[str, str]] = []
        target: Target | None = None
        for name in self._models.missing(signer.service):
            await asyncio.to_thread(self._models.service, name)
        try:
            if is_query(scope):
                receive, blocks = await _read(receive)
                body = _inflated(scope, b"".join(blocks))
                found = self._requests.query_target(scope, signer.service, body)
                if found is None:
                    return None, receive, None
                target, pairs = found
            else:
                bucket = _bucket(scope) if signer.service == "s3" else ""
                target = self._requests.target(scope, signer.service, bucket)
                if target is None:
                    return None, receive, None
                if target.takes_payload:
                    receive, blocks = await _read(receive)
                    body = _inflated(scope, b"".join(blocks))
                else:
                    body = b""
            self._check(scope, signer, target, read_parameters(target, scope, body, pairs))
        except NotReadable as error:
            return target, receive, refusal_of(target, error) if target else None
        except Refused as refused:
            return target, receive, refused
        return target, receive, None

    def _check(self, scope: Scope, signer: Signer, target: Target, parameters: dict[str, Any]) -> None:
        service, operation = target.service.name, target.operation.name
        constraints.check(service, target.operation, parameters)
        checks = checks_of(service, operation)
        if not checks:
            return
        account_id = _account_of(signer)
        call = Call(service, operation, parameters, account_id, signer.region, signer.arn)
        with request_scope(account_id, signer.region):
            for check in checks:
                try:
                    check(call)
                except Refused:
                    raise
                except Exception as error:  # noqa: BLE001 - a rule that fails refuses nothing
                    self._log(f"{service}.{operation} {getattr(check, '__qualname__', check)}", error)

    def _log(self, where: str, error: Exception) -> None:
        """A rule that fails refuses nothing. It is logged, once: its author is to hear of it."""
        if where not in self._failed:
            self._failed.add(where)
            _logger.error("The rule failed, so the request was passed on: %s", where, exc_info=error)


def as_answer(target: Target, refused: Refused) -> Refusal:
    """Returns a refusal in the words of the service's errors: names of members, codes of older protocols."""
    service = target.service
    shape = service.error_shape(refused.code)
    status = refused.status
    message_name, fields = "message", dict(refused.fields)
    if shape is not None:
        message_name = next((name for name in shape.fields if name.lower() == "message"), "message")
        if service.name == "lambda" and "Type" in shape.fields:
            fields = {"Type": "User", **fields}
            fields = {name: value for name, value in fields.items() if value is not None}
    type_name, query_code = "", ""
    if service.is_query_compatible and target.protocol in (Protocol.JSON, Protocol.CBOR):
        query_code = str(shape.error.get("code", refused.code)) if shape is not None else refused.code
        name = shape.name if shape is not None else refused.code
        type_name = f"com.amazonaws.{service.name}#{name}"
    elif service.name == "dynamodb":
        is_model = shape is not None
        type_name = f"com.amazonaws.dynamodb.v20120810#{refused.code}" if is_model else ""
        type_name = type_name or f"com.amazon.coral.validate#{refused.code}"
    return Refusal(
        refused.code,
        refused.message,
        status,
        message_name,
        type_name,
        fields,
        service.json_version,
        query_code,
    )


def _account_of(signer: Signer) -> str:
    """The account of an access key, as MiniStack finds it."""
    key = signer.access_key_id
    with request_scope(get_account_id(), signer.region):
        set_request_account_id(app._request_account_scope(key) if app.AUTH else key)
        return str(get_account_id())


def _bucket(scope: Scope) -> str:
    host = "".join(header_values(scope["headers"], b"host"))
    return app._extract_s3_vhost_bucket(host) or ""


async def _read(receive: Receive) -> tuple[Receive, list[bytes]]:
    """Reads a payload; returns what gives it again, and its blocks."""
    messages: list[Message] = []
    while True:
        message = await receive()
        messages.append(message)
        if message["type"] != "http.request" or not message.get("more_body"):
            break
    waiting = deque(messages)

    async def again() -> Message:
        return waiting.popleft() if waiting else await receive()

    return again, [each.get("body", b"") for each in messages if each["type"] == "http.request"]


def _inflated(scope: Scope, body: bytes) -> bytes:
    if "gzip" not in "".join(header_values(scope["headers"], b"content-encoding")).lower():
        return body
    try:
        return gzip.GzipFile(fileobj=io.BytesIO(body)).read(_MAX_INFLATED)
    except (OSError, EOFError, zlib.error):
        raise NotReadable(is_syntax=True) from None
