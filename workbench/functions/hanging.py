"""What hangs on a function: what goes with it when it is deleted, and what is left behind.

Makes only Get, List and Describe calls. Must not know: what becomes of it (deletion.py), grants and URLs
(workbench/triggers).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.alarms import list_alarms
from workbench.functions.asking import GONE
from workbench.functions.model import FunctionDetail
from workbench.functions.role_users import role_users
from workbench.functions.versions import list_aliases, list_versions


class PartKind(Enum):
    """What it is."""

    MAPPING = "event source mapping"
    VERSIONS = "versions and aliases"
    ASYNC = "settings for asynchronous invocation"
    GRANT = "permission"
    URL = "function URL"
    LOG_GROUP = "log group"
    ALARM = "alarm"
    ROLE = "execution role"


STAYS = frozenset({PartKind.MAPPING, PartKind.LOG_GROUP, PartKind.ALARM, PartKind.ROLE})
"""DeleteFunction leaves these; all others go with the function.
Source: https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunction.html"""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that hangs on a function.

    Attributes:
        kind: What it is.
        identity: What AWS calls it: a UUID, the name of a group, an alarm or a role; empty for what cannot
            be deleted by itself.
        subject: What a person knows it by.
        detail: What else is worth knowing, in AWS's words.
        size_bytes: Of what is stored in it; -1 when that has no size.
        shared_with: Other functions that use it, too; those of other regions with their region.
        problem: Why it could not be read: it may be there.
        last_used: Of a role, the day and the region in which anything in AWS last used it, in the tracking
            period of 400 days; empty for others, for never, and where that may not be read.
        services: Of a role, other services that may assume it.
        unread: Of a role, regions in which nobody could look for functions that use it.
    """

    kind: PartKind
    identity: str
    subject: str
    detail: str = ""
    size_bytes: int = -1
    shared_with: tuple[str, ...] = ()
    problem: WorkbenchError | None = None
    last_used: str = ""
    services: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def can_be_chosen(self) -> bool:
        """Whether a person decides if it goes."""
        return self.kind in STAYS and bool(self.identity) and not self.shared_with

    @property
    def goes_by_default(self) -> bool:
        """A mapping without its function would only poll for nobody; logs and roles may be wanted yet."""
        return self.kind is PartKind.MAPPING


Parts = tuple[Part, ...]


def look_at_hanging(connection: Connection, detail: FunctionDetail, ctx: JobContext) -> Parts:
    """Looks for all of it; each kind's parts are emitted as they are known.

    What may not be read is a part with a `problem`, and does not hide the others.

    Raises:
        Cancelled: Between calls.
    """
    readers: dict[PartKind, Callable[[Connection, FunctionDetail, JobContext], Parts]] = {
        PartKind.MAPPING: list_mappings,
        PartKind.VERSIONS: _versions,
        PartKind.ASYNC: _asynchronous,
        PartKind.LOG_GROUP: _log_group,
        PartKind.ALARM: _alarms,
        PartKind.ROLE: _role,
    }
    found: list[Part] = []
    for number, (kind, read) in enumerate(readers.items()):
        ctx.progress(number, len(readers), f"Finding its {kind.value}")
        try:
            parts = read(connection, detail, ctx)
        except WorkbenchError as error:
            parts = () if error.aws_code == GONE else (Part(kind, "", "", problem=error),)
        ctx.emit(parts)
        found += parts
    return tuple(found)


def list_mappings(connection: Connection, detail: FunctionDetail, ctx: JobContext) -> Parts:
    """The event source mappings of a function, of its versions and of its aliases.

    Raises:
        WorkbenchError: They may not be read, or AWS was not reached.
        Cancelled: Between pages.
    """
    return tuple(
        _mapping(each, _qualifier_in(detail, each)) for each in mapping_answers(connection, detail, ctx)
    )


