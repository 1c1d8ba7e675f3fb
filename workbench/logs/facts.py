"""What is known of a log group: how long it keeps lines, how much it holds.

Owns: the question. Must not know: who asks.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """A log group.

    Attributes:
        arn: Without the closing ":*", as live tails and Insights want it.
        retention_days: So long lines are kept; None for ever.
        created: When it was made.
        stored_bytes: About, as AWS counts it about once a day.
        log_class: "STANDARD", "INFREQUENT_ACCESS" (no live tail) or another that is new.
    """

    arn: str
    retention_days: int | None
    created: datetime
    stored_bytes: int
    log_class: str = "STANDARD"


def group_facts(connection: Connection, log_group: str, ctx: JobContext) -> GroupFacts | None:
    """Asks for a log group; None when there is none of this name.

    Raises:
        WorkbenchError: It may not be asked for (logs:DescribeLogGroups).
    """
    name = log_group.rsplit(":", 1)[-1]
    pages = connection.paginate(
        "logs",
        "describe_log_groups",
        ctx=ctx,
        failure=f"Could not read the settings of {name}.",
        logGroupNamePrefix=name,
    )
    for page in pages:
        for group in page.get("logGroups") or ():
            if group["logGroupName"] == name:
                return GroupFacts(
                    str(group.get("logGroupArn") or group.get("arn", "")).removesuffix(":*"),
                    group.get("retentionInDays"),
                    datetime.fromtimestamp(group.get("creationTime", 0) / 1000, UTC),
                    int(group.get("storedBytes", 0)),
                    str(group.get("logGroupClass") or "STANDARD"),
                )
    return None
