"""Queues as they are read before wiring, with AWS's own answers."""

import json

from tests.aws_stub import StubbedAws
from tests.triggers import values as known
from workbench.core.jobs import JobContext
from workbench.triggers.kinds.sqs import SqsSource
from workbench.triggers.model import SourceKind, TriggerSpec
from workbench.triggers.queues import ObservedQueue

CTX = JobContext()
SQS = SqsSource()


def test_the_queue_its_dead_letter_queue_and_its_readers_are_read(aws: StubbedAws) -> None:
    arn = "arn:aws:sqs:eu-central-1:123456789012:orders"
    dead = f"{arn}-dead"
    url = "https://sqs.eu-central-1.amazonaws.com/123456789012/orders"
    attributes = {
        "VisibilityTimeout": "45",
        "MessageRetentionPeriod": "60",
        "KmsMasterKeyId": "alias/aws/sqs",
        "RedrivePolicy": json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": "3"}),
    }
    aws.answer("sqs", "get_queue_url", {"QueueUrl": url}, {"QueueName": "orders"})
    aws.answer(
        "sqs",
        "get_queue_attributes",
        {"Attributes": attributes},
        {"QueueUrl": url, "AttributeNames": ["All"]},
    )
    aws.answer("sqs", "get_queue_url", {"QueueUrl": f"{url}-dead"}, {"QueueName": "orders-dead"})
    aws.refuse("sqs", "get_queue_attributes", "AccessDenied", "No.", 403)
    functions = ("arn:aws:lambda:r:1:function:g", "arn:aws:lambda:r:1:function:f:live")
    listed = [{"UUID": "u" * 36, "FunctionArn": function} for function in functions]
    aws.answer(
        "lambda", "list_event_source_mappings", {"EventSourceMappings": listed}, {"EventSourceArn": arn}
    )
    seen = SQS.observe(aws.connection, known.spec(source_arn=arn), CTX)
    assert seen == ObservedQueue(arn, 45, 60, dead, 3, None, "alias/aws/sqs", ("g", "f:live"))
    assert not any(call.is_write for call in aws.calls)


def test_a_queue_of_another_account_is_asked_for_by_its_owner(aws: StubbedAws) -> None:
    arn = "arn:aws:sqs:eu-central-1:222222222222:orders"
    owner = {"QueueName": "orders", "QueueOwnerAWSAccountId": "222222222222"}
    aws.answer("sqs", "get_queue_url", {"QueueUrl": "https://q"}, owner)
    aws.answer("sqs", "get_queue_attributes", {"Attributes": {}})
    aws.answer("lambda", "list_event_source_mappings", {})
    seen = SQS.observe(aws.connection, TriggerSpec(SourceKind("sqs"), arn, known.detail()), CTX)
    assert (seen.visibility_s, seen.retention_s, seen.max_receives) == (30, 345_600, 0)


def test_all_pages_of_queues_are_offered(aws: StubbedAws) -> None:
    host = "https://sqs.eu-central-1.amazonaws.com/123456789012"
    first = {"QueueUrls": [f"{host}/orders"], "NextToken": "n"}
    aws.answer("sqs", "list_queues", first, {"MaxResults": 1000})
    more = {"MaxResults": 1000, "NextToken": "n"}
    aws.answer("sqs", "list_queues", {"QueueUrls": [f"{host}/o.fifo"]}, more)
    found = list(SQS.candidates(aws.connection, CTX))
    assert [(each.name, each.detail) for each in found] == [("orders", ""), ("o.fifo", "FIFO")]
    assert found[0].source_arn == "arn:aws:sqs:eu-central-1:123456789012:orders"
    assert found[0].location.region == "eu-central-1"
