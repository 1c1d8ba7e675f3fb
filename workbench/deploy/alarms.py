"""The alarms that could watch a deploy."""

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.alarms import COMPOSITE, METRIC, alarm_pages

_MOST = 1_000


def list_alarms(connection: Connection, ctx: JobContext) -> tuple[tuple[str, ...], bool]:
    """Names of the CloudWatch alarms in a region, sorted, at most 1,000; and whether these are all.

    Raises:
        WorkbenchError: They may not be seen, or AWS was not reached.
        Cancelled: Between pages.
    """
    names: list[str] = []
    for page in alarm_pages(connection, (METRIC, COMPOSITE), ctx):
        for kind in ("MetricAlarms", "CompositeAlarms"):
            names += [str(each["AlarmName"]) for each in page.get(kind) or ()]
        if len(names) >= _MOST:
            return tuple(sorted(names)[:_MOST]), False
    return tuple(sorted(names)), True
