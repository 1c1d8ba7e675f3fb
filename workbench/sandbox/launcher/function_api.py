"""Lambda's HTTP API as AWS answers it, where MiniStack's routing differs.

Owns: names that its router takes for something else, request ids, UpdateFunctionCode's
DryRun, the code of published versions, which alias a function URL belongs to.
Must not know: how functions run.

WORKAROUND row 8: remove when MiniStack routes by path segments and honours DryRun.
WORKAROUND (FunctionArn of an alias's URL): remove when MiniStack's function URLs name their alias.
WORKAROUND row 9: remove when its Code.Location follows the Qualifier.
"""

import base64
import binascii
import copy
import functools
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import lambda_svc

from workbench.sandbox.launcher.request_context import CALLER, REQUEST, Caller
from workbench.sandbox.launcher.routes import Proceed, Request, Response, Route

_FUNCTION_PATH = re.compile(r"(/\d{4}-\d\d-\d\d/functions/)([^/]+)(.*)")
# Source: the pattern of FunctionName in Lambda's model.
_PARTIAL_ARN = re.compile(
    r"([a-z]{2}(-[a-z]+)+-\d:)?((?P<account>\d{12}):)?(function:)?"
    r"(?P<name>[a-zA-Z0-9-_]+)(:(?P<qualifier>\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_$]+))?"
)
# The router looks for these anywhere in the path.
_UNROUTABLE = ("event-invoke-config", "provisioned-concurrency", "code-signing-config", "account-settings")


def install() -> None:
    """Puts the corrections in front of MiniStack's handlers."""
    lambda_svc._resolve_name_and_qualifier = functools.partial(
        _resolve, lambda_svc._resolve_name_and_qualifier
    )
    lambda_svc._resolve_name = lambda name: lambda_svc._resolve_name_and_qualifier(name)[0]
    lambda_svc._update_code = functools.partial(_update_code, lambda_svc._update_code)
    lambda_svc._create_function = functools.partial(_create_function, lambda_svc._create_function)
    lambda_svc._create_function_url_config = functools.partial(
        _create_function_url, lambda_svc._create_function_url_config
    )
    lambda_svc._update_config = functools.partial(_update_config, lambda_svc._update_config)
    lambda_svc._put_event_invoke_config = functools.partial(
        _put_async_settings, lambda_svc._put_event_invoke_config
    )
    lambda_svc._get_function = functools.partial(_get_function, lambda_svc._get_function)
    lambda_svc.serve_function_code = functools.partial(_serve_code, lambda_svc.serve_function_code)


def _resolve(original: Callable[[str], tuple[str, str | None]], name: str) -> tuple[str, str | None]:
    """Returns the name and the qualifier of a partial ARN, too: 123456789012:function:name:qualifier."""
    match = _PARTIAL_ARN.fullmatch(name or "")
    if match is None or match["account"] not in (None, lambda_svc.get_account_id()):
        return original(name)
    return match["name"], match["qualifier"]


async def _handle(request: Request, match: re.Match[str], proceed: Proceed) -> Response:
    prefix, name, rest = match.groups()
    headers = request.headers
    context = REQUEST.get()
    if rest in ("/invocations", "/response-streaming-invocations") and request.method == "POST":
        resolved, _ = lambda_svc._resolve_request_scoped_name_and_qualifier(name.replace("%24", "$"))
        caller = Caller(resolved)
        CALLER.set(caller)
        if context:
            context.response_id = caller.request_id
            context.client_context = _client_context(headers)
            headers = {**headers, lambda_svc._INVOKE_DEPTH_HEADER: str(context.depth)}
    if name.startswith("url"):
        # As an ARN it no longer follows a slash, where the router would take it for a function URL.
        name = f"{lambda_svc._func_arn('')}{name}"
    return await proceed(replace(request, path=prefix + name + rest, headers=headers))


def _client_context(headers: dict[str, str]) -> str:
    """Returns the client's context as one line of ASCII, '' when it is none."""
    try:
        return json.dumps(
            json.loads(base64.b64decode(headers.get("x-amz-client-context", ""), validate=True))
        )
    except (ValueError, binascii.Error):
        return ""


def _create_function(original: Callable[[dict[str, Any]], Response], data: dict[str, Any]) -> Response:
    name = str(data.get("FunctionName") or "")
    found = next((word for word in _UNROUTABLE if word in name), "")
    if found:
        return _error(
            "InvalidParameterValueException",
            f"The Sandbox does not support function names that contain '{found}', although AWS "
            "does. Choose another name.",
        )
    return original(data)


def _create_function_url(
    original: Callable[[str, dict[str, Any], str | None], Response],
    name: str,
    data: dict[str, Any],
    qualifier: str | None,
) -> Response:
    answer = original(name, data, qualifier)
    config = lambda_svc._function_urls.get(f"{name}:{qualifier}") if qualifier else None
    if answer[0] != 201:
        return answer
    if config is None or config["FunctionArn"].endswith(f":{qualifier}"):
        return _as_created(json.loads(answer[2]), data)
    config["FunctionArn"] += f":{qualifier}"
    return _as_created(config, data)


