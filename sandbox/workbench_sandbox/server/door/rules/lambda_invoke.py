"""Event source mappings, invoking Lambda functions, asynchronous invocations, and code signing."""

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from workbench_sandbox.server.door import stores
from workbench_sandbox.server.door.event_patterns import ANY_VALUE, Malformed, line_and_column, tokens
from workbench_sandbox.server.door.policies import lacks_for_destination, lacks_for_source, lacks_for_target
from workbench_sandbox.server.door.rules import Call, Refused, Rules
from workbench_sandbox.server.door.rules.lambda_functions import (
    GONE,
    LATEST,
    NOT_FOUND,
    NOT_FOUND_LATEST,
    NOT_FOUND_QUALIFIED,
    FunctionTarget,
    conflict,
    invalid,
    missing,
    must_exist,
    target_of,
)

_QUEUE_GUIDE = "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"
_API = "https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html"
_MAX_BATCH_WITHOUT_WINDOW = 10
_DEFAULT_VISIBILITY_S = "30"
_STREAM_SERVICES = ("kinesis", "dynamodb")
# Settings that only streams have.
_STREAM_SETTINGS = (
    "BisectBatchOnFunctionError",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "ParallelizationFactor",
    "TumblingWindowInSeconds",
)
_BOTH = ("CreateEventSourceMapping", "UpdateEventSourceMapping")
_DURABLE_GUIDE = "https://docs.aws.amazon.com/lambda/latest/dg/durable-invoking.html"
_ASYNC_GUIDE = "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html"
_LIMITS = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"
_INVOKES = ("Invoke", "InvokeWithResponseStream")
_MAX_PAYLOAD = {"Event": 1_048_576, "RequestResponse": 6_291_456}
_DESTINATIONS = ("sqs", "sns", "lambda", "events", "s3")
_ASYNC_SETTINGS = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")
_WHITE = b" \t\r\n"
_MAX_EXPLAINED = 100_000
"""Characters. To find the exact position in a longer payload would block the Sandbox for seconds."""

rules = Rules("lambda")


def _source(call: Call) -> str:
    """The ARN of the event source; for an update that of the mapping."""
    if call.operation == "CreateEventSourceMapping":
        return call.text("EventSourceArn")
    return str(_mapping(call).get("EventSourceArn") or "")


def _mapping(call: Call) -> Mapping[str, Any]:
    return stores.mapping(call.text("UUID")) or {}


def _setting(call: Call, name: str) -> Any:
    """The future value of a setting of the mapping."""
    return call.parameters.get(name, _mapping(call).get(name))


rules.need(
    ("GetEventSourceMapping", "UpdateEventSourceMapping", "DeleteEventSourceMapping"),
    "https://docs.aws.amazon.com/lambda/latest/api/API_GetEventSourceMapping.html",
    stores.mapping, "UUID", missing, GONE,
)  # fmt: skip


@rules.add("CreateEventSourceMapping", _API)
def _check_some_source(call: Call) -> None:
    given = call.parameters
    if not given.get("EventSourceArn") and not given.get("SelfManagedEventSource"):
        raise invalid("Unrecognized event source.")


@rules.add("CreateEventSourceMapping", "test_create_event_source_validation")
def _check_starting_position(call: Call) -> None:
    arn, position = _source(call), call.parameters.get("StartingPosition")
    if stores.service_of(arn) not in _STREAM_SERVICES:
        return
    if not position:
        raise invalid(
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
            "Member must not be null."
        )
    if position == "AT_TIMESTAMP" and stores.service_of(arn) == "dynamodb":
        raise invalid(f"Unsupported starting position for arn type: {arn}")


@rules.add(_BOTH, _API)
def _check_function(call: Call) -> None:
    if call.parameters.get("FunctionName"):
        target = target_of(call)
        if not target.has(target.qualifier):
            raise invalid("Function does not exist")


