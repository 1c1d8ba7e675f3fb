"""Event source mappings.

The recorded tests are those of test_lambda_api.py unless another file is named.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from workbench.sandbox.launcher.door import stores
from workbench.sandbox.launcher.door.policies import lacks_for_source, lacks_for_target
from workbench.sandbox.launcher.door.rules import Call, Rules
from workbench.sandbox.launcher.door.rules.lambda_names import (
    GONE,
    FunctionTarget,
    conflict,
    invalid,
    missing,
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

rules = Rules()


def _source(call: Call) -> str:
    """The ARN of the event source; for an update that of the mapping."""
    if call.operation == "CreateEventSourceMapping":
        return call.text("EventSourceArn")
    return str(_mapping(call).get("EventSourceArn") or "")


def _service(arn: str) -> str:
    return (*arn.split(":"), "", "", "")[2]


def _mapping(call: Call) -> Mapping[str, Any]:
    return stores.mapping(call.text("UUID")) or {}


def _setting(call: Call, name: str) -> Any:
    """The future value of a setting of the mapping."""
    return call.parameters.get(name, _mapping(call).get(name))


@rules.add(
    ("GetEventSourceMapping", "UpdateEventSourceMapping", "DeleteEventSourceMapping"),
    "https://docs.aws.amazon.com/lambda/latest/api/API_GetEventSourceMapping.html",
)
def _check_known(call: Call) -> None:
    if not _mapping(call):
        raise missing(GONE)


@rules.add("CreateEventSourceMapping", _API)
def _check_some_source(call: Call) -> None:
    given = call.parameters
    if not given.get("EventSourceArn") and not given.get("SelfManagedEventSource"):
        raise invalid("Unrecognized event source.")


@rules.add(
    "CreateEventSourceMapping",
    "TestLambdaEventSourceMappings::test_create_event_source_validation",
    "TestLambdaEventSourceMappings::test_create_event_source_validation_kinesis",
)
def _check_starting_position(call: Call) -> None:
    arn, position = _source(call), call.parameters.get("StartingPosition")
    if _service(arn) not in _STREAM_SERVICES:
        return
    if not position:
        raise invalid(
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
            "Member must not be null."
        )
    if position == "AT_TIMESTAMP" and _service(arn) == "dynamodb":
        raise invalid(f"Unsupported starting position for arn type: {arn}")


@rules.add(_BOTH, _API)
def _check_function(call: Call) -> None:
    if call.parameters.get("FunctionName"):
        target = target_of(call)
        if not target.has(target.qualifier):
            raise invalid("Function does not exist")


@rules.add(
    _BOTH,
    "test_lambda_integration_sqs.py::TestSQSEventSourceMapping::test_event_source_mapping_default_batch_size",
)
def _check_batch(call: Call) -> None:
    if _service(_source(call)) != "sqs":
        return
    size, window_s = _setting(call, "BatchSize"), _setting(call, "MaximumBatchingWindowInSeconds")
    if (size or 0) > _MAX_BATCH_WITHOUT_WINDOW and not window_s:
        raise invalid(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
        )


@rules.add(_BOTH, _API)
def _check_settings(call: Call) -> None:
    if _service(_source(call)) != "sqs":
        return
    for name in _STREAM_SETTINGS:
        if call.parameters.get(name):
            raise invalid(f"Unsupported {name} parameter for given event source mapping type.")


@rules.add(
    _BOTH,
    "test_lambda_integration_dynamodbstreams.py::TestDynamoDBEventSourceMapping::test_dynamodb_invalid_event_filter",
    "test_lambda_integration_sqs.py::TestSQSEventSourceMapping::test_sqs_invalid_event_filter",
)
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


@rules.add(
    _BOTH,
    f"{_QUEUE_GUIDE}#events-sqs-permissions",
    "https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html",
)
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


@rules.add(
    "CreateEventSourceMapping",
    "test_lambda_integration_kinesis.py::TestKinesisSource::test_esm_with_not_existing_kinesis_stream",
    "test_lambda_integration_dynamodbstreams.py::TestDynamoDBEventSourceMapping::test_esm_with_not_existing_dynamodb_stream",
)
def _check_source(call: Call) -> None:
    arn = _source(call)
    if _service(arn) == "sqs" and stores.queue(arn) is None:
        raise invalid(
            "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. "
            "SQS Error Message: The specified queue does not exist."
        )
    is_foreign = arn.split(":")[4:5] != [call.account_id]
    if _service(arn) == "kinesis" and not is_foreign and stores.kinesis_stream(arn) is None:
        raise invalid(f"Stream not found: {arn}")
    if _service(arn) == "dynamodb" and stores.stream_table(arn) is None:
        raise invalid(f"Stream not found: {arn}")


@rules.add(_BOTH, _QUEUE_GUIDE)
def _check_visibility(call: Call) -> None:
    arn = _source(call)
    if _service(arn) != "sqs" or not call.parameters.get("FunctionName"):
        return
    queue = stores.queue(arn) or {}
    visibility_s = int(queue.get("attributes", {}).get("VisibilityTimeout", _DEFAULT_VISIBILITY_S))
    timeout_s = int(target_of(call).named.get("config", {}).get("Timeout", 0))
    if visibility_s < timeout_s:
        raise invalid(
            f"Queue visibility timeout: {visibility_s} seconds is less than "
            f"Function timeout: {timeout_s} seconds"
        )


@rules.add(
    "CreateEventSourceMapping",
    "test_lambda_integration_sqs.py::TestSQSEventSourceMapping::test_duplicate_event_source_mappings",
    "test_lambda_integration_kinesis.py::TestKinesisSource::test_duplicate_event_source_mappings",
    "test_lambda_integration_dynamodbstreams.py::TestDynamoDBEventSourceMapping::test_duplicate_event_source_mappings",
)
def _check_new(call: Call) -> None:
    arn, target = _source(call), target_of(call)
    same = next((each for each in stores.mappings() if _is_same(each, arn, target)), None)
    if same is None or not arn:
        return
    name = f"{target.name}:{target.qualifier}" if target.qualifier else target.name
    where = f'arn (" {arn} ") and function (" {name} ")'
    remedy = f"already exists. Please update or delete the existing mapping with UUID {same['UUID']}"
    if _service(arn) == "sqs":
        raise conflict(f"An event source mapping with SQS {where} {remedy}")
    raise conflict(f"The event source {where} provided mapping {remedy}")


def _is_same(mapping: Mapping[str, Any], arn: str, target: FunctionTarget) -> bool:
    return mapping.get("EventSourceArn") == arn and mapping.get("FunctionArn") == target.qualified
