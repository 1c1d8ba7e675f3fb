"""Who else may use a function's execution role. Roles are global: the same in all regions, for all services.

Makes only Get and List calls.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from workbench.aws import regions
from workbench.aws.connection import Connection
from workbench.aws.opt_in import enabled_regions
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext, for_this_job
from workbench.functions.model import FunctionDetail
from workbench.functions.roles import trusted_services

_THREADS = 8
_MAX_PAGES = 40
"""Of 50 functions, in another region; a region with more counts as not read whole."""
_LAMBDA = "lambda.amazonaws.com"


@dataclass(frozen=True, slots=True)
class RoleUsers:
    """Who else may use a role.

    Attributes:
        functions: Other functions whose $LATEST or a version runs as it. Those of other regions bear theirs:
            "orders (eu-west-1)".
        services: Other services that its trust policy lets assume it ("scheduler.amazonaws.com").
        unread: Regions whose functions could not be read, or not all.
        last_used: The day and region in which anything in AWS last used it, in the tracking period of 400
            days; empty for never, and where that may not be read.
    """

    functions: tuple[str, ...]
    services: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    last_used: str = ""


def role_users(connection: Connection, detail: FunctionDetail, ctx: JobContext) -> RoleUsers:
    """Looks for them. Other regions are read only if the function's own has no other user.

    Raises:
        WorkbenchError: The functions of the function's own region may not be listed.
        Cancelled: Between calls.
    """
    mine, _whole = _functions(connection, detail, ctx, None)
    if mine:
        return RoleUsers(mine)
    found = _of_role(connection, detail.role_arn.rpartition("/")[2])
    others = [each for each in regions.lambda_regions(connection.region) if each != connection.region]
    elsewhere, unread = _elsewhere(connection, detail, enabled_regions(connection, others, ctx), ctx)
    return replace(found, functions=elsewhere, unread=unread)


def _functions(
    connection: Connection, detail: FunctionDetail, ctx: JobContext, most_pages: int | None
) -> tuple[tuple[str, ...], bool]:
    """The names of the functions that run as the role, and whether all functions were looked at."""
    found: dict[str, None] = {}
    is_own_region = connection.region == detail.region
    pages = connection.paginate(
        "lambda",
        "list_functions",
        ctx=ctx,
        failure="Could not find the functions that use the role.",
        FunctionVersion="ALL",
    )
    for number, page in enumerate(pages, 1):
        for each in page.get("Functions") or ():
            name = str(each.get("FunctionName"))
            if each.get("Role") == detail.role_arn and not (is_own_region and name == detail.function_name):
                found[name] = None
        if number == most_pages:
            return tuple(found), not page.get("NextMarker")
    return tuple(found), True


def _elsewhere(
    connection: Connection, detail: FunctionDetail, names: Iterable[str], ctx: JobContext
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The functions of other regions that use it, and the regions that could not be read."""

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
    functions = tuple(f"{name} ({region})" for region, found, _ in looked for name in found)
    return functions, tuple(region for region, _, is_whole in looked if not is_whole)


def _of_role(connection: Connection, role_name: str) -> RoleUsers:
    """What IAM says of the role itself."""
    try:
        answer = connection.call(
            "iam", "get_role", failure=f"Could not read the role {role_name}.", RoleName=role_name
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
