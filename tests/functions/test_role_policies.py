"""What a role allows, to read; what may not be read is said in its place."""

import json

import pytest

from tests.aws_stub import StubbedAws
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.roles import Policy, create_role, put_policy, read_policies

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
