"""A Sandbox starts, stops and resets a stand-in for the server: real processes, ports, locks and folders."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.sandbox.recorder import STAND_IN, Make, Recorder, ends, exists, recorded_pid, starts
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.sandbox import supervisor
from workbench.sandbox.supervisor import Sandbox, SandboxState, SandboxStatus

linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")


def test_start_returns_when_the_server_answers(make: Make, told: Recorder) -> None:
    endpoint = make().start(JobContext())
    with socket.create_connection(("127.0.0.1", endpoint.port), 1):
        assert endpoint.url == f"http://127.0.0.1:{endpoint.port}"
    assert told.states == [SandboxState.STARTING, SandboxState.READY]


def test_a_second_start_returns_the_running_server(make: Make) -> None:
    sandbox = make()
    assert sandbox.start(JobContext()) == sandbox.start(JobContext())


def test_the_progress_is_told(make: Make) -> None:
    texts: list[str] = []
    make().start(JobContext(report=lambda progress: texts.append(progress.text)))
    assert texts == ["Starting the Sandbox"]


def test_cancel_leaves_nothing(make: Make, told: Recorder) -> None:
    cancel = threading.Event()
    sandbox = make()
    with pytest.raises(Cancelled):
        sandbox.start(JobContext(stop=cancel, report=lambda _: cancel.set()))
    assert told.states == [SandboxState.STARTING, SandboxState.STOPPED]
    assert not any((sandbox.data_dir / "run").glob("*"))
    cancel.clear()
    assert sandbox.start(JobContext()).pid


def test_a_server_that_ends_at_once_is_an_error_with_its_last_words(make: Make, told: Recorder) -> None:
    with pytest.raises(WorkbenchError, match="the last word"):
        make("crash").start(JobContext())
    assert told.states == [SandboxState.STARTING, SandboxState.FAILED]
    assert told.statuses[-1].error


def test_a_server_that_never_answers_is_an_error(
    make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(supervisor, "_READY_TIMEOUT_S", 0.2)
    sandbox = Sandbox(tmp_path / "data", command=(sys.executable, "-c", "import sys; sys.stdin.read()"))
    with pytest.raises(WorkbenchError, match="has not responded"):
        sandbox.start(JobContext())
    assert sandbox.status.state is SandboxState.FAILED


def test_a_command_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(WorkbenchError, match="could not be started"):
        Sandbox(tmp_path, command=("/does/not/exist",)).start(JobContext())
    assert not any((tmp_path / "run").iterdir())


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WorkbenchError, match="could not be started"):
        Sandbox(tmp_path / "file" / "data").start(JobContext())


@linux_only
def test_a_port_taken_meanwhile_is_left_to_its_new_owner(make: Make) -> None:
    sandbox = make("steal-port")
    endpoint = sandbox.start(JobContext())
    thief = recorded_pid(sandbox, "thief")
    (_, stolen), (pid, port) = starts(sandbox)
    try:
        assert exists(thief)
        assert stolen != port
        assert (endpoint.pid, endpoint.port) == (pid, port)
    finally:
        os.kill(thief, signal.SIGKILL)


def test_another_workbench_is_told_so(make: Make, told: Recorder) -> None:
    first, second = make(), make(recorder=Recorder())
    first.start(JobContext())
    with pytest.raises(WorkbenchError, match="Another Workbench") as caught:
        second.start(JobContext())
    assert caught.value.remedy
    with pytest.raises(WorkbenchError, match="Another Workbench"):
        second.reset(JobContext())
    assert len(starts(first)) == 1
    first.stop()
    assert second.start(JobContext()).pid


def test_two_folders_are_two_sandboxes(make: Make, tmp_path: Path) -> None:
    one = make(data_dir=tmp_path / "one").start(JobContext())
    two = make(data_dir=tmp_path / "two").start(JobContext())
    assert one.port != two.port


def test_stop_ends_a_start(make: Make, tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path / "data", command=(sys.executable, "-c", "input()"))
    outcome: list[BaseException] = []
    started = threading.Event()

    def start() -> None:
        try:
            sandbox.start(JobContext(report=lambda _: started.set()))
        except Cancelled as cancelled:
            outcome.append(cancelled)

    thread = threading.Thread(target=start)
    thread.start()
    assert started.wait(30)
    sandbox.stop()
    thread.join(30)
    assert outcome
    assert sandbox.status.state is SandboxState.STOPPED


@pytest.mark.parametrize("behaviour", ["", "worker", "deaf"])
def test_stop_waits_for_nobody_and_leaves_nothing(make: Make, behaviour: str) -> None:
    threads = set(threading.enumerate())
    sandbox = make(behaviour, "worker")
    endpoint = sandbox.start(JobContext())
    worker = recorded_pid(sandbox, "worker")
    sandbox.stop()
    assert not exists(endpoint.pid)
    assert ends(worker)
    assert not any((sandbox.data_dir / "run").glob("*"))
    assert sandbox.status.state is SandboxState.STOPPED
    assert set(threading.enumerate()) <= threads


def test_stop_of_a_stopped_sandbox_does_nothing(make: Make, told: Recorder) -> None:
    make().stop()
    assert told.statuses == []


def test_reset_deletes_the_data_and_starts(make: Make, told: Recorder) -> None:
    sandbox = make()
    first = sandbox.start(JobContext())
    kept = sandbox.data_dir / "state" / "kept"
    kept.touch()
    (sandbox.data_dir / "s3" / "bucket").mkdir(parents=True)
    second = sandbox.reset(JobContext())
    assert second.pid != first.pid
    assert not kept.exists()
    assert not (sandbox.data_dir / "s3").exists()
    assert told.states[-2:] == [SandboxState.STARTING, SandboxState.READY]


def test_leftovers_of_dead_runs_are_removed(make: Make) -> None:
    sandbox = make()
    left = sandbox.data_dir / "run" / "left"
    left.mkdir(parents=True)
    sandbox.start(JobContext())
    assert not left.exists()


def test_damaged_data_is_a_notice(make: Make, told: Recorder) -> None:
    make("corrupt").start(JobContext())
    (notice,) = told.notices
    assert "sqs.json.damaged" in notice.why


def test_data_that_could_not_be_saved_is_a_notice(make: Make, told: Recorder) -> None:
    sandbox = make("unsaved")
    sandbox.start(JobContext())
    sandbox.stop()
    (notice,) = told.notices
    assert "No space left on device" in notice.why


@linux_only
def test_the_server_sees_only_what_is_on_the_list(
    make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("SOMETHING_OF_THE_HOST", "1")
    sandbox = make()
    pid = sandbox.start(JobContext()).pid
    seen = dict(
        entry.split("=", 1)
        for entry in Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
        if entry
    )
    assert not [name for name in seen if name.startswith("AWS_")]
    assert "SOMETHING_OF_THE_HOST" not in seen
    assert seen["PATH"] == os.environ["PATH"]
    for name in ("HOME", "TMPDIR"):
        assert Path(seen[name]).is_relative_to(sandbox.data_dir / "run")


ROOT = Path(__file__).parents[2]


def test_a_killed_server_comes_back_on_its_port(make: Make, told: Recorder) -> None:
    sandbox = make()
    first = sandbox.start(JobContext())
    os.kill(first.pid, signal.SIGKILL)
    second = told.wait_for(SandboxState.READY, times=2).endpoint
    assert second
    assert second.port == first.port
    assert second.pid != first.pid
    assert told.states[2:] == [SandboxState.RESTARTING, SandboxState.READY]


def test_workers_of_a_killed_server_end_with_it(make: Make, told: Recorder) -> None:
    sandbox = make("worker")
    endpoint = sandbox.start(JobContext())
    worker = recorded_pid(sandbox, "worker")
    assert exists(worker)
    os.kill(endpoint.pid, signal.SIGKILL)
    told.wait_for(SandboxState.READY, times=2)
    assert ends(worker)


def test_a_folder_that_someone_deleted_is_made_again(make: Make, told: Recorder) -> None:
    sandbox = make()
    first = sandbox.start(JobContext())
    shutil.rmtree(sandbox.data_dir)
    os.kill(first.pid, signal.SIGKILL)
    told.wait_for(SandboxState.READY, times=2)
    sandbox.stop()
    assert not any((sandbox.data_dir / "run").iterdir())


def test_a_callback_that_fails_leaves_no_server_behind(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported = threading.Event()
    monkeypatch.setattr(threading, "excepthook", lambda _args: reported.set())

    def refuse_second_ready(status: SandboxStatus) -> None:
        seen.append(status.state)
        if seen[-2:] == [SandboxState.RESTARTING, SandboxState.READY]:
            raise RuntimeError("the window is gone")

    seen: list[SandboxState] = []
    sandbox = Sandbox(
        tmp_path / "data", on_status=refuse_second_ready, command=(sys.executable, str(STAND_IN))
    )
    os.kill(sandbox.start(JobContext()).pid, signal.SIGKILL)
    assert reported.wait(20)
    sandbox.stop()
    assert not exists(starts(sandbox)[1][0])
    assert not any((sandbox.data_dir / "run").iterdir())


def test_a_server_that_keeps_crashing_is_given_up(
    make: Make, told: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.sandbox.supervisor._RESTART_DELAYS_S", (0.0, 0.0, 0.0))
    sandbox = make("crash-again")
    os.kill(sandbox.start(JobContext()).pid, signal.SIGKILL)
    error = told.wait_for(SandboxState.FAILED).error
    assert error
    assert "the last word" in error.why
    assert len(starts(sandbox)) == 4
    with pytest.raises(WorkbenchError, match="not running"):
        sandbox.profile()


def test_a_server_that_was_given_up_can_be_started_again(make: Make, told: Recorder) -> None:
    sandbox = make("crash-again")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("workbench.sandbox.supervisor._RESTART_DELAYS_S", ())
        os.kill(sandbox.start(JobContext()).pid, signal.SIGKILL)
        told.wait_for(SandboxState.FAILED)
    (sandbox.data_dir / "state" / "seen").unlink()
    assert sandbox.start(JobContext()).pid


def test_stop_ends_a_restart(make: Make, told: Recorder) -> None:
    sandbox = make("crash-again")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("workbench.sandbox.supervisor._RESTART_DELAYS_S", (60.0,))
        os.kill(sandbox.start(JobContext()).pid, signal.SIGKILL)
        told.wait_for(SandboxState.RESTARTING)
        began = time.monotonic()
        sandbox.stop()
    assert time.monotonic() - began < 30  # of the 60 s until the restart
    assert told.states[-1] is SandboxState.STOPPED


PARENT = """
import sys, time
from pathlib import Path
from workbench.core.jobs import JobContext
from workbench.sandbox.supervisor import Sandbox
sandbox = Sandbox(Path(sys.argv[1]), command=(sys.executable, sys.argv[2], "worker"))
print(sandbox.start(JobContext()).pid, flush=True)
if sys.argv[3] == "wait":
    time.sleep(60)
