"""Lambda's HTTP API as AWS answers it, where MiniStack's answers differ.

- Functions: names that its router takes for something else, request ids, the DryRun of UpdateFunctionCode,
  the code of published versions, which alias a function URL belongs to.
- Settings that MiniStack does not serve. A runtime's management is kept, and changes nothing: the Sandbox
  runs what it has.
- Code signing configurations. They are kept; no signature is checked.
- InvokeWithResponseStream: the function's error and the end of its log come at the end of the stream, which
  has one piece.
- The form of every answer: function configurations and errors have the fields that AWS's have, and no others.

The door has checked that what a request names exists, and its RevisionId.

Source: AWS's recorded answers (localstack/localstack, tests/aws/services/lambda_), and botocore's model for
the names of the members of errors.
WORKAROUND rows 8 and 9: remove when MiniStack routes by path segments, honours DryRun, and its Code.Location
follows the Qualifier; when its function URLs name their alias; when it knows GetRuntimeManagementConfig,
ListProvisionedConcurrencyConfigs, UpdateFunctionEventInvokeConfig and CreateCodeSigningConfig; when
InvokeComplete has ErrorCode and LogResult; when it leaves out what is empty, and gives errors their Type and
Message.
"""

import base64
import binascii
import copy
import hashlib
import json
import re
import secrets
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

from ministack.core.responses import AccountRegionScopedDict, get_account_id, get_region
from ministack.services import lambda_svc

from workbench_sandbox.server.corrections import Response, error_answer, json_answer, wrap
from workbench_sandbox.server.request_context import CALLER, REQUEST, Caller

_FUNCTION_PATH = re.compile(r"(/\d{4}-\d\d-\d\d/functions/)([^/]+)(.*)")
# Source: the pattern of FunctionName in Lambda's model.
_PARTIAL_ARN = re.compile(
    r"([a-z]{2}(-[a-z]+)+-\d:)?((?P<account>\d{12}):)?(function:)?"
    r"(?P<name>[a-zA-Z0-9-_]+)(:(?P<qualifier>\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_$]+))?"
)
# The router looks for these anywhere in the path.
_UNROUTABLE = ("event-invoke-config", "provisioned-concurrency", "code-signing-config", "account-settings")
_RUNTIME_PATH = re.compile(r"/\d{4}-\d\d-\d\d/functions/([^/]+)/runtime-management-config")
_PROVISIONED_PATH = re.compile(r"/\d{4}-\d\d-\d\d/functions/([^/]+)/provisioned-concurrency")
_ASYNC_PATH = re.compile(r"/\d{4}-\d\d-\d\d/functions/([^/]+)/event-invoke-config")
_SIGNING_PATH = re.compile(r"/2020-04-22/code-signing-configs/?(?P<arn>[^/]*)(?P<functions>/functions)?")
_SIGNING_STATE = "code_signing_configs"
_SIGNING_MEMBERS = ("Description", "AllowedPublishers", "CodeSigningPolicies")
_EVENT_STREAM = "application/vnd.amazon.eventstream"
_Json = dict[str, Any]
_Query = dict[str, list[str]]
_INVOCATION = re.compile(r"/\d{4}-\d\d-\d\d/functions/[^/]+/(response-streaming-)?invocations")
_LAYER = re.compile(r"/\d{4}-\d\d-\d\d/layers\b.*")
# Modelled errors of Lambda whose text is `message`; that of all other modelled ones is `Message`.
_LOWER_CASE_ERRORS = frozenset({
    "AliasLimitExceededException", "CapacityProviderLimitExceededException",
    "CodeArtifactUserDeletedException", "CodeArtifactUserFailedException",
    "CodeArtifactUserPendingException", "CodeStorageExceededException",
    "FunctionVersionsPerCapacityProviderLimitExceededException", "InvalidParameterValueException",
    "InvalidRequestContentException", "ModeNotSupportedException", "PolicyLengthExceededException",
    "PreconditionFailedException", "ProvisionedConcurrencyConfigNotFoundException",
    "RequestTooLargeException", "ResourceConflictException", "ResourceNotReadyException",
    "SerializedRequestEntityTooLargeException", "TooManyRequestsException", "UnsupportedMediaTypeException",
})  # fmt: skip
# Errors that every service has; Lambda's model does not, so that they have no Type.
_COMMON_ERRORS = frozenset(
    ["ValidationException", "AccessDeniedException", "ThrottlingException", "UnrecognizedClientException"]
)
_STATE_MEMBERS = ("State", "StateReason", "StateReasonCode")
_UPDATE_MEMBERS = ("LastUpdateStatus", "LastUpdateStatusReason", "LastUpdateStatusReasonCode")
_OMITTED_WHEN_EMPTY = (*_STATE_MEMBERS, *_UPDATE_MEMBERS, "KMSKeyArn", "Layers", "FileSystemConfigs")
_OMITTED_IN_LISTS = (*_STATE_MEMBERS, *_UPDATE_MEMBERS, "RuntimeVersionConfig")
_OMITTED_IN_LAYERS = ("LicenseInfo", "CompatibleArchitectures", "CompatibleRuntimes")
_DEFAULT_LOG_LEVEL = "INFO"
_LATEST = "$LATEST"
_DELETED: Response = (204, {}, b"")
_DROPPED = ("RuntimeConfig", "AcceleratorConfig")
"""Members of CreateFunction and UpdateFunctionConfiguration that MiniStack does not know."""
_WHERE_CODE_IS = {"SourceKMSKeyArn": "", "S3ObjectStorageMode": "COPY"}
"""What UpdateFunctionCode sets where it is not sent: AWS's own key, and a copy of the code.
Source: https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html"""


