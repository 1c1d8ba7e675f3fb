"""Carries out steps of a change to many functions; the journal of what remains and of the undo."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import ClassVar, Literal

from workbench.aws.connection import Connection
from workbench.aws.retry import RateBudget, RetryingConnection, is_unclear
from workbench.core import codec
from workbench.core.clock import Clock
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.files import is_locked
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
from workbench.functions.bulk_plan import (
    BulkChange,
    BulkStep,
    Configure,
    Delete,
    ObservedFunction,
    Retag,
    Retain,
    Standing,
    Target,
    plan_step,
    read_target,
    refused_step,
    reverse_tags,
)
from workbench.functions.configure import Wanted, configure_for_callers
from workbench.functions.deletion import carry_out_step, plan_deletion, refuse_if_changed
from workbench.functions.detail import GONE

Keep = Callable[[Connection, str, tuple[str, ...], JobContext], Callable[[], object]]
"""Stores a copy of a function before it is deleted: (connection, name, what cannot be restored, ctx). Returns
a function that removes the copy. Raises WorkbenchError if it cannot be stored; then nothing is deleted."""

Note = Callable[[BulkChange | None], object]
"""Records that a change begins, with the change that undoes it. If it raises WorkbenchError, the change must
not be made."""


@dataclass(frozen=True, slots=True)
class BulkStepResult:
    """The result of a step.

    Attributes:
        changed: False if the function already had the value.
        undo: The step that undoes it; None if it cannot be undone.
    """

    changed: bool
    undo: BulkStep | None = None


def observe(
    connection: Connection, target: Target, change: BulkChange, budget: RateBudget, ctx: JobContext
) -> ObservedFunction:
    """Reads a function for a plan, within AWS's request rate. Raises as `bulk_plan.read_target` does."""
    return read_target(RetryingConnection(connection, budget, ctx), target, change, ctx)


def carry_out(
    connection: Connection,
    step: BulkStep,
    budget: RateBudget,
    keep: Keep,
    ctx: JobContext,
    note: Note = lambda _back: None,
    earlier: BulkChange | None = None,
) -> BulkStepResult:
    """Makes the change of one step.

    Args:
        step: A planned step with standing CHANGE.
        keep: Stores a copy of a function before it is deleted.
        ctx: A Cancel before the change was sent leaves the function unchanged; afterwards it only ends the
            wait.
        note: Called when the change is about to be made.
        earlier: The change that undoes an earlier attempt, which may have been made in part.

    Raises:
        WorkbenchError: AWS refused, or somebody else has changed the same in the meantime. If AWS answered
            with a fault (`retry.is_unclear`), the change may have been made.
        Cancelled: Nothing was changed.
    """
    retrying = RetryingConnection(connection, budget, ctx)
    try:
        now = read_target(retrying, step.target, step.change, ctx)
    except WorkbenchError as error:
        if error.aws_code == GONE and isinstance(step.change, Delete):
            return BulkStepResult(changed=False)
        raise
    standing = plan_step(step.target, now, step.change)
    if standing.standing is Standing.UNCHANGED:
        return BulkStepResult(changed=False)
    if standing.standing is Standing.REFUSED:
        raise WorkbenchError(_what(step), standing.why, aws_code=standing.aws_code)
    _check_nobody_changed_it(step, now)
    back = _back(step, now, earlier)
    note(back.change if back else None)
    try:
        _make(retrying, step, now, keep, ctx)
    except (WorkbenchError, Cancelled) as error:
        unclear = isinstance(error, Cancelled) or is_unclear(error)
        if not (retrying.has_written and unclear and _is_made(connection, step)):
            raise
    return BulkStepResult(changed=True, undo=back)


def _what(step: BulkStep) -> str:
    return _("{function_name} was not changed.").format(function_name=step.target.function_name)


