"""What runs functions: interpreters, custom runtimes, spare processes; what MiniStack would run itself."""

import asyncio
import contextlib
import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import wsproto
from wsproto.events import AcceptConnection, CloseConnection, Event, Request, TextMessage

from tests.sandbox.server.server import Server
from tests.waiting import eventually
from workbench_sandbox.server import workers
from workbench_sandbox.server.spec import (
    FunctionSpec,
    Interpreter,
    Interpreters,
    _candidates,
    build_runtime_dir,
)
from workbench_sandbox.server.workers import Fencing, Spawner

OTHERS = [f"3.{minor}" for minor in range(10, 15) if minor != sys.version_info[1]]


@pytest.fixture(scope="module")
def interpreters(tmp_path_factory: pytest.TempPathFactory) -> Interpreters:
    return Interpreters(build_runtime_dir(tmp_path_factory.mktemp("runtime") / "var"))


def test_the_runtime_folder_holds_what_lambda_has_and_no_more(interpreters: Interpreters) -> None:
    names = {path.name for path in interpreters.runtime_dir.iterdir()}
    assert {"boto3", "botocore", "awslambdaric", "six.py"} <= names
    assert not {"PySide6", "numpy", "ministack", "workbench"} & names
    assert all(path.exists() for path in interpreters.runtime_dir.iterdir())


def test_our_own_version_is_our_own_interpreter(interpreters: Interpreters) -> None:
    found = interpreters.for_runtime("python{}.{}".format(*sys.version_info[:2]))
    assert (found.path, found.note) == (sys.executable, "")


@pytest.mark.parametrize("runtime", ["python2.7", "python3.6", "python3.99", "python", "python3.1x"])
def test_without_a_match_it_is_ours_with_a_note(
    interpreters: Interpreters, runtime: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = interpreters.for_runtime(runtime)
    assert found.path == sys.executable
    assert found.note == f"running {runtime} on {sys.version_info[0]}.{sys.version_info[1]}"
    interpreters.for_runtime(runtime)
    assert capsys.readouterr().err == f"runtime: {found.note}\n"


def test_a_candidate_of_another_version_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interpreters: Interpreters
) -> None:
    (tmp_path / "python3.98").symlink_to(sys.executable)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert interpreters.for_runtime("python3.98").note


def test_an_interpreter_that_the_compiled_client_does_not_fit_is_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Our own interpreter in the place of another version: the compiled client is not there."""
    runtime_dir = build_runtime_dir(tmp_path / "runtime")
    for compiled in runtime_dir.glob("runtime_client.*.so"):
        compiled.unlink()
    for name in os.environ:
        monkeypatch.delenv(name)
    found = Interpreters(runtime_dir)._probe(sys.executable)
    assert found is not None
    assert found.version == ".".join(map(str, sys.version_info[:3]))


def test_a_shim_that_runs_nothing_does_not_hide_the_interpreter_behind_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interpreters: Interpreters
) -> None:
    for folder, text in (("shims", "exit 127"), ("bin", """echo '["/the/interpreter", [3, 97, 1]]'""")):
        (tmp_path / folder).mkdir()
        script = tmp_path / folder / "python3.97"
        script.write_text(f"#!/bin/sh\n{text}\n")
        script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'shims'}{os.pathsep}{tmp_path / 'bin'}")
    assert interpreters.for_runtime("python3.97") == Interpreter("/the/interpreter", "3.97.1")


def _is_installed(version: str) -> bool:
    """Whether there is an interpreter of a version, whatever the server thinks of it."""
    print_version = "import sys; print('{}.{}'.format(*sys.version_info[:2]))"
    for candidate in _candidates(version):
        done = subprocess.run([candidate, "-c", print_version], capture_output=True, text=True, timeout=30)
        if done.stdout.strip() == version:
            return True
    return False


@pytest.mark.parametrize("version", OTHERS)
def test_another_version_runs_with_the_same_runtime(
    tmp_path: Path, interpreters: Interpreters, version: str
) -> None:
    if not _is_installed(version):
        pytest.skip(f"Python {version} is not installed")
    found = interpreters.for_runtime(f"python{version}")
    assert not found.note
    assert found.version.startswith(f"{version}.")
    with Server(tmp_path) as server:
        source = """
import sys, boto3, logging
def handler(event, context):
    logging.getLogger().warning("logged")
    if event == "fail": raise LookupError("x")
    return [list(sys.version_info[:2]), context.get_remaining_time_in_millis(), boto3.__version__]
