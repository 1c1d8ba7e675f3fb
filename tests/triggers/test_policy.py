"""Resource policies in all the shapes that IAM allows."""

import json

import pytest

from workbench.core.errors import WorkbenchError
from workbench.triggers.grants import parse_policy

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
