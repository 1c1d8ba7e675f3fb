"""Makes a function that was deleted again: code, configuration, and what was kept of what belonged to it."""

import contextlib
import json
from dataclasses import dataclass
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.belongings import KeptVersion
from workbench.functions.create import check_name_is_free
from workbench.functions.create_plan import published_to_callers
from workbench.functions.deleted import Deleted
from workbench.functions.detail import get_function, wait_until_updated
from workbench.functions.model import FunctionDetail
from workbench.functions.restore_belongings import BelongingsRun, NotRestored
from workbench.functions.restore_code import RestoredCode, package_of
from workbench.functions.restore_resume import HalfMade, half_made
from workbench.functions.restore_versions import Versions, restore_versions
from workbench.functions.staged import PartOfJob, Uploader

_PARTS = 4


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of it.

    Attributes:
        detail: The function as it is now.
        left: What is not there again, and why.
        notes: What is there again, but not as it was.
    """

    detail: FunctionDetail
    left: tuple[NotRestored, ...] = ()
    notes: tuple[str, ...] = ()


def restore(
    connection: Connection, deleted: Deleted, ctx: JobContext, uploader: Uploader | None = None
) -> Restored:
    """Creates it, waits until it can be invoked, and makes again what belonged to it.

    After a crash amid that it goes on where it was.

    Args:
        connection: To its account and region.
        deleted: What was kept of it.
        ctx: The job. Cancel once it is created leaves out what is to come, and that is said.
        uploader: Takes packages of more than 50 MB to S3; without one they are refused.

    Raises:
        WorkbenchError: Nothing was made: there is a function of its name, another window restores it, or AWS
            refused (its role may have gone); or it was made, but cannot be invoked, which `what` says.
        Cancelled: Nothing was made.
    """
    name, progress = deleted.function_name, deleted.progress
    latest = deleted.latest
    found: HalfMade | None = None
    if progress.was_interrupted:
        found = half_made(connection, name, (latest, *deleted.belongings.versions), ctx)
    if found is None:
        check_name_is_free(connection, name, ctx)
    with progress:  # but for a crash it is over when this is left
        code = RestoredCode(connection, name, deleted.folder, uploader)
        if found is None:
            progress.begin_anew()
            detail, now = _create(connection, deleted, code, ctx), latest
        else:
            detail, now = _usable(found.detail), found.shape
        versions = restore_versions(
            connection,
            latest,
            deleted.belongings.versions,
            lambda version, part: _code_of(deleted, version, code, part),
            PartOfJob(ctx, 2, _PARTS),
            progress,
            now,
        )
        return _with_belongings(connection, deleted, detail, versions, ctx, resumes=found is not None)


def _with_belongings(
    connection: Connection,
    deleted: Deleted,
    detail: FunctionDetail,
    versions: Versions,
    ctx: JobContext,
    *,
    resumes: bool,
) -> Restored:
    name = deleted.function_name
    left: list[NotRestored] = []
    if versions.not_back is not None:
        words = "its own code and configuration: it has those of a version, so check it"
        left.append(NotRestored(words, versions.not_back))
    left += [NotRestored(f"version {each.version}", each.error) for each in versions.failed]
    notes = [f"version {old} is now version {new}" for old, new in versions.numbers.items() if old != new]
    part, numbers = PartOfJob(ctx, 3, _PARTS), versions.numbers
    run = BelongingsRun(connection, name, deleted.belongings, numbers, deleted.when, part, resumes=resumes)
    if deleted.reserved_concurrency is not None:
        run.reserve(deleted.reserved_concurrency)
    run.run()
    with contextlib.suppress(WorkbenchError):  # it is there, whatever this says
        detail = get_function(connection, name)
    return Restored(detail, (*left, *run.left), (*notes, *run.notes))


def _create(connection: Connection, deleted: Deleted, code: RestoredCode, ctx: JobContext) -> FunctionDetail:
    name = deleted.function_name
    request: dict[str, Any] = json.loads(deleted.request)
    request |= published_to_callers(request)
    try:
        where = code.request(deleted.package, deleted.latest, PartOfJob(ctx, 0, _PARTS))
        ctx.progress(1, _PARTS, f"Creating {name}")
        connection.call(
            "lambda", "create_function", failure=f"Could not restore {name}.", Code=where, **request
        )
    except Cancelled:
        code.take_back()
        raise
    except WorkbenchError as error:
        try:
            code.take_back()
        except WorkbenchError as second:
            error.why = f"{error.why} Its package remains in S3: {second.why}"
        raise
    ctx = ctx.shielded()  # it is there: what belongs to it is not left out
    ctx.progress(1, _PARTS, f"Waiting until {name} can be invoked")
    return _usable(wait_until_updated(connection, name, ctx))


def _usable(detail: FunctionDetail) -> FunctionDetail:
    """Raises WorkbenchError where the function cannot be invoked."""
    if detail.state == "Failed":
        raise WorkbenchError(
            f"{detail.function_name} was restored, but it cannot be invoked, and its related "
            "resources were not restored.",
            detail.state_reason,
            "Correct its configuration.",
            aws_code="State=Failed",
        )
    return detail


def _code_of(deleted: Deleted, version: KeptVersion, code: RestoredCode, ctx: JobContext) -> dict[str, Any]:
    package = deleted.package
    if version.code_sha256 and version.code_sha256 != deleted.code_sha256:
        package = package_of(deleted.folder, version.code_sha256)
    return code.request(package, version, ctx)
