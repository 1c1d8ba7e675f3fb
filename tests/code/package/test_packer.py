"""Packing again: only what is new is done, and nothing shows that it was not done from scratch."""

import base64
import hashlib
import io
import os
import random
import resource
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.code.package.trees import OLD_NS, age, write
from workbench.code.contents import FileContent
from workbench.code.package import Package, Packer, Rules, build_package
from workbench.code.package.store import StreamStore
from workbench.code.package.zip_file import (
    NO_STAMP,
    PackageEntry,
    Stamp,
    central_record,
    end_records,
    local_header,
)
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext, Progress

CTX = JobContext()
FILES: dict[str, str | bytes] = {
    "app.py": "x = 1\n",
    "lib/util.py": "y = 2\n" * 100,
    "node_modules/dep/index.js": "exports.a = 1\n" * 200,
    "node_modules/dep/data.bin": bytes(range(256)) * 10,
    "node_modules/dep/large.bin": random.Random(1).randbytes(1_000_000),  # more than a buffer
    "node_modules/dep/one.bin": random.Random(2).randbytes(200_000),
    "node_modules/dep/two.bin": random.Random(3).randbytes(150_000),
}


class Bench:
    """A tree, a packer that stays, and what packing from scratch gives."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "code"
        self.state = folder / "state"
        self.packer = Packer(self.root, folder / "packages", self.state)
        self._scratch = 0

    def restart(self) -> None:
        """Goes on as another run of the program does."""
        self.packer.close()
        self.packer = Packer(self.root, self.folder / "packages", self.state)

    def pack(self) -> Package:
        """Packs, and compares with packing from scratch."""
        package = self.packer.pack(CTX)
        self._scratch += 1
        fresh = build_package(self.root, self.folder / f"fresh-{self._scratch}", CTX)
        assert package.path.read_bytes() == fresh.path.read_bytes()
        assert base64.b64decode(package.code_sha256) == hashlib.sha256(package.path.read_bytes()).digest()
        assert package == Package(
            package.path, fresh.code_sha256, fresh.size_bytes, fresh.contents, fresh.notes
        )
        return package


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    write(bench.root, FILES)
    age(bench.root)
    bench.pack()
    yield bench
    bench.packer.close()


def test_dependencies_come_first_and_the_own_code_last(bench: Bench) -> None:
    write(
        bench.root,
        {
            "six.py": "six",
            "PIL/__init__.py": "pil",
            "pillow.libs/lib.so": "so",
            "pillow-1.dist-info/RECORD": "PIL/__init__.py,sha256=x,3\nsix.py,,\n../../bin/x,,\n",
            "zlib.jar": "jar",
            "services/node_modules/x/i.js": "x",
        },
    )

    with zipfile.ZipFile(bench.pack().path) as archive:
        names = archive.namelist()

    assert names == [
        "PIL/__init__.py", "node_modules/dep/data.bin", "node_modules/dep/index.js",
        "node_modules/dep/large.bin", "node_modules/dep/one.bin", "node_modules/dep/two.bin",
        "pillow-1.dist-info/RECORD", "pillow.libs/lib.so", "services/node_modules/x/i.js", "six.py",
        "zlib.jar", "app.py", "lib/util.py",
    ]  # fmt: skip


@pytest.mark.parametrize("prepared", [False, True])
@pytest.mark.parametrize("edited", [*FILES, "a new one"])
def test_an_edit_gives_what_packing_from_scratch_gives(bench: Bench, prepared: bool, edited: str) -> None:
    before = bench.pack()
    old = before.path.read_bytes()
    if prepared:
        bench.packer.get_ready(CTX)
    write(bench.root, {edited: "z = 26\n" * 77})

    after = bench.pack()

    assert after.path != before.path
    assert before.path.read_bytes() == old, "a finished package was changed"


def test_only_what_changed_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.code.package.deflating.DOUBTFUL_NS", -(10**12))  # nothing is in doubt
    bench = Bench(tmp_path)
    write(bench.root, FILES)
    bench.pack()
    write(bench.root, {"app.py": "x = 2\n"})
    done: list[Progress] = []

    bench.packer.pack(JobContext(done.append))

    assert [each.text for each in done] == ["app.py"]
    assert done[-1].done == done[-1].total == len("x = 2\n")


def test_nothing_is_written_when_nothing_changed(bench: Bench) -> None:
    first = bench.pack()
    inode = first.path.stat().st_ino

    again = bench.pack()

    assert again == first
    assert again.path.stat().st_ino == inode


def test_a_package_that_was_removed_comes_back(bench: Bench) -> None:
    first = bench.pack()
    data = first.path.read_bytes()
    first.path.unlink()

    assert bench.pack().path.read_bytes() == data
    first.path.unlink()
    write(bench.root, {"app.py": "other"})
    bench.pack()


def test_modes_folders_and_patterns_count_too(bench: Bench) -> None:
    (bench.root / "lib/util.py").chmod(0o755)
    assert bench.pack().contents.files["lib/util.py"].executable
    (bench.root / "kept").mkdir()
    rules = Rules(empty_folders=frozenset({"kept"}))

    package = bench.packer.pack(CTX, rules)

    assert package.contents.empty_folders == {"kept"}
    fresh = build_package(bench.root, bench.folder / "fresh", CTX, rules)
    assert package.path.read_bytes() == fresh.path.read_bytes()
    assert not bench.pack().contents.empty_folders


@pytest.mark.parametrize("wait", [False, True])
def test_an_edit_of_the_same_size_in_the_same_moment_is_never_lost(bench: Bench, wait: bool) -> None:
    """The time of the file may not tell: it is set back to what it was, which is what a coarse clock does."""
    for number in range(20):
        write(bench.root, {"app.py": f"x = {number % 10}\n"})
        about = (bench.root / "app.py").stat()
        if wait:
            os.utime(bench.root / "app.py", ns=(OLD_NS, OLD_NS))
        bench.pack()
        with (bench.root / "app.py").open("r+") as file:
            file.write(f"y = {number % 10}\n")
        os.utime(bench.root / "app.py", ns=(about.st_atime_ns, OLD_NS if wait else about.st_mtime_ns))

        with zipfile.ZipFile(bench.pack().path) as archive:
            assert archive.read("app.py") == f"y = {number % 10}\n".encode()


def test_a_file_that_was_only_linked_elsewhere_is_read_but_not_packed_again(bench: Bench) -> None:
    first = bench.pack()
    os.link(bench.root / "lib/util.py", bench.folder / "elsewhere")

    assert bench.pack().path.stat().st_ino == first.path.stat().st_ino


class _Scribble(StreamStore):
    """Writes to a file while it is packed: it is asked about every file that was read."""

    def __init__(self, path: Path, times: int) -> None:
        super().__init__(path.parent / "none")
        self._path = path
        self._left = times

    @contextmanager
    def open(self) -> Iterator["_Scribble"]:  # type: ignore[override]  # it is what it opens
        yield self

    def find(self, sha256: str, size_bytes: int) -> None:
        if self._left:
            self._left -= 1
            with self._path.open("ab") as file:
                file.write(b"more")

    def find_same(self, stamp: Stamp) -> None:
        return None

    def find_linked(self, about: os.stat_result, crc32: int) -> None:
        return None


def test_a_file_that_settles_is_packed_as_it_is_then(tmp_path: Path) -> None:
    root = tmp_path / "code"
    write(root, {"app.py": "x", "log.txt": "begin", "m.bin": bytes(5 << 20)})

    package = Packer(root, tmp_path / "p", store=_Scribble(root / "log.txt", 6)).pack(CTX)

    with zipfile.ZipFile(package.path) as archive:
        assert archive.read("log.txt") == (root / "log.txt").read_bytes() == b"begin" + b"more" * 6


def test_a_file_that_keeps_changing_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "code"
    write(root, {"app.py": "x", "log.txt": "begin", "m.bin": bytes(5 << 20)})

    with pytest.raises(WorkbenchError, match=r"log\.txt keeps changing while the package is created"):
        Packer(root, tmp_path / "p", store=_Scribble(root / "log.txt", 1000)).pack(CTX)
    assert not list((tmp_path / "p").iterdir())


def test_a_virtual_environment_in_a_project_stays_out(tmp_path: Path) -> None:
    root = tmp_path / "code"
    write(root, {"app.py": "x", "env/lib/a.py": "a"})
    packer = Packer(root, tmp_path / "p", tmp_path / "state")

    def packed(in_project: bool) -> set[str]:
        return set(packer.pack(CTX, Rules(in_project=in_project)).contents.files)

    assert packed(True) == {"app.py", "env/lib/a.py"}
    write(root, {"env/pyvenv.cfg": ""})
    assert packed(True) == {"app.py"}
    assert packed(False) == {"app.py", "env/lib/a.py", "env/pyvenv.cfg"}
    (root / "env/pyvenv.cfg").unlink()
    assert packed(True) == {"app.py", "env/lib/a.py"}
    packer.close()


def test_a_failure_leaves_what_was_packed_and_no_other_file(bench: Bench) -> None:
    before = bench.pack()
    bench.packer.get_ready(CTX)
    write(bench.root, {"big.bin": random.Random(1).randbytes(4_000_000)})
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, old[1]))
    try:
        with pytest.raises(WorkbenchError, match="could not be built"):
            bench.packer.pack(CTX)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        bench.packer.pack(JobContext(stop=stop))

    assert {path.name for path in before.path.parent.iterdir()} >= {before.path.name}
    assert not list(before.path.parent.glob(".*"))
    bench.pack()


def test_closing_leaves_no_spare_copy(bench: Bench) -> None:
    bench.packer.get_ready(CTX)
    assert list(bench.state.glob("spare-*"))

    bench.packer.close()

    assert not list(bench.state.glob("spare-*"))


def test_names_that_other_systems_cannot_tell_apart_are_noted(bench: Bench) -> None:
    write(bench.root, {"App.py": "x"})

    assert bench.pack().notes == ("App.py and app.py are two files on AWS, but one on Windows and macOS.",)
    (bench.root / "App.py").unlink()
    assert not bench.pack().notes


def test_a_file_of_more_than_one_piece_is_streamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.code.package.deflating.WHOLE_BYTES", 1 << 20)
    root = tmp_path / "code"
    data = random.Random(2).randbytes(100) * 120_000
    write(root, {"app.py": "x", "large.bin": data, "m.py": "y"})

    package = build_package(root, tmp_path / "p", CTX)

    with zipfile.ZipFile(package.path) as archive:
        assert archive.testzip() is None
        assert archive.read("large.bin") == data
    assert [path.name for path in package.path.parent.iterdir()] == [package.path.name]


def test_more_files_than_a_plain_zip_can_count() -> None:
    entries = [PackageEntry(f"{n}.py", NO_STAMP, FileContent("", 0), 0, 0, 0, 0) for n in range(66_000)]
    data, lines = bytearray(), []
    for entry in entries:
        lines.append(central_record(entry, len(data)))
        data += local_header(entry)
    offset, directory = len(data), b"".join(lines)

    archive = io.BytesIO(data + directory + end_records(len(lines), len(directory), offset))

    with zipfile.ZipFile(archive) as opened:
        assert opened.namelist() == [entry.path for entry in entries]
        assert opened.read("65999.py") == b""


BLOCKS = [random.Random(seed).randbytes(seed * 90_000) for seed in (1, 2, 3, 7)]
_NAMES = st.sampled_from(
    ["app.py", "a/b.py", "a/c.py", "a", "é.txt", "node_modules/x/i.js", "x-1.dist-info/RECORD", "vendor/v"]
)
_DATA = st.one_of(st.binary(max_size=40), st.sampled_from([b"a,,\n", b"y" * 5000, *BLOCKS]))
EDIT = st.one_of(
    st.tuples(st.just("write"), _NAMES, _DATA),
    st.tuples(st.just("delete"), _NAMES),
    st.tuples(st.just("rename"), _NAMES, _NAMES),
    st.tuples(st.just("mode"), _NAMES),
    st.tuples(st.just("age")),
    st.tuples(st.just("prepare")),
    st.tuples(st.just("restart")),
)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.lists(EDIT, max_size=4), max_size=8))
def test_any_edits_give_what_packing_from_scratch_gives(
    tmp_path_factory: pytest.TempPathFactory, rounds: list[list[tuple[object, ...]]]
) -> None:
    bench = Bench(tmp_path_factory.mktemp("any"))
    write(bench.root, {"always": "there"})
    bench.pack()
    for edits in rounds:
        for one in edits:
            edit(bench, *one)
        bench.pack()
    bench.packer.close()


def edit(bench: Bench, what: object, name: object = "", more: object = b"") -> None:
    path = bench.root / str(name)
    try:
        if what == "write":
            assert isinstance(more, bytes)
            write(bench.root, {str(name): more})
        elif what == "delete":
            path.unlink()
        elif what == "rename":
            (bench.root / str(more)).parent.mkdir(parents=True, exist_ok=True)
            path.replace(bench.root / str(more))
        elif what == "mode":
            path.chmod(path.stat().st_mode ^ (0o011 if path.is_dir() else 0o111))  # its owner may still look
        elif what == "age":
            age(bench.root)
        elif what == "restart":
            bench.restart()
        else:
            bench.packer.get_ready(CTX)
    except OSError:
        return  # no such file, or a folder where a file should go: another edit then