"""
        server.create("other", source, Runtime=f"python{version}", Timeout=20)
        answered = server.invoke("other")
        assert not answered.error, answered.payload
        assert answered.payload[0] == [int(part) for part in version.split(".")]
        assert 0 < answered.payload[1] <= 20_000
        failed = server.invoke("other", "fail")
        assert failed.payload["errorType"] == "LookupError"
        assert "logged" in failed.log
        assert not server.stderr()


HANDLER = """
import os, sys
def handler(event, context):
    return [os.environ.get("GREETING"), os.environ["_HANDLER"], sys.flags.dev_mode]
def other(event, context):
    return "the other one"
"""
NODE_HANDLER = (
    "exports.handler = async () => [process.env.GREETING, process.env._HANDLER, process.execArgv];\n"
)
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="no Node.js")
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="the runtime is written with curl")
CUSTOM = """#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
while true; do
  curl -sS -D "$TMPDIR/headers" -o "$TMPDIR/event" "$api/next"
  id=$(grep -i lambda-runtime-aws-request-id "$TMPDIR/headers" | tr -d '[:space:]' | cut -d: -f2)
  echo "serving $id"
  curl -sS -d "\\"$_HANDLER ${AWS_EXECUTION_ENV:-none} $(pwd | sed 's,.*/var/,/var/,') $(wc -c)\\"" \\
    "$api/$id/response" > /dev/null
done
"""


def archive(files: dict[str, str], mode: int = 0o755) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (0o100000 | mode) << 16
            package.writestr(entry, text)
    return buffer.getvalue()


def create(
    server: Server, name: str, files: dict[str, str], wrapper: str, mode: int = 0o755, **options: Any
) -> None:
    settings: dict[str, Any] = {"Code": {"ZipFile": archive(files, mode)}, "Timeout": 20}
    if wrapper:
        settings["Environment"] = {"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": wrapper}}
    server.create(name, "", **{**settings, **options})


def test_a_wrapper_script_gets_the_command_and_changes_it(server: Server) -> None:
    """The example of AWS's page: options of the interpreter precede the last argument, the script."""
    wrapper = (
        '#!/bin/bash\nargs=("$@")\nextra_args=("-X" "dev")\nexport GREETING=hello\n'
        'args=("${args[@]:0:$#-1}" "${extra_args[@]}" "${args[@]: -1}")\n'
        'echo "wrapped $#"\nexec "${args[@]}"\n'
    )
    create(server, "wrapped", {"index.py": HANDLER, "wrapper": wrapper}, "/var/task/wrapper")
    for _ in range(2):
        found = server.invoke("wrapped")
        assert not found.error, found.payload
        assert found.payload == ["hello", "index.handler", True]
    assert [line for line in server.lines("wrapped") if line.startswith("wrapped")] == ["wrapped 3\n"]


def test_a_wrapper_script_chooses_the_handler(server: Server) -> None:
    wrapper = '#!/bin/sh\nexport _HANDLER=index.other\nexec "$@"\n'
    create(server, "chosen", {"index.py": HANDLER, "wrapper": wrapper}, "/var/task/wrapper")
    assert server.invoke("chosen").payload == "the other one"


def test_a_wrapper_script_of_a_layer_starts_the_runtime(server: Server) -> None:
    code = archive({"wrapper": '#!/bin/sh\nexport GREETING=layer\nexec "$@"\n'})
    layer = server.client("lambda").publish_layer_version(LayerName="wrapper", Content={"ZipFile": code})
    create(server, "layered", {"index.py": HANDLER}, "/opt/wrapper", Layers=[layer["LayerVersionArn"]])
    assert server.invoke("layered").payload == ["layer", "index.handler", False]


@needs_node
def test_a_wrapper_script_starts_node(server: Server) -> None:
    wrapper = (
        '#!/bin/bash\nargs=("$@")\nexport GREETING=node\n'
        'exec "${args[@]:0:$#-1}" --trace-warnings "${args[@]: -1}"\n'
    )
    files = {"index.js": NODE_HANDLER, "wrapper": wrapper}
    create(server, "wrapped-node", files, "/var/task/wrapper", Runtime="nodejs20.x")
    options = ["--max-semi-space-size=6", "--max-old-space-size=116", "--trace-warnings"]
    assert server.invoke("wrapped-node").payload == ["node", "index.handler", options]


