"""Packages from tools of all kinds, and packages made to do harm."""

import io
import os
import resource
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.code.hostile import HOSTILE
from tests.code.zips import make_zip, raw_zip
from workbench.code import unpack as unpack_module
from workbench.code.contents import FileContent
from workbench.code.unpack import names_in, read_contents, read_heads, read_members, unpack
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext, Progress


def _snapshot(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


@pytest.mark.parametrize("by_descriptor", [True, False], ids=["by descriptor", "by name, as on Windows"])
def test_files_folders_and_executable_bits_come_out(
    tmp_path: Path, by_descriptor: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpack_module, "_BY_DESCRIPTOR", by_descriptor)
    texts = {
        "bootstrap": "#!/bin/sh\n",
        "lib/a/b.py": "x = 1\n",
        "empty/": "",
        "ünï.txt": "é",
        "./dot//x": "y",
    }
    package = make_zip(
        tmp_path / "p.zip",
        {"./": "", **texts},
        {"bootstrap": 0o100775, "lib/a/b.py": 0o100600, "empty/": 0o040755},
    )

    contents = unpack(package, tmp_path / "out", JobContext())

    assert _snapshot(tmp_path / "out") == {
        "bootstrap": b"#!/bin/sh\n",
        "lib": None,
        "lib/a": None,
        "lib/a/b.py": b"x = 1\n",
        "empty": None,
        "ünï.txt": "é".encode(),
        "dot": None,
        "dot/x": b"y",
    }
    assert stat.S_IMODE((tmp_path / "out/bootstrap").stat().st_mode) == 0o755
    assert stat.S_IMODE((tmp_path / "out/lib/a/b.py").stat().st_mode) == 0o644
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o755
    for path, content in contents.files.items():
        assert (tmp_path / "out" / path).stat().st_mtime_ns == content.pristine_ns
    assert contents.empty_folders == {"empty"}
    assert contents.files["bootstrap"].executable
    assert contents == read_contents(package, JobContext())


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_every_way_to_pack_comes_out_the_same(tmp_path: Path, method: int) -> None:
    """Small and empty files, ones that are read in pieces, sizes that stand behind the data."""
    texts = {"empty.py": b"", "small.py": b"x = 1\n", "é.txt": b"e" * 5000, "large.bin": bytes(9 << 20)}
    package = tmp_path / "p.zip"
    with package.open("wb") as file, zipfile.ZipFile(_Unseekable(file), "w", method) as archive:
        for name, data in texts.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            info.external_attr = (0o100755 if name == "large.bin" else 0o100644) << 16
            archive.writestr(info, data)

    contents = unpack(package, tmp_path / "out", JobContext())

    assert _snapshot(tmp_path / "out") == texts
    assert contents == read_contents(package, JobContext())
    assert list(contents.files) == list(texts)
    assert [path for path, content in contents.files.items() if content.executable] == ["large.bin"]


class _Unseekable(io.RawIOBase):
    """What a zip is streamed to: it cannot go back to write down a size."""

    def __init__(self, file: io.BufferedWriter) -> None:
        super().__init__()
        self._file = file

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return self._file.write(data)


def test_an_entry_from_windows_has_no_mode_whatever_stands_there(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("a.py")
    info.create_system, info.external_attr = 0, 0o120777 << 16  # a link that all may run, on Unix
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as archive:
        archive.writestr(info, "x = 1\n")

    contents = unpack(tmp_path / "p.zip", tmp_path / "out", JobContext())

    assert (tmp_path / "out" / "a.py").read_text() == "x = 1\n"
    assert not contents.files["a.py"].executable


def test_modes_do_not_depend_on_who_unpacks(tmp_path: Path) -> None:
    package = make_zip(tmp_path / "p.zip", {"run.sh": "1", "a.py": "2"}, {"run.sh": 0o100755})
    before = os.umask(0o077)
    try:
        unpack(package, tmp_path / "out", JobContext())
    finally:
        os.umask(before)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "out").iterdir()}
    assert modes == {"run.sh": 0o755, "a.py": 0o644}


def test_some_files_can_be_read_without_unpacking(tmp_path: Path) -> None:
    package = make_zip(tmp_path / "p.zip", {"a.py": "1", "b/c.sh": "2", "./d": "3", "e": "4"})

    assert list(read_members(package, {"d", "b/c.sh", "b", "missing"})) == [("b/c.sh", b"2"), ("d", b"3")]


def test_the_first_bytes_of_some_files_can_be_read(tmp_path: Path) -> None:
    large = os.urandom(600_000)
    package = make_zip(tmp_path / "p.zip", {"folder/": "", "./large": large, "small": "12", "other": "3"})

    for head_bytes in (1, 300_000, 600_000):
        heads = list(read_heads(package, lambda path: path != "other", head_bytes))
        assert heads == [("large", large[:head_bytes]), ("small", b"12"[:head_bytes]), ("other", b"")]


