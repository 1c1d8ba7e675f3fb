"""A queue that is made: between a topic and a function, or for what fails."""

from workbench.core.errors import WorkbenchError
from workbench.triggers.queues import NO_QUEUE, queue_url
from workbench.triggers.step import Facts, Running, Step
from workbench.triggers.steps.patience import patiently

QUEUE_CREATE = "queue create"
_DELETED_RECENTLY = (("AWS.SimpleQueueService.QueueDeletedRecently", ""), ("QueueDeletedRecently", ""))
"""For 60 s after its deletion a queue's name is taken.
Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteQueue.html"""


def queue_create_step(queue_arn: str, retention_s: int = 0) -> Step:
    """Makes a queue, unless it is there.

    Args:
        queue_arn: Its ARN; one that ends with .fifo is a FIFO queue.
        retention_s: How long it keeps messages; 0 for as long as AWS does by itself.
    """
    name = queue_arn.rpartition(":")[2]
    attributes = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
    if retention_s:
        attributes["MessageRetentionPeriod"] = str(retention_s)
    return Step(
        QUEUE_CREATE,
        f"Create the {'FIFO ' if name.endswith('.fifo') else ''}queue {name}",
        "sqs:CreateQueue",
        queue_arn.split(":")[3],
        {"queue_arn": queue_arn, "attributes": attributes},
        undo="Delete the queue",
    )


class QueueCreateStep:
    """CreateQueue."""

    def do(self, step: Step, running: Running) -> Facts:
        """Makes it. Raises WorkbenchError, Cancelled."""
        arn = step.args["queue_arn"]
        if _url(arn, running):
            return {"created": False}
        running.note({"created": True})
        name = arn.rpartition(":")[2]
        patiently(
            lambda: running.connection.call(
                "sqs",
                "create_queue",
                doing=f"create the queue {name}",
                QueueName=name,
                Attributes=step.args["attributes"],
            ),
            running,
            _DELETED_RECENTLY,
        )
        return {"created": True}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Deletes it if this run made it. Raises WorkbenchError."""
        if facts.get("created") and (url := _url(step.args["queue_arn"], running)):
            running.connection.call("sqs", "delete_queue", doing="delete the queue", QueueUrl=url)


def _url(queue_arn: str, running: Running) -> str:
    try:
        return queue_url(running.connection, queue_arn)
    except WorkbenchError as error:
        if error.aws_code in NO_QUEUE:
            return ""
        raise
