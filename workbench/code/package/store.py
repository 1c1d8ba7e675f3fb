"""Streams of files that other functions' packages hold, for all functions on this machine.

    <folder>/<sha256>.zip      a package, as another name for it where the disk has such
    <folder>/<sha256>.index    where in it the stream of which file stands (index.py)

Owns: these files, and how many they may be: what was not used for longest goes first. A stream is found by
the hash of the file's bytes; of a hard link to the file that was packed (uv makes such) by a checksum of its
bytes, which is ten times quicker; and where not even the inode was touched, by its stamp alone, as a packer
trusts it. It is taken only if it still is what was written. Must not know: whose code it is.
"""

import contextlib
import heapq
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import repeat
from pathlib import Path

import deflate

from workbench.code.package.disk import second_name
from workbench.code.package.entry import Stamp
from workbench.code.package.index import Columns, read_columns, save
from workbench.code.package.layout import Last
from workbench.code.package.zip_format import LOCAL_BYTES
from workbench.core.errors import WorkbenchError
from workbench.core.files import make_private_folder

LIMIT_BYTES = 1 << 30
_CANDIDATES, _SAMPLE = 5, 8

# Of a stream: its zip, position, length and CRC-32, the file's size and CRC-32, the method.
_Place = tuple[int, int, int, int, int, int, int]


class StreamStore:
    """Packages whose streams may be used again.

    Args:
        folder: Made when first needed, for this user only: it holds code.
        limit_bytes: What all packages in it may measure.
    """

    def __init__(self, folder: Path, limit_bytes: int = LIMIT_BYTES) -> None:
        self._folder = folder
        self._limit_bytes = limit_bytes

    @contextmanager
    def open(self) -> Iterator["Streams"]:
        """What can be found there now."""
        streams = Streams(self._folder)
        try:
            yield streams
        finally:
            streams.close()

    def like(self, roots: Sequence[Path]) -> tuple[Path, Columns] | None:
        """The package that holds the largest files of these folders, as its index and what that says.

        Only a few packages are looked at, and of each a few files: whoever uses it looks at all of them.
        """
        for index in by_use(self._folder)[:_CANDIDATES]:
            columns = read_columns(index)
            if columns is not None and _holds_most(columns, roots):
                with contextlib.suppress(OSError):
                    os.utime(index)
                return index, columns
        return None

    def add(self, zip_path: Path, last: Last) -> None:
        """Takes a package in, and lets go of old ones. A failure is no harm: there is less to find then."""
        with contextlib.suppress(OSError, WorkbenchError, OverflowError):
            make_private_folder(self._folder)
            second_name(zip_path, self._folder / zip_path.name)
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
    """The streams in a store. `find` may be called from several threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._places: dict[str, _Place] = {}
        self._stamps: dict[tuple[int, ...], str] = {}
        self._files: dict[tuple[int, int, int], str] = {}
        self._is_read = False
        self._zips: list[int] = []

    def find(self, sha256: str, size_bytes: int) -> tuple[int, int, bytes] | None:
        """The CRC-32 of the file with this hash, and the method and bytes of its stream."""
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
        """The SHA-256, CRC-32, method, stream and its CRC-32 of a file that is as it was packed.

        Args:
            stamp: Of the file; every part of it must be what it was, and it must be an exact one.
        """
        self._read_once()
        sha256 = self._stamps.get(stamp) if stamp.is_exact else None
        found = self.find(sha256, stamp.size_bytes) if sha256 else None
        return (sha256, *found, self._places[sha256][3]) if sha256 and found else None

    def find_linked(self, about: os.stat_result, crc32: int) -> tuple[str, int, bytes] | None:
        """The SHA-256, and the method and bytes of the stream, of a file that was packed under another name.

        Args:
            about: Of the file; its inode, size and time of writing must be those of the packed one.
            crc32: Of its bytes: were they written over with the time set back, it is another.
        """
        self._read_once()
        sha256 = self._files.get((about.st_ino, about.st_mtime_ns, about.st_size))
        found = self.find(sha256, about.st_size) if sha256 and about.st_ino else None
        if sha256 is None or found is None or found[0] != crc32:
            return None
        return sha256, found[1], found[2]

    def close(self) -> None:
        """Lets go of the packages."""
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


def _holds_most(columns: Columns, roots: Sequence[Path]) -> bool:
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
    """The indexes, the last used first."""
    used: list[tuple[int, Path]] = []
    with contextlib.suppress(OSError):
        for index in folder.glob("*.index"):
            with contextlib.suppress(OSError):
                used.append((index.stat().st_mtime_ns, index))
    return [index for _, index in sorted(used, reverse=True)]
