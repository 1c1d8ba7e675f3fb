"""Reads and compresses files on several threads, in bounded memory.

The same bytes give the same stream on every machine: libdeflate (the same code on all systems) compresses
files up to 64 MiB in one piece; larger ones, which are rare, go through zlib in pieces, so that memory stays
bounded.
"""

import contextlib
import hashlib
import os
import stat
import threading
import time
import zlib
from collections import deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

import deflate

from workbench.code.contents import FileContent
from workbench.code.package.zip_file import (
    DEFLATED,
    DOUBTFUL_NS,
    NO_STAMP,
    STORED,
    WHAT,
    PackageEntry,
    SourceFile,
    Stamp,
)
from workbench.core.files import explain_os_error
from workbench.core.jobs import JobContext

if TYPE_CHECKING:
    from concurrent.futures import Future

    from workbench.code.package.store import Streams

LEVEL = 6
WHOLE_BYTES = 64 << 20
_PIECE_BYTES = 4 << 20
_BATCH_BYTES = 1 << 20
_BATCH_FILES = 64
# Unpacked bytes between being handed to a thread and being written.
_AHEAD_BYTES = 48 << 20
_TRIES = 4
# Without waiting for the other end of a pipe that has replaced a file.
_READ_FLAGS = (
    os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
)


class FileChanged(Exception):
    """A file was removed or written while it was read, so the scan is outdated."""


class Stream(NamedTuple):
    """A packed file: its entry and its bytes in the zip, in memory or, if huge, in a file.

    None for the bytes means those of the earlier entry of this path.
    """

    entry: PackageEntry
    data: bytes | bytearray | IO[bytes] | None


class Deflating:
    """Packs files of one tree, in the order in which they are requested, ahead of the requests.

    Attributes:
        made_bytes: Unpacked size of what had to be compressed.
    """

    def __init__(self, root: Path, scratch: Path, known: "Streams | None", ctx: JobContext) -> None:
        self._root = str(root)
        self._scratch = scratch
        self._known = known
        self._ctx = ctx
        self._stop = threading.Event()
        self.made_bytes = 0

    def run(self, files: Sequence[SourceFile], earlier: Mapping[str, PackageEntry]) -> Generator[Stream]:
        """The streams of the files, in order. Close it to stop early. Raises WorkbenchError.

        For a file with the same bytes as its `earlier` entry no stream is made.
        """
        if len(files) == 1 and files[0].size_bytes <= _BATCH_BYTES:
            yield self._pack(files[0], earlier)  # a single edit, not worth a thread
            return
        from concurrent.futures import ThreadPoolExecutor  # loading it takes longer than packing an edit

        workers = max(2, min(4, os.cpu_count() or 2))
        pool = ThreadPoolExecutor(workers, thread_name_prefix="deflate")
        batches = deque(_batches(files))
        running: deque[tuple[int, Future[list[Stream]]]] = deque()
        ahead = 0
        try:
            while batches or running:
                while batches and (not running or ahead + _weight(batches[0]) <= _AHEAD_BYTES):
                    batch = batches.popleft()
                    ahead += _weight(batch)
                    running.append((_weight(batch), pool.submit(self._pack_all, batch, earlier)))
                weight, future = running.popleft()
                yield from self._wait(future)
                ahead -= weight
        finally:
            self._stop.set()
            pool.shutdown(cancel_futures=True)

    def _wait(self, future: "Future[list[Stream]]") -> list[Stream]:
        while True:
            self._ctx.check()
            with contextlib.suppress(TimeoutError):
                return future.result(0.1)

    def _pack_all(self, batch: list[SourceFile], earlier: Mapping[str, PackageEntry]) -> list[Stream]:
        streams = []
        for file in batch:
            if self._stop.is_set():
                break
            streams.append(self._pack(file, earlier))
        return streams

    def _pack(self, file: SourceFile, earlier: Mapping[str, PackageEntry]) -> Stream:
        source = os.path.join(self._root, file.source)  # which may be a whole path
        try:
            if (
                self._known is not None
                and file.path not in earlier
                and (same := _find_same(self._known, source, file))
            ):
                return same
            for _ in range(_TRIES):
                now_ns = time.time_ns()
                descriptor = os.open(source, _READ_FLAGS)
                try:
                    about = os.fstat(descriptor)
                    if not stat.S_ISREG(about.st_mode):
                        raise FileChanged(file.path)
                    if about.st_size > WHOLE_BYTES:
                        stream = self._pack_huge(descriptor, file)
                    else:
                        data = _read(descriptor, about.st_size)
                        stream = self._pack_whole(data, about, file, earlier.get(file.path))
                    after = os.fstat(descriptor)
                finally:
                    os.close(descriptor)
                stamp = Stamp.of(after)
                if stamp == Stamp.of(about) and stamp.size_bytes == stream.entry.content.size_bytes:
                    sure = max(stamp.mtime_ns, stamp.ctime_ns) < now_ns - DOUBTFUL_NS
                    return stream._replace(
                        entry=stream.entry._replace(stamp=stamp if sure else stamp.in_doubt())
                    )
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise FileChanged(file.path) from error
        except OSError as error:
            raise explain_os_error(error, WHAT, Path(error.filename or source)) from error
        raise FileChanged(file.path)

    def _pack_whole(
        self, data: bytes, about: os.stat_result, file: SourceFile, earlier: PackageEntry | None
    ) -> Stream:
        crc32 = deflate.crc32(data)
        if self._known is not None and (linked := self._known.find_linked(about, crc32)):
            sha256, method, stream = linked
            content = FileContent(sha256, len(data), file.executable)
            return Stream(_entry(file.path, content, crc32, method, stream), stream)
        sha256 = hashlib.sha256(data).hexdigest()
        content = FileContent(sha256, len(data), file.executable)
        if earlier is not None and earlier.content.sha256 == sha256:
            return Stream(earlier._replace(content=content), None)
        if self._known is not None and (found := self._known.find(sha256, len(data))):
            _, method, stream = found
        else:
            self.made_bytes += len(data)  # threads may lose a little of it
            packed = deflate.deflate_compress(data, LEVEL)
            method, stream = (DEFLATED, packed) if len(packed) < len(data) else (STORED, data)  # type: ignore[assignment]
        return Stream(_entry(file.path, content, crc32, method, stream), stream)

    def _pack_huge(self, descriptor: int, file: SourceFile) -> Stream:
        import tempfile  # only for such a file

        digest, crc32, size = hashlib.sha256(), 0, 0
        spool: IO[bytes] = tempfile.TemporaryFile(dir=self._scratch)  # noqa: SIM115  # its reader closes it
        try:
            packer = zlib.compressobj(LEVEL, zlib.DEFLATED, -15)
            packed_crc32 = packed_bytes = 0
            while True:
                if self._stop.is_set() or self._ctx.cancelled:
                    raise FileChanged(file.path)  # nobody waits for it any more
                piece = _read(descriptor, _PIECE_BYTES)
                digest.update(piece)
                crc32, size = deflate.crc32(piece, crc32), size + len(piece)
                packed = packer.compress(piece) if piece else packer.flush()
                packed_crc32 = deflate.crc32(packed, packed_crc32)
                packed_bytes += spool.write(packed)
                if not piece:
                    break
            spool.seek(0)
        except BaseException:
            spool.close()
            raise
        content = FileContent(digest.hexdigest(), size, file.executable)
        return Stream(
            PackageEntry(file.path, NO_STAMP, content, crc32, DEFLATED, packed_bytes, packed_crc32), spool
        )


