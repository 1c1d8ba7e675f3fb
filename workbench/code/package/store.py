"""The index of a package, and the store of packages whose streams other functions can reuse.

    <folder>/<sha256>.zip      a package (a hard link, if the disk supports it)
    <folder>/<sha256>.index    where each file's stream is in it

An index is written in columns, because that reads ten times faster than JSON. It is only a cache: one that is
missing, damaged, of another version or of another zip is ignored.

A stream is found by the hash of the file's bytes; for a hard link to the packed file (as uv makes) by a
checksum of its bytes, which is ten times faster; and if not even the inode changed, by its stamp alone, which
a packer trusts. It is used only if it is unchanged. The store has a limit: the least recently used packages
are removed first.
"""

import contextlib
import hashlib
import heapq
import json
import os
import sys
import threading
import zlib
from array import array
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate, chain, pairwise, repeat
from operator import attrgetter
from pathlib import Path
from typing import Any

import deflate

from workbench.code.contents import Contents, FileContent
from workbench.code.package.deflating import LEVEL
from workbench.code.package.layout import LastPackage
from workbench.code.package.patterns import Patterns, Secret
from workbench.code.package.scan import Rules, left_out_notes, secrets_inside
from workbench.code.package.zip_file import (
    CENTRAL_BYTES,
    LOCAL_BYTES,
    Package,
    PackageEntry,
    Stamp,
    link_or_copy,
    package_name,
)
from workbench.core.errors import WorkbenchError
from workbench.core.files import make_private_folder, write_atomic

_MAGIC = b"workbench package index 2\n"
_HASH_BYTES = 32
_HASH_DIGITS = 64
_PARTS = 6
# The makers of the streams: other versions may produce other bytes, and a package must not mix them.
_MAKER = f"libdeflate {deflate.__version__}, zlib {zlib.ZLIB_RUNTIME_VERSION}, level {LEVEL}, {sys.byteorder}"


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of an index: one value per file, in the order of the zip.

    Attributes:
        stamps: Five columns.
        crc32: CRC-32 of the file.
        packed_crc32: CRC-32 of its stream.
        small: Method, with the executable bit as the lowest bit.
        hashes: SHA-256, 64 digits each, concatenated.
    """

    head: Mapping[str, Any]
    names: Sequence[bytes]
    stamps: Sequence[Sequence[int]]
    sizes: Sequence[int]
    packed: Sequence[int]
    crc32: Sequence[int]
    packed_crc32: Sequence[int]
    small: Sequence[int]
    hashes: str

    def sha256(self) -> list[str]:
        places = range(0, len(self.hashes), _HASH_DIGITS)
        return [self.hashes[place : place + _HASH_DIGITS] for place in places]

    def offsets(self) -> list[int]:
        """The position of each file's header in the zip, and the end of the last stream."""
        spans = (LOCAL_BYTES + len(name) + size for name, size in zip(self.names, self.packed, strict=True))
        return list(accumulate(spans, initial=0))


def save(path: Path, last: LastPackage) -> None:
    """Writes an index for `read_columns`. Raises WorkbenchError if it cannot be written."""
    entries, rules = last.entries, last.rules
    head = {
        "maker": _MAKER,
        "sha256": last.package.path.stem,
        "size": last.package.size_bytes,
        "notes": last.notes,
        "secrets": {path: each.value for path, each in last.secrets.items()},
        "empty_folders": sorted(last.package.contents.empty_folders),
        "patterns": rules.patterns.lines,
        "development": sorted(rules.patterns.development),
        "executables": sorted(rules.executables),
        "kept_folders": sorted(rules.empty_folders),
        "in_project": rules.in_project,
        "dependencies": rules.dependencies,
        "deployed": sorted(rules.deployed),
        "of_packages": rules.of_packages,
        "names": sorted(last.names),
        "walked": sorted(last.walked),
        "has_links": last.has_links,
    }
    # By column, in C: while a package of 20,000 files is stored, the window needs its turn, too.
    paths, stamps, contents, crc32, methods, packed_bytes, packed_crc32 = zip(*entries, strict=True)
    wide = chain(*zip(*stamps, strict=True), map(attrgetter("size_bytes"), contents), packed_bytes)
    executables = map(attrgetter("executable"), contents)
    parts = [
        json.dumps(head).encode(),
        "\0".join(paths).encode(),
        array("q", wide).tobytes(),
        array("I", chain(crc32, packed_crc32)).tobytes(),
        bytes(method << 1 | executable for method, executable in zip(methods, executables, strict=True)),
        bytes.fromhex("".join(map(attrgetter("sha256"), contents))),
    ]
    data = b"".join([array("q", map(len, parts)).tobytes(), *parts])
    write_atomic(path, _MAGIC + hashlib.sha256(data).digest() + data, lasting=False)


