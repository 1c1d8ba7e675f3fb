"""Python handlers behave as on Lambda: errors, logs, limits, what they see."""

import json
import re
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.sandbox.launcher.server import Server, eventually, package

FAILING = """
def inner():
    raise KeyError("wörd")

def handler(event, context):
    if event: return "fine"
    inner()
"""


def test_an_error_has_its_type_and_its_stack(server: Server) -> None:
    server.create("failing", FAILING)
    failed = server.invoke("failing")
    assert failed.error == "Unhandled"
    assert failed.payload["errorType"] == "KeyError"
    assert failed.payload["errorMessage"] == "'wörd'"
    assert failed.payload["requestId"] == failed.request_id
    frames = failed.payload["stackTrace"]
    assert [re.findall(r"/var/task/index\.py\", line (\d+), in (\w+)", frame) for frame in frames] == [
        [("7", "handler")],
        [("3", "inner")],
    ]
    assert "[ERROR] KeyError: 'wörd'\nTraceback (most recent call last):\n" in failed.log


def test_an_environment_stays_warm_after_an_error(server: Server) -> None:
    server.create(
        "warm", "import os\ndef handler(event, context):\n  if event: raise OSError\n  return os.getpid()\n"
    )
    first = server.invoke("warm").payload
    assert server.invoke("warm", 1).error == "Unhandled"
    assert server.invoke("warm").payload == first


@pytest.mark.parametrize(
    ("source", "error_type", "message"),
    [
        ("import missing_module\n", "Runtime.ImportModuleError", "No module named 'missing_module'"),
        ("def handler(:\n", "Runtime.UserCodeSyntaxError", "Syntax error in module 'index'"),
        ("", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'index'"),
        ("import sys; sys.exit(7)\n", "Runtime.ExitError", "Error: Runtime exited with error: exit status 7"),
        ("x = 1 / 0\n", "ZeroDivisionError", "division by zero"),
    ],
)
def test_a_handler_that_cannot_start(server: Server, source: str, error_type: str, message: str) -> None:
    name = f"no-start-{error_type.replace('.', '-')}"
    server.create(name, source)
    failed = server.invoke(name)
    assert failed.error == "Unhandled"
    assert failed.payload["errorType"] == error_type
    assert message in failed.payload["errorMessage"]
    assert "INIT_REPORT" in failed.log
    assert f"Error Type: {error_type}" in failed.log
    # Once within init, once more within the invocation: Lambda's suppressed init.
    assert len([line for line in server.lines(name) if line.startswith("INIT_REPORT")]) == 2


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("os._exit(3)", "Runtime exited with error: exit status 3"),
        ("os._exit(0)", "Runtime exited without providing a reason"),
        ("os.kill(os.getpid(), 9)", "Runtime exited with error: signal: killed"),
        ("sys.exit(4)", "Runtime exited with error: exit status 4"),
    ],
)
def test_a_handler_that_ends_its_process(server: Server, statement: str, reason: str) -> None:
    name = f"exits-{abs(hash(statement))}"
    server.create(
        name, f"import os, sys\ndef handler(event, context):\n  if event: return 1\n  {statement}\n"
    )
    failed = server.invoke(name)
    assert failed.payload == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {failed.request_id} Error: {reason}",
    }
    assert "Status: error\tError Type: Runtime.ExitError" in failed.report
    assert server.invoke(name, 1).payload == 1


def test_a_handler_that_takes_too_long(server: Server) -> None:
    server.create(
        "slow", "import time\ndef handler(event, context):\n  print('began', flush=True)\n  time.sleep(60)\n"
    )
    server.client("lambda").update_function_configuration(FunctionName="slow", Timeout=1)
    started = time.monotonic()
    failed = server.invoke("slow")
    assert 1 <= time.monotonic() - started < 3
    message = f"RequestId: {failed.request_id} Error: Task timed out after 1.00 seconds"
    assert failed.payload == {"errorType": "Sandbox.Timedout", "errorMessage": message}
    assert "began\n" in failed.log
    assert re.search(rf"\d{{4}}-.*Z {failed.request_id} Task timed out after 1.00 seconds\n", failed.log)
    assert "Duration: 1000.00 ms" in failed.report
    assert "Status: timeout" in failed.report


