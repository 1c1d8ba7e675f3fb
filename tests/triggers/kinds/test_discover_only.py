"""Kafka, Amazon MQ and DocumentDB: found, explained, changed, paused and removed; not created yet."""

from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from workbench.core.jobs import JobContext
from workbench.functions.model import detail_of
from workbench.triggers.kinds.discover_only import LATER
from workbench.triggers.kinds.table import SOURCES
from workbench.triggers.model import ObservedFunction, SourceKind, TriggerSpec

CTX = JobContext()
DOCS = SourceKind("documentdb")
PLACE = "eu-central-1:123456789012"
ARN = f"arn:aws:lambda:{PLACE}:function:f"
SEEN = ObservedFunction(detail_of({"Configuration": {"FunctionName": "f", "FunctionArn": ARN}}))
UUID = "11111111-5c1d-4d9a-9a77-0d8e3d2f4b6a"
MAPPINGS: dict[SourceKind, dict[str, Any]] = {
    SourceKind("msk"): {
        "EventSourceArn": f"arn:aws:kafka:{PLACE}:cluster/clicks/0-1",
        "Topics": ["t"],
        "AmazonManagedKafkaEventSourceConfig": {"ConsumerGroupId": "group-1"},
    },
    SourceKind("kafka"): {
        "SelfManagedEventSource": {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["b1:9092"]}},
        "Topics": ["t"],
    },
    SourceKind("mq"): {"EventSourceArn": f"arn:aws:mq:{PLACE}:broker:jobs:b-1", "Queues": ["q"]},
    SourceKind("documentdb"): {
        "EventSourceArn": f"arn:aws:rds:{PLACE}:cluster:docs",
        "DocumentDBEventSourceConfig": {"DatabaseName": "shop", "CollectionName": "orders"},
    },
}
FLOWS = {
    SourceKind("msk"): "clicks · t",
    SourceKind("kafka"): "b1:9092 · t",
    SourceKind("mq"): "jobs · q",
    SourceKind("documentdb"): "docs · shop.orders",
}
kinds = pytest.mark.parametrize("kind", MAPPINGS)


def mapping(kind: SourceKind) -> dict[str, Any]:
    return {"UUID": UUID, "FunctionArn": f"{ARN}:live", "State": "Enabled", "BatchSize": 50} | MAPPINGS[kind]


@kinds
def test_a_mapping_is_found_among_all_others_and_explained(aws: StubbedAws, kind: SourceKind) -> None:
    every = [mapping(each) | {"UUID": f"{UUID[:-1]}{n}"} for n, each in enumerate(MAPPINGS)]
    aws.answer("lambda", "list_event_source_mappings", {"EventSourceMappings": every})
    (trigger,) = SOURCES[kind].find(aws.connection, SEEN, (), CTX)
    assert (trigger.kind, trigger.qualifier, trigger.state) == (kind, "live", "Enabled")
    text = SOURCES[kind].explain(trigger, SEEN)
    assert (text.model, text.flow[:3]) == ("Pull", (FLOWS[kind], "Lambda's poller", "f:live"))
    assert "execution role" in text.authorises
    assert all((text.order, text.source_retries, text.lambda_retries, text.failures, text.not_simulated))


@kinds
def test_it_is_paused_resumed_and_deleted_as_a_mapping(aws: StubbedAws, kind: SourceKind) -> None:
    aws.answer("lambda", "list_event_source_mappings", {"EventSourceMappings": [mapping(kind)]})
    source = SOURCES[kind]
    (trigger,) = source.find(aws.connection, SEEN, (), CTX)
    steps = (*source.pause(trigger), *source.resume(trigger), *source.remove(trigger))
    assert [step.api_call for step in steps] == [
        "lambda:UpdateEventSourceMapping",
        "lambda:UpdateEventSourceMapping",
        "lambda:DeleteEventSourceMapping",
    ]
    assert {step.args["uuid"] for step in steps} == {UUID}


@kinds
def test_its_batch_may_be_changed_within_aws_s_range(aws: StubbedAws, kind: SourceKind) -> None:
    aws.answer("lambda", "list_event_source_mappings", {"EventSourceMappings": [mapping(kind)]})
    source = SOURCES[kind]
    (trigger,) = source.find(aws.connection, SEEN, (), CTX)
    wish = TriggerSpec(kind, trigger.source_arn, SEEN.detail, "live", values={"BatchSize": 60})
    (step,) = source.update(trigger, wish, None)
    assert step.args["members"] == {"BatchSize": 60}
    assert source.check(wish, None, SEEN) == ()
    wrong = TriggerSpec(kind, trigger.source_arn, SEEN.detail, values={"BatchSize": 20_000})
    assert [finding.check_id for finding in source.check(wrong, None, SEEN)] == ["PARAM-RANGE"]


@kinds
def test_it_cannot_be_created_yet_and_says_so(aws: StubbedAws, kind: SourceKind) -> None:
    source = SOURCES[kind]
    wish = TriggerSpec(kind, "", SEEN.detail)
    assert not source.can_create
    assert source.plan(wish, None, SEEN) == ()
    assert "cannot create them yet" in LATER
    assert not aws.calls


def test_documentdb_knows_no_filters() -> None:
    names = {
        each.name
        for each in SOURCES[SourceKind("documentdb")].parameters(
            TriggerSpec(SourceKind("mq"), "", SEEN.detail)
        )
    }
    assert "FilterCriteria" not in names
    assert "BatchSize" in names


@pytest.mark.parametrize(
    ("kind", "state", "values", "ids"),
    [
        (SourceKind("msk"), "ACTIVE", {"BatchSize": 10}, []),
        (SourceKind("msk"), "CREATING", {"BatchSize": 10}, ["KAF-STATE"]),
        (SourceKind("msk"), "", {"BatchSize": 10}, []),
        (SourceKind("msk"), "ACTIVE", {"Topics": ("t",)}, ["KAF-VPC"]),
        (SourceKind("msk"), "ACTIVE", {"Topics": ("t", "u")}, ["KAF-TOPIC", "KAF-VPC"]),
        (SourceKind("kafka"), None, {"Topics": ("t",)}, []),
        (SourceKind("kafka"), None, {"Topics": ()}, ["KAF-TOPIC"]),
    ],
)
def test_what_a_cluster_must_be_and_have(
    kind: SourceKind, state: str | None, values: dict[str, object], ids: list[str]
) -> None:
    arn = f"arn:aws:kafka:{PLACE}:cluster/clicks/0-1"
    wish = TriggerSpec(kind, arn, SEEN.detail, values=values)
    assert [finding.check_id for finding in SOURCES[kind].check(wish, state, SEEN)] == ids


def test_a_cluster_s_state_is_read_and_may_be_unknown(aws: StubbedAws) -> None:
    source = SOURCES[SourceKind("msk")]
    arn = f"arn:aws:kafka:{PLACE}:cluster/clicks/0-1"
    wish = TriggerSpec(SourceKind("msk"), arn, SEEN.detail)
    answer = {"ClusterInfo": {"ClusterArn": arn, "State": "MAINTENANCE"}}
    aws.answer("kafka", "describe_cluster_v2", answer, {"ClusterArn": arn})
    assert source.observe(aws.connection, wish, CTX) == "MAINTENANCE"
    aws.refuse("kafka", "describe_cluster_v2", "ForbiddenException", "no", 403)
    assert source.observe(aws.connection, wish, CTX) == ""
