"""CloudTrail's records of changes: what is asked, what becomes of the answers and of refusals."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.metrics.changes import EVENTS, MAX_PAGES, RETENTION, ChangeKind, function_name_of, read_events

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ARN = "arn:aws:sts::123456789012:assumed-role/Deployer/ann"
CODE, CONFIGURATION, VERSION, ALIAS = EVENTS


def event(
    name: str, told: dict[str, Any] | None = None, asked: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    record = {
        "eventName": name,
        "eventTime": "2026-11-24T11:00:05Z",
        "userIdentity": {"type": "AssumedRole", "arn": ARN},
        "requestParameters": {"functionName": "hello"} | (asked or {}),
        "responseElements": told,
    } | more
    return {"EventName": name, "EventTime": NOW, "Username": "ann", "CloudTrailEvent": json.dumps(record)}


def answer(
    aws: StubbedAws,
    name: str,
    events: list[dict[str, Any]],
    token: str = "",
    asked: str = "",
    hours: float = 3,
) -> None:
    expected: dict[str, Any] = {
        "LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": name}],
        "StartTime": NOW - timedelta(hours=hours),
        "EndTime": NOW,
        "MaxResults": 50,
    }
    expected |= {"NextToken": asked} if asked else {}
    aws.answer("cloudtrail", "lookup_events", {"Events": events, "NextToken": token}, expected)


def test_who_changed_what_is_read_page_by_page_and_of_this_function_only(aws: StubbedAws) -> None:
    other = event(CODE, {"codeSha256": "else"}, {"functionName": "hello-2"})
    answer(aws, CODE, [other], token="more")
    arn = "arn:aws:lambda:eu-central-1:123456789012:function:hello"
    told = {"codeSha256": "abc", "version": "8", "memorySize": 256}
    refused = event(CODE, None, errorCode="AccessDenied")
    answer(aws, CODE, [event(CODE, told, {"functionName": arn}), refused], asked="more")
    answer(aws, CONFIGURATION, [event(CONFIGURATION, {"memorySize": 512, "codeSha256": "old"})])
    answer(aws, VERSION, [{"EventName": VERSION, "CloudTrailEvent": "no JSON"}])
    moved = {"functionVersion": "8", "name": "prod"}
    answer(aws, ALIAS, [event(ALIAS, None, moved, userIdentity={"invokedBy": "codedeploy.amazonaws.com"})])
    found = read_events(aws.connection, "hello", NOW - timedelta(hours=3), NOW, JobContext(), pause_s=0)
    assert not found.is_cut
    code, configuration, alias = found.changes
    assert code.when == datetime(2026, 11, 24, 11, 0, 5, tzinfo=UTC)
    assert (code.version, code.code_sha256, code.who) == ("8", "abc", ARN)
    assert code.kinds == {ChangeKind.CODE, ChangeKind.VERSION}
    assert configuration.kinds == {ChangeKind.CONFIGURATION}
    assert configuration.memory_mb == (0, 512)
    assert configuration.code_sha256 == ""  # what the answer names is about to be replaced
    assert (alias.alias_name, alias.version, alias.who) == ("prod", "8", "codedeploy.amazonaws.com")


def test_cloudtrail_is_asked_no_further_back_than_it_remembers_and_not_for_ever(aws: StubbedAws) -> None:
    hours = RETENTION / timedelta(hours=1)
    for page in range(MAX_PAGES):
        answer(aws, CODE, [], token=f"{page + 1}", asked=f"{page or ''}", hours=hours)
    for name in (CONFIGURATION, VERSION, ALIAS):
        answer(aws, name, [], hours=hours)
    found = read_events(aws.connection, "hello", NOW - timedelta(days=400), NOW, JobContext(), pause_s=0)
    assert found.is_cut
    assert found.changes == ()


def test_a_refusal_says_which_permission_is_missing(aws: StubbedAws) -> None:
    words = "User: me is not authorized to perform: cloudtrail:LookupEvents"
    aws.refuse("cloudtrail", "lookup_events", "AccessDeniedException", words)
    with pytest.raises(WorkbenchError, match="cloudtrail:LookupEvents") as caught:
        read_events(aws.connection, "hello", NOW - RETENTION, NOW, JobContext(), pause_s=0)
    assert caught.value.aws_code == "AccessDeniedException"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("hello", "hello"),
        ("hello:7", "hello"),
        ("123456789012:hello", "hello"),
        ("123456789012:function:hello:prod", "hello"),
        ("arn:aws:lambda:eu-central-1:123456789012:function:hello:$LATEST", "hello"),
        ("", ""),
    ],
)
def test_a_function_is_named_in_many_ways(text: str, name: str) -> None:
    assert function_name_of(text) == name


def test_the_sandbox_has_no_cloudtrail_and_says_so(connection: Connection) -> None:
    with pytest.raises(WorkbenchError) as caught:
        read_events(connection, "hello", NOW - RETENTION, NOW, JobContext(), pause_s=0)
    assert caught.value.what == "Could not read CloudTrail."
    assert connection.is_custom_endpoint  # by which the Metrics tab knows what to say
