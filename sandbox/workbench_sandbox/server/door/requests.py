"""Parses an HTTP request into the operation and its parameters.

Six wire formats: JSON (1.0 and 1.1), query, EC2's query, REST with JSON, REST with XML, and RPC v2 with CBOR.
The headers tell the format; the service is the one that the request is signed for.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote
from xml.etree.ElementTree import ParseError

from workbench_sandbox.server.door.models import HttpRoute, Models, Operation, Service, Shape
from workbench_sandbox.server.door.wire import (
    Blob,
    WrongType,
    parse_xml,
    read_json,
    read_query,
    read_text,
    read_xml,
    tree,
    without_nulls,
)
from workbench_sandbox.server.request_context import Protocol, Scope, header_values

_RPC_PATH = re.compile(r"/service/(\w+)/operation/(\w+)")
_MAX_PAIRS = 50_000
_PACKAGE = re.compile(rb'"ZipFile"\s*:\s*"')
_MIN_PACKAGE = 256 * 1024
_MAX_PADDING = 64


class NotReadable(Exception):
    """The payload does not follow the protocol: text that is not JSON, or a number in place of a text.

    Attributes:
        is_syntax: Whether the whole payload cannot be parsed; otherwise one value has the wrong type.
    """

    def __init__(self, *, is_syntax: bool, value: object = None, kind: str = "", detail: str = "") -> None:
        super().__init__(kind or "syntax")
        self.is_syntax = is_syntax
        self.value = value
        self.kind = kind
        self.detail = detail


class NoOperation(Exception):
    """The service has no such operation.

    Attributes:
        detail: The requested action and version.
    """

    def __init__(self, service: Service, protocol: Protocol, detail: str = "") -> None:
        super().__init__(f"{service.name}: {detail}")
        self.service = service
        self.protocol = protocol
        self.detail = detail


@dataclass(frozen=True, slots=True)
class RequestTarget:
    """The target of a request.

    Attributes:
        labels: Decoded values of the path, by the parameter's wire name.
    """

    service: Service
    operation: Operation
    protocol: Protocol
    labels: Mapping[str, str]
    query: tuple[tuple[str, str], ...] = ()


def target_of(models: Models, scope: Scope, signed_for: str, bucket: str = "") -> RequestTarget | None:
    """Returns the target of a request if it can be told without its payload; None if unknown.

    Args:
        signed_for: The service in its signature's scope.
        bucket: The bucket in the host name.

    Raises:
        NoOperation: The service is known but has no such operation.
    """
    headers = scope["headers"]
    unknown: NoOperation | None = None
    for name in models.signed_as(signed_for):
        service = models.service(name)
        if service is None:
            continue
        aimed = header_values(headers, b"x-amz-target")
        if aimed and "json" in service.protocols:
            prefix, _, operation_name = aimed[0].rpartition(".")
            is_cbor = "cbor" in "".join(header_values(headers, b"content-type"))
            protocol = Protocol.CBOR_1_1 if is_cbor else Protocol.JSON
            if prefix == service.target_prefix:
                return _to(service, operation_name, protocol)
            unknown = unknown or NoOperation(service, protocol, aimed[0])
            continue
        if "rpc-v2-cbor" in header_values(headers, b"smithy-protocol"):
            match = _RPC_PATH.fullmatch(str(scope["path"]))
            return _to(service, match[2] if match else "", Protocol.CBOR)
        rest = Protocol.S3 if service.name == "s3" else _REST.get(service.protocol)
        if rest is None:
            continue
        found = _routed(service, rest, scope, bucket)
        if found:
            return found
        if rest is not Protocol.S3:  # MiniStack has S3's answers to unknown operations
            unknown = unknown or NoOperation(service, rest, str(scope["path"]))
    if unknown:
        raise unknown
    return None


def query_target_of(
    models: Models, scope: Scope, signed_for: str, body: bytes
) -> tuple[RequestTarget, list[tuple[str, str]]] | None:
    """Returns the target and parameters of a query request; None if it is not one.

    Raises:
        NotReadable: It has more parameters than any service accepts.
        NoOperation: The service has no such action.
    """
    if str(scope["method"]) not in ("POST", "GET"):
        return None
    for name in models.signed_as(signed_for):
        service = models.service(name)
        if service is None or not service.protocols & {"query", "ec2"}:
            continue
        try:
            pairs = parse_qsl(
                (scope["query_string"] + b"&" + body).decode("utf-8", "replace"),
                keep_blank_values=True,
                max_num_fields=_MAX_PAIRS,
            )
        except ValueError:
            raise NotReadable(is_syntax=True) from None
        names = dict(pairs)
        version = names.get("Version", service.api_version)
        if version != service.api_version and len(models.signed_as(signed_for)) > 1:
            continue
        if "Action" not in names and service.protocol not in ("query", "ec2"):
            continue
        protocol = Protocol.EC2 if service.protocol == "ec2" else Protocol.QUERY
        return _to(service, names.get("Action", ""), protocol), pairs
    return None


def is_query(scope: Scope) -> bool:
    """Whether a request's payload may be that of a query."""
    if header_values(scope["headers"], b"x-amz-target"):
        return False
    content_type = "".join(header_values(scope["headers"], b"content-type"))
    return content_type.startswith("application/x-www-form-urlencoded") or b"Action=" in scope["query_string"]


