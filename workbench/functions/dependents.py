"""The resources that depend on a function, and would be orphaned or broken by its deletion."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from workbench.aws import regions
from workbench.aws.connection import Connection
from workbench.aws.regions import enabled_regions
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext, for_this_job
from workbench.core.messages import _
from workbench.functions.alarms import list_alarms
from workbench.functions.detail import GONE, find_log_group, list_mappings, qualifier_in
from workbench.functions.model import FunctionDetail
from workbench.functions.roles import trusted_services
from workbench.functions.versions import list_aliases, list_versions

_THREADS = 8
_MAX_PAGES = 40
"""Maximum of pages, of 50 functions each, in another region. A region with more counts as unread."""
_LAMBDA = "lambda.amazonaws.com"


@dataclass(frozen=True, slots=True)
class RoleUsers:
    """Other users of a role.

    Attributes:
        functions: Other functions with a version or $LATEST that uses the role. Functions of other regions
            are named like "orders (eu-west-1)".
        services: Other services that its trust policy allows ("scheduler.amazonaws.com").
        unread: Regions whose functions could not be read completely.
        last_used: Day and region of its last use by anything in AWS, in the tracking period of 400 days;
            empty for never or unknown.
    """

    functions: tuple[str, ...]
    services: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    last_used: str = ""


def role_users(connection: Connection, detail: FunctionDetail, ctx: JobContext) -> RoleUsers:
    """Finds the other users of a function's role.

    Other regions are read only if there are none in the function's own.

    Raises:
        WorkbenchError: The functions of the function's region may not be listed.
    """
    mine, _whole = _functions(connection, detail, ctx, None)
    if mine:
        return RoleUsers(mine)
    found = _of_role(connection, detail.role_arn.rpartition("/")[2])
    others = [each for each in regions.lambda_regions(connection.region) if each != connection.region]
    in_other_regions, unread = _in_other_regions(
        connection, detail, enabled_regions(connection, others, ctx), ctx
    )
    return replace(found, functions=in_other_regions, unread=unread)


def _functions(
    connection: Connection, detail: FunctionDetail, ctx: JobContext, max_pages: int | None
) -> tuple[tuple[str, ...], bool]:
    """The names of the functions that use the role, and whether all functions were read."""
    found: dict[str, None] = {}
    is_own_region = connection.region == detail.region
    pages = connection.paginate(
        "lambda",
        "list_functions",
        ctx=ctx,
        failure=_("Could not find the functions that use the role."),
        FunctionVersion="ALL",
    )
    for number, page in enumerate(pages, 1):
        for each in page.get("Functions") or ():
            name = str(each.get("FunctionName"))
            if each.get("Role") == detail.role_arn and not (is_own_region and name == detail.function_name):
                found[name] = None
        if number == max_pages:
            return tuple(found), not page.get("NextMarker")
    return tuple(found), True


def _in_other_regions(
    connection: Connection, detail: FunctionDetail, names: Iterable[str], ctx: JobContext
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The functions of other regions that use the role, and the regions that could not be read."""

    def look(region: str) -> tuple[str, tuple[str, ...], bool]:
        ctx.check()
        try:
            found, is_whole = _functions(connection.in_region(region), detail, ctx.muted(), _MAX_PAGES)
        except WorkbenchError:
            return region, (), False
        return region, found, is_whole

    with ThreadPoolExecutor(_THREADS, "role users") as threads:
        try:
            looked = list(threads.map(for_this_job(look), names))
        except BaseException:
            threads.shutdown(cancel_futures=True)
            raise
    functions = tuple(f"{name} ({region})" for region, found, __ in looked for name in found)
    return functions, tuple(region for region, __, is_whole in looked if not is_whole)


def _of_role(connection: Connection, role_name: str) -> RoleUsers:
    """What IAM says about the role."""
    try:
        answer = connection.call(
            "iam",
            "get_role",
            failure=_("Could not read the role {role_name}.").format(role_name=role_name),
            RoleName=role_name,
        )
    except WorkbenchError:
        return RoleUsers(())
    services = trusted_services(answer["Role"].get("AssumeRolePolicyDocument"))
    used = answer["Role"].get("RoleLastUsed") or {}
    when, region = used.get("LastUsedDate"), str(used.get("Region") or "")
    return RoleUsers(
        (),
        tuple(each for each in services if each != _LAMBDA),
        last_used=" ".join(filter(None, (f"{when:%Y-%m-%d}" if when else "", region))),
    )


class DependentKind(Enum):
    """Kinds of dependent resources."""

    MAPPING = "event source mapping"
    VERSIONS = "versions and aliases"
    ASYNC = "settings for asynchronous invocation"
    GRANT = "permission"
    URL = "function URL"
    LOG_GROUP = "log group"
    ALARM = "alarm"
    ROLE = "execution role"


STAYS = frozenset({DependentKind.MAPPING, DependentKind.LOG_GROUP, DependentKind.ALARM, DependentKind.ROLE})
"""DeleteFunction leaves these; all others are deleted with the function.
Source: https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunction.html"""


