"""Saving: a full disk, a locked folder or a crash never costs what was there.

A lock is one holder's, whichever process that is, and goes with it.
"""

import errno
import os
import resource
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.core import files as files_module
from workbench.core.errors import WorkbenchError
from workbench.core.files import (
    copy_private,
    explain_os_error,
    is_locked,
    make_file,
    megabytes,
    move,
    path_below,
    replacing,
    touch_private,
    try_lock,
    write_atomic,
)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real disk of 64 KB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting needs root")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_file_is_replaced_whole_and_private(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "settings.json"
    write_atomic(path, b"old")
    write_atomic(path, b"new and longer")
    assert path.read_bytes() == b"new and longer"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["settings.json"]


@pytest.fixture
def open_umask() -> Iterator[None]:
    """Nothing is private that does not ask for it."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_mode_is_the_callers(tmp_path: Path, open_umask: None) -> None:
    path = tmp_path / "project" / "bin" / "bootstrap"
    write_atomic(path, b"#!/bin/sh", mode=0o755)
    assert mode_of(path) == 0o755
    assert mode_of(path.parent) == mode_of(path.parent.parent) == 0o777  # a project's folders are the user's
    write_atomic(tmp_path / "state" / "of" / "it", b"")
    assert mode_of(tmp_path / "state") == mode_of(tmp_path / "state" / "of") == 0o700


@pytest.mark.parametrize("there", [False, True])
def test_files_of_ours_are_for_this_user_only(tmp_path: Path, open_umask: None, there: bool) -> None:
    path, source = tmp_path / "file", tmp_path / "source"
    source.write_bytes(b"new")
    if there:
        path.write_bytes(b"old and longer")
    copy_private(source, path)
    assert (path.read_bytes(), mode_of(path)) == (b"new", 0o600)

    touch_private(path)
    assert (path.read_bytes(), mode_of(path)) == (b"new", 0o600)
    touch_private(tmp_path / "empty")
    assert mode_of(tmp_path / "empty") == 0o600

    with replacing(path) as file:
        (part,) = (each for each in tmp_path.iterdir() if each.name.startswith(".file.part-"))
        assert mode_of(part) == 0o600
        file.write(b"newest")
        assert path.read_bytes() == b"new"
    assert (path.read_bytes(), mode_of(path)) == (b"newest", 0o600)

    descriptor, name = make_file(tmp_path, "any-")
    os.close(descriptor)
    assert mode_of(Path(name)) == 0o600


def test_a_link_in_the_place_of_a_private_copy_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"secret")
    (tmp_path / "theirs").write_bytes(b"theirs")
    (tmp_path / "copy").symlink_to(tmp_path / "theirs")
    with pytest.raises(OSError, match="symbolic link"):
        copy_private(tmp_path / "source", tmp_path / "copy")
    assert (tmp_path / "theirs").read_bytes() == b"theirs"


def test_a_folder_that_another_window_makes_at_the_same_moment_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mkdir = Path.mkdir

    def make_both(path: Path, *arguments: object, **options: object) -> None:
        mkdir(path, *arguments, **options)  # type: ignore[arg-type]
        if path.name == "outer":
            mkdir(path / "inner")

    monkeypatch.setattr(Path, "mkdir", make_both)
    write_atomic(tmp_path / "outer" / "inner" / "file", b"it")
    assert (tmp_path / "outer" / "inner" / "file").read_bytes() == b"it"


def test_a_copy_that_cannot_be_made_private_is_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "source").write_bytes(b"secret")
    (tmp_path / "copy").write_bytes(b"old")
    (tmp_path / "copy").chmod(0o644)

    def refuse(_descriptor: int, _mode: int) -> None:
        raise PermissionError(errno.EPERM, "refused")

    monkeypatch.setattr(os, "fchmod", refuse)
    with pytest.raises(PermissionError):
        copy_private(tmp_path / "source", tmp_path / "copy")
    assert b"secret" not in (tmp_path / "copy").read_bytes()


@pytest.mark.parametrize("error", [OSError(errno.EIO, "broken"), KeyboardInterrupt()])
def test_a_replacement_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, error: BaseException
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def fail() -> None:
        with replacing(path) as file:
            file.write(b"half")
            raise error

    with pytest.raises(type(error)):
        fail()
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_an_unfinished_file_on_another_disk_is_made_beside_instead(tmp_path: Path, small_disk: Path) -> None:
    path = tmp_path / "file"
    write_atomic(path, b"new", 0o644, small_disk)
    assert (path.read_bytes(), mode_of(path)) == (b"new", 0o644)
    assert list(small_disk.iterdir()) == []


@pytest.mark.parametrize("elsewhere", [False, True], ids=["same disk", "another disk"])
def test_a_folder_is_moved_with_all_that_is_in_it(
    tmp_path: Path, elsewhere: bool, request: pytest.FixtureRequest
) -> None:
    target = (request.getfixturevalue("small_disk") if elsewhere else tmp_path) / "target"
    source = tmp_path / "source"
    source.mkdir()
    (source / "file").write_bytes(b"it")
    move(source, target)
    assert (target / "file").read_bytes() == b"it"
    assert not source.exists()
    with pytest.raises(FileNotFoundError):
        move(source, target / "again")


def test_a_full_disk_keeps_the_old_file(small_disk: Path) -> None:
    path = small_disk / "draft.py"
    write_atomic(path, b"old")
    with pytest.raises(WorkbenchError, match="full") as caught:
        write_atomic(path, os.urandom(200_000))
    assert path.read_bytes() == b"old"
    assert [each.name for each in small_disk.iterdir()] == ["draft.py"]  # and no rest lies about
    assert "Free some space" in caught.value.remedy


def test_a_file_size_limit_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "draft.py"
    path.write_bytes(b"old")
    code = (
        "import sys; from pathlib import Path; from workbench.core.files import write_atomic\n"
        "try: write_atomic(Path(sys.argv[1]), bytes(200_000))\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.stdout.startswith("WorkbenchError draft.py could not be saved.")
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["draft.py"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(WorkbenchError, match="do not have permission"):
        write_atomic(tmp_path / "a", b"")
    tmp_path.chmod(0o700)


def test_a_file_in_the_place_of_the_folder_is_an_error_in_words(tmp_path: Path) -> None:
    (tmp_path / "folder").write_bytes(b"")
    with pytest.raises(WorkbenchError) as caught:
        write_atomic(tmp_path / "folder" / "file", b"")
    assert caught.value.what == "file could not be saved."
    assert str(tmp_path / "folder") in caught.value.why


@pytest.mark.parametrize(
    ("number", "why"),
    [
        (errno.ENOSPC, "The disk of /srv/data is full."),
        (errno.EDQUOT, "The disk of /srv/data is full."),
        (errno.EACCES, "You do not have permission to access /srv/data/file."),
        (errno.EPERM, "You do not have permission to access /srv/data/file."),
        (errno.EROFS, "You do not have permission to access /srv/data/file."),
        (errno.EIO, "/srv/data/file: Input/output error"),
    ],
)
def test_what_the_disk_refuses_is_explained(number: int, why: str) -> None:
    error = explain_os_error(OSError(number, os.strerror(number)), "It failed.", Path("/srv/data/file"))
    assert (error.what, error.why) == ("It failed.", why)


def test_an_error_without_a_number_is_told_as_it_is() -> None:
    error = explain_os_error(OSError("It is odd"), "It failed.", Path("/srv/data/file"))
    assert error.why == "/srv/data/file: It is odd"


def test_sizes_are_in_lambdas_megabytes() -> None:
    assert [megabytes(size) for size in (0, 60_000_000, 2048 * 1024**2)] == ["0.0", "57.2", "2,048.0"]


@pytest.mark.parametrize(
    "part", ["", ".", "..", "a/b", "/etc", "a\\b", "a\0b", "a\nb", "C:", "file:stream", "x.", "x ", "..."]
)
def test_a_part_of_a_path_is_one_name(tmp_path: Path, part: str) -> None:
    with pytest.raises(WorkbenchError, match="cannot be the name of a file"):
        path_below(tmp_path, "ok", part)


@pytest.mark.parametrize("part", ["a\u202egpj.py", "\u2066x\u2069", "a\u2028b", "a\u2029b", "a\x85b"])
def test_a_part_of_a_path_does_not_look_like_another(tmp_path: Path, part: str) -> None:
    with pytest.raises(WorkbenchError, match="cannot be the name of a file") as caught:
        path_below(tmp_path, part)
    assert "look like another name" in caught.value.why
    assert part not in str(caught.value)


@pytest.mark.parametrize("part", ["CON", "nul", "Aux.txt", "com1.tar.gz", "LPT9 .x"])
def test_devices_of_windows_are_no_files_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    assert path_below(tmp_path, part) == tmp_path / part  # a function may have this name
    monkeypatch.setattr(files_module, "_IS_WINDOWS", True)
    with pytest.raises(WorkbenchError, match="name of a device"):
        path_below(tmp_path, part)
    for name in ("console", "null", "com10", "auxiliary.py", "x.con"):
        assert path_below(tmp_path, name) == tmp_path / name


def test_names_of_all_scripts_are_names(tmp_path: Path) -> None:
    """With joiners, marks of direction and signs that are made of several characters."""
    for name in ("می‌خواهم", "שלום\u200f", "क्‍ष", "👩‍💻", "naïve café", "日本語"):
        assert path_below(tmp_path, name) == tmp_path / name


def test_a_path_below_a_root_may_have_any_name_in_it(tmp_path: Path) -> None:
    assert path_below(tmp_path, "123456789012", "orders~1f@7", "INDEX", "$LATEST.zip") == (
        tmp_path / "123456789012" / "orders~1f@7" / "INDEX" / "$LATEST.zip"
    )


def test_a_link_below_a_root_may_lead_inside_but_not_outside(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "real").mkdir(parents=True)
    (root / "inside").symlink_to(root / "real")
    (root / "outside").symlink_to(tmp_path)
    (tmp_path / "link").symlink_to(root)
    assert path_below(root, "inside", "x").parent == root / "inside"
    assert path_below(tmp_path / "link", "x") == tmp_path / "link" / "x"  # the root itself may be one
    with pytest.raises(WorkbenchError, match="“outside/x” cannot be the name of a file"):
        path_below(root, "outside", "x")


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


def test_who_only_looks_sees_whether_another_has_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert not is_locked(path)
    path.touch()
    assert not is_locked(path)
    descriptor = os.open(path, os.O_RDONLY)
    assert try_lock(descriptor)
    assert is_locked(path)
    os.close(descriptor)
    assert not is_locked(path)
    assert is_locked(tmp_path), "it is not known: nobody can write a folder"


def test_on_a_disk_without_locks_nobody_knows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_descriptor: int) -> bool:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("workbench.core.files.try_lock", refuse)
    (tmp_path / "file").touch()
    assert is_locked(tmp_path / "file")
