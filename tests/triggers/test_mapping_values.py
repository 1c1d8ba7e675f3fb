"""An event source mapping's settings, to AWS and back."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.aws.model_check import check_request
from tests.aws_stub import StubbedAws
from tests.fake_time import FakeClock
from workbench.aws.retrying_connection import CachingConnection, RateBudget
from workbench.core.jobs import JobContext
from workbench.functions.model import detail_of
from workbench.triggers.kinds.table import kind_of
from workbench.triggers.mappings import changed_members, mappings_of, request_of, trigger_of, values_of
from workbench.triggers.model import SourceKind

SQS = SourceKind("sqs")
ARN = "arn:aws:sqs:eu-central-1:123456789012:failed"
ANSWER: dict[str, Any] = {
    "UUID": "u",
    "State": "Disabling",
    "BatchSize": 7,
    "ScalingConfig": {"MaximumConcurrency": 5},
    "FilterCriteria": {"Filters": [{"Pattern": '{"body":{"a":[1]}}'}, {"Pattern": '{"body":{"b":[1]}}'}]},
    "FunctionResponseTypes": ["ReportBatchItemFailures"],
    "DestinationConfig": {"OnFailure": {"Destination": ARN}},
    "SourceAccessConfigurations": [],
    "KMSKeyArn": None,
}
FLAT = {
    "Enabled": False,
    "BatchSize": 7,
    "ScalingConfig.MaximumConcurrency": 5,
    "FilterCriteria": ('{"body":{"a":[1]}}', '{"body":{"b":[1]}}'),
    "FunctionResponseTypes": ("ReportBatchItemFailures",),
    "DestinationConfig.OnFailure.Destination": ARN,
}


def test_an_answer_becomes_flat() -> None:
    assert values_of(ANSWER) == FLAT
    assert values_of({"State": "Enabled", "FilterCriteria": {}, "DestinationConfig": {"OnFailure": {}}}) == {
        "Enabled": True
    }


@pytest.mark.parametrize(
    ("source_arn", "kind", "name"),
    [
        ("arn:aws:sqs:r:1:orders", SourceKind("sqs"), "orders"),
        ("arn:aws:kinesis:r:1:stream/clicks", SourceKind("kinesis"), "clicks"),
        (
            "arn:aws:kinesis:r:1:stream/clicks/consumer/fast:1700000000",
            SourceKind("kinesis"),
            "clicks (fast)",
        ),
        ("arn:aws-cn:dynamodb:r:1:table/t/stream/2026-01-01T00:00:00.000", SourceKind("dynamodb"), "t"),
        ("arn:aws:kafka:r:1:cluster/c/0-1", SourceKind("msk"), "c"),
        ("arn:aws:mq:r:1:broker:b:b-1", SourceKind("mq"), "b"),
        ("arn:aws:rds:r:1:cluster:d", SourceKind("documentdb"), "d"),
        ("arn:aws:tape:r:1:x", SourceKind("other"), "x"),
        ("", SourceKind("other"), ""),
    ],
)
def test_every_kind_is_told_by_its_arn(source_arn: str, kind: SourceKind, name: str) -> None:
    answer = {"UUID": "u", "EventSourceArn": source_arn}
    found = trigger_of(answer, kind_of(answer))
    assert (found.kind, found.name, found.source_arn) == (kind, name, source_arn)


def test_a_cluster_without_an_arn_is_called_by_its_addresses() -> None:
    endpoints = {"KAFKA_BOOTSTRAP_SERVERS": ["b1:9092", "b2:9092"]}
    answer = {"UUID": "u", "SelfManagedEventSource": {"Endpoints": endpoints}}
    found = trigger_of(answer, kind_of(answer))
    assert (found.kind, found.name, found.source_arn) == (SourceKind("kafka"), *["b1:9092, b2:9092"] * 2)


def test_a_mapping_as_a_trigger_has_its_qualifier_and_state() -> None:
    arn = "arn:aws:lambda:r:1:function:f"
    found = trigger_of(ANSWER | {"FunctionArn": f"{arn}:live", "StateTransitionReason": "User action"}, SQS)
    assert (found.qualifier, found.identity, found.state) == ("live", "u", "Disabling")
    assert (found.reason, found.values) == ("User action", FLAT)
    assert trigger_of(ANSWER | {"FunctionArn": arn}, SQS).qualifier == ""


def test_flat_values_become_a_request_that_the_model_allows() -> None:
    moment = datetime(2026, 11, 26, 10, tzinfo=UTC)
    request = request_of(FLAT | {"StartingPositionTimestamp": moment})
    assert request["StartingPositionTimestamp"] == "2026-11-26T10:00:00+00:00"
    assert request["FilterCriteria"] == ANSWER["FilterCriteria"]
    assert request["DestinationConfig"] == ANSWER["DestinationConfig"]
    check_request("lambda", "CreateEventSourceMapping", {"FunctionName": "f", **request})


@pytest.mark.parametrize(
    ("cleared", "member"),
    [
        ({"FilterCriteria": ()}, {"FilterCriteria": {}}),
        ({"ScalingConfig.MaximumConcurrency": None}, {"ScalingConfig": {}}),
        ({"ProvisionedPollerConfig.MinimumPollers": None}, {"ProvisionedPollerConfig": {}}),
        ({"FunctionResponseTypes": ()}, {"FunctionResponseTypes": []}),
        ({"MetricsConfig.Metrics": ()}, {"MetricsConfig": {"Metrics": []}}),
        (
            {"DestinationConfig.OnFailure.Destination": ""},
            {"DestinationConfig": {"OnFailure": {"Destination": ""}}},
        ),
    ],
)
def test_what_is_cleared_is_sent_as_aws_wants_it(cleared: dict[str, Any], member: dict[str, Any]) -> None:
    assert request_of(cleared) == member
    check_request("lambda", "UpdateEventSourceMapping", {"UUID": "u" * 36, **member})


def test_only_what_differs_has_changed() -> None:
    assert changed_members(FLAT, FLAT) == ()
    assert changed_members(FLAT, {"BatchSize": 8}) == ("BatchSize",)
    assert changed_members(FLAT, {"FilterCriteria": ()}) == ("FilterCriteria",)
    assert changed_members({}, {"FilterCriteria": (), "ScalingConfig.MaximumConcurrency": None}) == ()
    assert changed_members(FLAT, {"ScalingConfig.MaximumConcurrency": None}) == ("ScalingConfig",)


def test_only_the_wanted_members_are_sent() -> None:
    values = FLAT | {"ProvisionedPollerConfig.MinimumPollers": 2}
    assert request_of(values, "ProvisionedPollerConfig") == {"ProvisionedPollerConfig": {"MinimumPollers": 2}}


def test_access_is_flat_by_type_and_comes_back_whole() -> None:
    access = [
        {"Type": "SASL_SCRAM_512_AUTH", "URI": "arn:aws:secretsmanager:r:1:secret:kafka"},
        {"Type": "VPC_SECURITY_GROUP", "URI": "security_group:sg-1"},
        {"Type": "VPC_SUBNET", "URI": "subnet:subnet-1"},
        {"Type": "VPC_SUBNET", "URI": "subnet:subnet-2"},
    ]
    flat = values_of({"State": "Enabled", "SourceAccessConfigurations": access})
    assert flat == {
        "Enabled": True,
        "SourceAccessConfigurations.SASL_SCRAM_512_AUTH": "arn:aws:secretsmanager:r:1:secret:kafka",
        "SourceAccessConfigurations.VPC_SECURITY_GROUP": ("sg-1",),
        "SourceAccessConfigurations.VPC_SUBNET": ("subnet-1", "subnet-2"),
    }
    assert request_of(flat, "SourceAccessConfigurations") == {"SourceAccessConfigurations": access}
    check_request("lambda", "CreateEventSourceMapping", {"FunctionName": "f", **request_of(flat)})
    assert request_of({"SourceAccessConfigurations.BASIC_AUTH": None}) == {"SourceAccessConfigurations": []}


CTX = JobContext()
FUNCTION_ARN = "arn:aws:lambda:eu-central-1:123456789012:function:hello"
DETAIL = detail_of({"Configuration": {"FunctionName": "hello", "FunctionArn": FUNCTION_ARN}})


def uuid(number: int) -> str:
    return f"{number:08d}-5c1d-4d9a-9a77-0d8e3d2f4b6a"


def mapping(number: int, function: str = FUNCTION_ARN, **more: Any) -> dict[str, Any]:
    source = "arn:aws:sqs:eu-central-1:123456789012:orders"
    return {
        "UUID": uuid(number),
        "FunctionArn": function,
        "EventSourceArn": source,
        "State": "Enabled",
    } | more


def test_those_of_all_qualifiers_are_the_function_s_and_each_is_there_once(aws: StubbedAws) -> None:
    first = [mapping(1), mapping(2, f"{FUNCTION_ARN}:live"), mapping(3, f"{FUNCTION_ARN}-other")]
    aws.answer("lambda", "list_event_source_mappings", {"EventSourceMappings": first, "NextMarker": "m"}, {})
    aws.answer("lambda", "list_event_source_mappings", {"EventSourceMappings": first[:1]}, {"Marker": "m"})
    found = mappings_of(aws.connection, DETAIL, CTX)
    assert [each["UUID"] for each in found] == [uuid(1), uuid(2)]


def test_the_region_is_asked_once_for_many_functions(aws: StubbedAws) -> None:
    aws.answer("lambda", "list_event_source_mappings", {"EventSourceMappings": [mapping(1)]}, {})
    connection = CachingConnection(aws.connection, RateBudget(FakeClock()), CTX)
    other = detail_of({"Configuration": {"FunctionName": "x", "FunctionArn": f"{FUNCTION_ARN}x"}})
    assert [len(mappings_of(connection, each, CTX)) for each in (DETAIL, other, DETAIL)] == [1, 0, 1]
