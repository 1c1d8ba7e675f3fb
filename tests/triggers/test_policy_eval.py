"""The resource policy is judged here as IAM judges it."""

import json
from typing import Any

import pytest

from workbench.triggers.grants import Answer, allows, is_wide, parse_policy
from workbench.triggers.model import Grant, WantedGrant

ARN = "arn:aws:lambda:us-east-1:111111111111:function:f"
BUCKET = "arn:aws:s3:::photos"
S3 = WantedGrant("s3.amazonaws.com", BUCKET, "111111111111")


def _grants(*statements: dict[str, Any]) -> tuple[Grant, ...]:
    return parse_policy(json.dumps({"Statement": list(statements)}), "f")


def _statement(condition: Any = None, **more: Any) -> dict[str, Any]:
    return {
        "Sid": "s",
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": ARN,
        **({"Condition": condition} if condition else {}),
        **more,
    }


SOURCE_ARN = {"ArnLike": {"AWS:SourceArn": BUCKET}}
ACCOUNT = {"StringEquals": {"AWS:SourceAccount": "111111111111"}}


@pytest.mark.parametrize(
    ("statement", "answer"),
    [
        (_statement(), Answer.YES),
        (_statement(SOURCE_ARN), Answer.YES),
        (_statement(SOURCE_ARN | ACCOUNT), Answer.YES),
        (_statement({"ArnLike": {"aws:sourcearn": "arn:aws:s3:::pho*"}}), Answer.YES),
        (_statement({"ArnEquals": {"AWS:SourceArn": ["arn:aws:s3:::x", BUCKET]}}), Answer.YES),
        (_statement({"StringLike": {"AWS:SourceArn": "arn:aws:s3:::p?otos"}}), Answer.YES),
        (_statement({"StringEquals": {"AWS:SourceArn": "arn:aws:s3:::pho*"}}), Answer.NO),
        (_statement({"StringLike": {"AWS:SourceArn": "arn:aws:s3:::[p]hotos"}}), Answer.NO),
        (_statement({"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::others"}}), Answer.NO),
        (_statement({"StringEquals": {"AWS:SourceAccount": "222222222222"}}), Answer.NO),
        (_statement({"StringNotEquals": {"AWS:SourceAccount": "222222222222"}}), Answer.YES),
        (_statement({"StringNotLike": {"AWS:SourceAccount": "1111*"}}), Answer.NO),
        (_statement({"StringEqualsIfExists": {"lambda:FunctionUrlAuthType": "NONE"}}), Answer.YES),
        (_statement({"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}), Answer.NO),
        (_statement({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}), Answer.UNKNOWN),
        (_statement({"IpAddress": {"aws:SourceArn": BUCKET}}), Answer.UNKNOWN),
        (_statement(Action="lambda:*"), Answer.YES),
        (_statement(Action=["lambda:GetFunction", "LAMBDA:InvokeFunction"]), Answer.YES),
        (_statement(Action="lambda:InvokeFunctionUrl"), Answer.NO),
        (_statement(Principal="*"), Answer.YES),
        (_statement(Principal={"Service": "sns.amazonaws.com"}), Answer.NO),
        (_statement(Principal={"AWS": "arn:aws:iam::111111111111:root"}), Answer.NO),
        (_statement(Resource=f"{ARN}:prod"), Answer.NO),
    ],
)
def test_one_statement(statement: dict[str, Any], answer: Answer) -> None:
    assert allows(_grants(statement), S3, "") is answer


def test_a_denial_wins_and_a_condition_nobody_can_judge_makes_it_unknown() -> None:
    allowing = _statement(SOURCE_ARN)
    assert allows(_grants(allowing, _statement(Effect="Deny")), S3, "") is Answer.NO
    perhaps = _statement({"DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}, Effect="Deny")
    assert allows(_grants(allowing, perhaps), S3, "") is Answer.UNKNOWN
    denial = _statement({"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::x"}}, Effect="Deny")
    assert allows(_grants(allowing, denial), S3, "") is Answer.YES
    assert allows((), S3, "") is Answer.NO


def test_a_grant_on_the_function_does_not_cover_an_alias() -> None:
    grants = _grants(_statement())
    assert allows(grants, S3, "prod") is Answer.NO
    assert allows(_grants(_statement(Resource=f"{ARN}:prod")), S3, "prod") is Answer.YES


def test_the_two_statements_of_a_function_url() -> None:
    first = WantedGrant("*", "", action="lambda:InvokeFunctionUrl", auth_type="NONE")
    second = WantedGrant("*", "", via_url=True)
    url = _statement(
        {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}},
        Principal="*",
        Action="lambda:InvokeFunctionUrl",
    )
    via = _statement({"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}, Principal="*")
    assert allows(_grants(url), first, "") is Answer.YES
    assert allows(_grants(url), second, "") is Answer.NO
    assert allows(_grants(url, via), second, "") is Answer.YES


@pytest.mark.parametrize(
    ("statement", "wide"),
    [
        (_statement(), True),
        (_statement(SOURCE_ARN), False),
        (_statement(ACCOUNT), False),
        (_statement({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}), False),
        (_statement(Principal={"AWS": "222222222222"}), False),
        (_statement(Effect="Deny"), False),
    ],
)
def test_a_service_without_a_source_is_wide(statement: dict[str, Any], wide: bool) -> None:
    assert is_wide(_grants(statement)[0]) is wide
