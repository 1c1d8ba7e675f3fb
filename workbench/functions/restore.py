"""Makes a function that was deleted again: code, configuration, tags and reserved concurrency."""

import json
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.quotas import ZIP_LIMIT_BYTES
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error
from workbench.core.jobs import JobContext
from workbench.functions.create import check_name_is_free
from workbench.functions.deleted import Deleted
from workbench.functions.detail import get_function, wait_until_updated
from workbench.functions.model import FunctionDetail


def restore(connection: Connection, deleted: Deleted, ctx: JobContext) -> FunctionDetail:
    """Creates it and waits until it can be invoked.

    Raises:
        WorkbenchError: There is a function of its name; AWS refused (its role may have gone); the package is
            too large to be sent directly; or it is there and lacks something, which `why` says.
        Cancelled: Before it was created.
    """
    name = deleted.function_name
    what = f"{name} was not restored."
    check_name_is_free(connection, name, ctx)
    code = _code(deleted, what)
    ctx.progress(0, 3, f"Creating {name}")
    request: dict[str, Any] = json.loads(deleted.request)
    connection.call("lambda", "create_function", doing=f"restore {name}", Code=code, **request)
    ctx = ctx.shielded()  # it is there: what belongs to it is not left out
    ctx.progress(1, 3, f"Waiting until {name} can be invoked")
    detail = wait_until_updated(connection, name, ctx)
    if detail.state == "Failed":
        raise WorkbenchError(
            f"{name} was restored, but it cannot be invoked.",
            detail.state_reason,
            "Correct its configuration.",
            aws_code="State=Failed",
        )
    if deleted.reserved_concurrency is not None:
        ctx.progress(2, 3, "Reserving its concurrency")
        connection.call(
            "lambda",
            "put_function_concurrency",
            doing=f"reserve the concurrency of {name}, which is restored otherwise",
            FunctionName=name,
            ReservedConcurrentExecutions=deleted.reserved_concurrency,
        )
        detail = get_function(connection, name, "", ctx)
    return detail


def _code(deleted: Deleted, what: str) -> dict[str, Any]:
    if deleted.image_uri:
        return {"ImageUri": deleted.image_uri}
    if deleted.size_bytes > ZIP_LIMIT_BYTES:
        raise WorkbenchError(
            what,
            f"Its package has {deleted.size_bytes:,} bytes; more than {ZIP_LIMIT_BYTES:,} go through S3.",
            f"Create a function of this name, and deploy {deleted.package} to it.",
        )
    try:
        return {"ZipFile": deleted.package.read_bytes()}
    except OSError as error:
        raise explain_os_error(error, what, deleted.package) from error
