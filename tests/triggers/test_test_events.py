"""The texts of test events: which are refused before they are sent, and by what an invocation is found."""

import json
from collections.abc import Mapping

import pytest

from workbench.core.errors import WorkbenchError
from workbench.triggers.kinds.table import SOURCES
from workbench.triggers.model import SourceKind, Trigger
from workbench.triggers.test_events import (
    LOGGED,
    TestEvent,
    attributes_for_filters,
    logged_texts,
    message_attributes,
    require_valid,
)

WHERE = "us-east-1:123456789012"
TRIGGERS: Mapping[str, Trigger] = {
    "s3": Trigger(
        SourceKind("s3"),
        "arn:aws:s3:::photos",
        "photos",
        values={"Events": ("s3:ObjectCreated:*",), "Suffix": ".json", "BucketRegion": "us-east-1"},
    ),
    "sqs": Trigger(SourceKind("sqs"), f"arn:aws:sqs:{WHERE}:orders", "orders"),
    "sns": Trigger(
        SourceKind("sns"),
        f"arn:aws:sns:{WHERE}:news",
        "news",
        identity="arn",
        values={"FilterPolicy": '{"color": ["red"], "size": [{"numeric": [">", 5]}]}'},
    ),
    "dynamodb": Trigger(
        SourceKind("dynamodb"),
        f"arn:aws:dynamodb:{WHERE}:table/people/stream/2026",
        "people",
        values={"KeySchema": ("id:S", "hash:B")},
    ),
    "kinesis": Trigger(SourceKind("kinesis"), f"arn:aws:kinesis:{WHERE}:stream/clicks", "clicks"),
    "events": Trigger(
        SourceKind("events"),
        f"arn:aws:events:{WHERE}:rule/on-order",
        "on-order",
        values={"EventPattern": '{"source": ["shop"], "detail": {"state": ["new"]}}'},
    ),
    "scheduler": Trigger(SourceKind("scheduler"), f"arn:aws:scheduler:{WHERE}:schedule/default/n", "n"),
    "logs": Trigger(SourceKind("logs"), f"arn:aws:logs:{WHERE}:log-group:/app:*", "/app", "", "filter"),
    "url": Trigger(
        SourceKind("url"),
        "https://abc.lambda-url.us-east-1.on.aws/",
        "url",
        "",
        f"arn:aws:lambda:{WHERE}:function:f",
    ),
    "direct": Trigger(SourceKind("direct"), f"arn:aws:lambda:{WHERE}:function:f", "f"),
}


def event_of(kind: str, **texts: str) -> TestEvent:
    event = SOURCES[SourceKind(kind)].test_event(TRIGGERS[kind], "mark-1", texts)
    assert event is not None
    return event


def fault(kind: str, name: str, text: str) -> str:
    event = event_of(kind, **{name: text})
    (field,) = (each for each in event.fields if each.name == name)
    if not field.fault(text):
        require_valid(event.fields, {name: text})
        return ""
    with pytest.raises(WorkbenchError, match="The test event was not sent") as caught:
        require_valid(event.fields, {name: text})
    assert caught.value.why == f"{field.label}: {field.fault(text)}"
    return field.fault(text)


@pytest.mark.parametrize("kind", TRIGGERS)
def test_the_sample_of_each_kind_is_right_and_has_the_mark(kind: str) -> None:
    event = event_of(kind)
    require_valid(event.fields, {})
    assert event.has_mark
    assert event.stays
    assert "does not match" not in event.warning
    assert "mark-1" in "".join(field.sample for field in event.fields)


NOT_JSON = "This is not JSON"
TYPES = "not in DynamoDB's JSON"


