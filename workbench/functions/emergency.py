"""Emergency stop: a function that nobody may invoke, and its settings before.

Lambda still receives the messages of a stopped function's queues. They are throttled, and move to the
dead-letter queue after the maximum receives. Therefore its event source mappings can be disabled, too.
Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.retry import Backoff, retry
from workbench.core.codec import Format
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.functions.detail import CONFLICT, GONE, list_mappings
from workbench.functions.model import FunctionDetail
from workbench.functions.settings import list_provisioned

_FUNCTION_UPDATE = Backoff(0.5, factor=1.0, attempts=10)
_MAPPING_UPDATE = Backoff(0.5, factor=1.0, attempts=120)
"""A mapping takes up to a minute to be enabled or disabled, and cannot be changed until then."""
_OFF = ("Disabled", "Disabling", "Deleting")
"""States of a mapping that receives no more events."""


_UUID = re.compile(r"[0-9a-fA-F-]{36}")


@dataclass(frozen=True, slots=True)
class Stopped:
    """The settings of a function before it was stopped.

    Attributes:
        function_arn: Unqualified.
        reserved: Its reserved concurrency; None if nothing was reserved.
        mappings: UUIDs of the event source mappings that were disabled with it.
    """

    function_arn: str
    reserved: int | None
    mappings: tuple[str, ...] = ()


_FORMAT = Format(Stopped)


class StopStore:
    """Stores the settings of stopped functions on disk.

    Args:
        folder: Used for nothing else.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def remember(self, stopped: Stopped) -> None:
        """Raises WorkbenchError if it cannot be written."""
        _FORMAT.write(self._path(stopped.function_arn), stopped)

    def recall(self, function_arn: str) -> Stopped | None:
        """The settings before the stop; None if it was not stopped here, or the file is damaged."""
        found = _FORMAT.load(self._path(function_arn))
        if found is None:
            return None
        return Stopped(function_arn, found.reserved, tuple(filter(_UUID.fullmatch, found.mappings)))

    def forget(self, function_arn: str) -> None:
        """Raises WorkbenchError if the file cannot be deleted."""
        path = self._path(function_arn)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise explain_os_error(
                error, _("The function's previous concurrency is still saved."), path
            ) from error

    def _path(self, function_arn: str) -> Path:
        return self._folder / f"{hashlib.sha256(function_arn.encode()).hexdigest()[:32]}.json"


def emergency_stop(
    connection: Connection,
    detail: FunctionDetail,
    store: StopStore,
    ctx: JobContext,
    mappings: tuple[str, ...] = (),
) -> Stopped:
    """Sets the reserved concurrency to 0, so that every invocation is throttled at once.

    Running invocations are not stopped. The earlier value is on disk before the function is stopped.

    Args:
        detail: The function as the window shows it.
        store: Stores the earlier settings.
        mappings: UUIDs of the mappings that the caller disables afterwards (`switch_mappings`).

    Raises:
        WorkbenchError: AWS refused, or the earlier settings cannot be stored, in which case it is not
            stopped.
        Cancelled: The function was not stopped.
    """
    name = detail.function_name
    reserved = detail.reserved_concurrency
    try:
        answer = connection.call(
            "lambda",
            "get_function_concurrency",
            failure=_("Could not stop {name}.").format(name=name),
            FunctionName=name,
        )
        reserved = answer.get("ReservedConcurrentExecutions")
    except WorkbenchError as error:
        if error.aws_code != "AccessDeniedException":
            raise
        # In an emergency, what the window last showed is better than no stop.
    known = store.recall(detail.function_arn)
    stopped = known if known is not None and reserved == 0 else Stopped(detail.function_arn, reserved)
    # Mappings of an earlier stop are still disabled unless the function was resumed here.
    kept = known.mappings if known is not None else ()
    stopped = replace(stopped, mappings=tuple(dict.fromkeys((*kept, *mappings))))
    store.remember(stopped)
    try:
        _reserve(connection, name, 0, _("Could not stop {name}.").format(name=name), ctx)
    except WorkbenchError as error:
        store.remember(replace(stopped, mappings=kept))
        if error.aws_code == "InvalidParameterValueException" and (there := _provisioned(connection, name)):
            error.remedy = _(
                "Remove its provisioned concurrency ({names}) on the Configuration tab, then stop "
                "it again. AWS does not reserve less than what is provisioned."
            ).format(names=", ".join(there))
        raise
    return stopped


def enabled_mappings(connection: Connection, detail: FunctionDetail, ctx: JobContext) -> tuple[str, ...]:
    """UUIDs of the enabled event source mappings of a function, its versions and aliases.

    Raises:
        WorkbenchError: They may not be listed, or AWS was not reached.
    """
    listed = list_mappings(connection, detail.function_arn, ctx)
    return tuple(str(each["UUID"]) for each in listed if each.get("State") not in _OFF)


def switch_mappings(
    connection: Connection, uuids: Iterable[str], ctx: JobContext, *, on: bool
) -> tuple[WorkbenchError, ...]:
    """Enables or disables event source mappings. Those that do not exist are skipped.

    Returns:
        Why some could not be changed.
    """
    failure = _("Could not enable an event source mapping.")
    if not on:
        failure = _("Could not disable an event source mapping.")
    problems = []
    for uuid in uuids:
        ctx.check()
        try:
            retry(
                partial(
                    connection.call,
                    "lambda",
                    "update_event_source_mapping",
                    failure=failure,
                    UUID=uuid,
                    Enabled=on,
                ),
                ctx,
                _MAPPING_UPDATE,
                lambda error: error.aws_code == "ResourceInUseException",
            )
        except WorkbenchError as error:
            if error.aws_code != GONE:
                problems.append(error)
    return tuple(problems)


def _provisioned(connection: Connection, name: str) -> list[str]:
    """The qualifiers with provisioned concurrency; empty if that may not be read."""
    try:
        listed = list_provisioned(connection, name, JobContext())
        return [str(each["FunctionArn"]).rpartition(":")[2] for each in listed]
    except WorkbenchError:
        return []


def resume(connection: Connection, stopped: Stopped, store: StopStore, ctx: JobContext) -> bool:
    """Restores a stopped function's concurrency, and enables the mappings that were disabled with it.

    Returns:
        False if somebody set another concurrency in the meantime, which is kept.

    Raises:
        WorkbenchError: AWS refused, or not all mappings could be enabled; the function stays stored as
            stopped.
        Cancelled: Nothing was sent.
    """
    name = stopped.function_arn.rpartition(":")[2]
    failure = _("Could not resume {name}.").format(name=name)
    answer = connection.call("lambda", "get_function_concurrency", failure=failure, FunctionName=name)
    is_stopped = answer.get("ReservedConcurrentExecutions") == 0
    if is_stopped and stopped.reserved != 0:
        _reserve(connection, name, stopped.reserved, failure, ctx)
    if problems := switch_mappings(connection, stopped.mappings, ctx, on=True):
        raise problems[0]
    store.forget(stopped.function_arn)
    return is_stopped


def _reserve(connection: Connection, name: str, reserved: int | None, failure: str, ctx: JobContext) -> None:
    """Sets or removes reserved concurrency."""
    request: dict[str, Any] = {"FunctionName": name}
    if reserved is None:
        method = "delete_function_concurrency"
    else:
        method, request["ReservedConcurrentExecutions"] = "put_function_concurrency", reserved
    ctx.check()
    retry(
        lambda: connection.call("lambda", method, failure=failure, **request),
        ctx,
        _FUNCTION_UPDATE,
        lambda error: error.aws_code == CONFLICT,
    )
