"""Queues by their ARNs: URL and attributes."""

from collections.abc import Mapping
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.names import Arn

ALL = "All"
NO_QUEUE = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")
"""What SQS answers for a queue that is not there."""


def queue_url(connection: Connection, queue_arn: str) -> str:
    """Where a queue's requests go; only SQS knows it.

    Raises:
        WorkbenchError: There is no such queue, or it may not be asked for.
    """
    arn = Arn.parse(queue_arn)
    owner: dict[str, Any] = (
        {} if arn.account_id == connection.account_id else {"QueueOwnerAWSAccountId": arn.account_id}
    )
    failure = f"Could not find the queue {arn.resource}."
    answer = connection.call("sqs", "get_queue_url", failure=failure, QueueName=arn.resource, **owner)
    return str(answer["QueueUrl"])


def queue_attributes(connection: Connection, queue_arn: str, url: str = "") -> Mapping[str, str]:
    """What a queue is set to, by SQS's names; all of them texts.

    Args:
        connection: In the queue's region.
        queue_arn: Which.
        url: Its URL; empty when it was not read.

    Raises:
        WorkbenchError: There is no such queue, or it may not be read.
    """
    answer = connection.call(
        "sqs",
        "get_queue_attributes",
        failure=f"Could not read the queue {Arn.parse(queue_arn).resource}.",
        QueueUrl=url or queue_url(connection, queue_arn),
        AttributeNames=[ALL],
    )
    return {str(name): str(value) for name, value in (answer.get("Attributes") or {}).items()}
