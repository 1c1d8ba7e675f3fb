"""Writes files so that no crash or full disk leaves an incomplete one; shares files between programs.

For sharing: the system's lock on an open file, which ends with its process, so that no crash leaves one
behind, and SQLite's write-ahead log. `Paths` are the folders of Workbench, for this user only.
"""

import contextlib
import errno
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import platformdirs

import workbench
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _

if TYPE_CHECKING:
    import sqlite3

_NEW_FILE = (
    os.O_WRONLY | os.O_CREAT | os.O_EXCL
    | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
)  # fmt: skip
_OTHERS = 0o077
_NOT_IN_A_NAME = re.compile(r"[\x00-\x1f\x7f/\\:]")
_IS_WINDOWS = os.name == "nt"
DEVICE_NAMES = frozenset(
    {"CON", "PRN", "AUX", "NUL", *(f"{port}{number}" for port in ("COM", "LPT") for number in range(1, 10))}
)
"""Names that Windows takes for devices, also with an extension.
Source: https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file"""
MISLEADING = re.compile("[\x80-\x9f\u2028-\u202e\u2066-\u2069]")
"""Characters that make a name look like another: controls, separators of lines, and those that turn the
direction of text. Joiners and the marks of right-to-left scripts are not among them: words need those."""


def write_atomic(
    path: Path, data: bytes, mode: int = 0o600, scratch_dir: Path | None = None, *, lasting: bool = True
) -> None:
    """Replaces a file atomically: readers see either the old or the new bytes.

    Args:
        mode: Permission bits of the result; private by default.
        scratch_dir: Folder of the incomplete file; the file's own folder if None, or if it is on another
            disk. For folders in which every file counts, so that a crash leaves none there.
        lasting: Whether to wait until the disk has it, so that a power cut leaves the old or the new bytes,
            too. Not for files whose reader detects damage, and can do without them.

    Raises:
        WorkbenchError: The disk is full, the folder is not writable, or the device failed. The old file is
            intact then.
    """
    temporary = ""
    try:
        if mode & _OTHERS:  # a file in the user's own project, whose folders have their usual modes
            path.parent.mkdir(parents=True, exist_ok=True)
        else:
            make_private_folder(path.parent)
        descriptor, temporary = make_file(scratch_dir or path.parent, f".workbench-{path.name[:40]}.")
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            if lasting:
                os.fsync(file.fileno())
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except OSError as error:
        if temporary:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
        if error.errno == errno.EXDEV and scratch_dir is not None:
            write_atomic(path, data, mode, lasting=lasting)
            return
        raise explain_os_error(error, _("{path} could not be saved.").format(path=path.name), path) from error


def make_file(folder: Path, prefix: str) -> tuple[int, str]:
    """Creates a private file; returns its descriptor and path. Raises OSError.

    Like tempfile.mkstemp, whose import takes longer than writing most files.
    """
    path = folder / f"{prefix}{os.urandom(8).hex()}"
    return os.open(path, _NEW_FILE, 0o600), str(path)


