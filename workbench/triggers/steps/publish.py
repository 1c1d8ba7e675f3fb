"""A message that is published to see the event it makes. Every subscriber gets it; it is not called back."""

from workbench.triggers.sample_message import MessageAttributes
from workbench.triggers.step import Facts, Running, Step

PUBLISH = "publish"


def publish_step(topic_arn: str, message: str, attributes: MessageAttributes) -> Step:
    """The step."""
    return Step(
        PUBLISH,
        f"Publish a test message to the topic {topic_arn.rpartition(':')[2]}",
        "sns:Publish",
        topic_arn.split(":")[3],
        {
            "topic_arn": topic_arn,
            "message": message,
            "attributes": {name: list(value) for name, value in attributes.items()},
        },
    )


class PublishStep:
    """Publish."""

    def do(self, step: Step, running: Running) -> Facts:
        """Publishes. Raises WorkbenchError."""
        answer = running.connection.call(
            "sns",
            "publish",
            failure="Could not publish a test message.",
            TopicArn=step.args["topic_arn"],
            Message=step.args["message"],
            Subject="Workbench test",
            MessageAttributes={
                name: {"DataType": kind, "StringValue": value}
                for name, (kind, value) in step.args["attributes"].items()
            },
        )
        return {"message_id": str(answer.get("MessageId", ""))}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Does nothing."""