@rules.add(_BOTH, "test_event_source_mapping_default_batch_size")
def _check_batch(call: Call) -> None:
    if stores.service_of(_source(call)) != "sqs":
        return
    size, window_s = _setting(call, "BatchSize"), _setting(call, "MaximumBatchingWindowInSeconds")
    if (size or 0) > _MAX_BATCH_WITHOUT_WINDOW and not window_s:
        raise invalid(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
        )


@rules.add(_BOTH, _API)
def _check_settings(call: Call) -> None:
    if stores.service_of(_source(call)) != "sqs":
        return
    for name in _STREAM_SETTINGS:
        if call.parameters.get(name):
            raise invalid(f"Unsupported {name} parameter for given event source mapping type.")


@rules.add(_BOTH, "test_dynamodb_invalid_event_filter")
def _check_filters(call: Call) -> None:
    for each in (call.parameters.get("FilterCriteria") or {}).get("Filters") or ():
        try:
            pattern = json.loads(each.get("Pattern") or "{}")
            is_valid = isinstance(pattern, dict) and all(map(_is_rule, pattern.values()))
        except (ValueError, RecursionError):
            is_valid = False
        if not is_valid:
            raise invalid("Invalid filter pattern definition.")


def _is_rule(value: object) -> bool:
    """Whether a value of a pattern is a list of conditions, or a nested pattern."""
    if isinstance(value, dict):
        return bool(value) and all(map(_is_rule, value.values()))
    return isinstance(value, list) and bool(value)


@rules.add(_BOTH, f"{_QUEUE_GUIDE}#events-sqs-permissions")
def _check_role(call: Call) -> None:
    """Checks the role, except for a mapping that is disabled: missing permissions must not prevent that."""
    if call.parameters.get("Enabled") is False and call.operation == "UpdateEventSourceMapping":
        return
    function = call.parameters.get("FunctionName") or _mapping(call).get("FunctionArn")
    target = target_of(replace(call, parameters={"FunctionName": function}))
    role_arn = str(target.named.get("config", {}).get("Role") or "")
    on_failure = (call.parameters.get("DestinationConfig") or {}).get("OnFailure") or {}
    lacks = lacks_for_source(role_arn, _source(call)) if role_arn else ""
    if role_arn and not lacks:
        lacks = lacks_for_target(role_arn, str(on_failure.get("Destination") or ""))
    if lacks:
        raise invalid(lacks)


@rules.add("CreateEventSourceMapping", "test_esm_with_not_existing_kinesis_stream")
def _check_source(call: Call) -> None:
    arn = _source(call)
    if stores.service_of(arn) == "sqs" and stores.queue(arn) is None:
        raise invalid(
            "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. "
            "SQS Error Message: The specified queue does not exist."
        )
    is_foreign = arn.split(":")[4:5] != [call.account_id]
    if stores.service_of(arn) == "kinesis" and not is_foreign and stores.kinesis_stream(arn) is None:
        raise invalid(f"Stream not found: {arn}")
    if stores.service_of(arn) == "dynamodb" and stores.stream_table(arn) is None:
        raise invalid(f"Stream not found: {arn}")


@rules.add(_BOTH, _QUEUE_GUIDE)
def _check_visibility(call: Call) -> None:
    arn = _source(call)
    if stores.service_of(arn) != "sqs" or not call.parameters.get("FunctionName"):
        return
    queue = stores.queue(arn) or {}
    visibility_s = int(queue.get("attributes", {}).get("VisibilityTimeout", _DEFAULT_VISIBILITY_S))
    timeout_s = int(target_of(call).named.get("config", {}).get("Timeout", 0))
    if visibility_s < timeout_s:
        raise invalid(
            f"Queue visibility timeout: {visibility_s} seconds is less than "
            f"Function timeout: {timeout_s} seconds"
        )


