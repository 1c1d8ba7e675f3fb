"""Ctrl+C and `kill`: the program closes as by its button, and comes back as it was."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0


def milestones(path: Path) -> list[str]:
    """What the start has reached."""
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return [json.loads(line)["milestone"] for line in lines]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_closes_the_program_as_its_button_does(
    tmp_path: Path, screen: dict[str, str], number: signal.Signals
) -> None:
    timings = tmp_path / "timings"
    runs = tmp_path / "workbench" / "data" / "sandbox" / "run"
    program = subprocess.Popen(
        [sys.executable, "-m", "workbench", "--timings", str(timings)],
        cwd=ROOT,
        env=os.environ | screen | {"HOME": str(tmp_path), "WORKBENCH_HOME": str(tmp_path / "workbench")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        deadline, pause = time.monotonic() + PATIENCE_S, threading.Event()
        while "all" not in milestones(timings):
            assert program.poll() is None
            assert time.monotonic() < deadline
            pause.wait(0.02)  # a file tells nobody that it grows
        assert any(runs.glob("*"))
        program.send_signal(number)
        said, _ = program.communicate(timeout=PATIENCE_S)
    finally:
        program.kill()
        program.wait()
    assert (program.returncode, said) == (0, "")
    settings = json.loads((tmp_path / "workbench" / "config" / "settings.json").read_bytes())
    assert settings["window.geometry"]
    assert not any(runs.glob("*"))
