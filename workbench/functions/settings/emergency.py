"""Emergency stop: a function that nobody may invoke any more, and what it had before.

Owns: the two calls, and the memory on disk. Must not know: who confirms it.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error, write_atomic
from workbench.core.jobs import JobContext
from workbench.functions.model import FunctionDetail

_ATTEMPTS, _PAUSE_S = 10, 0.5
_BUSY = "ResourceConflictException"


@dataclass(frozen=True, slots=True)
class Stopped:
    """What a stopped function had. `reserved` None: nothing was reserved."""

    function_arn: str
    reserved: int | None


class StopStore:
    """Remembers on disk what stopped functions had.

    Args:
        folder: Of this alone.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def remember(self, stopped: Stopped) -> None:
        """Raises WorkbenchError when the disk takes nothing."""
        text = json.dumps({"function_arn": stopped.function_arn, "reserved": stopped.reserved})
        write_atomic(self._path(stopped.function_arn), text.encode())

    def recall(self, function_arn: str) -> Stopped | None:
        """What a function had; None when it was not stopped here, or nobody can read that any more."""
        try:
            value = json.loads(self._path(function_arn).read_bytes())
            reserved = value["reserved"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        is_number = isinstance(reserved, int) and not isinstance(reserved, bool)
        return Stopped(function_arn, reserved) if reserved is None or is_number else None

    def forget(self, function_arn: str) -> None:
        """Raises WorkbenchError when the disk does not let go."""
        path = self._path(function_arn)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise explain_os_error(
                error, "The function's previous concurrency is still saved.", path
            ) from error

    def _path(self, function_arn: str) -> Path:
        return self._folder / f"{hashlib.sha256(function_arn.encode()).hexdigest()[:32]}.json"


def emergency_stop(
    connection: Connection, detail: FunctionDetail, store: StopStore, ctx: JobContext
) -> Stopped:
    """Reserves nothing for a function, so that every invocation is throttled at once.

    What runs already runs to its end. What was reserved is on disk before the function is stopped.

    Raises:
        WorkbenchError: AWS refused, or what it had cannot be remembered: then it is not stopped.
        Cancelled: Before it was stopped.
    """
    name = detail.function_name
    reserved = detail.reserved_concurrency
    try:
        answer = connection.call(
            "lambda", "get_function_concurrency", failure=f"Could not stop {name}.", FunctionName=name
        )
        reserved = answer.get("ReservedConcurrentExecutions")
    except WorkbenchError as error:
        if error.aws_code != "AccessDeniedException":
            raise
        # An emergency: what the window showed last is better than not to stop it.
    known = store.recall(detail.function_arn)
    stopped = known if known is not None and reserved == 0 else Stopped(detail.function_arn, reserved)
    store.remember(stopped)
    try:
        _reserve(connection, name, 0, f"Could not stop {name}.", ctx)
    except WorkbenchError as error:
        if error.aws_code == "InvalidParameterValueException" and (kept := _provisioned(connection, name)):
            error.remedy = (
                f"Remove its provisioned concurrency ({', '.join(kept)}) on the Configuration tab, then stop "
                "it again. AWS does not reserve less than what is provisioned."
            )
        raise
    return stopped


def _provisioned(connection: Connection, name: str) -> list[str]:
    """The qualifiers that have provisioned concurrency; none when that may not be read."""
    pages = connection.paginate(
        "lambda",
        "list_provisioned_concurrency_configs",
        ctx=JobContext(),
        failure=f"Could not read the provisioned concurrency of {name}.",
        FunctionName=name,
    )
    try:
        listed = [each for page in pages for each in page.get("ProvisionedConcurrencyConfigs") or ()]
    except WorkbenchError:
        return []
    return [str(each["FunctionArn"]).rpartition(":")[2] for each in listed]


def resume(connection: Connection, stopped: Stopped, store: StopStore, ctx: JobContext) -> bool:
    """Gives a stopped function back what it had.

    Returns:
        False when somebody gave it something else meanwhile, which stays.

    Raises:
        WorkbenchError: AWS refused; it is still remembered.
        Cancelled: Before anything was sent.
    """
    name = stopped.function_arn.rpartition(":")[2]
    failure = f"Could not resume {name}."
    answer = connection.call("lambda", "get_function_concurrency", failure=failure, FunctionName=name)
    is_stopped = answer.get("ReservedConcurrentExecutions") == 0
    if is_stopped and stopped.reserved != 0:
        _reserve(connection, name, stopped.reserved, failure, ctx)
    store.forget(stopped.function_arn)
    return is_stopped


def _reserve(connection: Connection, name: str, reserved: int | None, failure: str, ctx: JobContext) -> None:
    """Sets or removes the reservation; an update that runs is waited for."""
    for attempt in range(_ATTEMPTS):
        ctx.check()
        try:
            if reserved is None:
                connection.call("lambda", "delete_function_concurrency", failure=failure, FunctionName=name)
            else:
                connection.call(
                    "lambda",
                    "put_function_concurrency",
                    failure=failure,
                    FunctionName=name,
                    ReservedConcurrentExecutions=reserved,
                )
        except WorkbenchError as error:
            if error.aws_code != _BUSY or attempt == _ATTEMPTS - 1:
                raise
            ctx.sleep(_PAUSE_S)
            continue
        return
