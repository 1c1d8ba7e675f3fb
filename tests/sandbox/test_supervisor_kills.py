"""A Sandbox, with a stand-in for its server, when the server or the program around it dies."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.sandbox.recorder import STAND_IN, Make, Recorder, ends, exists, recorded_pid, starts
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.sandbox.supervisor import Sandbox, SandboxState, SandboxStatus

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