@pytest.mark.parametrize(
    ("wrapper", "mode", "reason", "line"),
    [
        # test_lambda.py::TestLambdaErrors::test_lambda_runtime_wrapper_not_found, as recorded from AWS
        ("/idontexist.sh", 0o755, "exit status 127", "/idontexist.sh: does not exist"),
        ("/var/task/wrapper", 0o644, "exit status 126", "/var/task/wrapper: is not an executable"),
        ("/var/task/fails", 0o755, "exit status 3", "sorry"),
    ],
)
def test_a_wrapper_script_that_starts_nothing(
    server: Server, wrapper: str, mode: int, reason: str, line: str
) -> None:
    name = f"not-wrapped-{mode}-{wrapper.rpartition('/')[2].partition('.')[0]}"
    files = {"index.py": HANDLER, "wrapper": "#!/bin/sh\n", "fails": "#!/bin/sh\necho sorry\nexit 3\n"}
    create(server, name, files, wrapper, mode)
    found = server.invoke(name)
    assert found.error == "Unhandled"
    message = f"RequestId: {found.request_id} Error: Runtime exited with error: {reason}"
    assert found.payload == {"errorType": "Runtime.ExitError", "errorMessage": message}
    assert f"{line}\n" in server.lines(name)


@needs_curl
def test_a_custom_runtime_has_no_wrapper_and_what_lambda_gives_it(server: Server) -> None:
    create(
        server,
        "custom",
        {"bootstrap": CUSTOM},
        "/var/task/nowhere",
        Runtime="provided.al2023",
        Handler="any.thing",
    )
    found = server.invoke("custom")
    assert found.payload == "any.thing none /var/task 0", found
    assert f"serving {found.request_id}\n" in found.log
    assert "Init Duration" in found.report
    assert "Init Duration" not in server.invoke("custom").report


@pytest.mark.parametrize(
    ("files", "mode", "reason"),
    [
        ({"other": ""}, 0o755, "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"),
        ({"bootstrap": "#!/bin/sh\n"}, 0o644, "fork/exec /var/task/bootstrap: permission denied"),
        ({"bootstrap": "no program"}, 0o755, "fork/exec /var/task/bootstrap: exec format error"),
        ({"bootstrap": "#!/nowhere/sh\n"}, 0o755, "fork/exec /var/task/bootstrap: no such file or directory"),
    ],
)
def test_a_custom_runtime_that_cannot_be_started(
    server: Server, files: dict[str, str], mode: int, reason: str
) -> None:
    name = "no-entrypoint-" + re.sub("[^a-z]+", "-", reason[-30:])
    create(server, name, files, "", mode, Runtime="provided.al2", Handler="x")
    found = server.invoke(name)
    assert found.error == "Unhandled"
    message = f"RequestId: {found.request_id} Error: {reason}"
    assert found.payload == {"errorType": "Runtime.InvalidEntrypoint", "errorMessage": message}
    assert found.report.rstrip().endswith("Error Type: Runtime.InvalidEntrypoint")


def spec(interpreters: Interpreters, task_root: Path) -> FunctionSpec:
    return FunctionSpec(
        account_id="000000000000",
        region="us-east-1",
        function_name="f",
        version="$LATEST",
        runtime="python3.13",
        handler="index.handler",
        memory_mb=128,
        timeout_s=3,
        role_arn="",
        code_sha256="",
        variables=(),
        credentials=(),
        log_group="/aws/lambda/f",
        log_format="Text",
        log_level="",
        interpreter=interpreters.own(),
        runtime_dir=interpreters.runtime_dir,
        task_root=task_root,
        layers_root=None,
        endpoint_url="",
    )


def pythons(runtime_dir: Path) -> set[int]:
    """The processes that were started with this runtime."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if str(runtime_dir).encode() in (entry / "cmdline").read_bytes().split(b"\0"):
                found.add(int(entry.name))
    return found - {os.getpid()}


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc")
def test_an_update_has_the_next_process_wait_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the update settles: its function's next start then costs the import of the handler only."""
    monkeypatch.setattr(workers, "_NEXT_SPARE_S", 3600.0)

    async def run() -> None:
        interpreters = Interpreters(build_runtime_dir(tmp_path / "runtime"))
        of = spec(interpreters, tmp_path)
        spawner = Spawner(interpreters.runtime_dir, Fencing(is_on=False))
        home = Path(tempfile.mkdtemp(dir=tmp_path))
        first = await spawner.start_process(of, {}, home)
        others = pythons(interpreters.runtime_dir) - {first.pid}
        assert not others  # the next one is to come later
        spawner.prepare_for(of)
        async with asyncio.timeout(30):
            while not (others := pythons(interpreters.runtime_dir) - {first.pid}):
                await asyncio.sleep(0.01)
        second = await spawner.start_process(of, {}, home)
        assert second.pid in others
        spawner.kill()
        for worker in (first, second):
            await worker.discard()

    asyncio.run(run())


