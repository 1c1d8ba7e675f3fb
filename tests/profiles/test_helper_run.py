"""How a helper program is run; what is made of its answer is in test_process_provider.py."""

import os
import shlex
import sys
from pathlib import Path

import pytest

from workbench.core.jobs import JobContext
from workbench.profiles.process_provider import run_helper


def test_what_a_helper_leaves_running_is_left_alone(tmp_path: Path) -> None:
    """It may be the browser that it opened. It is not waited for, though it holds the pipe."""
    left = tmp_path / "left"
    command = f"sh -c 'sleep 60 & echo $! > {left}; echo done'"
    assert run_helper("work", command, JobContext(), 10) == b"done\n"
    pid = int(left.read_text())
    os.kill(pid, 0)
    os.kill(pid, 9)


def test_a_helper_has_no_terminal_and_no_input() -> None:
    code = (
        "import os, sys; assert sys.stdin.read() == ''\n"
        "try: os.open('/dev/tty', os.O_RDWR)\nexcept OSError: print('none')"
    )
    assert run_helper("work", f"{sys.executable} -c {shlex.quote(code)}", JobContext(), 10) == b"none\n"


def test_no_shell_reads_the_command() -> None:
    assert run_helper("work", "echo '$HOME' ; `id`", JobContext(), 10) == b"$HOME ; `id`\n"


def test_the_program_that_was_looked_at_is_started_whatever_path_says_by_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("looked-at", "swapped"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "helper").write_text(f"#!/bin/sh\necho {name}\n")
        (tmp_path / name / "helper").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'swapped'}{os.pathsep}{os.environ['PATH']}")
    program = tmp_path / "looked-at" / "helper"
    assert run_helper("work", "helper", JobContext(), 10, program=program) == b"looked-at\n"
    assert run_helper("work", "helper", JobContext(), 10) == b"swapped\n"
