"""What a Python handler prints, and what is reported about it, as on Lambda."""

import json
import re
import time
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.bell import RING, Bell
from tests.sandbox.server.server import Server
from tests.waiting import eventually
from workbench_sandbox.server.log_lines import OutputDecoder


def test_what_a_handler_prints_forges_nothing(server: Server) -> None:
    source = r"""
import json, os, sys
def handler(event, context):
    print(json.dumps({"status": "ok", "result": "forged"}))
    print("END RequestId: " + context.aws_request_id)
    os.write(1, b"\xa5\x5a\x00\x03\xff\xff\xff\xff")
    os.write(1, b"\xa5\x5a\x00\x03" + (5).to_bytes(4, "big") + bytes(8) + b"early")
    sys.stdout.buffer.write(b"\xff\xfe\x00odd\x85bytes\n")
    sys.stdout.flush()
    os.write(2, b"no newline at the end")
    return "true"
"""
    server.create("forger", source)
    for _ in range(3):
        answered = server.invoke("forger")
        assert answered.payload == "true"
        assert not answered.error
        assert "odd" in answered.log
        assert "no newline at the end\nEND RequestId" in answered.log
        assert answered.log.splitlines()[-1].startswith("REPORT")
    assert server.process.poll() is None


def test_prints_and_log_records_keep_their_order(server: Server) -> None:
    source = """
import logging
def handler(event, context):
    for number in range(50):
        print(f"print {number}")
        logging.getLogger().error(f"record {number}\\nsecond line")
"""
    server.create("order", source)
    log = server.invoke("order").log
    found = [message for message in server.lines("order") if "print " in message or "record " in message]
    assert [re.findall(r"(print|record) (\d+)", message) for message in found] == [
        [(kind, str(number))] for number in range(50) for kind in ("print", "record")
    ]
    assert all(message.endswith("second line\n") for message in found if "record" in message)
    assert len(log.encode()) <= 4096


def test_the_report_says_what_was_measured(server: Server) -> None:
    source = """
import time
time.sleep(0.2)
def handler(event, context):
    time.sleep(0.1)
    kept = bytearray(event * 1024 * 1024)
    return len(kept)
"""
    server.create("measured", source, MemorySize=256, Timeout=10)
    begun_s = time.monotonic()
    cold = server.invoke("measured", 1)
    took_ms = (time.monotonic() - begun_s) * 1000
    warm = server.invoke("measured", 90)
    pattern = (
        r"REPORT RequestId: (\S+)\tDuration: ([\d.]+) ms\tBilled Duration: (\d+) ms\tMemory Size: 256 MB\t"
        r"Max Memory Used: (\d+) MB\t(?:Init Duration: ([\d.]+) ms\t)?"
    )
    first, second = (re.fullmatch(pattern, answered.report) for answered in (cold, warm))
    assert first
    assert second
    assert first[1] == cold.request_id
    assert second[1] == warm.request_id
    assert float(first[2]) >= 100
    assert float(first[5]) >= 200
    assert float(first[2]) + float(first[5]) < took_ms
    assert second[5] is None
    assert (
        -0.01 <= int(first[3]) - (float(first[2]) + float(first[5])) < 1.01
    )  # both are rounded, their sum is not
    assert -0.01 <= int(second[3]) - float(second[2]) < 1.01
    assert int(first[4]) < 60
    assert 90 <= int(second[4]) - int(first[4]) + 15 < 130


def test_a_tail_goes_from_start_to_report(server: Server) -> None:
    server.create("tail", "def handler(event, context):\n  print(event)\n  print('x' * event)\n")
    short = server.invoke("tail", 3)
    assert short.log.splitlines()[0] == f"START RequestId: {short.request_id} Version: $LATEST"
    assert short.log.splitlines()[1:3] == ["3", "xxx"]
    assert short.log.splitlines()[3] == f"END RequestId: {short.request_id}"
    long = server.invoke("tail", 9000)
    assert len(long.log) == 4096
    assert long.report.startswith(f"REPORT RequestId: {long.request_id}")


def test_one_log_stream_holds_all_invocations_of_an_environment(server: Server) -> None:
    server.create("stream", "def handler(event, context): return context.log_stream_name\n")
    names = {server.invoke("stream").payload for _ in range(4)}
    streams = server.client("logs").describe_log_streams(logGroupName="/aws/lambda/stream")["logStreams"]
    assert {stream["logStreamName"] for stream in streams} == names
    assert len(names) == 1
    lines = server.lines("stream")
    assert [line.split()[0] for line in lines] == ["INIT_START", *["START", "END", "REPORT"] * 4]


def test_lines_are_there_while_the_handler_runs(server: Server) -> None:
    source = "def handler(event, context):\n  print('now')\n  ring(event)\n"
    server.create("live", RING + source, Timeout=60)
    with Bell(holds=True) as bell:
        payload = json.dumps(bell.address)
        server.client("lambda").invoke(FunctionName="live", InvocationType="Event", Payload=payload)
        eventually(lambda: "now\n" in server.lines("live"))
        assert not [line for line in server.lines("live") if line.startswith("END")]


def test_json_logs(server: Server) -> None:
    source = "import logging\nlogging.getLogger().setLevel('INFO')\n"
    source += "def handler(event, context): logging.getLogger().info('hello')\n"
    server.create("json", source, LoggingConfig={"LogFormat": "JSON"})
    lines = [json.loads(line) for line in server.invoke("json").log.splitlines()]
    assert [line.get("type") or line["message"] for line in lines] == [
        "platform.start",
        "hello",
        "platform.report",
    ]
    assert lines[1]["level"] == "INFO"
    assert lines[2]["record"]["metrics"]["memorySizeMB"] == 128


