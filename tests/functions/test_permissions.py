"""The permissions of a role: read whole, proposed, checked; its own policy edited by statements."""

import json

import pytest

from tests.sandbox_functions import make_logging_role
from workbench.aws.connection import Connection
from workbench.aws.needs import Need
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.permissions import (
    RolePermissions,
    Statement,
    action_fault,
    check_change,
    propose,
    read_permissions,
    resource_fault,
    shared_text,
    statement_rows,
    statements_of,
    with_statements,
)
from workbench.functions.roles import POLICY_NAME, Policy, PolicyKind, create_role, put_policy

TABLE = "arn:aws:dynamodb:eu-central-1:123456789012:table/orders"
PUT = Statement.allowing(["dynamodb:PutItem"], [TABLE])


def role(*policies: Policy, path: str = "/", tags: tuple[tuple[str, str], ...] = ()) -> RolePermissions:
    return RolePermissions(
        "orders-role", f"arn:aws:iam::123456789012:role{path}orders-role", path, policies, tags
    )


def document(*statements: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def test_a_role_is_read_with_its_boundary_and_trust_policy(connection: Connection) -> None:
    arn = make_logging_role(connection, "orders-role")
    boundary = connection.call(
        "iam",
        "create_policy",
        PolicyName="limit",
        PolicyDocument=document({"Effect": "Allow", "Action": "*", "Resource": "*"}),
    )["Policy"]["Arn"]
    connection.call(
        "iam", "put_role_permissions_boundary", RoleName="orders-role", PermissionsBoundary=boundary
    )
    put_policy(connection, "orders-role", with_statements("", [PUT]))
    ctx = JobContext()
    found = read_permissions(connection, arn, ctx)
    kinds = {policy.kind: policy for policy in found.policies}
    assert set(kinds) == set(PolicyKind)
    assert kinds[PolicyKind.BOUNDARY].arn == boundary
    assert statements_of(kinds[PolicyKind.TRUST].document)[0].principals == ("Service: lambda.amazonaws.com",)
    assert found.own is not None
    assert statements_of(found.own_document)[0].actions == ("dynamodb:PutItem",)
    assert found.allows("dynamodb:PutItem", TABLE)
    assert not found.allows("dynamodb:GetItem", TABLE)


def test_a_role_with_a_path_is_named_without_it(connection: Connection) -> None:
    trust = document(
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    )
    answer = connection.call(
        "iam", "create_role", RoleName="made", Path="/service-role/", AssumeRolePolicyDocument=trust
    )
    found = read_permissions(connection, answer["Role"]["Arn"], JobContext())
    assert (found.name, found.path, found.is_service_linked) == ("made", "/service-role/", False)
    assert not check_change(found, with_statements("", [PUT])).blocks


def test_a_missing_role_is_an_error(connection: Connection) -> None:
    with pytest.raises(WorkbenchError) as caught:
        read_permissions(connection, "arn:aws:iam::123456789012:role/nothing", JobContext())
    assert caught.value.aws_code == "NoSuchEntity"


def test_statements_keep_what_is_not_edited() -> None:
    before = json.dumps(
        {
            "Version": "2012-10-17",
            "Id": "mine",
            "Statement": {
                "Sid": "A",
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::a/*",
                "Condition": {"Bool": {"aws:SecureTransport": "true"}},
            },
        }
    )
    [statement] = statements_of(before)
    after = json.loads(with_statements(before, [statement.with_values(["s3:PutObject"], ["*"]), PUT]))
    assert after["Id"] == "mine"
    assert after["Statement"][0] == {
        "Sid": "A",
        "Effect": "Allow",
        "Action": "s3:PutObject",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "true"}},
    }
    assert after["Statement"][1] == {"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": TABLE}
    assert with_statements(before, []) == ""


def test_a_statement_with_a_condition_or_a_denial_covers_nothing() -> None:
    plain = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "arn:aws:dynamodb:*:*:table/*"}
    assert Statement.of(plain).covers("dynamodb:PutItem", TABLE)
    for more in (
        {"Condition": {"Bool": {"aws:SecureTransport": "true"}}},
        {"Effect": "Deny"},
        {"NotAction": "s3:*", "Action": None},
        {"Resource": "arn:aws:dynamodb:*:*:table/other"},
    ):
        members = {name: value for name, value in {**plain, **more}.items() if value is not None}
        assert not Statement.of(members).covers("dynamodb:PutItem", TABLE)


@pytest.mark.parametrize(
    "text", ["", "not JSON", "[]", "3", '{"Statement": "x"}', '{"Statement": [1, null]}']
)
def test_what_is_no_policy_has_no_statements(text: str) -> None:
    assert statements_of(text) == ()
    assert [row.statement for row in statement_rows([Policy("x", "", text)])] == [None]


def test_proposals_leave_out_what_is_allowed_and_are_grouped() -> None:
    own = Policy(POLICY_NAME, "", with_statements("", [PUT]))
    needs = [
        Need("dynamodb:PutItem", TABLE, "app.py:1 calls PutItem"),
        Need("dynamodb:Query", TABLE, "app.py:2 calls Query"),
        Need("dynamodb:GetItem", TABLE, "app.py:3 calls GetItem"),
        Need("ses:SendEmail", "*", "app.py:4 calls SendEmail", "unknown"),
    ]
    first, second = propose(needs, role(own))
    assert first.statement == Statement.allowing(["dynamodb:GetItem", "dynamodb:Query"], [TABLE])
    assert first.why == ("app.py:2 calls Query", "app.py:3 calls GetItem")
    assert (second.statement.resources, second.note) == (("*",), "unknown")
    assert len(propose(needs)[0].statement.actions) == 3


def test_iams_limit_counts_all_inline_policies_without_white_space() -> None:
    long = Statement.allowing(
        ["s3:GetObject"], [f"arn:aws:s3:::bucket-{number:03}/*" for number in range(300)]
    )
    other = Policy("other", "", with_statements("", [long]))
    assert not check_change(role(other), with_statements("", [PUT])).blocks
    [block] = check_change(role(other), with_statements("", [long])).blocks
    assert "10,240" in block
    managed = Policy("managed", "arn:aws:iam::aws:policy/x", other.document, kind=PolicyKind.MANAGED)
    assert not check_change(role(managed), with_statements("", [long])).blocks


def test_what_cannot_or_should_not_be_changed_is_said() -> None:
    wanted = with_statements("", [PUT])
    linked = role(path="/aws-service-role/replicator.lambda.amazonaws.com/")
    assert "service-linked" in check_change(linked, wanted).blocks[0]
    unread = Policy(POLICY_NAME, "", "", "AccessDenied")
    assert "could not be read" in check_change(role(unread), wanted).blocks[0]
    tagged = role(tags=(("aws:cloudformation:stack-name", "shop"),))
    assert "CloudFormation shop" in check_change(tagged, wanted).warnings[0]
    assert "Terraform" in check_change(role(tags=(("managed-by", "terraform"),)), wanted).warnings[0]
    assert (
        "boundary" in check_change(role(Policy("b", "arn", "", kind=PolicyKind.BOUNDARY)), wanted).warnings[0]
    )
    powerful = with_statements("", [Statement.allowing(["iam:PassRole"], ["*"])])
    assert len(check_change(role(), powerful).warnings) == 2
    assert check_change(role(), wanted).warnings == ()


def test_other_functions_are_named() -> None:
    assert shared_text(()) == ""
    assert "a, b" in shared_text(("a", "b"))
    assert "and 4 more" in shared_text(tuple("abcdefghijkl"))


@pytest.mark.parametrize("text", ["s3:GetObject", "s3:*", "s3:Get*", "*", "execute-api:Invoke"])
def test_actions_that_can_be_typed(text: str) -> None:
    assert action_fault(text) == ""


@pytest.mark.parametrize(
    "text", ["GetObject", "s3:", "s3:Get Object", "s3:Get,s3:Put", 's3:"', ":x", "s3:a:b"]
)
def test_actions_that_cannot(text: str) -> None:
    assert action_fault(text)


@pytest.mark.parametrize(
    "text",
    [
        "*",
        TABLE,
        "arn:aws:s3:::photos/with space/*",
        "arn:aws-cn:s3:::photos",
        "arn:aws:iam::aws:policy/x",
        "arn:aws:s3:::${aws:username}/*",
        "arn:aws:apigateway:eu-central-1::/restapis/*",
        "arn:*:s3:::x",
    ],
)
def test_resources_that_can_be_typed(text: str) -> None:
    assert resource_fault(text) == ""


@pytest.mark.parametrize(
    "text", ["photos", "arn:aws:s3", "arn:aws:s3:::", "**", "arn:aws:s3:::" + "x" * 2100]
)
def test_resources_that_cannot(text: str) -> None:
    assert resource_fault(text)


def test_a_policy_of_a_new_role_is_its_own(connection: Connection) -> None:
    arn = create_role(connection, "orders-role", "orders")
    assert read_permissions(connection, arn, JobContext()).own is None
    put_policy(connection, "orders-role", with_statements("", [PUT]))
    own = read_permissions(connection, arn, JobContext()).own
    assert own is not None
    assert own.is_own
