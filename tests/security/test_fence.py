"""A function that runs on this computer reaches its own things, and none of the user's."""

import contextlib
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import textwrap
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy
import pytest

from tests.invoke.local_desk import RUNNER, lay_out, run
from tests.invoke.test_local import DETAIL
from tests.other_user import NOBODY, other_user
from tests.sandbox.server.server import ROOT, Server
from tests.waiting import eventually
from workbench.core.jobs import JobContext
from workbench.invoke.local import FenceRefused, LocalCode, LocalIdentity, run_locally
from workbench_sandbox.fence import confinement
from workbench_sandbox.server.inside import fence, private_root

pytestmark = pytest.mark.skipif(confinement.abi() == 0, reason="this system has no fence")

HERE = Path(__file__).parent
# A checkout there, which a function's process reads, keeps its place in the function's own /tmp.
BEFORE_IN_TMP = [ROOT.parts[2]] if ROOT.is_relative_to("/tmp") else []
ATTACKER, ORDINARY = (HERE / "attacker.py").read_text(), (HERE / "ordinary.py").read_text()
REFUSING = (sys.executable, str(HERE / "refusing_kernel.py"))
_ON_ARM = os.uname().machine == "aarch64"
RESTRICT_SELF, CAPSET, UNSHARE = 446, 91 if _ON_ARM else 126, 97 if _ON_ARM else 272
# EXDEV: a link or a name across mounts; ENOSYS: memory files, as where there are none.
REFUSED = {"EACCES", "EPERM", "EROFS", "EXDEV", "ENOSYS"}
NOT_THERE = {"ENOENT", "ECONNREFUSED"}  # in a root of the function's own
# On another uid, without namespaces: what Landlock and seccomp hold by themselves. Modes and times they do
# not.
ONLY_NAMESPACES = {"change the mode", "change the mode of a device"}


class Victim:
    """A user with things worth taking."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        home, workbench, runtime = folder / "home", folder / "workbench", folder / "runtime"
        secrets = {
            "credentials": home / ".aws/credentials",
            "private key": home / ".ssh/id_ed25519",
            "session cache": workbench / "cache/sessions.json",
            "settings": workbench / "config/settings.json",
            "log": workbench / "log/workbench.log",
            "state": workbench / "data/sandbox/state/lambda.json",
            "other run": workbench / "cache/local-runs/other/handler-1/secret",
            "removable": home / "removable",
        }
        for path in secrets.values():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("secret")
        runtime.mkdir()
        self.temporary = tempfile.NamedTemporaryFile()  # noqa: SIM115 - closed below
        self.sockets = [self._listen(str(runtime / "bus")), self._listen(f"\0{folder}/abstract")]
        datagram = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        datagram.bind(str(runtime / "log"))
        self.sockets.append(datagram)
        self.at = {name: str(path) for name, path in secrets.items()} | {
            "home": str(home),
            "temporary file": self.temporary.name,
            "bus": str(runtime / "bus"),
            "abstract": f"{folder}/abstract",
            "datagram": str(runtime / "log"),
        }

    def close(self) -> None:
        self.temporary.close()
        for each in self.sockets:
            each.close()

    def is_untouched(self) -> bool:
        home = Path(self.at["home"])
        names = {each.name for each in home.iterdir()}
        texts = {
            Path(self.at[name]).read_text() for name in ("credentials", "settings", "other run", "removable")
        }
        return names == {".aws", ".ssh", "removable"} and texts == {"secret"}

    def _listen(self, address: str) -> socket.socket:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(address)
        listener.listen()
        return listener


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[Victim]:
    made = Victim(tmp_path / "victim")
    yield made
    made.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture
def far_folder() -> Iterator[Path]:
    """Not below /tmp, as on a user's computer: the function's /tmp can be its own then."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        yield Path(folder)


def has_namespaces() -> bool:
    return private_root.is_possible()