_REST = {"rest-json": Protocol.REST_JSON, "rest-xml": Protocol.REST_XML}


def _to(service: Service, name: str, protocol: Protocol) -> RequestTarget:
    operation = service.operation(name)
    if operation is None:
        raise NoOperation(service, protocol, name)
    return RequestTarget(service, operation, protocol, {})


def _routed(service: Service, protocol: Protocol, scope: Scope, bucket: str) -> RequestTarget | None:
    raw = scope["raw_path"].decode("latin-1").partition("?")[0]
    path = raw.removeprefix("/")
    if service.name != "s3":
        path = path.rstrip("/")
    segments = [unquote(part) for part in path.split("/")] if path else []
    if bucket:
        segments = [bucket, *segments]
    while service.name == "s3" and len(segments) == 2 and not segments[1]:
        segments.pop()  # "/bucket/" is the bucket
    query = tuple(
        parse_qsl(scope["query_string"].decode("utf-8", "replace"), keep_blank_values=True)
        if scope["query_string"]
        else ()
    )
    has = dict(query)
    names = {name.lower().decode("latin-1") for name, _ in scope["headers"]}
    for route in service.routes.get(str(scope["method"]), ()):
        labels = route.values(segments)
        if labels is None or not _has_all(route, has, names, strict=service.name == "s3"):
            continue
        operation = service.operation(route.operation)
        if operation:
            return RequestTarget(service, operation, protocol, labels, query)
    return None


def _has_all(route: HttpRoute, query: Mapping[str, str], headers: set[str], *, strict: bool) -> bool:
    for key, value in route.literals:
        if key not in query or (value is not None and query[key] != value):
            return False
    if not strict:
        return True
    # Only S3 tells operations of one path apart by what they need.
    return all(
        (name in headers) if location == "header" else any(name == key.lower() for key in query)
        for location, name in route.needed
    )


def repaired_body(target: RequestTarget, body: bytes, changes: Mapping[str, Any]) -> bytes:
    """Returns a payload as MiniStack reads it.

    Without what AWS ignores and MiniStack fails at: a payload where an operation takes none, and null
    members. With other forms of parameters. It was read without errors.

    Args:
        changes: Members of the payload and their new values; None removes one.
    """
    shape = target.operation.input
    if target.protocol is Protocol.REST_JSON:
        if shape is None or (not shape.payload and all(each.location for each in shape.fields.values())):
            return b""
        if shape.payload:
            return body
    if shape is None or (len(body) > _MIN_PACKAGE and not changes):
        return body
    if target.protocol in (Protocol.JSON, Protocol.REST_JSON) and (changes or b"null" in body):
        document = _parse_json(body)
        repaired = _repaired(shape, document, changes)
        return body if repaired == document else json.dumps(repaired).encode()
    if target.protocol is Protocol.CBOR and (changes or b"\xf6" in body or b"\xf7" in body):
        import cbor2

        document = _parse_cbor(body)
        repaired = _repaired(shape, document, changes)
        return body if repaired == document else cbor2.dumps(repaired)
    return body


def _repaired(shape: Shape, document: Any, changes: Mapping[str, Any]) -> Any:
    if document is None:
        return {}
    if changes:
        document = {**document, **changes}
    return without_nulls(shape, document)


# ---- parameters -------------------------------------------------------------------------------------------


def read_parameters(
    target: RequestTarget, scope: Scope, body: bytes, pairs: Iterable[tuple[str, str]] = ()
) -> dict[str, Any]:
    """Returns a request's parameters.

    Raises:
        NotReadable: It does not follow the protocol.
    """
    shape = target.operation.input
    if shape is None:
        return {}
    try:
        if target.protocol in (Protocol.QUERY, Protocol.EC2):
            found: dict[str, Any] = read_query(shape, tree(pairs), is_ec2=target.protocol is Protocol.EC2)
            return found
        if target.protocol is Protocol.JSON:
            return _read_document(target, _parse_json(body))
        if target.protocol in (Protocol.CBOR, Protocol.CBOR_1_1):
            return _read_document(target, _parse_cbor(body))
        return _located(target, scope) | _body(target, body)
    except WrongType as error:
        raise NotReadable(is_syntax=False, value=error.value, kind=error.kind) from None