def _as_created(config: dict[str, Any], data: dict[str, Any]) -> Response:
    """Returns the answer for a new function URL: without what was not asked for."""
    shown = {key: value for key, value in config.items() if key != "LastModifiedTime"}
    if "InvokeMode" not in data:
        shown.pop("InvokeMode", None)
    answer: Response = json_response(shown, status=201)
    return answer


def _update_config(original: Callable[..., Response], name: str, data: dict[str, Any]) -> Response:
    """Keeps of LoggingConfig what an update leaves out, and says what an update of the network set."""
    function = lambda_svc._functions.get(name)
    if function and data.get("LoggingConfig"):
        merged = {**(function["config"].get("LoggingConfig") or {}), **data["LoggingConfig"]}
        data = {**data, "LoggingConfig": merged}
    if data.get("VpcConfig") is not None:
        data = {**data, "VpcConfig": {"Ipv6AllowedForDualStack": False, **data["VpcConfig"]}}
    return original(name, data)


def _put_async_settings(
    original: Callable[..., Response], name: str, qualifier: str | None, data: dict[str, Any]
) -> Response:
    """Names $LATEST, keeps what was set only, and both destinations."""
    destinations = {"OnSuccess": {}, "OnFailure": {}, **(data.get("DestinationConfig") or {})}
    answer = original(name, qualifier, {**data, "DestinationConfig": destinations})
    if answer[0] != 200:
        return answer
    settings: dict[str, Any] = lambda_svc._functions[name]["event_invoke_configs"][qualifier or ""]
    settings["FunctionArn"] = f"{lambda_svc._func_arn(name)}:{qualifier or '$LATEST'}"
    for key in ("MaximumRetryAttempts", "MaximumEventAgeInSeconds"):
        if key not in data:
            settings.pop(key, None)
    corrected: Response = json_response(settings)
    return corrected


def _update_code(original: Callable[..., Response], name: str, data: dict[str, Any]) -> Response:
    if not data.get("DryRun"):
        return original(name, data)
    function = lambda_svc._functions.get(name)
    if function is None:
        return original(name, data)  # It says what is wrong.
    config: dict[str, Any] = copy.deepcopy(function["config"])
    stale: Response | None = lambda_svc._check_revision(config, data)
    if stale is not None:
        return stale
    archive: bytes | None = None
    if "ZipFile" in data:
        archive = base64.b64decode(data["ZipFile"])
    elif "S3Bucket" in data and "S3Key" in data:
        version_id = data.get("S3ObjectVersion")
        archive = lambda_svc._fetch_code_from_s3(data["S3Bucket"], data["S3Key"], version_id=version_id)
        if archive is None:
            place = f"s3://{data['S3Bucket']}/{data['S3Key']}"
            return _error("InvalidParameterValueException", f"Failed to fetch code from {place}")
    wrong: Response | None = lambda_svc._reject_unreadable_zip(archive)
    wrong = wrong or lambda_svc._validate_total_unzipped_size(archive, config.get("Layers"))
    if wrong is not None:
        return wrong
    if archive:
        config["CodeSha256"] = base64.b64encode(hashlib.sha256(archive).digest()).decode()
        config["CodeSize"] = len(archive)
    answer: Response = json_response(config)
    return answer


def _get_function(original: Callable[..., Response], name: str, qualifier: str | None = None) -> Response:
    """Names the version in the link to its code: `_serve_code` finds it there."""
    status, headers, body = original(name, qualifier)
    answer: dict[str, Any] = json.loads(body)
    version = str(answer.get("Configuration", {}).get("Version", "$LATEST"))
    if version != "$LATEST" and answer.get("Code", {}).get("Location"):
        bare = str(answer["Configuration"]["FunctionName"])
        answer["Code"]["Location"] = lambda_svc._presigned_code_url(f"{bare}:{version}")
        changed: Response = json_response(answer)
        return changed
    return status, headers, body


def _serve_code(
    original: Callable[..., Response], name: str, account_id: str = "", region: str = ""
) -> Response:
    bare, _, version = name.partition(":")
    function = lambda_svc._functions.get_scoped(account_id, region, bare) if version else None
    if not function:
        return original(bare, account_id, region)
    record = function["versions"].get(version)
    if record is None:
        return 404, {"Content-Type": "text/plain"}, b"Version not found"
    return 200, {"Content-Type": "application/zip"}, record.get("code_zip") or b""


def _error(code: str, message: str) -> Response:
    answer: Response = error_response_json(code, message, 400)
    return answer


ROUTES = (Route(_FUNCTION_PATH, _handle),)
