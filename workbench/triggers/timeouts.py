"""What a longer timeout of a function means for the queues that invoke it; checked before it is saved."""

from collections.abc import Iterator
from dataclasses import replace

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.model import FunctionDetail
from workbench.triggers.kinds.observed_queue import queue_of
from workbench.triggers.kinds.sqs import SqsSource, check_visibility
from workbench.triggers.mappings import mappings_of, trigger_of
from workbench.triggers.model import Finding, Severity, Trigger
from workbench.triggers.queues import queue_attributes

_REDELIVERED = (
    "Messages would be delivered again while the function is still processing them. AWS rejects a new "
    "trigger with these timeouts, and may reject this change too."
)


def check_timeout(
    connection: Connection, detail: FunctionDetail, timeout_s: int, ctx: JobContext
) -> tuple[Finding, ...]:
    """Checks SQS-VIS-LT and SQS-VIS-6X for all queues that run the function. Makes Get and List calls only.

    AWS is known to refuse a timeout above a queue's visibility timeout when a mapping is created, not when
    the function of an existing mapping is changed: who asks for it may go on. What a queue runs by an alias
    or a version has a timeout of its own, and is only warned of: the next version has this one.

    Args:
        connection: In the function's region.
        detail: The function as it is.
        timeout_s: What it is going to be.
        ctx: The job.

    Returns:
        Findings, those first whose messages would be delivered again, with the fixes that make room;
        nothing when no queue is concerned.

    Raises:
        WorkbenchError: The triggers may not be listed.
        Cancelled: Between calls.
    """
    queues = SqsSource()
    triggers = [
        trigger_of(each, queues.kind)
        for each in mappings_of(connection, detail, ctx)
        if queues.is_read_by(each)
    ]
    found: list[Finding] = []
    for number, trigger in enumerate(triggers):
        ctx.progress(number, len(triggers), f"Reading the queue {trigger.name}")
        found += _check(connection, trigger, detail.function_name, timeout_s)
    return tuple(sorted(found, key=lambda finding: finding.severity is not Severity.BLOCK))


def _check(connection: Connection, trigger: Trigger, function_name: str, timeout_s: int) -> Iterator[Finding]:
    try:
        attributes = queue_attributes(connection, trigger.source_arn)
    except WorkbenchError as error:
        yield Finding(
            "SQS-VIS-LT",
            Severity.WARN,
            f"Could not determine whether the queue {trigger.name} allows a timeout of {timeout_s:,} s.",
            f"The queue could not be read. {error.why}",
            aws=error.aws_code,
        )
        return
    observed = queue_of(trigger.source_arn, attributes)
    for finding in check_visibility(observed, function_name, timeout_s, trigger.values):
        if finding.severity is Severity.BLOCK:
            finding = replace(finding, why=_REDELIVERED)
        if trigger.qualifier in ("", "$LATEST"):
            yield finding
        else:
            what = (
                f"{finding.what} It invokes {function_name}:{trigger.qualifier}, which keeps its "
                "current timeout."
            )
            yield replace(finding, severity=Severity.WARN, what=what)
