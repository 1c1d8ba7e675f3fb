"""Brings a function's settings to what a person wants: observe, compare, send, say how far it came.

Owns: the order of things, and what is said of a part that failed. Must not know: the requests' shapes.
"""

import contextlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.configure import send_guarded
from workbench.functions.detail import wait_until_updated
from workbench.functions.model import FunctionDetail
from workbench.functions.publish import PUBLISHED, publish_latest
from workbench.functions.setting_names import setting_name
from workbench.functions.settings.model import Change, Conflict, conflicts, value_at, with_changes
from workbench.functions.settings.read import Reading, again, read_others
from workbench.functions.settings.requests import (
    CONFIGURE,
    RECODE,
    Call,
    configuration_request,
    plan_calls,
)


class SettingsConflict(WorkbenchError):
    """Somebody else changed the same settings meanwhile. Nothing more was sent.

    Args:
        now: The function as it is.
        found: The settings that are neither what the person saw nor what the person wants.
    """

    def __init__(self, now: Reading, found: Collection[Conflict]) -> None:
        names = ", ".join(setting_name(each.mine.name, each.mine.key) for each in found)
        super().__init__(
            f"Could not configure {now.detail.function_name}.",
            f"The same settings were changed in the meantime: {names}. Your changes were not applied.",
            "Choose which settings to keep.",
        )
        self.now, self.found = now, tuple(found)


@dataclass(frozen=True, slots=True)
class Applied:
    """How far it came.

    Attributes:
        now: The function afterwards.
        done: What was changed.
        left: What was not, with the call that failed first.
        error: Why it ended early; None when all is done, or when somebody cancelled.
    """

    now: Reading
    done: tuple[Change, ...]
    left: tuple[Change, ...] = ()
    error: WorkbenchError | None = None


CodeAgain = Callable[[Connection, FunctionDetail, JobContext], Mapping[str, Any]]
"""The members of UpdateFunctionCode's request that name the code that a function has now.

It may raise WorkbenchError and Cancelled.
"""


def apply(
    connection: Connection,
    function_name: str,
    wanted: Collection[Change],
    ctx: JobContext,
    code_again: CodeAgain | None = None,
) -> Applied:
    """Makes changes to a function's settings, by the fewest calls; waits until AWS has carried them out.

    What is changed is guarded: a setting that is not as the person saw it any more is not overwritten. The
    configuration proper is also guarded by its RevisionId; the other calls know no such guard, so that there
    a moment remains between look and call. On managed instances, what was changed is then published to
    $LATEST.PUBLISHED, which callers get.

    Args:
        connection: To the function's account and region.
        function_name: Its bare name.
        wanted: The changes, each from what the person saw.
        ctx: The job. Cancel takes effect between calls.
        code_again: Fetches the function's code: needed for another architecture, which comes with it.

    Raises:
        SettingsConflict: Before anything was sent.
        WorkbenchError: The function could not be read, or the first call was refused: nothing was changed.
        Cancelled: Before anything was sent.
    """
    name = function_name
    ctx.progress(0, 0, f"Reading {name}")
    now = read_others(connection, wait_until_updated(connection, name, ctx), ctx)
    target = _checked(now, wanted)
    calls = plan_calls(name, now.detail.function_arn, now.settings, target)
    done: tuple[Change, ...] = ()
    error: WorkbenchError | None = None
    for number, call in enumerate(calls):
        try:
            ctx.progress(number, len(calls), call.operation)
            if call.operation_method == CONFIGURE:
                now = again(now, _configure(connection, now, call.changes, ctx))
            elif call.operation_method == RECODE:
                now = again(now, _recode(connection, now, call, code_again, ctx))
            else:
                _send(connection, call)
        except (WorkbenchError, Cancelled) as problem:
            if not done:
                raise
            error = problem if isinstance(problem, WorkbenchError) else None
            break
        done += call.changes
    if now.detail.is_managed and any(
        call.operation_method in (CONFIGURE, RECODE) and set(call.changes) <= set(done) for call in calls
    ):
        ctx.progress(len(calls), len(calls), f"Publishing the changes to {PUBLISHED}")
        try:
            publish_latest(connection, name, ctx.shielded())
        except WorkbenchError as problem:
            error = error or problem
    left = tuple(each for each in target if each not in done)
    return Applied(_read_after(connection, now, done, ctx), done, left, error)