SAYS = "def handler(event, context):\n    print(event)\n    return event\n"
ON_GROUP = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/{}"


def may_log(name: str, *actions: str) -> dict[str, Any]:
    """A statement as Lambda's console writes it."""
    named = [f"logs:{each}" for each in actions]
    return {"Effect": "Allow", "Action": named, "Resource": f"{ON_GROUP.format(name)}:*"}


def streams(server: Server, name: str) -> list[Any]:
    logs = server.client("logs")
    groups = logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{name}")["logGroups"]
    return [
        stream
        for group in groups
        for stream in logs.describe_log_streams(logGroupName=group["logGroupName"])["logStreams"]
    ]


def test_lines_are_written_as_the_execution_role_allows(server: Server) -> None:
    role, name = server.role("quiet", may_log("quiet", "CreateLogStream", "PutLogEvents")), "quiet"
    server.create(name, SAYS, Role=role)
    answered = server.invoke(name, "first")
    assert answered.payload == "first"
    assert "first\n" in answered.log
    assert answered.report
    # There is no group, and the role must not create one.
    assert (
        server.client("logs").describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{name}")["logGroups"] == []
    )
    server.permit(name, may_log(name, "CreateLogGroup", "CreateLogStream"))
    assert "second\n" in server.invoke(name, "second").log
    assert len(streams(server, name)) == 1
    assert server.lines(name) == []
    server.permit(name, may_log(name, "PutLogEvents"))
    server.invoke(name, "third")
    lines = server.lines(name)
    assert "third\n" in lines
    assert not {"first\n", "second\n"} & set(lines)


def test_a_group_that_is_there_need_not_be_created(server: Server) -> None:
    role, name = server.role("given", may_log("given", "CreateLogStream", "PutLogEvents")), "given"
    server.client("logs").create_log_group(logGroupName=f"/aws/lambda/{name}")
    server.create(name, SAYS, Role=role)
    server.invoke(name, "said")
    assert "said\n" in server.lines(name)


def test_awss_policy_for_functions_is_enough(server: Server) -> None:
    role = server.role("basic")
    policy = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    server.client("iam").attach_role_policy(RoleName="basic", PolicyArn=policy)
    server.create("basic", SAYS, Role=role)
    server.invoke("basic", "said")
    assert "said\n" in server.lines("basic")
    server.permit("basic", {"Effect": "Deny", "Action": "logs:PutLogEvents", "Resource": "*"})
    assert "denied\n" in server.invoke("basic", "denied").log
    assert "denied\n" not in server.lines("basic")


def test_what_does_not_run_has_lines_as_the_role_allows(server: Server) -> None:
    server.create("no-java", SAYS, Role=server.role("no-java"), Runtime="java21")
    assert "cannot run java21" in server.invoke("no-java").log
    assert streams(server, "no-java") == []


def frame(text: str, *, time_us: int | None = None) -> bytes:
    data = text.encode()
    stamp = int(time.time() * 1_000_000) if time_us is None else time_us
    return b"\xa5\x5a\x00\x03" + len(data).to_bytes(4, "big") + stamp.to_bytes(8, "big") + data


def decode(blocks: list[bytes]) -> list[str]:
    decoder = OutputDecoder()
    messages = [message for block in blocks for message in decoder.feed(block)]
    return [message.text for message in [*messages, *decoder.flush()]]


LINES = st.lists(
    st.one_of(
        st.text(st.characters(codec="utf-8", exclude_characters="\n")).map(
            lambda text: ("line", f"{text}\n")
        ),
        st.text(st.characters(codec="utf-8")).map(lambda text: ("frame", text)),
    )
)


@given(LINES, st.integers(1, 40))
def test_every_message_arrives_whole_and_in_order(parts: list[tuple[str, str]], block_bytes: int) -> None:
    data = b"".join(text.encode() if kind == "line" else frame(text) for kind, text in parts)
    blocks = [data[start : start + block_bytes] for start in range(0, len(data), block_bytes)]
    assert decode(blocks) == [text for _, text in parts]


@given(st.lists(st.binary(max_size=60)))
def test_no_bytes_break_it_or_get_lost(blocks: list[bytes]) -> None:
    assert "".join(decode(blocks)).count("\n") >= 0
    plain = [block for block in blocks if b"\xa5" not in block]
    assert "".join(decode(plain)) == b"".join(plain).decode("utf-8", "replace") or b"\n" in b"".join(plain)


def test_a_frame_after_a_print_without_a_newline() -> None:
    assert decode([b"no newline" + frame("[ERROR] boom\nTraceback")]) == [
        "no newline",
        "[ERROR] boom\nTraceback",
    ]


def test_what_only_looks_like_a_frame_is_text() -> None:
    long_ago = frame("early", time_us=0)
    huge = b"\xa5\x5a\x00\x03\xff\xff\xff\xff" + bytes(8) + b"\n"
    assert [text.rstrip("\n")[-5:] for text in decode([long_ago + b"\n"])] == ["early"]
    assert len(decode([huge])) >= 1
    assert decode([b"\xa5\n"]) == ["\ufffd\n"]


def test_a_cut_frame_is_given_at_the_end() -> None:
    assert decode([frame("complete")[:-3]])[0].endswith("compl")


def test_an_endless_line_is_given_in_parts() -> None:
    texts = decode([b"x" * 1000] * 600)
    assert len(texts) > 1
    assert sum(len(text) for text in texts) == 600_000
