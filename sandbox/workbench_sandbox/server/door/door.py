"""Between gate and MiniStack: refuses requests that AWS refuses, and passes on all others.

A request of the program passes if its operation is unknown, or if no rule can decide. One of a function is
then refused: it passes only if its role allows it, and only to the service that was checked. Requests
without a signature in their headers are not for AWS's API: function URLs, API stages, presigned links and
forms. AWS's answers to unreadable payloads are known from recordings ("class java.lang.Boolean can not be
converted to an String" of API Gateway, "MalformedXML" of S3, "Could not parse request body into json" of
Lambda).
"""

import asyncio
import functools
import gzip
import io
import logging
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

from ministack import app
from ministack.core.responses import get_account_id, request_scope

from workbench_sandbox.server.door import constraints
from workbench_sandbox.server.door.authorization import (
    Permissions,
    authorize,
    authorize_endpoint,
    not_offered,
)
from workbench_sandbox.server.door.models import Models, Service
from workbench_sandbox.server.door.requests import (
    NoOperation,
    NotReadable,
    RequestTarget,
    is_query,
    query_target_of,
    read_parameters,
    repaired_body,
    target_of,
)
from workbench_sandbox.server.door.rules import Call, Refused, checks_of, forms_of, malformed_xml
from workbench_sandbox.server.request_context import (
    REQUEST,
    App,
    Disconnected,
    Message,
    Protocol,
    Receive,
    Refusal,
    RequestContext,
    RequestKind,
    Scope,
    Send,
    Signer,
    answer,
    blocks_of,
    close_web_socket,
    header_values,
    protocol_of,
    replay,
)
from workbench_sandbox.server.signature import SignatureFault

_logger = logging.getLogger("workbench.door")
_FAILED = Refused("InternalFailure", "The Sandbox could not process the request. See sandbox.log.", 500)
_ABOUT_PAYLOAD = (b"content-length", b"content-encoding", b"transfer-encoding")
_XML = (Protocol.S3, Protocol.QUERY, Protocol.EC2, Protocol.REST_XML)
# MiniStack repeats names from the request in its answers, which clients then cannot parse.
_NOT_XML = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_MAX_SHOWN = 80
_MAX_INFLATED = 100 * 1024 * 1024
_SERIALIZATION = "SerializationException"


