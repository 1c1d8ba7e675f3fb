"""Changes a function, unless somebody else has changed the same settings in the meantime.

`configure` sends what UpdateFunctionConfiguration takes, for deploys and single changes. `apply` sends any
change of settings: it reads, compares, makes the fewest calls, and reports what was not applied.
"""

import contextlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self

from workbench.aws.connection import Connection
from workbench.aws.retry import Backoff, poll
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.functions.configuration import IN_CONFIGURATION, Settings, configuration_request, setting_name
from workbench.functions.detail import get_function, wait_until_updated
from workbench.functions.model import FunctionDetail
from workbench.functions.settings import (
    SCALED,
    Conflict,
    Reading,
    SettingChange,
    conflicts,
    read_others,
    value_at,
    with_changes,
    with_detail,
)
from workbench.functions.versions import PUBLISHED, publish_latest

_OTHER_UPDATE = Backoff(0.1, longest_s=2.0, attempts=5)
_SETTLING = ("ResourceConflictException", "PreconditionFailedException")
"""Another update is running, or ended between reading and writing: its end gives a new RevisionId, too."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The desired configuration. None leaves a setting unchanged.

    The attributes are those of FunctionDetail, with which they are compared.

    Attributes:
        handler: "app.handler".
        environment: All variables, sorted by name.
        layers: ARNs of layer versions, in order.
        tracing: "Active" or "PassThrough".
    """

    handler: str | None = None
    runtime: str | None = None
    description: str | None = None
    memory_mb: int | None = None
    timeout_s: int | None = None
    role_arn: str | None = None
    environment: tuple[tuple[str, str], ...] | None = field(default=None, repr=False)
    layers: tuple[str, ...] | None = None
    ephemeral_storage_mb: int | None = None
    tracing: str | None = None

    def values(self) -> dict[str, Any]:
        """The desired values by attribute."""
        return {each.name: value for each in fields(self) if (value := getattr(self, each.name)) is not None}

    def of(self, detail: FunctionDetail) -> Self:
        """The same attributes with the function's current values, which undo this change."""
        return type(self)(**{name: getattr(detail, name) for name in self.values()})

    def differs_from(self, detail: FunctionDetail) -> bool:
        """Whether the function differs from this."""
        return self.of(detail) != self


def configure(
    connection: Connection, seen: FunctionDetail, wanted: Wanted, ctx: JobContext
) -> FunctionDetail:
    """Changes the configuration of $LATEST, and waits until AWS has applied it.

    If a setting that changes is no longer as the user saw it, nothing is sent. Other people's changes to
    other settings do not matter, and are kept. If everything is as wanted already, nothing is sent either.

    Args:
        seen: The function as the user saw it.
        ctx: A Cancel before the change was sent leaves the function unchanged; afterwards it only ends the
            wait.

    Raises:
        WorkbenchError: Somebody changed the same settings in the meantime; AWS refused; or AWS accepted the
            change and failed to apply it.
        Cancelled: Nothing was sent.
    """
    failure = _("Could not configure {function_name}.").format(function_name=seen.function_name)
    now = wait_until_updated(connection, seen.function_name, ctx)
    return send_guarded(connection, now, lambda now: _request(now, seen, wanted, failure), ctx)


def configure_for_callers(
    connection: Connection, seen: FunctionDetail, wanted: Wanted, ctx: JobContext
) -> FunctionDetail:
    """Does what `configure` does, outside a deploy: on managed instances it is published for callers, too.

    Raises:
        WorkbenchError: As for `configure`; or $LATEST has the change, but could not be published.
        Cancelled: Nothing was sent.
    """
    detail = configure(connection, seen, wanted, ctx)
    if detail.is_managed:
        publish_latest(connection, detail.function_name, ctx.shielded())
    return detail


