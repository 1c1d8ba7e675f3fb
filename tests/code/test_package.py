"""Packages: the same for everybody, complete, and refused in words when they cannot be."""

import os
import random
import resource
import socket
import subprocess
import tempfile
import threading
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.code.zips import make_zip
from workbench.code.package import Package, Rules, build_package, package_name_of
from workbench.code.unpack import read_contents, unpack
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext, Progress

FILES = {
    "app.py": b"x = 1\n",
    "bin/run.sh": b"#!/bin/sh\n",
    "lib/ünï.txt": "é".encode(),
    "a/b/c/deep.txt": b"d",
    "long.txt": b"the same again and again " * 1000,
}


def _tree(root: Path, names: list[str], umask: int, mtime: float) -> Path:
    old = os.umask(umask)
    try:
        for name in names:
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(FILES[name])
            os.utime(path, (mtime, mtime))
        (root / "empty").mkdir()
    finally:
        os.umask(old)
    (root / "bin/run.sh").chmod(0o700)
    return root


def _pack(root: Path, target_dir: Path) -> Package:
    return build_package(
        root, target_dir, JobContext(), Rules(empty_folders=frozenset({"empty", "never there"}))
    )


def test_the_same_files_give_the_same_bytes_whoever_packs_them(tmp_path: Path) -> None:
    names = list(FILES)
    one = _pack(_tree(tmp_path / "one", names, 0o022, 1e9), tmp_path / "p1")
    random.Random(7).shuffle(names)
    two = _pack(_tree(tmp_path / "elsewhere" / "two", names, 0o077, 1.7e9), tmp_path / "p2")

    assert one.path.read_bytes() == two.path.read_bytes()
    assert one.code_sha256 == two.code_sha256
    assert one.path.name == package_name_of(one.code_sha256)
    assert one.size_bytes == one.path.stat().st_size
    assert list(one.path.parent.iterdir()) == [one.path]


def test_the_bytes_of_a_package_stay_what_they_are() -> None:
    """Pinned: a change here makes every function of every user look changed."""
    with tempfile.TemporaryDirectory() as folder:
        package = _pack(_tree(Path(folder) / "code", list(FILES), 0o022, 1e9), Path(folder) / "p")
        with zipfile.ZipFile(package.path) as archive:
            listing = [
                (
                    info.filename,
                    info.external_attr >> 16,
                    info.create_system,
                    info.date_time,
                    info.compress_type,
                )
                for info in archive.infolist()
            ]
    first = (1980, 1, 1, 0, 0, 0)
    assert listing == [
        ("a/b/c/deep.txt", 0o100644, 3, first, zipfile.ZIP_STORED),  # it would only grow
        ("app.py", 0o100644, 3, first, zipfile.ZIP_STORED),
        ("bin/run.sh", 0o100755, 3, first, zipfile.ZIP_STORED),
        ("lib/ünï.txt", 0o100644, 3, first, zipfile.ZIP_STORED),
        ("long.txt", 0o100644, 3, first, zipfile.ZIP_DEFLATED),
        ("empty/", 0o040755, 3, first, zipfile.ZIP_STORED),
    ]
    assert package.code_sha256 == "EqZeFwVJnlCBrPdM7JfBuFHg8DWT57kl+fNyh7czlb0="


def test_another_tool_reads_the_package(tmp_path: Path) -> None:
    package = _pack(_tree(tmp_path / "code", list(FILES), 0o022, 1e9), tmp_path / "p")

    subprocess.run(["unzip", "-q", package.path, "-d", tmp_path / "out"], check=True)

    out = tmp_path / "out"
    assert {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file()} == FILES
    assert os.access(out / "bin/run.sh", os.X_OK)


def test_a_package_unpacked_and_packed_again_is_the_same(tmp_path: Path) -> None:
    package = _pack(_tree(tmp_path / "code", list(FILES), 0o022, 1e9), tmp_path / "p")

    contents = unpack(package.path, tmp_path / "again", JobContext())
    again = _pack(tmp_path / "again", tmp_path / "p2")

    assert again.code_sha256 == package.code_sha256
    assert contents == package.contents == again.contents == read_contents(package.path, JobContext())


def test_a_package_of_another_tool_is_known_to_hold_the_same_code(tmp_path: Path) -> None:
    theirs = make_zip(tmp_path / "t.zip", {"__pycache__/app.cpython-313.pyc": "old", "lib/": "", **FILES}, {
        "bin/run.sh": 0o100775, "lib/": 0o040755,
    })  # fmt: skip
    base = unpack(theirs, tmp_path / "code", JobContext())
    ours = build_package(tmp_path / "code", tmp_path / "p", JobContext())

    assert ours.path.read_bytes() != theirs.read_bytes()
    assert ours.contents.same_code(base)
    (tmp_path / "code/bin/run.sh").chmod(0o644)
    assert not build_package(tmp_path / "code", tmp_path / "p", JobContext()).contents.same_code(base)


