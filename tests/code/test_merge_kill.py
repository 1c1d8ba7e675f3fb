"""kill -9 before each thing that a merge, or undoing one, does to the disk: made again, it ends the same."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(os.name != "posix", reason="there is no fork")
def test_a_merge_ends_the_same_wherever_it_was_killed(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.code.killed_merge", tmp_path],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert not done.returncode, done.stderr
    tries = dict(line.split() for line in done.stdout.splitlines())
    assert int(tries["apply"]) > 40
    assert int(tries["undo"]) > 30
