"""The triggers of all functions of a region, and what is wrong with them.

Listings of the region are asked for once for all functions, and all calls keep to the program's rate budget.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace

from workbench.aws.caching_connection import CachingConnection
from workbench.aws.connection import Connection
from workbench.aws.rate_budget import RateBudget
from workbench.aws.retrying_connection import RetryingConnection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext, for_this_job
from workbench.functions.asking import find
from workbench.functions.model import FunctionDetail, detail_of
from workbench.triggers.doctor import REPAIRABLE
from workbench.triggers.find import TriggerReport, look
from workbench.triggers.mapping_list import by_function
from workbench.triggers.mapping_values import trigger_of
from workbench.triggers.model import FunctionSeen, Link, Trigger

THREADS = 4
"""More would only wait: AWS allows 15 requests a second in a region."""


@dataclass(frozen=True, slots=True)
class FleetRow:
    """One function.

    Attributes:
        report: What was found of it.
        exists: False when only mappings are left of it.
    """

    report: TriggerReport
    exists: bool = True

    @property
    def detail(self) -> FunctionDetail:
        """The function, as the list has it."""
        return self.report.seen.detail

    @property
    def ill(self) -> tuple[Trigger, ...]:
        """The triggers that can be repaired."""
        return tuple(each for each in self.report.triggers if each.link in REPAIRABLE)

    @property
    def unknown(self) -> tuple[Trigger, ...]:
        """The triggers of which an end may not be read."""
        return tuple(each for each in self.report.triggers if each.link is Link.UNKNOWN)


def examine_fleet(connection: Connection, budget: RateBudget, ctx: JobContext) -> tuple[FleetRow, ...]:
    """Looks at the triggers of all functions of a region. Makes only Get, List, Describe and Head calls.

    Args:
        connection: To the account and region.
        budget: The program's.
        ctx: The job. Gets each FleetRow as soon as it is known, and how many functions are done.

    Returns:
        The rows by the function's name; last those of functions that are gone.

    Raises:
        WorkbenchError: The functions may not be listed. What else may not be read is a problem of its row.
        Cancelled: Between calls.
    """
    details = tuple(_list_functions(RetryingConnection(connection, budget, ctx), ctx))
    asking = CachingConnection(connection, budget, ctx, subjects=len(details))
    rows: list[FleetRow] = []
    with ThreadPoolExecutor(THREADS, "doctor") as threads:
        try:
            futures = [threads.submit(for_this_job(look), asking, each, ctx, tell=False) for each in details]
            for number, future in enumerate(as_completed(futures), 1):
                row = FleetRow(future.result())
                rows.append(row)
                ctx.emit(row)
                ctx.progress(number, len(details), row.detail.function_name)
        except BaseException:
            threads.shutdown(cancel_futures=True)
            raise
    rows.sort(key=lambda row: row.detail.function_name)
    for row in _gone(asking, details, ctx):
        rows.append(row)
        ctx.emit(row)
    return tuple(rows)


def _list_functions(connection: Connection, ctx: JobContext) -> Iterator[FunctionDetail]:
    for page in connection.paginate(
        "lambda", "list_functions", ctx=ctx, failure="Could not list the functions."
    ):
        for each in page.get("Functions") or ():
            yield detail_of({"Configuration": each})


def _gone(connection: Connection, details: tuple[FunctionDetail, ...], ctx: JobContext) -> Iterator[FleetRow]:
    """Functions of which only event source mappings are left: deleting a function leaves them."""
    there = {detail.function_arn for detail in details}
    try:
        mappings = by_function(connection, ctx)
    except WorkbenchError:
        return  # each function's row says so
    for arn, answers in sorted(mappings.items()):
        if arn in there or arn.count(":") < 6 or not _is_gone(connection, arn, ctx):
            continue
        detail = detail_of({"Configuration": {"FunctionName": arn.split(":")[6], "FunctionArn": arn}})
        reason = f"{detail.function_name} does not exist."
        orphans = tuple(
            replace(trigger_of(each), link=Link.ORPHAN_MAPPING, reason=reason) for each in answers
        )
        yield FleetRow(TriggerReport(orphans, (), FunctionSeen(detail)), exists=False)


def _is_gone(connection: Connection, function_arn: str, ctx: JobContext) -> bool:
    """Whether there is surely no such function: it may have been made since the functions were listed."""
    ctx.check()
    failure = f"Could not check whether {function_arn.split(':')[6]} exists."
    try:
        return not find(connection, "get_function_configuration", failure, FunctionName=function_arn)
    except WorkbenchError:
        return False
