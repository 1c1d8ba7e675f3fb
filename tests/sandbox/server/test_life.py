"""Start, stop, SIGKILL, and what is left on disk and among the processes."""

import contextlib
import errno
import io
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.other_user import NOBODY, other_user
from tests.sandbox.server.server import ROOT, Server, environment, free_port, package
from tests.waiting import eventually
from workbench.sandbox.processes import is_owned_by
from workbench_sandbox.server.spec import CodeStore

ANSWER = "def handler(event, context): return {'got': event}\n"
SLEEPER = """
import subprocess, time
def handler(event, context):
    subprocess.Popen(["sleep", "60"])
    time.sleep(60)
"""


def run(variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "workbench_sandbox.server"],
        env=variables,
        cwd=ROOT,
        input=f"{Server.run_secret}\n",
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


def start_sleeping(server: Server) -> set[int]:
    """Has a handler sleep; returns the processes that belong to it."""
    server.create("sleeper", SLEEPER, Timeout=90)
    server.client("lambda").invoke(FunctionName="sleeper", InvocationType="Event")

    def sleeping() -> set[int]:
        found = server.workers()
        names = [(Path("/proc") / str(pid) / "comm").read_text().strip() for pid in found]
        return found if "sleep" in names else set()

    started: set[int] = eventually(sleeping)
    return started


