"""Deletes a function and what a person chose of what hangs on it, in an order that leaves nothing calling it.

Owns: the order, the calls, and what is gone and left when one of them fails. Must not know: how a snapshot is
kept (deleted.py).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions import roles
from workbench.functions.asking import CONFLICT, GONE, find
from workbench.functions.detail import get_function
from workbench.functions.hanging import Part, PartKind
from workbench.functions.model import FunctionDetail

_BUSY = (CONFLICT, "ResourceInUseException")
_PATIENCE_S, _PAUSE_S = 30.0, 0.5
_ORDER = (PartKind.MAPPING, None, PartKind.LOG_GROUP, PartKind.ALARM, PartKind.ROLE)
"""Nothing reads events for a function that has gone; what stays in doubt goes last. None is the function."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    Attributes:
        call: The request, as in "lambda:DeleteFunction".
        subject: What it is about.
        part: What is deleted; None for the function itself.
    """

    call: str
    subject: str
    part: Part | None = None


Note = Callable[[Step, bool], object]
"""Hears of a step before it is done, and, with True, after it. Where it raises the step must not be done."""

_CALLS = {
    None: "lambda:DeleteFunction",
    PartKind.MAPPING: "lambda:DeleteEventSourceMapping",
    PartKind.LOG_GROUP: "logs:DeleteLogGroup",
    PartKind.ALARM: "cloudwatch:DeleteAlarms",
    PartKind.ROLE: "iam:DeleteRole",
}


def plan_deletion(detail: FunctionDetail, chosen: Iterable[Part]) -> tuple[Step, ...]:
    """The steps that delete a function and the chosen parts. Pure."""
    parts = [part for part in chosen if part.can_be_chosen]
    steps: list[Step] = []
    for kind in _ORDER:
        if kind is None:
            steps.append(Step(_CALLS[None], detail.function_name))
        steps += [Step(_CALLS[kind], part.subject, part) for part in parts if part.kind is kind]
    return tuple(steps)


@dataclass(frozen=True, slots=True)
class Deletion:
    """What came of it.

    Attributes:
        gone: Steps that were done.
        left: Steps that were not.
        error: Why the first of `left` failed; None when all is done, or after Cancel.
    """

    gone: tuple[Step, ...]
    left: tuple[Step, ...] = ()
    error: WorkbenchError | None = None

    @property
    def is_function_gone(self) -> bool:
        return any(step.part is None for step in self.gone)


def delete(
    connection: Connection,
    seen: FunctionDetail,
    steps: tuple[Step, ...],
    ctx: JobContext,
    note: Note = lambda _step, _is_done: None,
) -> Deletion:
    """Carries the steps out. It ends at the first that fails, or at Cancel, and says how far it came.

    Args:
        connection: To the function's account and region.
        seen: The function as it was kept and shown.
        steps: From `plan_deletion`.
        ctx: The job.
        note: Hears of each step before and after it.
    """
    try:
        _refuse_if_changed(connection, seen)
    except Cancelled:
        return Deletion((), steps)
    except WorkbenchError as error:
        return Deletion((), steps, error)
    return carry_out(connection, steps, ctx, note)


def carry_out(connection: Connection, steps: tuple[Step, ...], ctx: JobContext, note: Note) -> Deletion:
    """As `delete`, whatever the function is by now."""
    gone: list[Step] = []
    try:
        for number, step in enumerate(steps):
            ctx.progress(number, len(steps), f"{step.call} {step.subject}")
            note(step, False)
            _Steps(connection, ctx).run(step)
            note(step, True)
            gone.append(step)
    except Cancelled:
        return Deletion(tuple(gone), steps[len(gone) :])
    except WorkbenchError as error:
        return Deletion(tuple(gone), steps[len(gone) :], error)
    return Deletion(tuple(gone))


def is_surely_there(connection: Connection, function_name: str) -> bool:
    """Whether a function can be read: after a deletion whose answer was lost, it may have gone.

    Only then is the copy of it of no use.
    """
    try:
        get_function(connection, function_name)
    except WorkbenchError:
        return False
    return True


def _refuse_if_changed(connection: Connection, seen: FunctionDetail) -> None:
    """DeleteFunction has no guard of its own; what was not kept must not go."""
    now = get_function(connection, seen.function_name)
    if (now.code_sha256, now.revision_id) != (seen.code_sha256, seen.revision_id):
        raise WorkbenchError(
            f"{seen.function_name} was not deleted.",
            "It was changed in the meantime.",
            "Check the current value, then decide.",
            aws_code="PreconditionFailedException",
            action="function.refresh",
        )


class _Steps:
    def __init__(self, connection: Connection, ctx: JobContext) -> None:
        self._connection, self._ctx = connection, ctx

    def run(self, step: Step) -> None:
        """Does one step; that it is done already is fine."""
        part = step.part
        if part is None:
            name = step.subject
            self._patiently("delete_function", f"Could not delete the function {name}.", FunctionName=name)
        elif part.kind is PartKind.MAPPING:
            failure = f"Could not delete the event source mapping of {part.subject}."
            self._patiently("delete_event_source_mapping", failure, UUID=part.identity)
        elif part.kind is PartKind.LOG_GROUP:
            failure = f"Could not delete the log group {part.identity}."
            find(self._connection, "delete_log_group", failure, service="logs", logGroupName=part.identity)
        elif part.kind is PartKind.ALARM:
            failure = f"Could not delete the alarm {part.identity}."
            find(self._connection, "delete_alarms", failure, service="cloudwatch", AlarmNames=[part.identity])
        else:
            roles.delete_with_policies(self._connection, part.identity, self._ctx)

    def _patiently(self, method: str, failure: str, **params: Any) -> None:
        """Asks again while AWS still works on the function, or on the mapping."""
        waited_s = 0.0
        while True:
            try:
                self._connection.call("lambda", method, failure=failure, **params)
                return
            except WorkbenchError as error:
                if error.aws_code == GONE:
                    return
                if error.aws_code not in _BUSY or waited_s >= _PATIENCE_S:
                    raise
            self._ctx.sleep(_PAUSE_S)
            waited_s += _PAUSE_S
