"""Brings the entries of a zip to disk, on as many threads as help: 20,000 files are a second's work.

Owns: speed. What may be written where has been decided before (unpack.py); whatever is not as usual with an
entry is read by the standard library, whose words for a damaged one are those that a person gets.
"""

import hashlib
import os
import struct
import threading
import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import batched
from pathlib import Path

import deflate

from workbench.code.contents import FileContent
from workbench.core.jobs import JobContext

CHUNK_BYTES = 1 << 18
_THREADS = min(4, os.cpu_count() or 1)
_BATCH = 48  # entries that one thread takes at a time: neighbours, which share a folder
_WHOLE_BYTES = 4 << 20  # up to here an entry is inflated at once; larger ones in pieces
_LOOK_S = 0.1  # how long Cancel may go unseen
_BY_DESCRIPTOR = os.utime in os.supports_fd and os.chmod in os.supports_fd
_LOCAL_HEADER = struct.Struct("<4s22xHH")
_EXTRA_BYTES = 1024  # what usually is enough for an entry's extra field
_HARMLESS_FLAGS = 0x8 | 0x800 | 0x6  # sizes come behind the data, the name is UTF-8, how well it is packed


@dataclass(frozen=True, slots=True)
class Member:
    """A file of a zip that is fit to be written.

    Attributes:
        info: The zip's entry.
        path: Where it goes, relative, with `/`; its folder exists.
        executable: Whether the package marks it so.
    """

    info: zipfile.ZipInfo
    path: str
    executable: bool


class TooMuch(Exception):
    """More bytes came out than may."""


def extract(
    archive: zipfile.ZipFile, members: Sequence[Member], root: Path, ctx: JobContext, limit_bytes: int
) -> dict[str, FileContent]:
    """Writes files that do not exist yet, each with its mode and the time of an untouched one.

    Args:
        archive: Open.
        members: What to write; together announced as no more than the limit.
        root: Where.
        ctx: The job; progress is in bytes.
        limit_bytes: The most that may come out, whatever the entries announce.

    Raises:
        TooMuch: They hold more.
        OSError: The disk refuses.
        zipfile.BadZipFile: And what else `ZipFile.open` and reading raise, for an entry that is damaged.
    """
    announced = sum(member.info.file_size for member in members)
    writer = _Writer(archive, root, limit_bytes)
    found: dict[str, FileContent] = {}
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="unpack") as threads:
        batches = [threads.submit(writer.write_all, batch) for batch in batched(members, _BATCH)]
        try:
            for batch in batches:
                while not wait((batch,), _LOOK_S).done:
                    ctx.progress(writer.written_bytes, announced)
                found.update(batch.result())
                ctx.progress(writer.written_bytes, announced)
        finally:
            writer.over.set()
            threads.shutdown(cancel_futures=True)
    return found


def chunks(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """An entry's bytes, in pieces. Raises as `ZipFile.open` and reading do."""
    with archive.open(info) as source:
        while chunk := source.read(CHUNK_BYTES):
            yield chunk


class _Writer:
    """What the threads share."""

    def __init__(self, archive: zipfile.ZipFile, root: Path, limit_bytes: int) -> None:
        assert archive.filename is not None
        self.over = threading.Event()
        self._archive = archive
        self._root = os.fspath(root)
        self._limit_bytes = limit_bytes
        self.written_bytes = 0
        self._lock = threading.Lock()
        self._reads_anywhere = hasattr(os, "pread")
        assert archive.fp is not None
        self._fd = archive.fp.fileno()

    def write_all(self, members: Sequence[Member]) -> list[tuple[str, FileContent]]:
        """Writes some files, until it is over."""
        done = []
        for member in members:
            if self.over.is_set():
                break
            try:
                done.append((member.path, self._write(member)))
            except BaseException:
                self.over.set()
                raise
        return done

    def _write(self, member: Member) -> FileContent:
        target = f"{self._root}/{member.path}"
        mode = 0o755 if member.executable else 0o644
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        fd = os.open(target, flags, mode)
        try:
            data = self._whole(member.info)
            if data is not None:
                self._count(len(data))
                _write(fd, data)
                content = FileContent(hashlib.sha256(data).hexdigest(), len(data), member.executable)
            else:
                content = self._write_in_pieces(fd, member)
            times = content.pristine_ns, content.pristine_ns
            if _BY_DESCRIPTOR:  # no other way up and down the folders
                if os.fstat(fd).st_mode & 0o777 != mode:  # the person's umask takes away more than usual
                    os.fchmod(fd, mode)
                os.utime(fd, ns=times)
        finally:
            os.close(fd)
        if not _BY_DESCRIPTOR:
            os.chmod(target, mode)
            os.utime(target, ns=times)
        return content

    def _write_in_pieces(self, fd: int, member: Member) -> FileContent:
        digest, size = hashlib.sha256(), 0
        for chunk in chunks(self._archive, member.info):
            self._count(len(chunk))
            digest.update(chunk)
            _write(fd, chunk)
            size += len(chunk)
            if self.over.is_set():
                break  # nobody will look at it
        return FileContent(digest.hexdigest(), size, member.executable)

    def _whole(self, info: zipfile.ZipInfo) -> bytes | None:
        """The bytes of an entry that is small, common and whole, or None."""
        if (
            not self._reads_anywhere
            or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
            or info.file_size > _WHOLE_BYTES
            or info.compress_size > _WHOLE_BYTES
            or info.flag_bits & ~_HARMLESS_FLAGS
        ):
            return None
        room = (
            len(info.orig_filename.encode()) + 1024
        )  # the name as the header has it, and what may follow it
        raw = os.pread(self._fd, _LOCAL_HEADER.size + room + info.compress_size, info.header_offset)
        if len(raw) < _LOCAL_HEADER.size:
            return None
        magic, name_length, extra_length = _LOCAL_HEADER.unpack_from(raw)
        start = _LOCAL_HEADER.size + name_length
        name = raw[_LOCAL_HEADER.size : start]
        packed = raw[start + extra_length : start + extra_length + info.compress_size]
        encoding = "utf-8" if info.flag_bits & 0x800 else "cp437"
        if (
            magic != b"PK\x03\x04"
            or name != info.orig_filename.encode(encoding)
            or len(packed) != info.compress_size
        ):
            return None
        try:
            data = (
                packed
                if info.compress_type == zipfile.ZIP_STORED
                else bytes(deflate.deflate_decompress(packed, info.file_size))
            )
        except deflate.DeflateError:
            return None
        return data if len(data) == info.file_size and deflate.crc32(data) == info.CRC else None

    def _count(self, size: int) -> None:
        with self._lock:
            self.written_bytes += size
            if self.written_bytes > self._limit_bytes:
                raise TooMuch


def _write(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