@pytest.mark.parametrize(
    ("kind", "name", "text", "says"),
    [
        ("s3", "key", "", "required"),
        ("s3", "key", "é" * 512, ""),
        ("s3", "key", "é" * 513, "1,026 bytes; the maximum is 1,024"),
        ("s3", "body", "", ""),
        ("s3", "body", "\ud800", "incomplete"),
        ("s3", "content_type", 'text/plain; charset="utf-8"', ""),
        ("s3", "content_type", "application/vnd.api+json", ""),
        ("s3", "content_type", "text", "text/plain"),
        ("s3", "content_type", "text/plain\r\nX-A: b", "text/plain"),
        ("sqs", "body", "😀\t\n", ""),
        ("sqs", "body", "a\0", "control characters"),
        ("sqs", "attributes", '{"a.b": "1", "n": 2.5, "l": ["x", 1]}', ""),
        ("sqs", "attributes", '{"a": {"DataType": "Number.int", "StringValue": "5"}}', ""),
        ("sqs", "attributes", '{"a": {"DataType": "Text", "StringValue": "5"}}', "a number or a list"),
        ("sqs", "attributes", '{"a..b": "1"}', "cannot be the name"),
        ("sqs", "attributes", '{"Amazon.a": "1"}', "cannot be the name"),
        ("sqs", "attributes", '{"a": true}', "a number or a list"),
        ("sqs", "attributes", '{"a": NaN}', NOT_JSON),
        ("sqs", "attributes", "[1]", "JSON object"),
        (
            "sqs",
            "attributes",
            json.dumps(dict.fromkeys("abcdefghijk", "1")),
            "11 attributes; the maximum is 10",
        ),
        ("sns", "message", "", "required"),
        ("sns", "subject", "", ""),
        ("sns", "subject", "Grüße 😀", ""),
        ("sns", "subject", "a" * 101, "101 characters; the maximum is 100"),
        ("sns", "subject", "a\nb", "Line breaks"),
        ("dynamodb", "item", "{}", ""),
        ("dynamodb", "item", '{"id": {"S": "1"}, "hash": {"B": "AAE="}, "n": {"NULL": true}}', ""),
        ("dynamodb", "item", '{"m": {"M": {"a": {"L": [{"N": "-1e5"}, {"BOOL": false}]}}}}', ""),
        ("dynamodb", "item", '{"s": {"SS": ["a"]}, "n": {"NS": ["1"]}, "b": {"BS": ["AAE="]}}', ""),
        ("dynamodb", "item", '{"id": "1"}', TYPES),
        ("dynamodb", "item", '{"id": {"S": 1}}', TYPES),
        ("dynamodb", "item", '{"a": {"N": "five"}}', TYPES),
        ("dynamodb", "item", '{"a": {"B": "%"}}', TYPES),
        ("dynamodb", "item", '{"a": {"S": "1", "N": "1"}}', TYPES),
        ("dynamodb", "item", '{"id": {"N": "1"}}', "“id” is part of the key: its type is S"),
        ("dynamodb", "item", '{"id": {"S": ""}}', "must not be empty"),
        ("dynamodb", "item", '{"workbench-test": {"S": "mine"}}', "must not be changed"),
        ("dynamodb", "item", "[" * 100_000, "nested too deeply"),
        ("kinesis", "partition_key", "😀" * 256, ""),
        ("kinesis", "partition_key", "a" * 257, "256 characters"),
        ("events", "Source", "aws.s3", "reserved"),
        ("events", "DetailType", "ü" * 128, ""),
        ("events", "DetailType", "a" * 129, "129 characters; the maximum is 128"),
        ("events", "Detail", "7", "JSON object"),
        ("scheduler", "Input", "7", ""),
        ("scheduler", "Input", "seven", NOT_JSON),
        ("logs", "message", "", "required"),
        ("url", "path", "/a%20b?c=d&e=%23", ""),
        ("url", "path", "//elsewhere.example.com/", ""),
        ("url", "path", "a", "Begin with"),
        ("url", "path", "/a b", "%20"),
        ("url", "path", "/a#b", "%20"),
        ("url", "path", "/\r\nX-A: b", "%20"),
        ("url", "method", "TRACE", "Choose a value"),
        ("direct", "payload", "{", NOT_JSON),
    ],
)
def test_what_is_refused_of_a_text(kind: str, name: str, text: str, says: str) -> None:
    if says:
        assert says in fault(kind, name, text)
    else:
        assert fault(kind, name, text) == ""


def test_a_path_stays_at_the_endpoint() -> None:
    (step,) = event_of("url", path="//elsewhere.example.com/").steps
    assert step.args["url"] == "https://abc.lambda-url.us-east-1.on.aws//elsewhere.example.com/"
    (step,) = event_of("url", path="/@elsewhere.example.com/").steps
    assert step.args["url"] == "https://abc.lambda-url.us-east-1.on.aws/@elsewhere.example.com/"


@pytest.mark.parametrize(
    ("kind", "texts", "is_refused"),
    [
        ("sns", {"attributes": '{"color": "red", "size": 6}'}, False),
        ("sns", {"attributes": '{"color": "blue", "size": 6}'}, True),
        ("sns", {"attributes": '{"color": "red", "size": 5}'}, True),
        ("sns", {"attributes": ""}, True),
        ("sns", {"attributes": "{"}, False),  # its fault is said
        ("events", {"Source": "shop", "Detail": '{"state": "new"}'}, False),
        ("events", {"Source": "other"}, True),
        ("events", {"Detail": '{"state": "old"}'}, True),
        ("events", {"Detail": "{"}, False),
        ("s3", {"key": "a.json"}, False),
        ("s3", {"key": "a.txt"}, True),
    ],
)
def test_what_the_triggers_filters_refuse_is_warned_of(
    kind: str, texts: dict[str, str], *, is_refused: bool
) -> None:
    warning = event_of(kind, **texts).warning
    assert ("not match such a" in warning or "do not match this key" in warning) is is_refused


def test_the_content_of_an_object_is_that_of_its_extension() -> None:
    samples = {field.name: field.sample for field in event_of("s3").fields}
    assert samples["content_type"] == "application/json"
    assert json.loads(samples["body"]) == {"workbench-test": "mark-1"}


def test_attributes_are_sent_with_their_types() -> None:
    text = '{"a": "x", "n": 5, "l": ["x", 1], "o": {"DataType": "Binary.x", "StringValue": "y"}}'
    assert message_attributes(text) == {
        "a": {"DataType": "String", "StringValue": "x"},
        "n": {"DataType": "Number", "StringValue": "5"},
        "l": {"DataType": "String.Array", "StringValue": '["x", 1]'},
        "o": {"DataType": "Binary.x", "StringValue": "y"},
    }
    assert attributes_for_filters(text) == {"a": "x", "n": 5, "l": ["x", 1], "o": "y"}
    assert message_attributes("") == {}


def test_an_invocation_is_found_by_its_mark_and_by_what_the_source_has_answered() -> None:
    facts = [{LOGGED: "0e6f3c1a-1111"}, {}, {LOGGED: ""}, {LOGGED: 'a" "b'}]
    assert logged_texts("mark-1", facts) == ("mark-1", "0e6f3c1a-1111")


def test_texts_without_the_mark_are_told() -> None:
    assert not event_of("sqs", body="mine").has_mark
    assert not event_of("s3", key="a.json", body="mine").has_mark
