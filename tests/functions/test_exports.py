"""A function as a SAM template and as a file of the Serverless Framework."""

from dataclasses import replace
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.sandbox_functions import create_function
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.configuration import FileSystem
from workbench.functions.export_sources import (
    EventSource,
    FunctionUrl,
    Sources,
    logical_id,
    logical_ids,
    read_sources,
)
from workbench.functions.export_templates import sam_template, serverless_file
from workbench.functions.model import FunctionDetail, S3Object, detail_of
from workbench.functions.template_functions import Tagged, load_yaml, read_template

CTX = JobContext()
ARN = "arn:aws:lambda:eu-central-1:123456789012:function:orders-api"
ROLE = "arn:aws:iam::123456789012:role/orders"
QUEUE = "arn:aws:sqs:eu-central-1:123456789012:orders"
STREAM = "arn:aws:kinesis:eu-central-1:123456789012:stream/clicks"
KAFKA = "arn:aws:kafka:eu-central-1:123456789012:cluster/demo/1"
SOURCES = Sources(
    (
        EventSource("sqs", QUEUE, 10, window_s=5),
        EventSource("kinesis", STREAM, 100, "LATEST", 0, enabled=False),
        EventSource("kafka", KAFKA, 100),
    ),
    FunctionUrl("AWS_IAM", "RESPONSE_STREAM"),
)


@pytest.fixture
def detail() -> FunctionDetail:
    """A function that has everything."""
    plain = detail_of(
        {
            "Configuration": {
                "FunctionName": "orders-api",
                "FunctionArn": ARN,
                "Runtime": "python3.13",
                "Handler": "app.handler",
                "Role": ROLE,
                "MemorySize": 256,
                "Timeout": 30,
                "Description": "Takes: “orders” # and more",
                "Architectures": ["arm64"],
                "Environment": {"Variables": {"TOKEN": "top-secret", "token": "x", "PORT": "8080"}},
                "EphemeralStorage": {"Size": 1024},
                "TracingConfig": {"Mode": "Active"},
                "Layers": [{"Arn": "arn:aws:lambda:eu-central-1:123456789012:layer:tools:4"}],
                "VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
                "DeadLetterConfig": {"TargetArn": "arn:aws:sns:eu-central-1:123456789012:dead"},
                "KMSKeyArn": "arn:aws:kms:eu-central-1:123456789012:key/1",
                "LoggingConfig": {"LogFormat": "JSON", "LogGroup": "shared", "ApplicationLogLevel": "WARN"},
                "SnapStart": {"ApplyOn": "PublishedVersions"},
            },
            "Concurrency": {"ReservedConcurrentExecutions": 0},
            "Tags": {"team": "web", "aws:cloudformation:stack-name": "shop", "lambda:createdBy": "SAM"}
            | {"sst:app": "shop", "STAGE": "prod"},
        }
    )
    return replace(plain, file_systems=(FileSystem("arn:efs:1", "/mnt/a"), FileSystem("arn:efs:2", "/mnt/b")))


def test_a_sam_template_holds_the_whole_configuration(detail: FunctionDetail) -> None:
    template = load_yaml(sam_template(detail, SOURCES, "src/", with_values=True), "")
    assert template["AWSTemplateFormatVersion"] == "2010-09-09"
    assert template["Transform"] == "AWS::Serverless-2016-10-31"
    assert template["Resources"] == {
        "OrdersApiFunction": {
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "FunctionName": "orders-api",
                "CodeUri": "src/",
                "Handler": "app.handler",
                "Runtime": "python3.13",
                "Description": "Takes: “orders” # and more",
                "Architectures": ["arm64"],
                "MemorySize": 256,
                "Timeout": 30,
                "Role": ROLE,
                "EphemeralStorage": {"Size": 1024},
                "KmsKeyArn": "arn:aws:kms:eu-central-1:123456789012:key/1",
                "Layers": ["arn:aws:lambda:eu-central-1:123456789012:layer:tools:4"],
                "Environment": {"Variables": {"PORT": "8080", "TOKEN": "top-secret", "token": "x"}},
                "VpcConfig": {"SecurityGroupIds": ["sg-1"], "SubnetIds": ["subnet-1"]},
                "FileSystemConfigs": [
                    {"Arn": "arn:efs:1", "LocalMountPath": "/mnt/a"},
                    {"Arn": "arn:efs:2", "LocalMountPath": "/mnt/b"},
                ],
                "Tracing": "Active",
                "SnapStart": {"ApplyOn": "PublishedVersions"},
                "DeadLetterQueue": {
                    "Type": "SNS",
                    "TargetArn": "arn:aws:sns:eu-central-1:123456789012:dead",
                },
                "ReservedConcurrentExecutions": 0,
                "LoggingConfig": {"LogGroup": "shared", "LogFormat": "JSON", "ApplicationLogLevel": "WARN"},
                "FunctionUrlConfig": {"AuthType": "AWS_IAM", "InvokeMode": "RESPONSE_STREAM"},
                "Events": {
                    "SQS1": {
                        "Type": "SQS",
                        "Properties": {
                            "Queue": QUEUE,
                            "BatchSize": 10,
                            "MaximumBatchingWindowInSeconds": 5,
                        },
                    },
                    "Kinesis2": {
                        "Type": "Kinesis",
                        "Properties": {
                            "Stream": STREAM,
                            "StartingPosition": "LATEST",
                            "BatchSize": 100,
                            "Enabled": False,
                        },
                    },
                },
                "Tags": {"team": "web"},
            },
        }
    }