def successes(found: dict[str, str], *, has_root: bool | None = None) -> dict[str, str]:
    """What was not refused."""
    has_root = has_namespaces() if has_root is None else has_root
    refused, allowed = (REFUSED | NOT_THERE, set()) if has_root else (REFUSED, ONLY_NAMESPACES)
    return {name: came for name, came in found.items() if came not in refused and name not in allowed}


# A local run


def test_a_local_run_reaches_nothing_of_the_users(victim: Victim, tmp_path: Path) -> None:
    result = run(replace(DETAIL, timeout_s=30), lay_out(tmp_path, ATTACKER), json.dumps(victim.at))
    assert result.failure is None, result.payload
    found = json.loads(result.payload)
    assert len(found) > 40
    assert successes(found) == {}
    assert victim.is_untouched()


def test_what_the_function_brings_cannot_run_before_the_fence(victim: Victim, tmp_path: Path) -> None:
    """A library or a module that the interpreter loads by itself, as PYTHON* and LD_* variables say."""
    program = tmp_path / "evil.c"
    program.write_text(
        "#include <stdio.h>\n#include <stdlib.h>\n"
        "__attribute__((constructor)) static void taken(void) {\n"
        f'  FILE *file = fopen("{victim.at["credentials"]}", "r");\n'
        f'  if (file) {{ FILE *out = fopen("{victim.folder}/stolen", "w"); if (out) fclose(out); }}\n}}\n'
    )
    code = lay_out(tmp_path, "def handler(event, context): return 1\n")
    if shutil.which("gcc") is None:
        pytest.skip("no C compiler")
    evil = code.task_root / "lib/evil.so"
    evil.parent.mkdir()
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", evil, program], check=True)
    (code.task_root / "json.py").write_text(
        f"open({victim.at['credentials']!r})\nopen('{victim.folder}/stolen', 'w')\n"
    )
    for variables in (
        {"LD_PRELOAD": str(evil)},
        {"LD_LIBRARY_PATH": str(evil.parent), "PYTHONPATH": str(code.task_root)},
    ):
        copy = LocalCode(code.folder.with_name("run-copy"), code.folder.with_name("run-copy") / "var/task")
        shutil.copytree(code.folder, copy.folder)
        moved = {name: value.replace(code.folder.name, "run-copy") for name, value in variables.items()}
        with contextlib.suppress(Exception):  # it may fail: what counts is what it took
            run_locally(RUNNER, DETAIL, copy, LocalIdentity(), b"{}", JobContext(), variables=moved)
        assert not (victim.folder / "stolen").exists(), variables
    shutil.rmtree(code.folder)


@pytest.mark.skipif(shutil.which("node") is None, reason="no Node.js")
def test_a_local_run_of_node_reaches_nothing_of_the_users(victim: Victim, tmp_path: Path) -> None:
    code = lay_out(tmp_path, "")
    (code.task_root / "index.js").write_text((HERE / "attacker.cjs").read_text())
    detail = replace(DETAIL, runtime="nodejs20.x", handler="index.handler", timeout_s=30, memory_mb=1024)
    result = run(detail, code, json.dumps(victim.at))
    assert result.failure is None, result.payload
    found = json.loads(result.payload)
    assert len(found) == 18
    assert successes(found) == {}
    assert victim.is_untouched()


