"""Who may use the Sandbox: programs on this computer that sign with a key of this run, never a web page.

Every request passes `Edge` before MiniStack: `Guard` refuses requests of web pages, which any page that the
user visits could send; `Gate` checks the signature. As on AWS, no signature is needed for function URLs and
API Gateway stages with open access or an authorizer, or for CloudFormation custom resources that report to a
link with a token. MiniStack chooses a handler by path, host and headers in its own order; therefore an
unsigned request can only reach the one handler that it was admitted for, and a function's request only the
service that the door has checked it for, whatever else its path or headers would match.

WORKAROUND row 1: remove when MiniStack refuses foreign origins and hosts itself. WORKAROUND: remove when
MiniStack checks signatures without checking policies, has a secret for each run and signs its links.
"""

import functools
import hashlib
import itertools
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from types import MappingProxyType
from typing import Any, NamedTuple

from ministack import app
from ministack.core import iam_evaluator, lambda_runtime
from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import lambda_svc

from workbench_sandbox.server import CONTROL
from workbench_sandbox.server.corrections import nothing, on_load, wrap
from workbench_sandbox.server.door import stores
from workbench_sandbox.server.door.models import services_signed_as
from workbench_sandbox.server.payload_budget import PayloadBudget, PayloadShare
from workbench_sandbox.server.request_context import (
    REQUEST,
    App,
    Disconnected,
    Header,
    Message,
    Receive,
    RequestContext,
    RequestKind,
    Scope,
    Send,
    Signer,
    close_web_socket,
    header_values,
    refuse,
    replay,
    send_json,
)
from workbench_sandbox.server.signature import (
    ACTS_AS,
    Fault,
    HttpRequest,
    Identity,
    LinkSignature,
    RunKeys,
    Signature,
    SignatureFault,
    check_time,
    is_form_signed_by,
    is_link_signed_by,
    is_signed_by,
    presign,
    read_signature,
)

_READS = re.compile(r"(Get|List|Describe|Filter|BatchGet|Query|Scan|Head|Lookup|Search|Test)")
_LINEAGE = re.compile(r"Lineage=\d+:[0-9a-f]+:(\d+)")
_ALLOWED_FETCH_SITES = ("none",)
# MiniStack's settings and its reset of all accounts: only for the program.
_CONTROL = ("/_ministack/", CONTROL)
_NO_PAYLOAD = hashlib.sha256(b"").hexdigest()
_CALLBACKS = ("/_ministack/cfn-response/", "/_ministack/cfn-signal/")
_Caller = dict[str, Any] | None
# Source: Lambda's API, FunctionCodeLocation: the link lives 10 minutes.
_LINK_S = 600


class Admitted(NamedTuple):
    """An admitted request.

    Attributes:
        receive: Reads its payload.
        form: The signed fields of a form upload.
    """

    kind: RequestKind
    receive: Receive
    signer: Signer | None = None
    form: Mapping[str, str] = MappingProxyType({})


class Guard:
    """Knows the host names of this server."""

    def __init__(self, port: int) -> None:
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        # Browsers and resolvers keep *.localhost on this computer: S3's virtual hosts and API endpoints.
        self._suffix = f".localhost:{port}"

    def refusal(self, headers: Iterable[Header]) -> str:
        """Returns why a request is refused; '' if it is not."""
        headers = list(headers)
        if header_values(headers, b"origin"):
            return "Web pages cannot use the Sandbox."
        sites = header_values(headers, b"sec-fetch-site")
        if any(site not in _ALLOWED_FETCH_SITES for site in sites):
            return "Web pages cannot use the Sandbox."
        hosts = [host.lower() for host in header_values(headers, b"host")]
        if len(hosts) != 1 or not (hosts[0] in self._hosts or hosts[0].endswith(self._suffix)):
            return "The Sandbox only responds to requests to 127.0.0.1 and localhost."
        return ""


