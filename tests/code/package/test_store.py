"""A second function with the same dependencies finds their streams, and only sound ones."""

import hashlib
import os
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.code.package.trees import write
from workbench.code.package import Package, Packer, StreamStore, build_package, deflating
from workbench.code.package.store import by_use
from workbench.code.package.zip_file import NO_STAMP, Stamp
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext

CTX = JobContext()
LIBRARY = {f"node_modules/dep/{n}.bin": random.Random(n).randbytes(700_000) * 2 for n in range(4)}


def _pack(folder: Path, store: StreamStore, name: str, own: str) -> Package:
    root = folder / name / "code"
    write(root, {**LIBRARY, "app.py": own})
    packer = Packer(root, folder / name / "p", folder / name / "state", store=store)
    package = packer.pack(CTX)
    packer.close()
    assert package.path.read_bytes() == build_package(root, folder / name / "fresh", CTX).path.read_bytes()
    return package


@pytest.fixture
def compressed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of all that is compressed from now on."""
    import deflate

    sizes: list[int] = []
    real = deflate.deflate_compress

    def compress(data: bytes, level: int) -> bytearray:
        sizes.append(len(data))
        return real(data, level)

    monkeypatch.setattr(deflate, "deflate_compress", compress)
    return sizes


def _own(sizes: list[int]) -> list[int]:
    """Without what the comparison with packing from scratch compressed, which comes last."""
    return sizes[: len(sizes) - len(LIBRARY) - 1]


def test_a_second_function_compresses_only_its_own_code(tmp_path: Path, compressed: list[int]) -> None:
    store = StreamStore(tmp_path / "store")
    _pack(tmp_path, store, "one", "first")
    assert len(_own(compressed)) == len(LIBRARY) + 1
    compressed.clear()

    _pack(tmp_path, store, "two", "second")

    assert _own(compressed) == [len("second")]
    assert (tmp_path / "store").stat().st_mode & 0o777 == 0o700


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of all files whose bytes are hashed from now on."""
    sizes: list[int] = []
    real = hashlib.sha256

    def sha256(data: bytes = b"") -> object:
        sizes.append(len(data))
        return real(data)

    monkeypatch.setattr("workbench.code.package.deflating.hashlib.sha256", sha256)
    return sizes


def test_hard_links_need_no_hash_unless_they_were_written_over(tmp_path: Path, hashed: list[int]) -> None:
    """Uv links installed files to its cache; writing to one of them with its time set back changes all."""
    store = StreamStore(tmp_path / "store")
    _pack(tmp_path, store, "one", "first")
    two = tmp_path / "two" / "code"
    for name in LIBRARY:
        (two / name).parent.mkdir(parents=True, exist_ok=True)
        os.link(tmp_path / "one" / "code" / name, two / name)
    write(two, {"app.py": "x"})
    hashed.clear()

    package = Packer(two, tmp_path / "two" / "p", store=store).pack(CTX)

    assert not [size for size in hashed if size > 100_000 and size in map(len, LIBRARY.values())]
    assert package.path.read_bytes() == build_package(two, tmp_path / "fresh", CTX).path.read_bytes()
    victim = two / next(iter(LIBRARY))
    about = victim.stat()
    with victim.open("r+b") as file:
        file.write(b"other")
    os.utime(victim, ns=(about.st_atime_ns, about.st_mtime_ns))
    again = Packer(two, tmp_path / "two" / "p", store=store).pack(CTX)
    assert again.code_sha256 != package.code_sha256
    assert again.path.read_bytes() == build_package(two, tmp_path / "fresh", CTX).path.read_bytes()


def test_files_that_nobody_touched_since_need_not_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two functions are installed, then packed: the links have one inode, and its times are those packed."""
    monkeypatch.setattr(deflating, "DOUBTFUL_NS", 0)  # however young they are
    store, one, two = StreamStore(tmp_path / "store"), tmp_path / "one" / "code", tmp_path / "two" / "code"
    write(one, LIBRARY)
    for name in LIBRARY:
        (two / name).parent.mkdir(parents=True, exist_ok=True)
        os.link(one / name, two / name)
    _pack(tmp_path, store, "one", "first")
    write(two, {"app.py": "x"})
    sizes: list[int] = []
    real = deflating._read

    def read(descriptor: int, size: int) -> bytes:
        sizes.append(size)
        return real(descriptor, size)

    monkeypatch.setattr(deflating, "_read", read)

    package = Packer(two, tmp_path / "two" / "p", store=store).pack(CTX)

    assert sizes == [1]
    monkeypatch.setattr(deflating, "_read", real)
    assert package.path.read_bytes() == build_package(two, tmp_path / "fresh", CTX).path.read_bytes()
    for number, change in enumerate((_over, _shorter, _executable)):
        change(two / sorted(LIBRARY)[number])  # it is the other function's file too
        again = Packer(two, tmp_path / "two" / "p", store=store).pack(CTX)
        assert again.path.read_bytes() == build_package(two, tmp_path / "fresh", CTX).path.read_bytes()


def _over(file: Path) -> None:
    about = file.stat()
    with file.open("r+b") as open_file:
        open_file.write(b"other")
    os.utime(file, ns=(about.st_atime_ns, about.st_mtime_ns))  # the same size, the same second


def _shorter(file: Path) -> None:
    os.truncate(file, 100)


def _executable(file: Path) -> None:
    file.chmod(0o755)


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The code of a second function: links to the libraries of the first one, which was packed then."""
    monkeypatch.setattr(deflating, "DOUBTFUL_NS", 0)  # however young the files are
    one, two = tmp_path / "one" / "code", tmp_path / "two" / "code"
    write(one, LIBRARY)
    for name in LIBRARY:
        (two / name).parent.mkdir(parents=True, exist_ok=True)
        os.link(one / name, two / name)
    store = StreamStore(tmp_path / "store")
    packer = Packer(one, tmp_path / "one" / "p", tmp_path / "one" / "state", store=store)
    write(one, {"app.py": "first", "zz.py": "only here"})
    packer.pack(CTX)
    packer.close()
    write(two, {"app.py": "second"})
    return two