def test_it_needs_no_root(far_folder: Path) -> None:
    """The whole of it as another user, from the program that a local run starts."""
    with other_user() as nobody, contextlib.closing(Victim(far_folder / "victim")) as victim:
        code = lay_out(far_folder, ATTACKER)
        for path in (far_folder, *far_folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
        script = textwrap.dedent(f"""
            import sys
            from dataclasses import replace
            from pathlib import Path
            from tests.invoke.local_desk import run
            from tests.invoke.test_local import DETAIL
            from workbench.invoke.local import LocalCode
            code = LocalCode(Path({str(code.folder)!r}), Path({str(code.task_root)!r}))
            result = run(replace(DETAIL, timeout_s=30), code, {json.dumps(victim.at)!r})
            sys.stdout.buffer.write(result.payload)
        """)
        environ = {"PATH": os.environ["PATH"], "HOME": victim.at["home"], "PYTHONDONTWRITEBYTECODE": "1"}
        done = nobody.python("-c", script, environ=environ)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert len(found) > 40, found
    assert successes(found) == {}
    assert victim.is_untouched()


def test_it_holds_where_an_ordinary_user_may_have_no_namespace(victim: Victim, tmp_path: Path) -> None:
    """As on Ubuntu 24.04 and in containers: modes and times of files are then all that is left open."""
    runner = replace(RUNNER, command=(*REFUSING, str(UNSHARE), *RUNNER.command))
    code = lay_out(tmp_path, ATTACKER)
    detail = replace(DETAIL, timeout_s=30)
    event = json.dumps(victim.at).encode()
    result = run_locally(runner, detail, code, LocalIdentity(), event, JobContext())
    assert result.failure is None, result.payload
    found = json.loads(result.payload)
    # Devices belong to root.
    expected = ONLY_NAMESPACES if os.getuid() == 0 else {"change the mode"}
    assert {name for name, came in found.items() if came not in REFUSED} == expected
    assert victim.is_untouched()


@pytest.mark.parametrize("has_root", [False, True])
@pytest.mark.parametrize("version", range(confinement.MIN_ABI, confinement.abi() + 1))
def test_an_older_landlock_leaves_signals_open_and_nothing_else(
    victim: Victim, tmp_path: Path, version: int, has_root: bool
) -> None:
    if has_root and not has_namespaces():
        pytest.skip("an ordinary user may not have namespaces here")
    script = tmp_path / "enter.py"
    script.write_text(
        f"import sys; sys.path.insert(0, {str(Path(fence.__file__).parent)!r})\n"
        "import os, fence\n"
        f"fence.confinement.abi = lambda: {version}\n"
        "program = fence.program_folders(sys.executable)\n"
        f"made = fence.Fence(program, {str(tmp_path / 'empty')!r}, has_root={has_root})\n"
        f"places = {{'/var/task': {str(HERE)!r}, '/opt': '', '/tmp': {str(tmp_path / 'own')!r}}}\n"
        "made.enter(places, {}, [], 512)\n"
        "os.execv(sys.executable, [sys.executable, '-S', *sys.argv[1:]])\n"
    )
    (tmp_path / "own").mkdir()
    (tmp_path / "empty").mkdir()
    code, own = ("/var/task", "/tmp") if has_root else (HERE, tmp_path / "own")
    command = [sys.executable, "-S", str(script), f"{code}/attacker.py", json.dumps(victim.at)]
    done = subprocess.run(command, env={"TMPDIR": str(own), "PATH": os.environ["PATH"]}, capture_output=True)
    found = json.loads(done.stdout)
    assert len(found) > 40
    assert successes(found, has_root=has_root).keys() == ({"signal the parent"} if version < 6 else set())
    assert victim.is_untouched()


# The Sandbox's functions


def test_a_python_function_of_the_sandbox_reaches_nothing_of_the_users(
    victim: Victim, server: Server
) -> None:
    server.create("attacker", ATTACKER, Timeout=30)
    found = server.invoke("attacker", {**victim.at, "log": str(server.folder / "stderr")})
    assert not found.error, found.payload
    assert len(found.payload) > 40
    assert successes(found.payload) == {}


@pytest.mark.skipif(shutil.which("node") is None, reason="no Node.js")
def test_a_node_function_of_the_sandbox_reaches_nothing_of_the_users(victim: Victim, server: Server) -> None:
    code = archive({"index.js": (HERE / "attacker.cjs").read_text()})
    server.create("node-attacker", "", Code={"ZipFile": code}, Runtime="nodejs20.x", Timeout=30)
    found = server.invoke("node-attacker", {**victim.at, "log": str(server.folder / "stderr")})
    assert not found.error, found.payload
    assert len(found.payload) == 18
    assert successes(found.payload) == {}
    assert victim.is_untouched()


@pytest.mark.skipif(shutil.which("curl") is None, reason="the custom runtime is written with curl")
def test_a_custom_runtime_of_the_sandbox_reaches_nothing_of_the_users(victim: Victim, server: Server) -> None:
    code = archive({"bootstrap": (HERE / "attacker.sh").read_text()})
    server.create(
        "custom-attacker", "", Code={"ZipFile": code}, Runtime="provided.al2023", Handler="x", Timeout=30
    )
    found = server.invoke("custom-attacker", [victim.at["credentials"], victim.at["home"]])
    assert not found.error, (found.payload, found.log)
    assert len(found.payload) == 5
    assert successes(found.payload) == {}
    assert victim.is_untouched()


def test_functions_see_nothing_that_the_server_was_started_with(server: Server) -> None:
    source = "exports.handler = async () => process.env;\n"
    server.create("node-env", "", Code={"ZipFile": archive({"index.js": source})}, Runtime="nodejs20.x")
    seen = server.invoke("node-env").payload
    assert not [name for name, value in seen.items() if str(server.folder / "state") in value]
    assert not {"STATE_DIR", "S3_DATA_DIR", "WORKBENCH_FENCE", "LAMBDA_WARM_TTL_SECONDS"} & seen.keys()
    assert seen["HOME"] == seen["TMPDIR"] != str(server.folder)


# What functions do on Lambda


def check_ordinary(found: dict[str, object]) -> None:
    assert found == {
        "sub-process": "x",
        "bash": "x",
        "own program": "made",
        "moved": True,
        "threads": 8,
        "forked": True,
        "tcp": "heard",
        "pair": "over",
        "name": True,
        "certificates": True,
        "zone": "Europe/Berlin",
        "local time": "UTC",
        "user": True,
        "home": True,
        "self": "Name:",
        "about itself": [
            "cgroup",
            "cmdline",
            "environ",
            "maps",
            "mounts",
            "smaps",
            "stat",
            "statm",
        ],
        "descriptors and threads": True,
        "interfaces": True,
        "processors": True,
    }


def test_an_ordinary_function_notices_nothing(tmp_path: Path) -> None:
    result = run(replace(DETAIL, timeout_s=30), lay_out(tmp_path, ORDINARY))
    assert result.failure is None, result.payload
    check_ordinary(json.loads(result.payload))


def test_an_ordinary_function_of_the_sandbox_notices_nothing(server: Server) -> None:
    server.create("ordinary", ORDINARY, Timeout=30)
    for _ in range(2):
        found = server.invoke("ordinary")
        assert not found.error, found.payload
        check_ordinary(found.payload)


def test_an_ordinary_function_notices_nothing_where_there_is_no_namespace(tmp_path: Path) -> None:
    runner = replace(RUNNER, command=(*REFUSING, str(UNSHARE), *RUNNER.command))
    code = lay_out(tmp_path, f"import boto3\n{ORDINARY}")
    result = run_locally(runner, replace(DETAIL, timeout_s=30), code, LocalIdentity(), b"{}", JobContext())
    assert result.failure is None, result.payload
    check_ordinary(json.loads(result.payload))


def test_a_function_reaches_its_sandbox(server: Server) -> None:
    source = (
        "import boto3\nclient = boto3.client('s3')\n"
        "def handler(event, context):\n"
        "    client.create_bucket(Bucket='fenced')\n"
        "    return [each['Name'] for each in client.list_buckets()['Buckets']]\n"
    )
    server.create("caller", source, Timeout=30)
    assert "fenced" in server.invoke("caller").payload


def test_tmp_itself_is_the_functions_own(far_folder: Path) -> None:
    if not has_namespaces():
        pytest.skip("an ordinary user may not have namespaces here")
    source = (
        "import os\ndef handler(event, context):\n"
        "    before = os.listdir('/tmp')\n"
        "    open('/tmp/mine', 'w').write('x')\n"
        "    return [before, sorted(os.listdir(os.environ['TMPDIR']), key='mine'.__eq__)]\n"
    )
    result = run(DETAIL, lay_out(far_folder, source))
    assert json.loads(result.payload) == [BEFORE_IN_TMP, [*BEFORE_IN_TMP, "mine"]]
    assert not Path("/tmp/mine").exists()


def test_a_package_with_compiled_modules_works(tmp_path: Path) -> None:
    source = (
        "import numpy\nones = numpy.ones((300, 300))\n"
        "def handler(event, context): return float((ones @ ones)[0, 0])\n"
    )
    code = lay_out(tmp_path, source)
    installed = Path(numpy.__file__).parent
    for folder in (installed, installed.with_name("numpy.libs")):
        if folder.is_dir():
            shutil.copytree(folder, code.task_root / folder.name)
    result = run(replace(DETAIL, timeout_s=60, memory_mb=1024), code)
    assert result.failure is None, result.payload
    assert result.payload == b"300.0"


# What it is started with, and what is left of it


def test_it_has_no_descriptor_terminal_or_variable_of_workbench(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of the user")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/run/user/0/bus")
    source = (
        "import os\ndef handler(event, context):\n"
        "    files = {}\n"
        "    for each in os.listdir('/proc/self/fd'):\n"
        "        try: files[each] = os.readlink('/proc/self/fd/' + each)\n"
        "        except OSError: pass\n"
        "    try: terminal = os.open('/dev/tty', os.O_RDWR)\n"
        "    except OSError as error: terminal = error.errno\n"
        "    return [files, terminal, os.getsid(0) == os.getpid(), dict(os.environ)]\n"
    )
    secret = tmp_path / "secret"
    secret.write_text("x")
    with secret.open() as opened:
        os.set_inheritable(opened.fileno(), True)
        result = run(DETAIL, lay_out(tmp_path, source))
    files, terminal, is_leader, variables = json.loads(result.payload)
    kinds = {path.partition(":")[0] for path in files.values()}
    assert kinds <= {"pipe", "socket", "/dev/null"} | {
        path for path in files.values() if path.startswith("/proc/")
    }
    assert terminal != 3
    assert isinstance(terminal, int)
    assert is_leader
    assert not {"AWS_SECRET_ACCESS_KEY", "DBUS_SESSION_BUS_ADDRESS", "WORKBENCH_FENCE"} & variables.keys()


@pytest.mark.parametrize("options", ["", ", start_new_session=True"])
def test_nothing_outlives_a_program_that_was_killed(tmp_path: Path, options: str) -> None:
    mark = str(300 + os.getpid() / 1e7)
    source = (
        "import subprocess, time\ndef handler(event, context):\n"
        f"    subprocess.Popen(['sleep', {mark!r}]{options})\n    time.sleep(300)\n"
    )
    code = lay_out(tmp_path, source)
    script = textwrap.dedent(f"""
        from dataclasses import replace
        from pathlib import Path
        from tests.invoke.local_desk import run
        from tests.invoke.test_local import DETAIL
        from workbench.invoke.local import LocalCode
        code = LocalCode(Path({str(code.folder)!r}), Path({str(code.task_root)!r}))
        run(replace(DETAIL, timeout_s=300), code)
    """)
    program = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT)
    try:
        eventually(lambda: running(mark))
    finally:
        program.kill()
        program.wait()
    eventually(lambda: not running(mark), within_s=5)


