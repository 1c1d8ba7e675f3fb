"""Advice is only what can work: each offered fix is taken on a real Sandbox and settles its finding."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.grants import let_send
from tests.triggers.delivery import Bench
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.triggers.kinds.table import SOURCES
from workbench.triggers.model import Finding, Fix, FixKind, SourceKind, TriggerPlan, TriggerSpec
from workbench.triggers.plan import prepare

CTX = JobContext()
Scene = Callable[[Bench], TriggerSpec]


def _arn(bench: Bench, service: str, resource: str) -> str:
    return f"arn:aws:{service}:{bench.connection.region}:{bench.connection.account_id}:{resource}"


def _queue(bench: Bench, end: str = "", **attributes: str) -> str:
    name = f"orders-{secrets.token_hex(4)}{end}"
    bench.connection.call("sqs", "create_queue", QueueName=name, Attributes=attributes)
    return _arn(bench, "sqs", name)


def short_visibility(bench: Bench) -> TriggerSpec:
    return bench.wish(SourceKind("sqs"), _queue(bench, VisibilityTimeout="1"))


def low_visibility(bench: Bench) -> TriggerSpec:
    return bench.wish(SourceKind("sqs"), _queue(bench, VisibilityTimeout="10"))


def large_batch(bench: Bench) -> TriggerSpec:
    return bench.wish(SourceKind("sqs"), _queue(bench), BatchSize=100)


def fifo_window(bench: Bench) -> TriggerSpec:
    queue = _queue(bench, ".fifo", FifoQueue="true")
    return bench.wish(SourceKind("sqs"), queue, BatchSize=50, MaximumBatchingWindowInSeconds=5)


def pollers_and_concurrency(bench: Bench) -> TriggerSpec:
    more = {
        "ScalingConfig.MaximumConcurrency": 5,
        "ProvisionedPollerConfig.MinimumPollers": 2,
        "ProvisionedPollerConfig.MaximumPollers": 4,
    }
    return bench.wish(SourceKind("sqs"), _queue(bench), **more)


def _bucket(bench: Bench) -> str:
    name = f"photos-{secrets.token_hex(4)}"
    bench.connection.call("s3", "create_bucket", Bucket=name)
    return name


def star_in_a_filter(bench: Bench) -> TriggerSpec:
    return bench.wish(SourceKind("s3"), f"arn:aws:s3:::{_bucket(bench)}", Prefix="in/*", Suffix="*.jpg")


def overlapping_prefix(bench: Bench) -> TriggerSpec:
    bucket, name = _bucket(bench), f"orders-{secrets.token_hex(4)}"
    queue_url = bench.connection.call("sqs", "create_queue", QueueName=name)["QueueUrl"]
    rule = {
        "QueueArn": let_send(bench.connection, queue_url, "s3.amazonaws.com"),
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "reports/"}]}},
    }
    bench.connection.call(
        "s3",
        "put_bucket_notification_configuration",
        Bucket=bucket,
        NotificationConfiguration={"QueueConfigurations": [rule]},
    )
    return bench.wish(SourceKind("s3"), f"arn:aws:s3:::{bucket}")


def own_rule_twice(bench: Bench) -> TriggerSpec:
    wish = bench.wish(SourceKind("s3"), f"arn:aws:s3:::{_bucket(bench)}")
    bench.wire(wish)
    return replace(wish, values={"Events": ("s3:ObjectCreated:Put",)})


def _table(bench: Bench, *, is_on: bool) -> str:
    on = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    stream: dict[str, Any] = {"StreamSpecification": on} if is_on else {}
    name = f"people-{secrets.token_hex(4)}"
    bench.connection.call(
        "dynamodb",
        "create_table",
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        **stream,
    )
    return _arn(bench, "dynamodb", f"table/{name}")


def stream_off(bench: Bench) -> TriggerSpec:
    return bench.wish(SourceKind("dynamodb"), _table(bench, is_on=False), StartingPosition="LATEST")


def table_instead_of_stream(bench: Bench) -> TriggerSpec:
    return bench.wish(SourceKind("dynamodb"), _table(bench, is_on=True), StartingPosition="LATEST")


def kinesis_from_nowhere(bench: Bench) -> TriggerSpec:
    name = f"clicks-{secrets.token_hex(4)}"
    bench.connection.call("kinesis", "create_stream", StreamName=name, ShardCount=1)
    return bench.wish(
        SourceKind("kinesis"), _arn(bench, "kinesis", f"stream/{name}"), StartingPosition="LATEST"
    )


def kinesis_old_timestamp(bench: Bench) -> TriggerSpec:
    return replace(kinesis_from_nowhere(bench), values={"StartingPosition": "AT_TIMESTAMP"})


def rule_disabled(bench: Bench) -> TriggerSpec:
    pattern = '{"source": ["shop"]}'
    answer = bench.connection.call(
        "events", "put_rule", Name=f"off-{secrets.token_hex(4)}", EventPattern=pattern, State="DISABLED"
    )
    return bench.wish(SourceKind("events"), str(answer["RuleArn"]))


def bus_missing(bench: Bench) -> TriggerSpec:
    name = f"bus-{secrets.token_hex(4)}"
    values = {"Name": "on-it", "EventBusName": name, "EventPattern": '{"source": ["shop"]}'}
    return bench.wish(SourceKind("events"), "", **values)


def schedule_role(bench: Bench) -> TriggerSpec:
    values = {
        "Name": "nightly",
        "ScheduleExpression": "rate(1 day)",
        "Target.RoleArn": bench.function.role_arn,
    }
    return bench.wish(SourceKind("scheduler"), "", **values)


def topic_fifo(bench: Bench) -> TriggerSpec:
    name = f"news-{secrets.token_hex(4)}.fifo"
    answer = bench.connection.call("sns", "create_topic", Name=name, Attributes={"FifoTopic": "true"})
    return bench.wish(SourceKind("sns"), str(answer["TopicArn"]))


def raw_delivery(bench: Bench) -> TriggerSpec:
    answer = bench.connection.call("sns", "create_topic", Name=f"news-{secrets.token_hex(4)}")
    return bench.wish(SourceKind("sns"), str(answer["TopicArn"]), RawMessageDelivery="true")


def log_group(bench: Bench) -> TriggerSpec:
    name = f"/shop/{secrets.token_hex(4)}"
    bench.connection.call("logs", "create_log_group", logGroupName=name)
    return bench.wish(SourceKind("logs"), _arn(bench, "logs", f"log-group:{name}"))


def function_url(bench: Bench) -> TriggerSpec:
    return bench.wish(SourceKind("url"), "", AuthType="NONE")


def http_route(bench: Bench) -> TriggerSpec:
    return bench.wish(SourceKind("http-api"), "", Name="shop", RouteKey="GET /orders")


def rest_method(bench: Bench) -> TriggerSpec:
    return bench.wish(SourceKind("rest-api"), "", name="shop", path="/orders")


SCENES: tuple[Scene, ...] = (
    short_visibility,
    low_visibility,
    large_batch,
    fifo_window,
    pollers_and_concurrency,
    star_in_a_filter,
    overlapping_prefix,
    own_rule_twice,
    stream_off,
    table_instead_of_stream,
    kinesis_from_nowhere,
    kinesis_old_timestamp,
    rule_disabled,
    bus_missing,
    schedule_role,
    topic_fifo,
    raw_delivery,
    log_group,
    function_url,
    http_route,
    rest_method,
)


def _fixes(findings: tuple[Finding, ...]) -> list[tuple[Finding, Fix]]:
    return [(finding, fix) for finding in findings for fix in finding.fixes]


def _holds(finding: Finding, wish: TriggerSpec, connection: Connection) -> bool:
    found = prepare(connection, wish, CTX).findings
    return any((each.check_id, each.what) == (finding.check_id, finding.what) for each in found)


@pytest.mark.parametrize("scene", SCENES)
def test_each_fix_that_is_offered_settles_its_finding(
    connection: Connection, tmp_path: Path, scene: Scene
) -> None:
    first = Bench(connection, tmp_path / "first")
    count = len(_fixes(prepare(connection, scene(first), CTX).findings))
    assert count, "nothing is offered here"
    for number in range(count):
        bench = Bench(connection, tmp_path / str(number))
        wish = scene(bench)
        finding, fix = _fixes(prepare(connection, wish, CTX).findings)[number]
        told = f"{finding.check_id}: {fix.title}"
        match fix.kind:
            case FixKind.EDIT:
                after = replace(wish, values={**wish.values, **fix.values})
                assert not _holds(finding, after, connection), told
            case FixKind.STEPS if not fix.steps:  # a decision: the source's own steps do it
                prepared = prepare(connection, wish, CTX)
                accepted = [*prepared.standard_fixes, fix]
                accepted += [each.fixes[0] for each in prepared.blocks(accepted)]
                bench.carry_out(prepared.plan(accepted))
                assert bench.found(SourceKind("sqs")) or bench.found(wish.kind, wish.source_arn), told
            case FixKind.STEPS:
                plan = TriggerPlan(fix.title, bench.function.function_arn, wish.kind, fix.steps)
                bench.carry_out(plan)
                assert not _holds(finding, wish, connection), told
            case FixKind.OTHER_SOURCE:
                assert fix.source_kind is not None, told
                assert SOURCES[fix.source_kind].can_create, told
                if fix.source_arn:
                    after = replace(wish, kind=fix.source_kind, source_arn=fix.source_arn)
                    assert not _holds(finding, after, connection), told
            case FixKind.OPEN_EXISTING:
                identities = [each.identity for each in bench.found(wish.kind, wish.source_arn)]
                assert fix.text in identities, told
            case _:
                pytest.fail(f"nothing has taken {told}")


def test_a_queue_for_failed_events_is_offered_and_keeps_the_other_settings(
    connection: Connection, tmp_path: Path
) -> None:
    bench = Bench(connection, tmp_path)
    name = bench.function.function_name
    connection.call(
        "lambda", "put_function_event_invoke_config", FunctionName=name, MaximumEventAgeInSeconds=600
    )
    wish = bench.wish(SourceKind("s3"), f"arn:aws:s3:::{_bucket(bench)}")
    (loss,) = [each for each in prepare(connection, wish, CTX).findings if each.check_id == "ASYNC-LOSS"]
    (fix,) = loss.fixes
    assert not fix.is_standard
    bench.carry_out(TriggerPlan(fix.title, bench.function.function_arn, wish.kind, fix.steps))
    assert not _holds(loss, wish, connection)
    found = connection.call("lambda", "get_function_event_invoke_config", FunctionName=name)
    assert found["MaximumEventAgeInSeconds"] == 600
    queue = found["DestinationConfig"]["OnFailure"]["Destination"].rpartition(":")[2]
    assert queue == f"{name}-failed-events"
    connection.call("sqs", "get_queue_url", QueueName=queue)
    role = bench.function.role_arn.rpartition("/")[2]
    (policy,) = [
        each
        for each in connection.call("iam", "list_role_policies", RoleName=role)["PolicyNames"]
        if each.startswith("wb-direct-")
    ]
    document = connection.call("iam", "get_role_policy", RoleName=role, PolicyName=policy)["PolicyDocument"]
    assert "sqs:SendMessage" in str(document)
