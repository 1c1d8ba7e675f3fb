"""Requests that AWS takes, and MiniStack or a service model does not: forms of names, repeated deletes."""

import json
import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.server.server import ROLE, TRUST, Server, package
from tests.waiting import eventually

ONE = "def handler(event, context):\n    return 1\n"
HERE = "us-east-1:000000000000"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("sandbox")) as running:
        running.create("ordinary", ONE)
        yield running


def refusal(call: Any, **request: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**request)
    return str(caught.value.response["Error"]["Code"])


@pytest.mark.parametrize("text", ["True", "TRUE", "true"])
def test_a_flag_of_a_queue_is_written_in_any_case(server: Server, text: str) -> None:
    sqs, name = server.client("sqs"), f"{text.swapcase()}.fifo"
    given = {"FifoQueue": text, "ContentBasedDeduplication": text}
    url = sqs.create_queue(QueueName=name, Attributes=given)["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (found["FifoQueue"], found["ContentBasedDeduplication"]) == ("true", "true")


def test_what_is_not_there_any_more_has_been_deleted(server: Server) -> None:
    functions = server.client("lambda")
    for answer in (
        functions.delete_function(FunctionName="ordinary", Qualifier="77"),
        functions.delete_alias(FunctionName="ordinary", Name="gone"),
    ):
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    missing = "ResourceNotFoundException"
    assert refusal(functions.delete_function, FunctionName="never", Qualifier="1") == missing
    assert refusal(functions.delete_alias, FunctionName="never", Name="x") == missing
    assert functions.get_function(FunctionName="ordinary")["Configuration"]["State"] == "Active"


def test_asynchronous_settings_of_latest_are_those_of_the_function(server: Server) -> None:
    functions = server.client("lambda")
    functions.put_function_event_invoke_config(FunctionName="ordinary", MaximumRetryAttempts=1)
    for more in ({}, {"Qualifier": "$LATEST"}):
        found = functions.get_function_event_invoke_config(FunctionName="ordinary", **more)
        assert found["MaximumRetryAttempts"] == 1
    functions.delete_function_event_invoke_config(FunctionName="ordinary", Qualifier="$LATEST")
    get = functions.get_function_event_invoke_config
    assert refusal(get, FunctionName="ordinary") == "ResourceNotFoundException"


def test_a_mapping_that_was_made_disabled_can_be_changed_at_once(server: Server) -> None:
    functions, sqs = server.client("lambda"), server.client("sqs")
    url = sqs.create_queue(QueueName="mapped")["QueueUrl"]
    arn = f"arn:aws:sqs:{HERE}:mapped"
    made = functions.create_event_source_mapping(FunctionName="ordinary", EventSourceArn=arn, Enabled=False)
    assert made["State"] == "Disabled"
    assert functions.update_event_source_mapping(UUID=made["UUID"], BatchSize=5)["BatchSize"] == 5
    sqs.delete_queue(QueueUrl=url)


def test_old_receipts_are_receipts(server: Server) -> None:
    sqs = server.client("sqs")
    url = sqs.create_queue(QueueName="receipts", Attributes={"VisibilityTimeout": "0"})["QueueUrl"]
    other = sqs.create_queue(QueueName="other")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="x")

    def receive(**more: Any) -> str:
        (message,) = sqs.receive_message(QueueUrl=url, **more)["Messages"]
        return str(message["ReceiptHandle"])

    old, new = receive(), receive(VisibilityTimeout=60)
    assert old != new
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=old, VisibilityTimeout=0)
    newest = receive(VisibilityTimeout=60)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=newest)
    for receipt in (newest, new, old):
        sqs.delete_message(QueueUrl=url, ReceiptHandle=receipt)
    entries = [{"Id": "a", "ReceiptHandle": old}, {"Id": "b", "ReceiptHandle": "made up"}]
    found = sqs.delete_message_batch(QueueUrl=url, Entries=entries)
    assert [each["Id"] for each in found["Successful"]] == ["a"]
    assert [each["Id"] for each in found["Failed"]] == ["b"]
    invalid = "ReceiptHandleIsInvalid"
    assert refusal(sqs.delete_message, QueueUrl=url, ReceiptHandle="made up") == invalid
    assert refusal(sqs.delete_message, QueueUrl=other, ReceiptHandle=old) == invalid
    change = sqs.change_message_visibility
    assert refusal(change, QueueUrl=url, ReceiptHandle=old, VisibilityTimeout=1)  # the message is gone