@rules.add("CreateEventSourceMapping", "test_duplicate_event_source_mappings")
def _check_new(call: Call) -> None:
    arn, target = _source(call), target_of(call)
    same = next((each for each in stores.mappings() if _is_same(each, arn, target)), None)
    if same is None or not arn:
        return
    name = f"{target.name}:{target.qualifier}" if target.qualifier else target.name
    where = f'arn (" {arn} ") and function (" {name} ")'
    remedy = f"already exists. Please update or delete the existing mapping with UUID {same['UUID']}"
    if stores.service_of(arn) == "sqs":
        raise conflict(f"An event source mapping with SQS {where} {remedy}")
    raise conflict(f"The event source {where} provided mapping {remedy}")


def _is_same(mapping: Mapping[str, Any], arn: str, target: FunctionTarget) -> bool:
    return mapping.get("EventSourceArn") == arn and mapping.get("FunctionArn") == target.qualified


rules.add(_INVOKES, "test_invoke_exceptions")(must_exist(NOT_FOUND_LATEST, NOT_FOUND_QUALIFIED))


@rules.add(_INVOKES, _DURABLE_GUIDE)
def _check_durable(call: Call) -> None:
    target = target_of(call)
    if not target.qualifier and target.config.get("DurableConfig"):
        raise invalid("You cannot invoke a durable function using an unqualified ARN.")


@rules.add(_INVOKES, _LIMITS)
def _check_payload_size(call: Call) -> None:
    kind = str(call.parameters.get("InvocationType") or "RequestResponse")
    size, limit = len(call.parameters.get("Payload") or b""), _MAX_PAYLOAD.get(kind)
    if limit is not None and size > limit:
        raise Refused(
            "RequestEntityTooLargeException",
            f"{size} byte payload is too large for the {kind} invocation type (limit {limit} bytes)",
            413,
        )


@rules.add(_INVOKES, "test_lambda_invoke_payload_encoding_error")
def _check_payload(call: Call) -> None:
    payload = bytes(call.parameters.get("Payload") or b"")
    try:
        json.loads(payload or b"{}")
    except RecursionError:
        return
    except ValueError as error:
        what, at = _problem(payload, error)
        raise Refused(
            "InvalidRequestContentException",
            f"Could not parse request body into json: Could not parse payload into json: {what}\n"
            " at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); "
            f"{line_and_column(payload.decode('latin-1'), at)}]",
        ) from None


def _problem(payload: bytes, error: ValueError) -> tuple[str, int]:
    """Why a payload is not JSON in the words of AWS's parser, and its position."""
    start = len(payload) - len(payload.lstrip(_WHITE))
    first = payload[start : start + 1]
    if first and not (first.isalpha() or first in b'"-0123456789[{'):
        return f"Unexpected character ({_name(payload[start])}): expected a valid value {ANY_VALUE}", start
    try:
        text = payload.decode()
        if len(text) <= _MAX_EXPLAINED:
            deque(tokens(text), maxlen=0)
    except UnicodeDecodeError as fault:
        return f"Invalid UTF-8 start byte 0x{payload[fault.start]:x}", fault.start + 1
    except Malformed as malformed:
        if malformed.message.startswith("Unexpected end-of-input"):
            return "Unexpected end-of-input", malformed.offset
        return malformed.message, malformed.offset - malformed.message.startswith("Unexpected character")
    at = error.pos if isinstance(error, json.JSONDecodeError) else start
    if at >= len(text) or str(error).startswith("Unterminated"):
        return "Unexpected end-of-input", at
    return (
        f"Unexpected character ({_name(ord(text[at]))}): expected a valid value {ANY_VALUE}",
        at,
    )


def _name(code: int) -> str:
    is_control = code < 0x20 or 0x7F <= code < 0xA0
    return f"(CTRL-CHAR, code {code})" if is_control else f"'{chr(code)}' (code {code})"