def _check_nobody_changed_it(step: BulkStep, now: ObservedFunction) -> None:
    """Checks that nobody changed the function. AWS guards only the configuration (by RevisionId)."""
    before, changed = step.seen, ""
    assert before is not None
    match step.change:
        case Retag(put, remove):
            tags, old = dict(now.detail.tags), dict(before.detail.tags)
            touched = (*(key for key, __ in put), *remove)
            changed = next(
                (_("the tag {key}").format(key=key) for key in touched if tags.get(key) != old.get(key)), ""
            )
        case Retain():
            changed = _("the log retention") if now.retention_days != before.retention_days else ""
        case Delete():
            same = now.detail.revision_id == before.detail.revision_id
            changed = "" if same else "it"
    if changed:
        why = _(
            "The function's {changed} changed since the plan was created. Your change was not applied."
        ).format(changed=changed)
        raise WorkbenchError(
            _what(step), why, _("Create the plan again."), aws_code="PreconditionFailedException"
        )


def _make(
    retrying: RetryingConnection, step: BulkStep, now: ObservedFunction, keep: Keep, ctx: JobContext
) -> None:
    name = step.target.function_name
    match step.change:
        case Configure(wanted):
            assert step.seen is not None
            configure_for_callers(retrying, step.seen.detail, wanted, ctx)
        case Retag():
            _retag(
                retrying,
                step.target.function_arn,
                step.change,
                _("Could not change the tags of {name}.").format(name=name),
            )
        case Retain(days):
            _retain(retrying, now, days)
        case Delete():
            _delete(retrying, now, keep, ctx)


def _retag(retrying: RetryingConnection, function_arn: str, change: Retag, failure: str) -> None:
    if change.put:
        retrying.call("lambda", "tag_resource", failure=failure, Resource=function_arn, Tags=dict(change.put))
        retrying.ignore_cancel()
    if change.remove:
        keys = list(change.remove)
        retrying.call("lambda", "untag_resource", failure=failure, Resource=function_arn, TagKeys=keys)


def _retain(retrying: RetryingConnection, now: ObservedFunction, days: int | None) -> None:
    group = now.detail.log_group
    failure = _("Could not set the retention of {group}.").format(group=group)
    if not now.has_log_group:
        try:
            retrying.call("logs", "create_log_group", failure=failure, logGroupName=group)
        except WorkbenchError as error:
            if error.aws_code != "ResourceAlreadyExistsException":
                raise
        retrying.ignore_cancel()
    if days is None:
        retrying.call("logs", "delete_retention_policy", failure=failure, logGroupName=group)
    else:
        retrying.call(
            "logs", "put_retention_policy", failure=failure, logGroupName=group, retentionInDays=days
        )


def _delete(retrying: RetryingConnection, now: ObservedFunction, keep: Keep, ctx: JobContext) -> None:
    """Deletes the function. Not cancelled once begun: a function without its mappings would be useless."""
    detail = now.detail
    forget = keep(retrying, detail.function_name, (), ctx)
    try:
        ctx.check()
    except Cancelled:
        forget()
        raise
    retrying.ignore_cancel()
    gone: list[str] = []
    try:
        refuse_if_changed(retrying, detail)
        for step in plan_deletion(detail, now.mappings):
            carry_out_step(retrying, step, ctx.shielded())
            gone.append(step.subject)
    except WorkbenchError as error:
        if not is_unclear(error):
            forget()  # the function still exists
        if gone:
            error.why = _("{why} Its event source mappings have already been deleted: {gone}.").format(
                why=error.why, gone=", ".join(gone)
            )
        raise


def _is_made(connection: Connection, step: BulkStep) -> bool:
    """Whether a request with an unknown result has made its change."""
    try:
        now = read_target(connection, step.target, step.change, JobContext())
    except WorkbenchError as error:
        return error.aws_code == GONE and isinstance(step.change, Delete)
    return plan_step(step.target, now, step.change).standing is Standing.UNCHANGED


