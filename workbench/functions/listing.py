"""The functions of an account in a region."""

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.model import FunctionSummary, summary_of


def list_functions(connection: Connection, ctx: JobContext) -> tuple[FunctionSummary, ...]:
    """Lists all functions; each page (a tuple of at most 50 summaries) is emitted as it comes.

    Raises:
        WorkbenchError: AWS refused, or was not reached. Pages emitted before stay true.
        Cancelled: Between pages.
    """
    found: list[FunctionSummary] = []
    for page in connection.paginate("lambda", "list_functions", ctx=ctx, doing="list the functions"):
        rows = tuple(map(summary_of, page.get("Functions", ())))
        found += rows
        ctx.emit(rows)
    return tuple(found)
