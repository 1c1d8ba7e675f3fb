"""A function's timeout is edited: the queues that run it are asked before it is saved."""

from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.model import detail_of
from workbench.triggers.kinds.sqs import check_timeout
from workbench.triggers.model import Severity

ARN = "arn:aws:lambda:eu-central-1:123456789012:function:f"
DETAIL = detail_of({"Configuration": {"FunctionName": "f", "FunctionArn": ARN, "Timeout": 60}})
QUEUE = "arn:aws:sqs:eu-central-1:123456789012:orders"
CTX = JobContext()


def _runs(aws: StubbedAws, *mappings: dict[str, Any]) -> None:
    listed = [{"UUID": "1" * 36, "FunctionArn": ARN, "EventSourceArn": QUEUE} | each for each in mappings]
    aws.answer("lambda", "list_event_source_mappings", {"EventSourceMappings": listed})


def _has(aws: StubbedAws, visibility_s: int) -> None:
    aws.answer("sqs", "get_queue_url", {"QueueUrl": "https://q"})
    answer = {"Attributes": {"VisibilityTimeout": str(visibility_s)}}
    aws.answer("sqs", "get_queue_attributes", answer)


def test_scenario_18_a_timeout_above_the_visibility_timeout_is_said_before_saving(
    aws: StubbedAws,
) -> None:
    _runs(aws, {"MaximumBatchingWindowInSeconds": 5})
    _has(aws, 60)
    (found,) = check_timeout(aws.connection, DETAIL, 120, CTX)
    assert (found.check_id, found.severity) == ("SQS-VIS-LT", Severity.BLOCK)
    assert "AWS rejects a new trigger with these timeouts, and may reject this change too." in found.why
    assert "60 s" in found.what
    assert "120 s" in found.what
    assert found.fixes[0].steps[0].args["attributes"] == {"VisibilityTimeout": "725"}
    assert not any(call.is_write for call in aws.calls)


@pytest.mark.parametrize(("visibility_s", "ids"), [(720, []), (719, ["SQS-VIS-6X"]), (120, ["SQS-VIS-6X"])])
def test_room_enough_is_no_finding(aws: StubbedAws, visibility_s: int, ids: list[str]) -> None:
    _runs(aws, {})
    _has(aws, visibility_s)
    assert [each.check_id for each in check_timeout(aws.connection, DETAIL, 120, CTX)] == ids


def test_an_alias_keeps_its_own_timeout_and_is_only_warned_of(aws: StubbedAws) -> None:
    _runs(aws, {"FunctionArn": f"{ARN}:live"}, {"UUID": "2" * 36})
    _has(aws, 60)
    _has(aws, 60)
    found = check_timeout(aws.connection, DETAIL, 120, CTX)
    assert [each.severity for each in found] == [Severity.BLOCK, Severity.WARN]
    assert "f:live" in found[1].what


def test_other_sources_and_other_functions_are_not_asked(aws: StubbedAws) -> None:
    stream = "arn:aws:kinesis:eu-central-1:123456789012:stream/s"
    _runs(aws, {"EventSourceArn": stream}, {"FunctionArn": f"{ARN}2", "UUID": "2" * 36})
    assert check_timeout(aws.connection, DETAIL, 120, CTX) == ()


def test_a_queue_that_may_not_be_read_is_unknown_and_does_not_hide_the_others(aws: StubbedAws) -> None:
    _runs(aws, {}, {"UUID": "2" * 36})
    aws.refuse("sqs", "get_queue_url", "AccessDenied", "No.", 403)
    _has(aws, 60)
    found = check_timeout(aws.connection, DETAIL, 120, CTX)
    assert [each.severity for each in found] == [Severity.BLOCK, Severity.WARN]
    assert found[1].aws == "AccessDenied"


def test_triggers_that_may_not_be_listed_are_an_error(aws: StubbedAws) -> None:
    aws.refuse("lambda", "list_event_source_mappings", "AccessDeniedException", "No.", 403)
    with pytest.raises(WorkbenchError):
        check_timeout(aws.connection, DETAIL, 120, CTX)