class Gate:
    """Checks every request."""

    def __init__(self, keys: RunKeys) -> None:
        self._keys = keys

    async def admit(self, scope: Scope, receive: Receive, share: PayloadShare) -> Admitted:
        """Returns which handler may serve a request, where its payload is read from, and who sent it.

        Args:
            share: For the payload, if its hash must be computed before the signature can be checked.

        Raises:
            SignatureFault: The request is refused; also when a payload is read that is not the signed one.
            Disconnected: The client is gone.
        """
        kind = kind_of(scope)
        if kind is not RequestKind.SIGNED:
            return Admitted(kind, receive)
        request = HttpRequest(
            str(scope.get("method", "GET")), scope["raw_path"], scope["query_string"], tuple(scope["headers"])
        )
        try:
            signature = read_signature(request)
        except SignatureFault as fault:
            if fault.fault is Fault.MISSING and _is_form(scope):
                return await self._check_form(scope, receive, share)
            raise
        if isinstance(signature, LinkSignature):
            if _is_control(scope, request.method):
                raise SignatureFault(Fault.MISMATCH, service="s3")
            self._check_link(scope, request, signature)
            service, region = "s3", get_region()  # such a link names neither
        else:
            check_time(signature, time.time())
            receive = await self._check(scope, request, signature, receive, share)
            service, region = signature.service, signature.region
        identity = self._keys.signer_of(signature.access_key_id, signature.token)
        return Admitted(kind, receive, Signer(signature.access_key_id, service, region, identity))

    async def _check(
        self,
        scope: Scope,
        request: HttpRequest,
        signature: Signature,
        receive: Receive,
        share: PayloadShare,
    ) -> Receive:
        secrets = self._secrets_of(signature.access_key_id, signature.token, signature.service)
        if _is_control(scope, request.method):
            secrets = [self._keys.of_program(signature.access_key_id)]
        payload_hash = signature.payload_hash
        if payload_hash is None and scope["type"] == "websocket":
            payload_hash = _NO_PAYLOAD
        if payload_hash is None:
            payload_hash, payload = await share.read(receive, signature.service)
            receive = replay([payload], receive)
        if not any(is_signed_by(secret, request, signature, payload_hash) for secret in secrets):
            raise SignatureFault(Fault.MISMATCH, service=signature.service)
        expected = signature.payload_sha256
        return _comparing(receive, expected, signature.service) if expected else receive

    def _check_link(self, scope: Scope, request: HttpRequest, link: LinkSignature) -> None:
        secrets = self._secrets_of(link.access_key_id, link.token, "s3")
        if int(link.expires) < time.time():
            raise SignatureFault(Fault.EXPIRED_LINK, service="s3")
        bucket = app._extract_s3_vhost_bucket("".join(header_values(scope["headers"], b"host"))) or ""
        if not any(is_link_signed_by(secret, request, link, bucket) for secret in secrets):
            raise SignatureFault(Fault.MISMATCH, service="s3")

    async def _check_form(self, scope: Scope, receive: Receive, share: PayloadShare) -> Admitted:
        _, body = await share.read(receive, "s3")
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
        token = fields.get("x-amz-security-token", "")
        secrets = self._secrets_of(access_key_id, token, "s3")
        if not any(is_form_signed_by(secret, fields) for secret in secrets):
            raise SignatureFault(Fault.MISMATCH, service="s3")
        signer = Signer(access_key_id, "s3", get_region(), self._keys.signer_of(access_key_id, token))
        return Admitted(RequestKind.FORM, replay([body], receive), signer, fields)

    def _secrets_of(self, access_key_id: str, token: str, service: str) -> list[str]:
        try:
            return self._keys.secrets_of(access_key_id, token)
        except SignatureFault as fault:
            raise SignatureFault(fault.fault, service=service) from None


