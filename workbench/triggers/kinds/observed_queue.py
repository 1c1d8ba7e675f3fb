"""What is read of a queue before planning. Get and List calls only."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.triggers.kinds.mapping import customer_key_arn
from workbench.triggers.queues import queue_attributes

MAX_VISIBILITY_S = 43_200
MAX_RETENTION_S = 1_209_600
"""Twelve hours, fourteen days.
Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html"""
_VISIBILITY_S, _RETENTION_S = 30, 345_600
"""What a queue has that was made without. Source: as above."""


@dataclass(frozen=True, slots=True)
class ObservedQueue:
    """A queue.

    Attributes:
        arn: Its ARN.
        visibility_s: VisibilityTimeout.
        retention_s: MessageRetentionPeriod.
        dead_letter_arn: Of its RedrivePolicy; empty when it has none.
        max_receives: maxReceiveCount of its RedrivePolicy; 0 when it has none.
        dead_letter_retention_s: Of the dead-letter queue; None when that may not be read.
        kms_key: KmsMasterKeyId: an ARN, an id, an alias; empty when none.
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
    """Reads a queue, its dead-letter queue and who else is polled for.

    Args:
        connection: In the queue's region.
        queue_arn: Which.
        ctx: The job.

    Raises:
        WorkbenchError: There is no such queue, or it may not be read. The rest may stay unknown.
        Cancelled: Between calls.
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
            retention_s = None  # of another account, or deleted: unknown
    readers = readers_of(connection, queue_arn, ctx)
    return replace(observed, dead_letter_retention_s=retention_s, readers=readers)


def queue_of(queue_arn: str, attributes: Mapping[str, str]) -> ObservedQueue:
    """What the attributes of a queue say."""
    redrive = _redrive(attributes.get("RedrivePolicy", ""))
    return ObservedQueue(
        queue_arn,
        _number(attributes, "VisibilityTimeout", _VISIBILITY_S),
        _number(attributes, "MessageRetentionPeriod", _RETENTION_S),
        str(redrive.get("deadLetterTargetArn") or ""),
        _number(redrive, "maxReceiveCount", 0),
        None,
        attributes.get("KmsMasterKeyId", ""),
    )


def readers_of(connection: Connection, source_arn: str, ctx: JobContext) -> tuple[str, ...]:
    """Functions that a source is polled for, with their qualifiers; none when they may not be listed."""
    pages = connection.paginate(
        "lambda",
        "list_event_source_mappings",
        ctx=ctx,
        failure="Could not list the other functions that poll the source.",
        EventSourceArn=source_arn,
    )
    try:
        return tuple(
            ":".join(str(each.get("FunctionArn") or "").split(":")[6:])
            for page in pages
            for each in page.get("EventSourceMappings") or ()
        )
    except WorkbenchError:
        return ()


def redrive_policy(dead_letter_arn: str, max_receives: int) -> str:
    """The RedrivePolicy attribute."""
    return json.dumps({"deadLetterTargetArn": dead_letter_arn, "maxReceiveCount": max_receives})


def _redrive(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _number(mapping: Mapping[str, Any], name: str, default: int) -> int:
    try:
        return int(mapping.get(name, default))
    except (TypeError, ValueError):
        return default
