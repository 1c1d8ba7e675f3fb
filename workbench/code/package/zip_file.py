"""A deployment package: its files as entries, the name of its zip, and the bytes of the zip on disk.

Entries are tuples instead of dataclasses: a package has thousands, which are created, compared and stored
together. `Output` keeps marks: states of the hash at many points of the file, so that the unchanged start of
the next package need not be hashed again.
"""

import base64
import bisect
import hashlib
import os
import stat
import struct
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from workbench.code.contents import Contents, FileContent
from workbench.core.errors import WorkbenchError
from workbench.core.files import private_opener
from workbench.core.messages import _

if TYPE_CHECKING:
    from hashlib import _Hash as Hash
    from io import FileIO

WHAT = _("The package could not be built.")


@dataclass(frozen=True, slots=True)
class Package:
    """A deployment package on disk.

    Attributes:
        path: The zip file, named by its hash. It is never changed.
        code_sha256: AWS's CodeSha256: base64 of the zip's SHA-256.
        warnings: Sentences on what it contains although it looks like a secret.
    """

    path: Path
    code_sha256: str
    size_bytes: int
    contents: Contents
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def package_name(sha256: bytes) -> str:
    """The file name of a package with this hash."""
    return f"{sha256.hex()}.zip"


def package_name_of(code_sha256: str) -> str:
    """The file name of a package with this CodeSha256 (base64).

    Raises:
        ValueError: It is not base64.
    """
    return package_name(base64.b64decode(code_sha256, validate=True))


def refusal(why: str, remedy: str) -> WorkbenchError:
    """The error for files that cannot be packed."""
    return WorkbenchError(WHAT, why, remedy)


def too_large(sizes: Mapping[str, int], limit_bytes: int) -> WorkbenchError:
    """The error for files (path to bytes) that together exceed the limit."""
    parts: Counter[str] = Counter()
    for path, size in sizes.items():
        parts[path.partition("/")[0]] += size
    largest = ", ".join(f"{name} ({size / 1e6:.0f} MB)" for name, size in parts.most_common(3))
    return refusal(
        _(
            "The code has {sum:,} bytes unzipped; Lambda allows {limit_bytes:,}, including "
            "layers. The largest parts are {largest}."
        ).format(sum=sum(sizes.values()), limit_bytes=limit_bytes, largest=largest),
        _("Remove or exclude what the function does not need."),
    )


# How long after its last change a file may change again without a new time: FAT has steps of 2 s, and the
# clock that stamps files has a resolution of some milliseconds everywhere.
DOUBTFUL_NS = 2_500_000_000
_SECOND_NS = 1_000_000_000


class Stamp(NamedTuple):
    """A file's metadata on the disk, without its content. Equal stamps mean equal bytes (`PackageEntry`).

    The ctime alone cannot be trusted (a hard link made elsewhere changes it) but must not be ignored (it
    reveals that a file's time was set back): if only it differs, the file is read again, but not packed
    again.
    """

    size_bytes: int
    mtime_ns: int
    inode: int
    ctime_ns: int
    mode: int

    @classmethod
    def of(cls, about: os.stat_result) -> "Stamp":
        """From stat. Windows' scandir has no inodes and another meaning of ctime: both are 0 there."""
        posix = os.name == "posix"
        return cls(
            about.st_size,
            about.st_mtime_ns,
            about.st_ino if posix else 0,
            about.st_ctime_ns if posix else 0,
            about.st_mode,
        )

    @property
    def is_exact(self) -> bool:
        """Whether it distinguishes a file from all others of this computer, not only from its earlier state.

        Not on disks that count whole seconds, or have no inodes.
        """
        return bool(self.inode and self.mtime_ns % _SECOND_NS and self.ctime_ns % _SECOND_NS)

    def in_doubt(self) -> "Stamp":
        """The same, but equal to no file's stamp, since every file has a mode."""
        return self._replace(mode=0)


NO_STAMP = Stamp(-1, 0, 0, 0, 0)


class PackageEntry(NamedTuple):
    """A packed file.

    Attributes:
        stamp: Stamp of the file when it was read. In doubt if it had been written so recently that another
            write could have gone unnoticed: then it is read again the next time.
        method: 8 for deflated, 0 for stored.
        packed_crc32: CRC-32 of the stream, which reveals a damaged cache.
    """

    path: str
    stamp: Stamp
    content: FileContent
    crc32: int
    method: int
    packed_bytes: int
    packed_crc32: int


size_of: Callable[[PackageEntry], int] = attrgetter("content.size_bytes")
"""The unpacked size of a packed file; used for all files of each package, so without a line of Python."""


