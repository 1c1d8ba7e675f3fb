"""Event source mappings of a region, by function."""

from typing import Any

from tests.aws_stub import StubbedAws
from tests.fake_time import FakeClock
from workbench.aws.retrying_connection import CachingConnection, RateBudget
from workbench.core.jobs import JobContext
from workbench.functions.model import detail_of
from workbench.triggers.mappings import mappings_of

CTX = JobContext()
ARN = "arn:aws:lambda:eu-central-1:123456789012:function:hello"
DETAIL = detail_of({"Configuration": {"FunctionName": "hello", "FunctionArn": ARN}})


def uuid(number: int) -> str:
    return f"{number:08d}-5c1d-4d9a-9a77-0d8e3d2f4b6a"


def mapping(number: int, function: str = ARN, **more: Any) -> dict[str, Any]:
    source = "arn:aws:sqs:eu-central-1:123456789012:orders"
    return {
        "UUID": uuid(number),
        "FunctionArn": function,
        "EventSourceArn": source,
        "State": "Enabled",
    } | more


def test_those_of_all_qualifiers_are_the_function_s_and_each_is_there_once(aws: StubbedAws) -> None:
    first = [mapping(1), mapping(2, f"{ARN}:live"), mapping(3, f"{ARN}-other")]
    aws.answer("lambda", "list_event_source_mappings", {"EventSourceMappings": first, "NextMarker": "m"}, {})
    aws.answer("lambda", "list_event_source_mappings", {"EventSourceMappings": first[:1]}, {"Marker": "m"})
    found = mappings_of(aws.connection, DETAIL, CTX)
    assert [each["UUID"] for each in found] == [uuid(1), uuid(2)]


def test_the_region_is_asked_once_for_many_functions(aws: StubbedAws) -> None:
    aws.answer("lambda", "list_event_source_mappings", {"EventSourceMappings": [mapping(1)]}, {})
    connection = CachingConnection(aws.connection, RateBudget(FakeClock()), CTX)
    other = detail_of({"Configuration": {"FunctionName": "x", "FunctionArn": f"{ARN}x"}})
    assert [len(mappings_of(connection, each, CTX)) for each in (DETAIL, other, DETAIL)] == [1, 0, 1]
