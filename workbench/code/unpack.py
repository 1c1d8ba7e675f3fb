"""Unpacks an untrusted deployment package, on as many threads as help.

The zip's directory is not trusted: the target folder appears completely or not at all, and nothing is written
outside it. `extract` is the fast path: 20,000 files take a second. Unusual entries are read by the standard
library, whose messages for damaged ones the user gets.
"""

import contextlib
import hashlib
import os
import shutil
import stat
import struct
import tempfile
import threading
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import batched
from pathlib import Path

import deflate

from workbench.aws.quotas import UNZIPPED_LIMIT_BYTES
from workbench.code.contents import (
    Contents,
    FileContent,
    fault_in_name,
    folders_of,
    is_version_control,
    normalised,
)
from workbench.core.errors import WorkbenchError
from workbench.core.files import explaining
from workbench.core.jobs import JobContext
from workbench.core.messages import _

_CHUNK_BYTES = 1 << 18
_THREADS = min(4, os.cpu_count() or 1)
_BATCH = 48  # entries that one thread takes at a time: neighbours, which share a folder
_WHOLE_BYTES = 4 << 20  # up to this size an entry is inflated at once; larger ones in pieces
_POLL_S = 0.1  # how long Cancel may go unnoticed
_BY_DESCRIPTOR = os.utime in os.supports_fd and os.chmod in os.supports_fd
_LOCAL_HEADER = struct.Struct("<4s22xHH")
_HARMLESS_FLAGS = 0x8 | 0x800 | 0x6  # sizes follow the data, the name is UTF-8, the compression level


@dataclass(frozen=True, slots=True)
class Member:
    """A file of a zip that can be written.

    Attributes:
        path: Its target, relative, with `/`; its folder exists.
    """

    info: zipfile.ZipInfo
    path: str
    executable: bool


class LimitExceeded(Exception):
    """More bytes were unpacked than allowed."""


def extract(
    archive: zipfile.ZipFile, members: Sequence[Member], root: Path, ctx: JobContext, limit_bytes: int
) -> dict[str, FileContent]:
    """Writes new files, each with its mode and the time of an untouched one.

    Args:
        members: What to write; their announced size is within the limit.
        ctx: Progress is in bytes.
        limit_bytes: Maximum size, whatever the entries announce.

    Raises:
        LimitExceeded: They contain more.
        OSError: A file cannot be written.
        zipfile.BadZipFile: And whatever else `ZipFile.open` and reading raise for a damaged entry.
    """
    announced = sum(member.info.file_size for member in members)
    writer = _Writer(archive, root, limit_bytes)
    found: dict[str, FileContent] = {}
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="unpack") as threads:
        batches = [threads.submit(writer.write_all, batch) for batch in batched(members, _BATCH)]
        try:
            for batch in batches:
                while not wait((batch,), _POLL_S).done:
                    ctx.progress(writer.written_bytes, announced)
                found.update(batch.result())
                ctx.progress(writer.written_bytes, announced)
        finally:
            writer.over.set()
            threads.shutdown(cancel_futures=True)
    return found


