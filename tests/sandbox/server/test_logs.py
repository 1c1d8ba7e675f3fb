"""Logs as CloudWatch keeps and gives them: pages, filters, live tail, subscriptions, in little memory."""

import copy
import json
import random
import re
import threading
import time
from bisect import bisect_left
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.server.server import Server
from tests.waiting import eventually
from workbench_sandbox.server.filter_patterns import compile_pattern
from workbench_sandbox.server.log_events import LogEvents


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
    snapshot = copy.deepcopy(packed)
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


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        ("", ["", "anything"], []),
        ("ERROR", ["[ERROR] x"], ["error", "ERRO R"]),
        ("ERROR Exception", ["Exception of ERROR"], ["ERROR", "Exception"]),
        ('"b 1"', ["b 10"], ["1 b", "b  1"]),
        ('"RequestId: 12-34"', ["START RequestId: 12-34 Version"], ["12-34"]),
        (r'"say \"x\""', ['I say "x"'], ["say x"]),
        ("ERROR -Timeout", ["ERROR"], ["ERROR Timeout"]),
        ('-"a b"', ["ab"], ["a b"]),
        ("?ERROR ?WARN", ["WARN x", "an ERROR"], ["INFO"]),
        ("?ERROR INFO", ["INFO"], ["ERROR"]),
        ("%4\\d\\d%", ["status 404"], ["status 500"]),
        ("12-34", ["12-34"], ["12"]),
        ("%40[0-9]% -%gone%", ["status 404"], ["status 500", "404 gone"]),
        ("{ $.level = 1 }", ['{"level": 1}', '{"level": 1.0}'], ["anything", '{"level": 2}', "[]"]),
        ('{ $.a.b = "x*" }', ['{"a": {"b": "xyz"}}'], ['{"a": {"b": "yx"}}', '{"a": "x"}']),
        ('{ $.a = "a?[b]" }', ['{"a": "a?[b]"}'], ['{"a": "acb"}']),
        ("{ $.a != 1 }", ['{"a": 2}', '{"a": "x"}'], ['{"a": 1}', "{}"]),
        ("{ $.a = 4* }", ['{"a": 404}', '{"a": "4"}'], ['{"a": 500}']),
        ("{ $.a >= 1.5e1 && $.a < 20 }", ['{"a": 15}'], ['{"a": 20}', '{"a": "x"}', '{"a": true}']),
        ("{ ($.a = 1 || $.b = 1) && $.c = 1 }", ['{"b": 1, "c": 1}'], ['{"a": 1}', '{"c": 1}']),
        ("{ $.a[1].b = x }", ['{"a": [1, {"b": "x"}]}'], ['{"a": [{"b": "x"}]}']),
        ("{ $.a[*] = x }", ['{"a": ["y", "x"]}'], ['{"a": []}']),
        ("{ $.['a.b'] = x }", ['{"a.b": "x"}'], ['{"a": {"b": "x"}}']),
        ("{ $.a IS TRUE }", ['{"a": true}'], ['{"a": 1}', '{"a": "true"}']),
        ("{ $.a IS NULL }", ['{"a": null}'], ["{}"]),
        ("{ $.a NOT EXISTS }", ["{}"], ['{"a": null}']),
        ("{ $.ip = %^10[.]% }", ['{"ip": "10.0.0.1"}'], ['{"ip": "110.0.0.1"}']),
        ("[]", ["", "anything at all"], []),
        ("[level = ERROR, ...]", ["ERROR x y"], ["INFO ERROR", ""]),
        ("[..., code = 4*, size]", ["GET / 404 12"], ["GET / 500 12", "404"]),
        ("[a, b > 10, c]", ["x 11 y"], ["x 9 y", "x y z", "x 11"]),
        ('[a = "x y", b]', ['"x y" z'], ["x y z"]),
        ("[a != DEBUG && a != INFO, b]", ["ERROR x"], ["DEBUG x", "INFO x"]),
        ("[time, ...]", ["[10/Oct/2000 13:55:36] x"], [""]),
        ("[a = %^[0-9]{2,3}$%, b]", ["123 x"], ["1234 x"]),
    ],
)
def test_what_a_pattern_matches(pattern: str, matching: list[str], others: list[str]) -> None:
    matches = compile_pattern(pattern)
    assert [message for message in matching if not matches(message)] == []
    assert [message for message in others if matches(message)] == []


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        # Recorded: https://github.com/jorgebastida/awslogs/issues/210
        ("{$.kubernetes.namespace_name=abc", "If a filter pattern starts with '{' it must end with '}'"),
        ("[time, level=ERROR, msg", "If a filter pattern starts with '[' it must end with ']'"),
        ("?Status: timeout", "Invalid character(s) in term ':'"),
        ("`ERROR", "Invalid character(s) in term '`'"),
        ("failed (again)", "Invalid character(s) in term '('"),
        ('ERROR "never closed', "Invalid character(s) in term '\"'"),
        ('{ $."sc-status" = 5* }', "Invalid character(s) in term '$.\"'"),
        ("%(a|b)%", "Invalid character(s) in term '('"),
        ("%a!%", "Invalid character(s) in term '!'"),
        ("%[a%", "Invalid filter pattern"),
        ("{}", "Invalid filter pattern"),
        ("{ level = 1 }", "Invalid filter pattern"),
        ("{ $.level }", "Invalid filter pattern"),
        ("{ $.level = }", "Invalid filter pattern"),
        ("{ $.level = 1 && }", "Invalid filter pattern"),
        ("{ ($.level = 1 }", "Invalid filter pattern"),
        ("{ $.level = 1 $.b = 2 }", "Invalid filter pattern"),
        ("{ $.level > high }", "Invalid filter pattern"),
        ("{ $.level IS SET }", "Invalid filter pattern"),
        ("{ " + "(" * 400 + "$.a = 1" + ")" * 400 + " }", "Invalid filter pattern"),
        ("[..., a, ...]", "Invalid filter pattern"),
        ("[a =, b]", "Invalid filter pattern"),
        ('[a = "x, b]', "Invalid character(s) in term '\"'"),
    ],
)
def test_a_wrong_pattern_is_refused_in_awss_words(pattern: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        compile_pattern(pattern)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "pattern",
    [
        '?REPORT ?NR_LAMBDA_MONITORING ?"Task timed out"',
        '{ $.eventType = "UpdateTrail" }',
        "{ $.sourceIPAddress != 123.123.* }",
        '{ ($.user.email = "John.Stiles@example.com" || $.at[0][1] = "nonmatch") && $.actions[2] = "no" }',
        "{ $.bandwidth > 75 }",
        "{ $.latency >= 1.5e1 }",
        "{ $.SomeObject IS NULL }",
        "{ $.SomeOtherObject NOT EXISTS }",
        '{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }',
        "[ip, user, username, timestamp, request =*.html*, status_code = 4*, bytes]",
        "[ip, user, username, timestamp, request, status_code = 404 || status_code = 410, bytes]",
        "[ip=%127\\.0\\.0\\.[1-9]%, user, username, timestamp, request =*.html*, status_code = 4*, bytes]",
        "[w1=ERROR, w2]",
        "[w1!=%ERROR|WARN%, ...]",
        "[]",
        "",
    ],
)
def test_what_aws_documents_is_accepted(pattern: str) -> None:
    compile_pattern(pattern)
