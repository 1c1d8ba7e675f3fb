"""Tables: every check fires where it must and keeps silent where it must not."""

from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.triggers import values as known
from tests.triggers.steps.doing import Doing
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.triggers.kinds.dynamodb import PUT_ITEM, TABLE_STREAM, DynamoDbSource, ObservedTable
from workbench.triggers.model import Finding, FixKind, Severity, SourceKind, Trigger, TriggerSpec
from workbench.triggers.steps import Step

CTX = JobContext()
DDB = DynamoDbSource()
TABLE = f"arn:aws:dynamodb:us-east-1:{known.ACCOUNT}:table/orders"
STREAM = f"{TABLE}/stream/2026-11-26T10:00:00.000"
OLD = f"{TABLE}/stream/2025-01-01T10:00:00.000"
BOTH = "NEW_AND_OLD_IMAGES"
SAFE: dict[str, Any] = {"StartingPosition": "LATEST", "MaximumRetryAttempts": 5}


def _spec(arn: str = STREAM, **values: Any) -> TriggerSpec:
    return known.spec(SourceKind("dynamodb"), arn, values=SAFE | values)


def _seen(**more: Any) -> ObservedTable:
    stream: dict[str, Any] = {"is_on": True, "view_type": BOTH, "stream_arn": STREAM}
    return ObservedTable(TABLE, **(stream | more))


def _findings(arn: str = STREAM, seen: ObservedTable | None = None, **values: Any) -> tuple[Finding, ...]:
    return DDB.check(_spec(arn, **values), seen or _seen(), known.seen())


def _ids(*args: Any, **values: Any) -> list[str]:
    return [finding.check_id for finding in _findings(*args, **values)]


def test_a_good_stream_has_no_findings() -> None:
    assert _ids() == []


OFF = ObservedTable(TABLE, False)
IMAGE = ('{"dynamodb":{"OldImage":{"a":{"S":["x"]}}}}',)
NUMERIC = ('{"dynamodb":{"NewImage":{"a":{"N":[{"numeric":[">",1]}]}}}}',)


@pytest.mark.parametrize(
    ("fires", "check_id", "arn", "seen", "values"),
    [
        (True, "DDB-NOSTREAM", TABLE, OFF, {}),
        (True, "DDB-NOSTREAM", OLD, ObservedTable(TABLE, False, "", OLD), {}),
        (False, "DDB-NOSTREAM", TABLE, None, {}),
        (True, "DDB-TABLEARN", TABLE, None, {}),
        (False, "DDB-TABLEARN", STREAM, None, {}),
        (False, "DDB-TABLEARN", TABLE, OFF, {}),
        (True, "DDB-STALE", OLD, None, {}),
        (False, "DDB-STALE", STREAM, None, {}),
        (True, "DDB-READERS", STREAM, _seen(readers=("a", "b:live")), {}),
        (False, "DDB-READERS", STREAM, _seen(readers=("a", "f")), {}),
        (True, "DDB-VIEW", STREAM, _seen(view_type="KEYS_ONLY"), {}),
        (True, "DDB-VIEW", STREAM, _seen(view_type="NEW_IMAGE"), {"FilterCriteria": IMAGE}),
        (False, "DDB-VIEW", STREAM, _seen(view_type="OLD_IMAGE"), {"FilterCriteria": IMAGE}),
        (False, "DDB-VIEW", STREAM, _seen(view_type="NEW_IMAGE"), {}),
        (False, "DDB-VIEW", STREAM, _seen(view_type="SOMETHING_NEW"), {"FilterCriteria": IMAGE}),
        (True, "STR-POISON", STREAM, None, {"MaximumRetryAttempts": -1}),
        (True, "STR-POISON", STREAM, None, {"MaximumRetryAttempts": None}),
        (False, "STR-POISON", STREAM, None, {"MaximumRetryAttempts": 0}),
        (False, "STR-POISON", STREAM, None, {"MaximumRetryAttempts": -1, "MaximumRecordAgeInSeconds": 60}),
        (False, "STR-POISON", STREAM, None, {"MaximumRetryAttempts": -1, "BisectBatchOnFunctionError": True}),
        (
            False,
            "STR-POISON",
            STREAM,
            None,
            {"MaximumRetryAttempts": -1, "DestinationConfig.OnFailure.Destination": known.QUEUE},
        ),
        (True, "ESM-DEST", STREAM, None, {"DestinationConfig.OnFailure.Destination": known.ARN}),
        (False, "ESM-DEST", STREAM, None, {"DestinationConfig.OnFailure.Destination": "arn:aws:s3:::b"}),
        (True, "ESM-FILTER", STREAM, None, {"FilterCriteria": NUMERIC}),
        (False, "ESM-FILTER", STREAM, None, {"FilterCriteria": IMAGE}),
        (True, "PARAM-RANGE", STREAM, None, {"StartingPosition": "AT_TIMESTAMP"}),
        (True, "PARAM-RANGE", STREAM, None, {"StartingPosition": None}),
        (False, "PARAM-RANGE", STREAM, None, {"StartingPosition": "TRIM_HORIZON"}),
        (True, "PARAM-RANGE", STREAM, None, {"MaximumRecordAgeInSeconds": 30}),
        (True, "PARAM-RANGE", STREAM, None, {"MaximumRecordAgeInSeconds": 604_801}),
        (False, "PARAM-RANGE", STREAM, None, {"MaximumRecordAgeInSeconds": -1}),
        (False, "PARAM-RANGE", STREAM, None, {"MaximumRecordAgeInSeconds": 60}),
        (True, "PARAM-RANGE", STREAM, None, {"MaximumRetryAttempts": -2}),
        (True, "PARAM-RANGE", STREAM, None, {"ParallelizationFactor": 11}),
        (True, "PARAM-RANGE", STREAM, None, {"TumblingWindowInSeconds": 901}),
        (False, "PARAM-RANGE", STREAM, None, {"BatchSize": 100, "MaximumBatchingWindowInSeconds": 0}),
    ],
)
def test_checks(
    fires: bool, check_id: str, arn: str, seen: ObservedTable | None, values: dict[str, Any]
) -> None:
    assert (check_id in _ids(arn, seen, **values)) is fires