class Edge:
    """The ASGI application of the server.

    Args:
        budget: For the payloads of all requests.
        on_change: Called after each request that may have changed something.
    """

    def __init__(
        self, inner: App, guard: Guard, gate: Gate, budget: PayloadBudget, on_change: Callable[[], None]
    ) -> None:
        self._inner = inner
        self._guard = guard
        self._gate = gate
        self._budget = budget
        self._on_change = on_change

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._inner(scope, receive, send)
            return
        raw_headers = scope["headers"]
        scope = {**scope, "headers": [(name.lower(), value) for name, value in raw_headers]}
        refusal = self._guard.refusal(scope["headers"])
        if refusal:
            await _forbid(scope, receive, send, refusal)
            return
        try:
            with self._budget.share() as share:
                admitted = await self._gate.admit(scope, receive, share)
                depth = _depth(scope["headers"])
                context = RequestContext(
                    depth=depth,
                    kind=admitted.kind,
                    signer=admitted.signer,
                    form=admitted.form,
                    raw_headers=raw_headers,
                )
                await self._serve(context, scope, admitted.receive, send)
        except SignatureFault as fault:
            await refuse(scope, receive, send, fault)
        except Disconnected:
            pass

    async def _serve(self, context: RequestContext, scope: Scope, receive: Receive, send: Send) -> None:
        REQUEST.set(context)

        async def send_corrected(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": _corrected_headers(message["headers"], context)}
            await send(message)

        await self._inner(scope, receive, send_corrected)
        if _may_change(scope):
            self._on_change()


def kind_of(scope: Scope) -> RequestKind:
    """Returns the kind of handler for a request without a signature; SIGNED if it needs one."""
    host, path = "".join(header_values(scope["headers"], b"host")), str(scope["path"])
    if scope["type"] == "websocket":
        return _of_web_socket(host, path)
    method = str(scope["method"])
    if method == "PUT" and path.startswith(_CALLBACKS):
        return RequestKind.CALLBACK
    if function_url := app._parse_lambda_url(host, path):
        _, context, _ = app._function_url_auth_target(function_url[0])
        return (
            RequestKind.SIGNED
            if context.get("lambda:FunctionUrlAuthType") == "AWS_IAM"
            else RequestKind.FUNCTION_URL
        )
    api = app._parse_execute_api_url(host, path) or app._resolve_custom_domain_request(host, path)
    if api is None:
        return RequestKind.SIGNED
    api_id, stage, rest = api
    if not stage:  # a domain mapping without a stage, which is in the path
        stage, _, below = rest.lstrip("/").partition("/")
        rest = f"/{below}"
    if rest.startswith("/@connections/"):
        return RequestKind.SIGNED
    with _as_owner(api_id):
        resolved = app._resolve_stage_and_path(api_id, stage, rest)
        authorizations = {
            app._execute_api_authorization_type(api_id, stage_name, method, where)
            for stage_name, where in ((stage, rest), resolved)
        }
    return RequestKind.SIGNED if "AWS_IAM" in authorizations else RequestKind.API


def install(keys: RunKeys, host: str) -> None:
    """Replaces MiniStack's keys by those of this run, and restricts unsigned requests to their handlers."""
    credentials = functools.partial(_credentials, keys)
    lambda_runtime.execution_credentials = lambda_svc.execution_credentials = credentials
    lambda_svc._presigned_code_url = functools.partial(_code_link, keys, host)
    lambda_svc._layer_content_url = functools.partial(_layer_link, keys, host)
    wrap(iam_evaluator, resolve_caller_identity=_caller_identity)
    on_load("s3", _accept_links)
    on_load("sts", lambda sts: wrap(sts, register_session=_register_session))
    on_load("iam", _note_creators)
    wrap(
        app,
        set_request_account_id=_set_account,
        _handle_pre_body_request=_before_body,
        _handle_post_body_shortcuts=_after_body,
        _handle_special_data_plane_request=_special,
        _dispatch_service_request=_dispatch,
    )


# ---- headers ---------------------------------------------------------------------------------------------


def _corrected_headers(headers: list[Header], context: RequestContext) -> list[Header]:
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
    """Whether the request may change something. A wrong yes is harmless: nothing new is saved."""
    if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
        return False
    target = header_values(scope["headers"], b"x-amz-target")
    operation = target[0].rpartition(".")[2] if target else str(scope["path"]).rpartition("/operation/")[2]
    return not _READS.match(operation)


async def _forbid(scope: Scope, receive: Receive, send: Send, why: str) -> None:
    if scope["type"] == "websocket":
        await close_web_socket(receive, send)
    else:
        await send_json(send, 403, {"__type": "AccessDeniedException", "message": why})


# ---- signed requests -------------------------------------------------------------------------------------


def _is_control(scope: Scope, method: str) -> bool:
    return method != "GET" and str(scope["path"]).startswith(_CONTROL)


def _is_form(scope: Scope) -> bool:
    content_type = "".join(header_values(scope["headers"], b"content-type"))
    is_post = scope["type"] == "http" and scope["method"] == "POST"
    return is_post and not scope["query_string"] and content_type.startswith("multipart/form-data")


def _comparing(receive: Receive, expected: str, service: str) -> Receive:
    """Passes a payload on, and fails at its end if it is not the signed one."""
    sha256 = hashlib.sha256()

    async def compared() -> Message:
        message = await receive()
        if message["type"] == "http.request":
            sha256.update(message.get("body", b""))
            if not message.get("more_body") and sha256.hexdigest() != expected:
                raise SignatureFault(Fault.PAYLOAD, service=service)
        return message

    return compared


# ---- unsigned requests -----------------------------------------------------------------------------------


def _of_web_socket(host: str, path: str) -> RequestKind:
    api = app._parse_execute_api_url(host, path)
    if api is None:
        return RequestKind.SIGNED
    with _as_owner(api[0]):
        connect = app._get_module("apigateway")._match_ws_route(api[0], "$connect") or {}
    return (
        RequestKind.SIGNED if str(connect.get("authorizationType")).upper() == "AWS_IAM" else RequestKind.API
    )


def _as_owner(api_id: str) -> AbstractContextManager[None]:
    """Acts in the account of an API: MiniStack looks in the caller's, and there is no caller here."""
    tables = (app._get_module("apigateway_v1")._rest_apis, app._get_module("apigateway")._apis)
    for (account_id, region, stored_id), _ in itertools.chain(*(table.all_items() for table in tables)):
        if stored_id == api_id:
            scope: AbstractContextManager[None] = request_scope(account_id, region)
            return scope
    return nullcontext()


def _current_kind() -> RequestKind:
    context = REQUEST.get()
    return context.kind if context else RequestKind.SIGNED


def _checked_service() -> str | None:
    """The only service that may serve a function's request; None for the program's and unsigned requests."""
    context = REQUEST.get()
    return context.checked_service if context and context.is_of_function else None


async def _before_body(original: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
    is_open = _current_kind() is RequestKind.SIGNED and _checked_service() is None
    return await original(*arguments) if is_open else None


async def _after_body(original: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
    kinds = (RequestKind.SIGNED, RequestKind.CALLBACK)
    is_open = _current_kind() in kinds and _checked_service() is None
    return await original(*arguments) if is_open else None


async def _special(
    original: Callable[..., Awaitable[Any]],
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    query: dict[str, list[str]],
    request_id: str,
    **more: Any,
) -> Any:
    kind, host = _current_kind(), headers.get("host", "")
    checked = _checked_service()
    if kind is RequestKind.SIGNED and checked is None:
        return await original(method, path, headers, body, query, request_id, **more)
    if kind is RequestKind.FUNCTION_URL:
        found = await app._handle_lambda_url_request(host, path, method, headers, body, query)
        if found and not any(name.lower() == "x-amzn-requestid" for name in found[1]):
            found[1]["x-amzn-RequestId"] = request_id
        return found
    if kind is RequestKind.API:
        raw = {name: more.get(name) for name in ("raw_path", "raw_query_string")}
        api = app._parse_execute_api_url(host, path) or app._resolve_custom_domain_request(host, path)
        with _as_owner(api[0] if api else ""):
            answer = await app._handle_execute_api_request(host, path, method, headers, body, query, **raw)
        return answer and app._with_data_plane_headers(answer, request_id, wildcard_cors=False)
    if kind is RequestKind.FORM or (kind is RequestKind.SIGNED and checked == "s3"):
        return await app._handle_s3_vhost_request(host, path, method, headers, body, query)
    return None


async def _dispatch(
    original: Callable[..., Awaitable[Any]],
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    query: dict[str, list[str]],
    *rest: Any,
) -> Any:
    kind, checked = _current_kind(), _checked_service()
    if kind is RequestKind.SIGNED and checked is not None:
        parameters = app._routing_params(method, path, headers, body, query)
        if checked not in services_signed_as(app.detect_service(method, path, headers, parameters)):
            kind = RequestKind.CALLBACK
    if kind is RequestKind.FORM and app.detect_service(method, path, headers, {}) != "s3":
        kind = RequestKind.CALLBACK
    if kind in (RequestKind.SIGNED, RequestKind.FORM):
        return await original(method, path, headers, body, query, *rest)
    return 403, {"Content-Type": "application/json"}, b'{"message": "Missing Authentication Token"}'


# ---- keys of this run ------------------------------------------------------------------------------------


def _credentials(keys: RunKeys, config: dict[str, Any]) -> dict[str, str]:
    function_arn = ":".join(str(config.get("FunctionArn") or "").split(":")[:7])
    return keys.variables_of(Identity(str(config.get("Role") or ""), function_arn))


def _code_link(keys: RunKeys, host: str, function_name: str) -> str:
    """A link to a function's code; the name may include a version after a colon (see `function_api`)."""
    return _link(keys, host, f"lambda-code/{get_account_id()}/{get_region()}/{function_name}")


def _layer_link(keys: RunKeys, host: str, layer_name: str, version: int) -> str:
    return _link(
        keys, host, f"lambda-layers/{get_account_id()}/{get_region()}/{layer_name}/{version}/content"
    )


def _link(keys: RunKeys, host: str, path: str) -> str:
    account_id = get_account_id()
    secret = keys.of_program(account_id)
    return presign(host, f"/_ministack/{path}", account_id, secret, get_region(), _LINK_S)


def _caller_identity(original: Callable[[str], _Caller], access_key_id: str) -> _Caller:
    """A function is a session of its execution role, as GetCallerIdentity answers."""
    caller, identity = original(access_key_id), _current_identity()
    if caller is None or identity is None or identity.session_arn:
        return caller
    role = stores.role(identity.role_arn) or {}
    user_id = f"{role.get('RoleId', '')}:{identity.function_arn.rpartition(':')[2]}"
    return {**caller, "userArn": identity.arn, "userId": user_id}


def _register_session(
    original: Callable[[str, dict[str, Any]], None], access_key_id: str, session: dict[str, Any]
) -> None:
    """Notes of a session that a function opens whose permissions it has."""
    if opener := _current_identity():
        arn = str(session.get("Arn") or "")
        policies = stores.session_policies(session.get("SessionPolicies") or {}, arn.split(":")[4])
        session[ACTS_AS] = Identity(stores.role_of_session(arn), opener.function_arn, arn, policies)
    original(access_key_id, session)


def _note_creators(iam: Any) -> None:
    """Has access keys that a function creates act as the function."""
    create = iam._IAM_HANDLERS["CreateAccessKey"]

    def create_access_key(parameters: Any) -> Any:
        before = set(iam._access_keys)
        answer = create(parameters)
        if creator := _current_identity():
            for access_key_id in set(iam._access_keys) - before:
                iam._access_keys[access_key_id][ACTS_AS] = creator
        return answer

    iam._IAM_HANDLERS["CreateAccessKey"] = create_access_key


def _current_identity() -> Identity | None:
    context = REQUEST.get()
    return context.signer.identity if context and context.signer else None


def _accept_links(s3: Any) -> None:
    """The gate has checked presigned links; MiniStack's S3 would check them again with the wrong secrets."""
    s3._verify_presigned_sigv4 = nothing


def _set_account(original: Callable[[str], None], access_key_id: str) -> None:
    """Lets a key from IAM act in its own account instead of MiniStack's default one."""
    original(app._request_account_scope(access_key_id))
