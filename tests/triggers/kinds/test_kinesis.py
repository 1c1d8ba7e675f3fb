"""Streams: every check fires where it must and keeps silent where it must not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.triggers import values as known
from tests.triggers.steps.doing import Doing
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.triggers.kinds.kinesis import (
    CONSUMER_DELETE,
    STREAM_CONSUMER,
    KinesisSource,
    ObservedStream,
    stream_of,
)
from workbench.triggers.model import Finding, Severity, SourceKind, Trigger, TriggerSpec
from workbench.triggers.steps import Step

CTX = JobContext()
KINESIS = KinesisSource()
STREAM = f"arn:aws:kinesis:us-east-1:{known.ACCOUNT}:stream/clicks"
CONSUMER = f"{STREAM}/consumer/fast:1700000000"
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
SAFE: dict[str, Any] = {"StartingPosition": "TRIM_HORIZON", "MaximumRetryAttempts": 5}


def _spec(arn: str = STREAM, **values: Any) -> TriggerSpec:
    return known.spec(SourceKind("kinesis"), arn, values=SAFE | values)


def _seen(**more: Any) -> ObservedStream:
    known_of: dict[str, Any] = {"arn": STREAM, "status": "ACTIVE", "retention_h": 24, "now": NOW}
    return ObservedStream(**(known_of | more))


def _findings(seen: ObservedStream | None = None, **values: Any) -> tuple[Finding, ...]:
    return KINESIS.check(_spec(**values), seen or _seen(), known.seen())


def _ids(*args: Any, **values: Any) -> list[str]:
    return [finding.check_id for finding in _findings(*args, **values)]


def test_a_good_stream_has_no_findings() -> None:
    assert _ids() == []
    assert _ids(BatchSize=100, MaximumBatchingWindowInSeconds=0) == []  # scenario 19


AT: dict[str, Any] = {"StartingPosition": "AT_TIMESTAMP"}
STAMP = "StartingPositionTimestamp"


@pytest.mark.parametrize(
    ("fires", "check_id", "seen", "values"),
    [
        (True, "KIN-STATUS", _seen(status="CREATING"), {}),
        (True, "KIN-STATUS", _seen(status="DELETING"), {}),
        (False, "KIN-STATUS", _seen(status="UPDATING"), {}),
        (False, "KIN-STATUS", None, {}),
        (
            True,
            "KIN-STATUS",
            _seen(consumer_name="fast", consumer_arn=CONSUMER, consumer_status="CREATING"),
            {},
        ),
        (
            False,
            "KIN-STATUS",
            _seen(consumer_name="fast", consumer_arn=CONSUMER, consumer_status="ACTIVE"),
            {},
        ),
        (True, "KIN-CONSUMER-LIMIT", _seen(consumer_name="fast", consumers=20), {}),
        (False, "KIN-CONSUMER-LIMIT", _seen(consumer_name="fast", consumers=19), {}),
        (False, "KIN-CONSUMER-LIMIT", _seen(consumers=20), {}),
        (
            False,
            "KIN-CONSUMER-LIMIT",
            _seen(consumer_name="fast", consumer_arn=CONSUMER, consumer_status="ACTIVE", consumers=20),
            {},
        ),
        (True, "KIN-LATEST", None, {"StartingPosition": "LATEST"}),
        (False, "KIN-LATEST", None, {}),
        (False, "KIN-LATEST", _seen(readers=("f",)), {"StartingPosition": "LATEST"}),
        (True, "KIN-AGE", None, {"MaximumRecordAgeInSeconds": 86_401}),
        (False, "KIN-AGE", None, {"MaximumRecordAgeInSeconds": 86_400}),
        (False, "KIN-AGE", None, {"MaximumRecordAgeInSeconds": -1}),
        (True, "KIN-TIMESTAMP", None, AT),
        (True, "KIN-TIMESTAMP", None, AT | {STAMP: NOW + timedelta(seconds=1)}),
        (False, "KIN-TIMESTAMP", None, AT | {STAMP: NOW}),
        (False, "KIN-TIMESTAMP", _seen(readers=("f",)), AT),
        (True, "STR-POISON", None, {"MaximumRetryAttempts": -1}),
        (False, "STR-POISON", None, {}),
        (True, "PARAM-RANGE", None, {"ConsumerName": "not allowed"}),
        (False, "PARAM-RANGE", None, {"ConsumerName": "wb-f"}),
        (True, "ESM-FILTER", None, {"FilterCriteria": ('{"data":{"a":1}}',)}),
        (True, "ESM-FILTER", None, {"FilterCriteria": ('{"data":{"a":[1]}}',) * 6}),
        (False, "ESM-FILTER", None, {"FilterCriteria": ('{"data":{"a":[1]}}',) * 5}),
    ],
)
def test_checks(fires: bool, check_id: str, seen: ObservedStream | None, values: dict[str, Any]) -> None:
    assert (check_id in _ids(seen, **values)) is fires


def test_more_than_ten_filters_are_refused_and_more_than_five_may_be() -> None:
    pattern = '{"data":{"a":[1]}}'
    (many,) = _findings(FilterCriteria=(pattern,) * 11)
    (some,) = _findings(FilterCriteria=(pattern,) * 10)
    assert (many.severity, some.severity) == (Severity.BLOCK, Severity.WARN)


@pytest.mark.parametrize(
    ("mode", "consumers", "severity"),
    [
        ("PROVISIONED", 20, Severity.BLOCK),
        ("ON_DEMAND", 20, Severity.WARN),
        ("ON_DEMAND", 50, Severity.BLOCK),
    ],
)
def test_how_many_consumers_a_stream_may_have(mode: str, consumers: int, severity: Severity) -> None:
    (found,) = _findings(_seen(consumer_name="fast", consumers=consumers, mode=mode))
    assert found.severity is severity


def _request(seen: ObservedStream, spec: TriggerSpec) -> list[tuple[str, Any]]:
    return [(step.action, step.args) for step in KINESIS.plan(spec, seen)]


def test_shared_throughput_is_one_mapping() -> None:
    ((_, args),) = _request(_seen(), _spec(StartingPositionTimestamp=NOW))
    assert args["request"] == {
        "EventSourceArn": STREAM,
        "FunctionName": known.ARN,
        "StartingPosition": "TRIM_HORIZON",
        "MaximumRetryAttempts": 5,
    }


def test_a_moment_is_sent_with_its_time_zone() -> None:
    ((_, args),) = _request(_seen(), _spec(**AT, StartingPositionTimestamp=NOW))
    assert args["request"]["StartingPositionTimestamp"] == "2026-11-26T12:00:00+00:00"


def test_a_consumer_is_registered_first() -> None:
    register, mapping = _request(_seen(consumer_name="wb-f"), _spec(ConsumerName="wb-f"))
    assert register == (STREAM_CONSUMER, {"stream_arn": STREAM, "consumer_name": "wb-f"})
    assert mapping[1]["made_by"] == STREAM_CONSUMER
    assert "ConsumerName" not in mapping[1]["request"]


@pytest.mark.parametrize("arn", [STREAM, CONSUMER])
def test_a_consumer_that_is_there_is_wired_as_it_is(arn: str) -> None:
    seen = _seen(consumer_name="fast", consumer_arn=CONSUMER, consumer_status="ACTIVE")
    ((_, args),) = _request(seen, _spec(arn, ConsumerName="fast"))
    assert (args["request"]["EventSourceArn"], args["made_by"]) == (CONSUMER, "")


def test_only_a_consumer_of_our_own_goes_with_its_trigger() -> None:
    theirs = Trigger(SourceKind("kinesis"), CONSUMER, "clicks", identity="u")
    ours = Trigger(SourceKind("kinesis"), f"{STREAM}/consumer/wb-f:17", "clicks", identity="u")
    assert [step.action for step in KINESIS.remove(theirs)] == ["mapping delete"]
    _, deregistered = KINESIS.remove(ours)
    assert deregistered.action == CONSUMER_DELETE
    assert deregistered.args == {"stream_arn": STREAM, "consumer_name": "wb-f"}


def test_streams_and_consumers_are_told_apart() -> None:
    assert stream_of(STREAM) == (STREAM, "")
    assert stream_of(CONSUMER) == (STREAM, "fast")


def test_the_role_subscribes_with_a_consumer_and_decrypts() -> None:
    key = "arn:aws:kms:us-east-1:111111111111:key/k"
    shared = KINESIS.role_actions(_spec(), _seen(key_id="k"))
    assert ("kms:Decrypt", key) in shared
    assert not any(action == "kinesis:SubscribeToShard" for action, _ in shared)
    own = KINESIS.role_actions(_spec(), _seen(consumer_name="fast", consumer_arn=CONSUMER))
    assert ("kinesis:SubscribeToShard", CONSUMER) in own


def test_a_stream_and_its_consumer_are_read(aws: StubbedAws) -> None:
    arn = "arn:aws:kinesis:eu-central-1:123456789012:stream/clicks"
    summary = {
        "StreamName": "clicks",
        "StreamARN": arn,
        "StreamStatus": "ACTIVE",
        "RetentionPeriodHours": 48,
        "StreamCreationTimestamp": NOW,
        "EnhancedMonitoring": [],
        "OpenShardCount": 1,
        "ConsumerCount": 3,
        "StreamModeDetails": {"StreamMode": "ON_DEMAND"},
    }
    aws.answer(
        "kinesis", "describe_stream_summary", {"StreamDescriptionSummary": summary}, {"StreamARN": arn}
    )
    words = "Consumer fast not found."
    aws.refuse("kinesis", "describe_stream_consumer", "ResourceNotFoundException", words)
    aws.answer("lambda", "list_event_source_mappings", {}, {"EventSourceArn": arn})
    spec = known.spec(SourceKind("kinesis"), arn, values={"ConsumerName": "fast"})
    seen = KINESIS.observe(aws.connection, spec, CTX)
    assert (seen.status, seen.retention_h, seen.consumers, seen.mode) == ("ACTIVE", 48, 3, "ON_DEMAND")
    assert (seen.consumer_name, seen.consumer_arn) == ("fast", "")
    assert abs(seen.now - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_stream_that_is_gone_is_said(aws: StubbedAws) -> None:
    arn = "arn:aws:kinesis:eu-central-1:123456789012:stream/clicks"
    words = "Stream clicks under account 123456789012 not found."
    aws.refuse("kinesis", "describe_stream_summary", "ResourceNotFoundException", words)
    with pytest.raises(WorkbenchError, match="clicks"):
        KINESIS.observe(aws.connection, known.spec(SourceKind("kinesis"), arn), CTX)


def test_the_explanation_has_the_streams_retention() -> None:
    values = {"RetentionPeriodHours": 48, "BisectBatchOnFunctionError": True}
    found = KINESIS.explain(Trigger(SourceKind("kinesis"), STREAM, "clicks", values=values), known.seen())
    assert found.not_simulated == "The Sandbox does not support enhanced fan-out."
    assert "2 days" in found.source_retries
    assert "split in two" in found.lambda_retries
    assert "partition key" in found.order


def test_a_test_record_is_warned_of() -> None:
    trigger = Trigger(SourceKind("kinesis"), CONSUMER, "clicks")
    event = KINESIS.test_event(trigger, "m-1")
    assert event.steps[0].args["stream_arn"] == STREAM
    assert "m-1" in event.steps[0].args["data"]
    assert "Every reader" in event.warning
    filtered = Trigger(SourceKind("kinesis"), STREAM, "c", values={"FilterCriteria": ('{"data":{"a":[1]}}',)})
    paused = Trigger(SourceKind("kinesis"), STREAM, "c", values={"Enabled": False})
    assert "paused" in KINESIS.test_event(paused, "m").warning
    assert "paused" not in event.warning
    assert "filters" not in KINESIS.test_event(filtered, "m").warning  # the sample is made for it
    assert "filters" in KINESIS.test_event(filtered, "m", {"data": "not JSON"}).warning


STREAM_ARN = "arn:aws:kinesis:eu-central-1:123456789012:stream/clicks"
CONSUMER_ARN = f"{STREAM_ARN}/consumer/wb-f:1700000000"
ARGS = {"stream_arn": STREAM_ARN, "consumer_name": "wb-f"}
STEP = Step(STREAM_CONSUMER, "", "", "", ARGS)
DELETE = Step(CONSUMER_DELETE, "", "", "", ARGS)


def _is(aws: StubbedAws, *states: str) -> None:
    for status in states:
        description = {
            "ConsumerName": "wb-f",
            "ConsumerARN": CONSUMER_ARN,
            "ConsumerStatus": status,
            "ConsumerCreationTimestamp": datetime.now(UTC),
            "StreamARN": STREAM_ARN,
        }
        expected = {"StreamARN": STREAM_ARN, "ConsumerName": "wb-f"}
        aws.answer("kinesis", "describe_stream_consumer", {"ConsumerDescription": description}, expected)


def _is_not(aws: StubbedAws) -> None:
    words = "Consumer wb-f under stream clicks not found."
    aws.refuse("kinesis", "describe_stream_consumer", "ResourceNotFoundException", words)


def _registers(aws: StubbedAws) -> None:
    answer = {
        "Consumer": {
            "ConsumerName": "wb-f",
            "ConsumerARN": CONSUMER_ARN,
            "ConsumerStatus": "CREATING",
            "ConsumerCreationTimestamp": datetime.now(UTC),
        }
    }
    expected = {"StreamARN": STREAM_ARN, "ConsumerName": "wb-f"}
    aws.answer("kinesis", "register_stream_consumer", answer, expected)


def _read_by(aws: StubbedAws, *uuids: str) -> None:
    answer = {"EventSourceMappings": [{"UUID": uuid} for uuid in uuids]}
    aws.answer("lambda", "list_event_source_mappings", answer, {"EventSourceArn": CONSUMER_ARN})


def _deregisters(aws: StubbedAws) -> None:
    _is(aws, "ACTIVE")
    _read_by(aws)
    aws.answer("kinesis", "deregister_stream_consumer", {}, {"ConsumerARN": CONSUMER_ARN})
    _is(aws, "DELETING")
    _is_not(aws)


def test_it_is_registered_awaited_and_deregistered_again(aws: StubbedAws) -> None:
    doing = Doing(aws.connection, STEP)
    _is_not(aws)
    words = "Too many consumers in CREATING"
    aws.refuse("kinesis", "register_stream_consumer", "LimitExceededException", words)
    _registers(aws)
    _is(aws, "CREATING", "ACTIVE")
    facts = doing.do()
    assert facts == {"arn": CONSUMER_ARN, "was_there": False}
    _deregisters(aws)
    doing.undo(facts)


def test_one_that_is_there_is_used_and_kept(aws: StubbedAws) -> None:
    doing = Doing(aws.connection, STEP)
    _is(aws, "ACTIVE", "ACTIVE")
    doing.undo(doing.do())
    assert not any(call.is_write for call in aws.calls)


def test_its_end_unseen_it_is_deregistered(aws: StubbedAws) -> None:
    doing = Doing(aws.connection, STEP, noted={"was_there": False})
    _deregisters(aws)
    doing.undo()


def test_one_that_a_mapping_reads_with_stays_and_is_said(aws: StubbedAws) -> None:
    doing = Doing(aws.connection, STEP, noted={"was_there": False})
    _is(aws, "ACTIVE")
    _read_by(aws, "1" * 36)
    with pytest.raises(WorkbenchError, match="remains registered"):
        doing.undo()


def test_removing_a_trigger_leaves_a_consumer_that_another_one_needs(aws: StubbedAws) -> None:
    _is(aws, "ACTIVE")
    _read_by(aws, "1" * 36)
    Doing(aws.connection, DELETE).do()
    assert not any(call.is_write for call in aws.calls)


def test_a_consumer_that_has_gone_is_fine(aws: StubbedAws) -> None:
    _is_not(aws)
    Doing(aws.connection, DELETE).do()
