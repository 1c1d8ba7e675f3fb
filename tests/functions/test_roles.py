"""Roles that Lambda may assume, and what their policies allow."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest

from tests.aws_stub import StubbedAws
from workbench.aws.connection import Connection
from workbench.aws.retry import Backoff
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions import roles
from workbench.functions.roles import (
    Policy,
    Role,
    create_role,
    delete_policy,
    delete_role,
    list_roles,
    new_role_name,
    put_policy,
    read_policies,
    trusts_lambda,
)

LAMBDA = {"Service": "lambda.amazonaws.com"}
ALLOWED = {"Statement": [{"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"}]}


def trust(**changes: Any) -> dict[str, Any]:
    return {"Statement": [{"Effect": "Allow", "Principal": LAMBDA, "Action": "sts:AssumeRole", **changes}]}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (trust(), True),
        (json.dumps(trust()), True),
        ({"Statement": trust()["Statement"][0]}, True),
        (trust(Principal={"Service": ["ec2.amazonaws.com", "lambda.amazonaws.com"]}), True),
        (trust(Action=["sts:TagSession", "sts:AssumeRole"]), True),
        (trust(Action="sts:*"), True),
        (trust(Action="STS:assumerole"), True),
        (trust(Principal={"Service": "edgelambda.amazonaws.com"}), False),
        (trust(Principal={"AWS": "arn:aws:iam::123456789012:root"}), False),
        (trust(Principal="*"), False),
        (trust(Effect="Deny"), False),
        (trust(Action="sts:TagSession"), False),
        ({"Statement": ["Allow", None, 7]}, False),
        ({}, False),
        ("{", False),
        (None, False),
        ([], False),
    ],
)
def test_who_trusts_lambda(document: object, expected: bool) -> None:
    assert trusts_lambda(document) == expected


def test_pages_are_read_to_the_end_and_emitted_as_they_come(aws: StubbedAws) -> None:
    def page(*names: str, **more: Any) -> dict[str, Any]:
        document = trust() if names[0].startswith("for") else trust(Effect="Deny")
        return {"Roles": [role(name, document) for name in names], "IsTruncated": False, **more}

    aws.answer("iam", "list_roles", page("for-a", "for-b", IsTruncated=True, Marker="m1"))
    aws.answer("iam", "list_roles", page("other", IsTruncated=True, Marker="m2"), {"Marker": "m1"})
    aws.answer("iam", "list_roles", page("for-c"), {"Marker": "m2"})
    pages: list[object] = []
    found = list_roles(aws.connection, JobContext(item=pages.append))
    assert [each.name for each in found] == ["for-a", "for-b", "for-c"]
    assert found[0] == Role("for-a", "arn:aws:iam::123456789012:role/for-a", "")
    assert pages == [found[:2], (), found[2:]]


def role(name: str, document: dict[str, Any]) -> dict[str, Any]:
    return {
        "Path": "/",
        "RoleName": name,
        "RoleId": "AROAEXAMPLEEXAMPLE",
        "Arn": f"arn:aws:iam::123456789012:role/{name}",
        "CreateDate": datetime(2026, 1, 1, tzinfo=UTC),
        "AssumeRolePolicyDocument": quote(json.dumps(document)),
    }


def test_a_role_is_made_found_and_taken_back(connection: Connection) -> None:
    name = new_role_name("orders")
    arn = create_role(connection, name, "orders")
    assert create_role(connection, name, "orders") == arn  # an answer may be lost: the next attempt meets it
    put_policy(connection, name, json.dumps({"Version": "2012-10-17", **ALLOWED}))
    assert [each.arn for each in list_roles(connection, JobContext())] == [arn]
    for _ in range(2):
        delete_policy(connection, name)
        delete_role(connection, name)
    assert list_roles(connection, JobContext()) == ()


@pytest.mark.parametrize("function_name", ["a", "a" * 64, "Orders_2-b"])
def test_a_new_role_has_a_name_of_its_own(function_name: str) -> None:
    names = {new_role_name(function_name) for _ in range(20)}
    assert len(names) == 20
    assert all(len(name) <= 64 and name.startswith(function_name[:40]) for name in names)


def test_a_denied_list_is_said(aws: StubbedAws) -> None:
    aws.refuse(
        "iam", "list_roles", "AccessDenied", "User: x is not authorized to perform: iam:ListRoles", 403
    )
    with pytest.raises(WorkbenchError) as caught:
        list_roles(aws.connection, JobContext())
    assert "Could not list the roles." in str(caught.value)
    assert "iam:ListRoles" in caught.value.why


def test_a_policy_that_iam_has_not_heard_the_end_of_is_waited_for(
    aws: StubbedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roles, "_POLICY_REMOVAL", Backoff(0.0, attempts=3))
    refusal = "Cannot delete entity, must detach all policies first."
    aws.refuse("iam", "delete_role", "DeleteConflict", refusal, 409)
    aws.answer("iam", "delete_role", {}, {"RoleName": "worker"})
    delete_role(aws.connection, "worker")
    for _ in range(3):
        aws.refuse("iam", "delete_role", "DeleteConflict", refusal, 409)
    with pytest.raises(WorkbenchError, match="still in use, or still has policies"):
        delete_role(aws.connection, "worker")


ROLE = "arn:aws:iam::123456789012:role/service/lambda"
ATTACHED = {"PolicyName": "Basic", "PolicyArn": "arn:aws:iam::aws:policy/service-role/Basic"}
DOCUMENT = json.dumps({"Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]})


def test_inline_policies_are_read_from_the_sandbox(connection: Connection) -> None:
    arn = create_role(connection, "reader", "fn")
    assert read_policies(connection, arn, JobContext()) == ()
    put_policy(connection, "reader", DOCUMENT)
    (policy,) = read_policies(connection, arn, JobContext())
    assert (policy.name, policy.arn, policy.problem) == ("workbench", "", "")
    assert json.loads(policy.document) == json.loads(DOCUMENT)


def test_each_policy_that_may_not_be_read_says_so(aws: StubbedAws) -> None:
    aws.answer("iam", "list_attached_role_policies", {"AttachedPolicies": [ATTACHED]}, {"RoleName": "lambda"})
    aws.refuse("iam", "get_policy", "AccessDenied", "not authorized", 403)
    aws.refuse("iam", "list_role_policies", "AccessDenied", "not authorized to list", 403)
    basic, inline = read_policies(aws.connection, ROLE, JobContext())
    assert (basic.name, basic.document) == ("Basic", "")
    assert "not authorized" in basic.problem
    assert inline == Policy("", "", "", inline.problem)
    assert "not authorized to list" in inline.problem


def test_who_may_see_nothing_is_told(aws: StubbedAws) -> None:
    for method in ("list_attached_role_policies", "list_role_policies"):
        aws.refuse("iam", method, "AccessDenied", "not authorized", 403)
    with pytest.raises(WorkbenchError) as caught:
        read_policies(aws.connection, ROLE, JobContext())
    assert caught.value.aws_code == "AccessDenied"
