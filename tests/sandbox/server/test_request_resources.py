"""Policies for one resource allow the requests that name it, in whatever way, and no others."""

import json
from typing import Any, NamedTuple

import pytest

from tests.sandbox.server.server import Server
from tests.sandbox.server.test_permissions import HERE, Asking, allow

DYNAMODB, KINESIS, EVENTS = (f"arn:aws:{each}:{HERE}" for each in ("dynamodb", "kinesis", "events"))
LOGS, LAMBDA, SNS, SQS = (f"arn:aws:{each}:{HERE}" for each in ("logs", "lambda", "sns", "sqs"))
TABLE, STREAM, IAM = f"{DYNAMODB}:table/own", f"{KINESIS}:stream/own", "arn:aws:iam::000000000000"
SCHEDULES, ALARMS = f"arn:aws:scheduler:{HERE}:schedule", f"arn:aws:cloudwatch:{HERE}:alarm"
SECRETS, KEYS = f"arn:aws:secretsmanager:{HERE}:secret", f"arn:aws:kms:{HERE}:key"
TARGETS = [{"Id": "1", "Arn": f"{SQS}:own"}]
DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": [allow("*")]})
EVERY_DAY = {"ScheduleExpression": "rate(1 day)", "FlexibleTimeWindow": {"Mode": "OFF"}}
SCHEDULE = {**EVERY_DAY, "Name": "own", "Target": {"Arn": f"{SQS}:own", "RoleArn": f"{IAM}:user/none"}}
SINCE = {"startTime": 0, "endTime": 1, "queryString": "fields @message"}


class Row(NamedTuple):
    """A request; "<a name>" in it stands for what the Sandbox has given an identifier.

    `enough`: the resources that a policy must name. `others`: those of a policy that is not enough.
    """

    service: str
    operation: str
    request: dict[str, Any]
    enough: tuple[str, ...]
    others: tuple[str, ...]
    actions: tuple[str, ...] = ()