class SourceFile(NamedTuple):
    """A file to pack.

    Attributes:
        source: Its location relative to the root: its path, or the target of a link.
        size_bytes: As far as known before it is read.
    """

    path: str
    source: str
    size_bytes: int
    executable: bool


STORED, DEFLATED = 0, 8
LOCAL_BYTES = 30
CENTRAL_BYTES = 46
_VERSION = 20
_UNIX = 3 << 8
_UTF8 = 0x800
_EARLIEST = 33  # 1 January 1980 in MS-DOS format
_DIRECTORY_BIT = 0x10
_MAX_ENTRIES = 0xFFFF

_LOCAL = struct.Struct("<IHHHHHIIIHH")
_CENTRAL = struct.Struct("<IHHHHHHIIIHHHHHII")
_END = struct.Struct("<IHHHHIIH")
_END64 = struct.Struct("<IQHHIIQQQQ")
_LOCATOR64 = struct.Struct("<IIQI")


def local_header(entry: PackageEntry) -> bytes:
    """The header before a file's stream."""
    name, flags = _name(entry.path)
    return (
        _LOCAL.pack(
            0x04034B50, _VERSION, flags, entry.method, 0, _EARLIEST, entry.crc32, entry.packed_bytes,
            entry.content.size_bytes, len(name), 0,
        ) + name
    )  # fmt: skip


def span_bytes(entry: PackageEntry) -> int:
    """The size of a file before the central directory: its header and its stream."""
    return LOCAL_BYTES + len(entry.path.encode()) + entry.packed_bytes


def central_record(entry: PackageEntry, offset: int) -> bytes:
    """An entry's record in the central directory; `offset` is the position of its header."""
    attributes = (stat.S_IFREG | (0o755 if entry.content.executable else 0o644)) << 16
    if entry.path.endswith("/"):
        attributes = (stat.S_IFDIR | 0o755) << 16 | _DIRECTORY_BIT
    name, flags = _name(entry.path)
    return (
        _CENTRAL.pack(
            0x02014B50, _UNIX | _VERSION, _VERSION, flags, entry.method, 0, _EARLIEST, entry.crc32,
            entry.packed_bytes, entry.content.size_bytes, len(name), 0, 0, 0, 0, attributes, offset,
        ) + name
    )  # fmt: skip


def empty_folder(path: str) -> PackageEntry:
    """An empty folder as an entry, whose path ends with `/`."""
    return PackageEntry(f"{path}/", NO_STAMP, FileContent("", 0), 0, STORED, 0, 0)


def end_records(count: int, size_bytes: int, offset: int) -> bytes:
    """The records after the central directory with this many records and bytes, which begins at `offset`."""
    end = _END.pack(
        0x06054B50, 0, 0, min(count, _MAX_ENTRIES), min(count, _MAX_ENTRIES), size_bytes, offset, 0
    )
    if count < _MAX_ENTRIES:
        return end
    end64 = _END64.pack(
        0x06064B50, _END64.size - 12, 45, 45, 0, 0, count, count, size_bytes, offset
    )  # the sizes fit: Lambda's limit is 250 MB
    return end64 + _LOCATOR64.pack(0x07064B50, 0, offset + size_bytes, 1) + end


def _name(path: str) -> tuple[bytes, int]:
    return path.encode(), 0 if path.isascii() else _UTF8


class BackgroundTask[T]:
    """Work in its own thread, which starts at once. Its creator waits for the result, or stops it.

    The standard library's pools do the same, but importing them takes longer than packing an edit.
    """

    def __init__(self, name: str, run: Callable[[Callable[[], bool]], T]) -> None:
        """`run` gets a function that tells whether it should stop."""
        self._run = run
        self._stopped = threading.Event()
        self._results: list[T] = []
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._work, name=name)
        self._thread.start()

    def result(self) -> T:
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._results[0]

    def stop(self) -> None:
        """Returns soon, when the work has ended."""
        self._stopped.set()
        self._thread.join()

    def _work(self) -> None:
        try:
            self._results.append(self._run(self._stopped.is_set))
        except Exception as error:  # noqa: BLE001 - raised again where the result is read
            self._error = error


_CHUNK_BYTES = 1 << 20
_RANGE_BYTES = 8 << 20


def link_or_copy(source: Path, target: Path) -> None:
    """Links a finished package to another name; copies it if the disk has no links. Raises OSError."""
    try:
        os.link(source, target)
    except FileExistsError:
        return
    except OSError:
        part = target.with_name(f".{target.name}.{os.urandom(4).hex()}")
        try:
            with source.open("rb") as read, open(part, "xb", opener=private_opener) as write:
                copy_start(read.fileno(), write.fileno(), os.fstat(read.fileno()).st_size)
            part.replace(target)
        except OSError:
            part.unlink(missing_ok=True)
            raise


