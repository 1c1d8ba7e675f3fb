"""Builds the deployment package: the same files give the same bytes, whoever packs them, where and when.

Entries are sorted by name, carry one fixed time, mode 0644 or 0755 and the Unix flag, and are deflated.
Source: https://docs.aws.amazon.com/lambda/latest/dg/python-package.html (permissions of package files)
"""

import base64
import hashlib
import os
import stat
import tempfile
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from workbench.aws.quotas import UNZIPPED_LIMIT_BYTES
from workbench.code.contents import Contents, FileContent, folders_of
from workbench.code.names import fault_in_name, never_packed
from workbench.code.tree import EntryKind, Found, walk
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error
from workbench.core.jobs import JobContext

_EARLIEST = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_DIRECTORY_BIT = 0x10
_CHUNK_BYTES = 1 << 20
_WHAT = "The package could not be built."


@dataclass(frozen=True, slots=True)
class Package:
    """A deployment package on disk.

    Attributes:
        path: The zip file, named by its hash.
        code_sha256: What AWS calls CodeSha256: base64 of the zip's SHA-256.
        size_bytes: Of the zip.
        contents: What is in it.
    """

    path: Path
    code_sha256: str
    size_bytes: int
    contents: Contents


def build_package(
    root: Path,
    target_dir: Path,
    ctx: JobContext,
    executables: frozenset[str] = frozenset(),
    empty_folders: frozenset[str] = frozenset(),
    limit_bytes: int = UNZIPPED_LIMIT_BYTES,
) -> Package:
    """Packs a folder.

    Args:
        root: The code.
        target_dir: Where the zip goes; made when missing. An equal package there is replaced by itself.
        ctx: The job; progress is in unpacked bytes.
        executables: Paths to mark executable on a system whose disks have no such bit (Windows).
        empty_folders: Folders to keep though they hold no file. Others that are empty are left out: they come
            and go with editing, and no handler could write into them.
        limit_bytes: The most that the code may measure unpacked. Layers count too, but are not known here.

    Raises:
        WorkbenchError: No files, too large, a name or a kind of file that cannot be packed, something
            unreadable, disk full. Nothing is left in `target_dir` then.
        Cancelled: The same.
    """
    files, folders = _collect(root, empty_folders, limit_bytes)
    total = sum(file.size_bytes for file in files)
    found: dict[str, FileContent] = {}
    unfinished = ""
    try:
        target_dir.mkdir(parents=True, exist_ok=True)
        descriptor, unfinished = tempfile.mkstemp(dir=target_dir, prefix=".building-")
        with os.fdopen(descriptor, "w+b") as out:
            with zipfile.ZipFile(out, "w") as archive:
                done = 0
                for file in files:
                    executable = file.executable or file.path in executables
                    content = _add(archive, root / file.path, file.path, executable, ctx, done, total)
                    found[file.path] = content
                    done += content.size_bytes
                    if done > limit_bytes:  # it grew while it was read
                        raise _too_large(found, limit_bytes)
                for folder in folders:
                    archive.writestr(_entry(folder + "/", stat.S_IFDIR | 0o755), b"")
            out.flush()
            os.fsync(out.fileno())
            out.seek(0)
            digest = hashlib.file_digest(out, "sha256")
        size_bytes = Path(unfinished).stat().st_size
        target = target_dir / package_name(digest.digest())
        Path(unfinished).replace(target)
        unfinished = ""
    except OSError as error:
        raise explain_os_error(error, _WHAT, Path(error.filename or target_dir)) from error
    finally:
        if unfinished:
            Path(unfinished).unlink(missing_ok=True)
    sha256 = base64.b64encode(digest.digest()).decode()
    return Package(target, sha256, size_bytes, Contents(found, frozenset(folders)))


def package_name(sha256: bytes) -> str:
    """The file name of a package with this hash."""
    return f"{sha256.hex()}.zip"


def package_name_of(code_sha256: str) -> str:
    """The file name of a package with this CodeSha256 (base64).

    Raises:
        ValueError: It is no base64.
    """
    return package_name(base64.b64decode(code_sha256, validate=True))


def _collect(root: Path, empty_folders: frozenset[str], limit_bytes: int) -> tuple[list[Found], list[str]]:
    files: list[Found] = []
    folders: set[str] = set()
    for found in walk(root):
        if never_packed(found.path):
            continue
        if fault := fault_in_name(found.path):
            raise _refusal(f"The name {found.path!r} cannot be packed: {fault}.", "Rename it.")
        if found.kind is EntryKind.FOLDER:
            if found.path in empty_folders:
                folders.add(found.path)
        elif found.kind is EntryKind.FILE:
            files.append(found)
        elif found.kind is EntryKind.LINK:
            files.append(_behind_link(root, found))
        else:
            raise _refusal(f"{found.path} is a device, a socket or a pipe, not a file.", "Move it elsewhere.")
    if not files:
        raise _refusal("There are no files. Lambda takes no empty package.", "Add the handler's file.")
    if sum(file.size_bytes for file in files) > limit_bytes:
        raise _too_large({file.path: FileContent("", file.size_bytes) for file in files}, limit_bytes)
    files.sort(key=lambda file: file.path)
    filled = folders_of([*(file.path for file in files), *folders])
    return files, sorted(folders - filled)


def _behind_link(root: Path, link: Found) -> Found:
    """A link to a file inside the tree is packed as that file."""
    target = (root / link.path).resolve()
    if not target.is_relative_to(root.resolve()):
        raise _refusal(
            f"{link.path} is a link that leads out of the code.", "Replace it by what it points to."
        )
    if not target.is_file():
        raise _refusal(
            f"{link.path} is a link to something that is not a file.", "Replace it by what it points to."
        )
    about = target.stat()
    executable = bool(about.st_mode & 0o111)
    return Found(link.path, EntryKind.FILE, about.st_size, executable, about.st_mtime_ns)


def _add(
    archive: zipfile.ZipFile, path: Path, name: str, executable: bool, ctx: JobContext, done: int, total: int
) -> FileContent:
    digest, size = hashlib.sha256(), 0
    entry = _entry(name, stat.S_IFREG | (0o755 if executable else 0o644))
    with path.open("rb") as source, archive.open(entry, "w") as target:
        while chunk := source.read(_CHUNK_BYTES):
            ctx.progress(done + size, total, name)
            digest.update(chunk)
            size += len(chunk)
            target.write(chunk)
    return FileContent(digest.hexdigest(), size, executable)


def _entry(name: str, mode: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EARLIEST)
    entry.create_system = _UNIX
    entry.external_attr = mode << 16
    if stat.S_ISDIR(mode):
        entry.external_attr |= _DIRECTORY_BIT
    else:
        entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _too_large(files: dict[str, FileContent], limit_bytes: int) -> WorkbenchError:
    total = sum(file.size_bytes for file in files.values())
    parts: Counter[str] = Counter()
    for path, file in files.items():
        parts[path.partition("/")[0]] += file.size_bytes
    largest = ", ".join(f"{name} ({size / 1e6:.0f} MB)" for name, size in parts.most_common(3))
    return _refusal(
        f"The code measures {total:,} bytes unpacked; Lambda takes {limit_bytes:,}, layers included. "
        f"The largest parts are {largest}.",
        "Remove what the function does not need.",
    )


def _refusal(why: str, remedy: str) -> WorkbenchError:
    return WorkbenchError(_WHAT, why, remedy)
