"""A refused request's answer, in the form and with the code that the addressed service of AWS would give.

Sources: https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html, and AWS's answers as recorded.
"""

import json
import re
import uuid
from enum import Enum
from typing import NamedTuple
from xml.sax.saxutils import escape

from workbench.sandbox.launcher.asgi import Header, Receive, Scope, Send, header_values
from workbench.sandbox.launcher.signature import Fault, SignatureFault

_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)
_INVALID_TOKEN = "The security token included in the request is invalid."
_QUERY_SERVICES = frozenset(
    [
        "autoscaling",
        "cloudformation",
        "elasticache",
        "elasticloadbalancing",
        "iam",
        "monitoring",
        "rds",
        "sns",
        "sts",
    ]
)
_REST_PATH = re.compile(r"/(\d{4}-\d\d-\d\d/|_ministack/|restapis|apis|v2/|schedules)")


class _Protocol(Enum):
    REST_JSON = "rest-json"
    JSON = "json"
    CBOR = "cbor"
    QUERY = "query"
    EC2 = "ec2"
    S3 = "s3"


class _Words(NamedTuple):
    """The codes of JSON services, of query services and of S3, their texts, and S3's status."""

    json: str
    query: str
    s3: str
    text: str
    s3_text: str
    s3_status: int = 403


_WORDS = {
    Fault.MISSING: _Words(
        "MissingAuthenticationTokenException",
        "MissingAuthenticationToken",
        "AccessDenied",
        "Missing Authentication Token",
        "Access Denied",
    ),
    Fault.UNSUPPORTED: _Words(
        "IncompleteSignatureException",
        "IncompleteSignature",
        "InvalidRequest",
        "Unsupported AWS 'algorithm'.",
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
        400,
    ),
    Fault.INCOMPLETE: _Words(
        "IncompleteSignatureException",
        "IncompleteSignature",
        "AuthorizationHeaderMalformed",
        "The request signature does not conform to AWS standards.",
        "The authorization header that you provided is not valid.",
        400,
    ),
    Fault.UNKNOWN_KEY: _Words(
        "UnrecognizedClientException",
        "InvalidClientTokenId",
        "InvalidAccessKeyId",
        _INVALID_TOKEN,
        "The AWS Access Key Id you provided does not exist in our records.",
    ),
    Fault.EXPIRED_TOKEN: _Words(
        "ExpiredTokenException",
        "ExpiredToken",
        "ExpiredToken",
        "The security token included in the request is expired",
        "The provided token has expired.",
        400,
    ),
    Fault.SKEWED: _Words(
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "RequestTimeTooSkewed",
        "Signature expired",
        "The difference between the request time and the current time is too large.",
    ),
    Fault.EXPIRED_LINK: _Words(
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "AccessDenied",
        "Signature expired",
        "Request has expired",
    ),
    Fault.MISMATCH: _Words(
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "SignatureDoesNotMatch",
        _MISMATCH,
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method.",
    ),
    Fault.PAYLOAD: _Words(
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "XAmzContentSHA256Mismatch",
        _MISMATCH,
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
        400,
    ),
    Fault.TOO_LARGE: _Words(
        "RequestEntityTooLargeException",
        "RequestEntityTooLarge",
        "EntityTooLarge",
        "The request is too large.",
        "Your proposed upload exceeds the maximum allowed size.",
        400,
    ),
}


async def refuse(scope: Scope, receive: Receive, send: Send, fault: SignatureFault) -> None:
    """Answers that a request is not signed as it should be."""
    protocol = _protocol(scope, fault.service)
    words = _WORDS[fault.fault]
    status, content_type, body, more = _document(protocol, words, fault)
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    request_id = str(uuid.uuid4()).encode()
    headers: list[Header] = [
        (b"content-type", content_type),
        (b"content-length", str(len(body)).encode()),
        (b"x-amzn-requestid", request_id),
        (b"x-amz-request-id", request_id),
        *more,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def _document(
    protocol: _Protocol, words: _Words, fault: SignatureFault
) -> tuple[int, bytes, bytes, list[Header]]:
    text = fault.detail or words.text
    if protocol is _Protocol.S3:
        detail = fault.detail if fault.fault is Fault.INCOMPLETE else ""
        error = f"<Code>{words.s3}</Code><Message>{escape(detail or words.s3_text)}</Message>"
        return words.s3_status, b"application/xml", f"<Error>{error}</Error>".encode(), []
    if protocol in (_Protocol.QUERY, _Protocol.EC2):
        error = f"<Code>{words.query}</Code><Message>{escape(text)}</Message>"
        if protocol is _Protocol.EC2:
            document = f"<Response><Errors><Error>{error}</Error></Errors></Response>"
        else:
            document = f"<ErrorResponse><Error><Type>Sender</Type>{error}</Error></ErrorResponse>"
        status = 400 if fault.fault is Fault.INCOMPLETE else 403
        return status, b"text/xml", document.encode(), []
    kind = (b"x-amzn-errortype", words.json.encode())
    if protocol is _Protocol.CBOR:
        pairs = (("__type", words.json), ("message", text))
        body = b"\xa2" + b"".join(_cbor(name) + _cbor(value) for name, value in pairs)
        return 400, b"application/cbor", body, [kind, (b"smithy-protocol", b"rpc-v2-cbor")]
    if protocol is _Protocol.JSON:
        return (
            400,
            b"application/x-amz-json-1.1",
            json.dumps({"__type": words.json, "message": text}).encode(),
            [],
        )
    return 403, b"application/json", json.dumps({"message": text}).encode(), [kind]


def _cbor(text: str) -> bytes:
    data = text.encode()
    return b"\x79" + len(data).to_bytes(2, "big") + data


def _protocol(scope: Scope, service: str) -> _Protocol:
    headers: list[Header] = list(scope["headers"])
    content_type = "".join(header_values(headers, b"content-type"))
    if "rpc-v2-cbor" in header_values(headers, b"smithy-protocol"):
        return _Protocol.CBOR
    if header_values(headers, b"x-amz-target"):
        return _Protocol.JSON
    if service == "ec2":
        return _Protocol.EC2
    is_query = b"Action=" in scope["query_string"] or content_type.startswith(
        "application/x-www-form-urlencoded"
    )
    if is_query or service in _QUERY_SERVICES:
        return _Protocol.QUERY
    if service not in ("", "s3") or _REST_PATH.match(scope["path"]):
        return _Protocol.REST_JSON
    return _Protocol.S3
