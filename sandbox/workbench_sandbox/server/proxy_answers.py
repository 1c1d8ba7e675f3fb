"""What APIs and function URLs make of a function's result: the response that it describes, or an error.

Source: AWS's answers to each form, in localstack/localstack (tests/aws/services/apigateway,
test_aws_proxy_response_payload_format_validation), and
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
WORKAROUND: remove when MiniStack's APIs refuse malformed results and do not show a function's errors.
"""

import json
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

from ministack.services import lambda_svc

from workbench_sandbox.server.corrections import on_load, wrap

_Json = dict[str, Any]
_REST = "REST"
_MEMBERS = frozenset(["statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"])
_URL = "URL"
_FORMAT: ContextVar[str] = ContextVar("workbench_payload_format", default="")
"""Payload format version of the HTTP API's integration that is invoking, "1.0" or "2.0"; or _URL."""


def install() -> None:
    """Installs this in front of MiniStack's functions, in services that their first request loads."""
    on_load("apigateway_v1", _correct_rest_apis)
    on_load("apigateway", lambda http_apis: wrap(http_apis, _invoke_lambda_proxy=_invoke))
    wrap(
        lambda_svc,
        lambda_execute_result_to_api_proxy_response=_of_http_api,
        handle_function_url_request=_serve_url,
    )


def response_of(result: _Json, form: str) -> _Json:
    """Returns the response for a function's result.

    `form` is "REST" for a REST API, "URL" for a function URL, otherwise the payload format version of an HTTP
    API's integration.
    """
    if form == _URL:
        return _of_url(result)
    if result.get("throttle"):
        return _failure(500 if form == _REST else 503, form)
    if result.get("error"):
        return _failure(502 if form == _REST else 500, form)
    answer = _parsed(result.get("body"))
    is_described = isinstance(answer, dict) and ("statusCode" in answer or form == _REST)
    if form == "2.0" and not is_described:
        if isinstance(answer, dict) and "errorMessage" in answer:
            return _failure(500, form)
        return {
            "statusCode": 200,
            "headers": {"Content-Type": "application/json"},
            "body": answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False),
        }
    status = _status(answer) if is_described else None
    if status is None or not _is_well_formed(answer, form):
        return _failure(502 if form == _REST else 500, form)
    headers = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in (answer.get("headers") or {}).items()
    }
    return {**answer, "statusCode": status, "headers": headers, "body": answer.get("body") or ""}


def _of_url(result: _Json) -> _Json:
    """Returns the response of a function URL, which writes any result as JSON.

    Source: AWS's answers in localstack/localstack, test_lambda_url_invocation, and
    https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
    """
    headers = {"Content-Type": "application/json"}
    failure = {"statusCode": 502, "headers": headers, "body": "Internal Server Error"}
    answer = _parsed(result.get("body"))
    if result.get("error"):
        return failure
    if not isinstance(answer, dict) or "statusCode" not in answer:
        return {"statusCode": 200, "headers": headers, "body": _as_json(answer)}
    status, body = _status(answer), answer.get("body")
    if status is None or not _is_well_formed(answer, "2.0"):
        return failure
    given = {name: str(value) for name, value in (answer.get("headers") or {}).items()}
    return {
        **answer,
        "statusCode": status,
        "headers": given,
        "body": "" if body is None else _as_json(body),
    }


def _as_json(value: Any) -> str:
    """A text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _is_well_formed(answer: _Json, form: str) -> bool:
    lists = (answer.get("multiValueHeaders") or {}).values() if form != "2.0" else ()
    cookies = answer.get("cookies") if form == "2.0" else None
    return (
        isinstance(answer.get("headers") or {}, dict)
        and all(isinstance(values, list) for values in lists)
        and isinstance(cookies or [], list)
        and (form != _REST or (set(answer) <= _MEMBERS and isinstance(answer.get("body") or "", str)))
    )


def _status(answer: _Json) -> int | None:
    """Returns the status in a result; 200 if it has none; None if it is invalid."""
    try:
        status = int(answer.get("statusCode", 200))
    except (TypeError, ValueError):
        return None
    return status if 100 <= status <= 599 else None


def _parsed(body: Any) -> Any:
    """Returns the parsed result: some runtimes return it as text."""
    if isinstance(body, bytes):
        body = body.decode("utf-8", "replace")
    if isinstance(body, str) and body.lstrip().startswith("{"):
        try:
            return json.loads(body)
        except ValueError:
            return body
    return body


def _failure(status: int, form: str) -> _Json:
    message = "Internal server error" if form == _REST else "Internal Server Error"
    if status == 503:
        message = "Service Unavailable"
    headers = {"Content-Type": "application/json"}
    return {"statusCode": status, "headers": headers, "body": json.dumps({"message": message})}


def _correct_rest_apis(rest_apis: Any) -> None:
    rest_apis._lambda_proxy_response = lambda result: (response_of(result, _REST), None)


def _of_http_api(original: Callable[[_Json], Any], result: _Json) -> Any:
    form = _FORMAT.get()
    if not form or (form == _URL and result.get("throttle")):
        return original(result)
    return response_of(result, form), None


async def _invoke(
    original: Callable[..., Awaitable[Any]], integration: _Json, *more: Any, **options: Any
) -> Any:
    """Sets the payload format while an HTTP API's function runs."""
    token = _FORMAT.set(str(integration.get("payloadFormatVersion") or "2.0"))
    try:
        return await original(integration, *more, **options)
    finally:
        _FORMAT.reset(token)


async def _serve_url(original: Callable[..., Awaitable[Any]], *request: Any, **options: Any) -> Any:
    """Sets the format while the function of a URL runs."""
    token = _FORMAT.set(_URL)
    try:
        return await original(*request, **options)
    finally:
        _FORMAT.reset(token)
