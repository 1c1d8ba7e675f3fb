"""The store of earlier packages: whole or not there, bounded, and never in the way of a deploy."""

import base64
import hashlib
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.deploy.bench import CTX, zip_of
from workbench.core.errors import WorkbenchError
from workbench.deploy.journal import PackageStore


def _package(folder: Path, text: str) -> tuple[Path, str]:
    data = zip_of({"app.py": text})
    path = folder / f"{text}.zip"
    path.write_bytes(data)
    return path, base64.b64encode(hashlib.sha256(data).digest()).decode()


@pytest.fixture
def store(tmp_path: Path) -> PackageStore:
    return PackageStore(tmp_path / "kept", most_bytes=300)  # two of these packages, not three


def _age(store: PackageStore, sha256: str, seconds: int) -> None:
    os.utime(store._entry(sha256), (seconds, seconds))


def test_a_kept_package_outlives_its_source(store: PackageStore, tmp_path: Path) -> None:
    path, sha256 = _package(tmp_path, "a")
    data = path.read_bytes()
    store.keep(path, sha256)
    path.unlink()

    package = store.find(sha256, CTX)

    assert package is not None
    assert package.path.read_bytes() == data
    assert (package.code_sha256, package.size_bytes) == (sha256, len(data))
    assert list(package.contents.files) == ["app.py"]
    assert store.size_of(sha256) == len(data)


@pytest.mark.parametrize("sha256", ["", "no base64!", "aGVsbG8="])
def test_what_is_not_kept_is_not_found(store: PackageStore, sha256: str, tmp_path: Path) -> None:
    assert store.size_of(sha256) == 0
    assert store.find(sha256, CTX) is None
    assert not store.lend(sha256, tmp_path / "lent.zip")
    with pytest.raises(WorkbenchError, match="is no longer on this computer"):
        store.need(sha256, CTX, "Nothing was rolled back.")


def test_the_least_used_goes_when_there_is_no_room(store: PackageStore, tmp_path: Path) -> None:
    packages = [_package(tmp_path, name) for name in "abc"]
    for age, (path, sha256) in enumerate(packages[:2]):
        store.keep(path, sha256)
        _age(store, sha256, age)
    store.keep(*packages[0])  # used again
    store.keep(*packages[2])

    assert [bool(store.size_of(sha256)) for _path, sha256 in packages] == [True, False, True]
    assert store.total_bytes() == 2 * packages[0][0].stat().st_size


def test_the_last_two_stay_whatever_they_measure(tmp_path: Path) -> None:
    store = PackageStore(tmp_path / "kept", most_bytes=1)
    packages = [_package(tmp_path, name) for name in "abc"]
    for age, (path, sha256) in enumerate(packages):
        store.keep(path, sha256)
        _age(store, sha256, age)
    assert [bool(store.size_of(sha256)) for _path, sha256 in packages] == [False, True, True]


def test_a_damaged_package_is_not_handed_out(
    store: PackageStore, tmp_path: Path, expect_log: Callable[[str], None]
) -> None:
    path, sha256 = _package(tmp_path, "a")
    store.keep(path, sha256)
    path.unlink()
    expect_log("is damaged")
    (store._entry(sha256) / "package.zip").write_bytes(b"PK")

    assert store.find(sha256, CTX) is None
    assert store.size_of(sha256) == 0


def test_what_a_kill_left_half_made_is_removed(store: PackageStore, tmp_path: Path) -> None:
    unfinished = tmp_path / "kept" / ".0123456789abcdef"
    unfinished.mkdir(parents=True)
    (unfinished / "package.zip").write_bytes(b"half")
    store.keep(*_package(tmp_path, "a"))
    assert unfinished.exists()  # it may be another deploy's, which is at it now
    os.utime(unfinished, (1, 1))
    store.keep(*_package(tmp_path, "b"))
    assert not unfinished.exists()


def test_deploys_that_keep_the_same_package_at_once_do_not_disturb_each_other(
    store: PackageStore, tmp_path: Path
) -> None:
    path, sha256 = _package(tmp_path, "a")
    together = threading.Barrier(8)

    def keep(_number: int) -> None:
        together.wait()
        store.keep(path, sha256)  # a word in the log would fail this test

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(keep, range(8)))
    assert store.find(sha256, CTX) is not None
    assert [each.name for each in (tmp_path / "kept").iterdir()] == [store._entry(sha256).name]


def test_a_disk_that_refuses_does_not_stop_a_deploy(
    store: PackageStore, tmp_path: Path, expect_log: Callable[[str], None]
) -> None:
    path, sha256 = _package(tmp_path, "a")
    (tmp_path / "kept").write_text("a file in the way")
    expect_log("is not kept")

    store.keep(path, sha256)

    assert store.size_of(sha256) == 0
