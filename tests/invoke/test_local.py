"""Running code on this computer: limits, Cancel, and that nothing is left of it."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.invoke.local_desk import RUNNER, Heard, lay_out, run
from tests.waiting import eventually
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.model import FunctionDetail
from workbench.invoke.local import LocalIdentity, Runner, run_folder, run_locally
from workbench.invoke.run import LogLines
from workbench.sandbox.processes import PACKAGE_FOLDER

DETAIL = FunctionDetail(
    function_name="local",
    function_arn="arn:aws:lambda:eu-west-1:123456789012:function:local",
    runtime="python3.13",
    handler="app.handler",
    memory_mb=256,
    timeout_s=5,
    code_size_bytes=0,
    code_sha256="",
    last_modified=None,
    description="",
    architectures=("x86_64",),
    package_type="Zip",
    region="eu-west-1",
    account_id="123456789012",
    log_group="/aws/lambda/local",
)


def processes_below(folder: Path) -> set[int]:
    """The processes whose environment names a folder."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"{folder}/".encode() in (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes():
                found.add(int(entry.name))
    return found - {os.getpid()}


@pytest.fixture(autouse=True)
def _nothing_is_left(tmp_path: Path) -> Iterator[None]:
    yield
    assert processes_below(tmp_path) == set()
    assert not list(tmp_path.glob("run-*"))


def test_its_lines_come_while_it_runs(tmp_path: Path) -> None:
    source = (
        "import os, time\n"
        "def handler(event, context):\n"
        "    print('begun')\n"
        "    while not os.path.exists(os.environ['LAMBDA_TASK_ROOT'] + '/go'):\n        time.sleep(0.01)\n"
        "    return 'ended'\n"
    )
    code = lay_out(tmp_path, source)
    heard: list[str] = []

    def take(item: object) -> None:
        assert isinstance(item, LogLines)
        heard.append(item.text)
        if "begun" in item.text:
            (code.task_root / "go").touch()

    result = run(DETAIL, code, ctx=JobContext(item=take))
    assert result.payload == b'"ended"'
    assert "".join(heard) == result.log_tail
    lines = result.log_tail.splitlines()
    assert [line.split()[0] for line in lines] == ["INIT_START", "START", "begun", "END", "REPORT"]


def test_cancel_ends_it_and_its_children_at_once(tmp_path: Path) -> None:
    source = (
        "import subprocess, time\n"
        "def handler(event, context):\n"
        "    child = subprocess.Popen(['sleep', '300'])\n"
        "    print('child', child.pid, flush=True)\n"
        "    time.sleep(300)\n"
    )
    stop = threading.Event()
    children: list[int] = []

    def take(item: object) -> None:
        assert isinstance(item, LogLines)
        for line in item.text.splitlines():
            if line.startswith("child"):
                children.append(int(line.split()[1]))
                stop.set()

    detail = replace(DETAIL, timeout_s=100)
    with pytest.raises(Cancelled):
        run(detail, lay_out(tmp_path, source), ctx=JobContext(item=take, stop=stop))
    assert children
    assert not Path(f"/proc/{children[0]}/exe").is_symlink() or "sleep" not in _command(children[0])


def test_memory_beyond_the_limit_ends_it(tmp_path: Path) -> None:
    source = (
        "def handler(event, context):\n"
        "    held = []\n"
        "    while True:\n        held.append(bytearray(b'x' * 1_000_000))\n"
    )
    result = run(DETAIL, lay_out(tmp_path, source))
    assert result.failure
    assert result.failure.error_type == "Runtime.ExitError"
    assert result.failure.error_message.endswith("Error: Runtime exited with error: signal: killed")
    assert result.report
    assert result.report.max_memory_mb >= 240


def test_time_beyond_the_limit_ends_it_in_lambdas_words(tmp_path: Path) -> None:
    source = "import time\ndef handler(event, context):\n    time.sleep(60)\n"
    result = run(replace(DETAIL, timeout_s=1), lay_out(tmp_path, source))
    assert result.failure
    assert (
        result.failure.error_message
        == f"RequestId: {result.request_id} Error: Task timed out after 1.00 seconds"
    )
    assert result.report
    assert result.report.status == "timeout"


def test_a_flood_of_lines_keeps_its_end(tmp_path: Path) -> None:
    source = (
        "def handler(event, context):\n    for number in range(60_000):\n        print(number, 'x' * 100)\n"
    )
    heard = Heard()
    result = run(replace(DETAIL, timeout_s=60), lay_out(tmp_path, source), ctx=heard.ctx)
    assert sum(text.count("\n") for text in heard.texts) == 60_004
    assert 3_000_000 < len(result.log_tail) < 4_200_000
    assert result.report


def test_odd_bytes_are_shown_not_choked_on(tmp_path: Path) -> None:
    source = (
        "import sys\n"
        "def handler(event, context):\n"
        "    sys.stdout.buffer.write(b'\\xff\\xfe\\xa5Z\\x00 odd\\n{\"answer\": 1}\\n')\n"
        "    sys.stdout.flush()\n"
        "    return 1\n"
    )
    result = run(DETAIL, lay_out(tmp_path, source))
    assert result.payload == b"1"
    assert '{"answer": 1}\n' in result.log_tail