def install() -> None:
    """Installs all of this in front of MiniStack's handlers, or in their place."""
    lambda_svc._resolve_name = lambda name: lambda_svc._resolve_name_and_qualifier(name)[0]
    lambda_svc._invoke_with_response_stream = _invoke_stream
    lambda_svc._code_signing_configs = AccountRegionScopedDict()
    wrap(
        lambda_svc,
        handle_request=_handle_request,
        _resolve_name_and_qualifier=_resolve_partial_arn,
        _update_code=_update_code,
        _create_function=_create_function,
        _create_function_url_config=_create_function_url,
        _update_config=_update_config,
        _put_event_invoke_config=_put_async_settings,
        _get_function=_get_function,
        _get_function_config=_get_as_asked,
        _list_functions=_list_functions,
        _list_versions=_list_versions,
        _delete_function=_delete_function,
        _delete_alias=_delete_alias,
        serve_function_code=_serve_code,
        get_state=_state_with_signing,
        load_persisted_state=_load_signing,
    )


async def _handle_request(
    original: Callable[..., Awaitable[Response]],
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    query: _Query,
) -> Response:
    if _ASYNC_PATH.fullmatch(path) and query.get("Qualifier") == [_LATEST]:
        query = {name: values for name, values in query.items() if name != "Qualifier"}
    if match := _SIGNING_PATH.fullmatch(path):
        answer = _serve_signing(method, match, body)
    elif method == "POST" and (match := _ASYNC_PATH.fullmatch(path)):
        answer = _update_async(match[1], query, body)
    elif match := _RUNTIME_PATH.fullmatch(path):
        answer = _serve_runtime_management(method, match[1], body)
    elif "List" in query and (match := _PROVISIONED_PATH.fullmatch(path)):
        answer = _list_provisioned(match[1])
    else:
        if match := _FUNCTION_PATH.fullmatch(path):
            path, headers = _routed(method, headers, *match.groups())
        answer = await original(method, path, headers, body, query)
    return _formed(path, *answer)


def _resolve_partial_arn(
    original: Callable[[str], tuple[str, str | None]], name: str
) -> tuple[str, str | None]:
    """Also returns the name and qualifier of a partial ARN: 123456789012:function:name:qualifier."""
    match = _PARTIAL_ARN.fullmatch(name or "")
    if match is None or match["account"] not in (None, lambda_svc.get_account_id()):
        return original(name)
    return match["name"], match["qualifier"]