def _back(step: BulkStep, before: ObservedFunction, earlier: BulkChange | None) -> BulkStep | None:
    """The step that restores what a function had, before an earlier attempt, too."""
    match step.change:
        case Configure(wanted):
            old = Configure(wanted.of(before.detail))
            detail = replace(before.detail, **wanted.values())
            return plan_step(step.target, replace(before, detail=detail), old)
        case Retag(put, remove):
            tags = dict(before.detail.tags)
            left = {key: value for key, value in (tags | dict(put)).items() if key not in remove}
            detail = replace(before.detail, tags=tuple(sorted(left.items())))
            back = reverse_tags(step.change, tags)
            if isinstance(earlier, Retag):
                old_tags = _tags_of(earlier) | _tags_of(back)
                restored = tuple((key, value) for key, value in old_tags.items() if value is not None)
                back = Retag(restored, tuple(key for key, value in old_tags.items() if value is None))
            return plan_step(step.target, replace(before, detail=detail), back)
        case Retain(days):
            after = replace(before, has_log_group=True, retention_days=days)
            return plan_step(step.target, after, Retain(before.retention_days))
        case Delete():
            return None


@dataclass(frozen=True, slots=True)
class RecordedFunction:
    """A function of an earlier change.

    Attributes:
        change: The change, without what the function had already.
        back: The change that undoes it; None if it was not begun or cannot be undone.
        is_begun: Whether the change may have been made.
        is_done: Whether nothing remains to be done.
    """

    target: Target
    change: BulkChange
    back: BulkChange | None = None
    is_begun: bool = False
    is_done: bool = False


@dataclass(frozen=True, slots=True)
class PastChange:
    """An earlier change to many functions.

    Args:
        requested: The change that the user asked for.

    Attributes:
        when: ISO 8601, UTC.
        undoes: Name of the journal of the change that it undoes; empty for none.
        functions: All functions of the change.
        undone: Keys (`key_of`) of the functions that were undone since.
        is_over: Whether it ended, or the user dismissed it.
    """

    file: Path
    when: str
    requested: BulkChange
    undoes: str
    functions: tuple[RecordedFunction, ...]
    undone: frozenset[str] = frozenset()
    is_over: bool = True

    @property
    def left(self) -> tuple[RecordedFunction, ...]:
        """The functions that were not changed, or may not have been."""
        return tuple(each for each in self.functions if not each.is_done)

    @property
    def undoable(self) -> tuple[RecordedFunction, ...]:
        """The functions that can be undone if nobody else has changed them."""
        return tuple(
            each
            for each in self.functions
            if each.is_begun and each.back is not None and key_of(each.target) not in self.undone
        )


def key_of(target: Target) -> str:
    """The key of a function in a journal. It includes the profile, since two may lead to one function."""
    return f"{target.profile_name} {target.function_arn}"


def plan_past(
    looked: Sequence[tuple[RecordedFunction, ObservedFunction | WorkbenchError]], *, undo: bool
) -> tuple[BulkStep, ...]:
    """The steps that continue an earlier change, or undo it, in the given order."""
    steps = []
    for noted, found in looked:
        change = noted.back if undo and noted.back else noted.change
        if isinstance(found, WorkbenchError):
            steps.append(refused_step(noted.target, change, found))
        elif undo:
            steps.append(_plan_undo(noted, change, found))
        else:
            steps.append(plan_step(noted.target, found, change))
    return tuple(steps)


def _plan_undo(noted: RecordedFunction, back: BulkChange, now: ObservedFunction) -> BulkStep:
    step = plan_step(noted.target, now, back)
    if step.standing is not Standing.CHANGE or _is_old_or_new(noted.change, back, now):
        return step
    why = _("It was changed in the meantime. Your change was not applied.")
    return replace(step, standing=Standing.REFUSED, why=why, calls=(), undo=())


