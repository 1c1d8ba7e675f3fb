"""Code signing configurations: made, changed, listed and deleted, as MiniStack does not.

They say who may sign a function's code; the Sandbox keeps them, and checks no signature. That a configuration
is there before it is changed, the door has checked.
WORKAROUND: remove when MiniStack knows CreateCodeSigningConfig.
"""

import functools
import json
import re
import secrets
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

from ministack.core.responses import (
    AccountRegionScopedDict,
    error_response_json,
    get_account_id,
    get_region,
    json_response,
)
from ministack.services import lambda_svc

_Response = tuple[int, dict[str, str], Any]
_Handler = Callable[[str, str, dict[str, str], bytes, dict[str, list[str]]], Awaitable[_Response]]
_PATH = re.compile(r"/2020-04-22/code-signing-configs/?(?P<arn>[^/]*)(?P<functions>/functions)?")
_STATE = "code_signing_configs"
_GIVEN = ("Description", "AllowedPublishers", "CodeSigningPolicies")


def install() -> None:
    """Puts them in front of MiniStack's handlers, and with its state."""
    lambda_svc._code_signing_configs = AccountRegionScopedDict()
    lambda_svc.handle_request = functools.partial(_handle, lambda_svc.handle_request)
    lambda_svc._create_function = functools.partial(_create_function, lambda_svc._create_function)
    lambda_svc.get_state = functools.partial(_get_state, lambda_svc.get_state)
    lambda_svc.load_persisted_state = functools.partial(_load, lambda_svc.load_persisted_state)


async def _handle(
    original: _Handler,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    query: dict[str, list[str]],
) -> _Response:
    match = _PATH.fullmatch(path)
    if match is None:
        return await original(method, path, headers, body, query)
    configs, arn = lambda_svc._code_signing_configs, unquote(match["arn"])
    given = {key: value for key, value in json.loads(body or b"{}").items() if key in _GIVEN}
    if not arn:
        return _answer(_created(given), 201) if method == "POST" else _listed(list(configs.values()))
    if arn not in configs:
        text = f"The Lambda code signing configuration {arn} can not be found."
        missing: _Response = error_response_json("ResourceNotFoundException", text, 404)
        return missing
    if match["functions"]:
        names = [
            lambda_svc._func_arn(name)
            for name, function in lambda_svc._functions.items()
            if function.get("code_signing_config_arn") == arn
        ]
        found: _Response = json_response({"FunctionArns": names})
        return found
    if method == "DELETE":
        del configs[arn]
        return 204, {}, b""
    if method == "PUT":
        configs[arn] |= {**given, "LastModified": lambda_svc._now_iso()}
    return _answer(configs[arn], 200)


def _create_function(original: Callable[[dict[str, Any]], _Response], data: dict[str, Any]) -> _Response:
    answer = original(data)
    function = lambda_svc._functions.get(data.get("FunctionName"))
    if answer[0] == 201 and function is not None and data.get("CodeSigningConfigArn"):
        function["code_signing_config_arn"] = data["CodeSigningConfigArn"]
    return answer


def _created(given: dict[str, Any]) -> dict[str, Any]:
    config_id = f"csc-{secrets.token_hex(9)[:17]}"
    arn = f"arn:aws:lambda:{get_region()}:{get_account_id()}:code-signing-config:{config_id}"
    config = {
        "CodeSigningConfigId": config_id,
        "CodeSigningConfigArn": arn,
        "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": "Warn"},
        **given,
        "LastModified": lambda_svc._now_iso(),
    }
    lambda_svc._code_signing_configs[arn] = config
    return config


def _answer(config: dict[str, Any], status: int) -> _Response:
    answer: _Response = json_response({"CodeSigningConfig": config}, status)
    return answer


def _listed(configs: list[dict[str, Any]]) -> _Response:
    answer: _Response = json_response({"CodeSigningConfigs": configs})
    return answer


def _get_state(original: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    return {**original(), _STATE: lambda_svc._code_signing_configs}


def _load(original: Callable[[object], None], data: object) -> None:
    original(data)
    if isinstance(data, dict) and isinstance(data.get(_STATE), AccountRegionScopedDict):
        lambda_svc._code_signing_configs.update(data[_STATE])
