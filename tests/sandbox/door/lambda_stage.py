"""What the recorded requests to Lambda need to be there, in an account of its own."""

import functools
import io
import json
import time
import zipfile
from collections.abc import Callable
from typing import Any

from tests.sandbox.server.server import EVERYTHING, Server
from workbench.sandbox import REGION

ACCOUNT = "345678901234"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/for-lambda"
UNTRUSTED_ROLE = f"arn:aws:iam::{ACCOUNT}:role/for-ec2"
FUNCTION_ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:"
LAYER_ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:"
QUEUE_ARN = f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders"
STREAM_ARN = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/clicks"
BUCKET = "packages-of-the-door"
Client = Callable[[str], Any]


def client_of(server: Server) -> Client:
    """Returns what makes clients that send what they are given, right or wrong."""
    return functools.partial(server.client, account=ACCOUNT, is_checked=False)


def package(
    text: str = "def handler(event, context):\n    return event\n", file_name: str = "app.py"
) -> bytes:
    """A deployment package of one file."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("app.py", "def handler(event, context):\n    return event\n")
    return content.getvalue()


def settings(name: str, **more: Any) -> dict[str, Any]:
    """Parameters of CreateFunction that AWS accepts."""
    return {
        "FunctionName": name,
        "Runtime": "python3.13",
        "Handler": "app.handler",
        "Role": ROLE,
        "Code": {"ZipFile": package()},
        **more,
    }


def build(client: Client) -> dict[str, str]:
    """Makes it. Returns what only the Sandbox knows, by what rows write for it: a stream's ARN, UUIDs."""
    iam, functions = client("iam"), client("lambda")
    for arn, service in ((ROLE, "lambda"), (UNTRUSTED_ROLE, "ec2")):
        trust = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}}
        iam.create_role(
            RoleName=arn.rpartition("/")[2],
            AssumeRolePolicyDocument=json.dumps(
                {"Version": "2012-10-17", "Statement": [{**trust, "Action": "sts:AssumeRole"}]}
            ),
        )
    iam.put_role_policy(RoleName=ROLE.rpartition("/")[2], PolicyName="everything", PolicyDocument=EVERYTHING)
    for name, more in (
        ("there", {}),
        ("other", {}),
        ("slow", {"Timeout": 60}),
        ("stopped", {}),
        ("ready", {}),
        ("durable", {"DurableConfig": {"ExecutionTimeout": 3600}}),
    ):
        functions.create_function(**settings(name, **more))
    _settle(functions)
    for name in ("there", "ready"):
        functions.publish_version(FunctionName=name)
        functions.update_function_configuration(FunctionName=name, Description="changed")
        _settle(functions)
        functions.publish_version(FunctionName=name)
    functions.create_alias(FunctionName="there", Name="live", FunctionVersion="1")
    for name, version in (("first", "1"), ("second", "2")):
        functions.create_alias(FunctionName="ready", Name=name, FunctionVersion=version)
    for qualifier in ("1", "second"):
        functions.put_provisioned_concurrency_config(
            FunctionName="ready", Qualifier=qualifier, ProvisionedConcurrentExecutions=1
        )
    functions.put_function_concurrency(FunctionName="stopped", ReservedConcurrentExecutions=0)
    functions.add_permission(
        FunctionName="there", StatementId="s3", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com"
    )
    functions.create_function_url_config(FunctionName="other", AuthType="NONE")
    for name in ("tools", "bare"):
        functions.publish_layer_version(LayerName=name, Content={"ZipFile": package()})
    functions.add_layer_version_permission(
        LayerName="tools", VersionNumber=1, StatementId="s1", Action="lambda:GetLayerVersion", Principal="*"
    )
    return _sources(client)


def _sources(client: Client) -> dict[str, str]:
    functions = client("lambda")
    client("s3").create_bucket(Bucket=BUCKET)
    client("sqs").create_queue(QueueName="orders")
    client("sqs").create_queue(QueueName="free")
    client("kinesis").create_stream(StreamName="clicks", ShardCount=1)
    table = client("dynamodb").create_table(
        TableName="items",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    table_stream = str(table["TableDescription"]["LatestStreamArn"])
    uuids = {
        kind: functions.create_event_source_mapping(FunctionName="there", EventSourceArn=arn, **more)["UUID"]
        for kind, arn, more in (
            ("queue", QUEUE_ARN, {}),
            ("stream", STREAM_ARN, {"StartingPosition": "LATEST"}),
            ("table", table_stream, {"StartingPosition": "LATEST"}),
        )
    }
    return {"{table_stream}": table_stream, **{f"{{{kind}}}": uuid for kind, uuid in uuids.items()}}


def _settle(functions: Any) -> None:
    """Waits until no function is being changed."""
    names = [each["FunctionName"] for each in functions.list_functions()["Functions"]]
    while any(_is_changing(functions.get_function_configuration(FunctionName=name)) for name in names):
        time.sleep(0.02)


def _is_changing(configuration: dict[str, Any]) -> bool:
    return configuration["State"] == "Pending" or configuration.get("LastUpdateStatus") == "InProgress"
