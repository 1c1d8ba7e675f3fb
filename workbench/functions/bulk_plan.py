"""Changes to many functions at once: what is read of each function, and what the change does to it."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from workbench.aws.connection import Connection
from workbench.aws.quotas import text_limit
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _, ngettext
from workbench.functions.configure import Wanted
from workbench.functions.deletion import plan_deletion
from workbench.functions.dependents import DependentResource, list_dependent_mappings
from workbench.functions.detail import find_log_group
from workbench.functions.model import FunctionDetail, FunctionSummary, detail_of, owner_of
from workbench.functions.settings import TAGS_LIMIT

_TAG_SIGNS = "_.:/=+-@"


@dataclass(frozen=True, slots=True)
class Target:
    """A function in an account and region.

    Attributes:
        profile_name: The profile used for it.
    """

    profile_name: str
    account_id: str
    region: str
    function_name: str
    function_arn: str

    @classmethod
    def of(cls, row: FunctionSummary, profile_name: str) -> "Target":
        return cls(profile_name, row.account_id, row.region, row.function_name, row.function_arn)


@dataclass(frozen=True, slots=True)
class Configure:
    """Changes settings of the configuration."""

    wanted: Wanted


@dataclass(frozen=True, slots=True)
class Retag:
    """Sets tags by key and value, and removes tags by key."""

    put: tuple[tuple[str, str], ...] = ()
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Retain:
    """Sets the retention of the log group in days; None for no expiry."""

    days: int | None


@dataclass(frozen=True, slots=True)
class Delete:
    """Deletes the function and its event source mappings."""


BulkChange = Configure | Retag | Retain | Delete


@dataclass(frozen=True, slots=True)
class ObservedFunction:
    """The parts of a function that a change needs, when it was read.

    Attributes:
        detail: The function.
        tags_error: Why its tags may not be read.
        has_log_group: Whether its log group exists; only read for `Retain`.
        retention_days: Retention of the log group; None for no expiry.
        mappings: Its event source mappings; only read for `Delete`.
        obstacle: Why AWS would refuse the change; empty if no reason is known.
        warning_: What the user should know before the change; empty for nothing.
    """

    detail: FunctionDetail
    tags_error: str = ""
    has_log_group: bool = False
    retention_days: int | None = None
    mappings: tuple[DependentResource, ...] = ()
    obstacle: str = ""
    warning_: str = ""


def accepts_tag_key(key: str) -> bool:
    """Whether a tag key is valid. "aws:" is reserved for AWS."""
    return not key.lower().startswith("aws:") and _fits(key, "TagKey")


def accepts_tag_value(value: str) -> bool:
    """Whether a tag value is valid."""
    return _fits(value, "TagValue")


def _fits(text: str, shape: str) -> bool:
    # The model's pattern uses Unicode categories, which `re` does not support.
    limit = text_limit(shape)
    is_short = limit.min_length <= len(text) <= (limit.max_length or len(text))
    return is_short and all(unicodedata.category(sign)[0] in "LZN" or sign in _TAG_SIGNS for sign in text)


class Standing(Enum):
    """What the plan does with a function."""

    CHANGE = "change"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class BulkStep:
    """The planned change of one function.

    Attributes:
        change: The change, without what the function has already.
        seen: The function before the change; None if it could not be read.
        why: Why it is skipped, or a warning.
        aws_code: AWS's code if reading failed.
        calls: The requests, such as "lambda:TagResource".
        undo: The requests that undo it; empty if it cannot be undone.
    """

    target: Target
    change: BulkChange
    standing: Standing
    seen: ObservedFunction | None = None
    why: str = ""
    aws_code: str = ""
    calls: tuple[str, ...] = ()
    undo: tuple[str, ...] = ()


def read_target(
    connection: Connection, target: Target, change: BulkChange, ctx: JobContext
) -> ObservedFunction:
    """Reads what a change needs to know of a function.

    Raises:
        WorkbenchError: AWS refused, or the connection is to another account.
    """
    name = target.function_name
    if connection.account_id != target.account_id:
        raise WorkbenchError(
            _("Could not read {name}.").format(name=name),
            _(
                "{profile_name} now uses account {account_id}, but the function is in {function_account}."
            ).format(
                profile_name=target.profile_name,
                account_id=connection.account_id,
                function_account=target.account_id,
            ),
            _("Refresh the list, then choose again."),
        )
    ctx.check()
    answer = connection.call(
        "lambda",
        "get_function",
        failure=_("Could not read the function {name}.").format(name=name),
        FunctionName=name,
    )
    detail = detail_of(answer)
    seen = ObservedFunction(detail, detail.tags_error)
    match change:
        case Retain():
            return _look_at_logs(connection, seen, ctx)
        case Delete():
            return replace(seen, mappings=list_dependent_mappings(connection, seen.detail, ctx))
    return seen


def _look_at_logs(connection: Connection, seen: ObservedFunction, ctx: JobContext) -> ObservedFunction:
    group = seen.detail.log_group
    failure = _("Could not read the log group {group}.").format(group=group)
    found = find_log_group(connection, group, failure, ctx)
    if not found:
        return seen
    return replace(seen, has_log_group=True, retention_days=found.get("retentionInDays"))


def plan(
    change: BulkChange, looked: Sequence[tuple[Target, ObservedFunction | WorkbenchError]]
) -> tuple[BulkStep, ...]:
    """The planned change of each function, in the given order."""
    steps: list[BulkStep] = []
    groups: dict[tuple[str, str, str], str] = {}
    for target, found in looked:
        if isinstance(found, WorkbenchError):
            steps.append(refused_step(target, change, found))
            continue
        step = plan_step(target, found, change)
        if isinstance(change, Retain) and step.standing is Standing.CHANGE:
            key = (target.account_id, target.region, found.detail.log_group)
            if first := groups.get(key):
                why = _("{first} uses the same log group.").format(first=first)
                step = replace(step, standing=Standing.UNCHANGED, why=why, calls=(), undo=())
            groups.setdefault(key, target.function_name)
        steps.append(step)
    return tuple(steps)


def refused_step(target: Target, change: BulkChange, error: WorkbenchError) -> BulkStep:
    """The step of a function that could not be read."""
    return BulkStep(target, change, Standing.REFUSED, why=error.why or error.what, aws_code=error.aws_code)


def plan_step(target: Target, seen: ObservedFunction, change: BulkChange) -> BulkStep:
    """The planned change of one function."""
    step = _step(target, seen, change)
    owner = owner_of(seen.detail)
    if owner is None or step.standing is not Standing.CHANGE or isinstance(change, Retain):
        return step
    name = f" ({owner.name})" if owner.name else ""
    why = _("{tool}{name} manages it: the next deployment might revert this change.").format(
        tool=owner.tool.value, name=name
    )
    return replace(step, why=f"{step.why} {why}".strip())


def _step(target: Target, seen: ObservedFunction, change: BulkChange) -> BulkStep:
    match change:
        case Configure(wanted):
            step = _plan_configure(target, seen, change)
            if not wanted.differs_from(seen.detail):
                return _unchanged(step)
            if seen.obstacle:
                return BulkStep(target, change, Standing.REFUSED, seen, seen.obstacle)
            return replace(step, why=f"{step.why} {seen.warning_}".strip())
        case Retag():
            return _plan_tags(target, seen, change)
        case Retain(days):
            if seen.has_log_group and seen.retention_days == days:
                return _unchanged(BulkStep(target, change, Standing.UNCHANGED, seen))
            if not seen.has_log_group and days is None:
                why = _("It has no log group yet. A new log group never expires its log events.")
                return BulkStep(target, change, Standing.UNCHANGED, seen, why)
            return _plan_retention(target, seen, change)
        case Delete():
            calls = dict.fromkeys(each.call for each in plan_deletion(seen.detail, seen.mappings))
            return BulkStep(target, change, Standing.CHANGE, seen, _left_behind(seen), calls=tuple(calls))


def _unchanged(step: BulkStep) -> BulkStep:
    why = "" if step.standing is Standing.REFUSED else _("It already has this value.")
    return replace(step, standing=Standing.UNCHANGED, why=why or step.why, calls=(), undo=())


def _plan_configure(target: Target, seen: ObservedFunction, change: Configure) -> BulkStep:
    detail, runtime = seen.detail, change.wanted.runtime
    call = ("lambda:UpdateFunctionConfiguration",)
    if runtime is not None and detail.package_type == "Image":
        why = _("It is a container image, which includes its own runtime.")
        return BulkStep(target, change, Standing.REFUSED, seen, why)
    why = ""
    if runtime is not None and _family(runtime) != _family(detail.runtime):
        why = _("Its code is written for {runtime} and will probably fail.").format(runtime=detail.runtime)
    return BulkStep(target, change, Standing.CHANGE, seen, why, calls=call, undo=call)


def _family(runtime: str) -> str:
    """The family of a runtime: "python", "nodejs", "java"."""
    found = re.match("[a-z]*", runtime)
    return found[0] if found else ""


def _plan_tags(target: Target, seen: ObservedFunction, change: Retag) -> BulkStep:
    if seen.tags_error:
        why = _("Its tags could not be read: {tags_error}").format(tags_error=seen.tags_error)
        return BulkStep(target, change, Standing.REFUSED, seen, why, "AccessDeniedException")
    tags = dict(seen.detail.tags)
    put = tuple((key, value) for key, value in change.put if tags.get(key) != value)
    remove = tuple(key for key in change.remove if key in tags)
    if not put and not remove:
        return _unchanged(BulkStep(target, change, Standing.UNCHANGED, seen))
    own = {key for key in tags if not key.startswith("aws:")}
    if put and (count := len(own | {key for key, __ in put})) > TAGS_LIMIT:
        why = _("It would have {count} tags; the maximum is {tags_limit}.").format(
            count=count, tags_limit=TAGS_LIMIT
        )
        return BulkStep(target, change, Standing.REFUSED, seen, why)
    needed = Retag(put, remove)
    undo = tag_calls(reverse_tags(needed, tags))
    return BulkStep(target, needed, Standing.CHANGE, seen, calls=tag_calls(needed), undo=undo)


def reverse_tags(change: Retag, tags: dict[str, str]) -> Retag:
    """The change that restores the tags of a function."""
    touched = (*(key for key, __ in change.put), *change.remove)
    put = tuple((key, tags[key]) for key in touched if key in tags)
    return Retag(put, tuple(key for key in touched if key not in tags))


def tag_calls(change: Retag) -> tuple[str, ...]:
    """The requests of a change of tags."""
    put = ("lambda:TagResource",) if change.put else ()
    return (*put, *(("lambda:UntagResource",) if change.remove else ()))


def _plan_retention(target: Target, seen: ObservedFunction, change: Retain) -> BulkStep:
    calls: tuple[str, ...] = (_retention_call(change.days),)
    why = ""
    if not seen.has_log_group:
        calls = ("logs:CreateLogGroup", *calls)
        why = _("{log_group} will be created: the function has not written logs yet.").format(
            log_group=seen.detail.log_group
        )
    elif change.days is not None and (seen.retention_days or 10**6) > change.days:
        why = _("Log events older than {days} days will be permanently deleted.").format(days=change.days)
    return BulkStep(
        target, change, Standing.CHANGE, seen, why, "", calls, (_retention_call(seen.retention_days),)
    )


def _retention_call(days: int | None) -> str:
    return "logs:PutRetentionPolicy" if days is not None else "logs:DeleteRetentionPolicy"


def _left_behind(seen: ObservedFunction) -> str:
    count = len(seen.mappings)
    words = _("Its log group, its execution role and its other callers are kept.")
    if not count:
        return words
    mappings = ngettext(
        "{count} event source mapping will be deleted with it.",
        "{count} event source mappings will be deleted with it.",
        count,
    )
    return f"{mappings.format(count=count)} {words}"
