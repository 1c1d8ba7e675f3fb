"""One HTTP request: what it shares with the invocations that it causes, the types of ASGI, its refusal.

The context variables are copied into the threads that MiniStack starts for a request, so an asynchronous
invocation still finds the request id its caller was given. A refusal has the form and the code that the
addressed service of AWS would give.

Sources: https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html, and AWS's answers as recorded.
"""

import json
import re
import uuid
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, MutableMapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from workbench_sandbox.server.signature import Fault, Identity, SignatureFault


class RequestKind(Enum):
    """What may serve a request: SIGNED is any handler of MiniStack, the others are one handler each."""

    SIGNED = "signed"
    FUNCTION_URL = "function URL"
    API = "API"
    CALLBACK = "callback"
    FORM = "form"
    """A form upload to S3: its policy is signed, not the request."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed a request, and for which service ("monitoring" is CloudWatch).

    Only functions and the sessions that they open have an identity.
    """

    access_key_id: str
    service: str
    region: str
    identity: Identity | None = None


@dataclass(slots=True)
class RequestContext:
    """A request to the Sandbox.

    Attributes:
        response_id: Replaces MiniStack's x-amzn-RequestId in the response if set.
        client_context: Decoded X-Amz-Client-Context.
        depth: How many functions of a chain led to this request.
        signer: None for requests that need no signature.
        executed_version: The version of the invoked function, once it runs.
        form: The signed fields of a form upload, by names in lower case.
        checked_service: The service that a function's request was checked for, by botocore's name. No other
            may serve it.
        raw_headers: Names and values as the client wrote them.
    """

    response_id: str = ""
    client_context: str = ""
    depth: int = 0
    kind: RequestKind = RequestKind.SIGNED
    signer: Signer | None = None
    executed_version: str = ""
    form: Mapping[str, str] = field(default_factory=dict)
    checked_service: str = ""
    raw_headers: Sequence[tuple[bytes, bytes]] = ()

    @property
    def is_of_function(self) -> bool:
        """Whether a function has signed the request, or a session that a function has opened."""
        return self.signer is not None and self.signer.identity is not None


@dataclass(frozen=True, slots=True)
class Caller:
    """Identifies an invocation: other functions that run in the same context get their own ids."""

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


class Disconnected(Exception):
    """The client disconnected before its request was complete."""


async def blocks_of(receive: Receive) -> AsyncIterator[bytes]:
    """Yields the payload of a request.

    Raises:
        Disconnected: The client is gone.
    """
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise Disconnected
        yield message.get("body", b"")
        if not message.get("more_body"):
            return


def replay(blocks: Iterable[bytes], receive: Receive) -> Receive:
    """Returns a function that reads these blocks, then what `receive` does."""
    waiting = deque(blocks)

    async def again() -> Message:
        if not waiting:
            return await receive()
        block = waiting.popleft()
        return {"type": "http.request", "body": block, "more_body": bool(waiting)}

    return again


async def send_json(send: Send, status: int, value: object) -> None:
    """Sends a JSON response."""
    body = json.dumps(value).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def close_web_socket(receive: Receive, send: Send) -> None:
    """Refuses a WebSocket connection."""
    await receive()
    await send({"type": "websocket.close", "code": 1008})


_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)
_INVALID_TOKEN = "The security token included in the request is invalid."
_QUERY_SERVICES = frozenset({
    "autoscaling", "cloudformation", "elasticache", "elasticloadbalancing", "iam", "monitoring", "rds", "sns",
    "sts",
})  # fmt: skip
_REST_PATH = re.compile(r"/(\d{4}-\d\d-\d\d/|_ministack/|restapis|apis|v2/|schedules)")


