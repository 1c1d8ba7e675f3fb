"""Changes of files are told, however they are made, and the watch ends when told to."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from workbench.profiles.watch import FileWatch, stamps

SOON_S = 10.0
"""A change is told after 0.1 s; the longest that a busy machine may take."""


class Listener:
    """Counts what a watch tells."""

    def __init__(self) -> None:
        self.count = 0
        self._told = threading.Condition()

    def tell(self) -> None:
        with self._told:
            self.count += 1
            self._told.notify_all()

    def wait(self, condition: Callable[[], bool] | None = None) -> bool:
        """Until something more is told, or until the condition holds at one of the times."""
        with self._told:
            before = self.count
            return self._told.wait_for(condition or (lambda: self.count > before), SOON_S)


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def watched(tmp_path: Path, listener: Listener) -> Iterator[Path]:
    """A file that is watched; it does not exist, nor does its folder."""
    path = tmp_path / ".aws" / "config"
    watch = FileWatch([path, path.with_name("credentials")], listener.tell)
    watch.start()
    yield path
    watch.stop()


def after(listener: Listener, change: Callable[[], object]) -> None:
    """Makes a change and waits until it is told."""
    before = listener.count
    change()
    assert listener.wait(lambda: listener.count > before)


def test_a_folder_that_comes_later_and_every_change_in_it_is_told(watched: Path, listener: Listener) -> None:
    watched.parent.mkdir()
    after(listener, lambda: watched.write_text("[profile a]\n"))
    after(listener, lambda: watched.write_text("[profile bb]\n"))
    after(listener, lambda: watched.with_name("credentials").write_text("[a]\n"))
    after(listener, lambda: watched.chmod(0o600 if watched.stat().st_mode & 0o077 else 0o640))
    after(listener, watched.unlink)
    after(listener, lambda: shutil.rmtree(watched.parent))


def test_a_file_that_is_replaced_is_told(watched: Path, listener: Listener) -> None:
    watched.parent.mkdir()
    after(listener, lambda: watched.write_text("[profile a]\n"))
    other = watched.with_name("new")
    other.write_text("[profile b]\n")
    after(listener, lambda: other.replace(watched))
    after(listener, lambda: os.utime(watched, (1, 1)))


def test_a_folder_that_is_made_anew_is_watched_on(watched: Path, listener: Listener) -> None:
    watched.parent.mkdir()
    after(listener, lambda: watched.write_text("[profile a]\n"))
    shutil.rmtree(watched.parent)
    watched.parent.mkdir()
    after(listener, lambda: watched.write_text("[profile bb]\n"))
    after(listener, lambda: watched.write_text("[profile ccc]\n"))


def test_the_file_behind_a_link_is_watched_where_it_is(
    tmp_path: Path, watched: Path, listener: Listener
) -> None:
    real = tmp_path / "elsewhere" / "config"
    real.parent.mkdir()
    real.write_text("[profile a]\n")
    watched.parent.mkdir()
    after(listener, lambda: watched.symlink_to(real))
    after(listener, lambda: real.write_text("[profile bb]\n"))
    other = real.with_name("new")
    other.write_text("[profile ccc]\n")
    after(listener, lambda: other.replace(real))


def test_a_folder_s_files_are_watched(tmp_path: Path, listener: Listener) -> None:
    (tmp_path / "token.json").write_text("1")
    watch = FileWatch([tmp_path], listener.tell)
    watch.start()
    after(listener, lambda: (tmp_path / "token.json").write_text("22"))
    after(listener, lambda: (tmp_path / "other.json").write_text("22"))
    watch.stop()


def test_a_burst_of_changes_is_told_a_few_times_and_the_last_is_among_them(
    watched: Path, listener: Listener
) -> None:
    watched.parent.mkdir()
    seen: list[str] = []
    tell = listener.tell

    def look() -> None:
        seen.append(watched.read_text())
        tell()

    watch = FileWatch([watched], look)
    watch.start()
    for number in range(500):
        watched.write_text(f"[profile p{number}]\n")
    assert listener.wait(lambda: bool(seen) and seen[-1] == "[profile p499]\n")
    assert len(seen) < 100
    watch.stop()


def test_other_files_and_reading_are_not_told(watched: Path, listener: Listener) -> None:
    watched.parent.mkdir()
    after(listener, lambda: watched.write_text("[profile a]\n"))
    count = listener.count
    watched.read_text()
    for name in ("config.lock", "new"):
        watched.with_name(name).write_text("x")
    after(listener, lambda: watched.with_name("new").replace(watched))  # in one step: one change
    assert listener.count == count + 1


def test_a_watch_that_has_ended_tells_nothing_more(tmp_path: Path, listener: Listener) -> None:
    watch = FileWatch([tmp_path / "config"], listener.tell)
    watch.start()
    watch.stop()
    (tmp_path / "config").write_text("x")
    watch.stop()
    assert listener.count == 0
    assert "profile files" not in {thread.name for thread in threading.enumerate()}


def test_a_watch_may_be_ended_by_what_it_tells(tmp_path: Path) -> None:
    ended = threading.Event()

    def end() -> None:
        watch.stop()
        ended.set()

    watch = FileWatch([tmp_path / "config"], end)
    watch.start()
    (tmp_path / "config").write_text("x")
    assert ended.wait(SOON_S)
    watch.stop()


def test_a_change_between_looking_and_watching_is_told(tmp_path: Path, listener: Listener) -> None:
    path = tmp_path / "config"
    watch = FileWatch([path], listener.tell)
    watch.start()
    after(listener, lambda: path.write_text("x"))  # at once: the thread has hardly begun
    watch.stop()


def test_a_watch_that_was_never_started_may_be_stopped(listener: Listener) -> None:
    FileWatch([], listener.tell).stop()


def test_where_the_system_cannot_watch_the_files_are_looked_at(
    tmp_path: Path, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise OSError(28, "no space left on device")  # what Linux says when all watches are taken

    monkeypatch.setattr("watchfiles.watch", refuse)
    path = tmp_path / "config"
    watch = FileWatch([path], listener.tell)
    watch.start()
    after(listener, lambda: path.write_text("x"))
    watch.stop()


def test_what_is_not_there_has_a_stamp_too(tmp_path: Path) -> None:
    assert stamps([tmp_path / "none", tmp_path / "none" / "deeper"]) == ((), ())