def _is_old_or_new(change: BulkChange, back: BulkChange, now: ObservedFunction) -> bool:
    """Whether every part is as before or as after the change: a crash may come between two calls."""
    match change, back:
        case Configure(wanted), Configure(before):
            return all(
                getattr(now.detail, name) in (value, getattr(before, name))
                for name, value in wanted.values().items()
            )
        case Retag(), Retag():
            tags, new, old = dict(now.detail.tags), _tags_of(change), _tags_of(back)
            return all(tags.get(key) in (value, old.get(key)) for key, value in new.items())
        case Retain(days), Retain(before_days):
            return now.retention_days in (days, before_days)
    return False


def _tags_of(change: Retag) -> dict[str, str | None]:
    return dict(change.put) | dict.fromkeys(change.remove)


# The journal ------------------------------------------------------------------------------------------------

_log = logging.getLogger(__name__)
MAX_PAST_CHANGES = 50
"""Number of finished changes that are stored; the oldest are deleted."""
_NOT_BEGUN = _("No function was changed, because the change could not be recorded.")
_NOT_CONTINUED = _("The change of several functions cannot be continued.")


_Kind = Literal["configure", "retag", "retain", "delete"]
_CHANGES: Mapping[_Kind, type[BulkChange]] = {
    "configure": Configure,
    "retag": Retag,
    "retain": Retain,
    "delete": Delete,
}


@dataclass(frozen=True, slots=True)
class StoredChange:
    """A BulkChange on disk: its kind, and the fields of that kind."""

    kind: _Kind
    wanted: Wanted = field(default_factory=Wanted)
    put: tuple[tuple[str, str], ...] = ()
    remove: tuple[str, ...] = ()
    days: int | None = None

    @classmethod
    def of(cls, change: BulkChange) -> "StoredChange":
        kind = next(kind for kind, made in _CHANGES.items() if isinstance(change, made))
        return cls(kind, **{each.name: getattr(change, each.name) for each in fields(change)})

    @property
    def change(self) -> BulkChange:
        made = _CHANGES[self.kind]
        return made(**{each.name: getattr(self, each.name) for each in fields(made)})


@dataclass(frozen=True, slots=True)
class PlannedFunction:
    """A function in a journal, with its planned change."""

    target: Target
    change: StoredChange


@dataclass(frozen=True, slots=True)
class BulkPlan:
    """The plan of a change to many functions, in any accounts and regions.

    Attributes:
        requested: The change that the user asked for.
        undoes: Name of the journal of the change that it undoes; empty for none.
    """

    requested: StoredChange
    undoes: str
    functions: tuple[PlannedFunction, ...]
    account_id: ClassVar[str] = ""
    region: ClassVar[str] = ""


@dataclass(frozen=True, slots=True)
class _Note:
    """A note on a function before it is changed."""

    back: StoredChange | None = None


