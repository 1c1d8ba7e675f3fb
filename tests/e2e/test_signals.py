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

from tests.no_graphics import without_paths_warning

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0


def milestones(path: Path) -> list[str]:
    """What the start has reached."""
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return [json.loads(line)["milestone"] for line in lines]


def start_and_end(tmp_path: Path, screen: dict[str, str], number: signal.Signals) -> tuple[int, str]:
    """Starts the program, waits until all is there, sends a signal; its exit status, and what it printed."""
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
    assert not any(runs.glob("*"))
    return program.returncode, "\n".join(without_paths_warning(said.splitlines()))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_closes_the_program_as_its_button_does(
    tmp_path: Path, screen: dict[str, str], number: signal.Signals
) -> None:
    assert start_and_end(tmp_path, screen, number) == (0, "")
    settings = json.loads((tmp_path / "workbench" / "config" / "settings.json").read_bytes())
    assert settings["window.geometry"]


def test_the_program_starts_with_numbers_that_nothing_can_hold(
    tmp_path: Path, screen: dict[str, str]
) -> None:
    config = tmp_path / "workbench" / "config"
    config.mkdir(parents=True, mode=0o700)
    numbers = ("ui.text_size", "editor.font_size", "safety.idle_lock_min", "logs.range_s", "metrics.range_s")
    values: dict[str, object] = dict.fromkeys(numbers, 10**30)
    values |= {"window.splitter.outer": [10**30, -(10**30)], "window.geometry": "no geometry"}
    (config / "settings.json").write_text(json.dumps(values))
    assert start_and_end(tmp_path, screen, signal.SIGTERM) == (0, "")
    stored = json.loads((config / "settings.json").read_bytes())
    assert all(0 < size < 10_000 for size in stored["window.splitter.outer"])
    assert stored["window.geometry"] != "no geometry"