def copy_start(
    source: int, target: int, size: int, start: int = 0, stopped: Callable[[], bool] = lambda: False
) -> None:
    """Copies the first `size` bytes of a file into another one, within the kernel if possible.

    Args:
        start: Number of bytes that are already there.
        stopped: Called every few megabytes; True ends it early.
    """
    done = start
    if hasattr(os, "copy_file_range"):
        try:
            while done < size and not stopped():
                wanted = min(_RANGE_BYTES, size - done)
                if not (count := os.copy_file_range(source, target, wanted, done, done)):
                    break
                done += count
        except OSError:
            done = start  # not between these disks
    while done < size and not stopped():
        data = read_at(source, min(_CHUNK_BYTES, size - done), done)
        os.lseek(target, done, os.SEEK_SET)
        done += os.write(target, data)


def read_at(descriptor: int, size: int, position: int) -> bytes:
    """Bytes of a file. Raises OSError, also if there are none."""
    if hasattr(os, "pread"):
        data = os.pread(descriptor, size, position)
    else:
        os.lseek(descriptor, position, os.SEEK_SET)
        data = os.read(descriptor, size)
    if not data:
        raise OSError("The last package is shorter than it was.")
    return data


_MARK_BYTES = 1 << 18
_READ_MARK_BYTES = 1 << 21
"""Marks of a file that is read are further apart: at each one, threads that scan the disk wait for the
interpreter."""
_BUFFER_BYTES = 1 << 18


class Mark(NamedTuple):
    """The hash of a file's first `position` bytes."""

    position: int
    digest: "Hash"


@dataclass(frozen=True, slots=True)
class Written:
    """A finished file: its hash and marks."""

    sha256: bytes
    size_bytes: int
    marks: tuple[Mark, ...]


def marks_of(file: "FileIO", stopped: Callable[[], bool]) -> Written:
    """The hash and marks of an existing file; of its start if stopped early."""
    digest, position, marks = hashlib.sha256(), 0, []
    piece = memoryview(bytearray(_READ_MARK_BYTES))  # one for all: new memory must be zeroed by the system
    while not stopped() and (size := file.readinto(piece)):
        digest.update(piece[:size])
        position += size
        marks.append(Mark(position, digest.copy()))
    return Written(digest.digest(), position, tuple(marks))


class Output:
    """A file that is being written. Raises OSError if the disk refuses."""

    def __init__(self, descriptor: int, marks: tuple[Mark, ...] = (), position: int = 0) -> None:
        """Continues at `position`: the file already contains what precedes it, with these marks."""
        self._descriptor = descriptor
        at = bisect.bisect_right(marks, position, key=lambda mark: mark.position)
        self._marks = list(marks[:at])
        last = self._marks[-1] if self._marks else Mark(0, hashlib.sha256())
        self._digest = last.digest.copy()
        self._marked = self._hashed = last.position
        self._buffer = bytearray()
        os.lseek(descriptor, last.position, os.SEEK_SET)
        self.position = last.position
        while self.position < position:  # a few bytes are between the mark and the position
            data = os.read(descriptor, min(_CHUNK_BYTES, position - self.position))
            if not data:
                raise OSError("The file is shorter than it was.")
            self._digest.update(data)
            self.position += len(data)
        self._hashed = self.position

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Appends; small pieces are buffered."""
        self.position += len(data)
        if len(data) < _BUFFER_BYTES:
            self._buffer += data
            if len(self._buffer) < _BUFFER_BYTES:
                return
            data, self._buffer = self._buffer, bytearray()
        else:
            self._flush()
        self._put(data)

    def finish(self) -> Written:
        """Truncates what followed. The system writes everything to the disk in its own time."""
        self._flush()
        os.ftruncate(self._descriptor, self.position)
        self._marks.append(Mark(self.position, self._digest.copy()))  # the only mark of a small file
        return Written(self._digest.digest(), self.position, tuple(self._marks))

    def _flush(self) -> None:
        if self._buffer:
            data, self._buffer = self._buffer, bytearray()
            self._put(data)

    def _put(self, data: bytes | bytearray | memoryview) -> None:
        self._digest.update(data)
        left = memoryview(data)
        while left:
            left = left[os.write(self._descriptor, left) :]
        self._hashed += len(data)
        if self._hashed - self._marked >= _MARK_BYTES:
            self._marks.append(Mark(self._hashed, self._digest.copy()))
            self._marked = self._hashed
