"""The functions of an account in a region, and their tags."""

from collections.abc import Mapping

from workbench.aws.arn import Arn
from workbench.aws.connection import Connection
from workbench.aws.rate_budget import RateBudget
from workbench.core.jobs import JobContext
from workbench.functions.index_columns import Tags
from workbench.functions.model import FunctionSummary, summary_of

_TAG_PAGE = 100
"""The most that GetResources gives at once.

Source: https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html
"""


def list_functions(
    connection: Connection,
    ctx: JobContext,
    budget: RateBudget | None = None,
    tags: Mapping[str, Tags] | None = None,
) -> tuple[FunctionSummary, ...]:
    """Lists all functions; each page (a tuple of at most 50 summaries) is emitted as it comes.

    Args:
        connection: Whose account, in which region.
        ctx: The job.
        budget: What is spent, where many are listed at once.
        tags: What is known of the functions' tags, by their names.

    Raises:
        WorkbenchError: AWS refused, or was not reached. Pages emitted before stay true.
        Cancelled: Between pages.
    """
    found: list[FunctionSummary] = []
    known = tags or {}
    if budget is not None:
        budget.spend(connection, "lambda", "ListFunctions", ctx)
    for page in connection.paginate(
        "lambda", "list_functions", ctx=ctx, failure="Could not list the functions."
    ):
        rows = tuple(
            summary_of(each, known.get(each["FunctionName"], ())) for each in page.get("Functions", ())
        )
        found += rows
        ctx.emit(rows)
        if budget is not None and page.get("NextMarker"):
            budget.spend(connection, "lambda", "ListFunctions", ctx)
    return tuple(found)


def list_tags(connection: Connection, ctx: JobContext, budget: RateBudget) -> dict[str, Tags]:
    """The tags of all functions that have any, by the function's name; each function's sorted.

    They come from the Resource Groups Tagging API: 100 functions a request, where Lambda's ListTags has one.

    Raises:
        WorkbenchError: AWS refused (it needs tag:GetResources), or was not reached.
        Cancelled: Between pages.
    """
    service = "resourcegroupstaggingapi"
    found: dict[str, Tags] = {}
    budget.spend(connection, service, "GetResources", ctx)
    for page in connection.paginate(
        service,
        "get_resources",
        ctx=ctx,
        failure="Could not read the functions' tags.",
        ResourceTypeFilters=["lambda:function"],
        ResourcesPerPage=_TAG_PAGE,
    ):
        for resource in page.get("ResourceTagMappingList", ()):
            tags = tuple(sorted((str(tag["Key"]), str(tag["Value"])) for tag in resource.get("Tags", ())))
            if tags:
                found[Arn.parse(str(resource["ResourceARN"])).resource.removeprefix("function:")] = tags
        if page.get("PaginationToken"):
            budget.spend(connection, service, "GetResources", ctx)
    return found