def test_an_init_that_takes_longer_than_ten_seconds_is_repeated_within_the_timeout(server: Server) -> None:
    server.create("slow-init", "import time\ntime.sleep(60)\ndef handler(event, context): pass\n", Timeout=1)
    started = time.monotonic()
    failed = server.invoke("slow-init")
    assert 11 <= time.monotonic() - started < 14
    assert failed.payload["errorMessage"].endswith("Task timed out after 1.00 seconds")
    reports = [line for line in server.lines("slow-init") if line.startswith("INIT_REPORT")]
    assert len(reports) == 1
    assert "Phase: init\tStatus: timeout" in reports[0]
    assert 10_000 <= float(re.findall(r"Duration: ([\d.]+) ms", reports[0])[0]) < 10_500


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
    cold, warm = server.invoke("measured", 1), server.invoke("measured", 90)
    pattern = (
        r"REPORT RequestId: (\S+)\tDuration: ([\d.]+) ms\tBilled Duration: (\d+) ms\tMemory Size: 256 MB\t"
        r"Max Memory Used: (\d+) MB\t(?:Init Duration: ([\d.]+) ms\t)?"
    )
    first, second = (re.fullmatch(pattern, answered.report) for answered in (cold, warm))
    assert first
    assert second
    assert first[1] == cold.request_id
    assert second[1] == warm.request_id
    assert 100 <= float(first[2]) < 1000
    assert 200 <= float(first[5]) < 2000
    assert second[5] is None
    assert 0 <= int(first[3]) - (float(first[2]) + float(first[5])) < 1
    assert 0 <= int(second[3]) - float(second[2]) < 1
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
    server.create(
        "live", "import time\ndef handler(event, context):\n  print('now')\n  time.sleep(3)\n", Timeout=10
    )
    server.client("lambda").invoke(FunctionName="live", InvocationType="Event")
    eventually(lambda: "now\n" in server.lines("live"), within_s=2.5)
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


def test_what_a_handler_sees(server: Server) -> None:
    source = """
import os, sys, time
def handler(event, context):
    try:
        import PySide6
        found = True
    except ImportError:
        found = False
    import boto3
    return {
        "env": dict(os.environ), "cwd": os.getcwd(), "path": sys.path, "here": __file__, "found": found,
        "arn": context.invoked_function_arn, "memory": context.memory_limit_in_mb, "tz": time.tzname,
        "id": context.aws_request_id, "left": context.get_remaining_time_in_millis(),
        "buckets": boto3.client("s3").list_buckets()["Buckets"],
    }
"""
    variables = {"MINE": "ö", "AWS_REGION": "moon-1", "AWS_LAMBDA_FUNCTION_NAME": "forged"}
    server.create("sees", source, Environment={"Variables": variables}, Timeout=20)
    answered = server.invoke("sees")
    assert not answered.error, answered.payload
    seen = answered.payload
    env = seen["env"]
    expected = {
        "_HANDLER": "index.handler",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": server.url,
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_FUNCTION_NAME": "sees",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/sees",
        "AWS_REGION": "us-east-1",
        "MINE": "ö",
        "TZ": ":UTC",
    }
    assert {name: env.get(name) for name in expected} == expected
    assert env["AWS_ACCESS_KEY_ID"] == "000000000000"
    assert env["_X_AMZN_TRACE_ID"].startswith("Root=1-")
    assert seen["cwd"] == env["LAMBDA_TASK_ROOT"] == str(Path(seen["here"]).parent)
    assert seen["path"][0] == env["LAMBDA_TASK_ROOT"]
    assert seen["path"].count(env["LAMBDA_RUNTIME_DIR"]) == 1
    assert not seen["found"], "what is installed beside Workbench must not hide a missing dependency"
    assert seen["arn"] == "arn:aws:lambda:us-east-1:000000000000:function:sees"
    assert seen["memory"] == "128"
    assert seen["id"] == answered.request_id
    assert 15_000 < seen["left"] <= 20_000
    assert seen["tz"][0] == "UTC"
    assert not {"STATE_DIR", "GATEWAY_PORT", "S3_DATA_DIR"} & env.keys()


