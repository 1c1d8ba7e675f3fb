"""Deletes a function and the dependent resources that the user chose.

The order leaves nothing that calls a deleted function. A journal on disk is written before and after each
step, so that the next start knows what a crash interrupted.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from workbench.aws.connection import Connection
from workbench.aws.retry import Backoff, retry
from workbench.core.clock import Clock
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.journal_file import JournalFile, JournalFolder, Work
from workbench.functions import roles
from workbench.functions.dependents import DependentKind, DependentResource
from workbench.functions.detail import CONFLICT, GONE, find, get_function
from workbench.functions.model import FunctionDetail

_BUSY = (CONFLICT, "ResourceInUseException")
_WHILE_BUSY = Backoff(0.5, factor=1.0, total_s=30.0)
_ORDER = (DependentKind.MAPPING, None, DependentKind.LOG_GROUP, DependentKind.ALARM, DependentKind.ROLE)
"""Nothing reads events for a function that has gone; what stays in doubt goes last. None is the function."""


@dataclass(frozen=True, slots=True)
class DeletionStep:
    """One step.

    Attributes:
        call: The request, as in "lambda:DeleteFunction".
        subject: What it is about.
        part: What is deleted; None for the function itself.
    """

    call: str
    subject: str
    part: DependentResource | None = None


Note = Callable[[DeletionStep, bool], object]
"""Called before each step, and with True after it. The step is not carried out when it raises."""

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
    """What came of it.

    Attributes:
        gone: Steps that were carried out.
        left: Steps that were not.
        error: Why the first of `left` failed; None when all is done, or after Cancel.
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
    note: Note = lambda _step, _is_done: None,
) -> Deletion:
    """Carries out the steps, until the first that fails or Cancel.

    Args:
        connection: To the function's account and region.
        seen: The function as it was kept and shown.
        steps: From `plan_deletion`.
        ctx: The job.
        note: Called before and after each step.
    """
    try:
        _refuse_if_changed(connection, seen)
    except Cancelled:
        return Deletion((), steps)
    except WorkbenchError as error:
        return Deletion((), steps, error)
    return carry_out(connection, steps, ctx, note)


def carry_out(
    connection: Connection, steps: tuple[DeletionStep, ...], ctx: JobContext, note: Note
) -> Deletion:
    """As `delete`, whatever the function is by now."""
    gone: list[DeletionStep] = []
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


def can_be_read(connection: Connection, function_name: str) -> bool:
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

    def run(self, step: DeletionStep) -> None:
        """Carries out one step. It is no error when the resource does not exist any more."""
        part = step.part
        if part is None:
            delete_function(self._connection, step.subject, self._ctx)
        elif part.kind is DependentKind.MAPPING:
            failure = f"Could not delete the event source mapping of {part.subject}."
            method = "delete_event_source_mapping"
            _delete(self._connection, method, failure, self._ctx, UUID=part.identity)
        elif part.kind is DependentKind.LOG_GROUP:
            failure = f"Could not delete the log group {part.identity}."
            find(self._connection, "delete_log_group", failure, service="logs", logGroupName=part.identity)
        elif part.kind is DependentKind.ALARM:
            failure = f"Could not delete the alarm {part.identity}."
            find(self._connection, "delete_alarms", failure, service="cloudwatch", AlarmNames=[part.identity])
        else:
            roles.delete_with_policies(self._connection, part.identity, self._ctx)


def delete_function(connection: Connection, function_name: str, ctx: JobContext) -> bool:
    """Deletes a function with all its versions and aliases, once AWS has ended an update that runs.

    Returns:
        False when there is no such function (any more).

    Raises:
        WorkbenchError: AWS refuses.
        Cancelled: Between two attempts; nothing is deleted.
    """
    failure = f"Could not delete the function {function_name}."
    return _delete(connection, "delete_function", failure, ctx, FunctionName=function_name)


def _delete(connection: Connection, method: str, failure: str, ctx: JobContext, **params: Any) -> bool:
    """Whether it was there. While AWS works on the function, or on the mapping, it is tried again."""
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