class Protocol(Enum):
    """The wire protocol of a service; S3 is REST with XML, with its own error format."""

    REST_JSON = "rest-json"
    REST_XML = "rest-xml"
    JSON = "json"
    CBOR = "cbor"
    CBOR_1_1 = "cbor-1.1"
    """Used by Java's SDK for Kinesis: the JSON protocol with CBOR documents."""
    QUERY = "query"
    EC2 = "ec2"
    S3 = "s3"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error as a service answers it.

    Attributes:
        message_name: Name of the message member in the error's shape.
        type_name: Value of `__type`; the code if ''.
        fields: Further members of the error's shape.
        json_version: Version of the JSON protocol.
        query_code: The service's code before it changed to JSON or CBOR; sent in a header.
    """

    code: str
    text: str
    status: int
    message_name: str = "message"
    type_name: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    json_version: str = "1.1"
    query_code: str = ""


class _ErrorTexts(NamedTuple):
    """The codes of JSON services, of query services and of S3, their texts, and the status.

    Attributes:
        s3_status: The HTTP status in S3's answer.
        status: The HTTP status in the other services' answers; 0 for the protocol's usual one.
    """

    json: str
    query: str
    s3: str
    text: str
    s3_text: str
    s3_status: int = 403
    status: int = 0


_TEXTS_OF_FAULTS = {
    Fault.MISSING: _ErrorTexts(
        "MissingAuthenticationTokenException", "MissingAuthenticationToken", "AccessDenied",
        "Missing Authentication Token", "Access Denied",
    ),
    Fault.UNSUPPORTED: _ErrorTexts(
        "IncompleteSignatureException", "IncompleteSignature", "InvalidRequest",
        "Unsupported AWS 'algorithm'.",
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.", 400,
    ),
    Fault.INCOMPLETE: _ErrorTexts(
        "IncompleteSignatureException", "IncompleteSignature", "AuthorizationHeaderMalformed",
        "The request signature does not conform to AWS standards.",
        "The authorization header that you provided is not valid.", 400,
    ),
    Fault.UNKNOWN_KEY: _ErrorTexts(
        "UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId",
        _INVALID_TOKEN, "The AWS Access Key Id you provided does not exist in our records.",
    ),
    Fault.EXPIRED_TOKEN: _ErrorTexts(
        "ExpiredTokenException", "ExpiredToken", "ExpiredToken",
        "The security token included in the request is expired", "The provided token has expired.", 400,
    ),
    Fault.SKEWED: _ErrorTexts(
        "InvalidSignatureException", "SignatureDoesNotMatch", "RequestTimeTooSkewed",
        "Signature expired", "The difference between the request time and the current time is too large.",
    ),
    Fault.EXPIRED_LINK: _ErrorTexts(
        "InvalidSignatureException", "SignatureDoesNotMatch", "AccessDenied",
        "Signature expired", "Request has expired",
    ),
    Fault.MISMATCH: _ErrorTexts(
        "InvalidSignatureException", "SignatureDoesNotMatch", "SignatureDoesNotMatch",
        _MISMATCH,
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method.",
    ),
    Fault.PAYLOAD: _ErrorTexts(
        "InvalidSignatureException", "SignatureDoesNotMatch", "XAmzContentSHA256Mismatch",
        _MISMATCH, "The provided 'x-amz-content-sha256' header does not match what was computed.", 400,
    ),
    Fault.TOO_LARGE: _ErrorTexts(
        "RequestEntityTooLargeException", "RequestEntityTooLarge", "EntityTooLarge",
        "The request is too large.", "Your proposed upload exceeds the maximum allowed size.", 400,
    ),
    Fault.BUSY: _ErrorTexts(
        "ServiceUnavailableException", "ServiceUnavailable", "SlowDown",
        "The request has failed due to a temporary failure of the server.",
        "Please reduce your request rate.", 503, 503,
    ),
}  # fmt: skip


async def refuse(scope: Scope, receive: Receive, send: Send, fault: SignatureFault) -> None:
    """Answers that a request is not signed correctly."""
    if scope["type"] == "websocket":
        await close_web_socket(receive, send)
        return
    protocol = protocol_of(scope, fault.service)
    await answer(scope, send, protocol, _of_fault(protocol, _TEXTS_OF_FAULTS[fault.fault], fault))


async def answer(scope: Scope, send: Send, protocol: Protocol, refusal: Refusal) -> None:
    """Sends an error in the protocol's format."""
    request_id = str(uuid.uuid4())
    content_type, body, more = _document(protocol, refusal, request_id)
    headers: list[Header] = [
        (b"content-type", content_type),
        (b"content-length", str(len(body)).encode()),
        (b"x-amzn-requestid", request_id.encode()),
        (b"x-amz-request-id", request_id.encode()),
        *more,
    ]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def _of_fault(protocol: Protocol, texts: _ErrorTexts, fault: SignatureFault) -> Refusal:
    text = fault.detail or texts.text
    if protocol is Protocol.S3:
        detail = fault.detail if fault.fault is Fault.INCOMPLETE else ""
        return Refusal(texts.s3, detail or texts.s3_text, texts.s3_status)
    if protocol in (Protocol.QUERY, Protocol.EC2, Protocol.REST_XML):
        return Refusal(texts.query, text, texts.status or (400 if fault.fault is Fault.INCOMPLETE else 403))
    return Refusal(texts.json, text, texts.status or (403 if protocol is Protocol.REST_JSON else 400))


