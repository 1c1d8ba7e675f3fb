"""Policies are evaluated as AWS documents it, and what is not known allows and never denies."""

import json
from typing import Any

import pytest

from workbench_sandbox.server.door.policies import Asked, Principal, Verdict, allows, judge

KEY = "arn:aws:s3:::bucket/key"
ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": KEY}
ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
YES, NO, SILENT = Verdict.ALLOWED, Verdict.DENIED, Verdict.SILENT
KEYS = {"aws:requestedregion": "us-east-1", "aws:sourcearn": "", "aws:principalaccount": "000000000000"}


def condition(operator: str, key: str, *values: str, effect: str = "Allow") -> dict[str, Any]:
    return {**ALL, "Effect": effect, "Condition": {operator: {key: list(values)}}}


def rows() -> dict[str, tuple[list[dict[str, Any]], Verdict]]:
    deny = {"Effect": "Deny", "Action": "s3:Get*", "Resource": "*"}
    region, source = "aws:RequestedRegion", "aws:SourceArn"
    return {
        "nothing": ([], SILENT),
        "the action and the object": ([ALLOW], YES),
        "a denial wins, wherever it is": ([deny, ALL], NO),
        "a denial wins behind what allows": ([ALL, deny], NO),
        "actions ignore case": ([{**ALLOW, "Action": "S3:getobject"}], YES),
        "an action with wildcards": ([{**ALLOW, "Action": ["s3:?etObj*"]}], YES),
        "another action": ([{**ALLOW, "Action": "s3:GetObjectAcl"}], SILENT),
        "resources do not ignore case": ([{**ALLOW, "Resource": KEY.upper()}], SILENT),
        "the bucket is not its objects": ([{**ALLOW, "Resource": "arn:aws:s3:::bucket"}], SILENT),
        "a resource with wildcards": ([{**ALLOW, "Resource": "arn:*:s3:::b?cket/*"}], YES),
        "all actions but one": ([{"Effect": "Allow", "NotAction": "s3:Put*", "Resource": "*"}], YES),
        "all actions but this one": ([{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}], SILENT),
        "all resources but one": ([{"Effect": "Allow", "Action": "*", "NotResource": f"{KEY}s"}], YES),
        "all resources but this one": ([{"Effect": "Allow", "Action": "*", "NotResource": KEY}], SILENT),
        "a denial of all but this one": ([ALL, {"Effect": "Deny", "Action": "*", "NotResource": KEY}], YES),
        "a square bracket is an ordinary sign": (
            [{**ALLOW, "Resource": "arn:aws:s3:::bucket/[k]ey"}],
            SILENT,
        ),
        "a variable": ([{**ALLOW, "Resource": "arn:aws:s3:::bucket/${aws:PrincipalAccount}"}], SILENT),
        "an unknown variable": ([{**ALLOW, "Resource": "arn:aws:s3:::bucket/${aws:PrincipalTag/x}"}], YES),
        "a condition that is met": ([condition("StringEquals", region, "eu-west-1", "us-east-1")], YES),
        "a condition that is not": ([condition("StringEquals", region, "eu-west-1")], SILENT),
        "a pattern": ([condition("StringLike", region, "us-*")], YES),
        "a negated condition": ([condition("StringNotEquals", region, "us-east-1")], SILENT),
        "none of several": ([condition("StringNotLike", region, "eu-*", "us-*")], SILENT),
        "a key that is not in the request": ([condition("ArnLike", source, "arn:*")], SILENT),
        "negated, not in the request": ([condition("ArnNotLike", source, "arn:*")], YES),
        "only if it is in the request": ([condition("ArnLikeIfExists", source, "arn:*")], YES),
        "it is not in the request": ([condition("Null", source, "true")], YES),
        "it is in the request": ([condition("Null", source, "false")], SILENT),
        "an unknown key allows": ([condition("StringEquals", "aws:PrincipalTag/x", "y")], YES),
        "an unknown operator allows": ([condition("DateGreaterThan", region, "2030-01-01")], YES),
        "an unknown key never denies": (
            [ALL, condition("StringEquals", "aws:PrincipalTag/x", "y", effect="Deny")],
            YES,
        ),
        "a denial with a condition that is met": (
            [ALL, condition("StringEquals", region, "us-east-1", effect="Deny")],
            NO,
        ),
    }


@pytest.mark.parametrize("name", rows())
def test_verdict(name: str) -> None:
    statements, verdict = rows()[name]
    document = {"Version": "2012-10-17", "Statement": statements}
    asked = Asked("s3:GetObject", (KEY,), KEYS)
    assert judge([json.dumps(document)], asked) is verdict
    assert judge([document], asked) is verdict
    assert judge([{"Statement": each} for each in statements], asked) is verdict


def test_a_resource_that_is_not_known_is_allowed_and_not_denied() -> None:
    asked = Asked("s3:GetObject")
    assert judge([{"Statement": ALLOW}], asked) is YES
    denial = {**ALLOW, "Effect": "Deny"}
    assert judge([{"Statement": [ALL, denial]}], asked) is YES
    assert judge([{"Statement": [ALL, {**denial, "Resource": "*"}]}], asked) is NO


def test_a_variable_is_replaced() -> None:
    own = {**ALLOW, "Resource": "arn:aws:s3:::bucket/${aws:PrincipalAccount}/*"}
    for account_id, verdict in (("000000000000", YES), ("111111111111", SILENT)):
        asked = Asked("s3:GetObject", (f"arn:aws:s3:::bucket/{account_id}/a",), KEYS)
        assert judge([{"Statement": own}], asked) is verdict


@pytest.mark.parametrize(
    "document",
    [
        *("", "[", "[" * 100_000, "null", "[]", '{"Statement": 1}', '{"Statement": [1, "a"]}', None, 7),
        {"Statement": {"Effect": "Allow", "Action": {}, "Resource": None, "Condition": 5}},
        {"Statement": {**ALL, "Effect": ["Allow"], "Condition": {"a": {"b": {}}}}},
    ],
)
def test_what_is_no_policy_says_nothing(document: object) -> None:
    assert judge([document], Asked("s3:GetObject", (KEY,), KEYS)) is SILENT


def test_a_service_is_allowed_for_the_resource_that_its_condition_names() -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": "*",
        "Condition": {
            "ArnLike": {"aws:SourceArn": "arn:aws:s3:::bucket"},
            "StringEquals": {"aws:SourceAccount": "1"},
        },
    }
    document, action = {"Statement": [statement]}, "sqs:SendMessage"
    for arn, account_id, is_allowed in (
        ("arn:aws:s3:::bucket", "1", True),
        ("arn:aws:s3:::other", "1", False),
        ("arn:aws:s3:::bucket", "2", False),
        ("", "", True),
    ):
        assert allows(document, Principal("s3.amazonaws.com", arn, account_id), action) is is_allowed
    denial = {**statement, "Effect": "Deny", "Condition": {}}
    other = {"Statement": [statement, denial]}
    assert not allows(other, Principal("s3.amazonaws.com", "arn:aws:s3:::bucket", "1"), action)
