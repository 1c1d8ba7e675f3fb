"""Streams whose records a function cannot process: retries, splitting, what is told about what was given up.

Source of the fields: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
"""

import calendar
import contextlib
import json
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.server.server import Server
from tests.waiting import eventually

ISO = "%Y-%m-%dT%H:%M:%SZ"
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
# Says what it got, and waits until it is told to go on.
MEETING = """
import base64, socket
def handler(event, context):
    got = [base64.b64decode(each["kinesis"]["data"]).decode() for each in event["Records"]]
    print("GOT", ",".join(got))
    with socket.create_connection(("127.0.0.1", {port})) as connection:
        assert connection.recv(2) == b"go"
"""
PICKY_ITEMS = """
def handler(event, context):
    for each in event["Records"]:
        key = each["dynamodb"]["Keys"]["k"]["S"]
        print("GOT", key)
        if key == "bad":
            raise ValueError("bad")
"""
# Counts the records of a window; says what it was told of the window.
COUNTING = """
import json
def handler(event, context):
    print("GOT", json.dumps({**event, "Records": len(event["Records"])}))
    return {"state": {"seen": event["state"].get("seen", 0) + len(event["Records"])}}
"""
LARGE_STATE = """
def handler(event, context):
    print("GOT", len(event["Records"]), len(event["state"]), event["isFinalInvokeForWindow"],
          event["isWindowTerminatedEarly"])
    return {"state": {"x": "x" * 1024 * 1024}}
"""
STATELESS = """
def handler(event, context):
    print("GOT", len(event["Records"]), event["isFinalInvokeForWindow"])
    return {}
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
        server, "reports", source, MaximumRetryAttempts=1, FunctionResponseTypes=["ReportBatchItemFailures"]
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
    source = server.table("watched", key="k")
    connect(server, "of-table", source, arn, MaximumRetryAttempts=1)
    server.client("dynamodb").put_item(TableName="watched", Item={"k": {"S": "1"}})
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


def put(server: Server, stream: str, *texts: str) -> None:
    for text in texts:
        server.client("kinesis").put_record(StreamName=stream, Data=text.encode(), PartitionKey="1")


def keyed(server: Server, stream: str, *rows: tuple[str, str]) -> None:
    """Puts records: their texts and partition keys."""
    records = [{"Data": text.encode(), "PartitionKey": key} for text, key in rows]
    server.client("kinesis").put_records(StreamName=stream, Records=records)


def got_after_window(server: Server, name: str, count: int) -> list[str]:
    """Moves the clock on, by more than a window each time, until a function has got so many batches."""

    def look() -> list[str]:
        server.control("clock", advance_s=301)
        return got(server, name) if len(got(server, name)) >= count else []

    return eventually(look)


def test_a_batch_waits_for_its_window_to_end(server: Server) -> None:
    server.create("gathers", PICKY)
    source = server.stream("gathered", "a")
    connect(server, "gathers", source, MaximumBatchingWindowInSeconds=300)
    put(server, "gathered", "b")
    put(server, "gathered", "c")
    assert got(server, "gathers") == []
    assert got_after_window(server, "gathers", 1) == ["a,b,c"]


def test_a_full_batch_does_not_wait(server: Server) -> None:
    server.create("fills", PICKY)
    source = server.stream("filled", "a", "b", "c")
    connect(server, "fills", source, MaximumBatchingWindowInSeconds=300, BatchSize=2)
    eventually(lambda: got(server, "fills") == ["a,b"])
    assert got_after_window(server, "fills", 2) == ["a,b", "c"]


def test_a_batch_that_failed_is_tried_again_without_another_window(server: Server) -> None:
    server.create("hurries", PICKY)
    source = server.stream("hurried", "bad", "a")
    connect(
        server,
        "hurries",
        source,
        MaximumBatchingWindowInSeconds=300,
        MaximumRetryAttempts=0,
        BisectBatchOnFunctionError=True,
    )
    assert got_after_window(server, "hurries", 1)[0] == "bad,a"
    eventually(lambda: got(server, "hurries") == ["bad,a", "bad", "a"])


def test_a_tumbling_window_hands_its_state_on_until_its_last_invocation(tmp_path: Path) -> None:
    length_s = next(each for each in (900, 870, 840) if each - time.time() % each > 60)
    with Server(tmp_path / "sandbox") as server:  # with a clock that was not moved
        server.create("counts", COUNTING)
        source = server.stream("counted", "a", "b")
        connect(server, "counts", source, TumblingWindowInSeconds=length_s, BatchSize=1)
        eventually(lambda: len(got(server, "counts")) == 2)
        server.control("clock", advance_s=length_s)
        eventually(lambda: len(got(server, "counts")) == 3)
        answers = got(server, "counts")
    first, second, last = (json.loads(each) for each in answers)
    assert list(first) == [
        *("Records", "window", "state", "shardId", "eventSourceARN"),
        *("isFinalInvokeForWindow", "isWindowTerminatedEarly"),
    ]
    assert (first["state"], first["Records"], first["isFinalInvokeForWindow"]) == ({}, 1, False)
    assert (second["state"], second["Records"], second["isFinalInvokeForWindow"]) == ({"seen": 1}, 1, False)
    assert (last["state"], last["Records"], last["isFinalInvokeForWindow"]) == ({"seen": 2}, 0, True)
    assert not last["isWindowTerminatedEarly"]
    assert (first["eventSourceARN"], first["window"]) == (source, last["window"])
    assert first["shardId"].startswith("shardId-")
    start, end = (calendar.timegm(time.strptime(last["window"][each], ISO)) for each in ("start", "end"))
    assert (start % length_s, end - start) == (0, length_s)


def test_a_window_whose_state_is_too_large_ends_early(server: Server) -> None:
    server.create("large-state", LARGE_STATE)
    source = server.stream("large-state", "a", "b")
    connect(server, "large-state", source, TumblingWindowInSeconds=900, BatchSize=1)
    eventually(lambda: len(got(server, "large-state")) >= 4)
    assert got(server, "large-state")[:4] == ["1 0 False False", "0 1 True True"] * 2


def test_an_answer_without_a_state_is_a_failure(server: Server) -> None:
    server.create("stateless", STATELESS)
    url, arn = server.queue("stateless")
    source = server.stream("stateless", "a")
    connect(server, "stateless", source, arn, TumblingWindowInSeconds=900, MaximumRetryAttempts=1)
    record = json.loads(server.received(url)["Body"])
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"
    server.control("clock", advance_s=901)
    eventually(lambda: got(server, "stateless") == ["1 False", "1 False", "0 True"])


def batches_of(server: Server, name: str) -> list[list[str]]:
    return [each.split(",") for each in got(server, name)]


def test_as_many_batches_of_a_shard_run_at_once_as_its_factor_says(server: Server) -> None:
    """The function waits until two of its invocations are there."""
    meeting = threading.Barrier(2)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer(connection: socket.socket) -> None:
            with connection, contextlib.suppress(threading.BrokenBarrierError):
                meeting.wait(60)
                connection.sendall(b"go")

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        server.create("parallel", MEETING.format(port=listener.getsockname()[1]), Timeout=60)
        source = server.stream("parallel")
        keyed(server, "parallel", *((f"{number}", f"key-{number}") for number in range(8)))
        connect(server, "parallel", source, BatchSize=4, ParallelizationFactor=2)
        found = eventually(lambda: each if len(each := batches_of(server, "parallel")) >= 2 else [])
        meeting.abort()
        listener.shutdown(socket.SHUT_RDWR)
    first, second = found[:2]
    assert not set(first) & set(second)


def test_records_of_a_key_stay_in_order_and_each_is_processed_once(server: Server) -> None:
    server.create("ordered", PICKY)
    source = server.stream("ordered")
    rows = [(f"{number % 5}-{number}", f"key-{number % 5}") for number in range(30)]
    keyed(server, "ordered", *rows)
    connect(server, "ordered", source, BatchSize=2, ParallelizationFactor=10)

    def look() -> list[str]:
        texts = [text for batch in batches_of(server, "ordered") for text in batch]
        return texts if len(texts) >= len(rows) else []

    texts = eventually(look)
    assert sorted(texts) == sorted(text for text, _ in rows)
    for key in range(5):
        of_key = [int(text.split("-")[1]) for text in texts if text.startswith(f"{key}-")]
        assert of_key == sorted(of_key)


def test_a_batch_that_fails_holds_up_its_own_keys_only(server: Server) -> None:
    server.create("held", PICKY)
    source = server.stream("held")
    keyed(
        server,
        "held",
        ("bad", "key-0"),
        ("after", "key-0"),
        *((f"good-{n}", f"key-{n}") for n in range(1, 20)),
    )
    made = connect(server, "held", source, BatchSize=1, ParallelizationFactor=10)

    def is_through() -> bool:
        texts = [text for batch in batches_of(server, "held") for text in batch]
        # Some of the other keys share the lane of the bad record.
        return len({text for text in texts if text.startswith("good")}) >= 10 and texts.count("bad") >= 2

    eventually(is_through)
    assert not any("after" in batch for batch in batches_of(server, "held"))
    # Nothing that is done comes again once the bad record is given up.
    server.client("lambda").update_event_source_mapping(UUID=made["UUID"], MaximumRetryAttempts=0)
    eventually(lambda: any("after" in batch for batch in batches_of(server, "held")))
    eventually(lambda: len([b for b in batches_of(server, "held") if b[0].startswith("good")]) == 19)
    texts = [text for batch in batches_of(server, "held") for text in batch if text.startswith("good")]
    assert len(texts) == len(set(texts)) == 19


def test_items_of_a_table_are_processed_at_once_too(server: Server) -> None:
    server.create("items", PICKY_ITEMS)
    source = server.table("items", key="k")
    for number in ("bad", *map(str, range(20))):
        server.client("dynamodb").put_item(TableName="items", Item={"k": {"S": number}})
    connect(server, "items", source, BatchSize=1, ParallelizationFactor=10)
    eventually(lambda: len(set(got(server, "items"))) >= 11 and got(server, "items").count("bad") >= 2)
