"""Whose turn it is to edit the profiles."""

import os
import threading
from pathlib import Path

import pytest

from tests.fake_time import FakeClock, FakeContext
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.files import try_lock
from workbench.core.jobs import JobContext
from workbench.profiles.replace import edit_lock


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    return tmp_path / "state" / "lock"


def test_the_second_waits_for_the_first(lock: Path, tmp_path: Path) -> None:
    order: list[str] = []
    waiting = threading.Event()

    class Context(JobContext):
        def sleep(self, seconds: float) -> None:
            waiting.set()
            super().sleep(seconds)

    def second() -> None:
        with edit_lock(lock, [tmp_path], Context()):
            order.append("second")

    thread = threading.Thread(target=second)
    with edit_lock(lock, [tmp_path], JobContext()):
        thread.start()
        assert waiting.wait(10)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


@pytest.mark.parametrize("held", ["lock file", "folder"])
def test_it_does_not_wait_for_ever(lock: Path, tmp_path: Path, held: str) -> None:
    """Also for a Workbench with another home, which shares only the folder of the files."""
    other = lock if held == "lock file" else tmp_path / "elsewhere"
    ctx = FakeContext(FakeClock())
    with (
        edit_lock(other, [tmp_path], JobContext()),
        pytest.raises(WorkbenchError, match="editing them for 30 s"),
        edit_lock(lock, [tmp_path], ctx),
    ):
        pass
    assert sum(ctx.slept) == pytest.approx(30, abs=0.1)
    with edit_lock(lock, [tmp_path], JobContext()):  # and holds nothing afterwards
        pass


def test_cancel_ends_the_waiting(lock: Path, tmp_path: Path) -> None:
    ctx = FakeContext(FakeClock(), cancel_after_s=1)
    with edit_lock(lock, [tmp_path], JobContext()), pytest.raises(Cancelled), edit_lock(lock, [], ctx):
        pass


def test_folders_that_are_not_there_need_no_lock(lock: Path, tmp_path: Path) -> None:
    with edit_lock(lock, [tmp_path / "none", tmp_path], JobContext()):
        descriptor = os.open(tmp_path, os.O_RDONLY)
        assert not try_lock(descriptor)
        os.close(descriptor)


def test_a_lock_file_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(WorkbenchError, match="The profiles were not changed"),
        edit_lock(tmp_path / "file" / "lock", [], JobContext()),
    ):
        pass
