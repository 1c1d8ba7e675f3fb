"""Carries out one step of a change to many functions, and says how it is taken back.

Owns: the calls, and what guards them: whatever somebody else has changed since the plan is not overwritten,
and what AWS left unclear is looked at before it is called a failure. Must not know: the other steps.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from workbench.aws.connection import Connection
from workbench.aws.rate_budget import RateBudget
from workbench.aws.retrying_connection import RetryingConnection, is_unclear
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.asking import GONE
from workbench.functions.bulk_change import Change, Configure, Delete, Retag, Retain, Seen, Target
from workbench.functions.bulk_plan import Standing, Step, look, plan_step, reverse_tags
from workbench.functions.configure import configure_for_callers
from workbench.functions.deletion import delete, plan_deletion

Keep = Callable[[Connection, str, tuple[str, ...], JobContext], Callable[[], object]]
"""Keeps a function by its name, with words for what cannot be made again. What comes back forgets it.
Raises WorkbenchError where it cannot be kept: then it must not be deleted."""

Note = Callable[[Change | None], object]
"""Writes down that a change is about to be made, with what takes it back. Raises WorkbenchError where that
fails: then it must not be made."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a step.

    Attributes:
        changed: False when the function had it by then.
        undo: The step that takes it back; None when nothing does.
    """

    changed: bool
    undo: Step | None = None


def observe(
    connection: Connection, target: Target, change: Change, budget: RateBudget, ctx: JobContext
) -> Seen:
    """Looks at a function for a plan, at AWS's pace. Raises as `bulk_plan.look`."""
    return look(RetryingConnection(connection, budget, ctx), target, change, ctx)


def carry_out(
    connection: Connection,
    step: Step,
    budget: RateBudget,
    keep: Keep,
    ctx: JobContext,
    note: Note = lambda _back: None,
) -> Outcome:
    """Makes the change of one step, once.

    Args:
        connection: To the function's account and region.
        step: Of a plan; its standing is CHANGE.
        budget: The program's.
        keep: What keeps a copy of a function before it is deleted.
        ctx: The job. Cancel before the change was sent leaves the function as it is; afterwards it only ends
            the waiting.
        note: Hears that the change is about to be made.

    Raises:
        WorkbenchError: AWS refuses, or somebody has changed the same meanwhile. If AWS failed and does not
            say either (`retrying_connection.is_unclear`), it may have been made all the same.
        Cancelled: Nothing was changed.
    """
    patient = RetryingConnection(connection, budget, ctx)
    try:
        now = look(patient, step.target, step.change, ctx)
    except WorkbenchError as error:
        if error.aws_code == GONE and isinstance(step.change, Delete):
            return Outcome(changed=False)
        raise
    standing = plan_step(step.target, now, step.change)
    if standing.standing is Standing.UNCHANGED:
        return Outcome(changed=False)
    if standing.standing is Standing.REFUSED:
        raise WorkbenchError(_what(step), standing.why, aws_code=standing.aws_code)
    _check_nobody_changed_it(step, now)
    back = _back(step, now)
    note(back.change if back else None)
    try:
        _make(patient, step, now, keep, ctx)
    except (WorkbenchError, Cancelled) as error:
        unclear = isinstance(error, Cancelled) or is_unclear(error)
        if not (patient.has_written and unclear and _is_made(connection, step)):
            raise
    return Outcome(changed=True, undo=back)


def _what(step: Step) -> str:
    return f"{step.target.function_name} was not changed."


def _check_nobody_changed_it(step: Step, now: Seen) -> None:
    """Configuration is guarded by AWS itself (RevisionId); the rest has nothing like it."""
    before, changed = step.seen, ""
    assert before is not None
    match step.change:
        case Retag(put, remove):
            tags, old = dict(now.detail.tags), dict(before.detail.tags)
            touched = (*(key for key, _ in put), *remove)
            changed = next((f"the tag {key}" for key in touched if tags.get(key) != old.get(key)), "")
        case Retain():
            changed = "the log retention" if now.retention_days != before.retention_days else ""
        case Delete():
            same = now.detail.revision_id == before.detail.revision_id
            changed = "" if same else "it"
    if changed:
        why = f"The function's {changed} changed since the plan was created. Your change was not applied."
        raise WorkbenchError(
            _what(step), why, "Create the plan again.", aws_code="PreconditionFailedException"
        )


