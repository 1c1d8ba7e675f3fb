"""Settings of a function that MiniStack does not serve, or cannot change.

Owns: those answers. A runtime's management is kept, and changes nothing: the Sandbox runs what it has.
WORKAROUND: remove when MiniStack knows GetRuntimeManagementConfig, ListProvisionedConcurrencyConfigs and
UpdateFunctionEventInvokeConfig.
"""

import json
import re
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import lambda_svc

from workbench.sandbox.launcher.routes import Proceed, Request, Response, Route

_PATH = re.compile(r"/\d{4}-\d\d-\d\d/functions/([^/]+)/(runtime-management-config|provisioned-concurrency)")

_ASYNC_PATH = re.compile(r"/\d{4}-\d\d-\d\d/functions/([^/]+)/event-invoke-config")


async def _handle(request: Request, match: re.Match[str], proceed: Proceed) -> Response:
    if match[2] == "provisioned-concurrency" and "List" not in request.query:
        return await proceed(request)
    name, _qualifier = lambda_svc._resolve_request_scoped_name_and_qualifier(match[1])
    function = lambda_svc._functions.get(name)
    arn = lambda_svc._func_arn(name)
    if function is None:
        missing: Response = error_response_json(
            "ResourceNotFoundException", f"Function not found: {arn}", 404
        )
        return missing
    if match[2] == "provisioned-concurrency":
        configs = function.get("provisioned_concurrency", {})
        rows = [{"FunctionArn": f"{arn}:{qualifier}", **each} for qualifier, each in configs.items()]
        return _answer({"ProvisionedConcurrencyConfigs": rows})
    if request.method == "PUT":
        wanted = json.loads(request.body or b"{}")
        function["runtime_management"] = {
            key: wanted[key] for key in ("UpdateRuntimeOn", "RuntimeVersionArn") if wanted.get(key)
        }
    return _answer({"UpdateRuntimeOn": "Auto", "FunctionArn": arn, **function.get("runtime_management", {})})


async def _update_async(request: Request, match: re.Match[str], _proceed: Proceed) -> Response:
    """UpdateFunctionEventInvokeConfig: what is left out stays as it is."""
    name, in_path = lambda_svc._resolve_request_scoped_name_and_qualifier(match[1])
    qualifier = lambda_svc._qualifier_from_path_or_query(in_path, request.query)
    status, headers, answer = lambda_svc._get_event_invoke_config(name, qualifier)
    if status != 200:
        return status, headers, answer
    changed: Response = lambda_svc._put_event_invoke_config(
        name, qualifier, {**json.loads(answer), **json.loads(request.body or b"{}")}
    )
    return changed


def _answer(value: dict[str, Any]) -> Response:
    answer: Response = json_response(value)
    return answer


ROUTES = (Route(_ASYNC_PATH, _update_async, frozenset({"POST"})), Route(_PATH, _handle))