class Door:
    """The ASGI application that checks requests."""

    def __init__(self, inner: App, models: Models, permissions: Permissions) -> None:
        self._inner = inner
        self._models = models
        self._permissions = permissions
        self._failed: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        context = REQUEST.get()
        signer = context.signer if context else None
        if context is None or signer is None:
            await self._inner(scope, receive, send)
            return
        if context.kind is not RequestKind.SIGNED or _is_no_operation(scope, signer):
            refused = _refusal_of_endpoint(scope, context, signer)
            if refused is None:
                await self._inner(scope, receive, send)
            elif scope["type"] == "websocket":
                await close_web_socket(receive, send)
            else:
                await answer(scope, send, protocol_of(scope, signer.service), _plain(refused))
            return
        for name in self._models.missing(signer.service):
            await asyncio.to_thread(self._models.service, name)
        examined = Examined(receive)
        try:
            await self._examine(scope, signer, examined)
        except NoOperation as error:
            examined.service, examined.protocol = error.service, error.protocol
            examined.refused = refusal_of_unknown(error)
        except NotReadable as error:
            if examined.target is not None:
                examined.refused = refusal_of(examined.target, error)
        except Refused as error:
            examined.refused = error
        except (Disconnected, SignatureFault):
            raise
        except Exception as error:  # noqa: BLE001 - what cannot be judged passes, unless a function asks
            self._log(f"reading for {signer.service}", error)
        service, protocol = examined.service, examined.protocol
        if context.is_of_function and examined.refused is None and not context.checked_service:
            protocol = protocol or protocol_of(scope, signer.service)
            examined.refused = not_offered(signer.service, protocol)
        if protocol is not None and service is None and examined.refused is not None:
            await answer(scope, send, protocol, _plain(examined.refused))
        elif service is None or protocol is None:
            await self._inner(scope, examined.receive, send)
        elif examined.refused is not None:
            await answer(scope, send, protocol, as_answer(service, protocol, examined.refused))
        else:
            scope = _with_length(scope, examined.length)
            await self._pass_on(scope, examined.receive, send, service, protocol)

    async def _examine(self, scope: Scope, signer: Signer, examined: "Examined") -> None:
        """Finds the target of a request and checks it; `examined` has the findings up to a refusal."""
        pairs: list[tuple[str, str]] = []
        body: bytes | None = None
        if is_query(scope):
            body = await examined.read(scope)
            found = query_target_of(self._models, scope, signer.service, body)
            if found is not None:
                target, pairs = found
                examined.lead(target)
        if examined.target is None:
            bucket = _bucket(scope) if signer.service == "s3" else ""
            examined.lead(target_of(self._models, scope, signer.service, bucket))
        if examined.target is None:
            return
        if body is None and not examined.target.operation.has_streaming_input:
            body = await examined.read(scope)
        parameters = read_parameters(examined.target, scope, body or b"", pairs)
        target, account_id = examined.target, _account_of(signer)
        service, operation = target.service.name, target.operation.name
        call = Call(service, operation, parameters, account_id, signer.region, signer.identity)
        with request_scope(account_id, signer.region):
            changes = {} if pairs else self._changes(call)
            changed = call
            if changes:
                given = {**parameters, **changes}.items()
                changed = replace(
                    call, parameters={name: value for name, value in given if value is not None}
                )
            self._check(call, changed, target)
        if body and not pairs:
            examined.replace(repaired_body(target, body, changes), body)

    async def _pass_on(
        self, scope: Scope, receive: Receive, send: Send, service: Service, protocol: Protocol
    ) -> None:
        """Serves a request; also answers a fault of MiniStack in the protocol's format."""
        failed: list[Message] = []
        has_started = is_error = False

        async def send_readable(message: Message) -> None:
            nonlocal has_started, is_error
            has_started = True
            if message["type"] == "http.response.start" and message["status"] == 500:
                failed.append(message)
            elif not failed:
                if message["type"] == "http.response.start" and protocol in _XML:
                    is_error = message["status"] >= 400
                if is_error and message["type"] == "http.response.body":
                    message = {**message, "body": _NOT_XML.sub(b"?", message.get("body", b""))}
                await send(message)

        try:
            await self._inner(scope, receive, send_readable)
        except (Disconnected, SignatureFault):
            raise
        except Exception as error:
            if has_started:
                raise
            _logger.error("A request of %s failed", service.name, exc_info=error)
            failed.append({})
        if failed:
            await answer(scope, send, protocol, as_answer(service, protocol, _FAILED))

    def _changes(self, call: Call) -> dict[str, Any]:
        """The parameters that MiniStack has to get in another form."""
        changes: dict[str, Any] = {}
        for form in forms_of(call.service, call.operation):
            self._try(lambda form=form: changes.update(form(call)), call, form.__qualname__)  # type: ignore[misc]
        return changes

    def _check(self, sent: Call, call: Call, target: RequestTarget) -> None:
        """Raises `Refused`. `call` has the parameters as MiniStack gets them."""
        if call.role is not None:
            authorize(call, target.protocol)  # if it fails, the request is refused
        elif self._permissions.are_limited:
            self._try(lambda: self._permissions.check(call, target.protocol), call, "permissions")
        constraints.check(call.service, target.operation, sent.parameters)
        for check in checks_of(call.service, call.operation):
            self._try(functools.partial(check, call), call, getattr(check, "__qualname__", str(check)))
        if (context := REQUEST.get()) is not None:
            context.checked_service = call.service

    def _try(self, check: Callable[[], None], call: Call, name: str) -> None:
        try:
            check()
        except Refused:
            raise
        except Exception as error:  # noqa: BLE001 - a rule that fails refuses nothing
            self._log(f"{call.service}.{call.operation} {name}", error)

    def _log(self, where: str, error: Exception) -> None:
        """Logs once that a rule failed. Such a rule refuses nothing."""
        if where not in self._failed:
            self._failed.add(where)
            _logger.error("The rule failed, so the request was passed on: %s", where, exc_info=error)


