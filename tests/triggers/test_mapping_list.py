"""Event source mappings of a region, by function and as triggers."""

from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.fake_time import FakeClock
from workbench.aws.asking_once import AskingOnce
from workbench.aws.rate_budget import RateBudget
from workbench.core.jobs import JobContext
from workbench.functions.model import detail_of
from workbench.triggers.mapping_list import kind_of, mapping_trigger, mappings_of
from workbench.triggers.model import SourceKind

CTX = JobContext()
ARN = "arn:aws:lambda:eu-central-1:123456789012:function:hello"
DETAIL = detail_of({"Configuration": {"FunctionName": "hello", "FunctionArn": ARN}})


def uuid(number: int) -> str:
    return f"{number:08d}-5c1d-4d9a-9a77-0d8e3d2f4b6a"


def mapping(number: int, function: str = ARN, **more: Any) -> dict[str, Any]:
    source = "arn:aws:sqs:eu-central-1:123456789012:orders"
    return {
        "UUID": uuid(number),
        "FunctionArn": function,
        "EventSourceArn": source,
        "State": "Enabled",
    } | more


def test_those_of_all_qualifiers_are_the_function_s_and_each_is_there_once(aws: StubbedAws) -> None:
    first = [mapping(1), mapping(2, f"{ARN}:live"), mapping(3, f"{ARN}-other")]
    aws.answer("lambda", "list_event_source_mappings", {"EventSourceMappings": first, "NextMarker": "m"}, {})
    aws.answer("lambda", "list_event_source_mappings", {"EventSourceMappings": first[:1]}, {"Marker": "m"})
    found = mappings_of(aws.connection, DETAIL, CTX)
    assert [each["UUID"] for each in found] == [uuid(1), uuid(2)]


def test_the_region_is_asked_once_for_many_functions(aws: StubbedAws) -> None:
    aws.answer("lambda", "list_event_source_mappings", {"EventSourceMappings": [mapping(1)]}, {})
    connection = AskingOnce(aws.connection, RateBudget(FakeClock()), CTX)
    other = detail_of({"Configuration": {"FunctionName": "x", "FunctionArn": f"{ARN}x"}})
    assert [len(mappings_of(connection, each, CTX)) for each in (DETAIL, other, DETAIL)] == [1, 0, 1]


@pytest.mark.parametrize(
    ("more", "kind", "name"),
    [
        ({}, SourceKind.SQS, "orders"),
        ({"EventSourceArn": "arn:aws:kinesis:r:1:stream/clicks"}, SourceKind.KINESIS, "clicks"),
        (
            {"EventSourceArn": "arn:aws-cn:dynamodb:r:1:table/t/stream/2026-01-01T00:00:00.000"},
            SourceKind.DYNAMODB,
            "t",
        ),
        ({"EventSourceArn": "arn:aws:kafka:r:1:cluster/c/0-1"}, SourceKind.MSK, "c"),
        ({"EventSourceArn": "arn:aws:mq:r:1:broker:b:b-1"}, SourceKind.MQ, "b"),
        ({"EventSourceArn": "arn:aws:rds:r:1:cluster:d"}, SourceKind.DOCUMENTDB, "d"),
        ({"EventSourceArn": "arn:aws:tape:r:1:x"}, SourceKind.OTHER, "x"),
        ({"EventSourceArn": None}, SourceKind.OTHER, ""),
        (
            {
                "EventSourceArn": None,
                "SelfManagedEventSource": {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["b1:9092", "b2:9092"]}},
            },
            SourceKind.KAFKA,
            "b1:9092, b2:9092",
        ),
    ],
)
def test_every_kind_is_told_by_its_arn(more: dict[str, Any], kind: SourceKind, name: str) -> None:
    found = mapping_trigger(mapping(1, **more))
    assert (found.kind, found.name) == (kind, name)
    assert kind_of(mapping(1, **more)) is kind


def test_a_mapping_as_a_trigger_keeps_what_aws_answered() -> None:
    found = mapping_trigger(
        mapping(1, f"{ARN}:live", BatchSize=5, StateTransitionReason="User action", KMSKeyArn=None)
    )
    assert (found.qualifier, found.identity, found.state, found.reason) == (
        "live",
        uuid(1),
        "Enabled",
        "User action",
    )
    assert found.values == {"BatchSize": 5}