def test_what_never_belongs_into_a_package_stays_out(tmp_path: Path) -> None:
    for name in [
        "app.py",
        "__pycache__/app.pyc",
        ".git/HEAD",
        "lib/__pycache__/x.pyc",
        ".DS_Store",
        ".env",
        "x.pyc",
    ]:
        (tmp_path / "code" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "code" / name).write_text(name)
    (tmp_path / "code/.git/hooks").mkdir()

    package = build_package(tmp_path / "code", tmp_path / "p", JobContext())

    assert set(package.contents.files) == {"app.py", "x.pyc"}
    assert not package.contents.empty_folders  # of lib


def test_a_link_inside_the_code_is_packed_as_its_file(tmp_path: Path) -> None:
    root = _tree(tmp_path / "code", list(FILES), 0o022, 1e9)
    (root / "link.py").symlink_to("app.py")

    contents = build_package(root, tmp_path / "p", JobContext()).contents

    assert contents.files["link.py"] == contents.files["app.py"]


def _outside(root: Path) -> None:
    (root / "evil").symlink_to("/etc/hostname")


def _to_folder(root: Path) -> None:
    (root / "loop").symlink_to(".")


def _dangling(root: Path) -> None:
    (root / "gone").symlink_to("nothing")


def _socket(root: Path) -> None:
    old = Path.cwd()
    os.chdir(root)  # names of sockets are short
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("s.sock")
    finally:
        os.chdir(old)


def _backslash(root: Path) -> None:
    (root / "a\\b").touch()


def _not_unicode(root: Path) -> None:
    (root / os.fsdecode(b"caf\xe9")).touch()


def _empty(root: Path) -> None:
    (root / "app.py").unlink()


def _large(root: Path) -> None:
    (root / "data").mkdir()
    with (root / "data" / "big.bin").open("wb") as file:
        file.truncate(263_000_000)


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (_outside, "evil is a link that leads out"),
        (_to_folder, "loop is a link to a folder that contains it"),
        (_dangling, "gone is a link"),
        (_socket, "s.sock is a device, a socket"),
        (_backslash, "backslash"),
        (_not_unicode, "not valid Unicode"),
        (_empty, "no files"),
        (_large, "data (263 MB)"),
    ],
)
def test_what_cannot_be_packed_is_said(tmp_path: Path, spoil: object, word: str) -> None:
    root = tmp_path / "code"
    root.mkdir()
    (root / "app.py").write_text("x")
    spoil(root)  # type: ignore[operator]  # a function of the table above

    with pytest.raises(WorkbenchError) as caught:
        build_package(root, tmp_path / "p", JobContext())

    assert word in caught.value.why
    assert caught.value.remedy
    assert not list((tmp_path / "p").glob("*"))


def test_an_unreadable_file_is_named() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "code").mkdir()
        (folder / "code/secret.py").touch(0o000)
        (folder / "p").mkdir()
        (folder / "p").chmod(0o777)
        root = os.geteuid() == 0
        if root:
            os.seteuid(65534)  # root reads everything
        try:
            with pytest.raises(WorkbenchError, match=r"do not have permission to access .*secret\.py"):
                build_package(folder / "code", folder / "p", JobContext())
        finally:
            if root:
                os.seteuid(0)


def test_cancel_and_a_full_disk_leave_no_package(tmp_path: Path) -> None:
    root = tmp_path / "code"
    root.mkdir()
    for number in range(5):
        (root / f"{number}.bin").write_bytes(os.urandom(1_000_000))
    stop = threading.Event()

    def report(progress: Progress) -> None:
        if progress.done >= 2_000_000:
            stop.set()

    with pytest.raises(Cancelled):
        build_package(root, tmp_path / "p", JobContext(report, stop=stop))
    assert not list((tmp_path / "p").iterdir())

    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, old[1]))
    try:
        with pytest.raises(WorkbenchError, match="could not be built"):
            build_package(root, tmp_path / "p", JobContext())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert not list((tmp_path / "p").iterdir())


_PARTS = st.text(alphabet="ab.é日 -", min_size=1, max_size=3).filter(lambda part: part not in (".", ".."))
_PATHS = st.lists(_PARTS, min_size=1, max_size=3).map("/".join)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.dictionaries(_PATHS, st.tuples(st.binary(max_size=200), st.booleans()), min_size=1, max_size=6))
def test_any_tree_survives_packing_and_unpacking(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, tuple[bytes, bool]]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    root = folder / "code"
    written = {}
    for name, (data, executable) in files.items():
        path = root / name
        if path.exists() or any(parent.is_file() for parent in path.parents):
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(0o755 if executable else 0o644)
        written[name] = (data, executable)

    package = build_package(root, folder / "p", JobContext())
    unpack(package.path, folder / "out", JobContext())

    assert {
        name: ((folder / "out" / name).read_bytes(), bool((folder / "out" / name).stat().st_mode & 0o100))
        for name in written
    } == written
    assert set(package.contents.files) == set(written)