ROWS = {
    "an item, by the table's ARN": Row(
        "dynamodb", "GetItem", {"TableName": TABLE, "Key": {"id": {"S": "x"}}},
        (TABLE,), (f"{DYNAMODB}:table/z*",),
    ),
    "an item, by the ARN of an index": Row(
        "dynamodb", "DeleteItem", {"TableName": f"{TABLE}/index/x", "Key": {"id": {"S": "x"}}},
        (TABLE,), (f"{TABLE}/*",),
    ),
    "a backup and the table that it becomes": Row(
        "dynamodb", "RestoreTableFromBackup",
        {"TargetTableName": "new", "BackupArn": f"{TABLE}/backup/01234567"},
        (f"{DYNAMODB}:table/new", f"{TABLE}/backup/*"), (f"{DYNAMODB}:table/new",),
    ),
    "an earlier state of a table": Row(
        "dynamodb", "RestoreTableToPointInTime", {"SourceTableName": "own", "TargetTableName": "new"},
        (TABLE, f"{DYNAMODB}:table/new"), (f"{DYNAMODB}:table/new",),
    ),
    "an export of a table": Row(
        "dynamodb", "ExportTableToPointInTime", {"TableArn": TABLE, "S3Bucket": "own"},
        (TABLE,), (f"{TABLE}/*",),
    ),
    "a table's stream, by an iterator": Row(
        "dynamodbstreams", "GetRecords", {"ShardIterator": "<table iterator>"},
        (f"{TABLE}/stream/*",), (f"{DYNAMODB}:table/other/stream/*",),
    ),
    "several secrets": Row(
        "secretsmanager", "BatchGetSecretValue", {"SecretIdList": ["own", "other"]},
        (f"{SECRETS}:own-??????", f"{SECRETS}:other-??????"), (f"{SECRETS}:own-??????",),
        ("secretsmanager:GetSecretValue",),
    ),
    "secrets, by a filter": Row(
        "secretsmanager", "BatchGetSecretValue", {"Filters": [{"Key": "name", "Values": ["o"]}]},
        ("*",), (f"{SECRETS}:own-??????",), ("secretsmanager:GetSecretValue",),
    ),
    "a key, by what it has encrypted": Row(
        "kms", "Decrypt", {"CiphertextBlob": "<key>..."}, ("<key ARN>",), (f"{KEYS}/0*-other",)
    ),
    "a key, by its alias": Row(
        "kms", "GenerateDataKey", {"KeyId": "alias/own", "KeySpec": "AES_256"},
        ("<key ARN>",), (f"{KEYS}/alias*",),
    ),
    "a record of a stream, which has two names here": Row(
        "kinesis", "PutRecord",
        {"StreamName": "own", "StreamARN": f"{KINESIS}:stream/other", "Data": "x", "PartitionKey": "k"},
        (STREAM, f"{KINESIS}:stream/other"), (STREAM,),
    ),
    "a stream, by an iterator": Row(
        "kinesis", "GetRecords", {"ShardIterator": "<iterator>"}, (STREAM,), (f"{KINESIS}:stream/other",)
    ),
    "a subscription": Row(
        "sns", "Unsubscribe", {"SubscriptionArn": f"{SNS}:own:0b1c2d3e-0000-4000-8000-000000000000"},
        (f"{SNS}:own",), (f"{SNS}:other",),
    ),
    "the groups of a query": Row(
        "logs", "StartQuery", {"logGroupNames": ["/own", "/other"], **SINCE},
        (f"{LOGS}:log-group:/own:*", f"{LOGS}:log-group:/other:*"), (f"{LOGS}:log-group:/own:*",),
    ),
    "a group, by its ARN": Row(
        "logs", "FilterLogEvents", {"logGroupIdentifier": f"{LOGS}:log-group:/own"},
        (f"{LOGS}:log-group:/own",), (f"{LOGS}:log-group:/other",),
    ),
    "all groups": Row("logs", "DescribeLogGroups", {}, (f"{LOGS}:*",), (f"{LOGS}:log-group:/own:*",)),
    "the targets of a rule": Row(
        "events", "PutTargets", {"Rule": "own", "Targets": TARGETS},
        (f"{EVENTS}:rule/own",), (f"{EVENTS}:rule/z*",),
    ),
    "a rule of another bus": Row(
        "events", "PutRule", {"Name": "own", "EventBusName": "bus", "EventPattern": '{"source": ["x"]}'},
        (f"{EVENTS}:rule/bus/own",), (f"{EVENTS}:rule/own", f"{EVENTS}:event-bus/*"),
    ),
    "a bus": Row(
        "events", "DeleteEventBus", {"Name": "bus"}, (f"{EVENTS}:event-bus/bus",), (f"{EVENTS}:rule/*",)
    ),
    "a policy of a user": Row(
        "iam", "PutUserPolicy", {"UserName": "own", "PolicyName": "p", "PolicyDocument": DOCUMENT},
        (f"{IAM}:user/own",), (f"{IAM}:policy/*",),
    ),
    "a role with a path": Row(
        "iam", "GetRole", {"RoleName": "deep"}, (f"{IAM}:role/team/deep",), (f"{IAM}:role/other/*",)
    ),
    "a schedule": Row(
        "scheduler", "UpdateSchedule", SCHEDULE, (f"{SCHEDULES}/default/own",), (f"{SCHEDULES}/z/*",)
    ),
    "a schedule of a group": Row(
        "scheduler", "DeleteSchedule", {"Name": "own", "GroupName": "night"},
        (f"{SCHEDULES}/night/own",), (f"{SCHEDULES}/default/own",),
    ),
    "alarms": Row(
        "cloudwatch", "DeleteAlarms", {"AlarmNames": ["own", "other"]},
        (f"{ALARMS}:own", f"{ALARMS}:other"), (f"{ALARMS}:own",),
    ),
    "the messages of a queue": Row(
        "sqs", "StartMessageMoveTask", {"SourceArn": f"{SQS}:dead", "DestinationArn": f"{SQS}:own"},
        (f"{SQS}:dead", f"{SQS}:own"), (f"{SQS}:own",),
    ),
    "all queues": Row("sqs", "ListQueues", {}, ("*",), (f"{SQS}:own",)),
    "the tags of a function": Row(
        "lambda", "TagResource", {"Resource": f"{LAMBDA}:function:asks", "Tags": {"a": "b"}},
        (f"{LAMBDA}:function:asks",), (f"{LAMBDA}:function:other",),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def asking(server: Server) -> Asking:
    return Asking(server)


@pytest.fixture(scope="module")
def identifiers(server: Server) -> dict[str, str]:
    """What the Sandbox has named itself."""
    kms, kinesis, streams = (server.client(each) for each in ("kms", "kinesis", "dynamodbstreams"))
    key = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName="alias/own", TargetKeyId=key["KeyId"])
    server.client("iam").create_role(RoleName="deep", Path="/team/", AssumeRolePolicyDocument=json.dumps({
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }))  # fmt: skip
    for name in ("own", "other"):
        server.client("secretsmanager").create_secret(Name=name, SecretString="x")
        kinesis.create_stream(StreamName=name, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName="own", WaiterConfig={"Delay": 1})
    shard = kinesis.list_shards(StreamName="own")["Shards"][0]["ShardId"]
    start = {"ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
    stream = server.table("own")
    table_shard = streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"][0]["ShardId"]
    table_start = {"ShardId": table_shard, "ShardIteratorType": "TRIM_HORIZON"}
    return {
        "<key>": key["KeyId"],
        "<key ARN>": key["Arn"],
        "<iterator>": kinesis.get_shard_iterator(StreamName="own", **start)["ShardIterator"],
        "<table iterator>": streams.get_shard_iterator(StreamArn=stream, **table_start)["ShardIterator"],
    }


@pytest.mark.parametrize("what", ROWS)
def test_a_policy_allows_what_names_its_resources_and_nothing_else(
    asking: Asking, identifiers: dict[str, str], what: str
) -> None:
    row = ROWS[what]

    def filled(value: Any) -> Any:
        text = json.dumps(value)
        for name, identifier in identifiers.items():
            text = text.replace(name, identifier)
        return json.loads(text)

    service = "dynamodb" if row.service == "dynamodbstreams" else row.service
    actions = row.actions or (f"{service}:{row.operation}",)
    more = allow(f"{service}:{row.operation}") if row.actions else allow("iam:PassRole")

    def answer(resources: tuple[str, ...]) -> str:
        asking.may(more, *(allow(*actions, resource=each) for each in filled(resources)))
        return str(asking(row.service, row.operation, filled(row.request)))

    # What is not there is an error of another kind.
    assert "not authorized" in answer(row.others)
    assert "not authorized" not in answer(row.enough)
    assert "not authorized" in answer(row.others)
