"""Publishes $LATEST: as a version, or as what callers of a function on managed instances get.

A version is what the person saw, not what somebody has put there since.
"""

from dataclasses import dataclass, replace
from typing import Any

from workbench.aws import names
from workbench.aws.connection import Connection
from workbench.aws.retrying_connection import THROTTLES
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.asking import CONFLICT
from workbench.functions.detail import wait_until_updated
from workbench.functions.model import FunctionDetail
from workbench.functions.versions import list_versions

_SETTLING = (CONFLICT, "PreconditionFailedException", "InvalidParameterValueException")
"""An update runs, or has ended since our look. The last one is what AWS says of another CodeSha256.
Source: https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html"""
_ATTEMPTS, _LATEST_ATTEMPTS = 5, 10
_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 5.0
PUBLISHED = "$LATEST.PUBLISHED"


@dataclass(frozen=True, slots=True)
class Published:
    """What came of it.

    Attributes:
        version: Its number.
        is_new: False when nothing has changed since that version was published: AWS makes no second one.
        is_ready: Whether it can be invoked. SnapStart takes minutes, which Cancel need not wait for.
    """

    version: str
    is_new: bool
    is_ready: bool = True


def publish_version(
    connection: Connection, seen: FunctionDetail, description: str, ctx: JobContext
) -> Published:
    """Publishes a version and waits until it can be invoked.

    Args:
        connection: To the function's account and region.
        seen: The function as the person saw it.
        description: Of the version, at most 256 characters; empty for the function's own.
        ctx: The job. Cancel after the version was made only ends the waiting.

    Raises:
        WorkbenchError: Somebody changed code or configuration since; AWS refused; or the version cannot run.
        Cancelled: Before the version was made.
    """
    name, failure = seen.function_name, f"Could not publish a version of {seen.function_name}."
    more: dict[str, Any] = {"Description": description} if description else {}
    before = {each.version for each in list_versions(connection, name, JobContext())}
    now = wait_until_updated(connection, name, ctx)
    for attempt in range(_ATTEMPTS):
        _refuse_if_changed(seen, now, failure)
        ctx.check()
        try:
            answer = connection.call(
                "lambda",
                "publish_version",
                failure=failure,
                FunctionName=name,
                CodeSha256=now.code_sha256,
                RevisionId=now.revision_id,
                **more,
            )
        except WorkbenchError as error:
            if error.aws_code not in _SETTLING or attempt == _ATTEMPTS - 1:
                raise
            ctx.sleep(_PAUSE_S * 2**attempt)
            then, now = now, wait_until_updated(connection, name, ctx)
            if error.aws_code not in _SETTLING[:2] and then.revision_id == now.revision_id:
                raise  # it was not about the code
            continue
        version = names.version(str(answer["Version"]))
        return Published(version, version not in before, _wait(connection, name, version, ctx))
    raise AssertionError("the last attempt returns or raises")


def publish_latest(connection: Connection, function_name: str, ctx: JobContext) -> None:
    """Publishes $LATEST to $LATEST.PUBLISHED, and waits until that can be invoked.

    Done twice it comes to the same.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-version-publishing.html

    Raises:
        WorkbenchError: AWS refuses, or cannot start it: callers get what they got before.
        Cancelled: Between calls.
    """
    for attempt in range(_LATEST_ATTEMPTS):
        ctx.check()
        try:
            connection.call(
                "lambda",
                "publish_version",
                failure=f"The changes of {function_name} were not published to {PUBLISHED}.",
                FunctionName=function_name,
                PublishTo="LATEST_PUBLISHED",
            )
        except WorkbenchError as error:
            if error.aws_code not in (CONFLICT, *THROTTLES) or attempt == _LATEST_ATTEMPTS - 1:
                raise
            ctx.sleep(min(_PAUSE_S * 2**attempt, _LONGEST_PAUSE_S))
            continue
        break
    detail = wait_until_updated(connection, function_name, ctx, PUBLISHED)
    if "Failed" in (detail.state, detail.last_update_status):
        raise WorkbenchError(
            f"{PUBLISHED} of {function_name} cannot be invoked.",
            detail.state_reason or detail.last_update_status_reason,
            "Fix the cause, then deploy again.",
            aws_code="State=Failed",
        )


def _refuse_if_changed(seen: FunctionDetail, now: FunctionDetail, failure: str) -> None:
    """Other states and revisions are no change: AWS gives new ones for its own reasons."""
    same = replace(
        now,
        state=seen.state,
        state_reason=seen.state_reason,
        last_update_status=seen.last_update_status,
        last_update_status_reason=seen.last_update_status_reason,
        revision_id=seen.revision_id,
        last_modified=seen.last_modified,
        code_location=seen.code_location,
        reserved_concurrency=seen.reserved_concurrency,
        tags=seen.tags,
    )
    if same == seen:
        return
    what = "code" if now.code_sha256 != seen.code_sha256 else "configuration"
    raise WorkbenchError(
        failure,
        f"Its {what} changed in the meantime. No version was published.",
        "Review the changes, then publish again.",
        aws_code="PreconditionFailedException",
        action="function.refresh",
    )


def _wait(connection: Connection, name: str, version: str, ctx: JobContext) -> bool:
    try:
        detail = wait_until_updated(connection, name, ctx, version)
    except Cancelled:
        return False
    if detail.state == "Failed":
        raise WorkbenchError(
            f"Version {version} of {name} was published, but it cannot be invoked.",
            detail.state_reason,
            "Fix the cause, then publish again.",
            aws_code="State=Failed",
        )
    return True