"""


def parent_of_server(data_dir: Path, mode: str) -> tuple[subprocess.Popen[str], int]:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(data_dir), str(STAND_IN), mode],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert parent.stdout
    with parent.stdout as lines:
        return parent, int(lines.readline())


def test_a_program_that_just_ends_leaves_nothing(tmp_path: Path) -> None:
    parent, pid = parent_of_server(tmp_path, "end")
    assert parent.wait(10) == 0
    assert not exists(pid)
    assert not any((tmp_path / "run").glob("*"))


def test_a_killed_program_takes_the_server_with_it_and_the_next_one_starts(
    make: Make, tmp_path: Path
) -> None:
    sandbox = make(data_dir=tmp_path)
    parent, pid = parent_of_server(tmp_path, "wait")
    parent.kill()
    parent.wait()
    endpoint = sandbox.start(JobContext())  # waits for the lock of the orphan, if that is still saving
    assert ends(pid)
    assert len(list((tmp_path / "run").iterdir())) == 1
    assert endpoint.pid != pid


def test_crashes_with_a_long_time_between_them_do_not_add_up(
    make: Make, told: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.sandbox.supervisor._RESTART_DELAYS_S", (0.0, 0.0))
    monkeypatch.setattr("workbench.sandbox.supervisor._STABLE_S", -1.0)  # each server has run for long
    pid = make().start(JobContext()).pid
    for times in range(2, 6):
        os.kill(pid, signal.SIGKILL)
        endpoint = told.wait_for(SandboxState.READY, times=times).endpoint
        assert endpoint
        pid = endpoint.pid
    assert SandboxState.FAILED not in told.states


def test_a_control_request_waits_for_a_busy_server() -> None:
    """A health check does not: it is repeated."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def serve() -> None:
            client, _ = server.accept()
            with client:
                threading.Event().wait(3 * supervisor._HEALTH_TIMEOUT_S)
                client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                client.recv(65536)

        thread = threading.Thread(target=serve)
        thread.start()
        assert supervisor.send_control(port, "secret", "pace", {"pace": "short"})
        thread.join()