class NoNamespaceServer(Server):
    """A Sandbox whose functions have no namespaces, in which the kernel ends what has left its group."""

    command = (*REFUSING, str(UNSHARE), *Server.command)


def test_nothing_outlives_a_server_without_namespaces(tmp_path: Path) -> None:
    mark = str(400 + os.getpid() / 1e7)
    source = textwrap.dedent(f"""
        import subprocess
        def handler(event, context):
            command = ["sh", "-c", "setsid sleep {mark} & exit"]
            return subprocess.run(command, start_new_session=True).returncode
    """)
    for is_killed in (False, True):
        with NoNamespaceServer(tmp_path / str(is_killed)) as server:
            server.create("daemon", source)
            assert server.invoke("daemon").payload == 0
            assert eventually(lambda: running(mark))
            if is_killed:
                server.process.kill()
        eventually(lambda: not running(mark), within_s=5)


def running(mark: str) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (entry / "cmdline").read_bytes() == f"sleep\0{mark}\0".encode():
                found.append(int(entry.name))
    return found


# A fence that the kernel refuses half-way


@pytest.mark.parametrize("call", [RESTRICT_SELF, CAPSET])
@pytest.mark.parametrize("variables", [{}, {"PYTHONDEVMODE": "1"}], ids=["worker", "wrapper"])
def test_a_run_does_not_start_where_the_fence_is_refused(
    tmp_path: Path, call: int, variables: dict[str, str]
) -> None:
    def attempt(*, is_fence_optional: bool = False) -> bytes:
        source = "print('here')\ndef handler(event, context): return 'ran'\n"
        runner = replace(RUNNER, command=(*REFUSING, str(call), *RUNNER.command))
        code = lay_out(tmp_path, source)
        result = run_locally(
            runner,
            DETAIL,
            code,
            LocalIdentity(),
            b"{}",
            JobContext(item=heard.append),
            variables=variables,
            is_fence_optional=is_fence_optional,
        )
        assert "running without isolation, with access to all your files" in result.log_tail
        return result.payload

    heard: list[object] = []
    with pytest.raises(FenceRefused, match="Operation not permitted"):
        attempt()
    assert "here" not in "".join(getattr(each, "text", "") for each in heard)
    assert attempt(is_fence_optional=True) == b'"ran"'


