"""The door passes what AWS takes, and refuses the rest as AWS does, whatever is sent."""

import asyncio
import io
import json
import logging
import re
import time
from collections.abc import Callable, Iterator
from functools import cache
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.malformed_requests import Malformed, fault_of, requests, send
from tests.sandbox.server.server import ROLE, Server
from workbench_sandbox.server.door import constraints
from workbench_sandbox.server.door import door as door_module
from workbench_sandbox.server.door.authorization import Permissions
from workbench_sandbox.server.door.door import Door
from workbench_sandbox.server.door.models import (
    MAX_MATCHED,
    MAX_TOO_LONG,
    Models,
    Operation,
    Service,
    compile_pattern,
)
from workbench_sandbox.server.door.rules import Call, Refused
from workbench_sandbox.server.door.wire import MANY_ROWS, WrongType, decode_blob, read_json
from workbench_sandbox.server.request_context import (
    REQUEST,
    Message,
    Receive,
    RequestContext,
    Scope,
    Send,
    Signer,
)
from workbench_sandbox.server.signature import Identity, RunKeys


def test_requests_of_every_protocol_pass(server: Server) -> None:
    server.create("passes", "def handler(event, context): return event\n")
    assert server.invoke("passes", {"a": [1]}).payload == {"a": [1]}
    queue = server.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    server.client("sqs").send_message_batch(QueueUrl=queue, Entries=[{"Id": "1", "MessageBody": "m"}])
    topic = server.client("sns").create_topic(Name="t", Attributes={"DisplayName": "d"})["TopicArn"]
    server.client("sns").publish(
        TopicArn=topic, Message="m", MessageAttributes={"a": {"DataType": "String", "StringValue": "v"}}
    )
    metrics = [
        {"MetricName": f"m{number}", "Value": 1.5} for number in range(500)
    ]  # large enough to be gzipped
    server.client("cloudwatch").put_metric_data(Namespace="n", MetricData=metrics)
    assert server.client("ec2").describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    s3 = server.client("s3")
    s3.create_bucket(Bucket="door-bucket")
    s3.put_object(Bucket="door-bucket", Key="k/é x", Body=io.BytesIO(b"1"), Metadata={"a": "b"})
    s3.copy_object(Bucket="door-bucket", Key="copy", CopySource={"Bucket": "door-bucket", "Key": "k/é x"})
    s3.put_bucket_tagging(Bucket="door-bucket", Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
    assert [each["Key"] for each in s3.list_objects_v2(Bucket="door-bucket")["Contents"]] == ["copy", "k/é x"]


def test_a_package_is_measured_and_not_decoded() -> None:
    blob = decode_blob("QUJD" * 100_000 + "QUI=")
    assert not isinstance(blob, bytes)
    assert (len(blob), bytes(blob)[-2:]) == (300_002, b"AB")


def test_a_resource_of_an_api_cannot_be_moved_below_itself(server: Server) -> None:
    """MiniStack would never answer again. Texts: recorded by test_apigateway_api.py of localstack."""
    client = server.client("apigateway")
    api_id = client.create_rest_api(name="cyclic")["id"]
    (root,) = client.get_resources(restApiId=api_id)["items"]
    ids = [root["id"]]
    for part in ("pets", "dogs"):
        ids.append(client.create_resource(restApiId=api_id, parentId=ids[-1], pathPart=part)["id"])

    def move(resource_id: str, path: str, value: str) -> str:
        change = {"op": "replace", "path": path, "value": value}
        try:
            client.update_resource(restApiId=api_id, resourceId=resource_id, patchOperations=[change])
        except ClientError as error:
            return str(error.response["Error"]["Message"])
        return ""

    assert move(ids[1], "/parentId", ids[2]) == "Resources cannot be cyclical."
    assert move(ids[1], "/parentId", ids[1]) == "Resources cannot be cyclical."
    assert move(ids[0], "/pathPart", "x") == "Root resource cannot update its pathPart."
    assert move(ids[2], "/parentId", "nowhere") == "Invalid Resource identifier specified"
    assert move(ids[2], "/parentId", ids[0]) == ""
    assert move(ids[2], "/pathPart", "pets").endswith("already has this name: pets")
    assert len(client.get_resources(restApiId=api_id)["items"]) == 3


BODY = b'{"QueueName": "q", "Attributes": {"DelaySeconds": "1"}}'
SCOPE: dict[str, Any] = {
    "type": "http",
    "method": "POST",
    "path": "/",
    "raw_path": b"/",
    "query_string": b"",
    "headers": [
        (b"host", b"127.0.0.1:1"),
        (b"x-amz-target", b"AmazonSQS.CreateQueue"),
        (b"content-type", b"application/x-amz-json-1.0"),
    ],
}


class Inner:
    """What serves the requests that pass; it reads their payload."""

    def __init__(self) -> None:
        self.served: list[bytes] = []

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        self.served.append(body)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def ask(inner: Inner, monkeypatch: pytest.MonkeyPatch, *checks: Any) -> list[Message]:
    """Sends one request, in two blocks, through a door with these checks; returns the answer."""
    monkeypatch.setattr(door_module, "checks_of", lambda *_: checks)
    door = Door(inner, Models(), Permissions())
    blocks = [BODY[:20], BODY[20:]]
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": blocks.pop(0), "more_body": bool(blocks)}

    async def send(message: Message) -> None:
        sent.append(message)

    async def run() -> None:
        REQUEST.set(RequestContext(signer=Signer("123456789012", "sqs", "eu-west-1")))
        await door(dict(SCOPE), receive, send)

    asyncio.run(run())
    return sent


def test_rules_see_the_call_and_refuse_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Call] = []

    def refuse(_call: Call) -> None:
        raise Refused("QueueNameExists", "no", 409, {"Detail": "d"})

    inner = Inner()
    sent = ask(inner, monkeypatch, seen.append, refuse, seen.append)
    (call,) = seen
    assert call == Call(
        "sqs",
        "CreateQueue",
        {"QueueName": "q", "Attributes": {"DelaySeconds": "1"}},
        "123456789012",
        "eu-west-1",
    )
    assert (sent[0]["status"], inner.served) == (409, [])
    assert (b"x-amzn-query-error", b"QueueAlreadyExists;Sender") not in sent[0]["headers"]
    assert (b"x-amzn-query-error", b"QueueNameExists;Sender") in sent[0]["headers"]