ECHO = """
def handler(event, context):
    context_of = event["requestContext"]
    print("GOT", context_of["eventType"], event.get("body"))
    if event.get("body") == "fail":
        raise ValueError("no")
    return {"statusCode": 200, "body": context_of["routeKey"] + " " + (event.get("body") or "")}
"""
WHERE = """
import os
INITIALIZED_AS = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
def handler(event, context):
    return [INITIALIZED_AS, os.environ["LAMBDA_TASK_ROOT"].endswith("var/task")]
"""


class Chat:
    """A client of a WebSocket API."""

    def __init__(self, server: Server, api_id: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        self._protocol = wsproto.WSConnection(wsproto.ConnectionType.CLIENT)
        self._send(Request(host=f"127.0.0.1:{server.port}", target=f"/_aws/execute-api/{api_id}/live"))
        self._events = self._received()
        assert isinstance(next(self._events), AcceptConnection)

    def __enter__(self) -> "Chat":
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._send(CloseConnection(code=1000))
        self._socket.close()

    def ask(self, text: str) -> str:
        """Sends a text; returns the next one that comes."""
        self._send(TextMessage(data=text))
        event = next(self._events)
        assert isinstance(event, TextMessage), event
        return event.data

    def _send(self, event: Event) -> None:
        self._socket.sendall(self._protocol.send(event))

    def _received(self) -> Iterator[Event]:
        while data := self._socket.recv(65536):
            self._protocol.receive_data(data)
            yield from self._protocol.events()


def web_socket_api(server: Server, function: str) -> str:
    """Makes a WebSocket API whose routes are all answered by a function; returns its id."""
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:{function}"
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"
    server.grant(function, "apigateway.amazonaws.com")
    client = server.client("apigatewayv2")
    api_id = client.create_api(
        Name=function, ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
    )["ApiId"]
    integration = client.create_integration(
        ApiId=api_id, IntegrationType="AWS_PROXY", IntegrationUri=uri, IntegrationMethod="POST"
    )["IntegrationId"]
    for key in ("$connect", "$default"):
        more = {} if key == "$connect" else {"RouteResponseSelectionExpression": "$default"}
        route = client.create_route(ApiId=api_id, RouteKey=key, Target=f"integrations/{integration}", **more)
        if more:
            client.create_route_response(ApiId=api_id, RouteId=route["RouteId"], RouteResponseKey="$default")
    client.create_stage(ApiId=api_id, StageName="live")
    return str(api_id)


def test_a_web_socket_apis_messages_are_invocations(server: Server) -> None:
    server.create("chats", ECHO)
    with Chat(server, web_socket_api(server, "chats")) as chat:
        assert chat.ask("hello") == "$default hello"
        assert chat.ask("again") == "$default again"
        failed = json.loads(chat.ask("fail"))
    assert failed.pop("message") == "Internal server error"
    assert all(failed[each] for each in ("connectionId", "requestId"))
    assert len(failed) == 2
    got = [line.strip() for line in server.lines("chats") if line.startswith("GOT")]
    assert got[1:] == ["GOT MESSAGE hello", "GOT MESSAGE again", "GOT MESSAGE fail"]
    assert got[0].startswith("GOT CONNECT")
    # In one environment, as every invocation: each has its lines.
    assert len([line for line in server.lines("chats") if line.startswith("REPORT")]) == 4


def test_a_snapstart_version_runs_as_all_others_do(server: Server, client: Any) -> None:
    server.create("snaps", WHERE, SnapStart={"ApplyOn": "PublishedVersions"})
    version = client.publish_version(FunctionName="snaps")["Version"]

    def look() -> Any:
        config = client.get_function_configuration(FunctionName="snaps", Qualifier=version)
        return config if config["State"] == "Active" else None

    assert eventually(look)["SnapStart"] == {"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"}
    answered = server.invoke("snaps", Qualifier=version)
    assert answered.payload == [version, True], json.dumps(answered.payload)


def test_idle_environments_make_room_for_others(tmp_path: Path) -> None:
    """The least recently used end first; no invocation fails for it."""
    source = "import os\ndef handler(event, context):\n    return os.environ['NAME']\n"
    with Server(tmp_path) as own:
        names = [f"many-{number}" for number in range(30)]
        for name in names:
            own.create(name, source, Environment={"Variables": {"NAME": name}})
            assert own.invoke(name).payload == name
            own.invoke(names[0])  # is used all the time
        most = 24 * 3 + 2 * 3  # each with the two that wait for its end; and those that wait for a function
        eventually(lambda: len(own.workers()) <= most)
        found = {name: "Init Duration" in own.invoke(name).report for name in (names[0], names[1], names[-1])}
        assert found == {names[0]: False, names[1]: True, names[-1]: False}
