"""A function that Lambda polls for, in the Sandbox: what it was sent, and all that wiring may touch."""

import json
import secrets
from typing import Any

from tests.sandbox_functions import create_function
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.detail import wait_until_updated
from workbench.functions.model import FunctionDetail

CTX = JobContext()
HANDLER = "def handler(event, context):\n    print('GOT', event)\n    return {}\n"


_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def polled_function(connection: Connection) -> FunctionDetail:
    """A function that prints its event, with a short timeout and a role that may read any source."""
    name = create_function(connection, HANDLER, timeout_s=5).function_name
    role = connection.call("iam", "create_role", RoleName=name, AssumeRolePolicyDocument=json.dumps(_TRUST))[
        "Role"
    ]
    connection.call(
        "iam", "put_role_policy", RoleName=name, PolicyName="all", PolicyDocument=json.dumps(_ALL)
    )
    connection.call("lambda", "update_function_configuration", FunctionName=name, Role=role["Arn"])
    return wait_until_updated(connection, name, CTX)


def logged(connection: Connection, function: FunctionDetail, mark: str, attempts: int = 60) -> bool:
    """Waits until the function has printed an event with this mark."""
    for _ in range(attempts):
        try:
            events = connection.call("logs", "filter_log_events", logGroupName=function.log_group)["events"]
        except Exception:  # noqa: BLE001 - there is no log group before the first invocation
            events = []
        if any(mark in each["message"] for each in events):
            return True
        CTX.sleep(0.1)
    return False


def make_queue(connection: Connection, name: str = "", **attributes: str) -> str:
    """A queue; returns its ARN."""
    name = name or f"q-{secrets.token_hex(4)}"
    url = connection.call("sqs", "create_queue", QueueName=name, Attributes=attributes)["QueueUrl"]
    answer = connection.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["QueueArn"])
    return str(answer["Attributes"]["QueueArn"])


def make_table(connection: Connection, *, is_on: bool, key_type: str = "S") -> dict[str, Any]:
    """A table with two keys, as DescribeTable answers it."""
    name = f"table-{secrets.token_hex(4)}"
    stream: dict[str, Any] = {"StreamEnabled": is_on}
    if is_on:
        stream["StreamViewType"] = "NEW_AND_OLD_IMAGES"
    connection.call(
        "dynamodb",
        "create_table",
        TableName=name,
        KeySchema=[
            {"AttributeName": "id", "KeyType": "HASH"},
            {"AttributeName": "n", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "id", "AttributeType": key_type},
            {"AttributeName": "n", "AttributeType": "N"},
        ],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification=stream,
    )
    table: dict[str, Any] = connection.call("dynamodb", "describe_table", TableName=name)["Table"]
    return table


def mappings(connection: Connection, function: FunctionDetail) -> list[dict[str, Any]]:
    """The function's event source mappings, as AWS has them."""
    answer = connection.call("lambda", "list_event_source_mappings", FunctionName=function.function_name)
    return list(answer["EventSourceMappings"])


def snapshot(*settings: object) -> str:
    """Settings, to be compared later; without what changes by itself."""
    return json.dumps([_still(each) for each in settings], default=str, sort_keys=True, indent=1)


_MOVING = ("ResponseMetadata", "LastModified", "LastModifiedTimestamp", "LastProcessingResult")


def _still(value: object) -> object:
    if isinstance(value, dict):
        return {
            key: _still(each)
            for key, each in value.items()
            if key not in _MOVING and not key.startswith("ApproximateNumber")
        }
    return [_still(each) for each in value] if isinstance(value, list) else value
