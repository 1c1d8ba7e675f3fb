"""Consumers of a stream, registered and deregistered, with AWS's own answers."""

from datetime import UTC, datetime

import pytest

from tests.aws_stub import StubbedAws
from tests.triggers.steps.doing import Doing
from workbench.core.errors import WorkbenchError
from workbench.triggers.kinds.kinesis import CONSUMER_DELETE, STREAM_CONSUMER
from workbench.triggers.step import Step

STREAM = "arn:aws:kinesis:eu-central-1:123456789012:stream/clicks"
CONSUMER = f"{STREAM}/consumer/wb-f:1700000000"
ARGS = {"stream_arn": STREAM, "consumer_name": "wb-f"}
STEP = Step(STREAM_CONSUMER, "", "", "", ARGS)
DELETE = Step(CONSUMER_DELETE, "", "", "", ARGS)


def _is(aws: StubbedAws, *states: str) -> None:
    for status in states:
        description = {
            "ConsumerName": "wb-f",
            "ConsumerARN": CONSUMER,
            "ConsumerStatus": status,
            "ConsumerCreationTimestamp": datetime.now(UTC),
            "StreamARN": STREAM,
        }
        expected = {"StreamARN": STREAM, "ConsumerName": "wb-f"}
        aws.answer("kinesis", "describe_stream_consumer", {"ConsumerDescription": description}, expected)


def _is_not(aws: StubbedAws) -> None:
    words = "Consumer wb-f under stream clicks not found."
    aws.refuse("kinesis", "describe_stream_consumer", "ResourceNotFoundException", words)


def _registers(aws: StubbedAws) -> None:
    answer = {
        "Consumer": {
            "ConsumerName": "wb-f",
            "ConsumerARN": CONSUMER,
            "ConsumerStatus": "CREATING",
            "ConsumerCreationTimestamp": datetime.now(UTC),
        }
    }
    expected = {"StreamARN": STREAM, "ConsumerName": "wb-f"}
    aws.answer("kinesis", "register_stream_consumer", answer, expected)


def _read_by(aws: StubbedAws, *uuids: str) -> None:
    answer = {"EventSourceMappings": [{"UUID": uuid} for uuid in uuids]}
    aws.answer("lambda", "list_event_source_mappings", answer, {"EventSourceArn": CONSUMER})


def _deregisters(aws: StubbedAws) -> None:
    _is(aws, "ACTIVE")
    _read_by(aws)
    aws.answer("kinesis", "deregister_stream_consumer", {}, {"ConsumerARN": CONSUMER})
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
    assert facts == {"arn": CONSUMER, "was_there": False}
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
