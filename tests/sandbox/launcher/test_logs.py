"""Logs as CloudWatch gives them: pages, event ids, live tail, subscriptions."""

import threading
import time
from typing import Any

import pytest

from tests.sandbox.launcher.server import Server
from tests.waiting import eventually


@pytest.fixture(scope="module")
def group(server: Server) -> str:
    """Three streams of 50 events; ten events share each millisecond."""
    logs = server.client("logs")
    logs.create_log_group(logGroupName="paged")
    base_ms = int(time.time() * 1000) - 60_000
    for stream in ("a1", "a2", "b"):
        logs.create_log_stream(logGroupName="paged", logStreamName=stream)
        events = [{"timestamp": base_ms + n // 10, "message": f"{stream} {n:02d}"} for n in range(50)]
        logs.put_log_events(logGroupName="paged", logStreamName=stream, logEvents=events)
    return "paged"


def pages(server: Server, **options: Any) -> list[list[str]]:
    logs = server.client("logs")
    found = []
    token = None
    while True:
        answer = logs.filter_log_events(**options, **({"nextToken": token} if token else {}))
        found.append([event["message"] for event in answer["events"]])
        token = answer.get("nextToken")
        if not token:
            return found


@pytest.mark.parametrize("limit", [1, 7, 10, 149, 150, 10_000])
def test_pages_hold_each_event_once_and_in_order(server: Server, group: str, limit: int) -> None:
    found = pages(server, logGroupName=group, limit=limit)
    flat = [message for page in found for message in page]
    assert all(len(page) == limit for page in found[:-1])
    assert len(found) == -(-150 // limit)
    assert flat == [message for page in pages(server, logGroupName=group) for message in page]
    assert sorted(flat) == sorted(f"{stream} {n:02d}" for stream in ("a1", "a2", "b") for n in range(50))


def test_pages_of_a_filter(server: Server, group: str) -> None:
    found = pages(server, logGroupName=group, filterPattern='"b 1"', limit=4)
    assert found == [["b 10", "b 11", "b 12", "b 13"], ["b 14", "b 15", "b 16", "b 17"], ["b 18", "b 19"]]


def test_a_prefix_of_streams(server: Server, group: str) -> None:
    found = pages(server, logGroupName=group, logStreamNamePrefix="a")
    assert {message[:2] for page in found for message in page} == {"a1", "a2"}


def test_an_event_that_arrives_between_pages_is_not_lost(server: Server) -> None:
    logs = server.client("logs")
    logs.create_log_group(logGroupName="growing")
    logs.create_log_stream(logGroupName="growing", logStreamName="s")
    now_ms = int(time.time() * 1000)

    def put(*messages: str) -> None:
        events = [{"timestamp": now_ms, "message": message} for message in messages]
        logs.put_log_events(logGroupName="growing", logStreamName="s", logEvents=events)

    put("1", "2", "3")
    first = logs.filter_log_events(logGroupName="growing", limit=2)
    put("4")
    rest = logs.filter_log_events(logGroupName="growing", nextToken=first["nextToken"])
    assert [event["message"] for event in first["events"] + rest["events"]] == ["1", "2", "3", "4"]


def test_a_page_is_a_megabyte_at_most(server: Server) -> None:
    logs = server.client("logs")
    logs.create_log_group(logGroupName="wide")
    logs.create_log_stream(logGroupName="wide", logStreamName="s")
    now_ms = int(time.time() * 1000)
    events = [{"timestamp": now_ms + n, "message": "x" * 200_000} for n in range(5)]
    for event in events * 2:
        logs.put_log_events(logGroupName="wide", logStreamName="s", logEvents=[event])
    assert [len(page) for page in pages(server, logGroupName="wide")] == [5, 5]


@pytest.mark.parametrize("token", ["x", "%%%", "bnVsbA==", "WzFd"])
def test_a_wrong_token_is_refused(server: Server, group: str, token: str) -> None:
    logs = server.client("logs")
    with pytest.raises(logs.exceptions.InvalidParameterException):
        logs.filter_log_events(logGroupName=group, nextToken=token)


def test_a_missing_group_is_said(server: Server) -> None:
    logs = server.client("logs")
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        logs.filter_log_events(logGroupName="missing")


def test_lambda_lines_have_ids_and_ordered_times(server: Server) -> None:
    server.create("ids", "def handler(event, context):\n  for n in range(20): print(n)\n")
    for _ in range(3):
        server.invoke("ids")
    events = server.client("logs").filter_log_events(logGroupName="/aws/lambda/ids")["events"]
    assert len({event["eventId"] for event in events}) == len(events) == 1 + 3 * 23
    times = [event["timestamp"] for event in events]
    assert times == sorted(times)
    assert all(0 <= event["ingestionTime"] - event["timestamp"] < 5000 for event in events)


def test_a_live_tail_shows_lambda_lines(server: Server) -> None:
    server.create("tailed", "def handler(event, context): print('seen live')\n")
    server.invoke("tailed")
    logs = server.client("logs")
    group = logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/tailed")["logGroups"][0]["arn"]
    session = logs.start_live_tail(logGroupIdentifiers=[group.removesuffix(":*")])["responseStream"]
    found: list[str] = []

    def listen() -> None:
        for update in session:
            found.extend(
                line["message"] for line in update.get("sessionUpdate", {}).get("sessionResults", [])
            )
            if any(line.startswith("REPORT") for line in found):
                return

    listener = threading.Thread(target=listen)
    listener.start()
    eventually(lambda: server.invoke("tailed").log and "seen live\n" in found)
    listener.join(10)
    session.close()
    assert not listener.is_alive()


def test_a_subscribed_function_gets_lambda_lines(server: Server) -> None:
    server.create("logger", "def handler(event, context): print('needle')\n")
    server.create(
        "subscriber",
        "import base64, gzip\n"
        "def handler(event, context):\n"
        "  print(gzip.decompress(base64.b64decode(event['awslogs']['data'])).decode())\n",
    )
    server.invoke("logger")
    arn = "arn:aws:lambda:us-east-1:000000000000:function:subscriber"
    server.grant("subscriber", "logs.amazonaws.com")
    server.client("logs").put_subscription_filter(
        logGroupName="/aws/lambda/logger", filterName="f", filterPattern="needle", destinationArn=arn
    )
    server.invoke("logger")
    eventually(lambda: [line for line in server.lines("subscriber") if "needle" in line])


def test_a_deleted_group_is_made_anew(server: Server) -> None:
    server.create("again", "def handler(event, context): print('here')\n")
    server.invoke("again")
    server.client("logs").delete_log_group(logGroupName="/aws/lambda/again")
    server.invoke("again")
    assert server.lines("again")[1] == "here\n"
