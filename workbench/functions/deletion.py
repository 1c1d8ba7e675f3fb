"""Deletes a function and the dependent resources that the user chose.

In this order nothing ever calls a deleted function. No step can be undone: the function is restored from its
copy.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.retry import Backoff, retry
from workbench.core.clock import Clock
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.operations import (
    Facts,
    JournalFile,
    Operation,
    OperationJournal,
    OperationRecord,
    ReopenedJournal,
    StepContext,
    StepRunner,
)
from workbench.functions import roles
from workbench.functions.dependents import DependentKind, DependentResource
from workbench.functions.detail import CONFLICT, GONE, find, get_function
from workbench.functions.model import FunctionDetail

_BUSY = (CONFLICT, "ResourceInUseException")
_WHILE_BUSY = Backoff(0.5, factor=1.0, total_s=30.0)
_ORDER = (DependentKind.MAPPING, None, DependentKind.LOG_GROUP, DependentKind.ALARM, DependentKind.ROLE)
"""Event source mappings first, so that no events are read for a deleted function; doubtful kinds last. None
is the function."""


@dataclass(frozen=True, slots=True)
class DeletionStep:
    """A step of a deletion.

    Attributes:
        call: The request, such as "lambda:DeleteFunction".
        subject: Name of the resource.
        part: The resource; None for the function.
    """

    call: str
    subject: str
    part: DependentResource | None = None


_CALLS = {
    None: "lambda:DeleteFunction",
    DependentKind.MAPPING: "lambda:DeleteEventSourceMapping",
    DependentKind.LOG_GROUP: "logs:DeleteLogGroup",
    DependentKind.ALARM: "cloudwatch:DeleteAlarms",
    DependentKind.ROLE: "iam:DeleteRole",
}


def plan_deletion(detail: FunctionDetail, chosen: Iterable[DependentResource]) -> tuple[DeletionStep, ...]:
    """The steps that delete a function and the chosen parts. Pure."""
    parts = [part for part in chosen if part.can_be_chosen]
    steps: list[DeletionStep] = []
    for kind in _ORDER:
        if kind is None:
            steps.append(DeletionStep(_CALLS[None], detail.function_name))
        steps += [DeletionStep(_CALLS[kind], part.subject, part) for part in parts if part.kind is kind]
    return tuple(steps)


@dataclass(frozen=True, slots=True)
class Deletion:
    """The result of a deletion.

    Attributes:
        gone: Steps that were carried out.
        left: Steps that were not.
        error: Why the first of `left` failed; None if nothing failed, or after Cancel.
    """

    gone: tuple[DeletionStep, ...]
    left: tuple[DeletionStep, ...] = ()
    error: WorkbenchError | None = None

    @property
    def is_function_deleted(self) -> bool:
        return any(step.part is None for step in self.gone)


def delete(
    connection: Connection,
    seen: FunctionDetail,
    steps: tuple[DeletionStep, ...],
    ctx: JobContext,
    file: JournalFile,
) -> Deletion:
    """Carries out the steps until one fails or Cancel.

    Args:
        seen: The function when it was stored and shown.
    """
    try:
        refuse_if_changed(connection, seen)
    except Cancelled:
        return Deletion((), steps)
    except WorkbenchError as error:
        return Deletion((), steps, error)
    return _carry_out(connection, steps, file, ctx)


def _named(steps: tuple[DeletionStep, ...]) -> dict[str, DeletionStep]:
    """The steps by their names in the journal, in order."""
    return {str(number): step for number, step in enumerate(steps)}


def _carry_out(
    connection: Connection,
    steps: tuple[DeletionStep, ...],
    file: JournalFile,
    ctx: JobContext,
    interrupted: "InterruptedDeletion | None" = None,
) -> Deletion:
    """Does what `delete` does, without checking the function first."""
    operation = Operation(
        _named(steps),
        _Runner(connection),
        file,
        ctx,
        interrupted,
        title_of=lambda step: f"{step.call} {step.subject}",
    )
    failure = None
    try:
        operation.forward()
    except Cancelled:
        pass
    except WorkbenchError as error:
        failure = error
    return _progress(steps, operation.done, failure)


def _progress(
    steps: tuple[DeletionStep, ...], done: Container[str], error: WorkbenchError | None = None
) -> Deletion:
    named = _named(steps).items()
    gone = tuple(step for name, step in named if name in done)
    return Deletion(gone, tuple(step for name, step in named if name not in done), error)


def can_be_read(connection: Connection, function_name: str) -> bool:
    """Whether a function exists, after a lost answer to its deletion. If it does, its copy is useless."""
    try:
        get_function(connection, function_name)
    except WorkbenchError:
        return False
    return True


def refuse_if_changed(connection: Connection, seen: FunctionDetail) -> None:
    """DeleteFunction takes no RevisionId, and a change that was not stored must not be lost.

    Raises:
        WorkbenchError: The function was changed, or could not be read.
    """
    now = get_function(connection, seen.function_name)
    if (now.code_sha256, now.revision_id) != (seen.code_sha256, seen.revision_id):
        raise WorkbenchError(
            _("{function_name} was not deleted.").format(function_name=seen.function_name),
            _("It was changed in the meantime."),
            _("Check the current value, then decide."),
            aws_code="PreconditionFailedException",
            action="function.refresh",
        )


@dataclass(frozen=True, slots=True)
class _Runner(StepRunner[DeletionStep]):
    connection: Connection

    def do(self, step: DeletionStep, context: StepContext) -> Facts:
        carry_out_step(self.connection, step, context.ctx)
        return {}


def carry_out_step(connection: Connection, step: DeletionStep, ctx: JobContext) -> None:
    """Carries out one step. It is no error if the resource does not exist.

    Raises:
        WorkbenchError: AWS refuses.
        Cancelled: Nothing was deleted.
    """
    part = step.part
    if part is None:
        delete_function(connection, step.subject, ctx)
    elif part.kind is DependentKind.MAPPING:
        failure = _("Could not delete the event source mapping of {subject}.").format(subject=part.subject)
        _delete(connection, "delete_event_source_mapping", failure, ctx, UUID=part.identity)
    elif part.kind is DependentKind.LOG_GROUP:
        failure = _("Could not delete the log group {identity}.").format(identity=part.identity)
        find(connection, "delete_log_group", failure, service="logs", logGroupName=part.identity)
    elif part.kind is DependentKind.ALARM:
        failure = _("Could not delete the alarm {identity}.").format(identity=part.identity)
        find(connection, "delete_alarms", failure, service="cloudwatch", AlarmNames=[part.identity])
    else:
        roles.delete_with_policies(connection, part.identity, ctx)


def delete_function(connection: Connection, function_name: str, ctx: JobContext) -> bool:
    """Deletes a function with all its versions and aliases, after an update in progress has ended.

    Returns:
        False if the function does not exist.

    Raises:
        WorkbenchError: AWS refuses.
        Cancelled: Nothing was deleted.
    """
    failure = _("Could not delete the function {function_name}.").format(function_name=function_name)
    return _delete(connection, "delete_function", failure, ctx, FunctionName=function_name)


def _delete(connection: Connection, method: str, failure: str, ctx: JobContext, **params: Any) -> bool:
    """Whether the resource existed. While AWS is changing it, the deletion is retried."""
    try:
        retry(
            lambda: connection.call("lambda", method, failure=failure, **params),
            ctx,
            _WHILE_BUSY,
            lambda error: error.aws_code in _BUSY,
        )
    except WorkbenchError as error:
        if error.aws_code != GONE:
            raise
        return False
    return True


@dataclass(frozen=True, slots=True)
class DeletionPlan:
    """The plan of a deletion.

    Attributes:
        code_sha256: CodeSha256 of the function when the deletion began.
        revision_id: Its RevisionId; with the code it says whether the function is still the same.
        copy: Name of the folder with its copy.
        steps: All steps that the user agreed to.
    """

    account_id: str
    region: str
    function_name: str
    function_arn: str
    code_sha256: str
    revision_id: str
    copy: str
    steps: tuple[DeletionStep, ...]


type InterruptedDeletion = OperationRecord[DeletionPlan]


class DeletionJournal(OperationJournal[DeletionPlan]):
    """The journals of all deletions."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        super().__init__(folder, DeletionPlan, clock)

    def begin_deletion(
        self, detail: FunctionDetail, steps: tuple[DeletionStep, ...], copy: str
    ) -> JournalFile:
        """Opens the journal of a new deletion.

        Args:
            detail: The function as in its copy.
            copy: Name of the folder with the copy.

        Raises:
            WorkbenchError: It cannot be written; then nothing may be deleted.
        """
        planned = DeletionPlan(
            detail.account_id,
            detail.region,
            detail.function_name,
            detail.function_arn,
            detail.code_sha256,
            detail.revision_id,
            copy,
            steps,
        )
        what = _("{function_name} was not deleted, because the deletion could not be recorded.").format(
            function_name=detail.function_name
        )
        return self.begin(detail.function_name, planned, what)

    def reopen_deletion(self, interrupted: InterruptedDeletion) -> ReopenedJournal[DeletionPlan]:
        """Reopens the journal of an interrupted deletion. Raises as `reopen`."""
        name = interrupted.about.function_name
        what = _("The deletion of {function_name} cannot be continued.").format(function_name=name)
        return self.reopen(interrupted.file, what)