@dataclass(slots=True)
class Examined:
    """The findings about a request so far.

    Attributes:
        receive: Reads the payload from the beginning.
        length: Length of a replaced payload.
        refused: Why it is refused; None if it is not.
    """

    receive: Receive
    target: RequestTarget | None = None
    service: Service | None = None
    protocol: Protocol | None = None
    refused: Refused | None = None
    length: int | None = None

    def replace(self, body: bytes, was: bytes) -> None:
        """Replaces the payload if it differs."""
        if body == was:
            return
        self.receive, self.length = replay([body], self.receive), len(body)

    def lead(self, target: RequestTarget | None) -> None:
        """Sets the target of the request."""
        self.target = target
        if target is not None:
            self.service, self.protocol = target.service, target.protocol

    async def read(self, scope: Scope) -> bytes:
        """Returns the decompressed payload, which can be read again."""
        blocks = [block async for block in blocks_of(self.receive)]
        self.receive = replay(blocks, self.receive)
        return _inflated(scope, b"".join(blocks))


def _with_length(scope: Scope, length: int | None) -> Scope:
    """The request with the length of its new payload."""
    if length is None:
        return scope
    headers = [pair for pair in scope["headers"] if pair[0].lower() not in _ABOUT_PAYLOAD]
    return {**scope, "headers": [*headers, (b"content-length", str(length).encode())]}


def _is_no_operation(scope: Scope, signer: Signer) -> bool:
    """Whether a signed request is not for an operation of AWS: function URLs, the program's own paths."""
    path = str(scope["path"])
    if scope["type"] != "http" or scope["method"] == "OPTIONS" or path.startswith("/_"):
        return True
    host = "".join(header_values(scope["headers"], b"host"))
    if signer.service in ("lambda", "execute-api") and app._parse_lambda_url(host, path) is not None:
        return True
    if signer.service == "execute-api":
        api = app._parse_execute_api_url(host, path) or app._resolve_custom_domain_request(host, path)
        return api is not None
    return signer.service == "s3" and path.startswith("/v20180820/")  # S3 Control


def as_answer(service: Service, protocol: Protocol, refused: Refused) -> Refusal:
    """Returns a refusal as the service's error: names of members, codes of older protocols."""
    shape = service.error_shape(refused.code)
    status = refused.status
    message_name, fields = "message", dict(refused.fields)
    if shape is not None:
        message_name = next((name for name in shape.fields if name.lower() == "message"), "message")
        if service.name == "lambda" and "Type" in shape.fields:
            fields = {"Type": "User", **fields}
            fields = {name: value for name, value in fields.items() if value is not None}
    type_name, query_code = "", ""
    if service.is_query_compatible and protocol in (Protocol.JSON, Protocol.CBOR):
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


def _refusal_of_endpoint(scope: Scope, context: RequestContext, signer: Signer) -> Refused | None:
    """Why a function may not use a URL, an API's stage or a form; None if it may, or the program asks."""
    if signer.identity is None:
        return None
    try:
        if context.kind is RequestKind.FORM:
            _authorize_form(scope, context.form, signer)
        else:
            _authorize_endpoint(scope, context, signer)
    except Refused as error:
        return error
    return None


def _plain(refused: Refused) -> Refusal:
    """A refusal of a service whose model is not known here."""
    return Refusal(refused.code, refused.message, refused.status)


def _authorize_form(scope: Scope, form: Mapping[str, str], signer: Signer) -> None:
    """Checks that a role allows the upload that its function has signed a form for.

    Raises:
        Refused: It does not.
    """
    bucket = _bucket(scope) or unquote(str(scope["path"])).strip("/")
    parameters = {"Bucket": bucket, "Key": form.get("key", "")}
    account_id = _account_of(signer)
    call = Call("s3", "PutObject", parameters, account_id, signer.region, signer.identity)
    with request_scope(account_id, signer.region):
        authorize(call, Protocol.S3)


def _authorize_endpoint(scope: Scope, context: RequestContext, signer: Signer) -> None:
    """Checks that a role allows its function's request to a function's URL or an API's stage.

    Sets the kind of the request, so that nothing else serves it.

    Raises:
        Refused: It does not, or the request is for something else.
    """
    host, path = "".join(header_values(scope["headers"], b"host")), str(scope["path"])
    assert signer.identity is not None
    account_id, region = _account_of(signer), signer.region
    if scope["type"] == "http" and (url := app._parse_lambda_url(host, path)):
        arn, _, _ = app._function_url_auth_target(url[0])
        context.kind, action, resource = RequestKind.FUNCTION_URL, "lambda:InvokeFunctionUrl", str(arn)
    elif api := app._parse_execute_api_url(host, path) or app._resolve_custom_domain_request(host, path):
        api_id, stage, rest = api
        method = str(scope.get("method", "$connect"))
        resource = f"arn:aws:execute-api:{region}:{account_id}:{api_id}/{stage}/{method}{rest}"
        is_of_connections = rest.startswith("/@connections/")
        action = "execute-api:ManageConnections" if is_of_connections else "execute-api:Invoke"
        context.kind = RequestKind.API
    else:
        raise not_offered(f"{signer.service} at {path[:_MAX_SHOWN]}", protocol_of(scope, signer.service))
    with request_scope(account_id, region):
        authorize_endpoint(signer.identity, action, resource, region)