def read_columns(path: Path) -> Columns | None:
    """Reads an index; None if it is unusable."""
    try:
        data = path.read_bytes()
        start = len(_MAGIC) + _HASH_BYTES
        body = memoryview(data)[start:]
        if data[: len(_MAGIC)] != _MAGIC or hashlib.sha256(body).digest() != data[len(_MAGIC) : start]:
            return None
        head, names, wide_data, narrow_data, small, hashes = map(bytes, _parts(body))
    except (OSError, ValueError):
        return None
    about = json.loads(head)
    if about["maker"] != _MAKER:
        return None
    wide, narrow = array("q"), array("I")
    wide.frombytes(wide_data)
    narrow.frombytes(narrow_data)
    count = len(small)
    *stamps, sizes, packed = (wide[place : place + count] for place in range(0, len(wide), count))
    crc32, packed_crc32 = narrow[:count], narrow[count:]
    return Columns(about, names.split(b"\0"), stamps, sizes, packed, crc32, packed_crc32, small, hashes.hex())


def zip_of_index(path: Path, columns: Columns) -> Path:
    """The path of the zip that an index belongs to."""
    return path.with_name(package_name(bytes.fromhex(columns.head["sha256"])))


def read_last_package(path: Path, columns: Columns, target_dir: Path) -> LastPackage | None:
    """The last package from an index, without marks; None if the zip does not match.

    The package's path is in `target_dir`, whether or not it exists. Only the directory of the zip is read:
    the caller must verify the rest.
    """
    head = columns.head
    paths = [name.decode() for name in columns.names]
    contents = [
        FileContent(sha256, size, bool(bits & 1))
        for sha256, size, bits in zip(columns.sha256(), columns.sizes, columns.small, strict=True)
    ]
    entries = [
        PackageEntry(*values)
        for values in zip(
            paths, map(Stamp._make, zip(*columns.stamps, strict=True)), contents, columns.crc32,
            (bits >> 1 for bits in columns.small), columns.packed, columns.packed_crc32, strict=True,
        )
    ]  # fmt: skip
    sha256 = bytes.fromhex(head["sha256"])
    secrets = {path: Secret(value) for path, value in head["secrets"].items()}
    notes = tuple(head["notes"])
    package = Package(
        target_dir / package_name(sha256),
        b64encode(sha256).decode(),
        head["size"],
        Contents(dict(zip(paths, contents, strict=True)), frozenset(head["empty_folders"])),
        notes + left_out_notes(secrets),
        secrets_inside(secrets),
    )
    rules = Rules(
        Patterns(tuple(head["patterns"]), frozenset(head.get("development", ()))),
        frozenset(head["executables"]),
        frozenset(head["kept_folders"]),
        head["in_project"],
        head["dependencies"],
        frozenset(head["deployed"]),
        head["of_packages"],
    )
    offsets = columns.offsets()
    try:
        central = _central(zip_of_index(path, columns), package, offsets[-1], columns.names)
    except OSError:
        return None
    return LastPackage(
        package, rules, entries, dict(zip(paths, entries, strict=True)),
        {path: place for place, path in enumerate(paths)}, offsets, central, frozenset(head["names"]), (),
        frozenset(head["walked"]), head["has_links"], secrets, notes, sum(columns.sizes),
    )  # fmt: skip