def _checked(now: Reading, wanted: Collection[Change]) -> tuple[Change, ...]:
    """What is still to be done. Raises SettingsConflict, and WorkbenchError for what cannot be seen."""
    hidden = dict(now.unread)
    for each in wanted:
        if each.name in hidden:
            raise WorkbenchError(
                f"Could not configure {now.detail.function_name}.",
                f"The setting “{setting_name(each.name)}” could not be read: {hidden[each.name]}",
                "Nothing was changed, because a setting that cannot be read is not overwritten.",
            )
    if found := conflicts(wanted, now.settings):
        raise SettingsConflict(now, found)
    return tuple(
        Change(each.name, each.key, present, each.new)
        for each in wanted
        if (present := value_at(now.settings, *each.place)) != each.new
    )


def _configure(
    connection: Connection, now: Reading, wanted: tuple[Change, ...], ctx: JobContext
) -> FunctionDetail:
    def request_of(detail: FunctionDetail) -> dict[str, Any]:
        present = again(now, detail)
        if found := conflicts(wanted, present.settings):
            raise SettingsConflict(present, found)
        return configuration_request(with_changes(present.settings, wanted), wanted)

    return send_guarded(connection, now.detail, request_of, ctx)


def _recode(
    connection: Connection, now: Reading, call: Call, code_again: CodeAgain | None, ctx: JobContext
) -> FunctionDetail:
    """Another image; or the same code again, with what is to be different."""
    seen = now.detail

    def request_of(detail: FunctionDetail) -> dict[str, Any]:
        present = again(now, detail)
        if found := conflicts(call.changes, present.settings):
            raise SettingsConflict(present, found)
        if "ImageUri" in call.request:
            return {name: call.request[name] for name in ("ImageUri", "Architectures")}
        assert code_again is not None
        if detail.code_sha256 != seen.code_sha256:
            raise WorkbenchError(
                f"Could not configure {detail.function_name}.",
                "Other code was deployed in the meantime. It was not replaced.",
                "Check the current value, then decide.",
                aws_code="PreconditionFailedException",
                action="function.refresh",
            )
        return {"Architectures": call.request["Architectures"], **code_again(connection, detail, ctx)}

    # Its link to the code is good for ten minutes, and what was done before may have taken longer.
    fresh = wait_until_updated(connection, seen.function_name, ctx)
    return send_guarded(connection, fresh, request_of, ctx, RECODE)


def _send(connection: Connection, call: Call) -> None:
    names = ", ".join(sorted({each.name.replace("_", " ") for each in call.changes}))
    failure = f"Could not change: {names}."
    try:
        connection.call(call.service, call.operation_method, failure=failure, **call.request)
    except WorkbenchError as error:
        if call.service != "logs" or error.aws_code != "ResourceNotFoundException":
            raise
        if call.operation_method == "delete_retention_policy":
            return  # a group that is not there yet will keep its logs for ever
        # A function that never ran has no log group yet: Lambda makes it with the first line.
        group = call.request["logGroupName"]
        connection.call("logs", "create_log_group", failure=failure, logGroupName=group)
        connection.call(call.service, call.operation_method, failure=failure, **call.request)


def _read_after(connection: Connection, now: Reading, done: Collection[Change], ctx: JobContext) -> Reading:
    """How the function is afterwards; as it must be by all that is known when it cannot be read."""
    with contextlib.suppress(WorkbenchError):
        detail = wait_until_updated(connection, now.detail.function_name, ctx.shielded())
        return read_others(connection, detail, ctx.shielded())
    return replace(now, settings=with_changes(now.settings, done))


def taken_back(done: Collection[Change]) -> tuple[Change, ...]:
    """The changes that make the function what it was."""
    return tuple(each.reversed() for each in done)