def test_a_serverless_file_holds_the_whole_configuration(detail: FunctionDetail) -> None:
    text = serverless_file(detail, SOURCES, with_values=True)
    assert load_yaml(text, "") == {
        "service": "orders-api",
        "provider": {"name": "aws", "region": "eu-central-1"},
        "functions": {
            "orders_api": {
                "name": "orders-api",
                "handler": "app.handler",
                "runtime": "python3.13",
                "description": "Takes: “orders” # and more",
                "architecture": "arm64",
                "memorySize": 256,
                "timeout": 30,
                "role": ROLE,
                "ephemeralStorageSize": 1024,
                "environment": {"PORT": "8080", "TOKEN": "top-secret", "token": "x"},
                "kmsKeyArn": "arn:aws:kms:eu-central-1:123456789012:key/1",
                "layers": ["arn:aws:lambda:eu-central-1:123456789012:layer:tools:4"],
                "vpc": {"securityGroupIds": ["sg-1"], "subnetIds": ["subnet-1"]},
                "fileSystemConfig": {"arn": "arn:efs:1", "localMountPath": "/mnt/a"},
                "tracing": "Active",
                "snapStart": True,
                "onError": "arn:aws:sns:eu-central-1:123456789012:dead",
                "reservedConcurrency": 0,
                "logs": {"logGroup": "shared", "logFormat": "JSON", "applicationLogLevel": "WARN"},
                "tags": {"team": "web"},
                "url": {"invokeMode": "RESPONSE_STREAM", "authorizer": "aws_iam"},
                "events": [
                    {"sqs": {"arn": QUEUE, "batchSize": 10, "maximumBatchingWindow": 5}},
                    {
                        "stream": {
                            "arn": STREAM,
                            "type": "kinesis",
                            "startingPosition": "LATEST",
                            "batchSize": 100,
                            "enabled": False,
                        }
                    },
                ],
            }
        },
    }
    assert "# Not in this file: file system arn:efs:2" in text


def test_secrets_stand_in_no_template_unless_asked_for(detail: FunctionDetail) -> None:
    sam, serverless = sam_template(detail, SOURCES), serverless_file(detail, SOURCES)
    assert "top-secret" not in sam + serverless
    template = load_yaml(sam, "")
    variables = template["Resources"]["OrdersApiFunction"]["Properties"]["Environment"]["Variables"]
    assert variables["TOKEN"] == Tagged("!Ref", "EnvTOKEN")
    assert set(template["Parameters"]) == {str(each.value) for each in variables.values()}
    assert len(template["Parameters"]) == 3  # "TOKEN" and "token" are two
    assert all(each == {"Type": "String", "NoEcho": True} for each in template["Parameters"].values())
    environment = load_yaml(serverless, "")["functions"]["orders_api"]["environment"]
    assert environment["TOKEN"] == "${env:TOKEN}"


def test_what_no_template_can_hold_is_said(detail: FunctionDetail) -> None:
    line = f"# Not in this file: event source {KAFKA}\n"
    assert sam_template(detail, SOURCES).startswith(line)
    assert serverless_file(detail, SOURCES).startswith(line)


