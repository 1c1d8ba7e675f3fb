"""Whether a mapping's source is there, in each service's own words."""

from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.triggers.find import missing_source
from workbench.triggers.kinds.table import kind_of
from workbench.triggers.model import Trigger

CTX = JobContext()
PLACE = "eu-central-1:123456789012"
SOURCES = [
    (f"arn:aws:sqs:{PLACE}:orders", "sqs", "get_queue_url", "QueueDoesNotExist"),
    (f"arn:aws:sqs:{PLACE}:orders", "sqs", "get_queue_url", "AWS.SimpleQueueService.NonExistentQueue"),
    (f"arn:aws:kinesis:{PLACE}:stream/s", "kinesis", "describe_stream_summary", "ResourceNotFoundException"),
    (
        f"arn:aws:kinesis:{PLACE}:stream/s/consumer/c:1",
        "kinesis",
        "describe_stream_consumer",
        "ResourceNotFoundException",
    ),
    (
        f"arn:aws:dynamodb:{PLACE}:table/orders/stream/2026-01-01T00:00:00.000",
        "dynamodbstreams",
        "describe_stream",
        "ResourceNotFoundException",
    ),
    (f"arn:aws:kafka:{PLACE}:cluster/c/0-1", "kafka", "describe_cluster_v2", "NotFoundException"),
    (f"arn:aws:mq:{PLACE}:broker:b:b-1", "mq", "describe_broker", "NotFoundException"),
    (f"arn:aws:rds:{PLACE}:cluster:docs", "docdb", "describe_db_clusters", "DBClusterNotFoundFault"),
]


def mapping(source_arn: str, state: str = "Enabled", **values: Any) -> Trigger:
    return Trigger(kind_of({"EventSourceArn": source_arn}), source_arn, "it", state=state, values=values)


@pytest.mark.parametrize(("arn", "service", "method", "code"), SOURCES)
def test_what_is_gone_is_told_from_what_may_not_be_seen(
    aws: StubbedAws, arn: str, service: str, method: str, code: str
) -> None:
    aws.refuse(service, method, code, "None found.", 400)
    gone = missing_source(aws.connection, mapping(arn), CTX)
    assert gone is not None
    assert gone.aws_code == code
    aws.refuse(service, method, "AccessDeniedException", "not authorized", 403)
    with pytest.raises(WorkbenchError) as caught:
        missing_source(aws.connection, mapping(arn), CTX)
    assert caught.value.aws_code == "AccessDeniedException"


def test_what_is_there_is_there(aws: StubbedAws) -> None:
    aws.answer("sqs", "get_queue_url", {"QueueUrl": "https://q"}, {"QueueName": "orders"})
    assert missing_source(aws.connection, mapping(SOURCES[0][0]), CTX) is None


@pytest.mark.parametrize(
    ("state", "result", "is_known"),
    [
        ("Enabled", "OK", True),
        ("Enabled", "No records processed", True),
        ("Enabled", "PROBLEM: Function call failed", False),
        ("Disabled", "OK", False),
    ],
)
def test_aws_s_word_that_it_reads_the_source_is_enough_where_it_may_not_be_seen(
    aws: StubbedAws, state: str, result: str, is_known: bool
) -> None:
    aws.refuse("sqs", "get_queue_url", "AccessDenied", "no", 403)
    trigger = mapping(SOURCES[0][0], state, LastProcessingResult=result)
    if is_known:
        assert missing_source(aws.connection, trigger, CTX) is None
    else:
        with pytest.raises(WorkbenchError):
            missing_source(aws.connection, trigger, CTX)


def test_another_account_s_source_is_not_asked_for(aws: StubbedAws) -> None:
    with pytest.raises(WorkbenchError, match="account 210987654321"):
        missing_source(aws.connection, mapping("arn:aws:sqs:eu-central-1:210987654321:orders"), CTX)
    assert not aws.calls


@pytest.mark.parametrize(
    "arn",
    [
        "b1:9092, b2:9092",
        "",
        f"arn:aws:kafka:{PLACE}:vpc-connection/210987654321/c/1",
        f"arn:aws:tape:{PLACE}:x",
    ],
)
def test_what_has_nobody_to_ask_counts_as_there(aws: StubbedAws, arn: str) -> None:
    assert missing_source(aws.connection, mapping(arn), CTX) is None
    assert not aws.calls
