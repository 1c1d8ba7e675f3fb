"""A FIFO queue between a FIFO topic and a function: SNS does not run functions from a FIFO topic. Pure.

Source: https://docs.aws.amazon.com/sns/latest/dg/fifo-message-delivery.html
"""

import hashlib

from workbench.triggers.finding import Fix, FixKind
from workbench.triggers.model import Place, SourceKind, Wiring
from workbench.triggers.rules import RULES
from workbench.triggers.sources.dead_letter_queue import queue_policy
from workbench.triggers.sources.queue_checks import wanted_visibility_s
from workbench.triggers.sources.sqs import SqsSource
from workbench.triggers.step import Step
from workbench.triggers.steps.queue import QUEUE_ATTRIBUTES
from workbench.triggers.steps.queue_create import queue_create_step
from workbench.triggers.steps.subscription import subscribe_step
from workbench.triggers.subscription import QUEUE, attributes_of

SUFFIX = ".fifo"
POLLS = RULES[SourceKind.SQS].account_actions
"""What the execution role must allow."""
MANAGED_POLICY = SqsSource().managed_policy()
_NAME_LENGTH = 80
"""Characters of a queue's name, .fifo included.
Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html"""


def is_fifo(topic_arn: str) -> bool:
    """Whether a topic is FIFO: its name says so."""
    return topic_arn.endswith(SUFFIX)


def queue_between(wiring: Wiring) -> str:
    """The ARN of the queue: the same for the same wish, beside the function."""
    place = Place.of(wiring.function.function_arn)
    wish = f"{wiring.source_arn}|{wiring.target_arn}"
    tail = f"-{hashlib.sha256(wish.encode()).hexdigest()[:10]}{SUFFIX}"
    topic = wiring.source_arn.rpartition(":")[2].removesuffix(SUFFIX)
    head = f"{topic}-{wiring.function.function_name}"[: _NAME_LENGTH - len(tail)]
    return f"arn:{place.partition}:sqs:{place.region}:{place.account_id}:{head}{tail}"


def queue_fix(wiring: Wiring) -> Fix:
    """The way out. Its steps are the plan's own: what the execution role lacks must come before them."""
    name = queue_between(wiring).rpartition(":")[2]
    return Fix(FixKind.STEPS, f"Put the FIFO queue {name} in between")


def queue_steps(wiring: Wiring, principal: str) -> tuple[Step, ...]:
    """The queue, its policy, the subscription, the mapping. The trigger is then one of the queue."""
    queue_arn = queue_between(wiring)
    visibility_s = wanted_visibility_s(wiring.function.timeout_s, 0)
    queue_wish = Wiring(SourceKind.SQS, queue_arn, wiring.function, wiring.qualifier)
    attributes = {
        "Policy": queue_policy(queue_arn, wiring.source_arn, principal),
        "VisibilityTimeout": str(visibility_s),
    }
    region = wiring.function.region
    return (
        queue_create_step(queue_arn, visibility_s=visibility_s),
        Step(
            QUEUE_ATTRIBUTES,
            "Allow the topic to send messages to the queue, and set its visibility timeout to "
            f"{visibility_s} s",
            "sqs:SetQueueAttributes",
            region,
            {"queue_arn": queue_arn, "attributes": attributes},
            undo="Restore the attributes",
        ),
        subscribe_step(wiring.source_arn, QUEUE, queue_arn, attributes_of(wiring.values)),
        SqsSource().create_step(queue_wish, queue_arn),
    )