def _routed(
    method: str, headers: dict[str, str], prefix: str, name: str, rest: str
) -> tuple[str, dict[str, str]]:
    """Returns path and headers with which MiniStack's router finds the function; notes who is invoked."""
    context = REQUEST.get()
    if rest in ("/invocations", "/response-streaming-invocations") and method == "POST":
        resolved, _ = lambda_svc._resolve_request_scoped_name_and_qualifier(name.replace("%24", "$"))
        caller = Caller(resolved)
        CALLER.set(caller)
        if context:
            context.response_id = caller.request_id
            context.client_context = _client_context(headers)
            headers = {**headers, lambda_svc._INVOKE_DEPTH_HEADER: str(context.depth)}
    if name.startswith("url"):
        # As an ARN it does not follow a slash, where the router would take it as a function URL.
        name = f"{lambda_svc._func_arn('')}{name}"
    return prefix + name + rest, headers


def _client_context(headers: dict[str, str]) -> str:
    """Returns the client context as one line of ASCII; '' if there is none."""
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
        return error_answer(
            "InvalidParameterValueException",
            f"The Sandbox does not support function names that contain '{found}', although AWS "
            "does. Choose another name.",
        )
    answer = original(data)
    function = lambda_svc._functions.get(name)
    if answer[0] == 201 and function is not None and data.get("CodeSigningConfigArn"):
        function["code_signing_config_arn"] = data["CodeSigningConfigArn"]
    return _with_kept(answer, name, data)


def _delete_function(
    original: Callable[..., Response], name: str, query: _Query, path_qualifier: str | None = None
) -> Response:
    """A version that is not there has been deleted.

    Source: the recorded test_delete_on_nonexisting_version
    """
    qualifier = lambda_svc._qualifier_from_path_or_query(path_qualifier, query)
    function = lambda_svc._functions.get(name)
    if function is not None and str(qualifier or "").isdigit() and qualifier not in function["versions"]:
        return _DELETED
    return original(name, query, path_qualifier)


def _delete_alias(original: Callable[[str, str], Response], name: str, alias: str) -> Response:
    """As `_delete_function`."""
    function = lambda_svc._functions.get(name)
    if function is not None and alias not in function["aliases"]:
        return _DELETED
    return original(name, alias)


def _with_kept(answer: Response, name: str, data: dict[str, Any]) -> Response:
    """Stores the members of a configuration that MiniStack drops, and adds them to the answer."""
    kept = {member: data[member] for member in _DROPPED if member in data}
    if not kept or answer[0] not in (200, 201):
        return answer
    lambda_svc._functions[name]["config"] |= kept
    return json_answer(json.loads(answer[2]) | kept, status=answer[0])


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
    """Returns the answer for a new function URL, without members that were not requested."""
    shown = {key: value for key, value in config.items() if key != "LastModifiedTime"}
    if "InvokeMode" not in data:
        shown.pop("InvokeMode", None)
    return json_answer(shown, status=201)


def _update_config(original: Callable[..., Response], name: str, data: dict[str, Any]) -> Response:
    """Keeps members of LoggingConfig that an update leaves out, and answers the new network settings."""
    function = lambda_svc._functions.get(name)
    if function and data.get("LoggingConfig"):
        merged = {**(function["config"].get("LoggingConfig") or {}), **data["LoggingConfig"]}
        data = {**data, "LoggingConfig": merged}
    if data.get("VpcConfig") is not None:
        data = {**data, "VpcConfig": {"Ipv6AllowedForDualStack": False, **data["VpcConfig"]}}
    return _with_kept(original(name, data), name, data)