def send_guarded(
    connection: Connection,
    now: FunctionDetail,
    request_of: Callable[[FunctionDetail], dict[str, Any]],
    ctx: JobContext,
    method: str = "update_function_configuration",
) -> FunctionDetail:
    """Sends an update that AWS refuses if the function has changed, and waits until it is complete.

    Args:
        now: The function, with no update in progress.
        request_of: Returns the members to send for the given state of the function; empty if there is nothing
            to do. Called again if somebody else's update came in between. Raises an error to stop the update.
        method: The client's method; "update_function_code" has the same guard.

    Raises:
        WorkbenchError: As for `configure`.
        Cancelled: Nothing was sent.
    """
    name = now.function_name
    failure = _("Could not configure {name}.").format(name=name)
    refusal: WorkbenchError | None = None

    def send() -> bool | None:
        """Whether something was sent; None if somebody else's update came in between."""
        nonlocal now, refusal
        if refusal is not None:
            now = wait_until_updated(connection, name, ctx)
        request = request_of(now)
        if not request:
            return False
        ctx.check()
        try:
            connection.call(
                "lambda", method, failure=failure, FunctionName=name, RevisionId=now.revision_id, **request
            )
        except WorkbenchError as error:
            if error.aws_code not in _SETTLING:
                raise
            refusal = error
            return None
        return True

    is_sent = poll(send, lambda is_sent: is_sent is not None, ctx, _OTHER_UPDATE)
    if is_sent is None and refusal is not None:
        raise refusal
    return _wait(connection, name, failure, ctx) if is_sent else now


def _request(now: FunctionDetail, seen: FunctionDetail, wanted: Wanted, failure: str) -> dict[str, Any]:
    """The members to send; empty if everything is as wanted."""
    changed = []
    for name, value in wanted.values().items():
        present = getattr(now, name)
        if name == "environment" and now.environment_error:
            raise WorkbenchError(
                failure,
                _("AWS does not return the environment variables: {environment_error}").format(
                    environment_error=now.environment_error
                ),
            )
        if value == present:
            continue
        if present != getattr(seen, name):
            why = (
                _("The setting “{name}” was changed in the meantime. Your change was not applied.")
                if name == "environment"  # it holds secrets
                else _(
                    "The setting “{name}” was changed to “{present}” in the meantime. "
                    "Your change was not applied."
                )
            )
            raise WorkbenchError(
                failure,
                why.format(name=setting_name(name), present=present),
                _("Check the current value, then decide."),
                action="function.refresh",
            )
        changed.append(name)
    return configuration_request(wanted, changed)


def _wait(connection: Connection, function_name: str, failure: str, ctx: JobContext) -> FunctionDetail:
    try:
        detail = wait_until_updated(connection, function_name, ctx)
    except Cancelled:
        return get_function(connection, function_name)  # the change was sent: only the wait ends
    if detail.last_update_status == "Failed":
        raise WorkbenchError(
            failure,
            detail.last_update_status_reason or _("AWS accepted the change but could not apply it."),
            _("Check the function's state."),
            action="function.refresh",
        )
    return detail


CONFIGURE = "update_function_configuration"
UPDATE_CODE = "update_function_code"
"""A change of architecture is planned without the code, which is added when it is sent."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request.

    Attributes:
        service: botocore's name of the service.
        operation_method: The client's method.
        request: Its parameters; RevisionId is added when it is sent. Never printed.
        changes: The changes that it makes.
    """

    service: str
    operation_method: str
    request: Mapping[str, Any] = field(repr=False)
    changes: tuple[SettingChange, ...]

    @property
    def operation(self) -> str:
        """AWS's name of the operation, such as "PutFunctionConcurrency"."""
        return "".join(part.capitalize() for part in self.operation_method.split("_"))


def plan_calls(
    function_name: str, function_arn: str, now: Settings, wanted: Collection[SettingChange]
) -> tuple[Call, ...]:
    """The fewest calls, in order: first those that AWS is most likely to refuse.

    Args:
        now: The current settings: a request sends all of a member, including what stays.
    """
    target = with_changes(now, wanted)
    calls = [_configuration(function_name, target, wanted)]
    for names, plan in _OTHERS:
        mine = tuple(each for each in wanted if each.name in names)
        if mine:
            calls += plan(function_name, function_arn, target, mine)
    return tuple(call for call in calls if call is not None)


def _configuration(function_name: str, target: Settings, wanted: Collection[SettingChange]) -> Call | None:
    mine = tuple(each for each in wanted if each.name in IN_CONFIGURATION)
    request = configuration_request(target, {each.name for each in mine})
    return Call("lambda", CONFIGURE, {"FunctionName": function_name, **request}, mine) if request else None