def chunks(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """An entry's bytes in pieces. Raises as `ZipFile.open` and reading do."""
    with archive.open(info) as source:
        while chunk := source.read(_CHUNK_BYTES):
            yield chunk


class _Writer:
    """The state that the threads share."""

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
        """Writes some files, until stopped."""
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
            if _BY_DESCRIPTOR:  # otherwise every path must be resolved
                if os.fstat(fd).st_mode & 0o777 != mode:  # the user's umask removes more than usual
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
                break  # nobody will see the result
        return FileContent(digest.hexdigest(), size, member.executable)

    def _whole(self, info: zipfile.ZipInfo) -> bytes | None:
        """The bytes of a small, common and intact entry; otherwise None."""
        if (
            not self._reads_anywhere
            or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
            or info.file_size > _WHOLE_BYTES
            or info.compress_size > _WHOLE_BYTES
            or info.flag_bits & ~_HARMLESS_FLAGS
        ):
            return None
        room = len(info.orig_filename.encode()) + 1024  # the name as in the header, and the extra field
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
                raise LimitExceeded


def _write(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


# Lambda does not limit the number of files. This limit keeps a hostile directory from filling the memory.
MAX_ENTRIES = 200_000
_ENCRYPTED = 0x1
_UTF8 = 0x800
_UNIX = 3
_WHAT = _("The code could not be unpacked.")

type Examined = Callable[[zipfile.ZipFile, list[Member], set[str]], object]
"""Called with an open archive, its files, and all its folders, whose names are safe."""


def unpack(
    zip_path: Path,
    target_dir: Path,
    ctx: JobContext,
    limit_bytes: int = UNZIPPED_LIMIT_BYTES,
    wanted: Callable[[zipfile.ZipInfo], bool] = lambda _info: True,
    examined: Examined = lambda _archive, _files, _folders: None,
) -> Contents:
    """Unpacks into a new folder.

    Files get mode 0644, or 0755 if the package sets any executable bit; folders get 0755. Folders of version
    control are left out: they are not part of any function, and programs of the user would obey them. Raises
    WorkbenchError: not a zip, damaged, encrypted, too large, unsafe names or links, or the disk is full.
    `target_dir` does not exist then. After Cancel: `target_dir` does not exist.

    Args:
        target_dir: Created in one step, when everything is unpacked. Its parent must exist.
        ctx: Progress is in unpacked bytes.
        limit_bytes: Maximum unpacked size, counted while unpacking, whatever the zip's directory says.
        wanted: Selects entries; the others are ignored, even if they are invalid.
        examined: Called before the first byte is written. The archive is open until this returns.
    """
    with explaining(_WHAT, target_dir):
        root = Path(tempfile.mkdtemp(dir=target_dir.parent, prefix=f".{target_dir.name}."))
        try:
            with _open_zip(zip_path) as archive:
                if len(archive.infolist()) > MAX_ENTRIES:
                    raise _refusal(
                        _("It has {count:,} entries; Workbench allows {max_entries:,}.").format(
                            count=len(archive.infolist()), max_entries=MAX_ENTRIES
                        )
                    )
                infos = [info for info in archive.infolist() if wanted(info)]
                files, folders = _examine(infos, _is_case_sensitive(root))
                if sum(member.info.file_size for member in files) > limit_bytes:
                    raise _too_large(limit_bytes)
                examined(archive, files, folders)
                contents = _extract(archive, files, folders, root, ctx, limit_bytes)
            root.chmod(0o755)
            root.replace(target_dir)
        except BaseException:
            shutil.rmtree(root, ignore_errors=True)
            raise
    return contents


@contextlib.contextmanager
def _open_zip(zip_path: Path) -> Iterator[zipfile.ZipFile]:
    """An open package. Raises WorkbenchError if it is damaged, or cannot be read, also for the block."""
    try:
        with zipfile.ZipFile(zip_path) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, UnicodeDecodeError, ValueError) as error:
        raise _unreadable(zip_path, error) from error
    except (NotImplementedError, RuntimeError) as error:
        raise _refusal(
            _("It uses a compression method that is not supported: {error}.").format(error=error)
        ) from error


@contextlib.contextmanager
def _reading(zip_path: Path) -> Iterator[zipfile.ZipFile]:
    """Does what `_open_zip` does, and explains errors of the disk."""
    what = _("{zip_path} could not be read.").format(zip_path=zip_path.name)
    with explaining(what, zip_path), _open_zip(zip_path) as archive:
        yield archive


def names_in(zip_path: Path) -> tuple[str, ...]:
    """The names of the files in a zip. Raises WorkbenchError if it is not a zip, or cannot be read."""
    with _reading(zip_path) as archive:
        return tuple(normalised(_name_of(info)) for info in archive.infolist() if not info.is_dir())


def read_contents(zip_path: Path, ctx: JobContext) -> Contents:
    """The contents of a package, without writing anything. Same rules and errors as `unpack`."""
    with _reading(zip_path) as archive:
        files, folders = _examine(archive.infolist(), tells_case_apart=True)
        found = {}
        for member in files:
            digest, size = hashlib.sha256(), 0
            for chunk in chunks(archive, member.info):
                ctx.check()
                digest.update(chunk)
                size += len(chunk)
            found[member.path] = FileContent(digest.hexdigest(), size, member.executable)
    return Contents(found, _empty(folders, files))


def read_members(zip_path: Path, paths: Collection[str]) -> Iterator[tuple[str, bytes]]:
    """The bytes of some files of a package, in the package's order. Missing files are left out.

    Raises WorkbenchError if the package is damaged or cannot be read.
    """
    with _reading(zip_path) as archive:
        for info in archive.infolist():
            path = normalised(_name_of(info))
            if path in paths and not info.is_dir():
                yield path, b"".join(chunks(archive, info))


def read_heads(zip_path: Path, wanted: Callable[[str], bool], head_bytes: int) -> Iterator[tuple[str, bytes]]:
    """The files of a package by path, each with its first bytes; with none unless the path is `wanted`.

    Raises WorkbenchError if the package is damaged or cannot be read.
    """
    with _reading(zip_path) as archive:
        for info in archive.infolist():
            if not info.is_dir():
                path = normalised(_name_of(info))
                yield path, _head_of(archive, info, head_bytes) if wanted(path) else b""


def _head_of(archive: zipfile.ZipFile, info: zipfile.ZipInfo, head_bytes: int) -> bytes:
    head = bytearray()
    for chunk in chunks(archive, info):
        head += chunk
        if len(head) >= head_bytes:
            break
    return bytes(head[:head_bytes])


def _examine(infos: list[zipfile.ZipInfo], tells_case_apart: bool) -> tuple[list[Member], set[str]]:
    """Checks every entry before the first byte is written."""
    files: list[Member] = []
    folders: set[str] = set()
    taken: dict[str, str] = {}

    for info in infos:
        name = _name_of(info)
        if fault := fault_in_name(name):
            raise _refusal(_("The name {name!r} is not safe: {fault}.").format(name=name, fault=fault))
        if info.flag_bits & _ENCRYPTED:
            raise _refusal(_("{name} is encrypted. Lambda cannot run it.").format(name=name))
        kind = stat.S_IFMT(info.external_attr >> 16) if info.create_system == _UNIX else 0
        if kind == stat.S_IFLNK:
            raise _refusal(
                _("{name} is a symbolic link, which could refer to a file outside the package.").format(
                    name=name
                )
            )
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise _refusal(_("{name} is a device, a socket or a pipe, not a file.").format(name=name))
        path = normalised(name)
        if is_version_control(path):
            continue
        if info.is_dir() or kind == stat.S_IFDIR:
            folders.add(path)
            continue
        key = path if tells_case_apart else _folded(path)
        if key in taken:
            raise _refusal(
                _("It contains {path} twice.").format(path=path)
                if taken[key] == path
                else _("It contains {taken} and {path}, which this disk treats as the same file.").format(
                    taken=taken[key], path=path
                )
            )
        taken[key] = path
        executable = info.create_system == _UNIX and bool(info.external_attr >> 16 & 0o111)
        files.append(Member(info, path, executable))

    folders |= folders_of([*(member.path for member in files), *folders])
    for folder in folders:
        if (folder if tells_case_apart else _folded(folder)) in taken:
            raise _refusal(_("{folder} is both a file and a folder.").format(folder=folder))
    folders.discard("")
    return files, folders


def _extract(
    archive: zipfile.ZipFile,
    files: list[Member],
    folders: set[str],
    root: Path,
    ctx: JobContext,
    limit_bytes: int,
) -> Contents:
    for folder in sorted(folders):
        (root / folder).mkdir(mode=0o755)
    try:
        found = extract(archive, files, root, ctx, limit_bytes)
    except LimitExceeded:
        raise _too_large(limit_bytes) from None
    return Contents(found, _empty(folders, files))


def _name_of(info: zipfile.ZipInfo) -> str:
    """The entry's name as Lambda reads it: UTF-8, even if the zip does not say so.

    zipfile cuts names at NUL, and decodes names without the UTF-8 flag as code page 437.
    """
    raw = info.orig_filename
    if info.flag_bits & _UTF8 or raw.isascii():
        return raw
    try:
        return raw.encode("cp437").decode("utf-8")
    except UnicodeError:
        raise _refusal(_("The name {raw!r} is not UTF-8.").format(raw=raw)) from None


def _empty(folders: set[str], files: list[Member]) -> frozenset[str]:
    filled = folders_of([*(member.path for member in files), *folders])
    return frozenset(folders - filled)


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()


def _is_case_sensitive(folder: Path) -> bool:
    probe = folder / "case"
    probe.touch()
    try:
        return not (folder / "CASE").exists()
    finally:
        with contextlib.suppress(OSError):
            probe.unlink()


def _unreadable(zip_path: Path, error: Exception) -> WorkbenchError:
    if not zip_path.stat().st_size:
        return _refusal(_("It is empty (0 bytes)."))
    if not zipfile.is_zipfile(zip_path):
        return _refusal(_("It is not a zip file."))
    return _refusal(_("The zip file is damaged: {error}.").format(error=error))


def _too_large(limit_bytes: int) -> WorkbenchError:
    return _refusal(
        _("It is larger than {limit_bytes:,} bytes unzipped, which is Lambda's limit.").format(
            limit_bytes=limit_bytes
        )
    )


def _refusal(why: str) -> WorkbenchError:
    return WorkbenchError(
        _WHAT, why, _("No files were extracted. You can still open the package with other tools.")
    )
