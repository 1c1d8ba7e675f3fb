"""Whether the source of an event source mapping is still there. One reading call for each source."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.aws.arn import Arn
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.triggers.model import Trigger

_READ_FINE = ("ok", "no records processed")
"""LastProcessingResult of a mapping that reaches its source: AWS's own proof.
Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html"""


@dataclass(frozen=True, slots=True)
class _Question:
    """How a service is asked for a resource, and the codes with which it says that there is none."""

    service: str
    method: str
    request: Callable[[Arn], dict[str, Any]]
    gone: tuple[str, ...]


_QUESTIONS: Mapping[str, _Question] = {
    "sqs": _Question(
        "sqs",
        "get_queue_url",
        lambda arn: {"QueueName": arn.resource},
        ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"),
    ),
    "kinesis:stream": _Question(
        "kinesis",
        "describe_stream_summary",
        lambda arn: {"StreamARN": str(arn)},
        ("ResourceNotFoundException",),
    ),
    "kinesis:consumer": _Question(
        "kinesis",
        "describe_stream_consumer",
        lambda arn: {"ConsumerARN": str(arn)},
        ("ResourceNotFoundException",),
    ),
    "dynamodb": _Question(
        "dynamodbstreams",
        "describe_stream",
        lambda arn: {"StreamArn": str(arn), "Limit": 1},
        ("ResourceNotFoundException",),
    ),
    "kafka": _Question(
        "kafka", "describe_cluster_v2", lambda arn: {"ClusterArn": str(arn)}, ("NotFoundException",)
    ),
    "mq": _Question(
        "mq",
        "describe_broker",
        lambda arn: {"BrokerId": arn.resource.rpartition(":")[2]},
        ("NotFoundException",),
    ),
    "rds": _Question(
        "docdb",
        "describe_db_clusters",
        lambda arn: {"DBClusterIdentifier": arn.resource.rpartition(":")[2]},
        ("DBClusterNotFoundFault", "DBClusterNotFound"),
    ),
}
"""By the service of the source's ARN. A self-managed cluster has none, and is not asked."""


def source_gone(connection: Connection, trigger: Trigger, ctx: JobContext) -> WorkbenchError | None:
    """AWS's answer that there is no such source; None when it is there, or cannot be asked for.

    Args:
        connection: In the function's region, where the source must be, too.
        trigger: A mapping, with AWS's LastProcessingResult among its values.
        ctx: The job.

    Raises:
        WorkbenchError: It may not be looked at, and AWS does not say that it reads it.
        Cancelled: Before the call.
    """
    ctx.check()
    try:
        arn = Arn.parse(trigger.source_arn)
    except ValueError:
        return None
    question = _question(arn)
    if question is None:
        return None
    reads_fine = trigger.state == "Enabled" and str(
        trigger.values.get("LastProcessingResult", "")
    ).lower().startswith(_READ_FINE)
    try:
        if arn.account_id != connection.account_id:
            raise WorkbenchError(
                f"Could not determine whether {trigger.name} exists.",
                f"It belongs to account {arn.account_id}.",
                "Check it in that account.",
            )
        failure = f"Could not find {trigger.name}."
        connection.call(question.service, question.method, failure=failure, **question.request(arn))
    except WorkbenchError as error:
        if error.aws_code in question.gone:
            return error
        if not reads_fine:
            raise
    return None


def _question(arn: Arn) -> _Question | None:
    if arn.service == "kinesis":
        return _QUESTIONS["kinesis:consumer" if "/consumer/" in arn.resource else "kinesis:stream"]
    if arn.service == "kafka" and not arn.resource.startswith("cluster/"):
        return None  # the connection of a private network to another account's cluster
    return _QUESTIONS.get(arn.service)
