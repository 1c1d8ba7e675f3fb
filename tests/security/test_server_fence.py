"""The Sandbox's server gains nothing by being taken over: neither by itself nor through the broker."""

import contextlib
import json
import os
import subprocess
import sys
import textwrap
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.server.server import ROOT, Server
from tests.security.test_fence import REFUSED, Victim
from workbench_sandbox.fence import confinement

pytestmark = pytest.mark.skipif(confinement.abi() == 0, reason="this system has no fence")

_TAKEN_OVER = """
import json, os, sys
from pathlib import Path
from tests.security import attacker
from workbench_sandbox.server import broker, server_fence
from workbench_sandbox.server.lifetime import read_settings, use_as_temporary

settings = read_settings(os.environ)
folder = broker.RunFolder(Path(os.environ["TMPDIR"]))
use_as_temporary(folder.work)
server_fence.enter(settings, folder)
(settings.state_dir / "lambda.json").write_text("{}")
os.symlink("/etc", folder.work / "link")  # a package may have them
parent = os.getppid()
more = {
    "a copy of itself": (os.fork,),
    "another program": (os.execv, sys.executable, [sys.executable, "-c", ""]),
    "another program at once": (os.posix_spawn, sys.executable, [sys.executable], {}),
    "the parent's processors": (os.sched_setaffinity, parent, {0}),
    "the parent's priority": (os.setpriority, os.PRIO_PROCESS, parent, 5),
    "a link among what is kept": (os.symlink, "/etc", settings.state_dir / "link"),
    "a pipe among what is kept": (os.mkfifo, settings.state_dir / "lambda.json.tmp"),
}
found = {name: attacker._attempt(*each) for name, each in more.items()}
print(json.dumps(found | attacker.attack(json.loads(sys.argv[1]))))
"""


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[Victim]:
    with contextlib.closing(Victim(tmp_path / "victim")) as made:
        yield made


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


def variables(folder: Path) -> dict[str, str]:
    """As the server gets them, with folders that exist."""
    (folder / "tmp").mkdir()
    return {
        "PATH": os.environ["PATH"],
        "GATEWAY_PORT": "1",
        "STATE_DIR": str(folder / "state"),
        "S3_DATA_DIR": str(folder / "s3"),
        "TMPDIR": str(folder / "tmp"),
    }


