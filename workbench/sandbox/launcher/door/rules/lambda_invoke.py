"""Invoking Lambda functions, what happens to asynchronous invocations, and code signing.

The recorded tests are those of test_lambda_api.py unless another file is named.
"""

import json
import re

from workbench.sandbox.launcher.door import stores
from workbench.sandbox.launcher.door.event_patterns import ANY_VALUE
from workbench.sandbox.launcher.door.policies import lacks_for_destination
from workbench.sandbox.launcher.door.rules import Call, Refused, Rules
from workbench.sandbox.launcher.door.rules.lambda_names import (
    LATEST,
    NOT_FOUND,
    NOT_FOUND_LATEST,
    NOT_FOUND_QUALIFIED,
    invalid,
    missing,
    must_exist,
    target_of,
)

_DURABLE_GUIDE = "https://docs.aws.amazon.com/lambda/latest/dg/durable-invoking.html"
_ASYNC_GUIDE = "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html"
_LIMITS = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"
_INVOKES = ("Invoke", "InvokeWithResponseStream")
_MAX_PAYLOAD = {"Event": 1_048_576, "RequestResponse": 6_291_456}
_DESTINATIONS = ("sqs", "sns", "lambda", "events", "s3")
_ASYNC_SETTINGS = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")
# Texts of Python's parser, and of Jackson.
_EXPECTED = {
    "Expecting property name": "was expecting double-quote to start field name",
    "Expecting ':'": "was expecting a colon to separate field name and value",
    "Expecting ','": "was expecting comma to separate entries",
}
_WORD = re.compile(r"\w+")
_WHITE = b" \t\r\n"

rules = Rules()


rules.add(
    _INVOKES,
    "test_lambda.py::TestLambdaFeatures::test_invoke_exceptions",
    "test_lambda.py::TestLambdaAliases::test_lambda_alias_moving",
    "TestLambdaFunction::test_get_function_wrong_region",
)(must_exist(NOT_FOUND_LATEST, NOT_FOUND_QUALIFIED))


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


@rules.add(_INVOKES, "test_lambda.py::TestLambdaErrors::test_lambda_invoke_payload_encoding_error")
def _check_payload(call: Call) -> None:
    payload = bytes(call.parameters.get("Payload") or b"")
    try:
        json.loads(payload or b"{}")
    except RecursionError:
        return
    except ValueError:
        what, line, column = _problem(payload)
        raise Refused(
            "InvalidRequestContentException",
            f"Could not parse request body into json: Could not parse payload into json: {what}\n"
            " at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); "
            f"line: {line}, column: {column}]",
        ) from None


def _problem(payload: bytes) -> tuple[str, int, int]:
    """Why a payload is not JSON in the words of AWS's parser, with line and column (both from 1)."""
    start = len(payload) - len(payload.lstrip(_WHITE))
    line = payload.count(b"\n", 0, start) + 1
    column = start - payload.rfind(b"\n", 0, start)
    first = payload[start : start + 1]
    if first and not (first.isalpha() or first in b'"-0123456789[{'):
        return (
            f"Unexpected character ({_name(payload[start])}): expected a valid value {ANY_VALUE}",
            line,
            column,
        )
    try:
        text = payload.decode()
    except UnicodeDecodeError as error:
        line = payload.count(b"\n", 0, error.start) + 1
        column = error.start - payload.rfind(b"\n", 0, error.start)
        return f"Invalid UTF-8 start byte 0x{payload[error.start]:x}", line, column + 1
    word = _WORD.match(text, start)
    if word is not None and first.isalpha():
        return f"Unrecognized token '{word[0]}': was expecting {ANY_VALUE}", line, column + len(word[0])
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        if error.pos >= len(text) or error.msg.startswith("Unterminated"):
            return "Unexpected end-of-input", error.lineno, error.colno
        wanted = next(
            (words for said, words in _EXPECTED.items() if error.msg.startswith(said)),
            f"expected a valid value {ANY_VALUE}",
        )
        return f"Unexpected character ({_name(ord(text[error.pos]))}): {wanted}", error.lineno, error.colno
    return "Unexpected end-of-input", line, column


def _name(code: int) -> str:
    is_control = code < 0x20 or 0x7F <= code < 0xA0
    return f"(CTRL-CHAR, code {code})" if is_control else f"'{chr(code)}' (code {code})"


@rules.add(
    _INVOKES,
    "test_lambda.py::TestLambdaConcurrency::test_lambda_concurrency_block",
    "test_lambda.py::TestLambdaConcurrency::test_reserved_concurrency",
)
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
    "TestLambdaFunction::test_ops_on_nonexisting_fn",
    "TestLambdaFunction::test_ops_on_nonexisting_version",
    "TestLambdaFunction::test_get_function_wrong_region",
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


@rules.add(
    (
        "GetCodeSigningConfig",
        "UpdateCodeSigningConfig",
        "DeleteCodeSigningConfig",
        "ListFunctionsByCodeSigningConfig",
    ),
    "TestCodeSigningConfig::test_code_signing_not_found_excs",
)
def _check_signing_config(call: Call) -> None:
    arn = str(call.parameters["CodeSigningConfigArn"])
    if stores.code_signing_config(arn) is None:
        raise Refused(
            "ResourceNotFoundException", f"The Lambda code signing configuration {arn} can not be found.", 404
        )


@rules.add(
    ("PutFunctionCodeSigningConfig", "CreateFunction"),
    "TestCodeSigningConfig::test_code_signing_not_found_excs",
)
def _check_signing_config_of_function(call: Call) -> None:
    arn = call.parameters.get("CodeSigningConfigArn")
    if arn and stores.code_signing_config(str(arn)) is None:
        raise Refused(
            "CodeSigningConfigNotFoundException",
            "The code signing configuration cannot be found. Check that the provided configuration is not "
            f"deleted: {arn}.",
            404,
        )


rules.add("PutFunctionCodeSigningConfig", "TestCodeSigningConfig::test_code_signing_not_found_excs")(
    must_exist(NOT_FOUND)
)
