"""resources/policies: what Workbench calls, in the shape that IAM accepts."""

import re
from fnmatch import fnmatchcase
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.session import get_session

from tests.aws.make_policies import (
    IMPLICIT,
    NOT_VIEWED,
    operations,
    policies,
)
from workbench.aws.connection import is_write
from workbench.aws.errors import translate
from workbench.aws.iam import (
    LEVELS,
    MAX_CHARACTERS,
    PolicyFile,
    Statement,
    is_missing,
    policy_files,
    statement_for,
    statements_of,
)
from workbench.core.errors import WorkbenchError
from workbench_sandbox.rules.iam import actions_of

_FILES = {file.name: file for file in policy_files()}
_OF_SERVICES = {"elasticfilesystem": "efs", "tag": "resourcegroupstaggingapi"}
_NOT_OPERATIONS = frozenset(
    # Of AWS's Service Authorization Reference; each is the name of an action, not of an operation.
    [
        "execute-api:Invoke",
        "iam:PassRole",
        "lambda:InvokeFunction",
        "lambda:InvokeFunctionUrl",
        "s3:DeleteObjectVersion",
        "s3:GetBucketNotification",
        "s3:GetObjectVersion",
        "s3:ListAllMyBuckets",
        "s3:ListBucket",
        "s3:ListBucketMultipartUploads",
        "s3:ListBucketVersions",
        "s3:ListMultipartUploadParts",
        "s3:PutBucketNotification",
        "s3:PutBucketPublicAccessBlock",
        "s3:PutEncryptionConfiguration",
        "s3:PutLifecycleConfiguration",
        *(f"apigateway:{method}" for method in ("GET", "POST", "PUT", "PATCH", "DELETE")),
    ]
)


def _allowed(level: str) -> set[str]:
    return {
        action
        for file in policy_files()
        if file.level == level
        for statement in statements_of(file.text)
        for action in statement["Action"]
    }


def test_the_policies_are_those_that_the_calls_of_the_code_make() -> None:
    made = policies()
    assert {name: file.text for name, file in _FILES.items()} == made, (
        "Run `python -m tests.aws.make_policies`."
    )


def test_everything_allows_each_operation_that_is_called() -> None:
    allowed = _allowed("everything")
    lacking = {
        f"{service}:{name}": missing
        for service, name in operations()
        if (missing := set(actions_of(f"{service}:{name}")) - allowed)
    }
    assert not lacking


def test_view_allows_each_operation_that_only_reads_and_nothing_else() -> None:
    needed = {
        action
        for service, name in operations()
        if not is_write(name)
        for action in actions_of(f"{service}:{name}")
    }
    assert _allowed("view") == (needed - NOT_VIEWED) | set(IMPLICIT["view"])
    for service, name in operations():
        if is_write(name):
            assert not _allowed("view") & set(actions_of(f"{service}:{name}")), (service, name)


def test_no_policy_allows_what_no_call_needs() -> None:
    needed = {action for service, name in operations() for action in actions_of(f"{service}:{name}")}
    implicit = {action for some in IMPLICIT.values() for action in some}
    assert _allowed("everything") == needed | implicit
    assert not needed & {action for action in implicit if action not in ("s3:GetObject",)}


def test_each_level_allows_what_those_before_it_do() -> None:
    view, deploy, everything = map(_allowed, LEVELS)
    assert view < deploy < everything
    assert {"lambda:UpdateFunctionCode", "lambda:PublishLayerVersion", "iam:PassRole"} <= deploy
    assert not {"lambda:CreateEventSourceMapping", "events:PutRule", "iam:AttachRolePolicy"} & deploy


@pytest.mark.parametrize("file", _FILES.values(), ids=lambda file: file.name)
def test_a_policy_has_the_shape_that_iam_accepts(file: PolicyFile) -> None:
    assert file.characters <= MAX_CHARACTERS
    sids = [statement["Sid"] for statement in statements_of(file.text)]
    assert len(sids) == len(set(sids))
    for statement in statements_of(file.text):
        assert re.fullmatch("[A-Za-z0-9]+", statement["Sid"])
        assert statement.keys() - {"Condition"} == {"Sid", "Effect", "Action", "Resource"}
        assert statement["Effect"] == "Allow"
        assert statement["Action"]
        assert all(each == "*" or each.startswith("arn:aws:") for each in statement["Resource"])


def test_each_action_exists() -> None:
    session = get_session()
    for action in _allowed("everything") - _NOT_OPERATIONS:
        service, _, name = action.partition(":")
        services = [_OF_SERVICES.get(service, service)]
        if service == "dynamodb":
            services.append("dynamodbstreams")
        names = {each for some in services for each in session.get_service_model(some).operation_names}
        assert name in names, action


