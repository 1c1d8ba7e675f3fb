"""Streams whose records a function cannot process: retries, splitting, what is told about what was given up.

Source of the fields: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
"""

import json
import time
from typing import Any

import pytest

from tests.sandbox.launcher.server import Server
from tests.waiting import eventually

# Fails for every batch with a record "bad"; says what it got.
PICKY = """
import base64
def handler(event, context):
    got = [base64.b64decode(each["kinesis"]["data"]).decode() for each in event["Records"]]
    print("GOT", ",".join(got))
    if "bad" in got:
        raise ValueError("bad")
"""
REPORTING = """
import base64
def handler(event, context):
    got = {each["kinesis"]["sequenceNumber"]: base64.b64decode(each["kinesis"]["data"]).decode()
           for each in event["Records"]}
    print("GOT", ",".join(got.values()))
    return {"batchItemFailures": [{"itemIdentifier": n} for n, text in got.items() if text == "bad"]}
"""
OF_TABLE = """
def handler(event, context):
    print("GOT", len(event["Records"]))
    raise ValueError("no")
"""


def connect(server: Server, function: str, source: str, destination: str = "", **options: Any) -> Any:
    if destination:
        options["DestinationConfig"] = {"OnFailure": {"Destination": destination}}
    client = server.client("lambda")
    made = client.create_event_source_mapping(
        FunctionName=function, EventSourceArn=source, StartingPosition="TRIM_HORIZON", **options
    )
    eventually(lambda: server.mapping_state(made["UUID"]) == "Enabled")
    return made


def got(server: Server, name: str) -> list[str]:
    return [line.split(" ", 1)[1].strip() for line in server.lines(name) if line.startswith("GOT")]


def test_a_batch_is_given_up_after_its_retries_and_the_next_is_read(server: Server) -> None:
    server.create("retries", PICKY)
    url, arn = server.queue("given-up")
    source = server.stream("retried", "bad", "good")
    connect(server, "retries", source, arn, BatchSize=1, MaximumRetryAttempts=2)
    eventually(lambda: "good" in got(server, "retries"))
    assert got(server, "retries") == ["bad", "bad", "bad", "good"]
    record = json.loads(server.received(url)["Body"])
    context = record["requestContext"]
    assert (context["condition"], context["approximateInvokeCount"]) == ("RetryAttemptsExhausted", 3)
    assert context["functionArn"].endswith(":function:retries")
    assert record["responseContext"] == {
        "statusCode": 200,
        "executedVersion": "$LATEST",
        "functionError": "Unhandled",
    }
    assert record["version"] == "1.0"
    batch = record["KinesisBatchInfo"]
    assert batch["startSequenceNumber"] == batch["endSequenceNumber"]
    assert (batch["batchSize"], batch["streamArn"]) == (1, source)
    assert batch["shardId"].startswith("shardId-")
    assert batch["approximateArrivalOfFirstRecord"] == batch["approximateArrivalOfLastRecord"]
    assert batch["approximateArrivalOfFirstRecord"].endswith("Z")
    assert "payload" not in record


def test_a_batch_that_fails_is_split_until_the_bad_record_is_alone(server: Server) -> None:
    server.create("splits", PICKY)
    url, arn = server.queue("split-out")
    source = server.stream("split", "a", "b", "bad", "c")
    connect(server, "splits", source, arn, BisectBatchOnFunctionError=True, MaximumRetryAttempts=0)
    eventually(lambda: "c" in got(server, "splits"))
    assert got(server, "splits") == ["a,b,bad,c", "a,b", "bad,c", "bad", "c"]
    assert json.loads(server.received(url)["Body"])["KinesisBatchInfo"]["batchSize"] == 1


def test_records_before_the_one_that_is_reported_are_done(server: Server) -> None:
    server.create("reports", REPORTING)
    source = server.stream("reported", "a", "bad", "b")
    connect(
        server,
        "reports",
        source,
        MaximumRetryAttempts=1,
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    eventually(lambda: len(got(server, "reports")) >= 2)
    assert got(server, "reports")[:2] == ["a,bad,b", "bad,b"]


def test_records_that_are_too_old_are_given_up(server: Server) -> None:
    server.create("late", PICKY)
    url, arn = server.queue("too-old")
    source = server.stream("old", "bad")
    connect(server, "late", source, arn, MaximumRecordAgeInSeconds=60)
    eventually(lambda: got(server, "late"))
    server.control("clock", advance_s=61)
    assert json.loads(server.received(url)["Body"])["requestContext"]["condition"] == "RecordAgeExceeded"


def test_a_bucket_gets_the_records_too(server: Server) -> None:
    server.create("to-bucket", PICKY)
    server.client("s3").create_bucket(Bucket="given-up-records")
    source = server.stream("kept", "bad")
    made = connect(server, "to-bucket", source, "arn:aws:s3:::given-up-records", MaximumRetryAttempts=0)
    look = server.client("s3").list_objects_v2
    (row,) = eventually(lambda: look(Bucket="given-up-records").get("Contents"))
    assert row["Key"].startswith(f"aws/lambda/{made['UUID']}/shardId-")
    body = server.client("s3").get_object(Bucket="given-up-records", Key=row["Key"])["Body"].read()
    assert len(json.loads(body)["payload"]["Records"]) == 1


def test_a_tables_records_are_given_up_likewise(server: Server) -> None:
    server.create("of-table", OF_TABLE)
    url, arn = server.queue("of-table")
    tables = server.client("dynamodb")
    source = tables.create_table(
        TableName="watched",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )["TableDescription"]["LatestStreamArn"]
    connect(server, "of-table", source, arn, MaximumRetryAttempts=1)
    tables.put_item(TableName="watched", Item={"k": {"S": "1"}})
    batch = json.loads(server.received(url)["Body"])["DDBStreamBatchInfo"]
    assert (batch["batchSize"], batch["streamArn"]) == (1, source)
    assert got(server, "of-table") == ["1", "1"]


@pytest.mark.parametrize("position", ["LATEST", "AT_TIMESTAMP"])
def test_a_mapping_begins_where_it_was_told_to(server: Server, position: str) -> None:
    name = position.lower().replace("_", "-")
    server.create(name, PICKY)
    source = server.stream(name, "before")
    options = {"StartingPositionTimestamp": int(time.time()) + 1} if position == "AT_TIMESTAMP" else {}
    client = server.client("lambda")
    made = client.create_event_source_mapping(
        FunctionName=name, EventSourceArn=source, StartingPosition=position, **options
    )
    eventually(lambda: server.mapping_state(made["UUID"]) == "Enabled")

    def is_read() -> list[str]:
        server.client("kinesis").put_record(StreamName=name, Data=b"after", PartitionKey="1")
        return got(server, name)

    assert "before" not in ",".join(eventually(is_read))
