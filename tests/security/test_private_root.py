"""A function has the paths of Lambda, and sees nothing of this computer, where the kernel lets it."""

import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.invoke.local_desk import lay_out, run
from tests.invoke.test_local import DETAIL
from tests.sandbox.server.server import Server
from tests.security.test_fence import BEFORE_IN_TMP, archive, running
from tests.waiting import eventually
from workbench_sandbox.fence import confinement
from workbench_sandbox.server.inside import private_root

pytestmark = pytest.mark.skipif(
    not confinement.abi() or not private_root.is_possible(),
    reason="an ordinary user may not have namespaces here",
)
has_scopes = pytest.mark.skipif(confinement.abi() < 6, reason="Landlock does not hold abstract sockets here")
LAYER = "def where():\n    return __file__\n"
HIDDEN = "/home", "/srv", "/run", "/etc/shadow", "/.old"
PLACES = """
import os, shared, sys
print(os.environ["LAMBDA_TASK_ROOT"])
def seen(path):
    try:
        return os.listdir(path) if os.path.isdir(path) else open(path).read()
    except PermissionError:
        return "denied"
def handler(event, context):
    import boto3
    names = "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR", "HOME", "TMPDIR"
    return {
        "variables": [os.environ[name] for name in names],
        "files": [__file__, shared.where(), os.getcwd(), boto3.__file__],
        "processes": [os.getpid() < 10, os.getppid()],
        "task": sorted(os.listdir("/var/task")),
        "elsewhere": {path: seen(path) for path in event["hidden"] if os.path.exists(path)},
        "mounts": [line.split()[1] for line in open("/proc/self/mounts") if " /.old" in line],
    }
"""
SOCKETS = """
import multiprocessing, os, socket
def square(n, found):
    found[n] = n * n
def handler(event, context):
    pair = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    pair[0].send(b"over")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("/tmp/own")
    listener.listen()
    client = socket.socket(socket.AF_UNIX)
    client.connect("/tmp/own")
    context = multiprocessing.get_context(event["way"])
    with context.Manager() as manager:
        found = manager.dict()
        started = [context.Process(target=square, args=(n, found)) for n in range(3)]
        [each.start() for each in started]
        [each.join() for each in started]
        return [pair[1].recv(9).decode(), dict(found)]
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


def test_a_function_is_where_it_is_on_lambda(server: Server) -> None:
    code = archive({"python/shared.py": LAYER})
    layer = server.client("lambda").publish_layer_version(LayerName="shared", Content={"ZipFile": code})
    server.create("places", PLACES, Layers=[layer["LayerVersionArn"]], Timeout=20)
    found = server.invoke("places", {"hidden": HIDDEN})
    assert not found.error, found.payload
    # A folder that the functions' Python is in is there, but is not to be read.
    above = {f"/{Path(prefix).parts[1]}" for prefix in (sys.prefix, sys.base_prefix)}
    assert found.payload == {
        "variables": ["/var/task", "/var/runtime", "/tmp", "/tmp"],
        "files": [
            "/var/task/index.py",
            "/opt/python/shared.py",
            "/var/task",
            "/var/runtime/boto3/__init__.py",
        ],
        "processes": [True, 1],
        "task": ["index.py"],
        "elsewhere": dict.fromkeys(above.intersection(HIDDEN), "denied"),
        "mounts": [],
    }
    assert "/var/task\n" in server.lines("places")


@pytest.mark.skipif(shutil.which("node") is None, reason="no Node.js")
def test_a_node_function_is_where_it_is_on_lambda(server: Server) -> None:
    source = (
        "const { execSync } = require('child_process');\n"
        "exports.handler = async () => [__filename, process.cwd(), require.resolve.paths('x'),\n"
        "  new Error().stack, execSync('echo $LAMBDA_TASK_ROOT').toString()];\n"
    )
    server.create("node-places", "", Code={"ZipFile": archive({"index.js": source})}, Runtime="nodejs20.x")
    file, folder, paths, stack, said = server.invoke("node-places").payload
    assert (file, folder, said) == ("/var/task/index.js", "/var/task", "/var/task\n")
    assert paths[0] == "/var/task/node_modules"
    assert "/var/runtime/node_modules" in paths
    assert "at exports.handler (/var/task/index.js:3:" in stack


def test_an_error_names_lambdas_paths(server: Server) -> None:
    server.create("fails", "def handler(event, context):\n    print(open(__file__).name)\n    return 1 / 0\n")
    found = server.invoke("fails")
    (line,) = found.payload["stackTrace"]
    assert line == '  File "/var/task/index.py", line 3, in handler\n    return 1 / 0\n'
    assert "/var/task/index.py\n" in found.log


@has_scopes
@pytest.mark.parametrize("way", ["fork", "spawn", "forkserver"])
def test_unix_sockets_work_inside(server: Server, way: str) -> None:
    server.create(f"sockets-{way}", SOCKETS, Timeout=60)
    found = server.invoke(f"sockets-{way}", {"way": way})
    assert not found.error, found.payload
    assert found.payload == ["over", {"0": 0, "1": 1, "2": 4}]


def test_nothing_outlives_its_environment(server: Server) -> None:
    """Nor what has left the session and the group of its process."""
    mark = "31415.92"
    source = (
        "import subprocess\ndef handler(event, context):\n"
        f"    subprocess.Popen(['sleep', {mark!r}], start_new_session=True)\n    return 'started'\n"
    )
    server.create("leaves", source)
    assert server.invoke("leaves").payload == "started"
    eventually(lambda: running(mark))  # its command line is there shortly after it was started
    server.client("lambda").delete_function(FunctionName="leaves")
    eventually(lambda: not running(mark))


def test_tmp_is_kept_between_invocations_and_is_the_functions_own(server: Server) -> None:
    source = (
        "import os\ndef handler(event, context):\n"
        "    before = sorted(os.listdir('/tmp'), key='mine'.__eq__)\n"
        "    open('/tmp/mine', 'w').write('x')\n    return before\n"
    )
    server.create("tmp", source)
    assert server.invoke("tmp").payload == BEFORE_IN_TMP
    assert server.invoke("tmp").payload == [*BEFORE_IN_TMP, "mine"]
    assert not Path("/tmp/mine").exists()


FILLS = """
import os
def handler(event, context):
    about = os.statvfs("/tmp")
    try:
        with open("/tmp/large", "wb") as file:
            os.posix_fallocate(file.fileno(), 0, event * 1024 * 1024)
        with open("/tmp/large", "ab") as file:
            file.write(b"more")
    except OSError as error:
        return [about.f_frsize * about.f_blocks // 1024 // 1024, str(error)]
    finally:
        os.remove("/tmp/large")
    return [about.f_frsize * about.f_blocks // 1024 // 1024, ""]
"""
FULL = "[Errno 28] No space left on device"


def test_tmp_is_as_large_as_the_functions_ephemeral_storage(server: Server) -> None:
    server.create("fills", FILLS, Timeout=60)
    assert server.invoke("fills", 1).payload == [512, ""]
    assert server.invoke("fills", 513).payload == [512, FULL]
    server.client("lambda").update_function_configuration(
        FunctionName="fills", EphemeralStorage={"Size": 513}
    )
    server.settled("fills")
    assert server.invoke("fills", 1).payload == [513, ""]
    assert server.invoke("fills", 514).payload == [513, FULL]


@pytest.mark.skipif(shutil.which("node") is None, reason="no Node.js")
def test_a_node_functions_tmp_is_as_large(server: Server) -> None:
    source = (
        "const fs = require('fs');\n"
        "exports.handler = async () => { const at = fs.statfsSync('/tmp'); return at.blocks * at.bsize };\n"
    )
    code = {"ZipFile": archive({"index.js": source})}
    server.create("node-tmp", "", Code=code, Runtime="nodejs20.x", EphemeralStorage={"Size": 600})
    assert server.invoke("node-tmp").payload == 600 * 1024 * 1024


def test_a_local_run_has_the_same_tmp(tmp_path: Path) -> None:
    result = run(replace(DETAIL, timeout_s=20, ephemeral_storage_mb=700), lay_out(tmp_path, FILLS), "701")
    assert json.loads(result.payload) == [700, FULL]


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        ("os._exit(3)", "exit status 3"),
        ("os.kill(os.getpid(), 9)", "signal: killed"),
        ("os.abort()", "signal: aborted"),
    ],
)
def test_how_a_process_ended_is_told(tmp_path: Path, ending: str, reason: str) -> None:
    code = lay_out(tmp_path, f"import os\ndef handler(event, context):\n    {ending}\n")
    result = run(replace(DETAIL, timeout_s=20), code)
    assert result.failure is not None
    assert result.failure.error_type == "Runtime.ExitError"
    assert result.failure.error_message.endswith(f"Runtime exited with error: {reason}")


def test_its_own_memory_is_measured(server: Server) -> None:
    source = "held = []\ndef handler(event, context):\n    held.append(bytearray(60_000_000))\n"
    server.create("large", source, MemorySize=256)
    server.invoke("large")
    used_mb = int(server.invoke("large").report.partition("Max Memory Used: ")[2].split()[0])
    assert 120 < used_mb < 256


def test_a_local_run_has_the_same_paths(tmp_path: Path) -> None:
    source = (
        "import os\ndef handler(event, context):\n    return [__file__, os.environ['LAMBDA_RUNTIME_DIR']]\n"
    )
    result = run(DETAIL, lay_out(tmp_path, source))
    assert json.loads(result.payload) == ["/var/task/app.py", "/var/runtime"]