def _filled(value: dict[str, Any]) -> dict[str, Any]:
    return {key: each for key, each in value.items() if each not in (None, "", [])}


# What other calls carry -----------------------------------------------------------------------------------

_Plan = Callable[[str, str, Settings, tuple[SettingChange, ...]], list[Call]]
"""Plans calls: function name, ARN, the desired settings, and those of them that change."""


def _provisioned(name: str, _arn: str, _target: Settings, mine: tuple[SettingChange, ...]) -> list[Call]:
    calls = []
    for each in mine:
        request: dict[str, Any] = {"FunctionName": name, "Qualifier": each.key}
        if each.new is None:
            calls.append(Call("lambda", "delete_provisioned_concurrency_config", request, (each,)))
        else:
            request |= {"ProvisionedConcurrentExecutions": each.new}
            calls.append(Call("lambda", "put_provisioned_concurrency_config", request, (each,)))
    return calls


def _scaling(name: str, _arn: str, target: Settings, mine: tuple[SettingChange, ...]) -> list[Call]:
    scaling = {
        "MinExecutionEnvironments": target.min_environments,
        "MaxExecutionEnvironments": target.max_environments,
    }
    request = {"FunctionName": name, "Qualifier": SCALED, "FunctionScalingConfig": _filled(scaling)}
    return [Call("lambda", "put_function_scaling_config", request, mine)]


def _runtime_updates(name: str, _arn: str, target: Settings, mine: tuple[SettingChange, ...]) -> list[Call]:
    request = {"FunctionName": name, "UpdateRuntimeOn": target.runtime_update_mode}
    if target.runtime_update_mode == "Manual":
        request["RuntimeVersionArn"] = target.runtime_version_arn
    return [Call("lambda", "put_runtime_management_config", request, mine)]


def _whole(setting: str, put: str, member: str, delete: str = "") -> _Plan:
    """A setting with calls of its own: one that sets it, and one that removes it."""

    def plan(name: str, _arn: str, target: Settings, mine: tuple[SettingChange, ...]) -> list[Call]:
        value, request = getattr(target, setting), {"FunctionName": name}
        if delete and value in (None, ""):
            return [Call("lambda", delete, request, mine)]
        return [Call("lambda", put, {**request, member: value}, mine)]

    return plan


def _retention(_name: str, _arn: str, target: Settings, mine: tuple[SettingChange, ...]) -> list[Call]:
    request: dict[str, Any] = {"logGroupName": target.log_group}
    if target.log_retention_days is None:
        return [Call("logs", "delete_retention_policy", request, mine)]
    request["retentionInDays"] = target.log_retention_days
    return [Call("logs", "put_retention_policy", request, mine)]


def _tags(_name: str, arn: str, _target: Settings, mine: tuple[SettingChange, ...]) -> list[Call]:
    kept = tuple(each for each in mine if each.new is not None)
    gone = tuple(each for each in mine if each.new is None)
    calls = []
    if gone:
        keys = [each.key for each in gone]
        calls.append(Call("lambda", "untag_resource", {"Resource": arn, "TagKeys": keys}, gone))
    if kept:
        tags = {each.key: each.new for each in kept}
        calls.append(Call("lambda", "tag_resource", {"Resource": arn, "Tags": tags}, kept))
    return calls


def _architecture(name: str, _arn: str, target: Settings, mine: tuple[SettingChange, ...]) -> list[Call]:
    request = {"FunctionName": name, "Architectures": [target.architecture]}
    return [Call("lambda", UPDATE_CODE, request, mine)]


def _image(name: str, _arn: str, target: Settings, mine: tuple[SettingChange, ...]) -> list[Call]:
    # The default is x86_64, so a function for arm64 must name its architecture.
    request = {"FunctionName": name, "ImageUri": target.image_uri, "Architectures": [target.architecture]}
    return [Call("lambda", UPDATE_CODE, request, mine)]