class BulkJournal(OperationJournal[BulkPlan]):
    """The journals of all changes to many functions. Finished ones can be undone."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        super().__init__(folder, BulkPlan, clock, history=True)

    def convert(self, facts: Facts) -> BulkPlan:
        new_names = {"requested" if name == "wish" else name: value for name, value in facts.items()}
        return super().convert(new_names)

    def understands(self, record: OperationRecord[BulkPlan]) -> bool:
        return past_of(record) is not None

    def begin_change(self, requested: BulkChange, steps: Sequence[BulkStep], undoes: str = "") -> JournalFile:
        """Opens the journal of a new change.

        Args:
            undoes: Name of the journal of the change that is undone.

        Raises:
            WorkbenchError: It cannot be written; then nothing may be changed.
        """
        functions = tuple(PlannedFunction(step.target, StoredChange.of(step.change)) for step in steps)
        planned = BulkPlan(StoredChange.of(requested), undoes, functions)
        file = self.begin("bulk", planned, _NOT_BEGUN)
        for path in [past.file for past in self.past() if past.is_over][MAX_PAST_CHANGES:]:
            self.forget(path)
        return file

    def reopen_change(self, past: PastChange) -> ReopenedJournal[BulkPlan]:
        """Reopens the journal of an interrupted change. Raises as `reopen`."""
        return self.reopen(past.file, _NOT_CONTINUED)

    def reopen_finished(self, path: Path) -> ReopenedJournal[BulkPlan]:
        """Reopens the journal of a change that has just ended, to repeat what failed. Raises as `append`."""
        return self.append(path, _NOT_BEGUN)

    def discard_change(self, past: PastChange) -> None:
        """Ends an interrupted change; what it has changed can still be undone. Raises as `discard`."""
        self.discard(past.file, _NOT_CONTINUED)

    def past(self) -> tuple[PastChange, ...]:
        """All changes that are not running, newest first."""
        read = (self.read(path) for path in self.files() if not is_locked(path))
        found = [past for each in read if each and (past := past_of(each))]
        undone: dict[str, set[str]] = {}
        for past in found:
            if past.undoes:
                done = (key_of(each.target) for each in past.functions if each.is_done)
                undone.setdefault(past.undoes, set()).update(done)
        return tuple(replace(past, undone=frozenset(undone.get(past.file.name, ()))) for past in found)

    def interrupted(self) -> tuple[PastChange, ...]:
        """Changes that a crash interrupted, newest first."""
        return tuple(past for past in self.past() if not past.is_over)


def carry_out_recorded(
    file: JournalFile, connection: Connection, step: BulkStep, budget: RateBudget, keep: Keep, ctx: JobContext
) -> BulkStepResult:
    """Does what `carry_out` does, recorded in a journal before and after. Thread-safe.

    Raises:
        WorkbenchError: As for `carry_out`; also if the journal cannot be written, in which case nothing was
            changed.
    """
    ctx.check()  # the journal may be closed by now
    key, interrupted, earlier = key_of(step.target), None, None
    if isinstance(file, ReopenedJournal):
        interrupted = replace(file.record, noted={})
        earlier = codec.convert(file.record.noted.get(key, {}), _Note, exact=True).back
    runner = _Runner(connection, budget, keep, earlier.change if earlier else None)
    Operation({key: step}, runner, file, ctx, interrupted, runner.made_nothing).forward()
    return runner.result


@dataclass(slots=True)
class _Runner(StepRunner[BulkStep]):
    """Makes one step. It is undone by a change of its own, which the user plans and sees first."""

    connection: Connection
    budget: RateBudget
    keep: Keep
    earlier: BulkChange | None
    result: BulkStepResult = BulkStepResult(changed=False)  # of a step that another window made
    is_sent: bool = False

    def do(self, step: BulkStep, context: StepContext) -> Facts:
        def note(back: BulkChange | None) -> None:
            context.note(codec.to_builtins(_Note(StoredChange.of(back) if back else None)))
            self.is_sent = True

        self.result = carry_out(
            self.connection, step, self.budget, self.keep, context.ctx, note, self.earlier
        )
        return {}

    def made_nothing(self, error: WorkbenchError | Cancelled) -> bool:
        """A failed change stays begun: half of it may have been made."""
        return isinstance(error, Cancelled) or not self.is_sent


def past_of(found: OperationRecord[BulkPlan]) -> PastChange | None:
    """A change from its journal; None if the note of a step cannot be read."""
    planned = found.about
    try:
        functions = tuple(_recorded(each, found) for each in planned.functions)
    except codec.Damaged as error:
        _log.info("the journal %s could not be read: %s", found.file, error)
        return None
    requested, is_over = planned.requested.change, found.ending is not None
    return PastChange(found.file, found.when, requested, planned.undoes, functions, is_over=is_over)


def _recorded(planned: PlannedFunction, found: OperationRecord[BulkPlan]) -> RecordedFunction:
    key = key_of(planned.target)
    is_begun, is_done = key in found.begun, key in found.done
    back = codec.convert(found.noted.get(key, {}), _Note, exact=True).back if is_begun else None
    undo = back.change if back else None
    return RecordedFunction(planned.target, planned.change.change, undo, is_begun, is_done)