def _document(protocol: Protocol, refusal: Refusal, request_id: str) -> tuple[bytes, bytes, list[Header]]:
    if protocol in (Protocol.S3, Protocol.QUERY, Protocol.EC2, Protocol.REST_XML):
        return _xml(protocol, refusal, request_id)
    code = refusal.type_name or refusal.code
    more = [(b"x-amzn-query-error", f"{refusal.query_code};Sender".encode())] if refusal.query_code else []
    kind = (b"x-amzn-errortype", refusal.code.encode())
    fields = {refusal.message_name: refusal.text, **refusal.fields}
    if protocol in (Protocol.CBOR, Protocol.CBOR_1_1):
        import cbor2  # rarely needed

        body = cbor2.dumps({"__type": code, **fields})
        if protocol is Protocol.CBOR_1_1:
            return b"application/x-amz-cbor-1.1", body, [kind]
        return b"application/cbor", body, [kind, (b"smithy-protocol", b"rpc-v2-cbor"), *more]
    if protocol is Protocol.JSON:
        content_type = f"application/x-amz-json-{refusal.json_version}".encode()
        return content_type, json.dumps({"__type": code, **fields}).encode(), more
    return b"application/json", json.dumps(fields).encode(), [kind]


def _xml(protocol: Protocol, refusal: Refusal, request_id: str) -> tuple[bytes, bytes, list[Header]]:
    error = f"<Code>{escape(refusal.code)}</Code><Message>{_xml_text(refusal.text)}</Message>"
    error += "".join(f"<{name}>{_xml_text(str(each))}</{name}>" for name, each in refusal.fields.items())
    if protocol is Protocol.S3:
        document = f"<Error>{error}<RequestId>{request_id}</RequestId></Error>"
        return b"application/xml", document.encode(), []
    if protocol is Protocol.EC2:
        error = f"<Errors><Error>{error}</Error></Errors><RequestID>{request_id}</RequestID>"
        return b"text/xml;charset=UTF-8", f"<Response>{error}</Response>".encode(), []
    whose = "Sender" if refusal.status < 500 else "Receiver"
    error = f"<Error><Type>{whose}</Type>{error}</Error><RequestId>{request_id}</RequestId>"
    return b"text/xml", f"<ErrorResponse>{error}</ErrorResponse>".encode(), []


_NOT_XML = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")


def _xml_text(text: str) -> str:
    """Drops characters that XML cannot contain, which come from the request."""
    return escape(_NOT_XML.sub("?", text))


def protocol_of(scope: Scope, service: str) -> Protocol:
    """Returns the protocol that a request to a service seems to use."""
    headers: list[Header] = list(scope["headers"])
    content_type = "".join(header_values(headers, b"content-type"))
    if "rpc-v2-cbor" in header_values(headers, b"smithy-protocol"):
        return Protocol.CBOR
    if header_values(headers, b"x-amz-target"):
        return Protocol.JSON
    if service == "ec2":
        return Protocol.EC2
    is_query = b"Action=" in scope["query_string"] or content_type.startswith(
        "application/x-www-form-urlencoded"
    )
    if is_query or service in _QUERY_SERVICES:
        return Protocol.QUERY
    if service not in ("", "s3") or _REST_PATH.match(scope["path"]):
        return Protocol.REST_JSON
    return Protocol.S3
