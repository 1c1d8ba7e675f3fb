"""What goes along with a copy of a function, by where the copy goes."""

import json
from dataclasses import replace
from typing import Any

import pytest

from workbench.functions.create_copy import Original, copy_of, plan_copy, with_needs
from workbench.functions.model import S3Object, detail_of
from workbench.functions.snapshot import restore_request
from workbench.functions.templates import AccountRegion

ACCOUNT, OTHER, REGION, FAR = "123456789012", "210987654321", "eu-central-1", "us-east-1"
HERE, ELSEWHERE = AccountRegion("aws", REGION, ACCOUNT), AccountRegion("aws", FAR, ACCOUNT)
THEIRS = AccountRegion("aws", REGION, OTHER)
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/orders"
OWN_LAYER = f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:own:3"
PUBLIC_LAYER = f"arn:aws:lambda:{REGION}:580247275435:layer:LambdaInsightsExtension:14"
CONFIGURATION = {
    "FunctionName": "orders",
    "FunctionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:orders",
    "Runtime": "python3.13",
    "Handler": "app.handler",
    "Role": f"arn:aws:iam::{ACCOUNT}:role/orders",
    "Description": "takes orders",
    "MemorySize": 512,
    "Timeout": 42,
    "Architectures": ["arm64"],
    "PackageType": "Zip",
    "Environment": {"Variables": {"STAGE": "prod", "SECRET": "s3cr3t"}},
    "VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"], "VpcId": "vpc-1"},
    "KMSKeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k",
    "DeadLetterConfig": {"TargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead"},
    "RuntimeConfig": {
        "RuntimeArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:runtime/own",
        "RuntimeAlias": "stable",
    },
    "AcceleratorConfig": {"AcceleratorMemorySize": 24},
    "Layers": [{"Arn": OWN_LAYER}, {"Arn": PUBLIC_LAYER}],
    "TracingConfig": {"Mode": "Active"},
    "LoggingConfig": {"LogFormat": "JSON", "LogGroup": "/aws/lambda/orders"},
}
KEPT = {
    "MemorySize": 512,
    "Timeout": 42,
    "AcceleratorConfig": {"AcceleratorMemorySize": 24},
    "TracingConfig": {"Mode": "Active"},
    "LoggingConfig": {"LogFormat": "JSON"},
    "Tags": {"team": "core"},
}
BOUND = (
    "its VPC (subnets and security groups)",
    "its KMS key",
    "its dead-letter queue",
    "its customer-managed runtime",
)


def original(tags: dict[str, str] | None = None, **more: Any) -> Original:
    answer = {
        "Configuration": CONFIGURATION | more,
        "Tags": {"team": "core", "aws:cloudformation:stack-name": "orders"} | (tags or {}),
        "Concurrency": {"ReservedConcurrentExecutions": 5},
    }
    return Original(detail_of(answer), json.dumps(restore_request(answer)))


