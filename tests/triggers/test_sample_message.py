"""Messages that get through filter policies: of the attributes, and of the body."""

import json
from typing import Any

import pytest

from workbench.triggers.steps.sns import sample_message


@pytest.mark.parametrize(
    ("rule", "kind", "value"),
    [
        (["red", "green"], "String", "red"),
        ([{"prefix": "or"}], "String", "or"),
        ([{"suffix": "ed"}], "String", "ed"),
        ([{"equals-ignore-case": "Red"}], "String", "Red"),
        ([{"wildcard": "r*d"}], "String", "rd"),
        ([{"cidr": "10.0.0.0/24"}], "String", "10.0.0.0"),
        ([{"exists": True}], "String", "present"),
        ([{"anything-but": ["a"]}], "String", "Workbench"),
        ([{"anything-but": {"prefix": "Work"}}], "String", "0-test-0"),
        ([{"anything-but": [1, 5]}], "Number", "6"),
        ([{"numeric": ["=", 5]}], "Number", "5"),
        ([{"numeric": [">", 0, "<=", 10]}], "Number", "10"),
        ([{"numeric": [">", 0, "<", 1]}], "Number", "0.5"),
        ([{"numeric": [">=", 7]}], "Number", "7"),
        ([{"numeric": [">", 7]}], "Number", "8"),
        ([{"numeric": ["<", 7]}], "Number", "6"),
        ([True], "String", "true"),
    ],
)
def test_an_attribute_fits_its_rule(rule: list[Any], kind: str, value: str) -> None:
    message, attributes = sample_message(json.dumps({"key": rule}), "MessageAttributes", "m1")
    assert attributes == {"key": (kind, value)}
    assert json.loads(message)["mark"] == "m1"


def test_what_must_be_absent_is_absent() -> None:
    assert sample_message('{"key": [{"exists": false}]}', "MessageAttributes", "m1")[1] == {}


def test_one_way_of_several_is_enough() -> None:
    policy = {"$or": [{"a": ["1"]}, {"b": ["2"]}], "c": ["3"]}
    _, attributes = sample_message(json.dumps(policy), "MessageAttributes", "m1")
    assert attributes == {"a": ("String", "1"), "c": ("String", "3")}


def test_a_body_is_nested_and_keeps_its_types() -> None:
    policy = {"order": {"total": [{"numeric": [">", 100]}], "paid": [True]}, "mark": [{"exists": True}]}
    message, attributes = sample_message(json.dumps(policy), "MessageBody", "m1")
    assert attributes == {}
    assert json.loads(message)["order"] == {"total": 101, "paid": True}


@pytest.mark.parametrize(
    "policy", ["", "{}", "no JSON", "[]", '{"a": []}', '{"a": [{}]}', '{"a": 3}', '{"$or": []}']
)
def test_no_policy_and_odd_policies_are_survived(policy: str) -> None:
    message, _ = sample_message(policy, "MessageAttributes", "m1")
    assert "m1" in message
