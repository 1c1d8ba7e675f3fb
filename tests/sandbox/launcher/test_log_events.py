"""Log events are kept in little memory, and read as if they were a list."""

import json
import random
import time
from bisect import bisect_left
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.sandbox.launcher.server import Server
from workbench.sandbox.launcher.log_events import LogEvents

CODE = "def handler(event, context):\n    for i in range(event): print(f'line {i}')\n"


def events(count: int) -> list[dict[str, Any]]:
    return [
        {
            "timestamp": 1_000 + number // 3,
            "message": f"é{number}\n",
            "ingestionTime": 5,
            "eventId": f"{number}",
        }
        for number in range(count)
    ]


def test_they_are_what_a_list_would_be() -> None:
    chance = random.Random(1)
    for count in (0, 1, 511, 512, 513, 3_000):
        plain = events(count)
        packed = LogEvents()
        places = sorted(chance.sample(range(count + 1), min(5, count + 1)))
        for first, last in pairwise([0, *places, count]):
            packed.extend(plain[first:last])
        assert list(packed) == plain
        assert len(packed) == count
        assert packed.stored_bytes == sum(len(each["message"]) for each in plain)
        assert json.loads(f"[{','.join(packed.json_blocks())}]") == plain
        for _ in range(20):
            first, last = chance.randrange(-5, count + 5), chance.randrange(-5, count + 5)
            assert list(packed[first:last]) == plain[first:last]
            assert list(packed[first:][:3]) == plain[first:][:3]
            moment = chance.randrange(990, 1_010 + count // 3)
            by_time = bisect_left(packed, moment, key=lambda each: int(each["timestamp"]))
            assert by_time == bisect_left(plain, moment, key=lambda each: int(each["timestamp"]))
        if count:
            assert {**packed[-1]} == plain[-1]
            assert packed[0]["message"] == "é0\n"


def test_a_snapshot_does_not_grow() -> None:
    packed = LogEvents(events(600))
    snapshot = packed.snapshot()
    packed.extend(events(600))
    assert (len(snapshot), list(snapshot)) == (600, events(600))


def test_a_stream_is_read_measured_and_kept_over_a_restart(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        server.create("long", CODE)
        for _ in range(3):
            server.invoke("long", 700)
        lines = server.lines("long")
        assert len([line for line in lines if line.startswith("line ")]) == 2_100
        logs = server.client("logs")
        (group,) = logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/long")["logGroups"]
        assert group["storedBytes"] == sum(len(line) for line in lines)
        (stream,) = logs.describe_log_streams(logGroupName="/aws/lambda/long")["logStreams"]
        assert stream["storedBytes"] == group["storedBytes"]
        page = logs.get_log_events(
            logGroupName="/aws/lambda/long", logStreamName=stream["logStreamName"], limit=3
        )
        assert [event["message"] for event in page["events"]] == lines[-3:]
    with Server(tmp_path) as server:
        assert server.lines("long") == lines
        server.invoke("long", 1)
        assert len(server.lines("long")) > len(lines)


def test_events_that_come_late_stand_where_they_belong(server: Server) -> None:
    logs, now_ms = server.client("logs"), int(time.time() * 1000)
    logs.create_log_group(logGroupName="late")
    logs.create_log_stream(logGroupName="late", logStreamName="s")
    for first in (now_ms - 5_000, now_ms - 9_000):
        batch = [{"timestamp": first + number, "message": f"{first + number}"} for number in range(1_000)]
        logs.put_log_events(logGroupName="late", logStreamName="s", logEvents=batch)
    found = logs.filter_log_events(logGroupName="late", limit=3)["events"]
    assert [event["timestamp"] for event in found] == [now_ms - 9_000, now_ms - 8_999, now_ms - 8_998]
    (stream,) = logs.describe_log_streams(logGroupName="late")["logStreams"]
    assert stream["firstEventTimestamp"] == now_ms - 9_000
    assert stream["lastEventTimestamp"] == now_ms - 4_001
