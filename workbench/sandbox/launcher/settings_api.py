"""Settings of a function that MiniStack does not serve, or cannot change.

Owns: those answers. A runtime's management is kept, and changes nothing: the Sandbox runs what it has.
WORKAROUND: remove when MiniStack knows GetRuntimeManagementConfig, ListProvisionedConcurrencyConfigs and
UpdateFunctionEventInvokeConfig.
"""

import functools
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import lambda_svc

_Response = tuple[int, dict[str, str], Any]
_Handler = Callable[[str, str, dict[str, str], bytes, dict[str, list[str]]], Awaitable[_Response]]
_PATH = re.compile(r"/\d{4}-\d\d-\d\d/functions/([^/]+)/(runtime-management-config|provisioned-concurrency)")

_ASYNC_PATH = re.compile(r"/\d{4}-\d\d-\d\d/functions/([^/]+)/event-invoke-config")


def install() -> None:
    """Puts them in front of MiniStack's handlers."""
    lambda_svc.handle_request = functools.partial(_handle, lambda_svc.handle_request)


async def _handle(
    original: _Handler,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    query: dict[str, list[str]],
) -> _Response:
    if method == "POST" and (match := _ASYNC_PATH.fullmatch(path)):
        return _update_async(match[1], body, query)
    match = _PATH.fullmatch(path)
    if match is None or (match[2] == "provisioned-concurrency" and "List" not in query):
        return await original(method, path, headers, body, query)
    name, _qualifier = lambda_svc._resolve_request_scoped_name_and_qualifier(match[1])
    function = lambda_svc._functions.get(name)
    arn = lambda_svc._func_arn(name)
    if function is None:
        missing: _Response = error_response_json(
            "ResourceNotFoundException", f"Function not found: {arn}", 404
        )
        return missing
    if match[2] == "provisioned-concurrency":
        configs = function.get("provisioned_concurrency", {})
        rows = [{"FunctionArn": f"{arn}:{qualifier}", **each} for qualifier, each in configs.items()]
        return _answer({"ProvisionedConcurrencyConfigs": rows})
    if method == "PUT":
        wanted = json.loads(body or b"{}")
        function["runtime_management"] = {
            key: wanted[key] for key in ("UpdateRuntimeOn", "RuntimeVersionArn") if wanted.get(key)
        }
    return _answer({"UpdateRuntimeOn": "Auto", "FunctionArn": arn, **function.get("runtime_management", {})})


def _update_async(subject: str, body: bytes, query: dict[str, list[str]]) -> _Response:
    """UpdateFunctionEventInvokeConfig: what is left out stays as it is."""
    name, in_path = lambda_svc._resolve_request_scoped_name_and_qualifier(subject)
    qualifier = lambda_svc._qualifier_from_path_or_query(in_path, query)
    status, headers, answer = lambda_svc._get_event_invoke_config(name, qualifier)
    if status != 200:
        return status, headers, answer
    changed: _Response = lambda_svc._put_event_invoke_config(
        name, qualifier, {**json.loads(answer), **json.loads(body or b"{}")}
    )
    return changed


def _answer(value: dict[str, Any]) -> _Response:
    answer: _Response = json_response(value)
    return answer
