"""Very many profiles are read soon, and nobody waits for it."""

import gc
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from workbench.profiles.model import ProfileKind, ProfileList
from workbench.profiles.read import read_profiles

MANY = 100_000


def write(path: Path, count: int) -> dict[str, str]:
    """Roles of three accounts, taken with every tenth profile's key; returns the environment."""
    with path.open("w") as file:
        for number in range(count):
            file.write(f"[profile p{number:06}]\nregion = eu-central-1\n")
            if number % 10 == 0:
                file.write(f"aws_access_key_id = AKID{number}\naws_secret_access_key = s{number}\n\n")
            else:
                file.write(f"role_arn = arn:aws:iam::12345678901{number % 3}:role/r\n")
                file.write(f"source_profile = p{number // 10 * 10:06}\n\n")
    return {"AWS_CONFIG_FILE": str(path), "AWS_SHARED_CREDENTIALS_FILE": str(path.with_name("none"))}


@pytest.fixture
def as_in_the_app() -> Iterator[None]:
    """Threads take turns as often as app.py lets them, and what was there before is no garbage to search."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()
    sys.setswitchinterval(before)


class Turns:
    """How long a thread worked at most between two turns of the main thread.

    Its work counts, not the time that went by: other programs take the processor away from a thread that has
    the lock of Python, and nothing here could help that.
    """

    def __init__(self, worker: threading.Thread) -> None:
        self.longest_s = self.all_s = 0.0
        self._clock = time.pthread_getcpuclockid(worker.ident or 0)
        self._last = self._now()
        self._timer = QTimer()
        self._timer.timeout.connect(self.look)
        self._timer.start(2)

    def _now(self) -> tuple[float, float]:
        return time.clock_gettime(self._clock), time.perf_counter()

    def look(self) -> None:
        """Counts what it did since the last time."""
        try:
            now = self._now()
        except OSError:  # the thread has ended
            self._timer.stop()
            return
        worked_s, passed_s = (after - before for before, after in zip(self._last, now, strict=True))
        self.longest_s = max(self.longest_s, min(worked_s, passed_s))
        self.all_s += worked_s
        self._last = now


def test_a_hundred_thousand_profiles_stall_nobody(qtbot: QtBot, tmp_path: Path, as_in_the_app: None) -> None:
    """H9: the event loop has its turn again and again while another thread reads."""
    environ = write(tmp_path / "config", MANY)
    read: list[ProfileList] = []
    has_read, may_end = threading.Event(), threading.Event()

    def work() -> None:
        read.append(read_profiles(environ))
        has_read.set()
        may_end.wait(60)

    thread = threading.Thread(target=work)
    thread.start()
    turns = Turns(thread)
    qtbot.waitUntil(has_read.is_set, timeout=60_000)
    turns.look()  # what it freed in the end counts, too
    may_end.set()
    thread.join()
    [found] = read
    assert len(found.profiles) == MANY
    assert [hop.profile_name for hop in found.profiles[15].chain] == ["p000015", "p000010"]
    assert not any(profile.problems for profile in found.profiles[:1000])
    assert turns.longest_s < turns.all_s / 10


def test_three_hundred_profiles_are_read(tmp_path: Path) -> None:
    environ = write(tmp_path / "config", 300)
    found = read_profiles(environ)
    assert [profile.kind for profile in found.profiles[:2]] == [ProfileKind.STATIC, ProfileKind.ASSUME_ROLE]