def test_a_dead_letter_queue_is_no_topic_and_the_framework_takes_no_other(detail: FunctionDetail) -> None:
    queue = "arn:aws:sqs:eu-central-1:123456789012:dead"
    text = serverless_file(replace(detail, dead_letter_arn=queue), Sources())
    assert f"# Not in this file: dead-letter queue {queue}\n" in text
    assert "onError" not in load_yaml(text, "")["functions"]["orders_api"]


def test_code_that_is_referred_to_in_s3_stays_there_where_a_file_can_say_so(detail: FunctionDetail) -> None:
    refers = replace(detail, s3_object=S3Object("own-code", "orders.zip", "v1"))
    text = sam_template(refers, Sources(), "src/")
    (resource,) = load_yaml(text, "")["Resources"].values()
    code = {"Bucket": "own-code", "Key": "orders.zip", "StorageMode": "REFERENCE", "Version": "v1"}
    assert resource["Properties"]["CodeUri"] == code
    assert "# The code is in s3://own-code/orders.zip: set CodeUri to src/" in text
    (read,) = read_template(text, "template.yaml")
    assert read.code_folder == ""
    assert "# Not in this file: reference to s3://own-code/orders.zip" in serverless_file(refers, Sources())


def test_an_image_has_no_handler(detail: FunctionDetail) -> None:
    uri = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/orders:1"
    image = replace(
        detail, package_type="Image", image_uri=uri, runtime="", handler="", command=("app.handler",)
    )
    sam = load_yaml(sam_template(image, Sources()), "")
    properties = sam["Resources"]["OrdersApiFunction"]["Properties"]
    assert (properties["PackageType"], properties["ImageUri"]) == ("Image", uri)
    assert properties["ImageConfig"] == {"Command": ["app.handler"]}
    assert "Handler" not in properties
    function = load_yaml(serverless_file(image, Sources()), "")["functions"]["orders_api"]
    assert function["image"] == {"uri": uri, "command": ["app.handler"]}


def test_a_plain_function_makes_a_short_template() -> None:
    configuration = {"FunctionName": "hi", "FunctionArn": ARN.replace("orders-api", "hi"), "Role": ROLE}
    plain = detail_of({"Configuration": configuration})
    properties = load_yaml(sam_template(plain, Sources()), "")["Resources"]["HiFunction"]["Properties"]
    assert set(properties) == {
        "FunctionName",
        "CodeUri",
        "Handler",
        "Runtime",
        "Architectures",
        "MemorySize",
        "Timeout",
        "Role",
    }


def test_what_makes_a_function_one_of_its_kind_is_exported_or_said(detail: FunctionDetail) -> None:
    """No setting is dropped without a word: a template without it would make another function."""
    provider = "arn:aws:lambda:eu-central-1:123456789012:capacity-provider:mine"
    runtime = "arn:aws:lambda:eu-central-1:123456789012:runtime/mine"
    capacity = {"CapacityProviderArn": provider, "PerExecutionEnvironmentMaxConcurrency": 8}
    capacity |= {"ExecutionEnvironmentMemoryGiBPerVCpu": 4.0}
    configuration = {
        "FunctionName": "odd",
        "FunctionArn": ARN.replace("orders-api", "odd"),
        "CapacityProviderConfig": {"LambdaManagedInstancesCapacityProviderConfig": capacity},
        "DurableConfig": {"ExecutionTimeout": 60, "RetentionPeriodInDays": 7},
        "TenancyConfig": {"TenantIsolationMode": "PER_TENANT"},
        "RuntimeConfig": {"RuntimeArn": runtime, "RuntimeAlias": "live"},
        "AcceleratorConfig": {"AcceleratorMemorySize": 24},
        "FileSystemConfigs": [
            {"Arn": "arn:s3files", "LocalMountPath": "/mnt/a", "S3FilesConfig": {"DirectS3Read": "ENABLED"}}
        ],
    }
    key = "arn:aws:kms:eu-central-1:123456789012:key/1"
    odd = detail_of({"Configuration": configuration, "Code": {"SourceKMSKeyArn": key}})
    text = sam_template(odd, Sources())
    properties = load_yaml(text, "")["Resources"]["OddFunction"]["Properties"]
    assert properties["CapacityProviderConfig"] == {
        "Arn": provider,
        "PerExecutionEnvironmentMaxConcurrency": 8,
        "ExecutionEnvironmentMemoryGiBPerVCpu": 4.0,
    }
    assert properties["PublishToLatestPublished"] is True
    assert properties["DurableConfig"] == configuration["DurableConfig"]
    assert properties["TenancyConfig"] == configuration["TenancyConfig"]
    assert properties["FileSystemConfigs"] == configuration["FileSystemConfigs"]
    assert properties["SourceKMSKeyArn"] == key
    custom = {
        f"# Not in this file: Customer-managed runtime: {runtime}",
        "# Not in this file: Runtime alias: live",
        "# Not in this file: Accelerator memory: 24",
    }
    assert {line for line in text.splitlines() if line.startswith("#")} == custom
    text = serverless_file(odd, Sources())
    assert {line for line in text.splitlines() if line.startswith("#")} == custom | {
        f"# Not in this file: Capacity provider: {provider}",
        "# Not in this file: Concurrency per environment: 8",
        "# Not in this file: Memory per vCPU: 4.0",
        "# Not in this file: Execution timeout: 60",
        "# Not in this file: Execution retention: 7",
        "# Not in this file: Tenant isolation: PER_TENANT",
        f"# Not in this file: KMS key of the package {key}",
    }


