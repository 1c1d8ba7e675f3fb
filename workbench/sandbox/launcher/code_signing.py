"""Code signing configurations: made, changed, listed and deleted, as MiniStack does not.

They say who may sign a function's code; the Sandbox keeps them, and checks no signature. That a configuration
is there before it is changed, the door has checked.
WORKAROUND: remove when MiniStack knows CreateCodeSigningConfig.
"""

import functools
import json
import re
import secrets
from collections.abc import Callable
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

from workbench.sandbox.launcher.routes import Proceed, Request, Response, Route

_PATH = re.compile(r"/2020-04-22/code-signing-configs/?(?P<arn>[^/]*)(?P<functions>/functions)?")
_STATE = "code_signing_configs"
_GIVEN = ("Description", "AllowedPublishers", "CodeSigningPolicies")


def install() -> None:
    """Puts them in front of MiniStack's handlers, and with its state."""
    lambda_svc._code_signing_configs = AccountRegionScopedDict()
    lambda_svc._create_function = functools.partial(_create_function, lambda_svc._create_function)
    lambda_svc.get_state = functools.partial(_get_state, lambda_svc.get_state)
    lambda_svc.load_persisted_state = functools.partial(_load, lambda_svc.load_persisted_state)


async def _handle(request: Request, match: re.Match[str], _proceed: Proceed) -> Response:
    configs, arn = lambda_svc._code_signing_configs, unquote(match["arn"])
    given = {key: value for key, value in json.loads(request.body or b"{}").items() if key in _GIVEN}
    if not arn:
        is_new = request.method == "POST"
        return _answer(_created(given), 201) if is_new else _listed(list(configs.values()))
    if arn not in configs:
        text = f"The Lambda code signing configuration {arn} can not be found."
        missing: Response = error_response_json("ResourceNotFoundException", text, 404)
        return missing
    if match["functions"]:
        names = [
            lambda_svc._func_arn(name)
            for name, function in lambda_svc._functions.items()
            if function.get("code_signing_config_arn") == arn
        ]
        found: Response = json_response({"FunctionArns": names})
        return found
    if request.method == "DELETE":
        del configs[arn]
        return 204, {}, b""
    if request.method == "PUT":
        configs[arn] |= {**given, "LastModified": lambda_svc._now_iso()}
    return _answer(configs[arn], 200)


def _create_function(original: Callable[[dict[str, Any]], Response], data: dict[str, Any]) -> Response:
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


def _answer(config: dict[str, Any], status: int) -> Response:
    answer: Response = json_response({"CodeSigningConfig": config}, status)
    return answer


def _listed(configs: list[dict[str, Any]]) -> Response:
    answer: Response = json_response({"CodeSigningConfigs": configs})
    return answer


def _get_state(original: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    return {**original(), _STATE: lambda_svc._code_signing_configs}


def _load(original: Callable[[object], None], data: object) -> None:
    original(data)
    if isinstance(data, dict) and isinstance(data.get(_STATE), AccountRegionScopedDict):
        lambda_svc._code_signing_configs.update(data[_STATE])


ROUTES = (Route(_PATH, _handle),)