def test_scenario_24_a_stream_that_is_off_can_be_turned_on_in_four_ways() -> None:
    (found,) = _findings(TABLE, OFF)
    assert found.severity is Severity.BLOCK
    views = [fix.steps[0].args["view_type"] for fix in found.fixes]
    assert views[0] == BOTH
    assert set(views) == {BOTH, "NEW_IMAGE", "OLD_IMAGE", "KEYS_ONLY"}
    (mapping,) = DDB.plan(_spec(TABLE), OFF)
    assert mapping.args["made_by"] == found.fixes[0].steps[0].action


@pytest.mark.parametrize("arn", [TABLE, OLD])
def test_the_stream_that_is_on_is_offered(arn: str) -> None:
    (found,) = _findings(arn)
    assert found.severity is Severity.BLOCK
    assert (found.fixes[0].kind, found.fixes[0].source_arn) == (FixKind.OTHER_SOURCE, STREAM)


def test_a_way_out_of_the_poison_record() -> None:
    (found,) = _findings(MaximumRetryAttempts=-1)
    assert found.check_id == "STR-POISON"
    assert _ids(**found.fixes[0].values) == []


def test_the_plan_is_one_mapping() -> None:
    (step,) = DDB.plan(_spec(BatchSize=5, BisectBatchOnFunctionError=True), _seen())
    assert step.args["request"] == {
        "EventSourceArn": STREAM,
        "FunctionName": known.ARN,
        "StartingPosition": "LATEST",
        "MaximumRetryAttempts": 5,
        "BatchSize": 5,
        "BisectBatchOnFunctionError": True,
    }


def test_the_role_needs_to_read_the_stream_and_to_reach_the_destination() -> None:
    spec = _spec(**{"DestinationConfig.OnFailure.Destination": "arn:aws:s3:::b"})
    actions = DDB.role_actions(spec, _seen())
    assert ("dynamodb:GetRecords", STREAM) in actions
    assert ("s3:PutObject", "arn:aws:s3:::b/*") in actions
    assert ("dynamodb:GetRecords", f"{TABLE}/stream/*") in DDB.role_actions(_spec(TABLE), OFF)
    topic = _spec(**{"DestinationConfig.OnFailure.Destination": "arn:aws:sns:r:1:t"})
    assert ("sns:Publish", "arn:aws:sns:r:1:t") in DDB.role_actions(topic, _seen())


