"""What calls of their own set of a function, as templates hold it: runtime updates, loops, signing, retries.

Source: https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/
    sam-resource-function.html; https://www.serverless.com/framework/docs/providers/aws/guide/functions
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workbench.aws.arn import Arn
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.asking import find
from workbench.functions.model import FunctionDetail
from workbench.functions.settings.read import read_others

_READ = ("recursion", "runtime_update_mode", "code_signing_config_arn", "log_retention_days")
_MODES = {"Auto": "auto", "FunctionUpdate": "onFunctionUpdate", "Manual": "manual"}
_KINDS = {"sqs": "SQS", "sns": "SNS", "lambda": "Lambda", "events": "EventBridge", "s3": "S3Bucket"}
"""Service of a destination -> SAM's word for it."""


@dataclass(frozen=True, slots=True)
class Beside:
    """As Settings has it; empty for what AWS does of itself.

    Attributes:
        retries: For asynchronous invocations; None when nothing is set. So max_age_s.
        on_success: ARN of where a record of a success goes; empty for nowhere. So on_failure.
    """

    recursion: str = ""
    runtime_update_mode: str = ""
    runtime_version_arn: str = ""
    code_signing_config_arn: str = ""
    log_retention_days: int | None = None
    retries: int | None = None
    max_age_s: int | None = None
    on_success: str = ""
    on_failure: str = ""


def read_beside(
    connection: Connection, detail: FunctionDetail, ctx: JobContext
) -> tuple[Beside, tuple[str, ...]]:
    """Reads it.

    Returns:
        And what may not be read, in words, with AWS's reason.

    Raises:
        Cancelled: Between calls.
    """
    reading = read_others(connection, detail, ctx)
    unread = [f"{name.replace('_', ' ')}: {why}" for name, why in reading.unread if name in _READ]
    found: dict[str, Any] = {}
    name = detail.function_name
    failure = f"Could not read the asynchronous invocation settings of {name}."
    try:
        found = find(connection, "get_function_event_invoke_config", failure, FunctionName=name)
    except WorkbenchError as error:
        unread.append(str(error))
    settings, places = reading.settings, found.get("DestinationConfig") or {}
    mode = settings.runtime_update_mode
    beside = Beside(
        "" if settings.recursion == "Terminate" else settings.recursion,
        "" if mode == "Auto" else mode,
        settings.runtime_version_arn if mode == "Manual" else "",
        settings.code_signing_config_arn,
        settings.log_retention_days,
        found.get("MaximumRetryAttempts"),
        found.get("MaximumEventAgeInSeconds"),
        *(str((places.get(end) or {}).get("Destination") or "") for end in ("OnSuccess", "OnFailure")),
    )
    return beside, tuple(unread)


def sam_members(beside: Beside) -> dict[str, Any]:
    """Properties of a function in a SAM template."""
    runtime = {"UpdateRuntimeOn": beside.runtime_update_mode, "RuntimeVersionArn": beside.runtime_version_arn}
    ends = (("OnSuccess", beside.on_success), ("OnFailure", beside.on_failure))
    places = {end: {"Type": _kind(arn), "Destination": arn} for end, arn in ends if arn}
    asynchronous = {
        "MaximumRetryAttempts": beside.retries,
        "MaximumEventAgeInSeconds": beside.max_age_s,
        "DestinationConfig": places,
    }
    return _filled(
        {
            "RecursiveLoop": beside.recursion,
            "RuntimeManagementConfig": _filled(runtime),
            "CodeSigningConfigArn": beside.code_signing_config_arn,
            "EventInvokeConfig": _filled(asynchronous),
        }
    )


def serverless_members(beside: Beside) -> dict[str, Any]:
    """Properties of a function in a file of the Serverless Framework."""
    mode = _MODES.get(beside.runtime_update_mode, "")
    return _filled(
        {
            "runtimeManagement": _filled({"mode": mode, "arn": beside.runtime_version_arn}),
            "logRetentionInDays": beside.log_retention_days,
            "maximumRetryAttempts": beside.retries,
            "maximumEventAge": beside.max_age_s,
            "destinations": _filled({"onSuccess": beside.on_success, "onFailure": beside.on_failure}),
        }
    )


def beside_not_in_sam(beside: Beside) -> Iterator[str]:
    """What a SAM template of the function alone does not hold, in words."""
    if beside.log_retention_days is not None:
        yield f"the retention of its log group, {beside.log_retention_days} days"


def beside_not_in_serverless(beside: Beside) -> Iterator[str]:
    """What a file of the Serverless Framework does not hold, in words."""
    if beside.recursion:
        yield f"recursive loop detection {beside.recursion}"
    if beside.code_signing_config_arn:
        yield f"code signing configuration {beside.code_signing_config_arn}"


def _kind(arn: str) -> str:
    service = Arn.parse(arn).service
    return _KINDS.get(service, service)


def _filled(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value not in (None, "", {})}