def test_it_is_ready_soon_and_owns_its_port(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        assert server.start_s < 10
        with socket.create_connection(("127.0.0.1", server.port)):
            pass
        assert is_owned_by(server.port, server.process.pid)


def test_a_taken_port_ends_it_with_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = run(environment(tmp_path, port))
    assert ended.returncode == 1
    assert ended.stderr == f"sandbox: port {port} cannot be used: Address already in use\n"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("STATE_DIR", "", "not in the environment: STATE_DIR"),
        ("GATEWAY_PORT", "x", "is not a number"),
        ("BIND_HOST", "0.0.0.0", "BIND_HOST must be 127.0.0.1"),
    ],
)
def test_an_incomplete_environment_ends_it_with_one_line(
    tmp_path: Path, name: str, value: str, says: str
) -> None:
    ended = run(environment(tmp_path, free_port()) | {name: value})
    assert ended.returncode == 2
    assert says in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_closing_its_input_ends_it_while_a_handler_runs(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        workers = start_sleeping(server)
        assert server.process.stdin
        server.process.stdin.close()
        assert server.process.wait(60) == 0  # the handler sleeps for longer
        eventually(lambda: not server.workers())
    assert len(workers) >= 2
    assert not list((tmp_path / "tmp").iterdir())
    with Server(tmp_path) as again:
        assert again.client("lambda").get_function(FunctionName="sleeper")["Code"]["Location"]


def test_a_termination_signal_saves_too(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        server.create("kept", ANSWER)
        server.process.terminate()
        assert server.process.wait(10) == 0
    assert "kept" in (tmp_path / "state/lambda.json").read_text()


def test_ctrl_c_in_the_terminal_leaves_the_decision_to_the_parent(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        server.process.send_signal(signal.SIGINT)
        server.create("still-there", ANSWER)


def test_sigkill_after_a_write_loses_nothing(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        server.create("kept", ANSWER)
        server.client("s3").create_bucket(Bucket="kept")
        server.client("s3").put_object(Bucket="kept", Key="a/b", Body=b"object")
        state = tmp_path / "state"
        eventually(lambda: "kept" in text(state / "lambda.json") and "kept" in text(state / "s3.json"))
        server.kill()
    with Server(tmp_path) as again:
        assert again.invoke("kept", {"n": 1}).payload == {"got": {"n": 1}}
        assert again.client("s3").get_object(Bucket="kept", Key="a/b")["Body"].read() == b"object"


def test_sigkill_at_any_moment_of_a_deployment_leaves_the_old_or_the_new_code(tmp_path: Path) -> None:
    """The blobs of old code are removed after the state that names the new ones is on disk, not before."""
    old = new = 0
    for delay_s in (0.0, 0.9, 1.0, 1.1, 1.3):
        with Server(tmp_path) as server:
            if new == 0:
                server.create("f", "VERSION = 0\ndef handler(event, context): return VERSION\n")
                eventually(lambda: (tmp_path / "state/lambda.json").exists())
            else:
                answered = server.invoke("f").payload
                assert answered in (old, new)
                old = answered  # a kill that came before the state was on disk takes nothing else with it
            new += 1
            source = f"VERSION = {new}\ndef handler(event, context): return VERSION\n"
            server.client("lambda").update_function_code(FunctionName="f", ZipFile=package(source))
            threading.Event().wait(delay_s)
            server.kill()
    with Server(tmp_path) as last:
        assert last.invoke("f").payload in (old, new)
        blobs = tmp_path / "state/lambda-blobs"
        eventually(lambda: len(list(blobs.iterdir())) == 1)


@pytest.mark.skipif(sys.platform != "linux", reason="there is a broker on Linux only")
def test_a_server_without_its_broker_saves_and_ends(tmp_path: Path) -> None:
    """It could start no function any more; Workbench starts another one."""
    with Server(tmp_path) as server:
        server.create("kept", ANSWER)
        assert server.invoke("kept", 1).payload == {"got": 1}
        (broker,) = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
        os.kill(int(broker), signal.SIGKILL)
        server.process.wait(30)
        eventually(lambda: not server.workers())
    assert "kept" in text(tmp_path / "state/lambda.json")


def test_workers_do_not_outlive_a_killed_server(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        start_sleeping(server)
        server.kill()
        eventually(lambda: not server.workers())


def test_the_state_reaches_the_disk_soon_after_a_change(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        server.client("sqs").create_queue(QueueName="soon")
        eventually(lambda: "soon" in text(tmp_path / "state/sqs.json"))


def test_saving_a_long_history_does_not_hold_up_requests(tmp_path: Path) -> None:
    """300,000 points are saved while the probe asks; encoded at once they would hold it up for 0.4 s.

    They would at every save; what else a busy machine does holds up the one or the other.
    """
    with Server(tmp_path) as server:
        metrics, logs = server.client("cloudwatch"), server.client("logs")
        logs.create_log_group(logGroupName="g")
        logs.create_log_stream(logGroupName="g", logStreamName="s")
        for _ in range(2):
            now_ms = int(time.time() * 1000)
            events = [{"timestamp": now_ms, "message": "x" * 90} for _ in range(10_000)]
            logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=events)
        values = [float(n) for n in range(150)]
        points = [
            {"MetricName": f"m{n % 8}", "Values": values, "Timestamp": 1_790_000_000 + n} for n in range(1000)
        ]
        for _ in range(2):
            metrics.put_metric_data(Namespace="N", MetricData=points)
        longest = []
        for save in range(6):
            longest.append(_longest_request_while_saving(server, tmp_path, f"last{save}"))
            if longest[-1] < 0.2:
                break
        assert min(longest) < 0.2


def _longest_request_while_saving(server: Server, folder: Path, name: str) -> float:
    """Adds a metric; how many seconds the slowest of the requests took that were made until it was saved."""
    sqs, path = server.client("sqs"), folder / "state/cloudwatch.json"
    server.client("cloudwatch").put_metric_data(
        Namespace="N", MetricData=[{"MetricName": name, "Value": 1.0}]
    )
    took = []

    def is_saved() -> bool:
        started = time.monotonic()
        sqs.list_queues(QueueNamePrefix="none")
        took.append(time.monotonic() - started)
        return name in text(path) if path.exists() and path.stat().st_size > 20_000_000 else False

    eventually(is_saved, within_s=240)
    return max(took)


@pytest.mark.parametrize(
    "content", [b'{"__ministack_format__": 2, "payl', b"\xff\xfe\x00", b"[]", b'{"functions": 7}']
)
def test_a_corrupt_state_file_is_kept_and_reported(tmp_path: Path, content: bytes) -> None:
    state = tmp_path / "state"
    state.mkdir()
    (state / "lambda.json").write_bytes(content)
    with Server(tmp_path) as server:
        server.create("new", ANSWER)
        assert server.invoke("new", 1).payload == {"got": 1}
        said = [line for line in server.stderr().splitlines() if line.startswith("corrupt-state: ")]
    assert len(said) == 1
    kept = Path(said[0].removeprefix("corrupt-state: "))
    assert kept.name.startswith("lambda.json.corrupt-")
    assert kept.read_bytes() == content
    assert "new" in text(state / "lambda.json")


def test_what_cannot_be_read_is_set_aside_and_nothing_is_deleted(tmp_path: Path) -> None:
    """A state file without rights, a folder or a pipe in place of one, damaged code: under other names."""
    with Server(tmp_path) as server:
        for name in ("whole", "damaged"):
            server.create(name, ANSWER + f"# {name}\n")
        server.client("sqs").create_queue(QueueName="q")
        server.client("lambda").delete_function(FunctionName="whole")
        server.create("whole", ANSWER + "# whole\n")
    state = tmp_path / "state"
    codes = {path: path.read_bytes() for path in state.rglob("*.zip")}
    assert len(codes) == 2
    damaged = next(path for path, data in codes.items() if b"# damaged" in _source_of(data))
    damaged.write_bytes(b"no zip")
    before = (state / "sqs.json").read_bytes()
    (state / "sqs.json").chmod(0)
    (state / "sns.json").unlink(missing_ok=True)
    (state / "sns.json").mkdir()
    (state / "sns.json/mine").touch()
    (state / "kms.json").unlink(missing_ok=True)
    os.mkfifo(state / "kms.json")
    with Server(tmp_path) as server:
        server.create("new", ANSWER)
        assert server.invoke("whole", 1).payload == {"got": 1}
        assert "no code" in str(server.invoke("damaged", 1).payload)
        server.client("sqs").create_queue(QueueName="other")
        server.client("sns").create_topic(Name="other")
        said = [line for line in server.stderr().splitlines() if line.startswith("corrupt-state: ")]
    kept = {Path(line.removeprefix("corrupt-state: ")).name.partition(".corrupt-")[0] for line in said}
    assert kept == {damaged.name, "kms.json", "sns.json", "sqs.json"}
    assert [path.read_bytes() for path in state.rglob(f"{damaged.name}.corrupt-*")] == [b"no zip"]
    assert len(list(state.glob("sns.json.corrupt-*/mine"))) == 1
    (aside,) = state.glob("sqs.json.corrupt-*")
    aside.chmod(0o600)
    assert aside.read_bytes() == before


def test_the_code_of_functions_in_a_damaged_state_stays(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        server.create("kept", ANSWER)
    (code,) = (tmp_path / "state").rglob("*.zip")
    data = code.read_bytes()
    (tmp_path / "state/lambda.json").write_bytes(b"[]")
    with Server(tmp_path) as server:
        server.create("new", ANSWER + "# new\n")
    assert code.read_bytes() == data


def _source_of(package: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


def test_a_full_disk_is_reported_and_the_old_file_stays(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        server.create("before", ANSWER)
        path = tmp_path / "state/lambda.json"
        eventually(lambda: "before" in text(path))
        (tmp_path / "state/lambda.json.tmp").mkdir()  # Writing fails, for root too.
        server.create("after", ANSWER)
        eventually(lambda: "save-failed: lambda.json" in server.stderr())
        assert "after" not in text(path)
        assert "before" in json.dumps(json.loads(text(path)))
        (tmp_path / "state/lambda.json.tmp").rmdir()
        eventually(lambda: "after" in text(path))


def text(path: Path) -> str:
    with contextlib.suppress(OSError):
        return path.read_text("utf-8")
    return ""


def test_an_update_that_was_under_way_at_a_kill_settles(tmp_path: Path) -> None:
    with Server(tmp_path, LAMBDA_SETTLE_SECONDS="30") as server:
        server.create("slow", ANSWER, is_awaited=False)
        state_file = tmp_path / "state/lambda.json"
        eventually(lambda: state_file.exists() and "Pending" in state_file.read_text("utf-8"))
        server.kill()
    with Server(tmp_path) as server:
        found = server.client("lambda").get_function(FunctionName="slow")["Configuration"]
        assert (found["State"], found["LastUpdateStatus"]) == ("Active", "Successful")
        assert server.invoke("slow", 1).payload == {"got": 1}


MB = 1024 * 1024


def held_mb(server: Server) -> float:
    status = Path(f"/proc/{server.process.pid}/status").read_text("utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_memory_of_deleted_functions_is_given_back(server: Server, client: Any) -> None:
    server.create("first", "")
    before_mb = held_mb(server)
    for number in range(10):
        code = {"ZipFile": package("", large=os.urandom(8 * MB).hex())}
        server.create(f"large-{number}", "", Code=code)
    assert held_mb(server) > before_mb + 100
    for number in range(10):
        client.delete_function(FunctionName=f"large-{number}")
    eventually(lambda: held_mb(server) < before_mb + 60)


_WRITES_ON = """
import sys, threading, time
from pathlib import Path
from workbench_sandbox.server.lifetime import Stopper, remove_folder

folder = Path(sys.argv[1])

def write_on():
    until = time.monotonic() + 0.3
    while time.monotonic() < until:
        try:
            (folder / "home").mkdir(exist_ok=True)
            (folder / "home" / str(time.monotonic_ns())).touch()
        except OSError:
            pass

threading.Thread(target=write_on).start()
Stopper([lambda: remove_folder(folder)]).stop()
"""


def test_a_folder_in_which_something_still_writes_is_removed(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    (folder / "home").mkdir(parents=True)
    for number in range(500):
        (folder / "home" / str(number)).touch()
    subprocess.run([sys.executable, "-c", _WRITES_ON, folder], timeout=60, check=True)
    assert not folder.exists()


def test_a_folder_whose_rights_a_function_took_is_removed() -> None:
    with other_user() as nobody, tempfile.TemporaryDirectory(dir="/var/tmp") as top:
        inner = Path(top) / "run/home/inner"
        inner.mkdir(parents=True)
        (inner / "file").touch()
        for path in (inner / "file", inner, inner.parent, inner.parent.parent, Path(top)):
            os.chown(path, NOBODY, NOBODY)
        for path in (inner, inner.parent):
            path.chmod(0)
        script = (
            "import sys\nfrom pathlib import Path\nfrom workbench_sandbox.server import lifetime\n"
            "lifetime.remove_folder(Path(sys.argv[1]))\n"
        )
        done = nobody.python("-c", script, f"{top}/run", environ={"PATH": os.environ["PATH"]})
        assert done.returncode == 0, done.stderr
        assert os.listdir(top) == []


def test_a_package_with_a_folder_that_nobody_may_write_to_is_unpacked(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        modes = {"lib/": 0o040500, "lib/x.py": 0o100400, "bin/": 0o040000, "bin/x": 0o104755}
        for name, mode in modes.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            archive.writestr(entry, b"")
    root = CodeStore(tmp_path).task_root(buffer.getvalue(), "A" * 44)
    found = {str(path.relative_to(root)): path.stat().st_mode & 0o7777 for path in root.rglob("*")}
    assert found == {"lib": 0o700, "lib/x.py": 0o400, "bin": 0o755, "bin/x": 0o755}


def test_no_function_takes_its_port_on_ipv6(server: Server) -> None:
    """Clients that connect to "localhost" ask there first."""
    if not socket.has_ipv6 or not Path("/proc/net/if_inet6").exists():
        pytest.skip("this computer has no IPv6")
    source = (
        "import socket\n"
        "def handler(event, context):\n"
        "    found = []\n"
        "    for host in ('::1', '::'):\n"
        "        with socket.socket(socket.AF_INET6) as mine:\n"
        "            mine.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\n"
        "            mine.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)\n"
        "            try:\n"
        "                mine.bind((host, event))\n"
        "                mine.listen()\n"
        "            except OSError as error:\n"
        "                found.append(error.errno)\n"
        "    return found\n"
    )
    server.create("squatter", source)
    assert server.invoke("squatter", server.port).payload == [errno.EADDRINUSE] * 2
    with socket.create_connection(("localhost", server.port)):
        pass
