"""Emergency stop: a function that nobody may invoke any more, and what it had before.

Lambda goes on receiving the messages of a stopped function's queues. They are throttled, and go to the
dead-letter queue after the maximum receives. So its event source mappings can be disabled with it.
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
from workbench.functions.dependents import mapping_answers
from workbench.functions.detail import CONFLICT, GONE
from workbench.functions.model import FunctionDetail

_FUNCTION_UPDATE = Backoff(0.5, factor=1.0, attempts=10)
_MAPPING_UPDATE = Backoff(0.5, factor=1.0, attempts=120)
"""A mapping takes up to a minute to be enabled or disabled, and cannot be changed meanwhile."""
_OFF = ("Disabled", "Disabling", "Deleting")
"""States of a mapping that receives no more events."""


_UUID = re.compile(r"[0-9a-fA-F-]{36}")


@dataclass(frozen=True, slots=True)
class Stopped:
    """What a stopped function had.

    Attributes:
        function_arn: Without a qualifier.
        reserved: Its reserved concurrency; None when nothing was reserved.
        mappings: UUIDs of the event source mappings that were disabled with it, to be enabled again.
    """

    function_arn: str
    reserved: int | None
    mappings: tuple[str, ...] = ()


_FORMAT = Format(Stopped)


class StopStore:
    """Remembers on disk what stopped functions had.

    Args:
        folder: Of this alone.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def remember(self, stopped: Stopped) -> None:
        """Raises WorkbenchError when the disk takes nothing."""
        _FORMAT.write(self._path(stopped.function_arn), stopped)

    def recall(self, function_arn: str) -> Stopped | None:
        """What a function had; None when it was not stopped here, or the file is damaged."""
        found = _FORMAT.load(self._path(function_arn))
        if found is None:
            return None
        return Stopped(function_arn, found.reserved, tuple(filter(_UUID.fullmatch, found.mappings)))

    def forget(self, function_arn: str) -> None:
        """Raises WorkbenchError when the file cannot be deleted."""
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
    """Reserves nothing for a function, so that every invocation is throttled at once.

    What runs already runs to its end. What was reserved is on disk before the function is stopped.

    Args:
        connection: To the function's account and region.
        detail: The function as the window shows it.
        store: Remembers what it had.
        ctx: The job.
        mappings: UUIDs of the mappings that the caller disables once it is stopped (`switch_mappings`).

    Raises:
        WorkbenchError: AWS refused, or what it had cannot be remembered: then it is not stopped.
        Cancelled: Before it was stopped.
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
        # An emergency: what the window showed last is better than not to stop it.
    known = store.recall(detail.function_arn)
    stopped = known if known is not None and reserved == 0 else Stopped(detail.function_arn, reserved)
    # Those of a former stop are disabled still, if nobody has resumed the function here.
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
    """UUIDs of the event source mappings that receive events for a function, its versions and aliases.

    Raises:
        WorkbenchError: They may not be listed, or AWS was not reached.
        Cancelled: Between pages.
    """
    listed = mapping_answers(connection, detail, ctx)
    return tuple(str(each["UUID"]) for each in listed if each.get("State") not in _OFF)


def switch_mappings(
    connection: Connection, uuids: Iterable[str], ctx: JobContext, *, on: bool
) -> tuple[WorkbenchError, ...]:
    """Enables or disables event source mappings. One that has gone is passed over.

    Returns:
        Why some could not be switched; the others are.

    Raises:
        Cancelled: Between calls.
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
    """The qualifiers that have provisioned concurrency; none when that may not be read."""
    pages = connection.paginate(
        "lambda",
        "list_provisioned_concurrency_configs",
        ctx=JobContext(),
        failure=_("Could not read the provisioned concurrency of {name}.").format(name=name),
        FunctionName=name,
    )
    try:
        listed = [each for page in pages for each in page.get("ProvisionedConcurrencyConfigs") or ()]
    except WorkbenchError:
        return []
    return [str(each["FunctionArn"]).rpartition(":")[2] for each in listed]


def resume(connection: Connection, stopped: Stopped, store: StopStore, ctx: JobContext) -> bool:
    """Gives a stopped function back what it had, and enables the mappings that were disabled with it.

    Returns:
        False when somebody gave it another concurrency meanwhile, which stays.

    Raises:
        WorkbenchError: AWS refused, or not all mappings could be enabled; it is still remembered.
        Cancelled: Before anything was sent.
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
    """Sets or removes the reservation."""
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