_reserved = _whole(
    "reserved_concurrency",
    "put_function_concurrency",
    "ReservedConcurrentExecutions",
    "delete_function_concurrency",
)
_recursion = _whole("recursion", "put_function_recursion_config", "RecursiveLoop")
_code_signing = _whole(
    "code_signing_config_arn",
    "put_function_code_signing_config",
    "CodeSigningConfigArn",
    "delete_function_code_signing_config",
)
_OTHERS: tuple[tuple[tuple[str, ...], _Plan], ...] = (
    (("architecture",), _architecture),
    (("image_uri",), _image),
    (("reserved_concurrency",), _reserved),
    (("provisioned",), _provisioned),
    (("min_environments", "max_environments"), _scaling),
    (("recursion",), _recursion),
    (("runtime_update_mode", "runtime_version_arn"), _runtime_updates),
    (("code_signing_config_arn",), _code_signing),
    (("log_retention_days",), _retention),
    (("tags",), _tags),
)
"""The calls for each group of settings. The code comes first, since it waits for an update; retention comes
after the log group, which the configuration names."""


class SettingsConflict(WorkbenchError):
    """Somebody else changed the same settings in the meantime. Nothing more was sent.

    Args:
        found: The settings that have neither the value that the user saw nor the one that the user wants.
    """

    def __init__(self, now: Reading, found: Collection[Conflict]) -> None:
        names = ", ".join(setting_name(each.mine.name, each.mine.key) for each in found)
        super().__init__(
            _("Could not configure {function_name}.").format(function_name=now.detail.function_name),
            _(
                "The same settings were changed in the meantime: {names}. Your changes were not applied."
            ).format(names=names),
            _("Choose which settings to keep."),
        )
        self.now, self.found = now, tuple(found)


@dataclass(frozen=True, slots=True)
class Applied:
    """The result of a change of settings.

    Attributes:
        now: The function afterwards.
        done: The changes that were made.
        left: The changes that were not made, beginning with the call that failed.
        error: Why it ended early; None if everything was done, or after Cancel.
    """

    now: Reading
    done: tuple[SettingChange, ...]
    left: tuple[SettingChange, ...] = ()
    error: WorkbenchError | None = None


CodeAgain = Callable[[Connection, FunctionDetail, JobContext], Mapping[str, Any]]
"""The members of UpdateFunctionCode's request for the function's current code. May raise WorkbenchError and
Cancelled."""


def apply(
    connection: Connection,
    function_name: str,
    wanted: Collection[SettingChange],
    ctx: JobContext,
    current_code: CodeAgain | None = None,
) -> Applied:
    """Changes settings with the fewest calls, and waits until AWS has applied them.

    A setting that is no longer as the user saw it is not overwritten. For the configuration itself AWS
    guarantees that by RevisionId; other calls have no such guard, so a change between reading and writing
    could be lost. On managed instances the changes are then published to $LATEST.PUBLISHED, which callers
    get.

    Args:
        wanted: The changes, each from the value that the user saw.
        ctx: Cancel takes effect between calls.
        current_code: Fetches the function's code, which must be sent with a new architecture.

    Raises:
        SettingsConflict: Nothing was sent.
        WorkbenchError: The function could not be read, or the first call was refused: nothing was changed.
        Cancelled: Nothing was sent.
    """
    name = function_name
    ctx.progress(0, 0, _("Reading {name}").format(name=name))
    now = read_others(connection, wait_until_updated(connection, name, ctx), ctx)
    target = _checked(now, wanted)
    calls = plan_calls(name, now.detail.function_arn, now.settings, target)
    done: tuple[SettingChange, ...] = ()
    error: WorkbenchError | None = None
    for number, call in enumerate(calls):
        try:
            ctx.progress(number, len(calls), call.operation)
            if call.operation_method == CONFIGURE:
                now = with_detail(now, _configure(connection, now, call.changes, ctx))
            elif call.operation_method == UPDATE_CODE:
                now = with_detail(now, _recode(connection, now, call, current_code, ctx))
            else:
                _send(connection, call)
        except (WorkbenchError, Cancelled) as problem:
            if not done:
                raise
            error = problem if isinstance(problem, WorkbenchError) else None
            break
        done += call.changes
    if now.detail.is_managed and any(
        call.operation_method in (CONFIGURE, UPDATE_CODE) and set(call.changes) <= set(done) for call in calls
    ):
        ctx.progress(
            len(calls), len(calls), _("Publishing the changes to {published}").format(published=PUBLISHED)
        )
        try:
            publish_latest(connection, name, ctx.shielded())
        except WorkbenchError as problem:
            error = error or problem
    left = tuple(each for each in target if each not in done)
    return Applied(_read_after(connection, now, done, ctx), done, left, error)


