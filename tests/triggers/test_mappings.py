"""Event source mappings: their settings, to AWS and back, and the steps that change them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.aws.model_check import check_request
from tests.aws_stub import StubbedAws
from tests.fake_time import FakeClock
from tests.triggers.steps.doing import Doing
from workbench.aws.retry import CachingConnection, RateBudget
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.model import detail_of
from workbench.triggers.kinds.table import kind_of
from workbench.triggers.mappings import (
    MAPPING,
    MAPPING_DELETE,
    MAPPING_UPDATE,
    changed_members,
    mappings_of,
    request_of,
    trigger_of,
    values_of,
)
from workbench.triggers.model import SourceKind, TriggerState
from workbench.triggers.steps import QUEUE_ATTRIBUTES, Step

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


FUNCTION = "arn:aws:lambda:eu-central-1:123456789012:function:f"
QUEUE = "arn:aws:sqs:eu-central-1:123456789012:orders"
OURS, THEIRS = "1" * 36, "2" * 36
REQUEST = {"EventSourceArn": QUEUE, "FunctionName": FUNCTION, "BatchSize": 5}
IN_USE = (
    "ResourceInUseException",
    "Cannot update the event source mapping because it is in use.",
)
GONE = ("ResourceNotFoundException", "The resource you requested does not exist.")
VISIBILITY = "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds"
NO_RIGHT = "The provided execution role does not have permissions to call ReceiveMessage on SQS"


def _create(**more: Any) -> Step:
    return Step(MAPPING, "", "", "", {"request": REQUEST, "made_by": "", **more})


def _listed(aws: StubbedAws, *uuids: str, function: str = FUNCTION, source: str = QUEUE) -> None:
    answer = {"EventSourceMappings": [{"UUID": uuid, "FunctionArn": function} for uuid in uuids]}
    expected = {"EventSourceArn": source, "FunctionName": FUNCTION}
    aws.answer("lambda", "list_event_source_mappings", answer, expected)


def _is(aws: StubbedAws, *states: str, uuid: str = OURS, **more: Any) -> None:
    for state in states:
        answer = {"UUID": uuid, "State": state, "FunctionArn": FUNCTION, **more}
        aws.answer("lambda", "get_event_source_mapping", answer, {"UUID": uuid})


def _is_deleted(aws: StubbedAws) -> None:
    aws.refuse("lambda", "get_event_source_mapping", *GONE, 404)


def test_it_is_made_and_awaited(aws: StubbedAws) -> None:
    _listed(aws)
    aws.answer("lambda", "create_event_source_mapping", {"UUID": OURS, "State": "Creating"}, REQUEST)
    _is(aws, "Creating", "Enabling", "Enabled")
    doing = Doing(aws.connection, _create())
    assert doing.do() == {"uuid": OURS, "before": []}
    assert len(doing.slept) == 2
    assert doing.told == [
        f"Wait until Lambda polls the source, usually up to a minute. Event source mapping: {state}"
        for state in ("Creating", "Enabling")
    ]
    assert doing.emitted == [TriggerState(OURS, "Creating"), TriggerState(OURS, "Enabling")]


def test_a_role_that_is_not_known_yet_is_waited_for(aws: StubbedAws) -> None:
    _listed(aws)
    for words in ("The role defined for the function cannot be assumed by Lambda.", NO_RIGHT):
        aws.refuse("lambda", "create_event_source_mapping", "InvalidParameterValueException", words)
    aws.answer("lambda", "create_event_source_mapping", {"UUID": OURS})
    _is(aws, "Enabled")
    doing = Doing(aws.connection, _create())
    doing.do()
    assert doing.slept == [1.0, 2.0]


@pytest.mark.parametrize(
    "words",
    [
        VISIBILITY,
        "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue.",
    ],
)
def test_a_queue_that_was_made_or_changed_a_moment_ago_is_waited_for(aws: StubbedAws, words: str) -> None:
    _listed(aws)
    for _ in range(7):
        aws.refuse("lambda", "create_event_source_mapping", "InvalidParameterValueException", words)
    aws.answer("lambda", "create_event_source_mapping", {"UUID": OURS})
    _is(aws, "Enabled")
    doing = Doing(aws.connection, _create(), {QUEUE_ATTRIBUTES: {}})
    doing.do()
    assert sum(doing.slept) == 60.0


def test_what_aws_refuses_is_shown_in_its_words_and_leaves_nothing(aws: StubbedAws) -> None:
    _listed(aws)
    aws.refuse("lambda", "create_event_source_mapping", "InvalidParameterValueException", VISIBILITY)
    doing = Doing(aws.connection, _create())
    with pytest.raises(WorkbenchError, match="30 seconds is less than Function timeout") as caught:
        doing.do()
    assert caught.value.aws_code == "InvalidParameterValueException"
    _listed(aws)
    doing.undo()


def test_a_mapping_that_somebody_made_meanwhile_is_named_and_kept(aws: StubbedAws) -> None:
    _listed(aws)
    words = (
        f'An event source mapping with SQS arn (" {QUEUE} ") and function (" f ") already exists. '
        f"Please update or delete the existing mapping with UUID {THEIRS}"
    )
    aws.refuse("lambda", "create_event_source_mapping", "ResourceConflictException", words, 409)
    doing = Doing(aws.connection, _create())
    with pytest.raises(WorkbenchError, match=THEIRS) as caught:
        doing.do()
    assert "Open the existing trigger and change it" in caught.value.remedy


def test_one_that_does_not_start_is_an_error_with_awss_reason(aws: StubbedAws) -> None:
    _listed(aws)
    aws.answer("lambda", "create_event_source_mapping", {"UUID": OURS})
    _is(aws, "Creating")
    _is(aws, "Disabled", StateTransitionReason="Lambda cannot reach the source")
    with pytest.raises(WorkbenchError, match="cannot reach the source"):
        Doing(aws.connection, _create()).do()


def test_one_that_is_made_paused_may_be_disabled(aws: StubbedAws) -> None:
    _listed(aws)
    aws.answer("lambda", "create_event_source_mapping", {"UUID": OURS})
    _is(aws, "Disabled")
    Doing(aws.connection, _create(request=REQUEST | {"Enabled": False})).do()


def test_done_again_after_a_crash_it_finds_its_own_and_can_still_undo_it(aws: StubbedAws) -> None:
    doing = Doing(aws.connection, _create())
    _listed(aws)
    aws.answer("lambda", "create_event_source_mapping", {"UUID": OURS})
    _is(aws, "Enabled")
    doing.do()
    _listed(aws, OURS)
    _is(aws, "Enabled")
    facts = doing.do()
    _listed(aws, OURS)
    _is(aws, "Enabled")
    aws.answer("lambda", "delete_event_source_mapping", {"UUID": OURS}, {"UUID": OURS})
    _is(aws, "Deleting")
    _is_deleted(aws)
    doing.undo(facts)


def test_its_end_unseen_the_one_that_came_is_deleted_and_no_other(aws: StubbedAws) -> None:
    doing = Doing(aws.connection, _create(), noted={"before": [THEIRS]})
    _listed(aws, THEIRS, OURS)
    _is(aws, "Creating", "Enabled")
    aws.answer("lambda", "delete_event_source_mapping", {"UUID": OURS}, {"UUID": OURS})
    _is_deleted(aws)
    doing.undo()


def test_without_a_note_nothing_was_asked_for(aws: StubbedAws) -> None:
    Doing(aws.connection, _create()).undo()
    assert aws.calls == []


def test_a_mapping_for_another_alias_is_not_taken_for_this_one(aws: StubbedAws) -> None:
    _listed(aws, THEIRS, function=f"{FUNCTION}:live")
    aws.answer("lambda", "create_event_source_mapping", {"UUID": OURS})
    _is(aws, "Enabled")
    assert Doing(aws.connection, _create()).do()["before"] == []


def test_the_source_may_be_what_an_earlier_step_made(aws: StubbedAws) -> None:
    stream = "arn:aws:dynamodb:eu-central-1:123456789012:table/t/stream/now"
    _listed(aws, source=stream)
    request = REQUEST | {"EventSourceArn": stream}
    aws.answer("lambda", "create_event_source_mapping", {"UUID": OURS}, request)
    _is(aws, "Enabled")
    Doing(aws.connection, _create(made_by="table stream"), {"table stream": {"arn": stream}}).do()


def _update(**members: Any) -> Step:
    return Step(MAPPING_UPDATE, "", "", "", {"uuid": OURS, "members": members})


def test_a_change_waits_until_aws_is_not_busy(aws: StubbedAws) -> None:
    _is(aws, "Updating", "Enabled", BatchSize=10)
    aws.refuse("lambda", "update_event_source_mapping", *IN_USE)
    aws.answer("lambda", "update_event_source_mapping", {"UUID": OURS}, {"UUID": OURS, "BatchSize": 5})
    _is(aws, "Updating", "Enabled")
    doing = Doing(aws.connection, _update(BatchSize=5))
    assert doing.do()["before"] == {"BatchSize": 10}
    assert doing.told == [
        f"Wait until {then}, usually up to a minute. Event source mapping: Updating"
        for then in ("AWS accepts another change", "the new settings apply")
    ]


def test_what_is_as_wanted_is_not_written(aws: StubbedAws) -> None:
    _is(aws, "Enabled", BatchSize=5, FilterCriteria={})
    Doing(aws.connection, _update(BatchSize=5, FilterCriteria={}, Enabled=True)).do()
    assert not any(call.is_write for call in aws.calls)


@pytest.mark.parametrize(
    ("before", "wanted", "back"),
    [
        ({"BatchSize": 10}, {"BatchSize": 5}, {"BatchSize": 10}),
        (
            {},
            {"FilterCriteria": {"Filters": [{"Pattern": '{"body":["a"]}'}]}},
            {"FilterCriteria": {}},
        ),
        (
            {"FilterCriteria": {"Filters": [{"Pattern": '{"body":["a"]}'}]}},
            {"FilterCriteria": {}},
            {"FilterCriteria": {"Filters": [{"Pattern": '{"body":["a"]}'}]}},
        ),
        ({}, {"ScalingConfig": {"MaximumConcurrency": 5}}, {"ScalingConfig": {}}),
        ({}, {"MaximumRetryAttempts": 3}, {"MaximumRetryAttempts": -1}),
        (
            {},
            {"DestinationConfig": {"OnFailure": {"Destination": QUEUE}}},
            {"DestinationConfig": {"OnFailure": {"Destination": ""}}},
        ),
    ],
)
def test_a_change_is_taken_back_to_what_was(
    aws: StubbedAws, before: dict[str, Any], wanted: dict[str, Any], back: dict[str, Any]
) -> None:
    doing = Doing(aws.connection, _update(**wanted))
    _is(aws, "Enabled", **before)
    aws.answer("lambda", "update_event_source_mapping", {"UUID": OURS}, {"UUID": OURS, **wanted})
    _is(aws, "Enabled", **wanted)
    doing.do()
    _is(aws, "Enabled", **wanted)
    aws.answer("lambda", "update_event_source_mapping", {"UUID": OURS}, {"UUID": OURS, **back})
    _is(aws, "Enabled", **before)
    doing.undo()


def test_what_somebody_changed_since_is_left(aws: StubbedAws) -> None:
    doing = Doing(aws.connection, _update(BatchSize=5), noted={"before": {"BatchSize": 10}})
    _is(aws, "Enabled", BatchSize=7)
    doing.undo()
    assert not any(call.is_write for call in aws.calls)


def test_a_pause_is_taken_back_by_resuming(aws: StubbedAws) -> None:
    doing = Doing(aws.connection, _update(Enabled=False))
    _is(aws, "Enabled")
    aws.answer("lambda", "update_event_source_mapping", {"UUID": OURS}, {"UUID": OURS, "Enabled": False})
    _is(aws, "Disabling", "Disabled")
    doing.do()
    _is(aws, "Disabled")
    aws.answer("lambda", "update_event_source_mapping", {"UUID": OURS}, {"UUID": OURS, "Enabled": True})
    _is(aws, "Enabled")
    doing.undo()


def test_deleting_what_has_gone_is_fine(aws: StubbedAws) -> None:
    _is_deleted(aws)
    Doing(aws.connection, Step(MAPPING_DELETE, "", "", "", {"uuid": OURS})).do()


def test_deleting_waits_for_aws_and_until_it_has_gone(aws: StubbedAws) -> None:
    _is(aws, "Creating", "Enabled")
    aws.refuse("lambda", "delete_event_source_mapping", *IN_USE)
    aws.answer("lambda", "delete_event_source_mapping", {"UUID": OURS}, {"UUID": OURS})
    _is(aws, "Deleting", "Deleting")
    _is_deleted(aws)
    doing = Doing(aws.connection, Step(MAPPING_DELETE, "", "", "", {"uuid": OURS}))
    doing.do()
    assert doing.told[0] == (
        "Wait until AWS accepts the deletion, usually up to a minute. Event source mapping: Creating"
    )
    assert doing.told[-1] == (
        "Wait until it no longer exists, usually up to a minute. Event source mapping: Deleting"
    )
    assert doing.emitted[-1] == TriggerState(OURS, "Deleting")


def test_a_refusal_to_delete_is_shown(aws: StubbedAws) -> None:
    _is(aws, "Enabled")
    aws.refuse("lambda", "delete_event_source_mapping", "AccessDeniedException", "No.", 403)
    with pytest.raises(WorkbenchError) as caught:
        Doing(aws.connection, Step(MAPPING_DELETE, "", "", "", {"uuid": OURS})).do()
    assert caught.value.aws_code == "AccessDeniedException"


def test_a_state_without_end_is_given_up(aws: StubbedAws) -> None:
    _is(aws, *["Updating"] * 130)
    doing = Doing(aws.connection, _update(BatchSize=5))
    with pytest.raises(WorkbenchError, match="still Updating"):
        doing.do()
    assert 500 < sum(doing.slept) < 700
