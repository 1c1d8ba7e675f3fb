"""APIs of other regions that run a function. List and Get calls only.

A statement names the function's region even for an API elsewhere, so that only its id tells of it: the other
regions are asked for that id, side by side.
"""

from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from workbench.aws import regions
from workbench.aws.caching_connection import subject_count
from workbench.aws.connection import Connection
from workbench.aws.opt_in import enabled_regions
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext, for_this_job
from workbench.functions.asking import find

_THREADS = 8
HTTP, REST = "apigatewayv2", "apigateway"
_GET = {HTTP: ("get_api", "ApiId"), REST: ("get_rest_api", "restApiId")}


def apis_elsewhere(
    connection: Connection,
    service: str,
    hints: Iterable[str],
    here: Collection[str],
    ctx: JobContext,
) -> list[tuple[Connection, dict[str, Any]]]:
    """The APIs of other regions that statements are about, each with a connection to its region.

    A look at many functions leaves them out: thirty regions would be asked for each leftover statement.

    Args:
        connection: In the function's region.
        service: HTTP or REST.
        hints: What the statements name: arn:…:execute-api:{region}:{account}:{api}/….
        here: The ids of the region's own APIs of this kind.
        ctx: The job.

    Returns:
        Those that were found; a region that cannot be read, or is not enabled, has none.

    Raises:
        Cancelled: Between calls.
    """
    if subject_count(connection) > 1:
        return []
    ids = {hint.split(":", 5)[5].split("/")[0] for hint in hints if hint.count(":") >= 5} - set(here)
    ids = {each for each in ids if each.isalnum() and not _is_here(connection, each)}
    if not ids:
        return []
    others = [each for each in regions.lambda_regions(connection.region) if each != connection.region]
    enabled = enabled_regions(connection, others, ctx)
    asked = [(region, each) for each in sorted(ids) for region in enabled]

    def ask(where: tuple[str, str]) -> tuple[Connection, dict[str, Any]]:
        region, of_api = where
        ctx.check()
        there = connection.in_region(region)
        try:
            return there, _api(there, service, of_api)
        except WorkbenchError:
            return there, {}

    with ThreadPoolExecutor(_THREADS, "apis") as threads:
        try:
            return [(there, api) for there, api in threads.map(for_this_job(ask), asked) if api]
        except BaseException:
            threads.shutdown(cancel_futures=True)
            raise


def _is_here(connection: Connection, of_api: str) -> bool:
    """Whether the function's region has it, of either kind: then nobody else does."""
    try:
        return bool(_api(connection, HTTP, of_api) or _api(connection, REST, of_api))
    except WorkbenchError:
        return False


def _api(connection: Connection, service: str, of_api: str) -> dict[str, Any]:
    method, name = _GET[service]
    return find(connection, method, f"Could not find the API {of_api}.", service=service, **{name: of_api})
