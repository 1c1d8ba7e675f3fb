"""What sends events to a function, in its templates."""

from dataclasses import replace
from typing import Any

import pytest

from tests.sandbox_functions import create_function
from tests.ui.test_routes import HANDLER
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.export_sources import BucketSource, RuleSource, Sources, TopicSource, read_sources
from workbench.functions.export_templates import sam_template, serverless_file
from workbench.functions.model import FunctionDetail, detail_of
from workbench.functions.template_functions import Tagged, load_yaml
from workbench.triggers.find import find_triggers
from workbench.triggers.model import Link, SourceKind, Trigger
from workbench.ui.features.templates.dialogs import with_event_sources

PLACE = "eu-central-1:123456789012"
ARN = f"arn:aws:lambda:{PLACE}:function:orders"
TOPIC = f"arn:aws:sns:{PLACE}:alarm"
RULE = f"arn:aws:events:{PLACE}:rule"
BUCKET = Trigger(
    SourceKind("s3"),
    "arn:aws:s3:::photos",
    "photos",
    identity="id",
    values={"Events": ("s3:ObjectCreated:*", "s3:ObjectRemoved:Delete"), "Prefix": "in/", "Suffix": ".jpg"},
)
PATTERN = Trigger(
    SourceKind("events"),
    f"{RULE}/shop/orders",
    "orders",
    identity="1",
    values={"EventPattern": '{"source": ["shop"]}', "EventBusName": "shop", "State": "ENABLED"},
)
SCHEDULE = Trigger(
    SourceKind("events"),
    f"{RULE}/nightly",
    "nightly",
    identity="1",
    values={"ScheduleExpression": "rate(5 minutes)", "State": "DISABLED", "Input": '{"a": 1}'},
)
SUBSCRIPTION = Trigger(
    SourceKind("sns"), TOPIC, "alarm", identity=f"{TOPIC}:1", values={"FilterPolicy": '{"kind": ["new"]}'}
)


@pytest.fixture
def detail() -> FunctionDetail:
    return detail_of(
        {
            "Configuration": {
                "FunctionName": "orders",
                "FunctionArn": ARN,
                "Runtime": "python3.13",
                "Handler": "app.handler",
                "Role": "arn:aws:iam::123456789012:role/orders",
            }
        }
    )


@pytest.fixture
def sources() -> Sources:
    return with_event_sources(Sources(), (BUCKET, PATTERN, SCHEDULE, SUBSCRIPTION))


def test_a_sam_template_has_buckets_rules_and_topics(detail: FunctionDetail, sources: Sources) -> None:
    text = sam_template(detail, sources)
    resources: dict[str, Any] = load_yaml(text, "")["Resources"]
    assert resources["OrdersFunction"]["Properties"]["Events"] == {
        "S31": {
            "Type": "S3",
            "Properties": {
                "Bucket": Tagged("!Ref", "PhotosBucket"),
                "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:Delete"],
                "Filter": {
                    "S3Key": {
                        "Rules": [{"Name": "prefix", "Value": "in/"}, {"Name": "suffix", "Value": ".jpg"}]
                    }
                },
            },
        },
        "EventBridgeRule2": {
            "Type": "EventBridgeRule",
            "Properties": {"Pattern": {"source": ["shop"]}, "EventBusName": "shop"},
        },
        "Schedule3": {
            "Type": "Schedule",
            "Properties": {"Schedule": "rate(5 minutes)", "Input": '{"a": 1}', "State": "DISABLED"},
        },
        "SNS4": {
            "Type": "SNS",
            "Properties": {
                "Topic": TOPIC,
                "FilterPolicy": {"kind": ["new"]},
                "FilterPolicyScope": "MessageAttributes",
            },
        },
    }
    assert resources["PhotosBucket"] == {
        "Type": "AWS::S3::Bucket",
        "DeletionPolicy": "Retain",
        "Properties": {"BucketName": "photos"},
    }
    assert text.startswith("# The bucket photos already exists: import it into the stack")


