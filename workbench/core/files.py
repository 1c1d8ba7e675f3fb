"""Writing files so that a crash or a full disk never leaves half of one, and files that several programs use.

For those: the system's lock on an open file, which ends with its process, so that no crash leaves one behind,
and SQLite's write-ahead log.
"""

import contextlib
import errno
import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

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


def write_atomic(
    path: Path, data: bytes, mode: int = 0o600, scratch_dir: Path | None = None, *, lasting: bool = True
) -> None:
    """Replaces a file in one step: its readers see the old bytes or the new ones.

    Args:
        path: The file; its folder is made when missing.
        data: The whole new content.
        mode: Permission bits of the result. Private unless a caller wants otherwise.
        scratch_dir: Where the unfinished file lies; the file's own folder when None, or when this is on
            another disk. For folders whose every file counts, so that a crash leaves no stray one there.
        lasting: Whether to wait until the disk has it, so that a loss of power leaves the old bytes or the
            new ones, too. Not for what its reader can tell to be damaged, and do without.

    Raises:
        WorkbenchError: The disk is full, the folder is not writable, or the device failed. The old file
            is intact then.
    """
    temporary = ""
    try:
        if mode & _OTHERS:  # a file of the user's own project, whose folders are like its others
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
    """Makes a new, private file; returns its descriptor and its path. Raises OSError.

    As tempfile.mkstemp, which takes longer to import than most files take to be written.
    """
    path = folder / f"{prefix}{os.urandom(8).hex()}"
    return os.open(path, _NEW_FILE, 0o600), str(path)


def make_private_folder(folder: Path) -> None:
    """Makes a folder for this user only, and its missing parents; one that is there stays as it is.

    Raises:
        OSError: The disk refuses, or there is something else of that name.
    """
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except FileNotFoundError:
        make_private_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def private_opener(path: str, flags: int) -> int:
    """For `open(…, opener=…)`: the file is for this user only, whatever the umask and the old one say.

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
    """Makes an empty file for this user only, for a library that would make it itself. Raises OSError."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def copy_private(source: Path, target: Path) -> None:
    """Copies a file's bytes into one for this user only; an older one is replaced. Raises OSError."""
    import shutil  # few need it

    with source.open("rb") as read, open(target, "wb", opener=private_opener) as write:
        shutil.copyfileobj(read, write, 1 << 20)
        write.flush()
        os.fsync(write.fileno())


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A new file for this user only that takes the place of `path` at the end.

    When something is raised inside, `path` stays as it was and nothing else is left.

    Raises:
        OSError: The disk refuses.
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
    """Makes what was created, renamed or removed in a folder last through a loss of power, where it can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def move(source: Path, target: Path) -> None:
    """Moves a file or a folder to where there is none, in one step if that is on the same disk.

    Raises:
        OSError: It is still where it was.
    """
    try:
        source.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        import shutil  # between two disks only

        shutil.move(source, target)


def path_below(root: Path, *parts: str) -> Path:
    """The path of a file or folder below a root; its parts may come from anybody.

    Each part is one name: no separator, no "..", no control character, nothing that Windows reads as a drive
    or a stream. A symbolic link below the root may lead to another place below it, never outside.

    Args:
        root: A folder of the program's own; it need not be there yet.
        parts: The names of folders and at last of the file, from the root.

    Raises:
        WorkbenchError: A part is no such name, or a link leads outside.
    """
    path = root
    for part in parts:
        if part in ("", ".", "..") or _NOT_IN_A_NAME.search(part) or part != part.rstrip(". "):
            raise _outside(root, part)
        path /= part
    # A name alone cannot leave the root, so only a link can: resolved paths are compared.
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root)):
        raise _outside(root, "/".join(parts))
    return path


def _outside(root: Path, name: str) -> WorkbenchError:
    shown = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in name)[:80]
    return WorkbenchError(
        _("“{shown}” cannot be the name of a file.").format(shown=shown),
        _("The path leads out of {root}.").format(root=root),
        _("No file was written. Check where the name came from: the endpoint of the profile, or a file."),
    )


def explain_os_error(error: OSError, what: str, path: Path) -> WorkbenchError:
    """Turns a failed file operation into words."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return WorkbenchError(
            what,
            _("The disk of {parent} is full.").format(parent=path.parent),
            _("Free some space, then try again. No data was lost."),
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return WorkbenchError(
            what,
            _("You do not have permission to access {path}.").format(path=path),
            _("Change the permissions of the folder, then try again."),
        )
    return WorkbenchError(what, f"{path}: {error.strerror or error}", _("Check the folder, then try again."))


def megabytes(size_bytes: int) -> str:
    """A size for texts outside the window, without its unit: "57.2" for 60,000,000 bytes.

    In powers of 1024, as Lambda's limits are meant.
    """
    return f"{size_bytes / 1024**2:,.1f}"


_HELD = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
_FAR = 1 << 30


def try_lock(descriptor: int) -> bool:
    """Takes the lock of an open file or (not on Windows) folder for this descriptor; False if another has it.

    It is held until the descriptor is closed or the process ends, and excludes this process's other
    descriptors, too.

    Raises:
        OSError: There are no locks on this file system.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            # Windows locks bytes: one far behind the end, so that all that is written can be read meanwhile.
            here = os.lseek(descriptor, 0, os.SEEK_CUR)
            os.lseek(descriptor, _FAR, os.SEEK_SET)
            try:
                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            finally:
                os.lseek(descriptor, here, os.SEEK_SET)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _HELD:
            return False
        raise
    return True


def is_locked(path: Path) -> bool:
    """Whether another descriptor holds a file's lock. True if that is not known; False without a file."""
    try:
        descriptor = os.open(path, os.O_RDWR)
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


_WAL_PAUSE_S = 0.01


def enable_wal(database: "sqlite3.Connection", timeout_s: float) -> None:
    """Turns SQLite's write-ahead log on, so that readers and a writer of the file do not wait for each other.

    SQLite ignores the connection's own timeout here while another connection is about to write.

    Raises:
        sqlite3.OperationalError: Others still use the file after `timeout_s`, or the disk refuses.
    """
    import sqlite3  # few need it

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