def test_where_reading_began_is_not_changed_later() -> None:
    trigger = Trigger(SourceKind("dynamodb"), STREAM, "orders", identity="u", values={"BatchSize": 100})
    (step,) = DDB.update(trigger, _spec(StartingPosition="TRIM_HORIZON", BatchSize=7), _seen())
    assert step.args["members"] == {"MaximumRetryAttempts": 5, "BatchSize": 7}


def test_the_explanation_has_the_triggers_numbers() -> None:
    values = {"MaximumRetryAttempts": 3, "DestinationConfig.OnFailure.Destination": known.QUEUE}
    found = DDB.explain(Trigger(SourceKind("dynamodb"), STREAM, "orders", values=values), known.seen())
    assert found.not_simulated == ""
    assert "24 h" in found.source_retries
    assert "up to 3 times" in found.lambda_retries
    assert known.QUEUE in found.failures
    assert found.flow == ("orders", "Lambda's poller", "f", "orders")


def test_a_table_and_its_readers_are_read(aws: StubbedAws) -> None:
    arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/orders"
    stream = f"{arn}/stream/now"
    table = {
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": BOTH},
        "LatestStreamArn": stream,
    }
    aws.answer("dynamodb", "describe_table", {"Table": table}, {"TableName": "orders"})
    listed = [{"UUID": "u" * 36, "FunctionArn": "arn:aws:lambda:r:1:function:g"}]
    aws.answer(
        "lambda", "list_event_source_mappings", {"EventSourceMappings": listed}, {"EventSourceArn": stream}
    )
    seen = DDB.observe(aws.connection, known.spec(SourceKind("dynamodb"), stream), CTX)
    assert seen == ObservedTable(arn, True, BOTH, stream, ("g",))
    assert not any(call.is_write for call in aws.calls)


def test_a_table_of_another_account_is_asked_for_by_its_arn(aws: StubbedAws) -> None:
    arn = "arn:aws:dynamodb:eu-central-1:222222222222:table/orders"
    aws.answer("dynamodb", "describe_table", {"Table": {}}, {"TableName": arn})
    seen = DDB.observe(aws.connection, known.spec(SourceKind("dynamodb"), f"{arn}/stream/x"), CTX)
    assert seen == ObservedTable(arn, False)


def test_tables_are_offered_by_their_latest_stream(aws: StubbedAws) -> None:
    arn = "arn:aws:dynamodb:eu-central-1:123456789012:table"
    streams = [f"{arn}/aaa/stream/2026-01-02", f"{arn}/aaa/stream/2026-01-01"]
    for number, each in enumerate(streams):
        last = {"LastEvaluatedStreamArn": each} if number == 0 else {}
        expected = {"ExclusiveStartStreamArn": streams[0]} if number else {}
        answer = {"Streams": [{"StreamArn": each, "TableName": "aaa", "StreamLabel": "l"}], **last}
        aws.answer("dynamodbstreams", "list_streams", answer, expected)
    aws.answer("dynamodb", "list_tables", {"TableNames": ["aaa"], "LastEvaluatedTableName": "aaa"})
    aws.answer("dynamodb", "list_tables", {"TableNames": ["bbb"]}, {"ExclusiveStartTableName": "aaa"})
    found = list(DDB.candidates(aws.connection, CTX))
    assert [(each.source_arn, each.detail) for each in found] == [
        (streams[0], ""),
        (f"{arn}/bbb", "stream off"),
    ]


ARN = "arn:aws:dynamodb:eu-central-1:123456789012:table/orders"
OURS, EARLIER = f"{ARN}/stream/2026-11-26T10:00", f"{ARN}/stream/2025-01-01T10:00"
STEP = Step(TABLE_STREAM, "", "", "", {"table": ARN, "view_type": "KEYS_ONLY"})
ON = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}


def _is(aws: StubbedAws, status: str = "ACTIVE", **table: Any) -> None:
    answer = {"Table": {"TableStatus": status, **table}}
    aws.answer("dynamodb", "describe_table", answer, {"TableName": "orders"})


def _switches(aws: StubbedAws, specification: dict[str, Any]) -> None:
    expected = {"TableName": "orders", "StreamSpecification": specification}
    aws.answer("dynamodb", "update_table", {}, expected)


def _read_by(aws: StubbedAws, *uuids: str) -> None:
    answer = {"EventSourceMappings": [{"UUID": uuid} for uuid in uuids]}
    aws.answer("lambda", "list_event_source_mappings", answer, {"EventSourceArn": OURS})