def test_a_serverless_file_has_buckets_rules_and_topics(detail: FunctionDetail, sources: Sources) -> None:
    function = load_yaml(serverless_file(detail, sources), "")["functions"]["orders"]
    bucket = {"bucket": "photos", "existing": True, "rules": [{"prefix": "in/"}, {"suffix": ".jpg"}]}
    assert function["events"] == [
        {"s3": bucket | {"event": "s3:ObjectCreated:*"}},
        {"s3": bucket | {"event": "s3:ObjectRemoved:Delete"}},
        {
            "eventBridge": {
                "eventBus": f"arn:aws:events:{PLACE}:event-bus/shop",
                "pattern": {"source": ["shop"]},
            }
        },
        {"schedule": {"rate": "rate(5 minutes)", "input": {"a": 1}, "enabled": False}},
        {
            "sns": {
                "arn": TOPIC,
                "filterPolicy": {"kind": ["new"]},
                "filterPolicyScope": "MessageAttributes",
            }
        },
    ]


@pytest.mark.parametrize(
    ("trigger", "others"),
    [
        (replace(BUCKET, link=Link.STALE_PERMISSION), ()),  # nothing calls the function
        (replace(BUCKET, qualifier="live"), ("arn:aws:s3:::photos (of live)",)),
        (Trigger(SourceKind("sqs"), f"arn:aws:sqs:{PLACE}:q", "q", identity="uuid"), ()),  # a mapping
        (Trigger(SourceKind("scheduler"), f"arn:aws:scheduler:{PLACE}:schedule/default/a", "a"),) * 1
        + ((f"arn:aws:scheduler:{PLACE}:schedule/default/a",),),
        (replace(SUBSCRIPTION, values={"FilterPolicy": "{broken"}), (TOPIC,)),
        (replace(SUBSCRIPTION, identity=""), (TOPIC,)),
    ],
)
def test_what_a_template_cannot_hold_is_named(
    detail: FunctionDetail, trigger: Trigger, others: tuple[str, ...]
) -> None:
    sources = with_event_sources(Sources(), (trigger,))
    assert sources == Sources(others=others)
    notes = "".join(f"# Not in this file: event source {each}\n" for each in others)
    assert sam_template(detail, sources).startswith(notes)
    assert serverless_file(detail, sources).startswith(notes)


def test_an_input_that_is_put_together_is_named(detail: FunctionDetail) -> None:
    values = {**PATTERN.values, "InputTransformer.InputTemplate": "<a>"}
    sources = with_event_sources(Sources(), (replace(PATTERN, values=values),))
    assert len(sources.rules) == 1
    assert sources.others == (f"InputTransformer.InputTemplate of {PATTERN.source_arn}",)


def test_what_the_sandbox_has_is_read(connection: Connection) -> None:
    function = create_function(connection, HANDLER)
    name, arn = function.function_name, function.function_arn
    topic = connection.call("sns", "create_topic", Name="alarm")["TopicArn"]
    connection.call("sns", "subscribe", TopicArn=topic, Protocol="lambda", Endpoint=arn)
    rule = connection.call("events", "put_rule", Name="nightly", ScheduleExpression="rate(1 day)")["RuleArn"]
    connection.call("events", "put_targets", Rule="nightly", Targets=[{"Id": "1", "Arn": arn}])
    connection.call("s3", "create_bucket", Bucket="photos-of-all")
    sources = (("s3", "arn:aws:s3:::photos-of-all"), ("sns", topic), ("events", rule))
    for service, source in sources:
        connection.call(
            "lambda",
            "add_permission",
            FunctionName=name,
            StatementId=service,
            Action="lambda:InvokeFunction",
            Principal=f"{service}.amazonaws.com",
            SourceArn=source,
        )
    notification = {"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"], "Id": "1"}
    connection.call(
        "s3",
        "put_bucket_notification_configuration",
        Bucket="photos-of-all",
        NotificationConfiguration={"LambdaFunctionConfigurations": [notification]},
    )
    ctx = JobContext()
    found = with_event_sources(
        read_sources(connection, function, ctx), find_triggers(connection, function, ctx).triggers
    )
    assert found.buckets == (BucketSource("photos-of-all", ("s3:ObjectCreated:*",)),)
    assert [(each.arn, each.schedule, each.enabled) for each in found.rules] == [(rule, "rate(1 day)", True)]
    assert [each.arn for each in found.topics] == [topic]
    assert isinstance(found.rules[0], RuleSource)
    assert isinstance(found.topics[0], TopicSource)