def _put_async_settings(
    original: Callable[..., Response], name: str, qualifier: str | None, data: dict[str, Any]
) -> Response:
    """Adds $LATEST, keeps only members that were set, and both destinations."""
    destinations = {"OnSuccess": {}, "OnFailure": {}, **(data.get("DestinationConfig") or {})}
    answer = original(name, qualifier, {**data, "DestinationConfig": destinations})
    if answer[0] != 200:
        return answer
    settings: dict[str, Any] = lambda_svc._functions[name]["event_invoke_configs"][qualifier or ""]
    settings["FunctionArn"] = f"{lambda_svc._func_arn(name)}:{qualifier or '$LATEST'}"
    for key in ("MaximumRetryAttempts", "MaximumEventAgeInSeconds"):
        if key not in data:
            settings.pop(key, None)
    return json_answer(settings)


def _update_code(original: Callable[..., Response], name: str, data: dict[str, Any]) -> Response:
    function = lambda_svc._functions.get(name)
    if function is None or not data.get("DryRun"):
        return original(name, _WHERE_CODE_IS | data)
    config: dict[str, Any] = copy.deepcopy(function["config"])
    archive: bytes | None = None
    if "ZipFile" in data:
        archive = base64.b64decode(data["ZipFile"])
    elif "S3Bucket" in data and "S3Key" in data:
        version_id = data.get("S3ObjectVersion")
        archive = lambda_svc._fetch_code_from_s3(data["S3Bucket"], data["S3Key"], version_id=version_id)
        if archive is None:
            place = f"s3://{data['S3Bucket']}/{data['S3Key']}"
            return error_answer("InvalidParameterValueException", f"Failed to fetch code from {place}")
    if archive:
        config["CodeSha256"] = base64.b64encode(hashlib.sha256(archive).digest()).decode()
        config["CodeSize"] = len(archive)
    return json_answer(config)


def _get_function(original: Callable[..., Response], name: str, qualifier: str | None = None) -> Response:
    """Adds the version to the link to its code: `_serve_code` finds it there.

    Code that the function refers to in S3 gets no link.
    """
    status, headers, body = _get_as_asked(original, name, qualifier)
    answer: dict[str, Any] = json.loads(body)
    if answer.get("Code", {}).get("ResolvedS3Object"):
        del answer["Code"]["Location"]
        return json_answer(answer)
    version = str(answer.get("Configuration", {}).get("Version", "$LATEST"))
    if version != "$LATEST" and answer.get("Code", {}).get("Location"):
        bare = str(answer["Configuration"]["FunctionName"])
        answer["Code"]["Location"] = lambda_svc._presigned_code_url(f"{bare}:{version}")
        return json_answer(answer)
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


# ---- settings --------------------------------------------------------------------------------------------


def _not_found(name: str) -> Response:
    text = f"Function not found: {lambda_svc._func_arn(name)}"
    return error_answer("ResourceNotFoundException", text, 404)


def _list_provisioned(name_in_path: str) -> Response:
    name, _ = lambda_svc._resolve_request_scoped_name_and_qualifier(name_in_path)
    function = lambda_svc._functions.get(name)
    if function is None:  # of another account
        return _not_found(name)
    arn, configs = lambda_svc._func_arn(name), function.get("provisioned_concurrency", {})
    rows = [{"FunctionArn": f"{arn}:{qualifier}", **each} for qualifier, each in configs.items()]
    return json_answer({"ProvisionedConcurrencyConfigs": rows})


def _serve_runtime_management(method: str, name_in_path: str, body: bytes) -> Response:
    name, _ = lambda_svc._resolve_request_scoped_name_and_qualifier(name_in_path)
    function = lambda_svc._functions.get(name)
    if function is None:  # of another account
        return _not_found(name)
    if method == "PUT":
        wanted = json.loads(body or b"{}")
        function["runtime_management"] = {
            key: wanted[key] for key in ("UpdateRuntimeOn", "RuntimeVersionArn") if wanted.get(key)
        }
    chosen = function.get("runtime_management", {})
    return json_answer({"UpdateRuntimeOn": "Auto", "FunctionArn": lambda_svc._func_arn(name), **chosen})


