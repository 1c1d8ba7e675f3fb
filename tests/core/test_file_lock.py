"""The lock is one holder's, whichever process that is, and goes with it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.core.files import try_lock

_HOLD = """
import os, sys
from workbench.core.files import try_lock
print(try_lock(os.open(sys.argv[1], os.O_RDONLY)), flush=True)
sys.stdin.read()
"""


@pytest.fixture(params=["file", "folder"])
def thing(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "thing"
    if request.param == "file":
        path.touch()
    else:
        path.mkdir()
    return path


def test_only_one_descriptor_has_it(thing: Path) -> None:
    first, second = (os.open(thing, os.O_RDONLY) for _ in range(2))
    try:
        assert try_lock(first)
        assert not try_lock(second)
        os.close(first)
        first = -1
        assert try_lock(second)
    finally:
        os.close(second)
        if first >= 0:
            os.close(first)


def test_a_process_that_is_killed_holds_it_no_more(thing: Path) -> None:
    descriptor = os.open(thing, os.O_RDONLY)
    command = [sys.executable, "-c", _HOLD, str(thing)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        assert other.stdout.readline() == b"True\n"
        assert not try_lock(descriptor)
        other.kill()
        other.wait()
        assert try_lock(descriptor)
    os.close(descriptor)


def test_what_cannot_be_locked_is_an_error() -> None:
    with pytest.raises(OSError, match="descriptor"):
        try_lock(100_000)  # not open