def test_a_rule_that_fails_refuses_nothing_and_is_logged_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, expect_log: Callable[[str], None]
) -> None:
    expect_log("The rule failed, so the request was passed on: sqs.CreateQueue .*broken")

    def broken(_call: Call) -> None:
        raise KeyError("nobody thought of this")

    inner = Inner()
    with caplog.at_level(logging.ERROR):
        sent = ask(inner, monkeypatch, broken, broken)
    assert (sent[0]["status"], inner.served) == (200, [BODY])
    assert ["nobody thought" in str(record.exc_info) for record in caplog.records] == [True]


def test_a_function_asks_as_its_execution_role(tmp_path: Path) -> None:
    """The session token of a function names its role, and one that is forged names none."""
    keys = RunKeys("5" * 64)
    function_arn = "arn:aws:lambda:us-east-1:123456789012:function:f"
    identity = Identity("arn:aws:iam::123456789012:role/é", function_arn)
    token = keys.token_of(identity)
    assert keys.identity_of(token) == identity
    assert RunKeys("6" * 64).identity_of(token) is None
    assert [keys.identity_of(each) for each in ("", "!", "é", "AAAA", token[:-4], "A" * 100)] == [None] * 6
    source = (
        "import boto3, os\n"
        "def handler(event, context):\n"
        "    boto3.client('sqs').list_queues()\n"
        "    return os.environ['AWS_SESSION_TOKEN']\n"
    )
    with Server(tmp_path) as server:
        server.create("asks", source, Timeout=30)
        found = RunKeys(server.run_secret).identity_of(server.invoke("asks").payload)
        assert found == Identity(ROLE, "arn:aws:lambda:us-east-1:000000000000:function:asks")


