"""Requests that need more than their own action: of the role that they pass, their tags and their package.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html, and
https://docs.aws.amazon.com/service-authorization/latest/reference/ (dependent actions).
"""

import json
from typing import Any

import pytest

from tests.sandbox.launcher.server import Server, package
from tests.sandbox.launcher.test_permissions import (  # noqa: F401 - fixtures
    HERE,
    Asking,
    allow,
    asking,
    denied,
    without_permissions,
)

OTHER = "arn:aws:iam::000000000000:role/other"
SERVICES = ["events.amazonaws.com", "lambda.amazonaws.com", "scheduler.amazonaws.com"]
TRUSTS = {"Effect": "Allow", "Principal": {"Service": SERVICES}, "Action": "sts:AssumeRole"}
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [TRUSTS]})
PACKAGE = {"S3Bucket": "packages", "S3Key": "code.zip"}
MADE = {"FunctionName": "made", "Role": OTHER, "Runtime": "python3.13", "Handler": "app.handler"}
NAMES = {"Name": "made", "ScheduleExpression": "rate(1 hour)", "FlexibleTimeWindow": {"Mode": "OFF"}}
TARGET = {"Arn": f"arn:aws:lambda:{HERE}:function:who", "RoleArn": OTHER}

CALLS: dict[str, tuple[str, str, dict[str, Any], tuple[str, ...], str, str, int]] = {
    "a role passed to Lambda": (
        "lambda", "UpdateFunctionConfiguration", {"FunctionName": "who", "Role": OTHER},
        ("lambda:UpdateFunctionConfiguration",), "iam:PassRole", OTHER, 403,
    ),
    "a role passed to a schedule": (
        "scheduler", "CreateSchedule", {**NAMES, "Target": TARGET},
        ("scheduler:CreateSchedule",), "iam:PassRole", OTHER, 403,
    ),
    "a role passed to a rule": (
        "events", "PutRule", {"Name": "made", "ScheduleExpression": "rate(1 hour)", "RoleArn": OTHER},
        ("events:PutRule",), "iam:PassRole", OTHER, 400,
    ),
    "the tags of a function": (
        "lambda", "CreateFunction", {**MADE, "Code": PACKAGE, "Tags": {"team": "core"}},
        ("lambda:CreateFunction", "s3:GetObject", "iam:PassRole"), "lambda:TagResource",
        f"arn:aws:lambda:{HERE}:function:made", 403,
    ),
    "the tags of a rule": (
        "events", "PutRule",
        {"Name": "tagged", "ScheduleExpression": "rate(1 hour)", "Tags": [{"Key": "team", "Value": "core"}]},
        ("events:PutRule",), "events:TagResource", f"arn:aws:events:{HERE}:rule/tagged", 400,
    ),
    "the tags of a role": (
        "iam", "CreateRole",
        {"RoleName": "tagged", "AssumeRolePolicyDocument": TRUST, "Tags": [{"Key": "team", "Value": "core"}]},
        ("iam:CreateRole",), "iam:TagRole", "arn:aws:iam::000000000000:role/tagged", 403,
    ),
    "the tags of an object": (
        "s3", "PutObject", {"Bucket": "packages", "Key": "tagged", "Tagging": "team=core"},
        ("s3:PutObject",), "s3:PutObjectTagging", "arn:aws:s3:::packages/tagged", 403,
    ),
    "the tags of a REST API": (
        "apigateway", "CreateRestApi", {"name": "made", "tags": {"team": "core"}},
        ("apigateway:POST",), "apigateway:PUT",
        "arn:aws:apigateway:us-east-1::/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Frestapis%2F*", 403,
    ),
    "a package in S3": (
        "lambda", "UpdateFunctionCode", {"FunctionName": "who", **PACKAGE},
        ("lambda:UpdateFunctionCode",), "s3:GetObject", "arn:aws:s3:::packages/code.zip", 403,
    ),
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def world(server: Server, asking: Asking) -> None:  # noqa: F811
    server.role("other")
    server.client("iam").update_assume_role_policy(RoleName="other", PolicyDocument=TRUST)
    s3 = server.client("s3")
    s3.create_bucket(Bucket="packages")
    s3.put_object(Bucket="packages", Key="code.zip", Body=package("def handler(event, context): pass"))


def expected(service: str, action: str, resource: str, status: int) -> list[Any]:
    quoted = f'"{resource}"' if action.startswith("s3:") else resource
    text = denied(action, quoted)
    if service == "lambda" and action == "s3:GetObject":
        text = (
            "Your access has been denied by S3, please make sure your request credentials have permission to "
            f"GetObject for packages/code.zip. S3 Error Code: AccessDenied. S3 Error Message: {text}"
        )
    return ["AccessDenied" if service in ("iam", "s3") else "AccessDeniedException", status, text]


@pytest.mark.parametrize("what", CALLS)
def test_a_function_needs_what_its_request_brings_along(asking: Asking, what: str) -> None:  # noqa: F811
    service, operation, request, own, action, resource, status = CALLS[what]
    refusal = expected(service, action, resource, status)
    asking.may(allow(*own))
    assert asking(service, operation, request) == refusal
    asking.may(allow(*own), allow(action, resource=f"{resource}-other"))
    assert asking(service, operation, request) == refusal
    asking.may(allow(*own), allow(action, resource=resource))
    assert asking(service, operation, request) == "allowed"


@pytest.mark.parametrize(
    ("service", "is_allowed"), [("lambda.amazonaws.com", True), ("ec2.amazonaws.com", False)]
)
def test_a_role_is_passed_to_the_services_that_the_policy_names(
    asking: Asking,  # noqa: F811
    service: str,
    is_allowed: bool,
) -> None:
    passes = {**allow("iam:PassRole"), "Condition": {"StringEquals": {"iam:PassedToService": service}}}
    asking.may(allow("lambda:*"), passes)
    answer = asking("lambda", "UpdateFunctionConfiguration", {"FunctionName": "who", "Role": OTHER})
    assert answer == ("allowed" if is_allowed else expected("lambda", "iam:PassRole", OTHER, 403))
