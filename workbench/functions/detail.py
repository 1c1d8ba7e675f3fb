"""Reads one function, and waits for its updates."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.retry import Backoff, poll
from workbench.core.errors import WorkbenchError, sentences
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.functions.model import FunctionDetail, detail_of

CONFLICT = "ResourceConflictException"
GONE = "ResourceNotFoundException"
NO_QUEUE = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")
"""SQS's codes for a queue that does not exist."""
NOT_THERE = (GONE, "ResourceNotFound", "NoSuchEntity", "NotFoundException", "NotFound", *NO_QUEUE)
"""Codes of Lambda, CloudWatch, IAM, API Gateway and SNS, in this order."""


def find(
    connection: Connection, method: str, failure: str, *, service: str = "lambda", **params: Any
) -> dict[str, Any]:
    """Makes a call. The answer is empty if the resource does not exist.

    Raises:
        WorkbenchError: AWS refused for another reason, or was not reached.
    """
    try:
        return connection.call(service, method, failure=failure, **params)
    except WorkbenchError as error:
        if error.aws_code in NOT_THERE:
            return {}
        raise


def find_log_group(connection: Connection, name: str, failure: str, ctx: JobContext) -> dict[str, Any]:
    """The log group of exactly this name; empty if it does not exist. Raises WorkbenchError."""
    groups = connection.items(
        "logs", "describe_log_groups", ctx=ctx, failure=failure, logGroupNamePrefix=name
    )
    first: dict[str, Any] = next(iter(groups), {})  # AWS sorts them by name: an exact match comes first
    return first if first.get("logGroupName") == name else {}


def list_mappings(connection: Connection, function_arn: str, ctx: JobContext) -> Iterator[dict[str, Any]]:
    """The event source mappings of a function, its versions and its aliases, as AWS answers them.

    Raises:
        WorkbenchError: They may not be read, or AWS was not reached.
    """
    # All of the region are listed, because listing by the function's name leaves out those of its aliases.
    failure = _("Could not list the event source mappings.")
    for each in connection.items("lambda", "list_event_source_mappings", ctx=ctx, failure=failure):
        arn = str(each.get("FunctionArn") or "")
        if arn == function_arn or arn.startswith(f"{function_arn}:"):
            yield each


def qualifier_in(arn: str, function_arn: str) -> str:
    """The version or alias in an ARN of a function; empty for the function itself and $LATEST."""
    return arn.removeprefix(function_arn).removeprefix(":").removeprefix("$LATEST")


_LINK_LIFE_S = 600
"""The same lifetime as AWS's links.
Source: https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCodeLocation.html"""
_UPDATE = Backoff(0.02, longest_s=0.5, factor=1.0, share_of_wait=0.05, total_s=15 * 60.0)
"""AWS documents no maximum duration of an update, and some (images, VPCs, managed instances) take minutes."""


def get_function(
    connection: Connection, function_name: str, qualifier: str = "", ctx: JobContext | None = None
) -> FunctionDetail:
    """Reads a function, or one of its versions.

    If only lambda:GetFunctionConfiguration is allowed, the result has neither code nor tags.

    Args:
        qualifier: A version or alias; empty for $LATEST.

    Raises:
        WorkbenchError: aws_code is "ResourceNotFoundException" if the function does not exist.
    """
    if ctx is not None:
        ctx.check()
    request: dict[str, Any] = {"FunctionName": function_name}
    if qualifier:
        request["Qualifier"] = qualifier
    failure = _("Could not read the function {function_name}.").format(function_name=function_name)
    try:
        answer = connection.call("lambda", "get_function", failure=failure, **request)
    except WorkbenchError as error:
        if error.aws_code != "AccessDeniedException":
            raise
        try:
            found = connection.call("lambda", "get_function_configuration", failure=failure, **request)
        except WorkbenchError:
            raise error from None
        why = sentences(error.why, error.remedy)
        return replace(detail_of({"Configuration": found}), code_error=why, tags_error=why)
    return linked(connection, detail_of(answer))


def linked(connection: Connection, detail: FunctionDetail) -> FunctionDetail:
    """Adds a presigned link to the code of a function that refers to an S3 object, for which AWS gives none.

    If the object may not be read, the link fails when it is used.

    Raises:
        WorkbenchError: There are no credentials to sign the link with.
    """
    if detail.code_location or detail.s3_object is None:
        return detail
    where = detail.s3_object
    params = {"Bucket": where.bucket, "Key": where.key}
    if where.version:
        params["VersionId"] = where.version
    with connection.translated(
        failure=_("Could not read the code of {function_name}.").format(function_name=detail.function_name)
    ):
        link = connection.client("s3").generate_presigned_url(
            "get_object", Params=params, ExpiresIn=_LINK_LIFE_S
        )
    return replace(detail, code_location=str(link))


def wait_until_updated(
    connection: Connection,
    function_name: str,
    ctx: JobContext,
    qualifier: str = "",
    *,
    on_change: Callable[[FunctionDetail], object] = lambda _detail: None,
) -> FunctionDetail:
    """Waits until AWS has completed a change, or failed to, and returns the function or version.

    Polls GetFunction, whose quota is 100 requests a second, not the 15 that all others share. The pauses grow
    with the wait, so that its end is noticed about 5% late.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html#api-requests

    Args:
        qualifier: A version or alias; empty for $LATEST.
        on_change: Called whenever State or LastUpdateStatus changes during the wait: a deploy can start once
            the function is active, long before the end.

    Raises:
        WorkbenchError: The function no longer exists, AWS was not reached, or the change is not complete
            after 15 minutes; aws_code is then "State=Pending" or "LastUpdateStatus=InProgress".
        Cancelled: At once, also during a pause.
    """
    known = ("", "")

    def notify(detail: FunctionDetail) -> None:
        nonlocal known
        if known != (known := (detail.state, detail.last_update_status)):
            on_change(detail)

    detail = poll(
        lambda: get_function(connection, function_name, qualifier, ctx),
        lambda detail: not detail.is_updating,
        ctx,
        _UPDATE,
        notify,
    )
    if detail.is_updating:
        raise _still_pending(detail)
    return detail


def _still_pending(detail: FunctionDetail) -> WorkbenchError:
    is_new = detail.state == "Pending"
    reason = detail.state_reason if is_new else detail.last_update_status_reason
    return WorkbenchError(
        _("{function_name} is still pending.").format(function_name=detail.function_name),
        reason
        or _("AWS has not completed the change after {total_s:.0f} minutes.").format(
            total_s=_UPDATE.total_s / 60
        ),
        _("Refresh the function later. Change it again once AWS has completed this change."),
        aws_code="State=Pending" if is_new else "LastUpdateStatus=InProgress",
        action="function.refresh",
    )