def test_names_can_be_read_alone(tmp_path: Path) -> None:
    package = make_zip(tmp_path / "p.zip", {"folder/": "", "./a": "1", "folder/b": "2", "B": "", "b": ""})

    assert names_in(package) == ("a", "folder/b", "B", "b")
    assert set(read_contents(package, JobContext()).files) == {"a", "folder/b", "B", "b"}


READERS: dict[str, Callable[[Path], object]] = {
    "names": names_in,
    "contents": lambda package: read_contents(package, JobContext()),
    "members": lambda package: list(read_members(package, {"a"})),
    "heads": lambda package: list(read_heads(package, lambda _path: True, 10)),
}


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_a_package_that_cannot_be_read_says_why(tmp_path: Path, read: Callable[[Path], object]) -> None:
    package = tmp_path / "p.zip"
    with pytest.raises(WorkbenchError, match=r"p\.zip could not be read") as caught:
        read(package)
    assert "No such file" in caught.value.why
    assert str(package) in caught.value.why
    package.write_bytes(b"PK")
    with pytest.raises(WorkbenchError, match="not a zip"):
        read(package)
    whole = make_zip(package, {"a": "1"}).read_bytes()
    package.write_bytes(whole.replace(b"PK\1\2", b"PK\1\1"))
    with pytest.raises(WorkbenchError, match="The zip file is damaged: Bad magic number"):
        read(package)


def test_as_much_as_lambda_takes_and_no_byte_more(tmp_path: Path) -> None:
    package = make_zip(tmp_path / "p.zip", {"a": bytes(1000), "b": bytes(24)})

    assert len(unpack(package, tmp_path / "out", JobContext(), limit_bytes=1024).files) == 2
    with pytest.raises(WorkbenchError, match="larger than 1,023 bytes"):
        unpack(package, tmp_path / "more", JobContext(), limit_bytes=1023)


def test_a_damaged_file_among_many_is_what_is_told(tmp_path: Path) -> None:
    """Other threads stop then: they write what stands before it in the package."""
    texts: dict[str, bytes | str] = {
        "large": bytes(9 << 20),
        **{str(number): "x" for number in range(200)},
        "last": "of all",
    }
    package = make_zip(tmp_path / "p.zip", texts)
    with zipfile.ZipFile(package) as archive:
        crc = archive.getinfo("last").CRC.to_bytes(4, "little")
    package.write_bytes(package.read_bytes().replace(crc, b"\0\0\0\0"))

    with pytest.raises(WorkbenchError, match="Bad CRC-32 for file 'last'"):
        unpack(package, tmp_path / "out", JobContext())
    assert [path.name for path in tmp_path.iterdir()] == ["p.zip"]


def test_a_folder_that_somebody_removes_meanwhile_is_told_as_that(tmp_path: Path) -> None:
    package = make_zip(tmp_path / "p.zip", {"a": "1"})
    (tmp_path / "beside").mkdir()

    def remove(*_arguments: object) -> None:
        (unfinished,) = (tmp_path / "beside").iterdir()
        unfinished.rmdir()

    with pytest.raises(WorkbenchError, match="could not be unpacked") as caught:
        unpack(package, tmp_path / "beside" / "out", JobContext(), examined=remove)
    assert "No such file" in caught.value.why


def test_a_name_in_utf_8_without_the_flag_is_understood(tmp_path: Path) -> None:
    package = raw_zip(tmp_path / "p.zip", [("日本.txt".encode(), b"x")])

    assert set(unpack(package, tmp_path / "out", JobContext()).files) == {"日本.txt"}