def test_beside_the_original_all_of_its_configuration_goes_along() -> None:
    copied = plan_copy(original(), HERE, {"STAGE", "SECRET"})
    settings = json.loads(copied.settings)
    assert settings.items() >= KEPT.items()
    assert settings["VpcConfig"] == {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
    assert settings["RuntimeConfig"] == CONFIGURATION["RuntimeConfig"]
    assert settings["Layers"] == [OWN_LAYER, PUBLIC_LAYER]
    assert settings["Environment"] == {"Variables": {"STAGE": "prod", "SECRET": "s3cr3t"}}
    assert copied.lost == (
        "its reserved concurrency of 5",
        "versions, aliases, and permissions that do not belong to a trigger",
    )


@pytest.mark.parametrize(
    ("place", "layers"), [(ELSEWHERE, None), (THEIRS, [PUBLIC_LAYER])], ids=["region", "account"]
)
def test_elsewhere_what_is_of_its_place_stays_and_is_said(
    place: AccountRegion, layers: list[str] | None
) -> None:
    copied = plan_copy(original(), place, {"STAGE", "SECRET"})
    settings = json.loads(copied.settings)
    assert settings.items() >= KEPT.items()
    assert not {"VpcConfig", "KMSKeyArn", "DeadLetterConfig", "RuntimeConfig"} & settings.keys()
    assert set(BOUND) <= set(copied.lost)
    assert settings.get("Layers") == layers
    assert f"the layer {OWN_LAYER}" in copied.lost


def test_elsewhere_a_durable_function_keeps_all_but_the_key_of_its_executions() -> None:
    """A member goes as a whole only with the setting that AWS requires in it."""
    key = "arn:aws:kms:eu-central-1:123456789012:key/1"
    durable = {"RetentionPeriodInDays": 7, "ExecutionTimeout": 60}
    tenancy = {"TenantIsolationMode": "PER_TENANT"}
    function = original(DurableConfig=durable | {"KMSKeyArn": key}, TenancyConfig=tenancy)
    here, elsewhere = (plan_copy(function, place, ()) for place in (HERE, ELSEWHERE))
    assert json.loads(here.settings)["DurableConfig"] == durable | {"KMSKeyArn": key}
    assert json.loads(elsewhere.settings)["DurableConfig"] == durable
    assert json.loads(elsewhere.settings)["TenancyConfig"] == tenancy
    assert "the KMS key of its durable executions" in elsewhere.lost


def test_only_chosen_variables_go_along_and_values_are_never_printed() -> None:
    copied = plan_copy(original(), HERE, {"STAGE"})
    assert json.loads(copied.settings)["Environment"] == {"Variables": {"STAGE": "prod"}}
    assert "the variable SECRET" in copied.lost
    assert "s3cr3t" not in repr((original(), copied, copy_of(original(), "copy", copied)))
    assert "Environment" not in json.loads(plan_copy(original(), HERE, ()).settings)


def test_a_log_group_of_ones_own_naming_is_kept() -> None:
    copied = plan_copy(original(LoggingConfig={"LogFormat": "Text", "LogGroup": "/shared"}), HERE, ())
    assert json.loads(copied.settings)["LoggingConfig"]["LogGroup"] == "/shared"


def test_variables_that_may_not_be_read_are_said() -> None:
    environment = {"Error": {"Message": "KMS says no"}}
    lost = plan_copy(original(Environment=environment), HERE, ()).lost
    assert "its environment variables, which could not be read (KMS says no)" in lost


def test_the_request_of_a_copy_is_what_the_original_was_made_with() -> None:
    wanted = copy_of(original(), "orders-copy", plan_copy(original(), HERE, {"STAGE"}))
    request = wanted.request("arn:aws:iam::1:role/r", b"zip")
    assert request["FunctionName"] == "orders-copy"
    assert (request["Runtime"], request["Handler"], request["Architectures"]) == (
        "python3.13",
        "app.handler",
        ["arm64"],
    )
    assert (request["Role"], request["Code"]) == ("arn:aws:iam::1:role/r", {"ZipFile": b"zip"})
    assert request["MemorySize"] == 512


def test_a_container_image_is_named_and_can_be_another() -> None:
    image = original(PackageType="Image", Runtime="", Handler="")
    wanted = copy_of(image, "copy", plan_copy(image, ELSEWHERE, ()), "1.dkr.ecr.us-east-1.amazonaws.com/o")
    request = wanted.request("role", b"")
    assert request["Code"] == {"ImageUri": "1.dkr.ecr.us-east-1.amazonaws.com/o"}
    assert request["PackageType"] == "Image"
    assert not {"Runtime", "Handler"} & request.keys()


def test_a_copy_runs_the_image_that_the_original_runs_wherever_its_tag_is_by_now() -> None:
    answer = {
        "Configuration": CONFIGURATION | {"PackageType": "Image"},
        "Code": {"ImageUri": f"{IMAGE}:latest", "ResolvedImageUri": f"{IMAGE}@sha256:{'0' * 64}"},
    }
    image = Original(detail_of(answer), json.dumps(restore_request(answer)))
    wanted = copy_of(image, "copy", plan_copy(image, HERE, ()))
    assert wanted.request("role", b"")["Code"] == {"ImageUri": f"{IMAGE}@sha256:{'0' * 64}"}


@pytest.mark.parametrize(
    "tags",
    [
        {"lambda:createdBy": "SAM"},
        {"aws-cdk:id": "Orders_1"},
        {"sst:app": "shop", "sst:stage": "prod"},
        {"managed-by": "terraform"},
        {"pulumi:project": "shop", "pulumi:stack": "prod"},
    ],
)
def test_a_copy_does_not_say_that_somebody_manages_it(tags: dict[str, str]) -> None:
    copied = plan_copy(original(tags), HERE, {"STAGE", "SECRET"})
    assert json.loads(copied.settings)["Tags"] == {"team": "core"}
    for name in tags:
        assert f"the tag {name}, which identifies the tool that manages the original" in copied.lost


def test_the_key_of_the_package_goes_along_where_it_can_be_used() -> None:
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/own"
    found = original()
    mine = Original(replace(found.detail, source_kms_key_arn=key), found.request)
    here, far = plan_copy(mine, HERE, ()), plan_copy(mine, ELSEWHERE, ())
    assert copy_of(mine, "copy", here).request("role", b"zip")["Code"] == {
        "ZipFile": b"zip",
        "SourceKMSKeyArn": key,
    }
    assert copy_of(mine, "copy", far).request("role", b"zip")["Code"] == {"ZipFile": b"zip"}
    assert "the KMS key of its deployment package" not in here.lost
    assert "the KMS key of its deployment package" in far.lost


@pytest.mark.parametrize("place", [HERE, ELSEWHERE, THEIRS])
def test_a_reference_to_s3_goes_along_unless_lambda_is_to_keep_the_code(place: AccountRegion) -> None:
    """CreateFunction makes a copy of the code where S3ObjectStorageMode is not sent."""
    found = original()
    mine = Original(replace(found.detail, s3_object=S3Object("own-code", "orders.zip", "v1")), found.request)
    refers, keeps = plan_copy(mine, place, ()), plan_copy(mine, place, (), refers=False)
    wanted = copy_of(mine, "copy", refers)
    assert not wanted.brings_package
    assert wanted.request("role", b"")["Code"] == {
        "S3Bucket": "own-code",
        "S3Key": "orders.zip",
        "S3ObjectVersion": "v1",
        "S3ObjectStorageMode": "REFERENCE",
    }
    words = "its reference to s3://own-code/orders.zip: Lambda keeps the copy's code"
    assert words not in refers.lost
    assert words in keeps.lost
    assert copy_of(mine, "copy", keeps).request("role", b"zip")["Code"] == {"ZipFile": b"zip"}


LOGS = {"Sid": "WriteLog", "Effect": "Allow", "Action": ["logs:PutLogEvents"], "Resource": "*"}
QUEUE, TOPIC = "arn:aws:sqs:eu-central-1:123456789012:dead", "arn:aws:sns:eu-central-1:123456789012:dead"
POINT = "arn:aws:elasticfilesystem:eu-central-1:123456789012:access-point/fsap-1"


def added(settings: dict[str, Any]) -> list[dict[str, Any]]:
    policy = json.dumps({"Version": "2012-10-17", "Statement": [LOGS]})
    document = json.loads(with_needs(policy, json.dumps(settings) if settings else ""))
    assert document["Version"] == "2012-10-17"
    first, *others = document["Statement"]
    assert first == LOGS
    return list(others)


@pytest.mark.parametrize(
    ("settings", "action", "resource"),
    [
        ({"VpcConfig": {"SubnetIds": ["subnet-1"]}}, "ec2:CreateNetworkInterface", "*"),
        ({"TracingConfig": {"Mode": "Active"}}, "xray:PutTraceSegments", "*"),
        ({"DeadLetterConfig": {"TargetArn": QUEUE}}, "sqs:SendMessage", QUEUE),
        ({"DeadLetterConfig": {"TargetArn": TOPIC}}, "sns:Publish", TOPIC),
        ({"FileSystemConfigs": [{"Arn": POINT}]}, "elasticfilesystem:ClientMount", "*"),
    ],
)
def test_a_setting_is_allowed_what_it_needs(settings: dict[str, Any], action: str, resource: str) -> None:
    (statement,) = added(settings)
    assert action in statement["Action"]
    assert (statement["Effect"], statement["Resource"]) == ("Allow", resource)
    if settings.get("FileSystemConfigs"):
        assert POINT in json.dumps(statement["Condition"])


@pytest.mark.parametrize("settings", [{}, {"VpcConfig": {}, "TracingConfig": {"Mode": "PassThrough"}}])
def test_nothing_more_is_allowed(settings: dict[str, Any]) -> None:
    assert added(settings) == []