def test_it_is_turned_on_awaited_and_turned_off_again(aws: StubbedAws) -> None:
    doing = Doing(aws.connection, STEP)
    _is(aws, LatestStreamArn=EARLIER)
    aws.refuse("dynamodb", "update_table", "ResourceInUseException", "Table is being updated: orders")
    _switches(aws, ON)
    _is(aws, "UPDATING", StreamSpecification=ON, LatestStreamArn=OURS)
    _is(aws, StreamSpecification=ON, LatestStreamArn=OURS)
    facts = doing.do()
    assert facts == {"arn": OURS, "was_on": False, "before": EARLIER}
    assert doing.slept == [1.0, 1.0]
    _is(aws, StreamSpecification=ON, LatestStreamArn=OURS)
    _read_by(aws)
    _switches(aws, {"StreamEnabled": False})
    _is(aws)
    doing.undo(facts)


def test_one_that_is_on_already_is_used_and_left_on(aws: StubbedAws) -> None:
    doing = Doing(aws.connection, STEP)
    _is(aws, StreamSpecification=ON, LatestStreamArn=OURS)
    facts = doing.do()
    assert facts["arn"] == OURS
    doing.undo(facts)
    assert not any(call.is_write for call in aws.calls)


def test_one_that_is_on_with_another_view_is_not_touched(aws: StubbedAws) -> None:
    doing = Doing(aws.connection, STEP)
    _is(aws, StreamSpecification=ON | {"StreamViewType": "NEW_IMAGE"}, LatestStreamArn=OURS)
    with pytest.raises(WorkbenchError, match="NEW_IMAGE"):
        doing.do()
    doing.undo()
    assert not any(call.is_write for call in aws.calls)


def test_done_again_after_a_crash_it_can_still_be_undone(aws: StubbedAws) -> None:
    doing = Doing(aws.connection, STEP, noted={"was_on": False, "before": ""})
    _is(aws, StreamSpecification=ON, LatestStreamArn=OURS)
    facts = doing.do()
    _is(aws, StreamSpecification=ON, LatestStreamArn=OURS)
    _read_by(aws)
    _switches(aws, {"StreamEnabled": False})
    _is(aws)
    doing.undo(facts)


def test_what_others_read_by_now_stays_on_and_is_said(aws: StubbedAws) -> None:
    doing = Doing(aws.connection, STEP, noted={"was_on": False, "before": ""})
    _is(aws, StreamSpecification=ON, LatestStreamArn=OURS)
    _read_by(aws, "1" * 36)
    with pytest.raises(WorkbenchError, match="stays on"):
        doing.undo()


def test_a_call_that_never_came_through_needs_no_undoing(aws: StubbedAws) -> None:
    doing = Doing(aws.connection, STEP, noted={"was_on": False, "before": EARLIER})
    _is(aws, LatestStreamArn=EARLIER)
    doing.undo()
    Doing(aws.connection, STEP).undo()  # nothing was noted: nothing was asked for


def test_a_table_that_has_gone_needs_no_undoing(aws: StubbedAws) -> None:
    words = "Requested resource not found: Table: orders not found"
    aws.refuse("dynamodb", "describe_table", "ResourceNotFoundException", words)
    Doing(aws.connection, STEP, noted={"was_on": False, "before": ""}).undo()


ITEM = Step(PUT_ITEM, "", "", "", {"table": ARN, "mark": "m-1", "item": "{}"})
KEYS: dict[str, Any] = {
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
}


def test_a_test_item_overwrites_nothing(aws: StubbedAws) -> None:
    _is(aws, **KEYS)
    words = "The conditional request failed"
    aws.refuse("dynamodb", "put_item", "ConditionalCheckFailedException", words)
    with pytest.raises(WorkbenchError, match="already has an item with this key") as caught:
        Doing(aws.connection, ITEM).do()
    assert "another key" in caught.value.remedy


def test_an_item_that_is_no_longer_ours_is_not_deleted(aws: StubbedAws) -> None:
    words = "The conditional request failed"
    aws.refuse("dynamodb", "delete_item", "ConditionalCheckFailedException", words)
    Doing(aws.connection, ITEM, noted={"key": {"id": {"S": "workbench-test-m-1"}}}).undo()
    Doing(aws.connection, ITEM).undo()
