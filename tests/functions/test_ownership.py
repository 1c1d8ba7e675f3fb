"""Who else manages a function, by its tags."""

import pytest

from workbench.functions.model import Owner, Tool, detail_of, owner_of

ARN = "arn:aws:lambda:eu-central-1:123456789012:function:hello"
STACK, ID = "aws:cloudformation:stack-name", "aws:cloudformation:logical-id"


def owner(tags: dict[str, str]) -> Owner | None:
    return owner_of(detail_of({"Configuration": {"FunctionName": "hello", "FunctionArn": ARN}, "Tags": tags}))


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({STACK: "shop", ID: "Hello"}, Owner(Tool.CLOUDFORMATION, "shop", "Hello")),
        ({STACK: "shop", ID: "Hello", "lambda:createdBy": "SAM"}, Owner(Tool.SAM, "shop", "Hello")),
        (
            {STACK: "shop-prod", ID: "HelloLambdaFunction", "STAGE": "prod"},
            Owner(Tool.SERVERLESS, "shop-prod", "HelloLambdaFunction", "prod"),
        ),
        ({STACK: "Shop", ID: "Hello3BAA72D1"}, Owner(Tool.CDK, "Shop", "Hello3BAA72D1")),
        ({STACK: "Shop", ID: "Hello", "aws-cdk:owner": "x"}, Owner(Tool.CDK, "Shop", "Hello")),
        ({"sst:app": "shop", "sst:stage": "prod"}, Owner(Tool.SST, "shop", "", "prod")),
        (
            {"aws-chalice": "version=1.31.2:stage=dev:app=shop"},
            Owner(Tool.CHALICE, "shop", "", "dev"),
        ),
        ({"amplify:app-id": "d1", STACK: "amplify-shop"}, Owner(Tool.AMPLIFY, "amplify-shop")),
        ({"pulumi:project": "shop", "pulumi:stack": "prod"}, Owner(Tool.PULUMI, "shop", "", "prod")),
        ({"lambda:createdBy": "SAM"}, Owner(Tool.SAM)),
        ({"ManagedBy": "Terraform"}, Owner(Tool.TERRAFORM)),
        ({"managed-by": "terraform-cloud"}, Owner(Tool.TERRAFORM)),
        ({"Managed_By": "OpenTofu"}, Owner(Tool.TERRAFORM)),
        ({"terraform": "true"}, Owner(Tool.TERRAFORM)),
        ({"Provisioned By": "the CDK"}, Owner(Tool.CDK)),
        ({"terraform": "false"}, None),
        ({"terraform": ""}, None),
        ({"managed-by": "alice"}, None),
        ({"managed-by": "samantha"}, None),  # no part of a name is a tool
        ({"note": "terraform"}, None),
        ({"STAGE": "prod"}, None),
        ({"aws-chalice": ""}, Owner(Tool.CHALICE)),
        ({"team": "web"}, None),
        ({}, None),
    ],
)
def test_tags_tell_the_owner(tags: dict[str, str], expected: Owner | None) -> None:
    assert owner(tags) == expected
