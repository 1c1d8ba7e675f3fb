"""Amazon SQS queues: reading them by ARN, setting the visibility timeout, sending a test message."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.names import Arn
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.operations import Facts
from workbench.triggers.mappings import customer_key_arn, readers_of
from workbench.triggers.steps import (
    QUEUE_ATTRIBUTES,
    Args,
    Ensure,
    Once,
    Resource,
    Running,
    State,
    StepRun,
    is_equal_json,
    json_object,
)
from workbench.triggers.test_events import LOGGED, message_attributes

_TIMES, MAX_VISIBILITY_S = 6, 43_200
MAX_RETENTION_S = 1_209_600
"""14 days.
Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html"""
_VISIBILITY_S, _RETENTION_S = 30, 345_600
"""Defaults of a queue that was created without these attributes. Source: as above."""
SEND_MESSAGE = "send message"


def wanted_visibility_s(timeout_s: int, window_s: int) -> int:
    """The visibility timeout that AWS recommends: six times the function's timeout, plus the batch window."""
    return min(_TIMES * timeout_s + window_s, MAX_VISIBILITY_S)


def new_visibility_s(timeout_s: int, window_s: int) -> int:
    """The visibility timeout of a queue that is created for a function."""
    return max(_VISIBILITY_S, wanted_visibility_s(timeout_s, window_s))


def queue_url(connection: Connection, queue_arn: str) -> str:
    """The URL for requests about a queue, which only SQS knows. Raises WorkbenchError."""
    arn = Arn.parse(queue_arn)
    owner: dict[str, Any] = (
        {} if arn.account_id == connection.account_id else {"QueueOwnerAWSAccountId": arn.account_id}
    )
    failure = _("Could not find the queue {resource}.").format(resource=arn.resource)
    answer = connection.call("sqs", "get_queue_url", failure=failure, QueueName=arn.resource, **owner)
    return str(answer["QueueUrl"])


def queue_attributes(connection: Connection, queue_arn: str, url: str = "") -> Mapping[str, str]:
    """The attributes of a queue by SQS's names; all values are texts.

    Args:
        url: Its URL; read if empty.

    Raises:
        WorkbenchError: The queue does not exist or may not be read.
    """
    answer = connection.call(
        "sqs",
        "get_queue_attributes",
        failure=_("Could not read the queue {resource}.").format(resource=Arn.parse(queue_arn).resource),
        QueueUrl=url or queue_url(connection, queue_arn),
        AttributeNames=["All"],
    )
    return {str(name): str(value) for name, value in (answer.get("Attributes") or {}).items()}


@dataclass(frozen=True, slots=True)
class ObservedQueue:
    """The attributes of a queue, and its readers.

    Attributes:
        dead_letter_arn: From its RedrivePolicy; empty if it has none.
        max_receives: maxReceiveCount of its RedrivePolicy; 0 if it has none.
        dead_letter_retention_s: Retention of the dead-letter queue; None if it may not be read.
        kms_key: KmsMasterKeyId: ARN, id or alias; empty if there is none.
        readers: The functions that the queue is polled for, with their qualifiers.
    """

    arn: str
    visibility_s: int = _VISIBILITY_S
    retention_s: int = _RETENTION_S
    dead_letter_arn: str = ""
    max_receives: int = 0
    dead_letter_retention_s: int | None = None
    kms_key: str = ""
    readers: tuple[str, ...] = ()

    @property
    def is_fifo(self) -> bool:
        return self.arn.endswith(".fifo")

    @property
    def name(self) -> str:
        return self.arn.rpartition(":")[2]

    @property
    def key_arn(self) -> str:
        return customer_key_arn(self.kms_key, self.arn)


def observe_queue(connection: Connection, queue_arn: str, ctx: JobContext) -> ObservedQueue:
    """Reads a queue, its dead-letter queue and the functions that poll it.

    Raises:
        WorkbenchError: The queue does not exist or may not be read. Other parts may be unknown.
    """
    ctx.check()
    observed = queue_of(queue_arn, queue_attributes(connection, queue_arn))
    ctx.check()
    retention_s = None
    if observed.dead_letter_arn:
        try:
            attributes = queue_attributes(connection, observed.dead_letter_arn)
            retention_s = _number(attributes, "MessageRetentionPeriod", _RETENTION_S)
        except WorkbenchError:
            retention_s = None  # in another account, or deleted: unknown
    readers = readers_of(connection, queue_arn, ctx)
    return replace(observed, dead_letter_retention_s=retention_s, readers=readers)


def queue_of(queue_arn: str, attributes: Mapping[str, str]) -> ObservedQueue:
    """A queue from its attributes."""
    redrive = json_object(attributes.get("RedrivePolicy", ""))
    return ObservedQueue(
        queue_arn,
        _number(attributes, "VisibilityTimeout", _VISIBILITY_S),
        _number(attributes, "MessageRetentionPeriod", _RETENTION_S),
        str(redrive.get("deadLetterTargetArn") or ""),
        _number(redrive, "maxReceiveCount", 0),
        None,
        attributes.get("KmsMasterKeyId", ""),
    )


def redrive_policy(dead_letter_arn: str, max_receives: int) -> str:
    """The RedrivePolicy attribute."""
    return json.dumps({"deadLetterTargetArn": dead_letter_arn, "maxReceiveCount": max_receives})


def _number(mapping: Mapping[str, Any], name: str, default: int) -> int:
    try:
        return int(mapping.get(name, default))
    except (TypeError, ValueError):
        return default


def _read_wanted(args: Args, running: Running) -> dict[str, str]:
    """The current values of the attributes to set, and the queue's URL."""
    url = queue_url(running.connection, args["queue_arn"])
    present = queue_attributes(running.connection, args["queue_arn"], url)
    return {name: present.get(name, "") for name in args["attributes"]} | {"url": url}


def _set_attributes(_args: Args, running: Running, attributes: State, present: State) -> None:
    failure, url = _("Could not change the queue."), present["url"]
    running.call("sqs", "set_queue_attributes", failure, QueueUrl=url, Attributes=attributes)


def _send_message(args: Args, running: Running) -> Facts:
    """Sends the message, which the function consumes. A queue drops a known MessageDeduplicationId."""
    url = queue_url(running.connection, args["queue_arn"])
    failure = _("Could not send a test message.")
    message = dict(args["message"])
    if attributes := message.get("MessageAttributes"):
        message["MessageAttributes"] = message_attributes(attributes)
    answer = running.call("sqs", "send_message", failure, QueueUrl=url, **message)
    return {LOGGED: str(answer.get("MessageId") or "")}


RUNS: Mapping[str, StepRun] = {
    QUEUE_ATTRIBUTES: Ensure(
        Resource(_read_wanted, _set_attributes),
        lambda args, *__: args["attributes"],
        same=is_equal_json,  # SQS reformats the JSON of a policy
        members=True,
    ),
    SEND_MESSAGE: Once(_send_message),
}