@rules.add(_INVOKES, "test_lambda_concurrency_block")
def _check_reserved(call: Call) -> None:
    is_asynchronous = call.parameters.get("InvocationType") in ("Event", "DryRun")
    if not is_asynchronous and target_of(call).record.get("concurrency") == 0:
        raise Refused(
            "TooManyRequestsException",
            "Rate Exceeded.",
            429,
            {"Reason": "ReservedFunctionConcurrentInvocationLimitExceeded"},
        )


@rules.add(("PutFunctionEventInvokeConfig", "UpdateFunctionEventInvokeConfig"), _ASYNC_GUIDE)
def _check_some_setting(call: Call) -> None:
    if all(call.parameters.get(each) is None for each in _ASYNC_SETTINGS):
        raise invalid("You must specify at least one of error handling or destination setting.")


rules.add(
    ("PutFunctionEventInvokeConfig", "UpdateFunctionEventInvokeConfig", "ListFunctionEventInvokeConfigs"),
    _ASYNC_GUIDE,
)(must_exist("The function doesn't exist."))


@rules.add(
    ("GetFunctionEventInvokeConfig", "UpdateFunctionEventInvokeConfig", "DeleteFunctionEventInvokeConfig"),
    "test_ops_on_nonexisting_fn",
)
def _check_async_config(call: Call) -> None:
    target = target_of(call)
    configs = target.record.get("event_invoke_configs") or {}
    keys = ("", LATEST) if target.qualifier in ("", LATEST) else (target.qualifier,)
    if not any(configs.get(key) for key in keys):
        arn = target.qualified if call.operation.startswith("Delete") else target.latest
        raise missing(f"The function {arn} doesn't have an EventInvokeConfig")


@rules.add(("PutFunctionEventInvokeConfig", "UpdateFunctionEventInvokeConfig"), _ASYNC_GUIDE)
def _check_destinations(call: Call) -> None:
    target, config = target_of(call), call.parameters.get("DestinationConfig") or {}
    given = {key: (config.get(key) or {}).get("Destination") for key in ("OnSuccess", "OnFailure")}
    for arn in filter(None, given.values()):
        _, _, service, region, account_id, *rest = [*str(arn).split(":", 5), *[""] * 6][:6]
        if service not in _DESTINATIONS:
            texts = [
                f"{key[0].lower()}{key[1:]}={f'{key}(destination={value})' if value else 'null'}"
                for key, value in given.items()
            ]
            raise invalid(
                f"The provided destination config DestinationConfig({', '.join(texts)}) is invalid."
            )
        if service == "lambda":
            name = rest[0].removeprefix("function:").partition(":")[0]
            if stores.function(name, account_id, region) is None:
                raise invalid(f"The destination ARN {arn} is invalid.")
            if (name, account_id, region) == (target.name, call.account_id, call.region):
                raise invalid("You can't specify the function as a destination for itself.")
        if lacks := lacks_for_destination(str(target.named.get("config", {}).get("Role") or ""), str(arn)):
            raise invalid(lacks)


rules.need(
    (
        "GetCodeSigningConfig", "UpdateCodeSigningConfig", "DeleteCodeSigningConfig",
        "ListFunctionsByCodeSigningConfig",
    ), "test_code_signing_not_found_excs",
    stores.code_signing_config, "CodeSigningConfigArn", missing,
    "The Lambda code signing configuration {name} can not be found.",
)  # fmt: skip


@rules.add(("PutFunctionCodeSigningConfig", "CreateFunction"), "test_code_signing_not_found_excs")
def _check_signing_config_of_function(call: Call) -> None:
    arn = call.parameters.get("CodeSigningConfigArn")
    if arn and stores.code_signing_config(str(arn)) is None:
        raise Refused(
            "CodeSigningConfigNotFoundException",
            "The code signing configuration cannot be found. Check that the provided configuration is not "
            f"deleted: {arn}.",
            404,
        )


rules.add("PutFunctionCodeSigningConfig", "test_code_signing_not_found_excs")(must_exist(NOT_FOUND))