def _packed(two: Path, store: StreamStore) -> Package:
    """Packs as a new process does; compares with packing from scratch."""
    packer = Packer(two, two.parent / "p", two.parent / "state", store=store)
    package = packer.pack(CTX)
    packer.close()
    assert package.path.read_bytes() == build_package(two, two.parent / "fresh", CTX).path.read_bytes()
    assert {path.name for path in (two.parent / "state").iterdir()} == {"index", package.path.name}
    return package


def _nothing(_two: Path) -> None:
    pass


def _added(two: Path) -> None:
    write(two, {"node_modules/a/new.js": "new", "b.py": "new"})


def _removed(two: Path) -> None:
    (two / sorted(LIBRARY)[0]).unlink()


def _written_over(two: Path) -> None:
    _over(two / sorted(LIBRARY)[1])


def _the_same_code(two: Path) -> None:
    write(two, {"app.py": "first", "zz.py": "only here"})


@pytest.mark.parametrize("change", [_nothing, _added, _removed, _written_over, _the_same_code])
def test_another_functions_package_is_the_start_of_the_first_one(
    two: Path, tmp_path: Path, change: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = StreamStore(tmp_path / "store")
    change(two)
    (kept,) = (tmp_path / "store").glob("*.zip")
    before = kept.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(StreamStore, "open", None)  # no stream is looked for one by one: they are copied
        patch.setattr("workbench.code.package._WORTH_SHARING_BYTES", 1 << 40)
        package = _packed(two, store)

    assert kept.read_bytes() == before
    assert ("first" if change is _the_same_code else "second") in _text_of(package, "app.py")
    write(two, {"app.py": "third"})
    assert "third" in _text_of(_packed(two, store), "app.py")  # what is remembered is its own now


def _text_of(package: Package, path: str) -> str:
    with zipfile.ZipFile(package.path) as archive:
        return archive.read(path).decode()


@pytest.mark.parametrize("harm", ["flip", "cut", "remove"])
def test_another_functions_damaged_package_costs_only_time(two: Path, tmp_path: Path, harm: str) -> None:
    (kept,) = (tmp_path / "store").glob("*.zip")
    data = bytearray(kept.read_bytes())
    kept.unlink()
    data[1000] ^= 1
    if harm != "remove":
        kept.write_bytes(data if harm == "flip" else data[: len(data) // 2])

    _packed(two, StreamStore(tmp_path / "store"))


def test_a_first_package_that_fails_leaves_nothing_of_the_others(two: Path, tmp_path: Path) -> None:
    store = StreamStore(tmp_path / "store")
    write(two, {"new\n.py": ""})
    packer = Packer(two, two.parent / "p", two.parent / "state", store=store)
    with pytest.raises(WorkbenchError, match="cannot be packaged"):
        packer.pack(CTX)
    packer.close()
    assert packer.packed_bytes() == {}
    assert not (two.parent / "state" / "index").exists()

    (two / "new\n.py").unlink()

    _packed(two, store)


@pytest.mark.parametrize("stamp", [Stamp(1, 5, 0, 5, 33188), Stamp(1, 10**9, 7, 5, 33188), NO_STAMP])
def test_times_of_whole_seconds_and_no_inode_tell_too_little(tmp_path: Path, stamp: Stamp) -> None:
    with StreamStore(tmp_path / "store").open() as streams:
        streams._stamps[stamp] = "ab"
        streams._places["ab"] = (0, 0, 0, 0, 0, 0, 0)
        assert streams.find_same(stamp) is None


@pytest.mark.parametrize("pattern", ["*.zip", "*.index"])
@pytest.mark.parametrize("harm", ["flip", "cut", "remove", "other maker"])
def test_damage_in_the_store_costs_only_time(
    tmp_path: Path, pattern: str, harm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = StreamStore(tmp_path / "store")
    _pack(tmp_path, store, "one", "first")
    (found,) = (tmp_path / "store").glob(pattern)
    data = bytearray(found.read_bytes())
    found.unlink()  # it has other names
    if harm == "flip":
        for place in range(1000, len(data), 1000):
            data[place] ^= 1
        found.write_bytes(data)
    elif harm == "cut":
        found.write_bytes(data[: len(data) // 2])
    elif harm == "other maker":
        found.write_bytes(data)
        monkeypatch.setattr("workbench.code.package.store._MAKER", "another")

    _pack(tmp_path, store, "two", "second")


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    store = StreamStore(tmp_path / "store", limit_bytes=13_000_000)
    packages = []
    for number in range(3):
        root = tmp_path / str(number) / "code"
        write(root, {"big.bin": random.Random(number).randbytes(5_000_000)})
        packer = Packer(root, tmp_path / str(number) / "p", tmp_path / str(number) / "state", store=store)
        packages.append(packer.pack(CTX).path.stem)
        packer.close()
        for place, index in enumerate(reversed(by_use(tmp_path / "store"))):
            os.utime(index, ns=(place * 10**9, place * 10**9))

    assert [index.stem for index in by_use(tmp_path / "store")] == packages[:0:-1]
    assert {path.stem for path in (tmp_path / "store").glob("*.zip")} == set(packages[1:])


def test_a_store_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file where the folder should be")

    _pack(tmp_path, StreamStore(tmp_path / "store"), "one", "first")