def _update_async(name_in_path: str, query: _Query, body: bytes) -> Response:
    """UpdateFunctionEventInvokeConfig: members that are left out are kept."""
    name, in_path = lambda_svc._resolve_request_scoped_name_and_qualifier(name_in_path)
    qualifier = lambda_svc._qualifier_from_path_or_query(in_path, query)
    _, _, answer = lambda_svc._get_event_invoke_config(name, qualifier)
    changed: Response = lambda_svc._put_event_invoke_config(
        name, qualifier, {**json.loads(answer), **json.loads(body or b"{}")}
    )
    return changed


# ---- code signing ----------------------------------------------------------------------------------------


def _serve_signing(method: str, match: re.Match[str], body: bytes) -> Response:
    configs, arn = lambda_svc._code_signing_configs, unquote(match["arn"])
    given = {key: value for key, value in json.loads(body or b"{}").items() if key in _SIGNING_MEMBERS}
    if not arn:
        if method == "POST":
            return json_answer({"CodeSigningConfig": _create_signing_config(given)}, 201)
        return json_answer({"CodeSigningConfigs": list(configs.values())})
    if match["functions"]:
        names = [
            lambda_svc._func_arn(name)
            for name, function in lambda_svc._functions.items()
            if function.get("code_signing_config_arn") == arn
        ]
        return json_answer({"FunctionArns": names})
    if method == "DELETE":
        del configs[arn]
        return 204, {}, b""
    if method == "PUT":
        configs[arn] |= {**given, "LastModified": lambda_svc._now_iso()}
    return json_answer({"CodeSigningConfig": configs[arn]})


def _create_signing_config(given: dict[str, Any]) -> dict[str, Any]:
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


