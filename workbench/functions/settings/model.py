"""All settings of a function as one value, how they are read, and the differences between two of them."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.functions.configuration import ROWS, Settings
from workbench.functions.detail import find, get_function
from workbench.functions.model import FunctionDetail

ENVIRONMENT = "environment"
KEYED = (ENVIRONMENT, "tags", "provisioned")
"""Settings with several named values, each of which counts as a setting."""
SCALED = "$LATEST.PUBLISHED"
"""What the number of execution environments applies to. Source: pattern of the qualifier in the service
model."""


NAMES = tuple(ROWS)


@dataclass(frozen=True, slots=True)
class SettingChange:
    """A setting that was changed.

    Attributes:
        name: The attribute of Settings.
        key: The key for a setting in KEYED; otherwise empty.
        old: The old value; None if there was none. Never printed: it may be a secret.
        new: The new value.
    """

    name: str
    key: str
    old: object = field(repr=False)
    new: object = field(repr=False)

    @property
    def setting(self) -> tuple[str, str]:
        """Name and key."""
        return self.name, self.key

    @property
    def secret(self) -> bool:
        """Whether its values are hidden by default."""
        return self.name == ENVIRONMENT

    def reversed(self) -> "SettingChange":
        """The change that undoes this one."""
        return SettingChange(self.name, self.key, self.new, self.old)


@dataclass(frozen=True, slots=True)
class Conflict:
    """A setting that the user and somebody else have changed to different values.

    Attributes:
        mine: From what the user saw to what the user wants.
        theirs: The current value; None if there is none.
    """

    mine: SettingChange
    theirs: object = field(repr=False)


def changes(old: Settings, new: Settings) -> tuple[SettingChange, ...]:
    """The settings that differ, in the order of Settings; variables, tags and qualifiers one by one."""
    return tuple(_changes(old, new))


def with_changes(settings: Settings, wanted: Collection[SettingChange]) -> Settings:
    """The settings with these changes applied, whatever the current values."""
    values: dict[str, Any] = {each.name: each.new for each in wanted if each.name not in KEYED}
    for name in KEYED:
        if not any(each.name == name for each in wanted):
            continue
        pairs = dict(getattr(settings, name))
        for each in wanted:
            if each.name == name:
                pairs[each.key] = each.new
        values[name] = tuple(sorted((key, value) for key, value in pairs.items() if value is not None))
    return replace(settings, **values)


def value_at(settings: Settings, name: str, key: str) -> object:
    """A setting's value; None if the variable, tag or qualifier does not exist."""
    value: object = getattr(settings, name)
    return dict(getattr(settings, name)).get(key) if name in KEYED else value


def conflicts(wanted: Collection[SettingChange], now: Settings) -> tuple[Conflict, ...]:
    """The changes whose setting has neither the value that the user saw nor the wanted one."""
    found = []
    for each in wanted:
        present = value_at(now, *each.setting)
        if present not in (each.old, each.new):
            found.append(Conflict(each, present))
    return tuple(found)


def _changes(old: Settings, new: Settings) -> Iterator[SettingChange]:
    for name in NAMES:
        before, after = getattr(old, name), getattr(new, name)
        if before == after:
            continue
        if name not in KEYED:
            yield SettingChange(name, "", before, after)
            continue
        was, now = dict(before), dict(after)
        for key in sorted({*was, *now}):
            if was.get(key) != now.get(key):
                yield SettingChange(name, key, was.get(key), now.get(key))


OTHERS = (
    "min_environments",
    "max_environments",
    "provisioned",
    "recursion",
    "runtime_update_mode",
    "runtime_version_arn",
    "code_signing_config_arn",
    "log_retention_days",
)
"""Settings that GetFunction does not answer."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A function and its settings at one time.

    Attributes:
        unread: Settings that could not be read, with the reason; they cannot be changed.
        notes: Notes on settings by name, such as the progress of provisioned concurrency.
    """

    detail: FunctionDetail
    settings: Settings
    unread: tuple[tuple[str, str], ...] = ()
    notes: tuple[tuple[str, str], ...] = ()

    @classmethod
    def first(cls, detail: FunctionDetail, why: str) -> "Reading":
        """A reading of GetFunction alone; `why` is the reason for the settings that are missing."""
        unread = [*_hidden(detail), *((name, why) for name in OTHERS)]
        return cls(detail, Settings.of(detail), tuple(unread))


def read_settings(connection: Connection, function_name: str, ctx: JobContext) -> Reading:
    """Reads all settings of $LATEST.

    Raises:
        WorkbenchError: The function itself could not be read.
    """
    return read_others(connection, get_function(connection, function_name, ctx=ctx), ctx)


def read_others(connection: Connection, detail: FunctionDetail, ctx: JobContext) -> Reading:
    """Reads what GetFunction does not answer. Refusals are noted. Raises Cancelled."""
    unread = list(_hidden(detail))
    notes: list[tuple[str, str]] = []
    found: dict[str, Any] = {}
    is_image = detail.package_type == "Image"
    for names, read in _READERS:
        if is_image and read in (_runtime_updates, _code_signing):
            continue  # an image contains its runtime, and Lambda does not sign it
        ctx.check()
        try:
            found |= read(connection, detail, ctx, notes)
        except WorkbenchError as error:
            unread += [(name, str(error)) for name in names]
    return Reading(detail, Settings.of(detail, **found), tuple(unread), tuple(notes))


def with_detail(reading: Reading, detail: FunctionDetail) -> Reading:
    """The reading with a newer FunctionDetail."""
    others = {name: getattr(reading.settings, name) for name in OTHERS}
    unread = (*_hidden(detail), *(each for each in reading.unread if each[0] in OTHERS))
    return replace(reading, detail=detail, settings=Settings.of(detail, **others), unread=unread)


