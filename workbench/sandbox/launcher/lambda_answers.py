"""What Lambda's answers show: the fields that AWS's have, and no others.

Owns: the form of function configurations and of errors, for every answer of Lambda's API, whoever made it.
Must not know: what changes a function (see function_states.py).

Source: AWS's recorded answers (localstack/localstack, tests/aws/services/lambda_), and botocore's model for
the names of the members of errors.
WORKAROUND: remove when MiniStack leaves out what is empty, and gives errors their Type and Message.
"""

import functools
import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from ministack.core.responses import json_response
from ministack.services import lambda_svc

from workbench.sandbox.launcher.routes import ANY_PATH, Proceed, Request, Response, Route

_Json = dict[str, Any]
_INVOCATION = re.compile(r"/\d{4}-\d\d-\d\d/functions/[^/]+/(response-streaming-)?invocations")
_LAYER = re.compile(r"/\d{4}-\d\d-\d\d/layers\b.*")
# Modelled errors of Lambda whose text is `message`; that of all other modelled ones is `Message`.
_LOWER_CASE = frozenset(
    [
        "AliasLimitExceededException",
        "CapacityProviderLimitExceededException",
        "CodeArtifactUserDeletedException",
        "CodeArtifactUserFailedException",
        "CodeArtifactUserPendingException",
        "CodeStorageExceededException",
        "FunctionVersionsPerCapacityProviderLimitExceededException",
        "InvalidParameterValueException",
        "InvalidRequestContentException",
        "ModeNotSupportedException",
        "PolicyLengthExceededException",
        "PreconditionFailedException",
        "ProvisionedConcurrencyConfigNotFoundException",
        "RequestTooLargeException",
        "ResourceConflictException",
        "ResourceNotReadyException",
        "SerializedRequestEntityTooLargeException",
        "TooManyRequestsException",
        "UnsupportedMediaTypeException",
    ]
)
# Errors that every service has; Lambda's model does not, so that they have no Type.
_COMMON = frozenset(
    ["ValidationException", "AccessDeniedException", "ThrottlingException", "UnrecognizedClientException"]
)
_STATE = ("State", "StateReason", "StateReasonCode")
_UPDATE = ("LastUpdateStatus", "LastUpdateStatusReason", "LastUpdateStatusReasonCode")
_OMITTED_WHEN_EMPTY = (*_STATE, *_UPDATE, "KMSKeyArn", "Layers", "FileSystemConfigs")
_OMITTED_IN_LISTS = (*_STATE, *_UPDATE, "RuntimeVersionConfig")
_OF_LAYERS = ("LicenseInfo", "CompatibleArchitectures", "CompatibleRuntimes")
_LEVEL = "INFO"


def install() -> None:
    """Puts this around MiniStack's handlers. To be installed last, so that it sees every answer."""
    lambda_svc._get_function = functools.partial(_get, lambda_svc._get_function)
    lambda_svc._get_function_config = functools.partial(_get, lambda_svc._get_function_config)
    lambda_svc._list_functions = functools.partial(_list_functions, lambda_svc._list_functions)
    lambda_svc._list_versions = functools.partial(_list_versions, lambda_svc._list_versions)


async def _handle(request: Request, _match: re.Match[str], proceed: Proceed) -> Response:
    status, answer_headers, answer = await proceed(request)
    is_invocation = _INVOCATION.fullmatch(request.path) is not None
    if is_invocation and status < 400:
        if status != 200:  # Only who waited for an answer is told what ran.
            answer_headers.pop("X-Amz-Executed-Version", None)
        return status, answer_headers, answer
    if not isinstance(answer, bytes | str) or not answer:
        return status, answer_headers, answer
    try:
        value = json.loads(answer)
    except ValueError:
        return status, answer_headers, answer
    if status >= 400:
        return _as_error(status, answer_headers, value)
    if _LAYER.fullmatch(request.path):
        value = {key: each for key, each in value.items() if each or each == 0 or key not in _OF_LAYERS}
    else:
        _show(value)
    return status, answer_headers, json.dumps(value, ensure_ascii=False).encode()


def _as_error(status: int, headers: dict[str, str], value: Any) -> Response:
    if not isinstance(value, dict):
        return status, headers, json.dumps(value).encode()
    code = str(headers.get("x-amzn-errortype") or value.get("__type") or "")
    text = value.pop("message", None) or value.pop("Message", None) or ""
    value.pop("__type", None)
    if seconds := value.pop("retryAfterSeconds", None):  # a header, by the model
        headers = {"Retry-After": str(seconds), **headers}
    if code in _COMMON:
        shown = {"message": text, **value}
    else:
        kind = "User" if status < 500 else "Service"
        shown = {"Type": kind, "message" if code in _LOWER_CASE else "Message": text, **value}
    return status, {**headers, "x-amzn-errortype": code}, json.dumps(shown, ensure_ascii=False).encode()


