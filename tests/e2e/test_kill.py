"""kill -9 of the program and of its Sandbox: the next start has what was typed, functions are old or new."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.killed import TYPED_EVENT
from tests.e2e.main_job import GREETING, NEW_GREETING

PATIENCE_S = 120
RESTORED = "Unsaved edits restored. The last second of typing may be missing."
SAMPLES = Path(__file__).parents[2] / "resources" / "samples"


class Machine:
    """A home folder and a screen, on which programs come and go."""

    def __init__(self, home: Path, screen: dict[str, str]) -> None:
        self._environ = os.environ | screen | {"HOME": str(home), "WORKBENCH_HOME": str(home)}

    def run(self, phase: str, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tests.e2e.killed", phase, *words],
            cwd=Path(__file__).parents[2],
            env=self._environ,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    def seen_by(self, phase: str, *words: str) -> Any:
        """What a start prints."""
        done = self.run(phase, *words)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def run_until_killed(self, phase: str) -> None:
        done = self.run(phase)
        assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr

    def look(self, words: str) -> dict[str, Any]:
        """What the next start shows, once a message has these words."""
        seen: dict[str, Any] = self.seen_by("look", words)
        return seen


@pytest.fixture
def machine(tmp_path: Path, screen: dict[str, str]) -> Machine:
    return Machine(tmp_path, screen)


OLD = (SAMPLES / "hello-http" / "code" / "lambda_function.py").read_text("utf-8")
NEW = OLD.replace(GREETING, NEW_GREETING)


def test_what_was_typed_is_there_after_a_kill(machine: Machine) -> None:
    machine.run_until_killed("edit")

    seen = machine.look(RESTORED)

    assert seen["text"] == NEW
    assert seen["unsaved"]
    assert seen["deployed"] == OLD
    assert any(RESTORED in message for message in seen["messages"])


def test_a_test_event_is_there_after_a_kill_a_second_later(machine: Machine) -> None:
    machine.run_until_killed("event")

    assert machine.seen_by("ask") == TYPED_EVENT


def test_a_deploy_that_was_killed_is_old_or_new_and_said(machine: Machine) -> None:
    machine.run_until_killed("deploy")

    seen = machine.look("was interrupted")

    assert NEW_GREETING in seen["text"]
    assert not seen["unsaved"]
    assert not seen["stale"]
    said = [message for message in seen["messages"] if "was interrupted" in message]
    assert len(said) == 1
    if seen["deployed"] == OLD:
        assert "has the previous code" in said[0]
    else:
        assert seen["deployed"] == seen["text"]
        assert "has the new code" in said[0]
