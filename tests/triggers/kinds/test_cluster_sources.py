"""Amazon MSK, self-managed Kafka, Amazon MQ and DocumentDB: checked, created, found, changed and removed.

No local AWS has such clusters: AWS's answers are stubbed in the shapes of its service models, and each
request is checked against the model.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.triggers.steps.doing import Doing
from workbench.core.errors import WorkbenchError
from workbench.core.files import resources_dir
from workbench.core.jobs import JobContext
from workbench.functions.model import detail_of
from workbench.triggers.filters import try_pattern
from workbench.triggers.kinds.cluster import ClusterSource, ObservedCluster, ObservedSecret
from workbench.triggers.kinds.table import SOURCES
from workbench.triggers.mappings import trigger_of
from workbench.triggers.model import (
    Finding,
    ObservedFunction,
    Severity,
    SourceKind,
    Trigger,
    TriggerSpec,
    Values,
)
from workbench.triggers.plan import prepare, prepare_update
from workbench.triggers.role import inline_name

CTX = JobContext()
PLACE = "eu-central-1:123456789012"
ARN = f"arn:aws:lambda:{PLACE}:function:f"
ROLE = "arn:aws:iam::123456789012:role/worker"
CONFIGURATION = {"FunctionName": "f", "FunctionArn": ARN, "Role": ROLE, "State": "Active", "Timeout": 3}
SEEN = ObservedFunction(detail_of({"Configuration": CONFIGURATION}))
UUID, OTHER_UUID = "1" * 36, "2" * 36
SECRET = f"arn:aws:secretsmanager:{PLACE}:secret:AmazonMSK_kafka-AbCdEf"
KEY = f"arn:aws:kms:{PLACE}:key/11111111-2222-3333-4444-555555555555"
NETWORK = {
    f"ec2:{each}"
    for each in ("CreateNetworkInterface", "DeleteNetworkInterface", "DescribeNetworkInterfaces")
} | {f"ec2:Describe{each}" for each in ("SecurityGroups", "Subnets", "Vpcs")}
MSK, KAFKA, MQ, DOCS = (SourceKind(each) for each in ("msk", "kafka", "mq", "documentdb"))


@dataclass(frozen=True)
class Case:
    """A trigger of one kind.

    Attributes:
        arn: Of the source; empty for none.
        values: As the form has them.
        request: The same as members of CreateEventSourceMapping.
        flow: How the drawing begins.
        actions: What the role must allow beside network and secret.
    """

    arn: str
    values: Values
    request: dict[str, Any]
    flow: str
    actions: frozenset[tuple[str, str]]


_CLUSTER, _BROKER = f"arn:aws:kafka:{PLACE}:cluster/clicks/0-1", f"arn:aws:mq:{PLACE}:broker:jobs:b-1"
_SERVERS = "SelfManagedEventSource.Endpoints.KAFKA_BOOTSTRAP_SERVERS"
_ACCESS = "SourceAccessConfigurations"


def _access(access_type: str) -> dict[str, Any]:
    return {_ACCESS: [{"Type": access_type, "URI": SECRET}]}


CASES = {
    MSK: Case(
        _CLUSTER,
        {
            "Topics": ("orders",),
            "StartingPosition": "LATEST",
            f"{_ACCESS}.SASL_SCRAM_512_AUTH": SECRET,
            "AmazonManagedKafkaEventSourceConfig.ConsumerGroupId": "group-1",
        },
        {
            "Topics": ["orders"],
            "StartingPosition": "LATEST",
            "AmazonManagedKafkaEventSourceConfig": {"ConsumerGroupId": "group-1"},
            **_access("SASL_SCRAM_512_AUTH"),
        },
        "clicks · orders",
        frozenset({("kafka:DescribeClusterV2", _CLUSTER), ("kafka:GetBootstrapBrokers", _CLUSTER)}),
    ),
    KAFKA: Case(
        "",
        {
            _SERVERS: ("b1.example.com:9092", "b2.example.com:9092"),
            "Topics": ("orders",),
            "StartingPosition": "TRIM_HORIZON",
            f"{_ACCESS}.BASIC_AUTH": SECRET,
            f"{_ACCESS}.VPC_SUBNET": ("subnet-1a", "subnet-1b"),
            f"{_ACCESS}.VPC_SECURITY_GROUP": ("sg-1",),
        },
        {
            "SelfManagedEventSource": {
                "Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["b1.example.com:9092", "b2.example.com:9092"]}
            },
            "Topics": ["orders"],
            "StartingPosition": "TRIM_HORIZON",
            _ACCESS: [
                {"Type": "BASIC_AUTH", "URI": SECRET},
                {"Type": "VPC_SECURITY_GROUP", "URI": "security_group:sg-1"},
                {"Type": "VPC_SUBNET", "URI": "subnet:subnet-1a"},
                {"Type": "VPC_SUBNET", "URI": "subnet:subnet-1b"},
            ],
        },
        "b1.example.com:9092, b2.example.com:9092 · orders",
        frozenset(),
    ),
    MQ: Case(
        _BROKER,
        {"Queues": ("q",), f"{_ACCESS}.BASIC_AUTH": SECRET},
        {"Queues": ["q"], **_access("BASIC_AUTH")},
        "jobs · q",
        frozenset({("mq:DescribeBroker", _BROKER)}),
    ),
    DOCS: Case(
        f"arn:aws:rds:{PLACE}:cluster:docs",
        {
            "DocumentDBEventSourceConfig.DatabaseName": "shop",
            "DocumentDBEventSourceConfig.CollectionName": "orders",
            "StartingPosition": "LATEST",
            f"{_ACCESS}.BASIC_AUTH": SECRET,
        },
        {
            "DocumentDBEventSourceConfig": {"DatabaseName": "shop", "CollectionName": "orders"},
            "StartingPosition": "LATEST",
            **_access("BASIC_AUTH"),
        },
        "docs · shop.orders",
        frozenset(
            (f"rds:Describe{each}", "*") for each in ("DBClusters", "DBClusterParameters", "DBSubnetGroups")
        ),
    ),
}
kinds = pytest.mark.parametrize("kind", CASES)


def source_of(kind: SourceKind) -> ClusterSource:
    source = SOURCES[kind]
    assert isinstance(source, ClusterSource)
    return source


def wished(kind: SourceKind, **more: object) -> TriggerSpec:
    return TriggerSpec(kind, CASES[kind].arn, SEEN.detail, values={**CASES[kind].values, **more})


def answer_of(kind: SourceKind, **more: Any) -> dict[str, Any]:
    """The mapping as AWS answers it."""
    known = {"UUID": UUID, "FunctionArn": ARN, "State": "Enabled", "BatchSize": 50}
    arn = {"EventSourceArn": CASES[kind].arn} if CASES[kind].arn else {}
    return known | arn | CASES[kind].request | more


def trigger(kind: SourceKind, **more: Any) -> Trigger:
    return trigger_of(answer_of(kind, **more), kind)


def ids(findings: tuple[Finding, ...], severity: Severity = Severity.BLOCK) -> list[str]:
    return [finding.check_id for finding in findings if finding.severity is severity]


READY = {
    MSK: ObservedCluster("ACTIVE", authentication=("IAM", "SASL/SCRAM")),
    KAFKA: ObservedCluster(),
    MQ: ObservedCluster("RUNNING", "ACTIVEMQ", authentication=("SIMPLE",)),
    DOCS: ObservedCluster("available", "docdb", "5.0.0"),
}


@kinds
def test_it_is_created_with_all_that_was_set(aws: StubbedAws, kind: SourceKind) -> None:
    (step,) = source_of(kind).plan(wished(kind), READY[kind])
    arn = {"EventSourceArn": CASES[kind].arn} if CASES[kind].arn else {}
    # Another topic, queue or collection of the same source is another trigger.
    other: dict[str, Any] = {"Topics": ["refunds"]} if kind in (MSK, KAFKA) else {"Queues": ["r"]}
    if kind == DOCS:
        other = {"DocumentDBEventSourceConfig": {"DatabaseName": "shop"}}
    listed = {"EventSourceMappings": [answer_of(kind, **other) | {"UUID": OTHER_UUID}]}
    aws.answer("lambda", "list_event_source_mappings", listed, {**arn, "FunctionName": ARN})
    request = {**arn, "FunctionName": ARN, **CASES[kind].request}
    aws.answer("lambda", "create_event_source_mapping", {"UUID": UUID, "State": "Creating"}, request)
    for state in ("Creating", "Enabled"):
        aws.answer("lambda", "get_event_source_mapping", {"UUID": UUID, "State": state}, {"UUID": UUID})
    doing = Doing(aws.connection, step)
    assert doing.do() == {"uuid": UUID, "before": []}
    # A second time, as after a crash, it is found by its topic, queue or collection.
    both = {"EventSourceMappings": [*listed["EventSourceMappings"], answer_of(kind)]}
    aws.answer("lambda", "list_event_source_mappings", both)
    aws.answer("lambda", "get_event_source_mapping", {"UUID": UUID, "State": "Enabled"}, {"UUID": UUID})
    assert Doing(aws.connection, step).do()["uuid"] == UUID
    aws.assert_all_asked()


@kinds
def test_it_is_found_among_all_others_and_explained(aws: StubbedAws, kind: SourceKind) -> None:
    every = [
        answer_of(each) | {"UUID": f"{UUID[:-1]}{n}", "FunctionArn": f"{ARN}:live"}
        for n, each in enumerate(CASES)
    ]
    aws.answer("lambda", "list_event_source_mappings", {"EventSourceMappings": every})
    (found,) = source_of(kind).find(aws.connection, SEEN, (), CTX)
    assert (found.kind, found.qualifier, found.state) == (kind, "live", "Enabled")
    text = source_of(kind).explain(found, SEEN)
    assert (text.model, text.flow[:3]) == ("Pull", (CASES[kind].flow, "Lambda's poller", "f:live"))
    assert "execution role" in text.authorises
    assert all((text.order, text.source_retries, text.lambda_retries, text.failures, text.not_simulated))


@kinds
def test_it_is_paused_resumed_and_deleted_as_a_mapping(kind: SourceKind) -> None:
    source, there = source_of(kind), trigger(kind)
    steps = (*source.pause(there), *source.resume(there), *source.remove(there))
    assert [step.api_call for step in steps] == [
        "lambda:UpdateEventSourceMapping",
        "lambda:UpdateEventSourceMapping",
        "lambda:DeleteEventSourceMapping",
    ]
    assert {step.args["uuid"] for step in steps} == {UUID}


@kinds
def test_another_secret_is_sent_with_all_other_access(aws: StubbedAws, kind: SourceKind) -> None:
    more = {"Type": "SERVER_ROOT_CA_CERTIFICATE", "URI": f"{SECRET}-ca"}
    there = trigger(kind, **{_ACCESS: [*CASES[kind].request[_ACCESS], more]})
    name = next(each for each in CASES[kind].values if each.endswith("_AUTH"))
    new = SECRET.replace("kafka", "other")
    (step,) = source_of(kind).update(there, wished(kind, **{name: new, "BatchSize": 60}), READY[kind])
    sent = step.args["members"]
    assert sent["BatchSize"] == 60
    assert set(sent) == {"BatchSize", _ACCESS}
    before = {(each["Type"], each["URI"]) for each in (*CASES[kind].request[_ACCESS], more)}
    after = {(each["Type"], each["URI"]) for each in sent[_ACCESS]}
    assert {uri for _, uri in after - before} == {new}
    assert len(after) == len(before)
    aws.answer("lambda", "get_event_source_mapping", answer_of(kind))
    aws.answer("lambda", "update_event_source_mapping", {}, {"UUID": UUID, **sent})
    aws.answer("lambda", "get_event_source_mapping", answer_of(kind))
    Doing(aws.connection, step).do()


@kinds
def test_the_role_needs_the_source_its_network_its_secret_and_the_key(kind: SourceKind) -> None:
    secret = ObservedSecret(SECRET, KEY)
    observed = ObservedCluster(READY[kind].state, secrets=(secret,))
    needed = set(source_of(kind).role_actions(wished(kind), observed))
    assert {action for action, _ in needed if action.startswith("ec2:")} == NETWORK
    assert {("secretsmanager:GetSecretValue", SECRET), ("kms:Decrypt", KEY)} <= needed
    rest = {each for each in needed if each[0].split(":")[0] not in ("ec2", "secretsmanager", "kms")}
    assert rest == CASES[kind].actions


@kinds
def test_nothing_blocks_what_is_ready_and_the_network_is_explained(kind: SourceKind) -> None:
    findings = source_of(kind).check(wished(kind), READY[kind], SEEN)
    prefix = source_of(kind).prefix
    assert ids(findings) == []
    assert ids(findings, Severity.WARN) == [f"{prefix}-VPC"]
    (finding,) = (each for each in findings if each.check_id == f"{prefix}-VPC")
    assert "NAT gateway, or VPC endpoints for Lambda" in finding.why
    known = TriggerSpec(kind, CASES[kind].arn, SEEN.detail, values=CASES[kind].values, identity=UUID)
    assert source_of(kind).check(known, READY[kind], SEEN) == ()


@kinds
def test_a_secret_is_looked_at_before_anything_is_written(aws: StubbedAws, kind: SourceKind) -> None:
    source, prefix = source_of(kind), source_of(kind).prefix

    def found(severity: Severity) -> list[str]:
        observed = source.observe(aws.connection, wished(kind), CTX)
        findings = source.check(wished(kind), observed, SEEN)
        return [each for each in ids(findings, severity) if each.endswith("SECRET")]

    def cluster() -> None:
        if kind != KAFKA:
            service, method, answer = CLUSTERS[kind]
            aws.answer(service, method, answer)

    cluster()
    aws.answer("secretsmanager", "describe_secret", {"ARN": SECRET, "KmsKeyId": KEY}, {"SecretId": SECRET})
    observed = source.observe(aws.connection, wished(kind), CTX)
    assert [(each.arn, each.key_arn) for each in observed.secrets] == [(SECRET, KEY)]
    cluster()
    aws.refuse("secretsmanager", "describe_secret", "ResourceNotFoundException", "none", 400)
    assert found(Severity.BLOCK) == [f"{prefix}-SECRET"]
    cluster()
    when = datetime(2026, 11, 29, tzinfo=UTC)
    aws.answer("secretsmanager", "describe_secret", {"ARN": SECRET, "DeletedDate": when})
    assert found(Severity.BLOCK) == [f"{prefix}-SECRET"]
    cluster()
    aws.refuse("secretsmanager", "describe_secret", "AccessDeniedException", "no", 400)
    assert found(Severity.WARN) == [f"{prefix}-SECRET"]
    assert not {call.operation for call in aws.calls} - {
        "DescribeSecret",
        "DescribeClusterV2",
        "DescribeBroker",
        "DescribeDBClusters",
    }


CLUSTERS: dict[SourceKind, tuple[str, str, dict[str, Any]]] = {
    MSK: (
        "kafka",
        "describe_cluster_v2",
        {
            "ClusterInfo": {
                "State": "CREATING",
                "Provisioned": {
                    "BrokerNodeGroupInfo": {"ClientSubnets": ["subnet-1"], "InstanceType": "kafka.t3.small"},
                    "NumberOfBrokerNodes": 2,
                    "ClientAuthentication": {
                        "Sasl": {"Iam": {"Enabled": True}, "Scram": {"Enabled": False}},
                        "Tls": {"Enabled": True},
                    },
                },
            }
        },
    ),
    MQ: (
        "mq",
        "describe_broker",
        {
            "BrokerState": "CREATION_IN_PROGRESS",
            "EngineType": "RABBITMQ",
            "AuthenticationStrategy": "SIMPLE",
            "PubliclyAccessible": True,
        },
    ),
    DOCS: (
        "docdb",
        "describe_db_clusters",
        {"DBClusters": [{"Status": "creating", "Engine": "docdb", "EngineVersion": "5.0.0"}]},
    ),
}


@pytest.mark.parametrize("kind", CLUSTERS)
def test_a_source_that_is_not_ready_blocks_and_one_that_may_not_be_read_warns(
    aws: StubbedAws, kind: SourceKind
) -> None:
    source = source_of(kind)
    service, method, answer = CLUSTERS[kind]
    spec = TriggerSpec(kind, CASES[kind].arn, SEEN.detail)
    aws.answer(service, method, answer)
    observed = source.observe(aws.connection, spec, CTX)
    assert f"{source.prefix}-STATE" in ids(source.check(spec, observed, SEEN))
    assert observed.in_network is (kind != MQ)  # this broker is public
    aws.refuse(service, method, "AccessDeniedException", "no", 403)
    observed = source.observe(aws.connection, spec, CTX)
    assert f"{source.prefix}-STATE" in ids(source.check(spec, observed, SEEN), Severity.WARN)
    gone = {MSK: "NotFoundException", MQ: "NotFoundException", DOCS: "DBClusterNotFoundFault"}[kind]
    aws.refuse(service, method, gone, "none", 404)
    with pytest.raises(WorkbenchError):
        source.observe(aws.connection, spec, CTX)


@kinds
def test_aws_supports_no_function_that_runs_longer_than_14_minutes(kind: SourceKind) -> None:
    slow = ObservedFunction(detail_of({"Configuration": {**CONFIGURATION, "Timeout": 841}}))
    findings = source_of(kind).check(wished(kind), READY[kind], slow)
    assert f"{source_of(kind).prefix}-TIMEOUT" in ids(findings, Severity.WARN)


@pytest.mark.parametrize(
    ("kind", "observed", "more", "check_id"),
    [
        (MSK, READY[MSK], {"Topics": ("orders", "refunds")}, "PARAM-RANGE"),
        (MSK, READY[MSK], {"Topics": ()}, "PARAM-RANGE"),
        (MSK, READY[MSK], {"StartingPosition": "AT_TIMESTAMP"}, "KAF-TIME"),
        (MSK, READY[MSK], {f"{_ACCESS}.CLIENT_CERTIFICATE_TLS_AUTH": SECRET}, "KAF-AUTH"),
        (MSK, ObservedCluster("ACTIVE", authentication=("IAM",)), {}, "KAF-AUTH"),
        (
            MSK,
            ObservedCluster("ACTIVE", authentication=("TLS",)),
            {f"{_ACCESS}.SASL_SCRAM_512_AUTH": ""},
            "KAF-AUTH",
        ),
        (KAFKA, READY[KAFKA], {_SERVERS: ("b1",)}, "PARAM-RANGE"),
        (KAFKA, READY[KAFKA], {_SERVERS: ()}, "PARAM-RANGE"),
        (KAFKA, READY[KAFKA], {f"{_ACCESS}.SASL_SCRAM_256_AUTH": SECRET}, "KAF-AUTH"),
        (KAFKA, READY[KAFKA], {f"{_ACCESS}.VPC_SUBNET": ()}, "KAF-SUBNETS"),
        (MQ, READY[MQ], {f"{_ACCESS}.BASIC_AUTH": ""}, "PARAM-RANGE"),
        (MQ, READY[MQ], {f"{_ACCESS}.BASIC_AUTH": "user:password"}, "PARAM-RANGE"),
        (MQ, READY[MQ], {f"{_ACCESS}.VIRTUAL_HOST": "/jobs"}, "MQ-VHOST"),
        (MQ, ObservedCluster("RUNNING", "ACTIVEMQ", authentication=("LDAP",)), {}, "MQ-AUTH"),
        (DOCS, READY[DOCS], {"DocumentDBEventSourceConfig.DatabaseName": ""}, "PARAM-RANGE"),
        (DOCS, ObservedCluster("available", "docdb", "3.6.0"), {}, "DOC-ENGINE"),
        (DOCS, ObservedCluster("available", "aurora-mysql", "8.0"), {}, "DOC-ENGINE"),
    ],
)
def test_what_aws_would_refuse_blocks(
    kind: SourceKind, observed: ObservedCluster, more: dict[str, object], check_id: str
) -> None:
    assert ids(source_of(kind).check(wished(kind, **more), observed, SEEN)) == [check_id]


@pytest.mark.parametrize(
    ("kind", "more", "check_id"),
    [
        (MSK, {f"{_ACCESS}.SASL_SCRAM_512_AUTH": SECRET.replace("AmazonMSK_", "")}, "KAF-SECRET-NAME"),
        (
            KAFKA,
            {f"{_ACCESS}.{each}": None for each in ("BASIC_AUTH", "VPC_SUBNET", "VPC_SECURITY_GROUP")},
            "KAF-AUTH",
        ),
    ],
)
def test_what_aws_may_refuse_warns(kind: SourceKind, more: dict[str, object], check_id: str) -> None:
    observed = ObservedCluster("ACTIVE", in_network=False)
    findings = source_of(kind).check(wished(kind, **more), observed, SEEN)
    assert (ids(findings), ids(findings, Severity.WARN)) == ([], [check_id])


def test_a_role_that_signs_in_by_iam_may_read_just_the_topic() -> None:
    spec = wished(MSK, **{f"{_ACCESS}.SASL_SCRAM_512_AUTH": None})
    needed = set(source_of(MSK).role_actions(spec, READY[MSK]))
    topic, group = (
        f"arn:aws:kafka:{PLACE}:{each}" for each in ("topic/clicks/0-1/orders", "group/clicks/0-1/group-1")
    )
    assert {
        ("kafka-cluster:Connect", _CLUSTER),
        ("kafka-cluster:ReadData", topic),
        ("kafka-cluster:DescribeTopic", topic),
        ("kafka-cluster:DescribeGroup", group),
    } <= needed


def test_clusters_and_brokers_of_the_region_are_offered(aws: StubbedAws) -> None:
    pages = {
        MSK: (
            "kafka",
            "list_clusters_v2",
            {
                "ClusterInfoList": [
                    {
                        "ClusterArn": _CLUSTER,
                        "ClusterName": "clicks",
                        "State": "ACTIVE",
                        "ClusterType": "SERVERLESS",
                    }
                ]
            },
            ("clicks", "Serverless"),
        ),
        MQ: (
            "mq",
            "list_brokers",
            {
                "BrokerSummaries": [
                    {
                        "BrokerArn": _BROKER,
                        "BrokerName": "jobs",
                        "BrokerState": "CREATION_FAILED",
                        "EngineType": "RABBITMQ",
                        "DeploymentMode": "SINGLE_INSTANCE",
                    }
                ]
            },
            ("jobs", "RABBITMQ, CREATION_FAILED"),
        ),
        DOCS: (
            "docdb",
            "describe_db_clusters",
            {
                "DBClusters": [
                    {
                        "DBClusterArn": CASES[DOCS].arn,
                        "Engine": "docdb",
                        "EngineVersion": "5.0.0",
                        "Status": "available",
                    },
                    {"DBClusterArn": f"arn:aws:rds:{PLACE}:cluster:sql", "Engine": "aurora-mysql"},
                ]
            },
            ("docs", "5.0.0"),
        ),
    }
    for kind, (service, method, answer, expected) in pages.items():
        aws.answer(service, method, answer)
        (candidate,) = source_of(kind).candidates(aws.connection, CTX)
        assert (candidate.source_arn, candidate.name, candidate.detail) == (CASES[kind].arn, *expected)


@pytest.mark.parametrize("kind", [MSK, KAFKA, MQ])
def test_filters_look_into_what_was_sent(kind: SourceKind) -> None:
    source = source_of(kind)
    file = resources_dir() / "events" / source.sample_event
    record = source.compared_record(json.loads(file.read_text("utf-8")))
    assert try_pattern(json.dumps({source.body: {"order_id": [1042]}}), record).fits
    assert source.passes({"FilterCriteria": (json.dumps({source.body: ["plain"]}),)}, "plain")


def test_documentdb_has_neither_filters_nor_partial_failures() -> None:
    names = {each.name for each in source_of(DOCS).parameters(wished(DOCS))}
    assert {"BatchSize", "DocumentDBEventSourceConfig.FullDocument"} <= names
    assert not names & {"FilterCriteria", "FunctionResponseTypes"}


def test_two_topics_of_one_cluster_have_policies_of_their_own() -> None:
    names = {
        inline_name(kind, arn, ARN, {**CASES[kind].values, "Topics": topic})
        for kind, arn in ((MSK, _CLUSTER), (KAFKA, ""), (KAFKA, "b1:9092"))
        for topic in (("orders",), ("refunds",))
    }
    assert len(names) == 4  # of addresses that came back from AWS it is the same
    there = trigger(KAFKA)
    assert inline_name(KAFKA, there.source_arn, ARN, there.values) in names


def _function(aws: StubbedAws, mappings: list[dict[str, Any]]) -> None:
    aws.answer("lambda", "get_function", {"Configuration": CONFIGURATION})
    aws.refuse("lambda", "get_policy", "ResourceNotFoundException", "none", 404)
    aws.refuse("lambda", "get_function_event_invoke_config", "ResourceNotFoundException", "none", 404)
    aws.answer("lambda", "list_event_source_mappings", {"EventSourceMappings": mappings})
    aws.refuse("iam", "get_role", "AccessDenied", "no", 403)
    aws.refuse("iam", "simulate_principal_policy", "AccessDenied", "no", 403)


def test_the_same_topic_twice_opens_the_existing_trigger(aws: StubbedAws) -> None:
    aws.refuse("kafka", "describe_cluster_v2", "ForbiddenException", "no", 403)
    aws.answer("secretsmanager", "describe_secret", {"ARN": SECRET})
    _function(aws, [answer_of(MSK), answer_of(MSK, Topics=["refunds"]) | {"UUID": OTHER_UUID}])
    prepared = prepare(aws.connection, wished(MSK), CTX)
    (twice,) = (each for each in prepared.findings if each.check_id == "ESM-DUP")
    assert twice.fixes[0].text == UUID


def test_a_self_managed_cluster_is_where_the_function_is_and_can_be_changed(aws: StubbedAws) -> None:
    aws.answer("secretsmanager", "describe_secret", {"ARN": SECRET})
    _function(aws, [answer_of(KAFKA)])
    there = trigger(KAFKA)
    spec = TriggerSpec(
        KAFKA,
        there.source_arn,
        SEEN.detail,
        values={"BatchSize": 60, **{name: value for name, value in there.values.items() if _ACCESS in name}},
    )
    prepared = prepare_update(aws.connection, there, spec, CTX)
    assert ids(prepared.findings) == []
    (step,) = prepared.own_steps
    assert step.args["members"] == {"BatchSize": 60}


def test_a_private_connection_bears_the_name_of_its_cluster_and_may_be_described() -> None:
    """The cluster is another account's.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/with-msk-permissions.html
    """
    arn = f"arn:aws:kafka:{PLACE}:vpc-connection/210987654321/clicks/0-1"
    source = SOURCES[MSK]
    assert source.resource_name(arn) == "clicks"
    needs = source.role_actions(TriggerSpec(MSK, arn, SEEN.detail), ObservedCluster())
    cluster = "arn:aws:kafka:eu-central-1:210987654321:cluster/clicks/*"
    assert set(needs) >= {
        ("kafka:DescribeVpcConnection", arn),
        ("kafka:DescribeClusterV2", cluster),
        ("kafka:GetBootstrapBrokers", cluster),
    }