def _show(value: _Json) -> None:
    """Gives every function configuration of an answer its form."""
    for key in ("Functions", "Versions"):
        for config in value.get(key) or ():
            _show_configuration(config)
            for name in _OMITTED_IN_LISTS:
                config.pop(name, None)
    if value.get("CodeSigningConfigArn") == "":
        value.clear()
    if _is_configuration(value):
        _show_configuration(value)
    config = value.get("Configuration")
    if config and _is_configuration(config):
        _show_configuration(config)
        if not value.get("Tags"):
            value.pop("Tags", None)


def _is_configuration(value: object) -> bool:
    return isinstance(value, dict) and "FunctionName" in value and "PackageType" in value


def _show_configuration(config: _Json) -> None:
    for name in _OMITTED_WHEN_EMPTY:
        if not config.get(name):
            config.pop(name, None)
    if not (config.get("DeadLetterConfig") or {}).get("TargetArn"):
        config.pop("DeadLetterConfig", None)
    network = config.get("VpcConfig") or {}
    if not network.get("SubnetIds") and "Ipv6AllowedForDualStack" not in network:
        config.pop("VpcConfig", None)
    elif network:
        network.setdefault("Ipv6AllowedForDualStack", False)
    config["LoggingConfig"] = _logging(config)
    if config["PackageType"] == "Image":
        for name in ("RuntimeVersionConfig", "Runtime", "Handler"):
            config.pop(name, None)
    else:
        config["RuntimeVersionConfig"] = {"RuntimeVersionArn": _runtime_version_arn(config)}


def _logging(config: _Json) -> _Json:
    given = config.get("LoggingConfig") or {}
    log_format = given.get("LogFormat") or "Text"
    group = given.get("LogGroup") or f"/aws/lambda/{config['FunctionName']}"
    if log_format != "JSON":
        return {"LogFormat": log_format, "LogGroup": group}
    levels = {name: given.get(name) or _LEVEL for name in ("ApplicationLogLevel", "SystemLogLevel")}
    return {"LogFormat": log_format, **levels, "LogGroup": group}


def _runtime_version_arn(config: _Json) -> str:
    """Returns an ARN that is the same for the same runtime: AWS's have a hash there, too."""
    version = hashlib.sha256(str(config.get("Runtime")).encode()).hexdigest()
    region = str(config["FunctionArn"]).split(":")[3]
    return f"arn:aws:lambda:{region}::runtime:{version}"


def _get(original: Callable[..., Response], name: str, qualifier: str | None = None) -> Response:
    """Names a function as it was asked for: by version, alias or $LATEST."""
    status, headers, body = original(name, qualifier)
    if status != 200 or not qualifier:
        return status, headers, body
    answer = json.loads(body)
    config = answer.get("Configuration", answer)
    config["FunctionArn"] = f"{lambda_svc._func_arn(name)}:{qualifier}"
    changed: Response = json_response(answer)
    return changed


def _list_functions(original: Callable[..., Response], query: dict[str, Any]) -> Response:
    if lambda_svc._qp_first(query, "FunctionVersion") != "ALL":
        return original(query)
    rows = [
        {**config, "FunctionArn": f"{lambda_svc._func_arn(name)}:{config['Version']}"}
        for name in sorted(lambda_svc._functions.keys())
        for config in _all_configurations(lambda_svc._functions[name])
    ]
    marker = lambda_svc._qp_first(query, "Marker")
    start = next((at + 1 for at, row in enumerate(rows) if row["FunctionArn"] == marker), 0)
    size = int(lambda_svc._qp_first(query, "MaxItems", "50"))
    answer: _Json = {"Functions": rows[start : start + size]}
    if start + size < len(rows):
        answer["NextMarker"] = rows[start + size - 1]["FunctionArn"]
    shown: Response = json_response(answer)
    return shown


def _all_configurations(function: _Json) -> list[_Json]:
    versions = function.get("versions", {})
    return [function["config"], *(versions[number]["config"] for number in sorted(versions, key=int))]


def _list_versions(original: Callable[..., Response], name: str, query: dict[str, Any]) -> Response:
    status, headers, body = original(name, query)
    if status != 200:
        return status, headers, body
    answer = json.loads(body)
    for config in answer["Versions"]:
        config["FunctionArn"] = f"{lambda_svc._func_arn(name)}:{config['Version']}"
    changed: Response = json_response(answer)
    return changed


ROUTES = (Route(ANY_PATH, _handle),)
