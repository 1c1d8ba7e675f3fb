"""One process owns a working copy; the lock ends with it."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.code.ownership import Ownership

OWNER = """
import sys
from pathlib import Path
from workbench.code.ownership import Ownership
print(Ownership().take([Path(sys.argv[1])]), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def here() -> Iterator[Ownership]:
    here = Ownership()
    yield here
    here.release()


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    return tmp_path / "account" / "region" / "hello.lock"


def test_another_process_owns_it_until_it_is_killed(here: Ownership, lock: Path) -> None:
    command = [sys.executable, "-c", OWNER, str(lock)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        assert not here.take([lock])
        other.kill()
        other.wait()
        assert here.take([lock])


def test_all_are_taken_or_none(here: Ownership, lock: Path) -> None:
    other, free = Ownership(), lock.with_name("free.lock")
    assert other.take([lock])
    assert not here.take([free, lock])
    assert other.take([free])
    other.release()
    assert here.take([free, lock])
    assert here.take([lock])  # it is here already
    here.release([lock])
    assert other.take([free])
    assert not other.take([lock])
    other.release()


def test_a_request_reaches_the_owner_once_and_ends_with_its_cause(here: Ownership, lock: Path) -> None:
    other = Ownership()
    assert other.take([lock])
    assert not other.is_asked_for([lock])
    here.ask_for([lock])
    assert other.is_asked_for([lock])
    assert not other.is_asked_for([lock])
    here.ask_for([lock])
    other.release()
    assert here.take([lock])
    assert not here.is_asked_for([lock])  # what was asked for is here


def test_a_home_that_cannot_be_written_is_owned_by_all(here: Ownership, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file in the way")
    assert here.take([tmp_path / "home" / "hello.lock"])