def _hidden(detail: FunctionDetail) -> tuple[tuple[str, str], ...]:
    """What GetFunction was not allowed to show."""
    hidden = (
        ("environment", detail.environment_error),
        ("tags", detail.tags_error),
        ("reserved_concurrency", detail.code_error),
        ("image_uri", detail.code_error),
    )
    return tuple((name, why) for name, why in hidden if why)


_Notes = list[tuple[str, str]]


def _recursion(
    connection: Connection, detail: FunctionDetail, _ctx: JobContext, _notes: _Notes
) -> dict[str, Any]:
    answer = _ask(connection, "get_function_recursion_config", detail)
    return {"recursion": str(answer.get("RecursiveLoop") or "")}


def _runtime_updates(
    connection: Connection, detail: FunctionDetail, _ctx: JobContext, _notes: _Notes
) -> dict[str, Any]:
    answer = _ask(connection, "get_runtime_management_config", detail)
    return {
        "runtime_update_mode": str(answer.get("UpdateRuntimeOn") or "Auto"),
        "runtime_version_arn": str(answer.get("RuntimeVersionArn") or ""),
    }


def _code_signing(
    connection: Connection, detail: FunctionDetail, _ctx: JobContext, _notes: _Notes
) -> dict[str, Any]:
    answer = _ask(connection, "get_function_code_signing_config", detail)
    return {"code_signing_config_arn": str(answer.get("CodeSigningConfigArn") or "")}


def _provisioned(
    connection: Connection, detail: FunctionDetail, ctx: JobContext, notes: _Notes
) -> dict[str, Any]:
    found = {}
    for page in connection.paginate(
        "lambda",
        "list_provisioned_concurrency_configs",
        ctx=ctx,
        failure=_("Could not read the provisioned concurrency of {function_name}.").format(
            function_name=detail.function_name
        ),
        FunctionName=detail.function_name,
    ):
        for each in page.get("ProvisionedConcurrencyConfigs") or ():
            qualifier = str(each["FunctionArn"]).rpartition(":")[2]
            requested = int(each.get("RequestedProvisionedConcurrentExecutions") or 0)
            found[qualifier] = requested
            status, reason = each.get("Status") or "", each.get("StatusReason") or ""
            allocated = each.get("AllocatedProvisionedConcurrentExecutions", 0)
            notes.append(
                ("provisioned", f"{qualifier}: {allocated} / {requested} {status} {reason}".rstrip())
            )
    return {"provisioned": tuple(sorted(found.items()))}


def _scaling(
    connection: Connection, detail: FunctionDetail, _ctx: JobContext, notes: _Notes
) -> dict[str, Any]:
    """Only for managed instances: AWS refuses the call for other functions."""
    if not detail.capacity_provider_arn:
        return {}
    answer = find(
        connection,
        "get_function_scaling_config",
        _("Could not read the scaling configuration of {function_name}.").format(
            function_name=detail.function_name
        ),
        FunctionName=detail.function_name,
        Qualifier=SCALED,
    )
    wanted, applied = (answer.get(f"{word}FunctionScalingConfig") or {} for word in ("Requested", "Applied"))
    if applied and applied != wanted:
        words = " – ".join(str(applied.get(f"{end}ExecutionEnvironments", "?")) for end in ("Min", "Max"))
        notes.append(("max_environments", _("{words} applied so far").format(words=words)))
    return {
        "min_environments": wanted.get("MinExecutionEnvironments"),
        "max_environments": wanted.get("MaxExecutionEnvironments"),
    }


def _retention(
    connection: Connection, detail: FunctionDetail, ctx: JobContext, _notes: _Notes
) -> dict[str, Any]:
    """The retention of the log group of exactly this name; a future log group will have no expiry."""
    for page in connection.paginate(
        "logs",
        "describe_log_groups",
        ctx=ctx,
        failure=_("Could not read the retention of {log_group}.").format(log_group=detail.log_group),
        logGroupNamePrefix=detail.log_group,
    ):
        for group in page.get("logGroups") or ():
            if group.get("logGroupName") == detail.log_group:
                return {"log_retention_days": group.get("retentionInDays")}
    return {"log_retention_days": None}


def _account(
    connection: Connection, detail: FunctionDetail, _ctx: JobContext, notes: _Notes
) -> dict[str, Any]:
    try:
        answer = connection.call(
            "lambda", "get_account_settings", failure=_("Could not read the account's limits.")
        )
    except WorkbenchError as error:
        notes.append(("reserved_concurrency", str(error)))
        return {}
    limit = answer.get("AccountLimit") or {}
    total, free = limit.get("ConcurrentExecutions"), limit.get("UnreservedConcurrentExecutions")
    if total is not None and free is not None:
        notes.append(("reserved_concurrency", f"{detail.region}: {free:,} / {total:,} unreserved"))
    return {}


def _ask(connection: Connection, operation_method: str, detail: FunctionDetail) -> dict[str, Any]:
    return connection.call(
        "lambda",
        operation_method,
        failure=_("Could not read a setting of {function_name}.").format(function_name=detail.function_name),
        FunctionName=detail.function_name,
    )


_Reader = Callable[[Connection, FunctionDetail, JobContext, _Notes], dict[str, Any]]
_READERS: tuple[tuple[tuple[str, ...], _Reader], ...] = (
    (("log_retention_days",), _retention),
    (("recursion",), _recursion),
    (("runtime_update_mode", "runtime_version_arn"), _runtime_updates),
    (("code_signing_config_arn",), _code_signing),
    (("provisioned",), _provisioned),
    (("min_environments", "max_environments"), _scaling),
    ((), _account),  # this is only a note
)