class RefusedServer(Server):
    """A Sandbox to whose functions the kernel refuses the fence."""

    command = (*REFUSING, str(RESTRICT_SELF), *Server.command)


def make_functions(server: Server) -> list[str]:
    """One of each kind that the machine can run."""
    server.create("python", "def handler(event, context): return 'ran'\n")
    names = ["python"]
    if shutil.which("node"):
        source = "exports.handler = async () => 'ran';\n"
        server.create("node", "", Code={"ZipFile": archive({"index.js": source})}, Runtime="nodejs20.x")
        names.append("node")
    if shutil.which("curl"):
        code = archive({"bootstrap": (HERE / "attacker.sh").read_text()})
        server.create("custom", "", Code={"ZipFile": code}, Runtime="provided.al2023", Handler="x")
        names.append("custom")
    return names


def test_a_function_of_the_sandbox_is_not_run_where_the_fence_is_refused(tmp_path: Path) -> None:
    with RefusedServer(tmp_path / "refused") as server:
        for name in make_functions(server):
            answer = server.invoke(name, ["", ""])
            assert answer.error, answer
            assert answer.payload["errorType"] == "Sandbox.FenceRefused", answer
            assert "Run local code without isolation" in answer.payload["errorMessage"]
            assert "Operation not permitted" in answer.payload["errorMessage"]


def test_a_function_of_the_sandbox_runs_without_the_fence_where_the_user_said_so(tmp_path: Path) -> None:
    with RefusedServer(tmp_path / "refused", WORKBENCH_FENCE_OPTIONAL="1") as server:
        for name in make_functions(server):
            answer = server.invoke(name, ["", ""])
            assert not answer.error, answer
            assert answer.payload == "ran" or name == "custom"
            assert eventually(lambda: "running without isolation" in "".join(server.lines(name)), within_s=5)  # noqa: B023


def test_a_function_cannot_say_that_it_was_refused(tmp_path: Path) -> None:
    """Or it could talk the user into running it without the fence."""
    source = (
        "import os\nfor each in range(3, 30):\n"
        "    try: os.write(each, b'refused')\n    except OSError: pass\n"
        "os._exit(126)\n"
    )
    result = run(DETAIL, lay_out(tmp_path, source))
    assert result.failure is not None
    assert result.failure.error_type == "Runtime.ExitError"


def archive(files: dict[str, str]) -> bytes:
    """A deployment package; what is in it may be executed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o100755 << 16
            package.writestr(entry, text)
    return buffer.getvalue()
