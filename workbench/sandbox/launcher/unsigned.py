"""Which requests need no signature, because AWS asks none of them, and where such a request can lead.

These are calls of function URLs and API Gateway stages whose access is open or decided by an authorizer, and
what CloudFormation's custom resources report to a link that holds a token. MiniStack finds what serves a
request by its path, host and headers in an order of its own; so an unsigned request is kept to the one
handler that it was let in for, whatever else its path or headers would match.

WORKAROUND: remove when MiniStack checks signatures without checking policies.
"""

import functools
import itertools
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from ministack import app
from ministack.core.responses import request_scope

from workbench.sandbox.launcher.asgi import Scope, header_values
from workbench.sandbox.launcher.request_context import REQUEST, Route

_Response = tuple[int, dict[str, str], Any]
_CALLBACKS = ("/_ministack/cfn-response/", "/_ministack/cfn-signal/")


def install() -> None:
    """Keeps unsigned requests to their handlers."""
    app._handle_pre_body_request = functools.partial(_before_body, app._handle_pre_body_request)
    app._handle_post_body_shortcuts = functools.partial(_after_body, app._handle_post_body_shortcuts)
    app._handle_special_data_plane_request = functools.partial(
        _special, app._handle_special_data_plane_request
    )
    app._dispatch_service_request = functools.partial(_dispatch, app._dispatch_service_request)


def route_of(scope: Scope) -> Route:
    """Returns what serves a request without a signature; SIGNED when it needs one."""
    host, path = "".join(header_values(scope["headers"], b"host")), str(scope["path"])
    if scope["type"] == "websocket":
        return _of_web_socket(host, path)
    method = str(scope["method"])
    if method == "PUT" and path.startswith(_CALLBACKS):
        return Route.CALLBACK
    if function_url := app._parse_lambda_url(host, path):
        _, context, _ = app._function_url_auth_target(function_url[0])
        return Route.SIGNED if context.get("lambda:FunctionUrlAuthType") == "AWS_IAM" else Route.FUNCTION_URL
    api = app._parse_execute_api_url(host, path) or app._resolve_custom_domain_request(host, path)
    if api is None:
        return Route.SIGNED
    api_id, stage, rest = api
    if not stage:  # a domain's mapping that leaves the stage to the path
        stage, _, below = rest.lstrip("/").partition("/")
        rest = f"/{below}"
    if rest.startswith("/@connections/"):
        return Route.SIGNED
    with _as_owner(api_id):
        resolved = app._resolve_stage_and_path(api_id, stage, rest)
        kinds = {
            app._execute_api_authorization_type(api_id, stage_name, method, where)
            for stage_name, where in ((stage, rest), resolved)
        }
    return Route.SIGNED if "AWS_IAM" in kinds else Route.API


def _of_web_socket(host: str, path: str) -> Route:
    api = app._parse_execute_api_url(host, path)
    if api is None:
        return Route.SIGNED
    with _as_owner(api[0]):
        connect = app._get_module("apigateway")._match_ws_route(api[0], "$connect") or {}
    return Route.SIGNED if str(connect.get("authorizationType")).upper() == "AWS_IAM" else Route.API


def _as_owner(api_id: str) -> AbstractContextManager[None]:
    """Acts in the account that an API belongs to: MiniStack looks in the caller's, and here there is none."""
    stores = (app._get_module("apigateway_v1")._rest_apis, app._get_module("apigateway")._apis)
    for (account_id, region, stored_id), _ in itertools.chain(*(store.all_items() for store in stores)):
        if stored_id == api_id:
            scope: AbstractContextManager[None] = request_scope(account_id, region)
            return scope
    return nullcontext()


def _current() -> Route:
    context = REQUEST.get()
    return context.route if context else Route.SIGNED


async def _before_body(original: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
    return await original(*arguments) if _current() is Route.SIGNED else None


async def _after_body(original: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
    return await original(*arguments) if _current() in (Route.SIGNED, Route.CALLBACK) else None


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
    route, host = _current(), headers.get("host", "")
    if route is Route.SIGNED:
        return await original(method, path, headers, body, query, request_id, **more)
    if route is Route.FUNCTION_URL:
        found = await app._handle_lambda_url_request(host, path, method, headers, body, query)
        if found and not any(name.lower() == "x-amzn-requestid" for name in found[1]):
            found[1]["x-amzn-RequestId"] = request_id
        return found
    if route is Route.API:
        raw = {name: more.get(name) for name in ("raw_path", "raw_query_string")}
        api = app._parse_execute_api_url(host, path) or app._resolve_custom_domain_request(host, path)
        with _as_owner(api[0] if api else ""):
            answer = await app._handle_execute_api_request(host, path, method, headers, body, query, **raw)
        return answer and app._with_data_plane_headers(answer, request_id, wildcard_cors=False)
    if route is Route.FORM:
        return await app._handle_s3_vhost_request(host, path, method, headers, body, query)
    return None


async def _dispatch(
    original: Callable[..., Awaitable[Any]], method: str, path: str, headers: dict[str, str], *rest: Any
) -> Any:
    route = _current()
    if route is Route.FORM and app.detect_service(method, path, headers, {}) != "s3":
        route = Route.CALLBACK
    if route in (Route.SIGNED, Route.FORM):
        return await original(method, path, headers, *rest)
    return 403, {"Content-Type": "application/json"}, b'{"message": "Missing Authentication Token"}'
