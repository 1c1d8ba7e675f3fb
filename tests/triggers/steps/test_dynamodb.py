"""A table's stream, turned on and off, with AWS's own answers."""

from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.triggers.steps.doing import Doing
from workbench.core.errors import WorkbenchError
from workbench.triggers.kinds.dynamodb import PUT_ITEM, TABLE_STREAM
from workbench.triggers.step import Step

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


ITEM = Step(PUT_ITEM, "", "", "", {"table": ARN, "mark": "m-1"})
KEYS: dict[str, Any] = {
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
}


def test_a_test_item_overwrites_nothing(aws: StubbedAws) -> None:
    _is(aws, **KEYS)
    words = "The conditional request failed"
    aws.refuse("dynamodb", "put_item", "ConditionalCheckFailedException", words)
    with pytest.raises(WorkbenchError, match="conditional request failed") as caught:
        Doing(aws.connection, ITEM).do()
    assert "again" in caught.value.remedy


def test_an_item_that_is_no_longer_ours_is_not_deleted(aws: StubbedAws) -> None:
    words = "The conditional request failed"
    aws.refuse("dynamodb", "delete_item", "ConditionalCheckFailedException", words)
    Doing(aws.connection, ITEM, noted={"key": {"id": {"S": "workbench-test-m-1"}}}).undo()
    Doing(aws.connection, ITEM).undo()
