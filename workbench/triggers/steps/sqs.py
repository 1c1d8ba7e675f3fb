"""Sets attributes of a queue (its visibility timeout), and sends it a test message."""

import json
from collections.abc import Mapping

from workbench.core.errors import WorkbenchError
from workbench.core.operations import Facts
from workbench.triggers.queues import NO_QUEUE, queue_attributes, queue_url
from workbench.triggers.step import Running, Step, StepRun

QUEUE_ATTRIBUTES, SEND_MESSAGE = "queue attributes", "send message"


class QueueAttributesStep:
    """SetQueueAttributes."""

    def do(self, step: Step, running: Running) -> Facts:
        """Sets them, once the present ones are noted."""
        arn, wanted = step.args["queue_arn"], step.args["attributes"]
        url = queue_url(running.connection, arn)
        present = queue_attributes(running.connection, arn, url)
        running.note({"before": {name: present.get(name, "") for name in wanted}})
        if any(not _alike(present.get(name, ""), value) for name, value in wanted.items()):
            _set(url, wanted, running)
        return {}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Sets back those that are still as this run set them."""
        before, wanted = facts.get("before"), step.args["attributes"]
        if not isinstance(before, dict):
            return
        try:
            url = queue_url(running.connection, step.args["queue_arn"])
        except WorkbenchError as error:
            if error.aws_code in NO_QUEUE:
                return
            raise
        present = queue_attributes(running.connection, step.args["queue_arn"], url)
        back = {
            name: str(value)
            for name, value in before.items()
            if _alike(present.get(name, ""), wanted[name]) and not _alike(str(value), wanted[name])
        }
        if back:
            _set(url, back, running)


class SendMessageStep:
    """SendMessage. The message is the function's to take: it is not called back."""

    def do(self, step: Step, running: Running) -> Facts:
        """Sends it; a queue that has seen its MessageDeduplicationId drops it."""
        url = queue_url(running.connection, step.args["queue_arn"])
        answer = running.connection.call(
            "sqs",
            "send_message",
            failure="Could not send a test message.",
            QueueUrl=url,
            **step.args["message"],
        )
        return {"message_id": str(answer.get("MessageId", ""))}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Does nothing."""


def _set(url: str, attributes: Mapping[str, str], running: Running) -> None:
    running.connection.call(
        "sqs",
        "set_queue_attributes",
        failure="Could not change the queue.",
        QueueUrl=url,
        Attributes=dict(attributes),
    )


def _alike(one: str, other: str) -> bool:
    """SQS writes the JSON of a policy anew."""
    if one == other:
        return True
    try:
        return bool(json.loads(one) == json.loads(other))
    except ValueError:
        return False


RUNS: Mapping[str, StepRun] = {QUEUE_ATTRIBUTES: QueueAttributesStep(), SEND_MESSAGE: SendMessageStep()}