def make_private_folder(folder: Path) -> None:
    """Creates a folder for this user only, and its missing parents; an existing one is not changed.

    Raises:
        OSError: The disk refuses, or the name is taken by something else.
    """
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except FileNotFoundError:
        make_private_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def private_opener(path: str, flags: int) -> int:
    """For `open(…, opener=…)`: the file is for this user only, whatever the umask and its old mode.

    A symbolic link in its place is not followed.
    """
    flags |= getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(path, flags, 0o600)
    try:
        if hasattr(os, "fchmod") and os.fstat(descriptor).st_mode & _OTHERS:
            os.fchmod(descriptor, 0o600)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def touch_private(path: Path) -> None:
    """Creates an empty file for this user only, for a library that would create it itself. Raises OSError."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def copy_private(source: Path, target: Path) -> None:
    """Copies a file into one for this user only, replacing an older one. Raises OSError."""
    import shutil  # rarely needed

    with source.open("rb") as read, open(target, "wb", opener=private_opener) as write:
        shutil.copyfileobj(read, write, 1 << 20)
        write.flush()
        os.fsync(write.fileno())


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A new file for this user only that replaces `path` at the end.

    If the block raises, `path` is unchanged and nothing else is left. Raises OSError.
    """
    descriptor, part = make_file(path.parent, f".{path.name[:40]}.part-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
        Path(part).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(part).unlink()
        raise


def sync_folder(folder: Path) -> None:
    """Makes changes of a folder's entries survive a power cut, if possible."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def move(source: Path, target: Path) -> None:
    """Moves a file or folder to a new path, atomically if that is on the same disk. Raises OSError."""
    try:
        source.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        import shutil  # only between two disks

        shutil.move(source, target)


def path_below(root: Path, *parts: str) -> Path:
    """A path below a root; its parts may come from untrusted sources.

    Each part is a single name: no separator, no "..", no control character or other misleading one, nothing
    that Windows treats as a drive or stream, nor, on Windows, as a device. A symbolic link below the root may
    lead elsewhere below it, never outside.

    Args:
        root: A folder of the program's own, which need not exist.
        parts: The names of folders, and last the file's, from the root.

    Raises:
        WorkbenchError: A part is not a valid name, or a link leads outside.
    """
    path = root
    for part in parts:
        if part in ("", ".", "..") or _NOT_IN_A_NAME.search(part) or part != part.rstrip(". "):
            raise _outside(root, part)
        if MISLEADING.search(part):
            raise _no_name(part, _("It contains a character that makes it look like another name."))
        if _IS_WINDOWS and part.partition(".")[0].rstrip().upper() in DEVICE_NAMES:
            raise _no_name(part, _("Windows treats it as the name of a device."))
        path /= part
    # A name alone cannot leave the root, so only a link can: resolved paths are compared.
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root)):
        raise _outside(root, "/".join(parts))
    return path


def _outside(root: Path, name: str) -> WorkbenchError:
    return _no_name(name, _("The path leads out of {root}.").format(root=root))


def _no_name(name: str, why: str) -> WorkbenchError:
    shown = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in name)[:80]
    return WorkbenchError(
        _("“{shown}” cannot be the name of a file.").format(shown=shown),
        why,
        _("No file was written. Check where the name came from: the endpoint of the profile, or a file."),
    )


def explain_os_error(error: OSError, what: str, path: Path) -> WorkbenchError:
    """The WorkbenchError for a failed file operation."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        folder = path.parent
        return WorkbenchError(
            what,
            _("The disk of {parent} is full.").format(parent=folder),
            _("Free some space, then try again. No data was lost."),
            until=None if has_room(folder) else lambda: has_room(folder),
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return WorkbenchError(
            what,
            _("You do not have permission to access {path}.").format(path=path),
            _("Change the permissions of the folder, then try again."),
        )
    return WorkbenchError(what, f"{path}: {error.strerror or error}", _("Check the folder, then try again."))


_ROOM_BYTES = 512 * 1024 * 1024  # for anything that this program writes at once: a package and its files


def has_room(folder: Path) -> bool:
    """Whether the disk of a folder has room for anything that this program writes."""
    try:
        return shutil.disk_usage(folder).free >= _ROOM_BYTES
    except OSError:
        return False


@contextlib.contextmanager
def explaining(what: str, path: Path) -> Iterator[None]:
    """Raises `explain_os_error` in place of an OSError of the block."""
    try:
        yield
    except OSError as error:
        raise explain_os_error(error, what, path) from error


def megabytes(size_bytes: int) -> str:
    """A size for texts, without unit: "57.2" for 60,000,000 bytes (powers of 1024, as Lambda's limits)."""
    return f"{size_bytes / 1024**2:,.1f}"


_HELD = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
_FAR = 1 << 30


def try_lock(descriptor: int, *, wait: bool = False) -> bool:
    """Takes the lock of an open file or (not on Windows) folder for this descriptor; False if it is taken.

    It is held until the descriptor is closed or the process ends, and also excludes this process's other
    descriptors.

    Args:
        wait: Whether to wait for it, where others take it only to look (`is_locked`).

    Raises:
        OSError: This file system has no locks.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            # Windows locks bytes: one far after the end, so that the content can be read meanwhile.
            here = os.lseek(descriptor, 0, os.SEEK_CUR)
            os.lseek(descriptor, _FAR, os.SEEK_SET)
            try:
                msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
            finally:
                os.lseek(descriptor, here, os.SEEK_SET)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError as error:
        if error.errno in _HELD:
            return False
        raise
    return True


def is_locked(path: Path) -> bool:
    """Whether another descriptor holds a file's lock. True if unknown; False without a file."""
    try:
        descriptor = _open_to_look(path)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    try:
        return not try_lock(descriptor)
    except OSError:
        return True
    finally:
        os.close(descriptor)


def _open_to_look(path: Path) -> int:
    """Opens a file to look at its lock: for writing, which NFS asks for, or as it can be opened."""
    try:
        return os.open(path, os.O_RDWR)
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise
        return os.open(path, os.O_RDONLY)


_WAL_PAUSE_S = 0.01


def enable_wal(database: "sqlite3.Connection", timeout_s: float) -> None:
    """Turns on SQLite's write-ahead log, so that readers and a writer do not wait for each other.

    SQLite ignores the connection's own timeout here while another connection is about to write.

    Raises:
        sqlite3.OperationalError: Others still use the file after `timeout_s`, or the disk refuses.
    """
    import sqlite3  # rarely needed

    last = time.monotonic() + timeout_s
    while True:
        try:
            database.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > last:
                raise
            time.sleep(_WAL_PAUSE_S)
        else:
            return


_HOME_VARIABLE = "WORKBENCH_HOME"


@dataclass(frozen=True, slots=True)
class Paths:
    """The four folders of one installation."""

    data_dir: Path
    cache_dir: Path
    config_dir: Path
    log_dir: Path

    @classmethod
    def default(cls, environ: Mapping[str, str] = os.environ) -> "Paths":
        """The platform's folders, or those below WORKBENCH_HOME."""
        if home := environ.get(_HOME_VARIABLE):
            return cls.below(Path(home))
        dirs = platformdirs.PlatformDirs("workbench", appauthor=False)
        return cls(dirs.user_data_path, dirs.user_cache_path, dirs.user_config_path, dirs.user_log_path)

    @classmethod
    def below(cls, home: Path) -> "Paths":
        """All four folders below one."""
        return cls(home / "data", home / "cache", home / "config", home / "log")

    def make_private(self) -> "Privacy":
        """Creates missing folders, and removes other users' access to existing ones.

        They may contain code, payloads and keys. On Windows, a user's folders are private already.
        """
        narrowed, open_to_others = [], []
        for folder in (self.data_dir, self.cache_dir, self.config_dir, self.log_dir):
            try:
                make_private_folder(folder)
                if os.name == "nt":
                    continue
                mode = folder.stat().st_mode
                if mode & _OTHERS:
                    folder.chmod(mode & ~_OTHERS & 0o7777)
                    if folder.stat().st_mode & _OTHERS:  # a disk without modes says nothing
                        raise PermissionError(errno.EPERM, _("the disk does not keep the change"))
                    narrowed.append(folder)
            except OSError as error:
                open_to_others.append(_not_private(folder, error))
        return Privacy(tuple(narrowed), tuple(open_to_others))


@dataclass(frozen=True, slots=True)
class Privacy:
    """The result of `Paths.make_private`.

    Attributes:
        narrowed: Folders that other users of this computer could read until now.
        problems: Folders that could not be made private, and why.
    """

    narrowed: tuple[Path, ...] = ()
    problems: tuple[WorkbenchError, ...] = ()


def _not_private(folder: Path, error: OSError) -> WorkbenchError:
    return WorkbenchError(
        _("{folder} is not private.").format(folder=folder),
        _("Other users of this computer might be able to read it: {strerror}.").format(
            strerror=error.strerror or error
        ),
        _(
            "Make it a folder that only you can access (mode 700), or set {home_variable} to such a folder."
        ).format(home_variable=_HOME_VARIABLE),
    )


def resources_dir() -> Path:
    """The folder with editor page, icons and samples: packaged, or beside the package in a checkout."""
    package = Path(workbench.__file__).parent
    packaged = package / "_resources"
    return packaged if packaged.is_dir() else package.parent / "resources"
