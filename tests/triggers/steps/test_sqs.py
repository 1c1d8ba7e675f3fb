"""A queue's attributes, set and set back."""

import json
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.triggers.steps.doing import Doing
from workbench.core.errors import WorkbenchError
from workbench.triggers.steps import QUEUE_ATTRIBUTES, Step

ARN = "arn:aws:sqs:eu-central-1:123456789012:orders"
URL = "https://sqs.eu-central-1.amazonaws.com/123456789012/orders"


def _step(**attributes: str) -> Step:
    return Step(QUEUE_ATTRIBUTES, "", "", "", {"queue_arn": ARN, "attributes": attributes})


def _has(aws: StubbedAws, **attributes: str) -> None:
    aws.answer("sqs", "get_queue_url", {"QueueUrl": URL}, {"QueueName": "orders"})
    aws.answer("sqs", "get_queue_attributes", {"Attributes": attributes})


def _sets(aws: StubbedAws, **attributes: str) -> None:
    aws.answer("sqs", "set_queue_attributes", {}, {"QueueUrl": URL, "Attributes": attributes})


def test_attributes_are_set_and_set_back(aws: StubbedAws) -> None:
    doing = Doing(aws.connection, _step(VisibilityTimeout="360"))
    _has(aws, VisibilityTimeout="30", DelaySeconds="0")
    _sets(aws, VisibilityTimeout="360")
    assert doing.do() == {"before": {"VisibilityTimeout": "30"}}
    _has(aws, VisibilityTimeout="360", DelaySeconds="0")
    _sets(aws, VisibilityTimeout="30")
    doing.undo()


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ({"VisibilityTimeout": "360"}, {"VisibilityTimeout": "360"}),  # it was so before
        ({"VisibilityTimeout": "30"}, {"VisibilityTimeout": "90"}),  # somebody changed it since
        ({"VisibilityTimeout": "30"}, {"VisibilityTimeout": "30"}),  # the call never came through
        (None, {}),
    ],
)
def test_only_what_this_run_set_is_set_back(
    aws: StubbedAws, before: dict[str, Any] | None, now: dict[str, str]
) -> None:
    noted: dict[str, object] = {} if before is None else {"before": before}
    if before is not None:
        _has(aws, **now)
    Doing(aws.connection, _step(VisibilityTimeout="360"), noted=noted).undo()
    assert not any(call.is_write for call in aws.calls)


def test_a_redrive_policy_is_compared_as_json(aws: StubbedAws) -> None:
    wanted = json.dumps({"deadLetterTargetArn": ARN, "maxReceiveCount": 5})
    written = json.dumps({"maxReceiveCount": 5, "deadLetterTargetArn": ARN}, separators=(",", ":"))
    before = json.dumps({"deadLetterTargetArn": ARN, "maxReceiveCount": 1})
    doing = Doing(aws.connection, _step(RedrivePolicy=wanted), noted={"before": {"RedrivePolicy": before}})
    _has(aws, RedrivePolicy=written)
    _sets(aws, RedrivePolicy=before)
    doing.undo()


def test_a_queue_that_has_gone_needs_no_undoing(aws: StubbedAws) -> None:
    words = "The specified queue does not exist."
    aws.refuse("sqs", "get_queue_url", "AWS.SimpleQueueService.NonExistentQueue", words)
    Doing(
        aws.connection, _step(VisibilityTimeout="360"), noted={"before": {"VisibilityTimeout": "30"}}
    ).undo()


def test_a_refusal_is_shown(aws: StubbedAws) -> None:
    _has(aws, VisibilityTimeout="30")
    aws.refuse("sqs", "set_queue_attributes", "AccessDenied", "Access to the resource is denied.", 403)
    with pytest.raises(WorkbenchError) as caught:
        Doing(aws.connection, _step(VisibilityTimeout="360")).do()
    assert caught.value.aws_code == "AccessDenied"