def test_code_in_the_server_reaches_nothing_of_the_users(victim: Victim, tmp_path: Path) -> None:
    command = [sys.executable, "-c", _TAKEN_OVER, json.dumps(victim.at)]
    done = subprocess.run(command, cwd=ROOT, env=variables(tmp_path), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    found = json.loads(done.stdout)
    assert len(found) > 40
    assert {name: came for name, came in found.items() if came not in REFUSED} == {}
    assert victim.is_untouched()


def test_the_running_server_is_fenced_and_its_broker_is_not_part_of_it(server: Server) -> None:
    def status(pid: int) -> dict[str, str]:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return dict(line.split(":\t", 1) for line in lines if ":\t" in line)

    own = status(server.process.pid)
    assert (own["Seccomp"], own["NoNewPrivs"]) == ("2", "1")
    assert int(own["CapEff"], 16) == 0
    children = Path(f"/proc/{server.process.pid}/task").glob("*/children")
    (broker,) = [int(each) for file in children for each in file.read_text().split()]
    assert status(broker)["Seccomp"] == "0"
    server.create("hello", "def handler(event, context):\n    return 1\n")
    assert server.invoke("hello").payload == 1


_ORDERS = """
import asyncio, json, os, socket, sys
from dataclasses import replace
from pathlib import Path
from tests.sandbox.server.test_entrypoints import spec
from workbench_sandbox.server import broker, broker_client
from workbench_sandbox.server.spec import Interpreters

top = Path(os.environ["TMPDIR"])
folder = broker.RunFolder(top)
folder.work.mkdir()
with socket.socket() as listener:
    connection, pid = broker.start(folder, [listener], is_fence_optional=False)
client = broker_client.BrokerClient(connection, pid, folder.runtime)
task, home = folder.work / "code/1/var/task", folder.work / "handler-1"
for each in (task, home):
    each.mkdir(parents=True)
(task / "index.py").write_text("handler = print")
(task / "bootstrap").write_text("#!/bin/sh\\nexec sleep 60")
(task / "bootstrap").chmod(0o755)
(folder.work / "link").symlink_to("/etc")
(folder.work / "outside").symlink_to(top.parent)
about = replace(spec(Interpreters(folder.runtime), task), handler="index.handler")
orders = {
    "its own folder": (about, home),
    "another folder": (replace(about, task_root=Path("/etc")), home),
    "a link to another folder": (replace(about, task_root=folder.work / "link"), home),
    "a folder above": (replace(about, task_root=folder.work / ".." / ".."), home),
    "the whole run": (replace(about, task_root=top), home),
    "layers elsewhere": (replace(about, layers_root=folder.work / "outside"), home),
    "a temporary folder elsewhere": (about, top.parent),
    "a program as its runtime": (replace(about, runtime="../../bin/sh"), home),
    "an interpreter by its path": (replace(about, runtime="/bin/sh"), home),
    "no runtime": (replace(about, runtime=""), home),
    "a size below nothing": (replace(about, memory_mb=-1), home),
    "a size that is none": (replace(about, ephemeral_storage_mb="1m,mode=777"), home),
    "a variable that is none": (replace(about, variables=(("A", 1),)), home),
}

async def start(about, home):
    try:
        return await client.start(about, {"A": "1"}, home, lambda _: None)
    except OSError as error:
        return f"refused: {error}"

async def give(about, home):
    worker = await start(about, home)
    if isinstance(worker, str):
        return worker
    worker.kill()
    await worker.exited
    return "started"

async def give_all():
    found = {name: await give(*each) for name, each in orders.items()}
    connection.send(b"no JSON")
    connection.send(b"[" * 100_000)
    connection.send(b'{"do": "figures", "id": 1e999}')
    for what in ({"do": "start"}, {"do": "start", "spec": []}, {"do": "figures", "worker": "1"}):
        try:
            found[str(what)] = str(await client.ask(what))
        except OSError as error:
            found[str(what)] = f"refused: {error}"
    connection.send(json.dumps({"do": "run", "command": ["/bin/sh"]}).encode())
    connection.send(json.dumps({"do": "kill", "worker": 4711}).encode())
    custom = replace(about, runtime="provided.al2023")
    many = await asyncio.gather(*(start(custom, home) for _ in range(broker._MAX_WORKERS + 5)))
    found |= {f"worker {number}": each for number, each in enumerate(many) if isinstance(each, str)}
    started = [each for each in many if not isinstance(each, str)]
    for each in started:
        each.kill()
    await asyncio.gather(*(each.exited for each in started))
    names = [f"x{number}" for number in range(200)]  # it remembers each
    asked = [client.ask({"do": "interpreter", "runtime": name}) for name in names]
    refusals = await asyncio.gather(*asked, return_exceptions=True)
    found |= {name: str(each) for name, each in zip(names, refusals, strict=True)}
    return found | {"afterwards": await give(about, home)}

print(json.dumps(asyncio.run(give_all())))
client.end()
assert not top.exists()
"""


def test_the_broker_starts_functions_in_folders_of_the_sandbox_only(tmp_path: Path) -> None:
    command = [sys.executable, "-c", textwrap.dedent(_ORDERS)]
    done = subprocess.run(
        command, cwd=ROOT, env=variables(tmp_path), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    started = {name for name, came in found.items() if came == "started"}
    assert started == {"its own folder", "afterwards"}, found
    assert 50 < sum("not a runtime" in each for each in found.values()) < 150
    assert sum(name.startswith("worker") for name in found) == 5


def test_a_folder_that_has_been_replaced_is_refused(tmp_path: Path) -> None:
    """Between the broker's look and the worker's."""
    for name in ("empty", "own", "task"):
        (tmp_path / name).mkdir()
    for has_root in ("False", "True"):
        script = (
            "import os, sys; sys.path.insert(0, sys.argv[1]); import fence\n"
            "made = fence.Fence(fence.program_folders(sys.executable), sys.argv[2] + '/empty',"
            f" has_root={has_root})\n"
            "places = {'/var/task': sys.argv[2] + '/task', '/opt': '', '/tmp': sys.argv[2] + '/own'}\n"
            "try:\n"
            "    made.enter(places, {'/var/task': [1, 2]}, [], 512)\n"
            "except fence.FenceRefused as refusal:\n"
            "    print(refusal)\n"
        )
        inside = ROOT / "sandbox/workbench_sandbox/server/inside"
        command = [sys.executable, "-S", "-c", script, str(inside), str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert "has been replaced" in done.stdout, done


def test_an_integration_reads_no_file(server: Server) -> None:
    api = server.client("apigatewayv2")
    created = api.create_api(Name="files", ProtocolType="HTTP")
    api_id = created["ApiId"]
    integration = api.create_integration(
        ApiId=api_id,
        IntegrationType="HTTP_PROXY",
        IntegrationMethod="GET",
        IntegrationUri="http://127.0.0.1:1/x",
        PayloadFormatVersion="1.0",
    )
    api.create_route(ApiId=api_id, RouteKey="GET /x", Target=f"integrations/{integration['IntegrationId']}")
    api.create_stage(ApiId=api_id, StageName="$default", AutoDeploy=True)
    for uri in ("file:///dev/zero", "file:///etc/passwd", "ftp://127.0.0.1/x", "data:,hello"):
        with contextlib.suppress(api.exceptions.BadRequestException):
            api.update_integration(
                ApiId=api_id, IntegrationId=integration["IntegrationId"], IntegrationUri=uri
            )
        with pytest.raises(urllib.error.HTTPError) as answer:
            urllib.request.urlopen(f"{server.url}/_aws/execute-api/{api_id}/$default/x", timeout=60)
        assert answer.value.code >= 500, uri
        assert b"root:" not in answer.value.read()
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    assert int(status.split("VmHWM:")[1].split()[0]) < 400_000


_FORKS = """
import os, time
def handler(event, context):
    count = 0
    try:
        for _ in range(event["times"]):
            if os.fork() == 0:
                time.sleep(60)
                os._exit(0)
            count += 1
    except OSError as error:
        return error.errno
    time.sleep(5)
    return count
"""
_LARGE_CHILD = """
import os, time
def handler(event, context):
    if os.fork() == 0:
        held = bytearray(os.urandom(1 << 20) * event["mb"])
        time.sleep(60)
        os._exit(0)
    time.sleep(event["s"])
    return "answered"
"""


def test_a_fork_bomb_ends_at_lambdas_limit(server: Server) -> None:
    server.create("forks", _FORKS, Timeout=300, MemorySize=3008)
    found = server.invoke("forks", {"times": 3000})
    # An ordinary user gets EAGAIN, as on Lambda; root, whom the kernel does not count, is stopped.
    assert found.payload == 11 or "signal: killed" in str(found.payload), found
    server.invoke("forks", {"times": 0})  # may end with the environment, which is full of processes
    assert server.invoke("forks", {"times": 5}).payload == 5


def test_the_memory_of_children_counts(server: Server) -> None:
    server.create("large", _LARGE_CHILD, Timeout=30, MemorySize=256)
    assert server.invoke("large", {"mb": 20, "s": 2}).payload == "answered"
    found = server.invoke("large", {"mb": 600, "s": 20})
    assert "signal: killed" in str(found.payload), found
