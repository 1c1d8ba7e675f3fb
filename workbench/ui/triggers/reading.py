"""What the Triggers tab shows, read in one go."""

from dataclasses import dataclass

from workbench.aws.retrying_connection import RateBudget
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.roles import Policy, read_policies
from workbench.triggers import find as finding
from workbench.ui.services import OpenFunction


@dataclass(frozen=True, slots=True)
class Read:
    """What was read.

    Attributes:
        report: The triggers, and what could not be read.
        policies: Of the execution role; an error when they may not be read.
    """

    report: "finding.TriggerReport"
    policies: tuple[Policy, ...] | WorkbenchError


def read_triggers(function: OpenFunction, budget: RateBudget | None, ctx: JobContext) -> Read:
    """Reads the triggers, emitting them as they are found, and the role's policies. Raises Cancelled."""
    connection, detail = function.connection, function.detail
    report = finding.find_triggers(connection, detail, ctx, budget)
    ctx.check()
    try:
        policies = read_policies(connection, detail.role_arn, JobContext())
    except WorkbenchError as error:
        return Read(report, error)
    return Read(report, policies)