@pytest.mark.parametrize(
    "value",
    [
        "yes",
        "no",
        "0x1F",
        "1e3",
        "2010-09-09",
        "null",
        "~",
        "!Ref Role",
        "a: b",
        "# c",
        "“ü”\n\ttwo",
        "",
        " ",
    ],
)
def test_odd_values_come_back_as_they_were(detail: FunctionDetail, value: str) -> None:
    odd = replace(detail, environment=(("V", value),), description=value or "x")
    sam = load_yaml(sam_template(odd, Sources(), with_values=True), "")
    function = load_yaml(serverless_file(odd, Sources(), with_values=True), "")["functions"]["orders_api"]
    assert sam["Resources"]["OrdersApiFunction"]["Properties"]["Environment"]["Variables"] == {"V": value}
    assert function["environment"] == {"V": value}


def test_what_is_exported_is_found_again(detail: FunctionDetail) -> None:
    (sam,) = read_template(sam_template(detail, SOURCES), "template.yaml")
    (serverless,) = read_template(serverless_file(detail, SOURCES), "serverless.yml")
    for found in (sam, serverless):
        assert (found.function_name, found.handler, found.runtime) == (
            "orders-api",
            "app.handler",
            "python3.13",
        )
    assert sam.events == (f"SQS {QUEUE}", f"Kinesis {STREAM}", "FunctionUrl")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("orders-api", "OrdersApi"), ("x", "X"), ("1st", "X1st"), ("a_b--C", "ABC"), ("---", "X")],
)
def test_a_logical_id_is_letters_and_digits(name: str, expected: str) -> None:
    assert logical_id(name) == expected


def test_no_two_names_get_one_id() -> None:
    made = logical_ids(["A_B", "AB", "a-b"], "Env")
    assert len(set(made.values())) == 3


# What makes it run ------------------------------------------------------------------------------------------


def test_mappings_and_the_url_are_read(connection: Connection) -> None:
    made = create_function(connection, "def handler(event, context):\n    return 1\n")
    name = made.function_name
    url = connection.call("sqs", "create_queue", QueueName=f"{name}-orders")["QueueUrl"]
    answer = connection.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["QueueArn"])
    arn = answer["Attributes"]["QueueArn"]
    connection.call(
        "lambda", "create_event_source_mapping", FunctionName=name, EventSourceArn=arn, BatchSize=7
    )
    connection.call("lambda", "create_function_url_config", FunctionName=name, AuthType="AWS_IAM")
    found = read_sources(connection, made, CTX)
    assert found.url == FunctionUrl("AWS_IAM", "BUFFERED")
    assert [(each.service, each.arn, each.batch_size) for each in found.mappings] == [("sqs", arn, 7)]


def test_a_cluster_of_ones_own_and_a_paused_mapping_are_known(
    aws: StubbedAws, detail: FunctionDetail
) -> None:
    mappings: list[dict[str, Any]] = [{"State": "Disabled", "SelfManagedEventSource": {"Endpoints": {}}}]
    aws.answer("lambda", "list_event_source_mappings", {"EventSourceMappings": mappings})
    aws.refuse("lambda", "get_function_url_config", "ResourceNotFoundException", "None", 404)
    found = read_sources(aws.connection, detail, CTX)
    assert found == Sources((EventSource("kafka", "", enabled=False),))
    assert found.left_out == ("kafka",)