def zip_of(last: LastPackage, state_dir: Path) -> Path:
    """The path of the zip's copy."""
    return state_dir / last.package.path.name


def _parts(body: memoryview) -> Iterator[memoryview]:
    lengths = array("q")
    lengths.frombytes(body[: _PARTS * lengths.itemsize])
    for start, stop in pairwise(accumulate(lengths, initial=_PARTS * lengths.itemsize)):
        yield body[start:stop]


def _central(zip_path: Path, package: Package, data_end: int, names: Sequence[bytes]) -> list[bytes]:
    """Each file's record in the zip's directory. Raises OSError, also for a different zip."""
    with zip_path.open("rb") as file:
        if file.seek(0, 2) != package.size_bytes:
            raise OSError("another zip")
        # Empty folders are between the files and the directory.
        folders = sum(LOCAL_BYTES + len(path.encode()) + 1 for path in package.contents.empty_folders)
        file.seek(data_end + folders)
        directory = file.read()
    stops = accumulate((CENTRAL_BYTES + len(name) for name in names), initial=0)
    return [directory[start:stop] for start, stop in pairwise(stops)]


LIMIT_BYTES = 1 << 30
_CANDIDATES, _SAMPLE = 5, 8

# A stream: its zip, position, length and CRC-32, the file's size and CRC-32, the method.
_StreamLocation = tuple[int, int, int, int, int, int, int]


class StreamStore:
    """Packages whose streams may be used again.

    Args:
        folder: Created when first needed, for this user only, since it contains code.
    """

    def __init__(self, folder: Path, limit_bytes: int = LIMIT_BYTES) -> None:
        self._folder = folder
        self._limit_bytes = limit_bytes

    @contextmanager
    def open(self) -> Iterator["Streams"]:
        streams = Streams(self._folder)
        try:
            yield streams
        finally:
            streams.close()

    def like(self, roots: Sequence[Path]) -> tuple[Path, Columns] | None:
        """The package with the largest files of these folders: its index and columns.

        Only a few packages are considered, and a few files of each: the caller checks all of them.
        """
        for index in by_use(self._folder)[:_CANDIDATES]:
            columns = read_columns(index)
            if columns is not None and _holds_majority(columns, roots):
                with contextlib.suppress(OSError):
                    os.utime(index)
                return index, columns
        return None

    def add(self, zip_path: Path, last: LastPackage) -> None:
        """Adds a package, and removes old ones. A failure does no harm: less can be reused."""
        with contextlib.suppress(OSError, WorkbenchError, OverflowError):
            make_private_folder(self._folder)
            link_or_copy(zip_path, self._folder / zip_path.name)
            save(self._folder / f"{zip_path.stem}.index", last)
            self._trim()

    def _trim(self) -> None:
        size = 0
        for index in by_use(self._folder):
            package = index.with_suffix(".zip")
            size += package.stat().st_size if package.exists() else self._limit_bytes
            if size > self._limit_bytes:
                index.unlink(missing_ok=True)
                package.unlink(missing_ok=True)


