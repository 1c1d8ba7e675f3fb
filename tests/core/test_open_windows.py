"""Windows that are open, closed, or were killed."""

import subprocess
import sys
from pathlib import Path

from workbench.core.open_windows import OpenWindows

STAYS = """
import pathlib, sys
from workbench.core.open_windows import OpenWindows
windows = OpenWindows(pathlib.Path(sys.argv[1]))
windows.begin()
print("open", flush=True)
sys.stdin.readline()
windows.end()
"""


def start(folder: Path) -> "subprocess.Popen[str]":
    child = subprocess.Popen(
        [sys.executable, "-c", STAYS, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "open\n"
    return child


def finds_killed(folder: Path) -> bool:
    windows = OpenWindows(folder)
    windows.begin()
    windows.look()
    windows.end()
    return windows.was_killed


def test_a_window_that_is_open_was_not_killed(tmp_path: Path) -> None:
    with start(tmp_path) as first:
        assert not finds_killed(tmp_path)
        first.communicate("\n")
    assert not finds_killed(tmp_path)
    assert list(tmp_path.glob("*.open")) == []


def test_a_window_that_was_killed_is_found_once_also_beside_one_that_is_open(tmp_path: Path) -> None:
    with start(tmp_path) as first, start(tmp_path) as second:
        first.kill()
        first.wait()
        assert finds_killed(tmp_path)
        assert not finds_killed(tmp_path)
        second.communicate("\n")


def test_a_disk_that_refuses_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert not finds_killed(tmp_path / "file")