def _read_document(target: RequestTarget, document: Any) -> dict[str, Any]:
    assert target.operation.input is not None
    if document is None:
        return {}
    found: dict[str, Any] = read_json(target.operation.input, document)
    return found


def _located(target: RequestTarget, scope: Scope) -> dict[str, Any]:
    """The parameters in path, query and headers."""
    assert target.operation.input is not None
    found: dict[str, Any] = {}
    by_name: dict[str, list[str]] = {}
    for name, value in target.query:
        by_name.setdefault(name, []).append(value)
    for field in target.operation.input.fields.values():
        if field.location == "uri":
            if field.wire in target.labels:
                found[field.name] = read_text(field.shape, target.labels[field.wire])
        elif field.location == "querystring":
            values = by_name.get(field.wire)
            shape = field.shape
            if shape.kind == "map" and shape.element:
                known = {each.wire for each in target.operation.input.fields.values()}
                inner = shape.element.shape
                found[field.name] = {
                    name: list(each) if inner.kind == "list" else each[0]
                    for name, each in by_name.items()
                    if name not in known
                }
            elif values and shape.kind == "list" and shape.element:
                found[field.name] = [read_text(shape.element.shape, each) for each in values]
            elif values:
                found[field.name] = read_text(shape, values[0])
        elif field.location == "header":
            values = header_values(scope["headers"], field.wire.lower().encode())
            if values:
                text = ",".join(values)
                if field.shape.kind == "list" and field.shape.element:
                    found[field.name] = [each.strip() for each in text.split(",")]
                else:
                    found[field.name] = read_text(field.shape, text)
        elif field.location == "headers":
            prefix = field.wire.lower().encode()
            found[field.name] = {
                name.lower()[len(prefix) :].decode("latin-1"): value.decode("latin-1")
                for name, value in scope["headers"]
                if name.lower().startswith(prefix)
            }
    return found


def _body(target: RequestTarget, body: bytes) -> dict[str, Any]:
    """The parameters in the payload."""
    shape = target.operation.input
    assert shape is not None
    payload = shape.fields.get(shape.payload)
    if payload is not None:
        if payload.is_streaming or not body:
            return {}
        if payload.shape.kind == "blob":
            return {payload.name: body}
        if payload.shape.kind == "string":
            return {payload.name: body.decode("utf-8", "replace")}
        return {payload.name: _parsed(target, payload.shape, body)}
    if not body or all(field.location for field in shape.fields.values()):
        return {}
    found: dict[str, Any] = _parsed(target, shape, body)
    return found


def _parsed(target: RequestTarget, shape: Any, body: bytes) -> Any:
    if target.protocol in (Protocol.REST_XML, Protocol.S3):
        try:
            return read_xml(shape, parse_xml(body))
        except (ParseError, RecursionError, ValueError):
            raise NotReadable(is_syntax=True) from None
    return read_json(shape, _parse_json(body))


def _parse_json(body: bytes) -> Any:
    if not body[:_MAX_PADDING].strip() and not body.strip():
        return None
    try:
        if len(body) <= _MIN_PACKAGE:
            return json.loads(body)
        short, blob = _without_package(body)
        if blob is None:
            return json.loads(body)
        return json.loads(short, object_hook=lambda found: _with_package(found, blob))
    except (ValueError, RecursionError) as error:
        raise NotReadable(is_syntax=True, detail=str(error)) from None


def _without_package(body: bytes) -> tuple[bytes, Blob | None]:
    """Cuts the text of a deployment package out of a document: parsing 70 MB takes a second."""
    match = _PACKAGE.search(body)
    if match is None:
        return body, None
    start, end = match.end(), body.find(b'"', match.end())
    if end - start <= _MIN_PACKAGE or body.find(b"\\", start, end) >= 0:
        return body, None
    return body[:start] + body[end:], Blob(memoryview(body)[start:end])


def _with_package(found: dict[str, Any], blob: Blob) -> dict[str, Any]:
    if found.get("ZipFile") == "":
        found["ZipFile"] = blob
    return found


def _parse_cbor(body: bytes) -> Any:
    import cbor2

    if not body:
        return None
    try:
        return cbor2.loads(body)
    except Exception as error:  # noqa: BLE001 - whatever hostile bytes lead to
        raise NotReadable(is_syntax=True, detail=str(error)) from None
