"""What Lambda knows of a function's triggers, each part on its own."""

import json
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from workbench.core.errors import Cancelled
from workbench.core.jobs import JobContext
from workbench.functions.model import FunctionDetail, detail_of
from workbench.triggers.discover import Trigger, TriggerKind, discover

ARN = "arn:aws:lambda:eu-central-1:123456789012:function:hello"
UUID = "11111111-5c1d-4d9a-9a77-0d8e3d2f4b6a"
UUID_2 = "22222222-5c1d-4d9a-9a77-0d8e3d2f4b6a"
QUEUE = "arn:aws:sqs:eu-central-1:123456789012:orders"


@pytest.fixture
def detail() -> FunctionDetail:
    return detail_of({"Configuration": {"FunctionName": "hello", "FunctionArn": ARN}})


def _mappings(aws: StubbedAws, *mappings: dict[str, Any], expected: Any = None, **more: Any) -> None:
    response = {"EventSourceMappings": list(mappings)} | more
    aws.answer("lambda", "list_event_source_mappings", response, expected or {"FunctionName": "hello"})


def _policy(aws: StubbedAws, *statements: dict[str, Any]) -> None:
    policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    aws.answer("lambda", "get_policy", {"Policy": policy}, {"FunctionName": "hello"})


def _no_policy(aws: StubbedAws) -> None:
    words = "The resource you requested does not exist."
    aws.refuse("lambda", "get_policy", "ResourceNotFoundException", words, 404)


def _urls(aws: StubbedAws, *urls: dict[str, Any]) -> None:
    rest = {"CreationTime": "t", "LastModifiedTime": "t"}
    answer = {"FunctionUrlConfigs": [url | rest for url in urls]}
    aws.answer("lambda", "list_function_url_configs", answer, {"FunctionName": "hello"})


def _denied(aws: StubbedAws, method: str, action: str) -> None:
    words = f"User: me is not authorized to perform: {action} on resource: {ARN}"
    aws.refuse("lambda", method, "AccessDeniedException", words, 403)


def test_all_three_kinds_are_found(aws: StubbedAws, detail: FunctionDetail) -> None:
    mapping = {
        "UUID": UUID,
        "EventSourceArn": QUEUE,
        "FunctionArn": f"{ARN}:live",
        "State": "Enabled",
        "BatchSize": 10,
        "LastProcessingResult": "OK",
    }
    _mappings(aws, mapping)
    _policy(
        aws,
        {
            "Sid": "wb-s3",
            "Effect": "Allow",
            "Principal": {"Service": "s3.amazonaws.com"},
            "Action": "lambda:InvokeFunction",
            "Resource": ARN,
            "Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::photos"}},
        },
        {"Sid": "all", "Effect": "Deny", "Principal": "*", "Action": "lambda:*", "Resource": f"{ARN}:7"},
    )
    url = "https://abcdefghijklmnopqrstuvwxyz012345.lambda-url.eu-central-1.on.aws/"
    _urls(aws, {"FunctionUrl": url, "FunctionArn": f"{ARN}:live", "AuthType": "AWS_IAM"})
    report = discover(aws.connection, detail, JobContext())
    assert report.problems == ()
    assert report.triggers == (
        Trigger(
            TriggerKind.MAPPING, "sqs", QUEUE, "Enabled", "batch size: 10 · last result: OK", UUID, "live"
        ),
        Trigger(TriggerKind.GRANT, "s3", "arn:aws:s3:::photos", "", "", "wb-s3"),
        Trigger(TriggerKind.GRANT, "", "", "", "* · Deny · lambda:*", "all", "7"),
        Trigger(TriggerKind.URL, "lambda", url, "", "AWS_IAM · BUFFERED", f"{ARN}:live", "live"),
    )
    assert not any(call.is_write for call in aws.calls)


def test_a_function_without_triggers_has_no_problem(aws: StubbedAws, detail: FunctionDetail) -> None:
    _mappings(aws)
    _no_policy(aws)
    _urls(aws)
    report = discover(aws.connection, detail, JobContext())
    assert report.triggers == ()
    assert report.problems == ()


def test_all_pages_of_mappings_are_read(aws: StubbedAws, detail: FunctionDetail) -> None:
    _mappings(aws, {"UUID": UUID, "EventSourceArn": QUEUE}, NextMarker="m")
    _mappings(
        aws, {"UUID": UUID_2, "EventSourceArn": QUEUE}, expected={"FunctionName": "hello", "Marker": "m"}
    )
    _no_policy(aws)
    _urls(aws)
    report = discover(aws.connection, detail, JobContext())
    assert [trigger.identity for trigger in report.triggers] == [UUID, UUID_2]


def test_a_cluster_without_an_arn_is_named_by_its_servers(aws: StubbedAws, detail: FunctionDetail) -> None:
    servers = {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["b1:9092", "b2:9092"]}}
    _mappings(aws, {"UUID": UUID, "SelfManagedEventSource": servers, "State": "SomeNewState"})
    _no_policy(aws)
    _urls(aws)
    (trigger,) = discover(aws.connection, detail, JobContext()).triggers
    assert (trigger.service, trigger.source_arn, trigger.state) == (
        "kafka",
        "b1:9092, b2:9092",
        "SomeNewState",
    )


def test_what_may_not_be_read_is_a_problem_and_the_rest_is_shown(
    aws: StubbedAws, detail: FunctionDetail
) -> None:
    _denied(aws, "list_event_source_mappings", "lambda:ListEventSourceMappings")
    _policy(
        aws,
        {"Sid": "a", "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Resource": ARN},
    )
    _denied(aws, "list_function_url_configs", "lambda:ListFunctionUrlConfigs")
    report = discover(aws.connection, detail, JobContext())
    assert [trigger.service for trigger in report.triggers] == ["events"]
    assert [problem.kind for problem in report.problems] == [TriggerKind.MAPPING, TriggerKind.URL]
    assert [problem.error.aws_code for problem in report.problems] == ["AccessDeniedException"] * 2
    assert "lambda:ListEventSourceMappings" in str(report.problems[0].error)


def test_a_policy_that_cannot_be_read_is_a_problem(aws: StubbedAws, detail: FunctionDetail) -> None:
    _mappings(aws)
    aws.answer("lambda", "get_policy", {"Policy": "not a policy"})
    _urls(aws)
    report = discover(aws.connection, detail, JobContext())
    assert [(problem.kind, problem.error.what) for problem in report.problems] == [
        (TriggerKind.GRANT, "The resource policy of hello could not be read.")
    ]


def test_a_function_that_is_gone_is_not_a_function_without_triggers(
    aws: StubbedAws, detail: FunctionDetail
) -> None:
    words = f"Function not found: {ARN}"
    _mappings(aws)
    aws.refuse("lambda", "get_policy", "ResourceNotFoundException", words, 404)
    aws.refuse("lambda", "list_function_url_configs", "ResourceNotFoundException", words, 404)
    report = discover(aws.connection, detail, JobContext())
    assert [problem.kind for problem in report.problems] == [TriggerKind.GRANT, TriggerKind.URL]
    assert "Function not found" in str(report.problems[0].error)


def test_cancel_takes_effect_between_calls(aws: StubbedAws, detail: FunctionDetail) -> None:
    import threading

    stop = threading.Event()
    _mappings(aws)
    context = JobContext(report=lambda progress: stop.set() if progress.done else None, stop=stop)
    with pytest.raises(Cancelled):
        discover(aws.connection, detail, context)
