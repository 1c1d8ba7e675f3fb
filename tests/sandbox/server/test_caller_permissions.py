"""The program's own calls are refused as AWS refuses them, in the account and while the control says so."""

import json
from typing import Any

import pytest

from tests.sandbox.server.server import Server, package, refused
from workbench_sandbox.server.signature import Identity, RunKeys

ACCOUNT = "111122223333"
USER = f"arn:aws:iam::{ACCOUNT}:user/workbench"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"
NAMED = {"FunctionName": "f"}
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"


def limit(server: Server, **wanted: Any) -> None:
    assert server.control("permissions", account_id=ACCOUNT, **wanted) == 200


def allowing(*actions: str, resource: str = "*") -> list[dict[str, Any]]:
    """A policy of one statement."""
    statement = {"Sid": "One", "Effect": "Allow", "Action": list(actions), "Resource": [resource]}
    return [{"Version": "2012-10-17", "Statement": [statement]}]


def because(action: str) -> str:
    return f"because no identity-based policy allows the {action} action"


DENIED = "AccessDeniedException"
CALLS: list[tuple[str, str, dict[str, str], str, str, str, int]] = [
    ("lambda", "GetPolicy", NAMED, "lambda:GetPolicy", FUNCTION, DENIED, 403),
    ("lambda", "ListFunctions", {}, "lambda:ListFunctions", "*", DENIED, 403),
    ("s3", "ListObjectsV2", {"Bucket": "b"}, "s3:ListBucket", '"arn:aws:s3:::b"', "AccessDenied", 403),
    ("s3", "ListBuckets", {}, "s3:ListAllMyBuckets", "", "AccessDenied", 403),
    ("iam", "GetRole", {"RoleName": "r"}, "iam:GetRole", ROLE, "AccessDenied", 403),
    ("events", "ListRules", {}, "events:ListRules", "*", DENIED, 400),
    ("logs", "DescribeLogGroups", {}, "logs:DescribeLogGroups", "*", DENIED, 400),
    ("sqs", "ListQueues", {}, "sqs:listqueues", "*", "AccessDenied", 403),
    ("sns", "ListTopics", {}, "SNS:ListTopics", "*", "AuthorizationError", 403),
    ("cloudwatch", "ListMetrics", {}, "cloudwatch:ListMetrics", "*", "AccessDenied", 403),
    ("apigateway", "GetRestApis", {}, "apigateway:GET", "", DENIED, 403),
]


@pytest.mark.parametrize("row", CALLS, ids=lambda row: row[3])
def test_a_denied_action_is_refused_in_the_services_own_form(
    server: Server, row: tuple[str, str, dict[str, str], str, str, str, int]
) -> None:
    service, operation, request, action, resource, code, status = row
    limit(server, denied=[action])
    api = server.client(service, account=ACCOUNT)
    answer = refused(lambda: api._make_api_call(operation, request))
    assert answer["Error"]["Code"] == code
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == status
    where = f" on resource: {resource}" if resource else ""
    text = answer["Error"]["Message"]
    assert f"User: {USER} is not authorized to perform: {action}{where}" in text
    assert text.endswith(because(action))


def test_ec2_says_first_that_the_operation_is_not_allowed(server: Server) -> None:
    limit(server, denied=["ec2:DescribeRegions"])
    answer = refused(server.client("ec2", account=ACCOUNT).describe_regions)
    assert answer["Error"]["Code"] == "UnauthorizedOperation"
    assert answer["Error"]["Message"].startswith("You are not authorized to perform this operation. User: ")


def test_nothing_else_is_refused_nor_in_another_account_nor_afterwards(server: Server) -> None:
    mine, other = (server.client("lambda", account=each) for each in (ACCOUNT, "444455556666"))
    limit(server, denied=["lambda:ListFunctions"])
    mine.list_layers()
    other.list_functions()
    limit(server)
    mine.list_functions()


def test_with_policies_only_what_one_of_them_allows_is_done(server: Server) -> None:
    s3 = server.client("s3", account=ACCOUNT)
    limit(server)
    for bucket in ("mine-1", "theirs"):
        s3.create_bucket(Bucket=bucket)
    limit(server, policies=allowing("s3:*Object", resource="arn:aws:s3:::mine-*/*"))
    s3.put_object(Bucket="mine-1", Key="k", Body=b"")
    assert refused(lambda: s3.put_object(Bucket="theirs", Key="k"))["Error"]["Code"] == "AccessDenied"
    assert refused(lambda: s3.list_objects_v2(Bucket="mine-1"))["Error"]["Code"] == "AccessDenied"
    assert refused(server.client("sqs", account=ACCOUNT).list_queues)["Error"]["Code"] == "AccessDenied"
    limit(server)


def test_a_role_must_be_passed_and_a_package_be_read_by_who_creates_a_function(server: Server) -> None:
    create = server.client("lambda", account=ACCOUNT).create_function
    role = f"arn:aws:iam::{ACCOUNT}:role/r"
    settings = {"FunctionName": "f", "Role": role, "Runtime": "python3.13", "Handler": "index.handler"}
    limit(server, policies=allowing("lambda:CreateFunction"))
    answer = refused(lambda: create(Code={"ZipFile": package("")}, **settings))
    assert f"is not authorized to perform: iam:PassRole on resource: {role} " in answer["Error"]["Message"]
    limit(server, policies=allowing("lambda:CreateFunction", "iam:PassRole"))
    answer = refused(lambda: create(Code={"S3Bucket": "packages", "S3Key": "k"}, **settings))
    assert answer["Error"]["Message"].startswith("Your access has been denied by S3, please make sure")
    limit(server)


def test_functions_are_not_limited(server: Server) -> None:
    """What a function may do, its execution role says."""
    assert server.control("permissions", account_id="000000000000", denied=["sqs:ListQueues"]) == 200
    source = (
        "import boto3\n"
        "def handler(event, context):\n"
        "    return boto3.client('sqs').list_queues()['ResponseMetadata']['HTTPStatusCode']\n"
    )
    server.create("lists-queues", source, Timeout=30)
    assert server.invoke("lists-queues").payload == 200
    assert server.control("permissions", account_id="000000000000") == 200


def test_only_the_program_can_set_them(server: Server) -> None:
    keys = RunKeys(server.run_secret)
    function = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"
    token = keys.token_of(Identity(f"arn:aws:iam::{ACCOUNT}:role/r", function))
    secret = keys.of_function("000000000000", token)
    assert server.control("permissions", secret=secret, account_id=ACCOUNT, denied=["lambda:*"]) == 403


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"account_id": "1", "denied": 1},
        {"account_id": "1", "policies": [{}]},
        {"account_id": "1", "policies": 1},
    ],
    ids=json.dumps,
)
def test_what_is_no_limit_is_refused(server: Server, wanted: dict[str, Any]) -> None:
    assert server.control("permissions", **wanted) == 400