def test_an_action_of_api_gateway_is_the_method_of_the_request() -> None:
    session = get_session()
    for service, name in operations():
        if service in ("apigateway", "apigatewayv2"):
            method = session.get_service_model(service).operation_model(name).http["method"]
            assert actions_of(f"{service}:{name}") == (f"apigateway:{method}",)


def test_a_role_is_passed_only_to_the_services_that_take_it() -> None:
    for file in policy_files():
        for statement in statements_of(file.text):
            if "iam:PassRole" in statement["Action"]:
                assert statement["Action"] == ["iam:PassRole"]
                assert statement["Condition"]["StringEquals"]["iam:PassedToService"]


def test_the_roles_and_buckets_that_workbench_makes_are_within_the_policy() -> None:
    from workbench.functions.roles import new_role_name

    resources = {
        statement["Sid"]: statement["Resource"] for statement in statements_of(_FILES["deploy.json"].text)
    }
    role = f"arn:aws:iam::123456789012:role/{new_role_name('hello')}"
    assert any(fnmatchcase(role, each) for each in resources["MakeRoles"])
    bucket = "arn:aws:s3:::workbench-deploy-123456789012-eu-central-1"
    assert any(fnmatchcase(bucket, each) for each in resources["StagePackages"])


@pytest.mark.parametrize(
    ("action", "statement"),
    [
        ("lambda:ListFunctions", Statement("view.json", "ViewFunctions")),
        ("LAMBDA:updatefunctioncode", Statement("deploy.json", "DeployFunctions")),
        ("lambda:AddPermission", Statement("everything-2.json", "ChangeTriggers")),
        ("ec2:RunInstances", None),
    ],
)
def test_the_statement_of_an_action_is_that_of_the_policy_that_allows_least(
    action: str, statement: Statement | None
) -> None:
    assert statement_for(action) == statement


def test_of_each_denied_call_the_statement_that_allows_it_is_named() -> None:
    for service, name in _calls():
        for action in actions_of(f"{service}:{name}"):
            message = (
                f"User: arn:aws:iam::123456789012:user/x is not authorized to perform: {action} on resource: "
                "arn:aws:x because no identity-based policy allows the action"
            )
            statement = statement_for(action)
            assert statement is not None, action
            said = _refused(service, name, "AccessDeniedException", message)
            assert action in f"{said.why} {said.remedy}"
            assert f"{action} (statement {statement.sid} of {statement.file}: see Help" in said.remedy


def test_what_was_denied_is_said_once_with_who_is_signed_in() -> None:
    user, arn = "arn:aws:iam::123456789012:user/x", "arn:aws:lambda:us-east-1:123456789012:function:f"
    text = (
        f"User: {user} is not authorized to perform: lambda:GetPolicy on resource: {arn} "
        "because no identity-based policy allows the lambda:GetPolicy action"
    )
    said = _refused("lambda", "GetPolicy", "AccessDeniedException", text)
    denied = f"You do not have permission for lambda:GetPolicy on {arn}."
    assert said.why == f"{denied} You are signed in as {user}."


@pytest.mark.parametrize(
    ("service", "name", "spelled", "action"),
    [
        ("sqs", "GetQueueAttributes", "sqs:getqueueattributes", "sqs:GetQueueAttributes"),
        ("sns", "GetTopicAttributes", "SNS:GetTopicAttributes", "sns:GetTopicAttributes"),
    ],
)
def test_an_action_is_named_as_policies_spell_it(service: str, name: str, spelled: str, action: str) -> None:
    text = f"User: x is not authorized to perform: {spelled} on resource: * because no policy allows it"
    said = _refused(service, name, "AccessDenied", text)
    assert f"permission {action} (statement ViewSources of view.json" in said.remedy
    assert " on *" not in said.why.partition("User:")[0]


def test_only_a_permission_of_the_callers_own_account_is_missing() -> None:
    text = "User: x is not authorized to perform: sqs:sendmessage on resource: y because no {} allows it"
    for policy, expected in (("identity-based policy", True), ("resource-based policy", False)):
        said = _refused("sqs", "SendMessage", "AccessDenied", text.format(policy))
        assert is_missing(said) is expected


def test_a_denial_without_a_text_names_the_action_of_the_call() -> None:
    for service, name in _calls():
        said = _refused(service, name, "AccessDenied", "Access Denied")
        statement = statement_for(actions_of(f"{service}:{name}")[0])
        assert statement is not None, (service, name)
        assert f"(statement {statement.sid} of {statement.file}: see Help" in said.remedy


def _calls() -> list[tuple[str, str]]:
    """Not as parameters: to find them all, each worker would read the whole source before its first test."""
    found = sorted((service, name) for service, name in operations() if actions_of(f"{service}:{name}"))
    assert len(found) > 200
    return found


def _refused(service: str, name: str, code: str, message: str) -> WorkbenchError:
    answer: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": 403}}
    return translate(ClientError(answer, name), operation=f"{service}:{name}")