def _state_with_signing(original: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    return {**original(), _SIGNING_STATE: lambda_svc._code_signing_configs}


def _load_signing(original: Callable[[object], None], data: object) -> None:
    original(data)
    if isinstance(data, dict) and isinstance(data.get(_SIGNING_STATE), AccountRegionScopedDict):
        lambda_svc._code_signing_configs.update(data[_SIGNING_STATE])


# ---- InvokeWithResponseStream ----------------------------------------------------------------------------


async def _invoke_stream(
    name: str,
    event: dict[str, Any],
    headers: dict[str, str],
    path_qualifier: str | None = None,
    query: dict[str, Any] | None = None,
) -> Response:
    status, answer_headers, body = await lambda_svc._invoke(name, event, headers, path_qualifier, query)
    if status != 200:  # a refusal is no stream
        return status, answer_headers, body
    failure = answer_headers.get("X-Amz-Function-Error")
    complete = {}
    if failure:
        complete = {"ErrorCode": failure, "ErrorDetails": (body or b"").decode("utf-8", "replace")}
    if log := answer_headers.get("X-Amz-Log-Result"):
        complete["LogResult"] = log
    pieces = (
        [] if failure or not body else [_stream_message("PayloadChunk", "application/octet-stream", body)]
    )
    pieces.append(_stream_message("InvokeComplete", "application/json", json.dumps(complete).encode()))
    kept = {name: value for name, value in answer_headers.items() if name.startswith("X-Amz-Executed")}
    return status, {**kept, "Content-Type": _EVENT_STREAM}, b"".join(pieces)


def _stream_message(kind: str, content_type: str, payload: bytes) -> bytes:
    headers = {":message-type": "event", ":event-type": kind, ":content-type": content_type}
    encoded: bytes = lambda_svc._es_encode_message(headers, payload)
    return encoded


# ---- the form of answers ---------------------------------------------------------------------------------


def _formed(path: str, status: int, answer_headers: dict[str, str], answer: Any) -> Response:
    is_invocation = _INVOCATION.fullmatch(path) is not None
    if is_invocation and status < 400:
        if status != 200:  # Only the answer to a synchronous caller contains the version.
            answer_headers.pop("X-Amz-Executed-Version", None)
        return status, answer_headers, answer
    if not isinstance(answer, bytes | str) or not answer:
        return status, answer_headers, answer
    try:
        value = json.loads(answer)
    except ValueError:
        return status, answer_headers, answer
    if status >= 400:
        return _form_error(status, answer_headers, value)
    if _LAYER.fullmatch(path):
        value = {
            key: each for key, each in value.items() if each or each == 0 or key not in _OMITTED_IN_LAYERS
        }
    else:
        _complete_answer(value)
    return status, answer_headers, json.dumps(value, ensure_ascii=False).encode()


def _form_error(status: int, headers: dict[str, str], value: Any) -> Response:
    if not isinstance(value, dict):
        return status, headers, json.dumps(value).encode()
    code = str(headers.get("x-amzn-errortype") or value.get("__type") or "")
    text = value.pop("message", None) or value.pop("Message", None) or ""
    value.pop("__type", None)
    if seconds := value.pop("retryAfterSeconds", None):  # a header, by the model
        headers = {"Retry-After": str(seconds), **headers}
    if code in _COMMON_ERRORS:
        shown = {"message": text, **value}
    else:
        kind = "User" if status < 500 else "Service"
        shown = {"Type": kind, "message" if code in _LOWER_CASE_ERRORS else "Message": text, **value}
    return status, {**headers, "x-amzn-errortype": code}, json.dumps(shown, ensure_ascii=False).encode()


def _complete_answer(value: _Json) -> None:
    """Gives every function configuration in an answer AWS's form."""
    for key in ("Functions", "Versions"):
        for config in value.get(key) or ():
            _complete_configuration(config)
            for name in _OMITTED_IN_LISTS:
                config.pop(name, None)
    if value.get("CodeSigningConfigArn") == "":
        value.clear()
    if _is_configuration(value):
        _complete_configuration(value)
    config = value.get("Configuration")
    if config and _is_configuration(config):
        _complete_configuration(config)
        if not value.get("Tags"):
            value.pop("Tags", None)


def _is_configuration(value: object) -> bool:
    return isinstance(value, dict) and "FunctionName" in value and "PackageType" in value


def _complete_configuration(config: _Json) -> None:
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
    config["LoggingConfig"] = _logging_config(config)
    if config["PackageType"] == "Image":
        for name in ("RuntimeVersionConfig", "Runtime", "Handler"):
            config.pop(name, None)
    else:
        config["RuntimeVersionConfig"] = {"RuntimeVersionArn": _runtime_version_arn(config)}


def _logging_config(config: _Json) -> _Json:
    given = config.get("LoggingConfig") or {}
    log_format = given.get("LogFormat") or "Text"
    group = given.get("LogGroup") or f"/aws/lambda/{config['FunctionName']}"
    if log_format != "JSON":
        return {"LogFormat": log_format, "LogGroup": group}
    levels = {
        name: given.get(name) or _DEFAULT_LOG_LEVEL for name in ("ApplicationLogLevel", "SystemLogLevel")
    }
    return {"LogFormat": log_format, **levels, "LogGroup": group}


def _runtime_version_arn(config: _Json) -> str:
    """Returns an ARN that is the same for the same runtime; AWS's ARNs contain a hash, too."""
    version = hashlib.sha256(str(config.get("Runtime")).encode()).hexdigest()
    region = str(config["FunctionArn"]).split(":")[3]
    return f"arn:aws:lambda:{region}::runtime:{version}"


def _get_as_asked(original: Callable[..., Response], name: str, qualifier: str | None = None) -> Response:
    """Names a function as requested: by version, alias or $LATEST."""
    status, headers, body = original(name, qualifier)
    if status != 200 or not qualifier:
        return status, headers, body
    answer = json.loads(body)
    config = answer.get("Configuration", answer)
    config["FunctionArn"] = f"{lambda_svc._func_arn(name)}:{qualifier}"
    return json_answer(answer)


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
    return json_answer(answer)


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
    return json_answer(answer)