def _account_of(signer: Signer) -> str:
    """The account of an access key, as MiniStack finds it."""
    with request_scope(get_account_id(), signer.region):
        app.set_request_account_id(signer.access_key_id)
        return str(get_account_id())


def _bucket(scope: Scope) -> str:
    host = "".join(header_values(scope["headers"], b"host"))
    return app._extract_s3_vhost_bucket(host) or ""


def _inflated(scope: Scope, body: bytes) -> bytes:
    if "gzip" not in "".join(header_values(scope["headers"], b"content-encoding")).lower():
        return body
    try:
        return gzip.GzipFile(fileobj=io.BytesIO(body)).read(_MAX_INFLATED)
    except (OSError, EOFError, zlib.error):
        raise NotReadable(is_syntax=True) from None


def refusal_of(target: RequestTarget, error: NotReadable) -> Refused:
    """Returns the refusal of a request whose payload cannot be read."""
    service, protocol = target.service.name, target.protocol
    if protocol is Protocol.S3:
        if error.is_syntax:
            return malformed_xml()
        return Refused("InvalidArgument", f"Provided argument is not of type {error.kind.capitalize()}")
    if protocol in (Protocol.QUERY, Protocol.EC2, Protocol.REST_XML):
        text = "Request is not well formed" if error.is_syntax else _wrong_type(error, is_rest=False)
        return Refused("MalformedInput", text)
    if service == "lambda" and error.is_syntax:
        return Refused(
            "InvalidRequestContentException",
            "Could not parse request body into json: Could not parse payload into json: "
            f"{error.detail or 'Unexpected character'}",
        )
    if error.is_syntax:
        return Refused(_SERIALIZATION, "Request body is not well formed")
    return Refused(_SERIALIZATION, _wrong_type(error, is_rest=protocol is Protocol.REST_JSON))


def refusal_of_unknown(error: NoOperation) -> Refused:
    """Returns the refusal of a request for an operation that the service does not have."""
    if error.protocol is Protocol.EC2:
        text = f"The action {error.detail} is not valid for this web service."
        return Refused("InvalidAction", text)
    if error.protocol is Protocol.QUERY:
        version = error.service.api_version
        text = f"Could not find operation {error.detail or 'unspecified'} for version {version}"
        return Refused("InvalidAction", text)
    is_rest = error.protocol in (Protocol.REST_JSON, Protocol.REST_XML)
    return Refused("UnknownOperationException", "", 404 if is_rest else 400)


def _wrong_type(error: NotReadable, *, is_rest: bool) -> str:
    """Returns the text for a value of another type; REST services have their own texts."""
    value, wanted = error.value, error.kind.capitalize()
    if isinstance(value, dict):
        return "Start of structure or map found where not expected."
    if isinstance(value, list):
        return "Start of list found where not expected"
    if error.kind in ("structure", "map"):
        return (
            "Unexpected token. Expected start of structure or map"
            if is_rest
            else "Unexpected value type in payload"
        )
    if error.kind == "list":
        return "Expected list or null"
    classes = (
        (bool, "java.lang.Boolean", "TRUE_VALUE" if value else "FALSE_VALUE"),
        (int, "com.amazon.coral.value.json.numbers.TruncatingBigNumber", "NUMBER_VALUE"),
        (float, "com.amazon.coral.value.json.numbers.TruncatingBigNumber", "DECIMAL_VALUE"),
        (object, "java.lang.String", "STRING_VALUE"),
    )
    name, token = next((name, token) for kind, name, token in classes if isinstance(value, kind))
    if is_rest:
        return f"class {name} can not be converted to an {wanted}"
    return f"{token} can not be converted to {'an' if wanted[0] in 'IO' else 'a'} {wanted}"