def progress_of(interrupted: InterruptedDeletion) -> Deletion:
    """The progress of a deletion. A step that was begun but not done is in `left`."""
    return _progress(interrupted.about.steps, interrupted.done)


def finish_deletion(
    connection: Connection, interrupted: InterruptedDeletion, journal: DeletionJournal, ctx: JobContext
) -> Deletion:
    """Carries out the rest of an interrupted deletion. If that fails or is cancelled, it stays interrupted.

    Raises:
        WorkbenchError: The function was replaced in the meantime, or the journal cannot be opened. Nothing
            was done.
    """
    with journal.reopen_deletion(interrupted) as file:
        _refuse_if_another(connection, file.record)
        deletion = _carry_out(connection, file.record.about.steps, file, ctx, file.record)
        if not deletion.left:
            file.finish()
    return deletion


def abandon_deletion(
    connection: Connection, interrupted: InterruptedDeletion, journal: DeletionJournal
) -> bool:
    """Ends an interrupted deletion without carrying out the remaining steps.

    Returns:
        Whether the function still exists. If not, its copy can be restored.

    Raises:
        WorkbenchError: AWS was not reached, or the journal cannot be opened. It stays interrupted.
    """
    with journal.reopen_deletion(interrupted) as file:
        is_there = _find(connection, interrupted.about) is not None
        file.finish()
    return is_there


def _refuse_if_another(connection: Connection, interrupted: InterruptedDeletion) -> None:
    """Does not delete a function that was created or changed after the crash."""
    planned = interrupted.about
    now = _find(connection, planned)
    if now is None:
        return
    is_left = not progress_of(interrupted).is_function_deleted
    same = (now.code_sha256, now.revision_id) == (planned.code_sha256, planned.revision_id)
    if is_left and same:
        return
    why = _("The function was changed after the deletion was interrupted.")
    if not is_left:
        why = _("The function was deleted, and another function with this name was created.")
    raise WorkbenchError(
        _("No further resources of {function_name} were deleted.").format(
            function_name=planned.function_name
        ),
        why,
        _("Check the function, then decide."),
        aws_code="PreconditionFailedException",
    )


def _find(connection: Connection, planned: DeletionPlan) -> FunctionDetail | None:
    try:
        return get_function(connection, planned.function_name)
    except WorkbenchError as error:
        if error.aws_code != GONE:
            raise
        return None
