"""Saving: a full disk, a locked folder or a crash never costs what was there.

A lock is one holder's, whichever process that is, and goes with it.
"""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.core.errors import WorkbenchError
from workbench.core.files import path_below, try_lock, write_atomic


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


def test_the_mode_is_the_callers(tmp_path: Path) -> None:
    write_atomic(tmp_path / "bootstrap", b"#!/bin/sh", mode=0o755)
    assert (tmp_path / "bootstrap").stat().st_mode & 0o777 == 0o755


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
    "part", ["", ".", "..", "a/b", "/etc", "a\\b", "a\0b", "a\nb", "C:", "file:stream", "x.", "x ", "..."]
)
def test_a_part_of_a_path_is_one_name(tmp_path: Path, part: str) -> None:
    with pytest.raises(WorkbenchError, match="cannot be the name of a file"):
        path_below(tmp_path, "ok", part)


def test_a_path_below_a_root_may_have_any_name_in_it(tmp_path: Path) -> None:
    assert path_below(tmp_path, "123456789012", "orders~1f@7", "$LATEST.zip") == (
        tmp_path / "123456789012" / "orders~1f@7" / "$LATEST.zip"
    )


def test_a_link_below_a_root_may_lead_inside_but_not_outside(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "real").mkdir(parents=True)
    (root / "inside").symlink_to(root / "real")
    (root / "outside").symlink_to(tmp_path)
    (tmp_path / "link").symlink_to(root)
    assert path_below(root, "inside", "x").parent == root / "inside"
    assert path_below(tmp_path / "link", "x") == tmp_path / "link" / "x"  # the root itself may be one
    with pytest.raises(WorkbenchError):
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