@pytest.mark.parametrize(("make", "word"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_package_is_refused_and_leaves_nothing(
    tmp_path: Path, make: Callable[[Path], object], word: str
) -> None:
    package = tmp_path / "p.zip"
    make(package)
    (tmp_path / "beside").mkdir()
    before = _snapshot(tmp_path)

    with pytest.raises(WorkbenchError) as caught:
        unpack(package, tmp_path / "beside" / "out", JobContext())

    assert word in str(caught.value)
    assert caught.value.what == "The code could not be unpacked."
    assert _snapshot(tmp_path) == before


def test_names_that_differ_by_case_are_refused_where_the_disk_cannot_hold_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = make_zip(tmp_path / "p.zip", {"Readme": "1", "README": "2"})
    assert set(unpack(package, tmp_path / "fine", JobContext()).files) == {"Readme", "README"}

    monkeypatch.setattr(unpack_module, "_is_case_sensitive", lambda folder: False)
    with pytest.raises(WorkbenchError, match="treats as the same file"):
        unpack(package, tmp_path / "out", JobContext())
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "folder",
    [".git", ".GIT", "lib/.Git", "git~1", "GIT~1", ".git.", ".git ", ".git. .", ".g\u200cit", "a/b/.git",
     ".hg", ".git::$INDEX_ALLOCATION", "HG~1", ".svn"],
)  # fmt: skip
def test_folders_of_version_control_stay_out_of_the_code(tmp_path: Path, folder: str) -> None:
    """Git would run the fsmonitor of a package's configuration, as a shell's prompt asks for the state."""
    names: dict[str, bytes | str] = {
        "app.py": "x",
        f"{folder}/config": "[core]\nfsmonitor = touch /tmp/x\n",
        f"{folder}/HEAD": "ref: x",
    }
    package = make_zip(tmp_path / "p.zip", names)
    found = unpack(package, tmp_path / "out", JobContext())
    assert set(found.files) == {"app.py"}
    assert [path.name for path in (tmp_path / "out").rglob("*")] == ["app.py"]
    assert read_contents(package, JobContext()) == found


def test_a_link_of_git_to_a_repository_elsewhere_stays_out_too(tmp_path: Path) -> None:
    package = make_zip(tmp_path / "p.zip", {"app.py": "x", ".git": "gitdir: /tmp/hostile\n"})
    assert set(unpack(package, tmp_path / "out", JobContext()).files) == {"app.py"}


def test_ordinary_names_that_begin_like_git_are_code(tmp_path: Path) -> None:
    names = {
        ".gitignore", ".gitattributes", ".gitmodules", ".gitkeep", ".github/workflows/x.yml", "git/config",
        ".git-config", "lib/gitpython/git.py", "repo.git/config", "git~2", "git~10", "a.git~1", ".hgignore",
        "svn.py", "x.git",
    }  # fmt: skip
    package = make_zip(tmp_path / "p.zip", dict.fromkeys(names, "x"))
    assert set(unpack(package, tmp_path / "out", JobContext()).files) == names


def test_too_many_entries_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack_module, "MAX_ENTRIES", 3)
    package = make_zip(tmp_path / "p.zip", {str(number): "" for number in range(4)})

    with pytest.raises(WorkbenchError, match="4 entries"):
        unpack(package, tmp_path / "out", JobContext())


def test_cancel_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    import threading

    package = make_zip(tmp_path / "p.zip", {f"{number}.bin": os.urandom(2000) for number in range(1000)})
    stop = threading.Event()
    seen: list[Progress] = []

    def report(progress: Progress) -> None:
        seen.append(progress)
        stop.set()

    with pytest.raises(Cancelled):
        unpack(package, tmp_path / "out", JobContext(report, stop=stop))

    assert 0 < seen[0].done <= seen[0].total == 2_000_000
    assert [path.name for path in tmp_path.iterdir()] == ["p.zip"]


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    """RLIMIT_FSIZE makes a real write fail half way, with an errno of the same kind as a full disk."""
    package = make_zip(tmp_path / "p.zip", {"big.bin": bytes(3_000_000)})
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, old[1]))
    try:
        with pytest.raises(WorkbenchError) as caught:
            unpack(package, tmp_path / "out", JobContext())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)

    assert "too large" in caught.value.why.lower()
    assert [path.name for path in tmp_path.iterdir()] == ["p.zip"]


def test_an_untouched_file_is_known_by_its_time_and_a_moved_one_is_not() -> None:
    one, other = FileContent("a" * 64, 10), FileContent("b" * 64, 10)

    assert one.pristine_ns != other.pristine_ns
    assert one.pristine_ns % 1_000 == 0  # what every common file system can store


_NAMES = st.lists(
    st.one_of(
        st.sampled_from(["..", ".", "", "a", "b", "A", "C:", "\\", "é", "a\\..\\b"]), st.text(max_size=4)
    ),
    min_size=1,
    max_size=4,
).map("/".join)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(names=st.lists(_NAMES, min_size=1, max_size=4))
def test_whatever_the_names_nothing_is_written_outside(
    tmp_path_factory: pytest.TempPathFactory, names: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    package = folder / "p.zip"
    encoded = [(name.encode("utf-8", "surrogatepass"), b"payload") for name in names]
    raw_zip(package, encoded, flags=0x800)
    target = folder / "inner" / "out"
    target.parent.mkdir()

    try:
        contents = unpack(package, target, JobContext())
    except WorkbenchError:
        assert not target.exists()
    else:
        assert {str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()} == set(
            contents.files
        )
        assert all(not path.is_symlink() for path in target.rglob("*"))
    assert {path.name for path in folder.iterdir()} == {"p.zip", "inner"}
    assert {path.name for path in target.parent.iterdir()} <= {"out"}
