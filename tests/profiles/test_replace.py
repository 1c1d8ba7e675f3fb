"""Putting new content in a file's place: whole, or the file is as it was; and whose turn that is."""

import errno
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fake_time import FakeClock, FakeContext
from tests.profiles.edited_file import AFTER, CTX, TEXT, edit_of, names_in
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.files import try_lock
from workbench.core.jobs import JobContext
from workbench.profiles.ini_editor import AddSection, RemoveSection
from workbench.profiles.replace import edit_lock
from workbench.profiles.write import ConfigWriter


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


@pytest.mark.parametrize("make", [_folder, _pipe, _loop])
def test_what_is_no_file_is_said_and_not_waited_for(
    writer: ConfigWriter, config: Path, make: Callable[[Path], None]
) -> None:
    """H8."""
    make(config)
    with pytest.raises(WorkbenchError, match="config was not changed"):
        writer.write(edit_of(config), "", CTX)


def test_a_link_to_nowhere_leads_to_a_new_file(writer: ConfigWriter, tmp_path: Path) -> None:
    link = tmp_path / "config"
    link.symlink_to(tmp_path / "dotfiles" / "aws")
    writer.write(edit_of(link, AddSection("default")), "", CTX)
    assert link.is_symlink()
    assert link.read_text() == "[default]\n"


def test_a_broken_file_is_left_alone(writer: ConfigWriter, config: Path) -> None:
    config.write_text(TEXT + "[default]\n")
    with pytest.raises(WorkbenchError) as caught:
        writer.write(edit_of(config), "", CTX)
    assert caught.value.what == "config was not changed."
    assert "Line 4" in caught.value.why
    assert config.read_text() == TEXT + "[default]\n"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real disk of 64 KB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(disk)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting needs root")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_keeps_the_file(writer: ConfigWriter, small_disk: Path) -> None:
    """W4."""
    path = small_disk / "config"
    path.write_text(TEXT + "# filler\n" * 4000)
    before = path.read_bytes()
    with pytest.raises(WorkbenchError, match="full"):
        writer.write(edit_of(path), "", CTX)
    assert path.read_bytes() == before
    assert names_in(small_disk) == ["config"]
    assert writer.journal.entries() == ()


def test_a_full_disk_of_the_second_file_keeps_the_first(
    writer: ConfigWriter, config: Path, small_disk: Path
) -> None:
    """W4 with two files: the new content of both is on the disk before the first changes."""
    path = small_disk / "credentials"
    path.write_text(TEXT + "# filler\n" * 4000)
    status = config.stat()
    with pytest.raises(WorkbenchError, match="credentials was not changed"):
        writer.write([*edit_of(config), *edit_of(path)], "", CTX)
    assert config.read_text() == TEXT
    assert config.stat().st_ino == status.st_ino
    assert writer.journal.entries() == ()


@pytest.fixture
def locked_folder(config: Path) -> Iterator[Path]:
    """The file's folder, which even root cannot write."""
    config.parent.chmod(0o500)
    immutable = os.geteuid() == 0
    if immutable:
        command = ["mount", "--bind", str(config.parent), str(config.parent)]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("mounting is not allowed")
        subprocess.run(["mount", "-o", "remount,ro,bind", str(config.parent)], check=True)
    yield config.parent
    if immutable:
        subprocess.run(["umount", str(config.parent)], check=True)
    config.parent.chmod(0o700)


def test_a_folder_that_cannot_be_written_is_said(
    writer: ConfigWriter, config: Path, locked_folder: Path
) -> None:
    """W4."""
    with pytest.raises(WorkbenchError, match="do not have permission"):
        writer.write(edit_of(config), "", CTX)
    assert config.read_text() == TEXT
    assert names_in(locked_folder) == ["config"]


def test_when_the_second_file_fails_the_first_is_as_it_was(
    writer: ConfigWriter, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, new = config.with_name("credentials"), config.with_name("new")
    other.write_text(TEXT)
    replace = os.replace

    def fail(source: Path, target: Path) -> None:
        if target == other:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        replace(source, target)

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(WorkbenchError, match="credentials was not changed"):
        writer.write([*edit_of(config), *edit_of(new, AddSection("a")), *edit_of(other)], "", CTX)
    assert (config.read_text(), other.read_text()) == (TEXT, TEXT)
    assert names_in(config.parent) == ["config", "credentials"]
    assert writer.journal.entries() == ()


@pytest.mark.parametrize("code", [errno.EBUSY, errno.EXDEV])
def test_a_file_that_cannot_be_replaced_is_written_in_place(
    writer: ConfigWriter, config: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def fail(source: Path, target: Path) -> None:
        if target == config:
            raise OSError(code, os.strerror(code))
        replace(source, target)

    before, replace = config.stat().st_ino, os.replace
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fail)
        writer.write(edit_of(config, RemoveSection("default"), AddSection("a")), "", CTX)
    assert config.read_text() == "# mine\n\n[a]\n"
    assert config.stat().st_ino == before
    assert names_in(config.parent) == ["config"]


def test_a_file_that_is_mounted_by_itself_is_written_in_place(writer: ConfigWriter, config: Path) -> None:
    """As a container mounts one: really EBUSY."""
    other = config.with_name("outside")
    other.write_text(TEXT)
    if subprocess.run(["mount", "--bind", other, config], capture_output=True, check=False).returncode:
        pytest.skip("mounting needs root")
    try:
        writer.write(edit_of(config), "", CTX)
        assert config.read_text() == AFTER
    finally:
        subprocess.run(["umount", config], check=True)
    assert other.read_text() == AFTER


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
        pytest.raises(WorkbenchError, match="editing them for 30 s") as caught,
        edit_lock(lock, [tmp_path], ctx),
    ):
        pass
    assert caught.value.what == "The profiles were not changed."
    assert sum(ctx.slept) == pytest.approx(30, abs=0.1)
    with edit_lock(lock, [tmp_path], JobContext()):  # and holds nothing afterwards
        pass


def test_a_disk_without_locks_keeps_nobody_waiting(
    lock: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As network folders are: no other lock of the file system is left to ask."""

    def refuse(_descriptor: int) -> bool:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("workbench.profiles.replace.try_lock", refuse)
    ctx = FakeContext(FakeClock())
    with edit_lock(lock, [tmp_path], ctx):
        pass
    assert not ctx.slept


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