def test_an_old_receipt_of_a_fifo_queue_deletes_no_message_that_was_received_again(server: Server) -> None:
    sqs = server.client("sqs")
    given = {"FifoQueue": "true", "VisibilityTimeout": "0"}
    url = sqs.create_queue(QueueName="again.fifo", Attributes=given)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="x", MessageGroupId="g", MessageDeduplicationId="1")
    receipts = [sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"] for _ in range(2)]
    assert refusal(sqs.delete_message, QueueUrl=url, ReceiptHandle=receipts[0])
    sqs.delete_message(QueueUrl=url, ReceiptHandle=receipts[1])
    assert "Messages" not in sqs.receive_message(QueueUrl=url)


def test_a_stream_is_read_from_a_sequence_number_that_it_gave_out(server: Server) -> None:
    kinesis = server.client("kinesis")
    kinesis.create_stream(StreamName="numbers", ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName="numbers", WaiterConfig={"Delay": 1})
    numbers = [
        kinesis.put_record(StreamName="numbers", Data=data, PartitionKey="k")["SequenceNumber"]
        for data in (b"first", b"second", b"third")
    ]
    assert numbers == sorted(numbers, key=int)
    iterator = kinesis.get_shard_iterator(
        StreamName="numbers",
        ShardId="shardId-000000000000",
        ShardIteratorType="AT_SEQUENCE_NUMBER",
        StartingSequenceNumber=numbers[1],
    )["ShardIterator"]
    records = kinesis.get_records(ShardIterator=iterator)["Records"]
    assert [each["Data"] for each in records] == [b"second", b"third"]


def test_a_bus_is_named_by_its_arn(server: Server) -> None:
    events = server.client("events")
    bus = events.create_event_bus(Name="named")["EventBusArn"]
    events.put_rule(Name="r", EventBusName=bus, EventPattern='{"source": ["a"]}')
    target = {"Id": "1", "Arn": f"arn:aws:lambda:{HERE}:function:ordinary"}
    assert events.put_targets(Rule="r", EventBusName=bus, Targets=[target])["FailedEntryCount"] == 0
    for name in (bus, "named"):
        assert [each["Name"] for each in events.list_rules(EventBusName=name)["Rules"]] == ["r"]
        assert events.list_targets_by_rule(Rule="r", EventBusName=name)["Targets"] == [target]
    events.remove_targets(Rule="r", EventBusName=bus, Ids=["1"])
    events.delete_rule(Name="r", EventBusName=bus)
    elsewhere = bus.replace("us-east-1", "eu-west-1")
    assert refusal(events.put_rule, Name="r", EventBusName=elsewhere, EventPattern='{"source": ["a"]}')


class _Called(BaseHTTPRequestHandler):
    calls: list[tuple[str, str]] = []  # noqa: RUF012 (of the one test that uses it)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.calls.append((self.path, str(self.headers["x-key"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def test_an_api_destination_is_called_with_the_key_of_its_connection(server: Server) -> None:
    events, iam = server.client("events"), server.client("iam")
    connection = events.create_connection(
        Name="keyed",
        AuthorizationType="API_KEY",
        AuthParameters={"ApiKeyAuthParameters": {"ApiKeyName": "x-key", "ApiKeyValue": "secret"}},
    )["ConnectionArn"]
    assert re.fullmatch(rf"arn:aws:events:{HERE}:connection/keyed/[0-9a-f-]{{36}}", connection)
    assert events.describe_connection(Name="keyed")["ConnectionArn"] == connection
    listener = HTTPServer(("127.0.0.1", 0), _Called)
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    try:
        destination = events.create_api_destination(
            Name="called",
            ConnectionArn=connection,
            InvocationEndpoint=f"http://127.0.0.1:{listener.server_port}/hook",
            HttpMethod="POST",
        )["ApiDestinationArn"]
        assert events.describe_api_destination(Name="called")["ConnectionArn"] == connection
        trust = TRUST.replace("lambda.amazonaws.com", "events.amazonaws.com")
        role = iam.create_role(RoleName="caller", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        statement = {"Effect": "Allow", "Action": "events:InvokeApiDestination", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_role_policy(RoleName="caller", PolicyName="p", PolicyDocument=document)
        events.put_rule(Name="calls", EventPattern='{"source": ["caller"]}')
        target = {"Id": "1", "Arn": destination, "RoleArn": role}
        assert events.put_targets(Rule="calls", Targets=[target])["FailedEntryCount"] == 0
        events.put_events(Entries=[{"Source": "caller", "DetailType": "d", "Detail": "{}"}])
        eventually(lambda: ("/hook", "secret") in _Called.calls)
    finally:
        listener.shutdown()
        listener.server_close()


def test_log_streams_are_listed_by_the_groups_identifier(server: Server) -> None:
    logs = server.client("logs")
    logs.create_log_group(logGroupName="/some/group")
    logs.create_log_stream(logGroupName="/some/group", logStreamName="s")
    for identifier in ("/some/group", f"arn:aws:logs:{HERE}:log-group:/some/group"):
        found = logs.describe_log_streams(logGroupIdentifier=identifier)["logStreams"]
        assert [each["logStreamName"] for each in found] == ["s"]
    gone = "ResourceNotFoundException"
    assert refusal(logs.describe_log_streams, logGroupIdentifier="/no/group") == gone


def test_a_destination_of_logs_has_tags(server: Server) -> None:
    logs, kinesis, iam = server.client("logs"), server.client("kinesis"), server.client("iam")
    kinesis.create_stream(StreamName="lines", ShardCount=1)
    trust = TRUST.replace("lambda.amazonaws.com", "logs.amazonaws.com")
    role = iam.create_role(RoleName="lines", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    arn = logs.put_destination(
        destinationName="d", targetArn=f"arn:aws:kinesis:{HERE}:stream/lines", roleArn=role
    )["destination"]["arn"]
    logs.tag_resource(resourceArn=arn, tags={"a": "b"})
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "b"}
    assert refusal(logs.tag_resource, resourceArn=f"{arn}x", tags={"a": "b"})


def test_a_metrics_namespace_may_hold_a_colon(server: Server) -> None:
    logs = server.client("logs")
    logs.create_log_group(logGroupName="/measured")
    metric = {"metricName": "m", "metricNamespace": "A.B-c_d/1#2:x", "metricValue": "1"}
    logs.put_metric_filter(
        logGroupName="/measured", filterName="f", filterPattern="", metricTransformations=[metric]
    )
    (found,) = logs.describe_metric_filters(logGroupName="/measured")["metricFilters"]
    assert found["metricTransformations"][0]["metricNamespace"] == "A.B-c_d/1#2:x"


def test_a_replay_is_cancelled_once(server: Server) -> None:
    events = server.client("events")
    bus = events.create_event_bus(Name="replayed")["EventBusArn"]
    archive = events.create_archive(ArchiveName="a", EventSourceArn=bus)["ArchiveArn"]
    now = time.time()
    events.start_replay(
        ReplayName="r",
        EventSourceArn=archive,
        EventStartTime=now - 60,
        EventEndTime=now,
        Destination={"Arn": bus},
    )
    assert events.cancel_replay(ReplayName="r")["State"] == "CANCELLING"
    assert events.describe_replay(ReplayName="r")["State"] == "CANCELLED"
    assert refusal(events.cancel_replay, ReplayName="r") == "IllegalStatusException"
    assert refusal(events.cancel_replay, ReplayName="none") == "ResourceNotFoundException"


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (f"arn:aws:lambda:{HERE}:function:by-arn", "by-arn"),
        ("000000000000:function:by-account", "by-account"),
        ("function:by-kind", "by-kind"),
    ],
)
def test_a_function_is_made_by_its_arn(server: Server, given: str, name: str) -> None:
    functions = server.client("lambda")
    about = {
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Role": ROLE,
        "Code": {"ZipFile": package(ONE)},
    }
    assert functions.create_function(FunctionName=given, **about)["FunctionName"] == name
    for each in (given, name):
        assert functions.get_function(FunctionName=each)["Configuration"]["FunctionName"] == name
    server.settled(name)
    assert server.invoke(name).payload == 1
    functions.delete_function(FunctionName=given)
    assert refusal(functions.get_function, FunctionName=name) == "ResourceNotFoundException"


def test_lambdas_own_variables_cannot_be_set(server: Server, tmp_path: Path) -> None:
    update = server.client("lambda").update_function_configuration
    for name in ("AWS_REGION", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT"):
        given = {"Variables": {"MINE": "1", name: "x"}}
        with pytest.raises(ClientError, match=f"Reserved keys used in this request: {name}$") as caught:
            update(FunctionName="ordinary", Environment=given)
        assert caught.value.response["Error"]["Code"] == "InvalidParameterValueException"
    update(FunctionName="ordinary", Environment={"Variables": {"AWS_MINE": "1", "TZ": "UTC"}})
