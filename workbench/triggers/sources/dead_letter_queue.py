"""A dead-letter queue that a service writes to by itself: the queue's own policy must let it in.

Topics and rules need it, since they have no role. (Schedules have one, and Lambda uses the execution role.)
"""

import json

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.triggers.finding import Finding, Fix, FixKind, Severity
from workbench.triggers.model import WantedGrant
from workbench.triggers.policy import parse_policy
from workbench.triggers.policy_eval import Answer, allows
from workbench.triggers.queues import queue_attributes

SEND = "sqs:SendMessage"


def queue_policy(queue_arn: str, source_arn: str, principal: str, sid: str = "TopicSends") -> str:
    """What lets a topic or a rule send messages to a queue."""
    statement = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": principal},
        "Action": SEND,
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": source_arn}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)


def read_policy(connection: Connection, queue_arn: str) -> str | None:
    """The policy of a queue, empty when it has none; None when it may not be read, or is no queue."""
    if ":sqs:" not in queue_arn:
        return None
    try:
        return queue_attributes(connection, queue_arn).get("Policy", "")
    except (WorkbenchError, ValueError):
        return None


def lets_in(policy: str | None, queue_arn: str, source_arn: str, principal: str) -> bool:
    """Whether a policy lets the source send; True also when nobody knows."""
    if policy is None:
        return True
    try:
        grants = parse_policy(policy, queue_arn) if policy else ()
    except WorkbenchError:
        return True
    return allows(grants, WantedGrant(principal, source_arn, action=SEND), "") is not Answer.NO


def closed(check_id: str, source: str, lost: str, queue_arn: str, policy: str) -> Finding:
    """The queue's policy does not let the source in.

    Args:
        check_id: Of the finding.
        source: What cannot send, in words ("topic orders").
        lost: What is lost ("failed messages").
        queue_arn: The queue.
        policy: A policy that would let it in.
    """
    return Finding(
        check_id,
        Severity.WARN,
        f"The policy of the queue {queue_arn.rpartition(':')[2]} does not allow the {source} to send "
        "messages to it.",
        f"Without a statement in the queue's policy, {lost} are lost despite the queue.",
        (Fix(FixKind.SHOW_POLICY, "Show the policy for the queue", text=policy),),
    )