def test_layers_come_after_the_code_and_over_each_other(server: Server) -> None:
    client = server.client("lambda")
    arns = []
    for number, module in ((1, "shared"), (2, "shared"), (3, "index")):
        files = {f"python__{module}_py": f"VALUE = {number}\n", f"only{number}": ""}
        layer = client.publish_layer_version(
            LayerName=f"l{number}", Content={"ZipFile": package("", **files)}
        )
        arns.append(layer["LayerVersionArn"])
    source = "import shared, sys\ndef handler(event, context): return [shared.VALUE, __name__, sys.path]\n"
    server.create("layered", source, Layers=arns)
    answered = server.invoke("layered")
    assert not answered.error, answered.payload
    assert answered.payload[:2] == [2, "index"]
    assert [entry for entry in answered.payload[2] if entry.endswith("/opt/python")]


def test_a_sitecustomize_on_pythonpath_runs_first(server: Server, tmp_path: Path) -> None:
    """The debugger is started this way."""
    (tmp_path / "sitecustomize.py").write_text("import builtins\nbuiltins.customized = 41\n")
    variables = {"PYTHONPATH": str(tmp_path)}
    source = "VALUE = customized\ndef handler(event, context): return VALUE + 1\n"
    server.create("customized", source, Environment={"Variables": variables})
    assert server.invoke("customized").payload == 42


def test_an_update_lets_a_running_invocation_end(server: Server) -> None:
    server.create(
        "updated",
        "import time\ndef handler(event, context):\n  time.sleep(event)\n  return 'old'\n",
        Timeout=20,
    )
    server.invoke("updated", 0)
    answers: list[object] = []
    running = threading.Thread(target=lambda: answers.append(server.invoke("updated", 2).payload))
    running.start()
    eventually(lambda: len([line for line in server.lines("updated") if line.startswith("START")]) == 2)
    client = server.client("lambda")
    client.update_function_code(FunctionName="updated", ZipFile=package("def handler(e, c): return 'new'\n"))
    assert server.invoke("updated", 0).payload == "new"
    running.join()
    assert answers == ["old"]


def test_a_new_configuration_reaches_the_next_invocation(server: Server) -> None:
    server.create("configured", "import os\ndef handler(event, context): return os.environ.get('COLOUR')\n")
    assert server.invoke("configured").payload is None
    variables = {"Variables": {"COLOUR": "green"}}
    server.client("lambda").update_function_configuration(FunctionName="configured", Environment=variables)
    assert server.invoke("configured").payload == "green"


def test_versions_run_their_own_code(server: Server) -> None:
    client = server.client("lambda")
    server.create(
        "versions", "def handler(event, context): return [context.function_version, 'one']\n", Publish=True
    )
    client.update_function_code(
        FunctionName="versions", ZipFile=package("def handler(e, c): return [c.function_version, 'two']\n")
    )
    client.create_alias(FunctionName="versions", Name="live", FunctionVersion="1")
    assert server.invoke("versions", Qualifier="1").payload == ["1", "one"]
    assert server.invoke("versions", Qualifier="live").payload == ["1", "one"]
    assert server.invoke("versions").payload == ["$LATEST", "two"]


def test_parallel_invocations_have_environments_of_their_own(server: Server) -> None:
    source = "import os, time\ndef handler(event, context):\n  time.sleep(0.5)\n  return os.getpid()\n"
    server.create("parallel", source, Timeout=20)
    pids: list[int] = []
    threads = [
        threading.Thread(target=lambda: pids.append(server.invoke("parallel").payload)) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(pids)) == 6


def test_a_handler_may_invoke_a_function(server: Server) -> None:
    server.create("inner", "def handler(event, context): return event + 1\n")
    source = "import boto3, json\ndef handler(event, context):\n"
    source += "  answer = boto3.client('lambda').invoke(FunctionName='inner', Payload=json.dumps(event))\n"
    source += "  return json.load(answer['Payload'])\n"
    server.create("outer", source, Timeout=20)
    assert server.invoke("outer", 4).payload == 5


