"""Resource policies in all the shapes that IAM allows."""

import json
from typing import Any

import pytest

from workbench.core.errors import WorkbenchError
from workbench.triggers.grants import Answer, allows, is_wide, parse_policy
from workbench.triggers.model import Grant, WantedGrant

FUNCTION = "arn:aws:lambda:eu-central-1:123456789012:function:hello"


def _statement(**changes: object) -> dict[str, object]:
    return {
        "Sid": "wb-s3",
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": FUNCTION,
    } | changes


def _policy(*statements: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Id": "default", "Statement": list(statements)})


def test_a_service_grant() -> None:
    (grant,) = parse_policy(
        _policy(
            _statement(
                Condition={
                    "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::photos"},
                    "StringEquals": {"AWS:SourceAccount": "123456789012"},
                }
            )
        ),
        "hello",
    )
    assert (grant.sid, grant.principal, grant.service) == ("wb-s3", "s3.amazonaws.com", "s3")
    assert (grant.source_arn, grant.source_account) == ("arn:aws:s3:::photos", "123456789012")
    assert (grant.qualifier, grant.denies, grant.other_conditions) == ("", False, "")


def test_each_principal_is_a_grant_of_its_own() -> None:
    grants = parse_policy(
        _policy(
            _statement(Principal={"AWS": ["arn:aws:iam::1:root", "2"], "Service": "events.amazonaws.com"}),
            _statement(Principal="*", Sid="open"),
        ),
        "hello",
    )
    assert [(g.principal, g.service) for g in grants] == [
        ("arn:aws:iam::1:root", ""),
        ("2", ""),
        ("events.amazonaws.com", "events"),
        ("*", ""),
    ]


def test_qualifier_deny_and_other_conditions_are_kept() -> None:
    (grant,) = parse_policy(
        _policy(
            _statement(
                Effect="Deny",
                Resource=[f"{FUNCTION}:live"],
                Action=["lambda:InvokeFunction", "lambda:GetFunction"],
                Condition={
                    "StringEquals": {"lambda:FunctionUrlAuthType": "NONE"},
                    "Bool": {"lambda:InvokedViaFunctionUrl": True},
                },
            )
        ),
        "hello",
    )
    assert grant.qualifier == "live"
    assert grant.denies
    assert grant.action == "lambda:InvokeFunction, lambda:GetFunction"
    assert grant.other_conditions == "lambda:functionurlauthtype=NONE, lambda:invokedviafunctionurl=True"


def test_one_statement_may_stand_alone_and_china_has_services_too() -> None:
    (grant,) = parse_policy(
        json.dumps({"Statement": _statement(Principal={"Service": "sns.amazonaws.com.cn"})}), "hello"
    )
    assert grant.service == "sns"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"Statement": [1]}',
        '{"Statement": [{"Principal": 3}]}',
        "[" * 100_000,
        _policy(_statement(Condition=["x"])),
        _policy(_statement(Resource=[])),
    ],
)
def test_what_is_no_policy_is_said_not_skipped(text: str) -> None:
    with pytest.raises(WorkbenchError, match="policy of hello could not be read"):
        parse_policy(text, "hello")


ARN = "arn:aws:lambda:us-east-1:111111111111:function:f"
BUCKET = "arn:aws:s3:::photos"
S3 = WantedGrant("s3.amazonaws.com", BUCKET, "111111111111")


def _grants(*statements: dict[str, Any]) -> tuple[Grant, ...]:
    return parse_policy(json.dumps({"Statement": list(statements)}), "f")