def _find_same(known: "Streams", source: str, file: SourceFile) -> Stream | None:
    """The stream of a file that was packed elsewhere, possibly under another name, without reading it.

    Its stamp is trusted like that of a file which this tree's packer remembers.
    """
    about = os.stat(source)
    stamp = Stamp.of(about)
    if not stat.S_ISREG(about.st_mode) or (found := known.find_same(stamp)) is None:
        return None
    sha256, crc32, method, stream, packed_crc32 = found
    content = FileContent(sha256, about.st_size, file.executable)
    return Stream(PackageEntry(file.path, stamp, content, crc32, method, len(stream), packed_crc32), stream)


def _entry(
    path: str, content: FileContent, crc32: int, method: int, stream: bytes | bytearray
) -> PackageEntry:
    return PackageEntry(path, NO_STAMP, content, crc32, method, len(stream), deflate.crc32(stream))


def _read(descriptor: int, size: int) -> bytes:
    """This many bytes, or fewer at the end of the file."""
    data = os.read(descriptor, size)
    if len(data) == size or not data:
        return data
    parts = [data]
    missing = size - len(data)
    while missing and (part := os.read(descriptor, missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def _batches(files: Sequence[SourceFile]) -> Iterator[list[SourceFile]]:
    batch: list[SourceFile] = []
    weight = 0
    for file in files:
        if batch and (weight + file.size_bytes > _BATCH_BYTES or len(batch) == _BATCH_FILES):
            yield batch
            batch, weight = [], 0
        batch.append(file)
        weight += file.size_bytes
    if batch:
        yield batch


def _weight(batch: list[SourceFile]) -> int:
    return sum(min(file.size_bytes, WHOLE_BYTES) for file in batch)