def test_a_function_that_invokes_itself_is_stopped(server: Server) -> None:
    source = """
import boto3, json
def handler(event, context):
    try:
        answer = boto3.client("lambda").invoke(FunctionName="loop", Payload=json.dumps(event + 1))
    except Exception as error:
        return [event, type(error).__name__]
    return json.load(answer["Payload"])
"""
    server.create("loop", source, Timeout=60)
    assert server.invoke("loop", 1).payload == [16, "RecursiveInvocationException"]


def test_a_function_that_writes_to_its_own_bucket_is_stopped(server: Server) -> None:
    source = """
import boto3
def handler(event, context):
    boto3.client("s3").put_object(Bucket="loop", Key=context.aws_request_id, Body=b"")
"""
    server.create("bucket-loop", source, Timeout=20)
    client, s3 = server.client("lambda"), server.client("s3")
    client.put_function_event_invoke_config(FunctionName="bucket-loop", MaximumRetryAttempts=0)
    s3.create_bucket(Bucket="loop")
    arn = "arn:aws:lambda:us-east-1:000000000000:function:bucket-loop"
    configuration = {"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket="loop", NotificationConfiguration={"LambdaFunctionConfigurations": [configuration]}
    )
    s3.put_object(Bucket="loop", Key="first", Body=b"")
    eventually(lambda: "Dropped invocation of bucket-loop" in server.stderr(), within_s=30)
    assert len(s3.list_objects_v2(Bucket="loop")["Contents"]) == 1 + 16


def test_a_response_beyond_the_limit_is_an_error(server: Server) -> None:
    server.create("large", "def handler(event, context): return 'x' * event\n")
    assert len(server.invoke("large", 6_000_000).payload) == 6_000_000
    failed = server.invoke("large", 7_000_000)
    assert failed.payload["errorType"] == "Function.ResponseSizeTooLarge"
    assert server.invoke("large", 1).payload == "x"


def test_a_result_that_is_no_json(server: Server) -> None:
    server.create("set", "def handler(event, context): return {1, 2}\n")
    assert server.invoke("set").payload["errorType"] == "Runtime.MarshalError"


@pytest.mark.parametrize("runtime", ["java21", "ruby3.4", "dotnet8", "go1.x"])
def test_a_runtime_that_cannot_run_says_so(server: Server, runtime: str) -> None:
    name = f"unsupported-{runtime.replace('.', '-')}"
    server.create(name, "", Runtime=runtime)
    failed = server.invoke(name)
    assert failed.error == "Unhandled"
    assert failed.payload["errorType"] == "Sandbox.CannotRun"
    assert failed.payload["errorMessage"].startswith(f"The Sandbox cannot run {runtime}.")
    assert failed.payload["errorMessage"] in failed.log
    assert failed.report


def test_our_own_version_runs_on_our_interpreter(server: Server) -> None:
    server.create("own", "import sys\ndef handler(event, context): return sys.version\n")
    assert server.invoke("own").payload == sys.version


def test_a_version_that_is_not_installed_runs_on_ours_and_says_so(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        source = "import sys\ndef handler(event, context): return list(sys.version_info[:2])\n"
        server.create("old", source, Runtime="python3.6")
        assert server.invoke("old").payload == list(sys.version_info[:2])
        note = f"running python3.6 on {sys.version_info[0]}.{sys.version_info[1]}"
        assert server.stderr() == f"runtime: {note}\n"
        assert f"Sandbox: {note}\n" in server.lines("old")


def test_idle_environments_end(tmp_path: Path) -> None:
    with Server(tmp_path, LAMBDA_WARM_TTL_SECONDS="1") as server:
        server.create("idle", "import os\ndef handler(event, context): return os.getpid()\n")
        pid = server.invoke("idle").payload
        assert pid in server.workers()
        eventually(lambda: pid not in server.workers())
        assert server.invoke("idle").payload != pid
