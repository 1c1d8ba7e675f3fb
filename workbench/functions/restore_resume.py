"""What a crash has left of a function that was being restored: recognised before it is gone on with.

Must not know: what is made next.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.asking import find
from workbench.functions.belongings import KeptVersion, kept_object
from workbench.functions.detail import wait_until_updated
from workbench.functions.model import FunctionDetail, detail_of
from workbench.functions.restore_request import restore_request
from workbench.functions.restore_versions import is_between


@dataclass(frozen=True, slots=True)
class HalfMade:
    """A function, and what code and configuration it has."""

    detail: FunctionDetail
    shape: KeptVersion


def half_made(
    connection: Connection, function_name: str, shapes: Sequence[KeptVersion], ctx: JobContext
) -> HalfMade | None:
    """The function as the crash has left it; None when it was not made yet.

    Args:
        connection: To its account and region.
        function_name: Its name.
        shapes: All that restoring gives to it, one after the other.
        ctx: The job.

    Raises:
        WorkbenchError: It could not be read; or it is something else by now, which is not touched.
        Cancelled: Meanwhile.
    """
    failure = f"Could not read {function_name}."
    if not find(connection, "get_function", failure, FunctionName=function_name):
        return None
    wait_until_updated(connection, function_name, ctx)
    answer = connection.call("lambda", "get_function", failure=failure, FunctionName=function_name)
    detail = detail_of(answer)
    is_image = detail.package_type == "Image"
    now = KeptVersion(
        "$LATEST",
        restore_request(answer),
        "" if is_image else detail.code_sha256,
        detail.running_image_uri if is_image else "",
        detail.source_kms_key_arn,
        kept_object(detail),
    )
    if not is_between(now, shapes):
        raise WorkbenchError(
            f"The restore of {function_name} was not continued.",
            "Its code or configuration was changed after the restore was interrupted.",
            "Keep it as it is, or delete it and restore it again.",
            aws_code="PreconditionFailedException",
        )
    return HalfMade(detail, now)