SOUND = {"timestamp": 1, "message": "m"}
ROWS: list[Any] = [
    SOUND,
    {"message": "m", "timestamp": 1},
    {"timestamp": 2**62, "message": "é"},
    {"timestamp": 1.5, "message": "m"},
    {"timestamp": 1, "message": "m", "unknown": []},
    {"timestamp": 1, "message": "m", "more": None},
    {"timestamp": 1},
    {"timestamp": None, "message": "m"},
    {"timestamp": 1, "message": ""},
    {"timestamp": -1, "message": "m"},
    {"timestamp": 2**63, "message": "m"},
    {"timestamp": True, "message": "m"},
    {"timestamp": 1, "message": 5},
    {"timestamp": 1, "message": "\ud800"},
    {},
    [],
    None,
    "text",
]


def outcome(operation: Operation, count: int, odd: Any, sound: Any = SOUND) -> Any:
    """What becomes of the last of so many rows, or why the request is refused."""
    assert operation.input is not None
    document = {"logGroupName": "g", "logStreamName": "s", "logEvents": [sound] * (count - 1) + [odd]}
    try:
        parameters = read_json(operation.input, document)
        constraints.check("logs", operation, parameters)
    except WrongType as error:
        return error.value, error.kind
    except Refused as error:
        return error.code, error.message.replace(f".{count}.", ".last.")
    return parameters["logEvents"][-1]


@pytest.fixture(scope="module")
def put() -> Operation:
    service = Models().service("logs")
    operation = service.operation("PutLogEvents") if service else None
    assert operation is not None
    return operation


@pytest.mark.parametrize("odd", ROWS, ids=repr)
def test_an_odd_row_fares_the_same_among_many_and_among_few(put: Operation, odd: Any) -> None:
    few = outcome(put, 3, odd)
    assert outcome(put, MANY_ROWS + 4, odd) == few
    if few == odd:
        assert outcome(put, MANY_ROWS + 4, odd, odd) == few


def test_a_row_that_is_refused_is_named(put: Operation) -> None:
    code, message = outcome(put, 100, {"timestamp": 1, "message": ""})
    assert code == "InvalidParameterException"
    assert "'logEvents.last.member.message' failed to satisfy constraint" in message


JSON_1_1 = {"Content-Type": "application/x-amz-json-1.1"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
AWS_FORM = [
    (
        Malformed("logs", "POST", "/", JSON_1_1 | {"X-Amz-Target": "Logs_20140328.Nothing"}, b"{}"),
        400,
        {"__type": "UnknownOperationException", "message": ""},
    ),
    (
        Malformed("logs", "POST", "/", JSON_1_1 | {"X-Amz-Target": "Logs_20140328.CreateLogGroup"}, b"{"),
        400,
        {"__type": "SerializationException", "message": "Request body is not well formed"},
    ),
    (
        Malformed(
            "logs",
            "POST",
            "/",
            JSON_1_1 | {"X-Amz-Target": "Logs_20140328.CreateLogGroup"},
            b'{"logGroupName": 1}',
        ),
        400,
        {"__type": "SerializationException", "message": "NUMBER_VALUE can not be converted to a String"},
    ),
    (
        Malformed("iam", "POST", "/", FORM, b"Action=Nothing&Version=2010-05-08"),
        400,
        "<Message>Could not find operation Nothing for version 2010-05-08</Message>",
    ),
    (
        Malformed("ec2", "POST", "/", FORM, b"Action=Nothing&Version=2016-11-15"),
        400,
        "<Code>InvalidAction</Code><Message>The action Nothing is not valid for this web service.</Message>",
    ),
    (
        Malformed("s3", "PUT", "/malformed?tagging", {}, b"<Tagging>"),
        400,
        "<Code>MalformedXML</Code><Message>The XML you provided was not well-formed or did not validate",
    ),
    (Malformed("lambda", "GET", "/2015-03-31/nothing", {}, b""), 404, {"message": ""}),
]


@pytest.fixture
def connection(server: Server) -> Iterator[HTTPConnection]:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=20)
    yield connection
    connection.close()