def _make(patient: RetryingConnection, step: Step, now: Seen, keep: Keep, ctx: JobContext) -> None:
    name = step.target.function_name
    match step.change:
        case Configure(wanted):
            assert step.seen is not None
            configure_for_callers(patient, step.seen.detail, wanted, ctx)
        case Retag():
            _retag(patient, step.target.function_arn, step.change, f"Could not change the tags of {name}.")
        case Retain(days):
            _retain(patient, now, days)
        case Delete():
            _delete(patient, now, keep, ctx)


def _retag(patient: RetryingConnection, function_arn: str, change: Retag, failure: str) -> None:
    if change.put:
        patient.call("lambda", "tag_resource", failure=failure, Resource=function_arn, Tags=dict(change.put))
        patient.ignore_cancel()
    if change.remove:
        keys = list(change.remove)
        patient.call("lambda", "untag_resource", failure=failure, Resource=function_arn, TagKeys=keys)


def _retain(patient: RetryingConnection, now: Seen, days: int | None) -> None:
    group = now.detail.log_group
    failure = f"Could not set the retention of {group}."
    if not now.has_log_group:
        try:
            patient.call("logs", "create_log_group", failure=failure, logGroupName=group)
        except WorkbenchError as error:
            if error.aws_code != "ResourceAlreadyExistsException":
                raise
        patient.ignore_cancel()
    if days is None:
        patient.call("logs", "delete_retention_policy", failure=failure, logGroupName=group)
    else:
        patient.call(
            "logs", "put_retention_policy", failure=failure, logGroupName=group, retentionInDays=days
        )


def _delete(patient: RetryingConnection, now: Seen, keep: Keep, ctx: JobContext) -> None:
    """Once it has begun it is not cancelled: without its mappings the function would be half of itself."""
    detail = now.detail
    forget = keep(patient, detail.function_name, (), ctx)
    try:
        ctx.check()
    except Cancelled:
        forget()
        raise
    patient.ignore_cancel()
    deletion = delete(patient, detail, plan_deletion(detail, now.mappings), ctx.shielded())
    if (error := deletion.error) is None:
        return
    if not is_unclear(error):
        forget()  # the function is still there
    if gone := ", ".join(step.subject for step in deletion.gone):
        error.why = f"{error.why} Its event source mappings have already been deleted: {gone}."
    raise error


def _is_made(connection: Connection, step: Step) -> bool:
    """Whether a change is there, after a request that nobody knows the end of."""
    try:
        now = look(connection, step.target, step.change, JobContext())
    except WorkbenchError as error:
        return error.aws_code == GONE and isinstance(step.change, Delete)
    return plan_step(step.target, now, step.change).standing is Standing.UNCHANGED


def _back(step: Step, before: Seen) -> Step | None:
    """The step that brings back what a function had before."""
    match step.change:
        case Configure(wanted):
            old = Configure(wanted.of(before.detail))
            detail = replace(before.detail, **wanted.values())
            return plan_step(step.target, replace(before, detail=detail), old)
        case Retag(put, remove):
            tags = dict(before.detail.tags)
            left = {key: value for key, value in (tags | dict(put)).items() if key not in remove}
            detail = replace(before.detail, tags=tuple(sorted(left.items())))
            return plan_step(step.target, replace(before, detail=detail), reverse_tags(step.change, tags))
        case Retain(days):
            after = replace(before, has_log_group=True, retention_days=days)
            return plan_step(step.target, after, Retain(before.retention_days))
        case Delete():
            return None