@dataclass(frozen=True, slots=True)
class DependentResource:
    """A resource that depends on a function.

    Attributes:
        identity: AWS's id: a UUID, or the name of a log group, an alarm or a role; empty if it cannot be
            deleted separately.
        subject: Name for the user.
        detail: Description in AWS's words.
        size_bytes: Size of the stored data; -1 if it has no size.
        shared_with: Other functions that use it; those of other regions with their region.
        problem: Why it could not be read; it may exist.
        last_used: For a role: as in RoleUsers.
        services: For a role: other services that may assume it.
        unread: For a role: regions whose functions could not be read.
    """

    kind: DependentKind
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
        """Whether the user decides if it is deleted."""
        return self.kind in STAYS and bool(self.identity) and not self.shared_with

    @property
    def goes_by_default(self) -> bool:
        """A mapping is useless without its function; logs and roles may still be needed."""
        return self.kind is DependentKind.MAPPING


DependentResources = tuple[DependentResource, ...]


def list_dependents(connection: Connection, detail: FunctionDetail, ctx: JobContext) -> DependentResources:
    """Lists the resources that depend on a function. Each kind is emitted as it is read.

    A kind that may not be read becomes an entry with a `problem`, and does not hide the others.
    """
    readers: dict[DependentKind, Callable[[Connection, FunctionDetail, JobContext], DependentResources]] = {
        DependentKind.MAPPING: list_dependent_mappings,
        DependentKind.VERSIONS: _versions,
        DependentKind.ASYNC: _asynchronous,
        DependentKind.LOG_GROUP: _log_group,
        DependentKind.ALARM: _alarms,
        DependentKind.ROLE: _role,
    }
    found: list[DependentResource] = []
    for number, (kind, read) in enumerate(readers.items()):
        ctx.progress(
            number, len(readers), _("Finding what depends on {name}").format(name=detail.function_name)
        )
        try:
            parts = read(connection, detail, ctx)
        except WorkbenchError as error:
            parts = () if error.aws_code == GONE else (DependentResource(kind, "", "", problem=error),)
        ctx.emit(parts)
        found += parts
    return tuple(found)


def list_dependent_mappings(
    connection: Connection, detail: FunctionDetail, ctx: JobContext
) -> DependentResources:
    """The event source mappings of a function, its versions and its aliases. Raises WorkbenchError."""
    arn = detail.function_arn
    listed = list_mappings(connection, arn, ctx)
    return tuple(_mapping(each, qualifier_in(str(each["FunctionArn"]), arn)) for each in listed)


def _mapping(each: dict[str, Any], qualifier: str) -> DependentResource:
    servers = ((each.get("SelfManagedEventSource") or {}).get("Endpoints") or {}).get(
        "KAFKA_BOOTSTRAP_SERVERS"
    ) or ()
    source = str(each.get("EventSourceArn") or ", ".join(servers))
    state = str(each.get("State") or "")
    return DependentResource(
        DependentKind.MAPPING, str(each["UUID"]), source, " · ".join(filter(None, (qualifier, state)))
    )


def _versions(connection: Connection, detail: FunctionDetail, ctx: JobContext) -> DependentResources:
    ctx.check()
    name, silent = detail.function_name, JobContext()  # only parts are emitted here
    numbers = [each.version for each in list_versions(connection, name, silent) if each.version.isdecimal()]
    aliases = [alias.name for alias in list_aliases(connection, name, silent)]
    if not numbers and not aliases:
        return ()
    return (DependentResource(DependentKind.VERSIONS, "", ", ".join(numbers), ", ".join(aliases)),)


def _asynchronous(connection: Connection, detail: FunctionDetail, ctx: JobContext) -> DependentResources:
    configs = connection.items(
        "lambda",
        "list_function_event_invoke_configs",
        ctx=ctx,
        failure=_("Could not read the asynchronous invocation settings."),
        FunctionName=detail.function_name,
    )
    names = (qualifier_in(str(each.get("FunctionArn")), detail.function_arn) for each in configs)
    return tuple(DependentResource(DependentKind.ASYNC, "", name or "$LATEST") for name in names)


def _log_group(connection: Connection, detail: FunctionDetail, ctx: JobContext) -> DependentResources:
    name = detail.log_group
    failure = _("Could not read the log group {log_group}.").format(log_group=name)
    if not (group := find_log_group(connection, name, failure, ctx)):
        return ()
    days, size_bytes = group.get("retentionInDays"), int(group.get("storedBytes") or 0)
    kept = f"{days} d" if days else ""
    return (DependentResource(DependentKind.LOG_GROUP, name, name, kept, size_bytes),)


def _alarms(connection: Connection, detail: FunctionDetail, ctx: JobContext) -> DependentResources:
    alarms = list_alarms(connection, detail.function_name, ctx)
    return tuple(
        DependentResource(
            DependentKind.ALARM, each.name, each.name, each.watched[0].metric_name if each.is_direct else ""
        )
        for each in alarms
    )


def _role(connection: Connection, detail: FunctionDetail, ctx: JobContext) -> DependentResources:
    name = detail.role_arn.rpartition("/")[2]
    if not name:
        return ()
    users = role_users(connection, detail, ctx)
    return (
        DependentResource(
            DependentKind.ROLE,
            name,
            name,
            detail.role_arn,
            shared_with=users.functions,
            last_used=users.last_used,
            services=users.services,
            unread=users.unread,
        ),
    )
