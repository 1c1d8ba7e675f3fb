"""Rules of a bucket's notifications: what their filters mean, and which of them S3 takes side by side."""

import json
from typing import Any

import pytest

from workbench.triggers.steps.s3 import (
    changed,
    configuration_of,
    describe,
    entry_of,
    fingerprint,
    rule_value,
    same,
)
from workbench_sandbox.rules.notifications import key_part, overlap

ARN = "arn:aws:lambda:us-east-1:111111111111:function:resize"
CREATED, PUT = "s3:ObjectCreated:*", "s3:ObjectCreated:Put"


def _rule(event: str, prefix: str = "", suffix: str = "") -> Any:
    return entry_of("x", ARN, (event,), prefix, suffix)


@pytest.mark.parametrize(
    ("one", "other", "overlaps"),
    [
        ((CREATED,), (PUT, "in/"), True),
        ((CREATED, "in/"), (PUT, "in/2026/"), True),
        ((CREATED, "in/"), (PUT, "out/"), False),
        ((CREATED, "in/"), ("s3:ObjectRemoved:*", "in/"), False),
        ((PUT,), ("s3:ObjectCreated:Copy",), False),
        ((PUT,), ("s3:ObjectCreated:Put",), True),
        (("s3:ObjectCreated:*",), ("s3:ObjectCreated:NewerThanThisModel",), True),
        ((CREATED, "images", ".jpg"), (CREATED, "images", ".png"), False),
        ((CREATED, "", ".jpg"), (CREATED, "", "jpg"), True),
        ((CREATED, "images"), (CREATED, "", ".jpg"), True),
        ((CREATED, "new+files/"), (CREATED, "new%20files/"), True),
    ],
)
def test_rules_overlap_when_one_object_can_match_both(
    one: tuple[str, ...], other: tuple[str, ...], overlaps: bool
) -> None:
    assert overlap(_rule(*one), _rule(*other)) is overlaps
    assert overlap(_rule(*other), _rule(*one)) is overlaps


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("new files/", "new+files/"),
        ("a=b/", "a%3Db/"),
        ("100%", "100%25"),
        ("a+b", "a%2Bb"),
        ("übung/", "%C3%BCbung/"),
        ("plain/Key-1_2.(x)!'.jpg", "plain/Key-1_2.(x)!'.jpg"),
        ("", ""),
    ],
)
def test_a_part_of_a_key_is_sent_url_encoded_and_shown_plain(key: str, value: str) -> None:
    assert rule_value(key) == value
    assert key_part(value) == key


def test_the_order_and_spelling_of_an_answer_do_not_count() -> None:
    def rules(*names: str) -> Any:
        return {"Key": {"FilterRules": [{"Name": name, "Value": name[0].lower()} for name in names]}}

    one = {"Id": "x", "LambdaFunctionArn": ARN, "Events": ["a", "b"], "Filter": rules("prefix", "suffix")}
    other = {"Id": "x", "LambdaFunctionArn": ARN, "Events": ["b", "a"], "Filter": rules("Suffix", "Prefix")}
    assert same(one, other)
    assert not same(one, {**other, "Events": ["b"]})
    assert not same(one, None)
    assert fingerprint({"LambdaFunctionConfigurations": [one]}) == fingerprint(
        {"LambdaFunctionConfigurations": [other]}
    )
    assert fingerprint({"EventBridgeConfiguration": {}}) != fingerprint({})


def test_all_else_stays_exactly_as_it_is() -> None:
    answer = {
        "ResponseMetadata": {"RequestId": "r"},
        "TopicConfigurations": [{"Id": "t", "TopicArn": "arn:t", "Events": [PUT]}],
        "QueueConfigurations": [{"Id": "q", "QueueArn": "arn:q", "Events": [CREATED]}],
        "EventBridgeConfiguration": {},
    }
    before = configuration_of(answer)
    with_rule = changed(before, "", _rule(PUT))
    assert json.dumps(with_rule["TopicConfigurations"]) == json.dumps(answer["TopicConfigurations"])
    assert with_rule["EventBridgeConfiguration"] == {}
    assert len(with_rule["LambdaFunctionConfigurations"]) == 1
    assert changed(with_rule, "x", None) == before


@pytest.mark.parametrize(
    ("member", "arn", "words"),
    [
        ("LambdaFunctionArn", f"{ARN}:live", "the function resize:live"),
        ("QueueArn", "arn:aws:sqs:us-east-1:1:q", "the queue q"),
        ("TopicArn", "arn:aws:sns:us-east-1:1:t", "the topic t"),
        ("TopicArn", "odd", "odd"),
    ],
)
def test_an_entry_is_described_by_what_it_calls(member: str, arn: str, words: str) -> None:
    rule = {"Id": "x", member: arn, "Events": [PUT], "Filter": _rule(PUT, "new+files/")["Filter"]}
    assert describe(rule) == f"“x” (s3:ObjectCreated:Put, prefix new files/) to {words}"