class Streams:
    """The streams in a store. `find` is thread-safe."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._places: dict[str, _StreamLocation] = {}
        self._stamps: dict[tuple[int, ...], str] = {}
        self._files: dict[tuple[int, int, int], str] = {}
        self._is_read = False
        self._zips: list[int] = []

    def find(self, sha256: str, size_bytes: int) -> tuple[int, int, bytes] | None:
        """CRC-32 of the file with this hash, and method and bytes of its stream."""
        self._read_once()
        place = self._places.get(sha256)
        if place is None:
            return None
        source, position, length, packed_crc32, size, crc32, method = place
        if size != size_bytes:
            return None
        try:
            stream = self._read_at(self._zips[source], length, position)
        except OSError:
            return None
        if len(stream) != length or deflate.crc32(stream) != packed_crc32:
            return None
        return crc32, method, stream

    def find_same(self, stamp: Stamp) -> tuple[str, int, int, bytes, int] | None:
        """SHA-256, CRC-32, method, stream and the stream's CRC-32 of an unchanged file.

        Args:
            stamp: Must be exact, and equal in every part.
        """
        self._read_once()
        sha256 = self._stamps.get(stamp) if stamp.is_exact else None
        found = self.find(sha256, stamp.size_bytes) if sha256 else None
        return (sha256, *found, self._places[sha256][3]) if sha256 and found else None

    def find_linked(self, about: os.stat_result, crc32: int) -> tuple[str, int, bytes] | None:
        """SHA-256, and method and bytes of the stream, of a file that was packed under another name.

        Args:
            about: Its inode, size and modification time must be those of the packed file.
            crc32: Of its bytes; differs if they were overwritten and the time was set back.
        """
        self._read_once()
        sha256 = self._files.get((about.st_ino, about.st_mtime_ns, about.st_size))
        found = self.find(sha256, about.st_size) if sha256 and about.st_ino else None
        if sha256 is None or found is None or found[0] != crc32:
            return None
        return sha256, found[1], found[2]

    def close(self) -> None:
        """Releases the packages."""
        while self._zips:
            os.close(self._zips.pop())

    def _read_once(self) -> None:
        with self._lock:
            if not self._is_read:
                self._read()
            self._is_read = True

    def _read(self) -> None:
        for index in reversed(by_use(self._folder)):
            columns = read_columns(index)
            if columns is None:
                continue
            with contextlib.suppress(OSError):
                flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
                self._zips.append(os.open(index.with_suffix(".zip"), flags))
                starts = (
                    offset + LOCAL_BYTES + len(name)
                    for offset, name in zip(columns.offsets(), columns.names, strict=False)
                )
                values = zip(
                    repeat(len(self._zips) - 1), starts, columns.packed, columns.packed_crc32, columns.sizes,
                    columns.crc32, (bits >> 1 for bits in columns.small), strict=False,
                )  # fmt: skip
                hashes = columns.sha256()
                self._places.update(zip(hashes, values, strict=True))
                sizes, written, inodes = columns.stamps[:3]
                self._stamps.update(zip(zip(*columns.stamps, strict=True), hashes, strict=True))
                self._files.update(zip(zip(inodes, written, sizes, strict=True), hashes, strict=True))
                os.utime(index)

    def _read_at(self, descriptor: int, length: int, position: int) -> bytes:
        if hasattr(os, "pread"):
            return os.pread(descriptor, length, position)
        with self._lock:
            os.lseek(descriptor, position, os.SEEK_SET)
            return os.read(descriptor, length)


def _holds_majority(columns: Columns, roots: Sequence[Path]) -> bool:
    packed = columns.packed
    sample = heapq.nlargest(_SAMPLE, range(len(packed)), key=packed.__getitem__)
    return 2 * sum(_is_there(columns, place, roots) for place in sample) > len(sample)


def _is_there(columns: Columns, place: int, roots: Sequence[Path]) -> bool:
    stamp = Stamp(*(column[place] for column in columns.stamps))
    for root in roots:
        with contextlib.suppress(OSError, ValueError):
            if stamp.is_exact and Stamp.of(os.stat(root / columns.names[place].decode())) == stamp:
                return True
    return False


def by_use(folder: Path) -> list[Path]:
    """The indexes, most recently used first."""
    used: list[tuple[int, Path]] = []
    with contextlib.suppress(OSError):
        for index in folder.glob("*.index"):
            with contextlib.suppress(OSError):
                used.append((index.stat().st_mtime_ns, index))
    return [index for _, index in sorted(used, reverse=True)]