def _conditional(condition: Any = None, **more: Any) -> dict[str, Any]:
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
        (_conditional(), Answer.YES),
        (_conditional(SOURCE_ARN), Answer.YES),
        (_conditional(SOURCE_ARN | ACCOUNT), Answer.YES),
        (_conditional({"ArnLike": {"aws:sourcearn": "arn:aws:s3:::pho*"}}), Answer.YES),
        (_conditional({"ArnEquals": {"AWS:SourceArn": ["arn:aws:s3:::x", BUCKET]}}), Answer.YES),
        (_conditional({"StringLike": {"AWS:SourceArn": "arn:aws:s3:::p?otos"}}), Answer.YES),
        (_conditional({"StringEquals": {"AWS:SourceArn": "arn:aws:s3:::pho*"}}), Answer.NO),
        (_conditional({"StringLike": {"AWS:SourceArn": "arn:aws:s3:::[p]hotos"}}), Answer.NO),
        (_conditional({"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::others"}}), Answer.NO),
        (_conditional({"StringEquals": {"AWS:SourceAccount": "222222222222"}}), Answer.NO),
        (_conditional({"StringNotEquals": {"AWS:SourceAccount": "222222222222"}}), Answer.YES),
        (_conditional({"StringNotLike": {"AWS:SourceAccount": "1111*"}}), Answer.NO),
        (_conditional({"StringEqualsIfExists": {"lambda:FunctionUrlAuthType": "NONE"}}), Answer.YES),
        (_conditional({"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}), Answer.NO),
        (_conditional({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}), Answer.UNKNOWN),
        (_conditional({"IpAddress": {"aws:SourceArn": BUCKET}}), Answer.UNKNOWN),
        (_conditional(Action="lambda:*"), Answer.YES),
        (_conditional(Action=["lambda:GetFunction", "LAMBDA:InvokeFunction"]), Answer.YES),
        (_conditional(Action="lambda:InvokeFunctionUrl"), Answer.NO),
        (_conditional(Principal="*"), Answer.YES),
        (_conditional(Principal={"Service": "sns.amazonaws.com"}), Answer.NO),
        (_conditional(Principal={"AWS": "arn:aws:iam::111111111111:root"}), Answer.NO),
        (_conditional(Resource=f"{ARN}:prod"), Answer.NO),
    ],
)
def test_one_statement(statement: dict[str, Any], answer: Answer) -> None:
    assert allows(_grants(statement), S3, "") is answer


def test_a_denial_wins_and_a_condition_nobody_can_judge_makes_it_unknown() -> None:
    allowing = _conditional(SOURCE_ARN)
    assert allows(_grants(allowing, _conditional(Effect="Deny")), S3, "") is Answer.NO
    perhaps = _conditional({"DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}, Effect="Deny")
    assert allows(_grants(allowing, perhaps), S3, "") is Answer.UNKNOWN
    denial = _conditional({"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::x"}}, Effect="Deny")
    assert allows(_grants(allowing, denial), S3, "") is Answer.YES
    assert allows((), S3, "") is Answer.NO


def test_a_grant_on_the_function_does_not_cover_an_alias() -> None:
    grants = _grants(_conditional())
    assert allows(grants, S3, "prod") is Answer.NO
    assert allows(_grants(_conditional(Resource=f"{ARN}:prod")), S3, "prod") is Answer.YES


def test_the_two_statements_of_a_function_url() -> None:
    first = WantedGrant("*", "", action="lambda:InvokeFunctionUrl", auth_type="NONE")
    second = WantedGrant("*", "", via_url=True)
    url = _conditional(
        {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}},
        Principal="*",
        Action="lambda:InvokeFunctionUrl",
    )
    via = _conditional({"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}, Principal="*")
    assert allows(_grants(url), first, "") is Answer.YES
    assert allows(_grants(url), second, "") is Answer.NO
    assert allows(_grants(url, via), second, "") is Answer.YES


@pytest.mark.parametrize(
    ("statement", "wide"),
    [
        (_conditional(), True),
        (_conditional(SOURCE_ARN), False),
        (_conditional(ACCOUNT), False),
        (_conditional({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}), False),
        (_conditional(Principal={"AWS": "222222222222"}), False),
        (_conditional(Effect="Deny"), False),
    ],
)
def test_a_service_without_a_source_is_wide(statement: dict[str, Any], wide: bool) -> None:
    assert is_wide(_grants(statement)[0]) is wide
