"""Lets in the requests that are signed with a secret of this run, and those that AWS asks no signature of."""

import hashlib
import time
from collections import deque
from collections.abc import AsyncIterator
from typing import NamedTuple

from ministack import app

from workbench.sandbox.launcher.asgi import Message, Receive, Scope, header_values
from workbench.sandbox.launcher.control import CONTROL
from workbench.sandbox.launcher.keys import RunKeys
from workbench.sandbox.launcher.request_context import Route, Signer
from workbench.sandbox.launcher.signature import (
    Fault,
    LinkSignature,
    Request,
    Signature,
    SignatureFault,
    check_time,
    is_form_signed_by,
    is_link_signed_by,
    is_signed_by,
    read_signature,
)
from workbench.sandbox.launcher.unsigned import route_of

# A request is kept in memory before its sender is known. Source: Lambda quotas, 50 MB zipped (base64: 67 MB).
# S3's larger payloads are named by their hash and need not be kept.
_MAX_KEPT_BYTES = 100 * 1024 * 1024
# MiniStack's settings and its reset of all accounts: for the program, not for functions and their users.
_CONTROL = ("/_ministack/", CONTROL)
_NO_PAYLOAD = hashlib.sha256(b"").hexdigest()


class Disconnected(Exception):
    """The client left before its request was complete."""


class Admitted(NamedTuple):
    """A request that is let in.

    Attributes:
        route: What may serve it.
        receive: Where its payload is to be read from.
        signer: Who signed its headers, if they are signed.
    """

    route: Route
    receive: Receive
    signer: Signer | None = None


class Gate:
    """Checks every request.

    Args:
        keys: Has the secrets of this run.
    """

    def __init__(self, keys: RunKeys) -> None:
        self._keys = keys

    async def admit(self, scope: Scope, receive: Receive) -> Admitted:
        """Returns what may serve a request, where its payload is to be read from, and who asks.

        Raises:
            SignatureFault: It is not let in. Reading a payload that is not the signed one raises it too.
            Disconnected: There is nobody to answer.
        """
        route = route_of(scope)
        if route is not Route.SIGNED:
            return Admitted(route, receive)
        request = Request(
            str(scope.get("method", "GET")), scope["raw_path"], scope["query_string"], tuple(scope["headers"])
        )
        try:
            signature = read_signature(request)
        except SignatureFault as fault:
            if fault.fault is Fault.MISSING and _is_form(scope):
                return Admitted(Route.FORM, await self._check_form(scope, receive))
            raise
        if isinstance(signature, LinkSignature):
            if _is_control(scope, request.method):
                raise SignatureFault(Fault.MISMATCH, service="s3")
            self._check_link(scope, request, signature)
            return Admitted(route, receive)
        check_time(signature, time.time())
        receive = await self._check(scope, request, signature, receive)
        if signature.expires_s is not None:
            return Admitted(route, receive)
        identity = self._keys.identity_of(signature.token) if signature.token else None
        signer = Signer(signature.access_key_id, signature.service, signature.region, identity)
        return Admitted(route, receive, signer)

    async def _check(self, scope: Scope, request: Request, signature: Signature, receive: Receive) -> Receive:
        secrets = self._secrets_of(signature.access_key_id, signature.token, signature.service)
        if _is_control(scope, request.method):
            secrets = [self._keys.of_program(signature.access_key_id)]
        payload_hash = signature.payload_hash
        if payload_hash is None and scope["type"] == "websocket":
            payload_hash = _NO_PAYLOAD
        if payload_hash is None:
            payload_hash, receive = await _keep(receive, signature.service)
        if not any(is_signed_by(secret, request, signature, payload_hash) for secret in secrets):
            raise SignatureFault(Fault.MISMATCH, service=signature.service)
        expected = signature.payload_sha256
        return _comparing(receive, expected, signature.service) if expected else receive

    def _check_link(self, scope: Scope, request: Request, link: LinkSignature) -> None:
        secrets = self._secrets_of(link.access_key_id, link.token, "s3")
        if int(link.expires) < time.time():
            raise SignatureFault(Fault.EXPIRED_LINK, service="s3")
        bucket = app._extract_s3_vhost_bucket("".join(header_values(scope["headers"], b"host"))) or ""
        if not any(is_link_signed_by(secret, request, link, bucket) for secret in secrets):
            raise SignatureFault(Fault.MISMATCH, service="s3")

    async def _check_form(self, scope: Scope, receive: Receive) -> Receive:
        body = b"".join([block async for block in _blocks(receive, "s3")])
        content_type = "".join(header_values(scope["headers"], b"content-type"))
        fields = {
            name.lower(): value.decode("utf-8", "replace")
            for name, _, _, value in app._get_module("s3")._parse_multipart_form(content_type, body)
            if name != "file"
        }
        access_key_id = fields.get("x-amz-credential", "").partition("/")[0] or fields.get(
            "awsaccesskeyid", ""
        )
        if not access_key_id:
            raise SignatureFault(Fault.MISSING, service="s3")
        secrets = self._secrets_of(access_key_id, fields.get("x-amz-security-token", ""), "s3")
        if not any(is_form_signed_by(secret, fields) for secret in secrets):
            raise SignatureFault(Fault.MISMATCH, service="s3")
        return _replay([body], receive)

    def _secrets_of(self, access_key_id: str, token: str, service: str) -> list[str]:
        try:
            return self._keys.secrets_of(access_key_id, token)
        except SignatureFault as fault:
            raise SignatureFault(fault.fault, service=service) from None


def _is_control(scope: Scope, method: str) -> bool:
    return method != "GET" and str(scope["path"]).startswith(_CONTROL)


def _is_form(scope: Scope) -> bool:
    content_type = "".join(header_values(scope["headers"], b"content-type"))
    is_post = scope["type"] == "http" and scope["method"] == "POST"
    return is_post and not scope["query_string"] and content_type.startswith("multipart/form-data")


async def _keep(receive: Receive, service: str) -> tuple[str, Receive]:
    """Reads a payload; returns its hash, and what gives it again."""
    sha256, kept = hashlib.sha256(), []
    async for block in _blocks(receive, service):
        sha256.update(block)
        kept.append(block)
    return sha256.hexdigest(), _replay(kept, receive)


async def _blocks(receive: Receive, service: str) -> AsyncIterator[bytes]:
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise Disconnected
        block: bytes = message.get("body", b"")
        size += len(block)
        if size > _MAX_KEPT_BYTES:
            raise SignatureFault(Fault.TOO_LARGE, service=service)
        yield block
        if not message.get("more_body"):
            return


def _replay(blocks: list[bytes], receive: Receive) -> Receive:
    waiting = deque(blocks)

    async def again() -> Message:
        if not waiting:
            return await receive()
        block = waiting.popleft()
        return {"type": "http.request", "body": block, "more_body": bool(waiting)}

    return again


def _comparing(receive: Receive, expected: str, service: str) -> Receive:
    """Passes a payload on, and fails at its end when it is not the one that was signed."""
    sha256 = hashlib.sha256()

    async def compared() -> Message:
        message = await receive()
        if message["type"] == "http.request":
            sha256.update(message.get("body", b""))
            if not message.get("more_body") and sha256.hexdigest() != expected:
                raise SignatureFault(Fault.PAYLOAD, service=service)
        return message

    return compared