def _checked(now: Reading, wanted: Collection[SettingChange]) -> tuple[SettingChange, ...]:
    """The changes still to be made. Raises SettingsConflict, and WorkbenchError for unreadable settings."""
    hidden = dict(now.unread)
    for each in wanted:
        if each.name in hidden:
            raise WorkbenchError(
                _("Could not configure {function_name}.").format(function_name=now.detail.function_name),
                _("The setting “{setting}” could not be read: {hidden}").format(
                    setting=setting_name(each.name), hidden=hidden[each.name]
                ),
                _("Nothing was changed, because a setting that cannot be read is not overwritten."),
            )
    if found := conflicts(wanted, now.settings):
        raise SettingsConflict(now, found)
    return tuple(
        SettingChange(each.name, each.key, present, each.new)
        for each in wanted
        if (present := value_at(now.settings, *each.setting)) != each.new
    )


def _configure(
    connection: Connection, now: Reading, wanted: tuple[SettingChange, ...], ctx: JobContext
) -> FunctionDetail:
    def request_of(detail: FunctionDetail) -> dict[str, Any]:
        present = with_detail(now, detail)
        if found := conflicts(wanted, present.settings):
            raise SettingsConflict(present, found)
        return configuration_request(with_changes(present.settings, wanted), {each.name for each in wanted})

    return send_guarded(connection, now.detail, request_of, ctx)


def _recode(
    connection: Connection, now: Reading, call: Call, current_code: CodeAgain | None, ctx: JobContext
) -> FunctionDetail:
    """Sends another image, or the same code with a new architecture."""
    seen = now.detail

    def request_of(detail: FunctionDetail) -> dict[str, Any]:
        present = with_detail(now, detail)
        if found := conflicts(call.changes, present.settings):
            raise SettingsConflict(present, found)
        if "ImageUri" in call.request:
            return {name: call.request[name] for name in ("ImageUri", "Architectures")}
        assert current_code is not None
        if detail.code_sha256 != seen.code_sha256:
            raise WorkbenchError(
                _("Could not configure {function_name}.").format(function_name=detail.function_name),
                _("Other code was deployed in the meantime. It was not replaced."),
                _("Check the current value, then decide."),
                aws_code="PreconditionFailedException",
                action="function.refresh",
            )
        return {"Architectures": call.request["Architectures"], **current_code(connection, detail, ctx)}

    # The link to the code is valid for ten minutes, which earlier calls may have exceeded.
    fresh = wait_until_updated(connection, seen.function_name, ctx)
    return send_guarded(connection, fresh, request_of, ctx, UPDATE_CODE)


def _send(connection: Connection, call: Call) -> None:
    names = ", ".join(sorted({setting_name(each.name) for each in call.changes}))
    failure = _("Could not change: {names}.").format(names=names)
    try:
        connection.call(call.service, call.operation_method, failure=failure, **call.request)
    except WorkbenchError as error:
        if call.service != "logs" or error.aws_code != "ResourceNotFoundException":
            raise
        if call.operation_method == "delete_retention_policy":
            return  # a log group that does not exist yet will have no expiry
        # A function that never ran has no log group: Lambda creates it with the first line.
        group = call.request["logGroupName"]
        connection.call("logs", "create_log_group", failure=failure, logGroupName=group)
        connection.call(call.service, call.operation_method, failure=failure, **call.request)


def _read_after(
    connection: Connection, now: Reading, done: Collection[SettingChange], ctx: JobContext
) -> Reading:
    """The function afterwards; if it cannot be read, its expected state."""
    with contextlib.suppress(WorkbenchError):
        detail = wait_until_updated(connection, now.detail.function_name, ctx.shielded())
        return read_others(connection, detail, ctx.shielded())
    return replace(now, settings=with_changes(now.settings, done))


def reversed_changes(done: Collection[SettingChange]) -> tuple[SettingChange, ...]:
    """The changes that undo these."""
    return tuple(each.reversed() for each in done)
