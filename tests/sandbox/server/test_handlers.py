"""Python handlers live as on Lambda: what they see, which code they run, whom they may call."""

import json
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

from tests.bell import RING
from tests.sandbox.server.server import Server, package, refused
from tests.waiting import eventually


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
    variables = {"MINE": "ö"}
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


def test_layers_come_after_the_code_and_over_each_other(server: Server, client: Any) -> None:
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


def test_a_sitecustomize_on_pythonpath_runs_first(server: Server) -> None:
    """The debugger is started this way."""
    customize = "import builtins\nbuiltins.customized = 41\n"
    source = "VALUE = customized\ndef handler(event, context): return VALUE + 1\n"
    code = {"ZipFile": package(source, beside__sitecustomize_py=customize)}
    server.create("customized", "", Code=code, Environment={"Variables": {"PYTHONPATH": "beside"}})
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
    server.settled("updated")
    assert server.invoke("updated", 0).payload == "new"
    running.join()
    assert answers == ["old"]


def test_a_new_configuration_reaches_the_next_invocation(server: Server) -> None:
    server.create("configured", "import os\ndef handler(event, context): return os.environ.get('COLOUR')\n")
    assert server.invoke("configured").payload is None
    variables = {"Variables": {"COLOUR": "green"}}
    server.client("lambda").update_function_configuration(FunctionName="configured", Environment=variables)
    server.settled("configured")
    assert server.invoke("configured").payload == "green"


def test_versions_run_their_own_code(server: Server, client: Any) -> None:
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
    source = (
        "import uuid\nown = str(uuid.uuid4())\ndef handler(event, context):\n  ring(event)\n  return own\n"
    )
    server.create("parallel", RING + source, Timeout=60)
    assert len({answered.payload for answered in server.invoke_together("parallel", 6)}) == 6


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
    server.grant("bucket-loop", "s3.amazonaws.com")
    configuration = {"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket="loop", NotificationConfiguration={"LambdaFunctionConfigurations": [configuration]}
    )
    s3.put_object(Bucket="loop", Key="first", Body=b"")
    eventually(lambda: "Dropped invocation of bucket-loop" in server.stderr(), within_s=30)
    assert len(s3.list_objects_v2(Bucket="loop")["Contents"]) == 1 + 16


def test_our_own_version_runs_on_our_interpreter(server: Server) -> None:
    server.create("own", "import sys\ndef handler(event, context): return sys.version\n")
    assert server.invoke("own").payload == sys.version


def test_a_version_that_is_not_installed_runs_on_ours_and_says_so(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        source = "import sys\ndef handler(event, context): return list(sys.version_info[:2])\n"
        server.create("old", source, Runtime="python3.8")
        assert server.invoke("old").payload == list(sys.version_info[:2])
        note = f"running python3.8 on {sys.version_info[0]}.{sys.version_info[1]}"
        assert server.stderr() == f"runtime: {note}\n"
        assert f"Sandbox: {note}\n" in server.lines("old")


def test_idle_environments_end(tmp_path: Path) -> None:
    with Server(tmp_path, LAMBDA_WARM_TTL_SECONDS="1") as server:
        server.create(
            "idle", "import uuid\nown = str(uuid.uuid4())\ndef handler(event, context): return own\n"
        )
        own = server.invoke("idle").payload
        workers = server.workers()
        eventually(lambda: workers - server.workers())
        assert server.invoke("idle").payload != own


SOURCE = """
def handler(event, context):
    print("ARN", context.invoked_function_arn)
    return [context.function_version, context.invoked_function_arn.split(":")[7:]]
"""


def two_versions(server: Server, name: str, weight: float) -> None:
    client = server.client("lambda")
    server.create(name, SOURCE)
    client.publish_version(FunctionName=name)
    client.update_function_code(FunctionName=name, ZipFile=package(SOURCE + "# 2\n"))
    server.settled(name)
    client.publish_version(FunctionName=name)
    client.create_alias(
        FunctionName=name,
        Name="live",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"2": weight}},
    )


def test_an_alias_with_weights_runs_both_versions_and_says_which(server: Server, client: Any) -> None:
    two_versions(server, "weighted", 0.5)
    ran: Counter[str] = Counter()
    for _ in range(60):  # A share of one half misses one of two 60 times in a row once in 10**18 runs.
        answer = client.invoke(FunctionName="weighted", Qualifier="live")
        version, qualifier = json.loads(answer["Payload"].read())
        assert answer["ExecutedVersion"] == version
        assert qualifier == ["live"]
        ran[version] += 1
    assert set(ran) == {"1", "2"}


def test_a_mapping_of_an_alias_calls_the_function_by_the_alias(server: Server, client: Any) -> None:
    two_versions(server, "mapped", 1.0)
    url, arn = server.queue("to-alias")
    made = client.create_event_source_mapping(FunctionName="mapped:live", EventSourceArn=arn)
    eventually(lambda: server.mapping_state(made["UUID"]) == "Enabled")
    server.client("sqs").send_message(QueueUrl=url, MessageBody="{}")
    (line,) = eventually(lambda: [each for each in server.lines("mapped") if each.startswith("ARN")])
    assert line.strip().endswith(":mapped:live")
    assert any("Version: 2" in each for each in server.lines("mapped"))


def test_no_reserved_concurrency_stops_every_version(server: Server, client: Any) -> None:
    two_versions(server, "all-stopped", 0.5)
    client.put_function_concurrency(FunctionName="all-stopped", ReservedConcurrentExecutions=0)
    for qualifier in ("$LATEST", "1", "2", "live"):
        answer = refused(lambda: client.invoke(FunctionName="all-stopped", Qualifier=qualifier))  # noqa: B023
        assert answer["Error"]["Code"] == "TooManyRequestsException"
    client.delete_function_concurrency(FunctionName="all-stopped")
    assert client.invoke(FunctionName="all-stopped", Qualifier="1")["StatusCode"] == 200


def test_a_function_is_found_by_every_form_of_its_name(server: Server, client: Any) -> None:
    two_versions(server, "many-names", 0.0)
    account = "000000000000"
    for name, qualifier in (
        ("many-names:live", "live"),
        (f"{account}:function:many-names", ""),
        (f"{account}:function:many-names:1", "1"),
        (f"arn:aws:lambda:us-east-1:{account}:function:many-names:live", "live"),
        (f"us-east-1:{account}:function:many-names", ""),
        ("function:many-names", ""),
    ):
        arn = client.get_function(FunctionName=name)["Configuration"]["FunctionArn"]
        assert arn.split(":")[6:] == ["many-names", *([qualifier] if qualifier else [])]
        assert client.invoke(FunctionName=name)["StatusCode"] == 200