def test_it_gets_the_client_context_and_no_keys_that_nobody_gave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a key of the person's shell")
    source = (
        "import os\n"
        "def handler(event, context):\n"
        "    return [context.client_context.custom, 'AWS_ACCESS_KEY_ID' in os.environ]\n"
    )
    code = lay_out(tmp_path, source)
    result = run_locally(
        RUNNER, DETAIL, code, LocalIdentity(), b"{}", JobContext(), client_context='{"custom": {"a": "b"}}'
    )
    assert result.payload == b'[{"a": "b"}, false]'


def test_layers_are_where_the_runtime_looks(tmp_path: Path) -> None:
    source = "import shared\ndef handler(event, context):\n    return shared.VALUE\n"
    code = lay_out(tmp_path, source)
    python = code.folder / "opt/python"
    python.mkdir(parents=True)
    (python / "shared.py").write_text("VALUE = 7\n")
    assert run(DETAIL, replace(code, layers_root=code.folder / "opt")).payload == b"7"


@pytest.mark.parametrize(
    ("detail", "payload", "why"),
    [
        (DETAIL, "{", "The payload is not JSON"),
        (replace(DETAIL, package_type="Image", runtime=""), "{}", "container image"),
        (replace(DETAIL, runtime="java21"), "{}", "java21"),
    ],
)
def test_what_cannot_run_is_said_before_anything_is_started(
    tmp_path: Path, detail: FunctionDetail, payload: str, why: str
) -> None:
    with pytest.raises(WorkbenchError) as caught:
        run(detail, lay_out(tmp_path, "def handler(event, context): ...\n"), payload)
    assert why in caught.value.why
    assert caught.value.remedy


@pytest.mark.parametrize(
    "command", [("/nowhere/python",), (sys.executable, "-c", "import sys; sys.exit('it broke')")]
)
def test_a_runner_that_fails_says_why(tmp_path: Path, command: tuple[str, ...]) -> None:
    runner = Runner(command, PACKAGE_FOLDER)
    with pytest.raises(WorkbenchError) as caught:
        run_locally(runner, DETAIL, lay_out(tmp_path, ""), LocalIdentity(), b"{}", JobContext())
    assert caught.value.what == "The function was not run on this computer."
    assert caught.value.why


_KILLED = """
import sys
from pathlib import Path
from tests.invoke.local_desk import lay_out, run
from tests.invoke.test_local import DETAIL
from workbench.core.jobs import JobContext
source = "import time\\ndef handler(event, context):\\n    print('up', flush=True)\\n    time.sleep(300)\\n"
def take(item):
    if "up" in item.text:
        print("up", flush=True)
run(DETAIL, lay_out(Path(sys.argv[1]), source), ctx=JobContext(item=take))
"""


def test_nothing_outlives_a_workbench_that_was_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _KILLED, str(tmp_path)], cwd=PACKAGE_FOLDER, stdout=subprocess.PIPE
    ) as workbench:
        assert workbench.stdout
        assert workbench.stdout.readline() == b"up\n"
        assert processes_below(tmp_path)
        os.kill(workbench.pid, signal.SIGKILL)
    eventually(lambda: not processes_below(tmp_path) and not list(tmp_path.glob("run-*")), within_s=30)


def _command(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text()
    return ""


def test_paths_of_code_and_runtime_read_as_on_lambda(tmp_path: Path) -> None:
    folder = tmp_path / "with space, ö"
    folder.mkdir()
    source = (
        "import traceback\n"
        "from lib.x import fail\n"
        "def handler(event, context):\n"
        "    print(__file__)\n"
        "    traceback.print_stack()\n"
        "    fail()\n"
    )
    result = run(DETAIL, lay_out(folder, source, lib__x_py="def fail():\n    raise ValueError('no')\n"))
    assert result.failure is not None
    assert [(frame.file, frame.line) for frame in result.failure.frames] == [("app.py", 6), ("lib/x.py", 2)]
    assert '  File "/var/task/app.py", line 6, in handler\n' in result.failure.frames[0].text
    assert "\n/var/task/app.py\n" in result.log_tail
    assert '  File "/var/task/app.py", line 5, in handler\n' in result.log_tail
    assert str(tmp_path) not in result.payload.decode() + result.log_tail


def test_what_a_function_returns_is_left_as_it_is(tmp_path: Path) -> None:
    code = lay_out(tmp_path, "def handler(event, context):\n    return event\n")
    path = f'"{code.task_root}/app.py"'
    assert run(DETAIL, code, path).payload.decode() == path


def test_it_is_private_and_gone_afterwards(tmp_path: Path) -> None:
    with run_folder(tmp_path / "runs") as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "var").mkdir()
    assert not list((tmp_path / "runs").iterdir())


def test_one_that_runs_is_left_alone_and_one_whose_program_is_gone_is_not(tmp_path: Path) -> None:
    left = tmp_path / "left"
    left.mkdir()
    (left / "lock").touch()
    with run_folder(tmp_path) as first, run_folder(tmp_path) as second:
        assert first.is_dir()
        assert second.is_dir()
        assert not left.exists()
