"""Mappings of queues: batch windows, batches of more than ten, partial failures.

Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

from typing import Any

import pytest

from tests.sandbox.server.server import Server
from tests.waiting import eventually

COUNTING = """
def handler(event, context):
    print("GOT", ",".join(sorted(each["body"] for each in event["Records"])))
"""
# Answers with what the environment says; "{bad}" is the id of the message "bad".
REPORTING = """
import os
def handler(event, context):
    ids = {each["body"]: each["messageId"] for each in event["Records"]}
    print("GOT", ",".join(sorted(ids)))
    return {"batchItemFailures": eval(os.environ["FAILURES"], {"bad": ids.get("bad")})}
"""
VISIBLE_S = 60


def connect(server: Server, name: str, *texts: str, **options: Any) -> str:
    """Makes a queue with messages, and a mapping; returns the queue's URL."""
    url, arn = server.queue(name)
    sqs = server.client("sqs")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(VISIBLE_S)})
    for text in texts:
        sqs.send_message(QueueUrl=url, MessageBody=text)
    made = server.client("lambda").create_event_source_mapping(
        FunctionName=name, EventSourceArn=arn, **options
    )
    eventually(lambda: server.mapping_state(made["UUID"]) == "Enabled")
    return url


def got(server: Server, name: str) -> list[str]:
    return [line.split(" ", 1)[1].strip() for line in server.lines(name) if line.startswith("GOT")]


def left(server: Server, url: str) -> int:
    """How many messages a queue has, visible or not."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = server.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)


def test_a_batch_waits_for_its_window_to_end(server: Server) -> None:
    server.create("waits", COUNTING)
    url = connect(server, "waits", "a", MaximumBatchingWindowInSeconds=300)
    for text in ("b", "c"):
        server.client("sqs").send_message(QueueUrl=url, MessageBody=text)
    assert got(server, "waits") == []

    def look() -> list[str]:
        server.control("clock", advance_s=301)
        return got(server, "waits")

    assert eventually(look) == ["a,b,c"]
    eventually(lambda: left(server, url) == 0)


def test_a_batch_of_more_than_ten_is_taken_as_soon_as_it_is_full(server: Server) -> None:
    server.create("many", COUNTING)
    texts = [f"{number:02}" for number in range(25)]
    connect(server, "many", *texts, MaximumBatchingWindowInSeconds=300, BatchSize=25)
    assert eventually(lambda: got(server, "many")) == [",".join(texts)]


@pytest.mark.parametrize(
    ("name", "failures", "remaining"),
    [
        ("named", "[{'itemIdentifier': bad}]", 1),
        ("none", "[]", 0),
        ("null", "None", 0),
        ("empty", "[{'itemIdentifier': ''}]", 2),
        ("nothing", "[{'itemIdentifier': None}]", 2),
        ("misnamed", "[{'id': bad}]", 2),
        ("strange", "[{'itemIdentifier': 'of another batch'}]", 2),
    ],
)
def test_only_messages_that_are_done_are_deleted(
    server: Server, name: str, failures: str, remaining: int
) -> None:
    server.create(name, REPORTING, Timeout=5, Environment={"Variables": {"FAILURES": failures}})
    url = connect(
        server,
        name,
        *("bad", "good"),
        MaximumBatchingWindowInSeconds=300,
        BatchSize=2 if remaining == 0 else 10,
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )

    def look() -> bool:
        server.control("clock", advance_s=301)
        report = server.lines(name, filterPattern="REPORT")
        return len(report) == 1 and left(server, url) == remaining

    eventually(look)
    assert got(server, name) == ["bad,good"]