def test_damaged_requests_are_refused_and_the_next_one_is_served(
    server: Server, connection: HTTPConnection
) -> None:
    faults = []
    for malformed in requests(seed=18, count=400):
        fault = fault_of(malformed, send(connection, malformed, server.secret()))
        if fault:
            faults.append(f"{malformed}: {fault}")
    assert not faults, "\n".join(faults)
    assert server.client("lambda").list_functions()["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize(("malformed", "status", "wanted"), AWS_FORM, ids=lambda each: str(each)[:40])
def test_what_cannot_be_read_is_refused_in_the_words_of_aws(
    server: Server, connection: HTTPConnection, malformed: Malformed, status: int, wanted: object
) -> None:
    answer = send(connection, malformed, server.secret())
    assert answer.status == status
    assert answer.headers["x-amzn-requestid"]
    if isinstance(wanted, dict):
        assert json.loads(answer.body) == wanted
    else:
        assert str(wanted) in answer.body.decode()


def test_null_is_taken_as_absent(server: Server, connection: HTTPConnection) -> None:
    headers = JSON_1_1 | {"X-Amz-Target": "AmazonSQS.CreateQueue"}
    body = b'{"QueueName": "nulls", "Attributes": null, "tags": null}'
    answer = send(connection, Malformed("sqs", "POST", "/", headers, body), server.secret())
    assert (answer.status, json.loads(answer.body)["QueueUrl"].rpartition("/")[2]) == (200, "nulls")


SERVED = [
    "account", "apigateway", "apigatewayv2", "cloudformation", "cloudwatch", "dynamodb", "dynamodbstreams",
    "ec2", "events", "iam", "kinesis", "kms", "lambda", "logs", "resourcegroupstaggingapi", "s3", "scheduler",
    "secretsmanager", "sns", "sqs", "ssm", "sts",
]  # fmt: skip
# In Python these mean something else, or can take for ever.
NOT_APPLIED = {
    "events.AuthHeaderParameters",
    "events.AuthHeaderParametersSensitive",
    "events.HeaderValue",
    "events.HeaderValueSensitive",
    "events.SageMakerPipelineParameterName",
    "logs.ResourceType",
    "ssm.CloudConnectorIamRoleArn",
}
HOSTILE = ["a", "1", "-", "a-", "a.", "/", ":", "a/", " ", "\\", "é", "A_", "arn:aws:", "*"]


@cache
def models() -> Models:
    return Models()


def service(name: str) -> Service:
    found = models().service(name)
    assert found is not None
    return found


LINEAR = re.compile("(?:[a-z]|[^a-z])*x", re.DOTALL)
"""Goes through a text a few times, and does not match."""


def used_s(pattern: re.Pattern[str], text: str) -> float:
    started = time.thread_time()
    pattern.fullmatch(text)
    return time.thread_time() - started


@pytest.mark.parametrize("name", SERVED)
def test_all_but_a_few_patterns_are_applied_and_none_takes_long(name: str) -> None:
    skipped, slow = set(), []
    for shape in map(service(name).shape, service(name)._shapes):
        if shape.pattern_text and shape.pattern is None:
            skipped.add(f"{name}.{shape.name}")
        if shape.pattern is None:
            continue
        longest = min(MAX_MATCHED, max(int(shape.maximum or MAX_MATCHED), MAX_TOO_LONG))
        for text in HOSTILE:
            hostile = (text * longest)[: longest - 1] + "\n"
            if used_s(shape.pattern, hostile) > 5_000 * used_s(LINEAR, hostile):
                slow.append((shape.name, text))
    assert skipped == {each for each in NOT_APPLIED if each.startswith(f"{name}.")}
    assert not slow


@pytest.mark.parametrize(
    ("pattern", "text", "is_met"),
    [
        (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", "Größe 1/2", True),
        (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", "a*b", False),
        (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*", "smile 😀", True),
        (r"[\w+=,.@-]+", "größe", False),
        (r"((?!^\d+$)^[0-9a-zA-Z-_]+$)", "12", False),
        (r"[^\s]+", "a b", False),
    ],
)
def test_a_pattern_of_java_means_the_same(pattern: str, text: str, is_met: bool) -> None:
    compiled = compile_pattern(pattern)
    assert compiled is not None
    assert bool(compiled.fullmatch(text)) is is_met


@pytest.mark.parametrize(
    "pattern", ["(a+)+b", "(a*b?)*", r"[^\p{C}]*", r"[\p{Print}&&[^|:/]]+", "(", r"\Qa\E"]
)
def test_a_pattern_that_means_something_else_or_can_take_for_ever_is_not_applied(pattern: str) -> None:
    assert compile_pattern(pattern) is None