_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A deletion that a crash stopped.

    Attributes:
        file: Its journal.
        when: ISO 8601, UTC.
        account_id: Where.
        region: Where.
        function_name: Which function.
        function_arn: The same.
        code_sha256: Of the function that was to be deleted.
        revision_id: Of the same: with the code it says whether it is still that.
        copy: The name of the folder that holds the copy of it.
        steps: All that were agreed to.
        gone: Those that were done.
    """

    file: Path
    when: str
    account_id: str
    region: str
    function_name: str
    function_arn: str
    code_sha256: str
    revision_id: str
    copy: str
    steps: tuple[DeletionStep, ...]
    gone: tuple[DeletionStep, ...] = ()

    @property
    def left(self) -> tuple[DeletionStep, ...]:
        """Those that were not carried out, or may not have been."""
        return tuple(step for step in self.steps if step not in self.gone)


class DeletionEntry:
    """The journal of one deletion while it runs. A context manager that closes its file."""

    def __init__(self, journal: JournalFile, steps: Sequence[DeletionStep]) -> None:
        self._journal = journal
        self._keys = {step: str(number) for number, step in enumerate(steps)}

    def note(self, step: DeletionStep, is_done: bool) -> None:
        """Notes that a step begins, or is done.

        Raises:
            WorkbenchError: The disk refuses, so the step must not be made.
        """
        if is_done:
            self._journal.after(self._keys[step])
        else:
            self._journal.before(self._keys[step])

    def finish(self) -> None:
        """Ends the journal: the deletion is complete, or the user was told what is left."""
        self._journal.finish()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._journal.close()


class DeletionJournal:
    """The folder of all deletions; what is over is forgotten."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        self._files = JournalFolder(folder, clock)

    def begin(self, detail: FunctionDetail, steps: Sequence[DeletionStep], copy: str) -> DeletionEntry:
        """Opens the journal of a deletion.

        Args:
            detail: The function as its copy has it.
            steps: What is to be done.
            copy: The name of the folder that holds the copy.

        Raises:
            WorkbenchError: The disk refuses; nothing must be deleted.
        """
        about = {
            "account_id": detail.account_id,
            "region": detail.region,
            "function_name": detail.function_name,
            "function_arn": detail.function_arn,
            "code_sha256": detail.code_sha256,
            "revision_id": detail.revision_id,
            "copy": copy,
            "steps": [_step_to_json(step) for step in steps],
        }
        for work in self._files.all():
            if work.ending is not None:
                self._files.forget(work.file)
        what = f"{detail.function_name} was not deleted, because the deletion could not be recorded."
        return DeletionEntry(self._files.begin(detail.function_name, about, what), steps)

    def unfinished(self, account_id: str, region: str) -> tuple[Interrupted, ...]:
        """Deletions that a crash interrupted there, oldest first."""
        found = (_interrupted(work) for work in self._files.unfinished())
        return tuple(
            each for each in found if each and (each.account_id, each.region) == (account_id, region)
        )

    def reopen(self, interrupted: Interrupted) -> DeletionEntry:
        """Takes a deletion up again.

        Raises:
            WorkbenchError: The journal cannot be written, is open in another window, or has ended.
        """
        what = f"The deletion of {interrupted.function_name} cannot be continued."
        return DeletionEntry(self._files.reopen(interrupted.file, what), interrupted.steps)


def finish_deletion(
    connection: Connection, interrupted: Interrupted, journal: DeletionJournal, ctx: JobContext
) -> Deletion:
    """Does what an interrupted deletion left. Where that fails, or is cancelled, it stays interrupted.

    Raises:
        WorkbenchError: The function is another one by now, or the journal is not to be had. Nothing was done.
    """
    with journal.reopen(interrupted) as entry:
        _refuse_if_another(connection, interrupted)
        deletion = carry_out(connection, interrupted.left, ctx, entry.note)
        if not deletion.left:
            entry.finish()
    return deletion


def abandon_deletion(connection: Connection, interrupted: Interrupted, journal: DeletionJournal) -> bool:
    """Ends an interrupted deletion without carrying out the steps that are left.

    Returns:
        Whether the function is still there: else its copy can be restored.

    Raises:
        WorkbenchError: AWS cannot be asked, or the journal is not to be had. It stays interrupted.
    """
    with journal.reopen(interrupted) as entry:
        is_there = _find(connection, interrupted) is not None
        entry.finish()
    return is_there


def _refuse_if_another(connection: Connection, interrupted: Interrupted) -> None:
    """A function that was created or changed after the crash is not deleted."""
    now = _find(connection, interrupted)
    if now is None:
        return
    is_left = any(step.part is None for step in interrupted.left)
    same = (now.code_sha256, now.revision_id) == (interrupted.code_sha256, interrupted.revision_id)
    if is_left and same:
        return
    why = "The function was changed after the deletion was interrupted."
    if not is_left:
        why = "The function was deleted, and another function with this name was created."
    raise WorkbenchError(
        f"No further resources of {interrupted.function_name} were deleted.",
        why,
        "Check the function, then decide.",
        aws_code="PreconditionFailedException",
    )


def _find(connection: Connection, interrupted: Interrupted) -> FunctionDetail | None:
    try:
        return get_function(connection, interrupted.function_name)
    except WorkbenchError as error:
        if error.aws_code != GONE:
            raise
        return None


def _step_to_json(step: DeletionStep) -> dict[str, Any]:
    part = step.part and {**asdict(step.part), "kind": step.part.kind.value, "problem": None}
    return {"call": step.call, "subject": step.subject, "part": part}


def _step_from_json(value: dict[str, Any]) -> DeletionStep:
    part = value["part"]
    if part is not None:
        lists = {name: tuple(map(str, part.get(name, ()))) for name in ("shared_with", "services", "unread")}
        part = DependentResource(**part | {"kind": DependentKind(part["kind"])} | lists)
    return DeletionStep(str(value["call"]), str(value["subject"]), part)


def _interrupted(work: Work) -> Interrupted | None:
    about = dict(work.about)
    try:
        steps = tuple(_step_from_json(each) for each in about.pop("steps"))
        gone = tuple(step for number, step in enumerate(steps) if str(number) in work.done)
        return Interrupted(work.file, work.when, **about, steps=steps, gone=gone)
    except (LookupError, ValueError, TypeError, AttributeError) as error:
        _log.info("the journal %s could not be read: %s", work.file, error)
        return None
