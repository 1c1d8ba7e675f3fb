"""A copy is wired to what was chosen, and nothing is taken from the original or from others."""

import secrets
from dataclasses import replace
from pathlib import Path

import pytest

from tests.triggers.kinds.pulled import CTX, make_queue, polled_function
from tests.triggers.kinds.wired import found, policy, wire
from workbench.aws.connection import Connection
from workbench.functions.model import FunctionDetail
from workbench.triggers.copying import copy_triggers, why_not
from workbench.triggers.execute import TriggerJournal
from workbench.triggers.model import Link, Location, SourceKind, Trigger, TriggerSpec


@pytest.fixture
def original(connection: Connection) -> FunctionDetail:
    return polled_function(connection)


@pytest.fixture
def copy(connection: Connection) -> FunctionDetail:
    return polled_function(connection)


def _copy(
    connection: Connection, copy: FunctionDetail, triggers: tuple[Trigger, ...], folder: Path
) -> tuple[tuple[str, ...], str]:
    report = copy_triggers(connection, copy, triggers, TriggerJournal(folder), CTX)
    assert TriggerJournal(folder).unfinished(connection.account_id, connection.region) == ()
    return report.names, " ".join(each.why for each in report.left)


def test_a_queue_runs_both_with_the_same_settings(
    connection: Connection, original: FunctionDetail, copy: FunctionDetail, tmp_path: Path
) -> None:
    values: dict[str, object] = {"BatchSize": 3, "FilterCriteria": ('{"body":{"kind":["order"]}}',)}
    wire(
        connection, TriggerSpec(SourceKind("sqs"), make_queue(connection), original, values=values), tmp_path
    )
    triggers = found(connection, SourceKind("sqs"), original)
    assert _copy(connection, copy, triggers, tmp_path) == ((triggers[0].name,), "")
    (made,) = found(connection, SourceKind("sqs"), copy)
    assert (made.source_arn, made.values["BatchSize"]) == (triggers[0].source_arn, 3)
    assert made.values["FilterCriteria"] == values["FilterCriteria"]
    assert found(connection, SourceKind("sqs"), original) == triggers


def test_a_topic_and_a_url_go_along(
    connection: Connection, original: FunctionDetail, copy: FunctionDetail, tmp_path: Path
) -> None:
    topic = connection.call("sns", "create_topic", Name=f"t-{secrets.token_hex(4)}")["TopicArn"]
    wire(connection, TriggerSpec(SourceKind("sns"), topic, original), tmp_path)
    wire(connection, TriggerSpec(SourceKind("url"), "", original, values={"AuthType": "AWS_IAM"}), tmp_path)
    triggers = (
        *found(connection, SourceKind("sns"), original, hints=(topic,)),
        *found(connection, SourceKind("url"), original),
    )
    before = policy(connection, original)
    names, left = _copy(connection, copy, triggers, tmp_path)
    assert (len(names), left) == (2, "")
    (subscription,) = found(connection, SourceKind("sns"), copy, hints=(topic,))
    assert subscription.link is Link.LINKED
    (url,) = found(connection, SourceKind("url"), copy)
    assert url.values["AuthType"] == "AWS_IAM"
    assert policy(connection, original) == before


def test_a_rule_takes_the_copy_as_one_more_target_and_stays_as_it_is(
    connection: Connection, original: FunctionDetail, copy: FunctionDetail, tmp_path: Path
) -> None:
    name = f"r-{secrets.token_hex(4)}"
    connection.call(
        "events", "put_rule", Name=name, EventPattern='{"source":["app"]}', Description="others' words"
    )
    rule = connection.call("events", "describe_rule", Name=name)
    wire(connection, TriggerSpec(SourceKind("events"), rule["Arn"], original), tmp_path)
    triggers = found(connection, SourceKind("events"), original)
    names, left = _copy(connection, copy, triggers, tmp_path)
    assert (names, left) == ((name,), "")
    targets = connection.call("events", "list_targets_by_rule", Rule=name)["Targets"]
    assert {each["Arn"] for each in targets} == {original.function_arn, copy.function_arn}
    after = connection.call("events", "describe_rule", Name=name)
    assert (after["EventPattern"], after["Description"]) == (rule["EventPattern"], rule["Description"])


def test_a_bucket_cannot_tell_two_functions_of_the_same_objects(
    connection: Connection, original: FunctionDetail, copy: FunctionDetail, tmp_path: Path
) -> None:
    bucket = f"b-{secrets.token_hex(4)}"
    connection.call("s3", "create_bucket", Bucket=bucket)
    arn = f"arn:aws:s3:::{bucket}"
    wire(
        connection,
        TriggerSpec(SourceKind("s3"), arn, original, values={"Events": ("s3:ObjectCreated:*",)}),
        tmp_path,
    )
    triggers = found(connection, SourceKind("s3"), original, hints=(arn,))
    before = connection.call("s3", "get_bucket_notification_configuration", Bucket=bucket)
    names, left = _copy(connection, copy, triggers, tmp_path)
    assert names == ()
    assert left
    after = connection.call("s3", "get_bucket_notification_configuration", Bucket=bucket)
    assert after["LambdaFunctionConfigurations"] == before["LambdaFunctionConfigurations"]
    assert policy(connection, copy) == ""


def test_a_source_that_is_gone_hides_no_other(
    connection: Connection, original: FunctionDetail, copy: FunctionDetail, tmp_path: Path
) -> None:
    arn = make_queue(connection)
    wire(connection, TriggerSpec(SourceKind("sqs"), arn, original), tmp_path)
    (good,) = found(connection, SourceKind("sqs"), original)
    gone = replace(good, source_arn=f"{arn}-gone", name="gone")
    names, left = _copy(connection, copy, (gone, good), tmp_path)
    assert names == (good.name,)
    assert left


ARN = "arn:aws:lambda:us-east-1:111111111111:function:f"
HERE = Location("aws", "us-east-1", "111111111111")
THERE = Location("aws", "eu-west-1", "111111111111")
QUEUE = "arn:aws:sqs:us-east-1:111111111111:orders"


@pytest.mark.parametrize(
    ("trigger", "place", "words"),
    [
        (Trigger(SourceKind("sqs"), QUEUE, "orders"), HERE, ""),
        (Trigger(SourceKind("sqs"), QUEUE, "orders"), THERE, "eu-west-1"),
        (Trigger(SourceKind("sns"), QUEUE.replace("sqs", "sns"), "orders"), THERE, ""),
        (Trigger(SourceKind("s3"), "arn:aws:s3:::photos", "photos"), THERE, ""),
        (Trigger(SourceKind("url"), "https://x.lambda-url.us-east-1.on.aws/", "URL"), THERE, ""),
        (Trigger(SourceKind("iot"), "arn:aws:iot:us-east-1:1:rule/r", "r"), HERE, "does not create"),
        (Trigger(SourceKind("other"), "", "someone"), HERE, "does not create"),
        (
            Trigger(SourceKind("scheduler"), "arn:aws:scheduler:us-east-1:1:schedule/d/s", "s"),
            HERE,
            "belongs to",
        ),
        (
            Trigger(SourceKind("sqs"), QUEUE, "orders", link=Link.ORPHAN_MAPPING),
            HERE,
            "other end of the trigger is missing",
        ),
    ],
)
def test_what_cannot_go_along_says_why(trigger: Trigger, place: Location, words: str) -> None:
    reason = why_not(trigger, ARN, place)
    assert words in reason
    assert bool(reason) is bool(words)