def mapping_answers(
    connection: Connection, detail: FunctionDetail, ctx: JobContext
) -> Iterator[dict[str, Any]]:
    """The same as AWS answers them.

    Raises:
        WorkbenchError: They may not be read, or AWS was not reached.
        Cancelled: Between pages.
    """
    # All of the region are listed: asked for by the function's name, those of its aliases would be missing.
    for page in connection.paginate(
        "lambda", "list_event_source_mappings", ctx=ctx, failure="Could not list the event source mappings."
    ):
        for each in page.get("EventSourceMappings") or ():
            arn = str(each.get("FunctionArn") or "")
            if arn == detail.function_arn or arn.startswith(f"{detail.function_arn}:"):
                yield each


def _qualifier_in(detail: FunctionDetail, mapping: dict[str, Any]) -> str:
    return str(mapping["FunctionArn"]).removeprefix(detail.function_arn).removeprefix(":")


def _mapping(each: dict[str, Any], qualifier: str) -> Part:
    servers = ((each.get("SelfManagedEventSource") or {}).get("Endpoints") or {}).get(
        "KAFKA_BOOTSTRAP_SERVERS"
    ) or ()
    source = str(each.get("EventSourceArn") or ", ".join(servers))
    state = str(each.get("State") or "")
    return Part(PartKind.MAPPING, str(each["UUID"]), source, " · ".join(filter(None, (qualifier, state))))


def _versions(connection: Connection, detail: FunctionDetail, ctx: JobContext) -> Parts:
    ctx.check()
    name, silent = detail.function_name, JobContext()  # only parts are emitted here
    numbers = [each.version for each in list_versions(connection, name, silent) if each.version.isdecimal()]
    aliases = [alias.name for alias in list_aliases(connection, name, silent)]
    if not numbers and not aliases:
        return ()
    return (Part(PartKind.VERSIONS, "", ", ".join(numbers), ", ".join(aliases)),)


def _asynchronous(connection: Connection, detail: FunctionDetail, ctx: JobContext) -> Parts:
    pages = connection.paginate(
        "lambda",
        "list_function_event_invoke_configs",
        ctx=ctx,
        failure="Could not read the asynchronous invocation settings.",
        FunctionName=detail.function_name,
    )
    arns = [str(each.get("FunctionArn")) for page in pages for each in page["FunctionEventInvokeConfigs"]]
    qualifiers = [arn.removeprefix(detail.function_arn).removeprefix(":") or "$LATEST" for arn in arns]
    return tuple(Part(PartKind.ASYNC, "", qualifier) for qualifier in qualifiers)


def _log_group(connection: Connection, detail: FunctionDetail, ctx: JobContext) -> Parts:
    pages = connection.paginate(
        "logs",
        "describe_log_groups",
        ctx=ctx,
        failure=f"Could not read the log group {detail.log_group}.",
        logGroupNamePrefix=detail.log_group,
    )
    for page in pages:
        for group in page.get("logGroups") or ():
            if group.get("logGroupName") == detail.log_group:
                days = group.get("retentionInDays")
                kept = f"{days} d" if days else ""
                size = int(group.get("storedBytes") or 0)
                return (Part(PartKind.LOG_GROUP, detail.log_group, detail.log_group, kept, size),)
    return ()


def _alarms(connection: Connection, detail: FunctionDetail, ctx: JobContext) -> Parts:
    alarms = list_alarms(connection, detail.function_name, ctx)
    return tuple(
        Part(PartKind.ALARM, each.name, each.name, each.watched[0].metric_name if each.is_direct else "")
        for each in alarms
    )


def _role(connection: Connection, detail: FunctionDetail, ctx: JobContext) -> Parts:
    name = detail.role_arn.rpartition("/")[2]
    if not name:
        return ()
    users = role_users(connection, detail, ctx)
    return (
        Part(
            PartKind.ROLE,
            name,
            name,
            detail.role_arn,
            shared_with=users.functions,
            last_used=users.last_used,
            services=users.services,
            unread=users.unread,
        ),
    )
