"""A queue that is made: as a source, between a topic and a function, or for what fails."""

from workbench.triggers.queues import queue_attributes, queue_url
from workbench.triggers.step import Running, Step
from workbench.triggers.steps.patience import NotYet
from workbench.triggers.steps.source_create import CreateStep, arn_of, name_of

QUEUE_CREATE = "queue create"
_DELETED_RECENTLY: tuple[NotYet, ...] = (
    ("AWS.SimpleQueueService.QueueDeletedRecently", ""),
    ("QueueDeletedRecently", ""),
)
"""For 60 s after its deletion a queue's name is taken.
Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteQueue.html"""
_NOT_USABLE_S = 1.0
"""So long a new queue cannot be used.
Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html"""
_HELD = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


def queue_create_step(queue_arn: str, retention_s: int = 0, visibility_s: int = 0) -> Step:
    """Makes a queue, unless it is there.

    Args:
        queue_arn: Its ARN; one that ends with .fifo is a FIFO queue.
        retention_s: How long it keeps messages; 0 for as long as AWS does by itself.
        visibility_s: Its visibility timeout; 0 for AWS's default.
    """
    name = queue_arn.rpartition(":")[2]
    title, attributes = f"Create the queue {name}", {}
    if name.endswith(".fifo"):
        title, attributes = f"Create the FIFO queue {name}", {"FifoQueue": "true"}
    if retention_s:
        attributes["MessageRetentionPeriod"] = str(retention_s)
    if visibility_s:
        attributes["VisibilityTimeout"] = str(visibility_s)
    return Step(
        QUEUE_CREATE,
        title,
        "sqs:CreateQueue",
        queue_arn.split(":")[3],
        {"queue_arn": queue_arn, "attributes": attributes},
        undo="Delete the queue if it is still empty",
    )


class QueueCreateStep(CreateStep):
    """CreateQueue."""

    noun, service = "queue", "sqs"
    not_yet = _DELETED_RECENTLY
    taken = ("QueueAlreadyExists", "QueueNameExists")

    def create(self, step: Step, running: Running) -> None:
        name = name_of(step)
        running.connection.call(
            "sqs",
            "create_queue",
            failure=f"Could not create the queue {name}.",
            QueueName=name,
            Attributes=step.args["attributes"],
        )
        running.sleep(_NOT_USABLE_S)

    def is_empty(self, step: Step, running: Running) -> bool:
        attributes = queue_attributes(running.connection, arn_of(step))
        return not any(int(attributes.get(name) or 0) for name in _HELD)

    def delete(self, step: Step, running: Running) -> None:
        url = queue_url(running.connection, arn_of(step))
        running.connection.call("sqs", "delete_queue", failure="Could not delete the queue.", QueueUrl=url)
