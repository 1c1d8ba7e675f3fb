"""Names of services, operations and actions, from botocore's and boto3's models."""

import pytest
from botocore.loaders import create_loader

from workbench.aws.services import (
    known_action,
    known_actions,
    operation_named,
    resource_action,
    service_named,
)


def test_every_service_is_known_by_its_name_in_the_sdks() -> None:
    loader = create_loader()
    unknown = []
    for name in loader.list_available_services("service-2"):
        service_id = loader.load_service_model(name, "service-2")["metadata"]["serviceId"]
        in_javascript = f"client-{service_id.lower().replace(' ', '-')}"
        if not service_named(in_javascript) == service_named(name) == name:
            unknown.append(name)
    assert unknown == ["sms-voice"]  # botocore has it twice, with one service ID


@pytest.mark.parametrize(
    ("service", "method", "operation", "actions"),
    [
        ("s3", "list_objects_v2", "ListObjectsV2", ("s3:ListBucket",)),
        ("s3", "putObject", "PutObject", ("s3:PutObject",)),
        ("s3", "CopyObject", "CopyObject", ("s3:GetObject", "s3:PutObject")),
        ("lambda", "invoke", "Invoke", ("lambda:InvokeFunction",)),
        ("dynamodb", "transact_get_items", "TransactGetItems", ("dynamodb:GetItem",)),
        ("sesv2", "send_email", "SendEmail", ("ses:SendEmail",)),
        ("stepfunctions", "start_execution", "StartExecution", ("states:StartExecution",)),
        ("bedrock-runtime", "converse", "Converse", ("bedrock:InvokeModel",)),
        (
            "apigatewaymanagementapi",
            "post_to_connection",
            "PostToConnection",
            ("execute-api:ManageConnections",),
        ),
        ("cognito-idp", "sign_up", "SignUp", ()),
        ("sts", "get_caller_identity", "GetCallerIdentity", ()),
        ("s3", "no_such_method", "", None),
    ],
)
def test_operations_and_their_actions(
    service: str, method: str, operation: str, actions: tuple[str, ...] | None
) -> None:
    assert operation_named(service, method) == operation
    if actions is not None:
        assert known_actions(service, operation) == actions


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("sqs:sendmessage", "sqs:SendMessage"),
        ("SNS:Publish", "sns:Publish"),
        ("s3:ListBucket", "s3:ListBucket"),
        ("iam:PassRole", "iam:PassRole"),
        ("s3:*", ""),
        ("s3:GetObject*", ""),
        ("*", ""),
        ("s3:NoSuchAction", ""),
        ("nothing:GetObject", ""),
        ("../s3:GetObject", ""),
        ("", ""),
    ],
)
def test_only_actions_that_aws_has_are_known(text: str, action: str) -> None:
    assert known_action(text) == action


def test_methods_of_resources() -> None:
    put = resource_action("dynamodb", "Table", "put_item")
    assert put is not None
    assert (put.operation, put.parameters) == ("PutItem", {"Name": "TableName"})
    bucket = resource_action("s3", "", "Bucket")
    assert bucket is not None
    assert (bucket.kind, bucket.inputs) == ("Bucket", ("Name",))
    listing = resource_action("s3", "Bucket.objects", "all")
    assert listing is not None
    assert listing.operation == "ListObjects"
    assert resource_action("dynamodb", "Table", "nothing") is None
    assert resource_action("ses", "", "Bucket") is None
