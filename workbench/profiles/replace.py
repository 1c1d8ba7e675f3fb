"""Replaces the content of a configuration file without losing concurrent writes of other programs.

All Workbenches of this computer edit one at a time (`edit_lock`). The AWS CLI takes no lock: its writes are
detected before and after.
"""

import contextlib
import errno
import os
import stat
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error, make_private_folder, sync_folder, try_lock
from workbench.core.jobs import JobContext
from workbench.core.messages import _

_POLL_S = 0.01
_TIMEOUT_S = 30.0
_WHAT = _("The profiles were not changed.")


@contextlib.contextmanager
def edit_lock(lock_file: Path, folders: Iterable[Path], ctx: JobContext) -> Iterator[None]:
    """Holds the lock.

    Args:
        lock_file: Shared by all Workbenches with the same home.
        folders: The folders of the edited files, for Workbenches with another home. They are locked
            themselves, since a lock file would be left among the user's dotfiles.

    Raises:
        WorkbenchError: Another program has held it for 30 s, or the lock file cannot be created.
        Cancelled: While waiting.
    """
    with contextlib.ExitStack() as held:
        try:
            make_private_folder(lock_file.parent)
            descriptor = os.open(lock_file, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise explain_os_error(error, _WHAT, lock_file) from error
        held.callback(os.close, descriptor)
        _wait(descriptor, ctx)
        if sys.platform != "win32":
            for folder in sorted(set(folders)):
                with contextlib.suppress(FileNotFoundError, NotADirectoryError, PermissionError):
                    descriptor = os.open(folder, os.O_RDONLY)
                    held.callback(os.close, descriptor)
                    _wait(descriptor, ctx)
        yield


def _wait(descriptor: int, ctx: JobContext) -> None:
    waited_s = 0.0
    while not _locked(descriptor):
        if waited_s >= _TIMEOUT_S:
            raise WorkbenchError(
                _WHAT,
                _("Another Workbench window has been editing them for 30 s."),
                _("Check whether a window is waiting for input, then try again."),
            )
        ctx.sleep(_POLL_S)
        waited_s += _POLL_S


def _locked(descriptor: int) -> bool:
    try:
        return try_lock(descriptor)
    except OSError:
        return True  # this file system has no locks (a network folder): the other lock must suffice


QUIET_S = 0.05
"""The time in which another program finishes writing."""

_NEW_FILE_MODE, _NEW_FOLDER_MODE = 0o600, 0o700
_NOT_REPLACEABLE = (errno.EBUSY, errno.EXDEV)
_LATE_S = 0.01  # short: the file lacks this write meanwhile
_LOOKS, _EMPTY_LOOKS = 50, 4
_BUFFER_BYTES = 4096
_REMEDY = _("Create a file there, then try again.")


class ChangedMeanwhileError(Exception):
    """Another program wrote the file between reading and replacing. Nothing is lost; read it again."""


@dataclass(frozen=True, slots=True)
class FileState:
    """A file when it was read.

    Attributes:
        path: The real path, with symbolic links resolved.
        data: Its bytes; None if it does not exist.
        mode: Permission bits; those of a new file if it does not exist.
        owner: User and group; empty if it does not exist.
    """

    path: Path
    data: bytes | None = field(repr=False)
    mode: int = _NEW_FILE_MODE
    owner: tuple[int, int] | tuple[()] = ()


def read_state(path: Path) -> FileState:
    """Reads a file for editing, through links. Never blocks: a pipe is an error. Raises WorkbenchError."""
    path = Path(os.path.realpath(path))
    try:
        with open(path, "rb", opener=_open_without_waiting) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise WorkbenchError(not_changed(path), _("It is not a file."), _REMEDY)
            return FileState(path, file.read(), stat.S_IMODE(status.st_mode), (status.st_uid, status.st_gid))
    except FileNotFoundError:
        return FileState(path, None)
    except IsADirectoryError:
        raise WorkbenchError(not_changed(path), _("It is a folder, not a file."), _REMEDY) from None
    except OSError as error:
        raise explain_os_error(error, not_changed(path), path) from error


def read_quiet(path: Path, ctx: JobContext) -> FileState:
    """Reads a file once no other program seems to be writing it. Raises as `read_state` does."""
    state, same = read_state(path), 0
    for __ in range(_LOOKS):
        if not _seems_unfinished(state.data) or same >= (1 if state.data else _EMPTY_LOOKS):
            break
        ctx.sleep(QUIET_S)
        before, state = state, read_state(path)
        same = same + 1 if state.data == before.data else 0
    return state


def _seems_unfinished(data: bytes | None) -> bool:
    """Whether another program may have just truncated a file, or filled it up to the end of a buffer.

    The AWS CLI truncates the file and writes it again; the state in between must not be edited.
    """
    return data is not None and (not data or data[-1:] not in b"\r\n" or len(data) % _BUFFER_BYTES == 0)


def not_changed(path: Path) -> str:
    """The first sentence of a failed edit's message."""
    return _("{path} was not changed.").format(path=path.name)


def _open_without_waiting(name: str, flags: int) -> int:
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))


class Staged:
    """New content in a temporary file next to its target. A context manager that removes it."""

    def __init__(self, old: FileState, data: bytes) -> None:
        self._old = old
        self._data = data
        self._scratch: Path | None = None
        self._replaceable = True

    def __enter__(self) -> Self:
        try:
            self._scratch = self._stage(self._data)
        except OSError as error:
            raise explain_os_error(error, not_changed(self._old.path), self._old.path) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._scratch:
            with contextlib.suppress(OSError):
                self._scratch.unlink()

    def put(self) -> None:
        """Replaces the file.

        Raises:
            ChangedMeanwhileError: Another program has changed it, and its content is kept.
            WorkbenchError: The disk or folder refuses. The file is unchanged.
        """
        path = self._old.path
        if read_state(path).data != self._old.data:
            raise ChangedMeanwhileError
        assert self._scratch, "put belongs inside `with`"
        try:
            with contextlib.ExitStack() as opened:
                old = opened.enter_context(path.open("rb")) if self._can_watch else None
                replaced = self._swap(self._scratch)
                if old and replaced and (written := self._late_write(old)) is not None:
                    if read_state(path).data == self._data:  # unless it was written a second time
                        self._swap(self._stage(written))
                    raise ChangedMeanwhileError
        except OSError as error:
            raise explain_os_error(error, not_changed(path), path) from error

    def undo(self) -> None:
        """Undoes the replacement, unless the file was written since. Raises WorkbenchError."""
        path = self._old.path
        if read_state(path).data != self._data:
            return
        try:
            if self._old.data is None:
                path.unlink()
            else:
                self._swap(self._stage(self._old.data))
        except OSError as error:
            raise explain_os_error(
                error, _("{path} could not be restored.").format(path=path.name), path
            ) from error

    def _stage(self, data: bytes) -> Path:
        folder = self._old.path.parent
        folder.mkdir(mode=_NEW_FOLDER_MODE, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=folder, prefix=f".{self._old.path.name[:50]}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                self._keep_owner(file.fileno())
                os.chmod(name, self._old.mode)
                os.fsync(file.fileno())
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        return Path(name)

    def _keep_owner(self, descriptor: int) -> None:
        """Gives the new file the old one's owner; if that is refused, the file is written in place."""
        status = os.fstat(descriptor)
        if self._old.owner in ((), (status.st_uid, status.st_gid)):
            return
        try:
            os.chown(descriptor, *self._old.owner)
        except PermissionError:
            self._replaceable = False

    def _late_write(self, file: BinaryIO) -> bytes | None:
        """What another program wrote to the old file at the moment of the replacement, or None.

        A program that rewrites it truncates it first: if it is unchanged, no program did.
        """
        written = file.read()
        if written == self._old.data:
            return None
        for __ in range(_LOOKS):
            before = written
            time.sleep(_LATE_S)  # not cancellable: the file is incomplete now
            file.seek(0)
            written = file.read()
            if written and written == before:
                return written
        return written or None  # the program that truncated it has ended

    @property
    def _can_watch(self) -> bool:
        """Whether the old file can be read again after it was replaced."""
        return self._old.data is not None and os.name == "posix"

    def _swap(self, scratch: Path) -> bool:
        """Replaces the target by a file; False if only its content could be replaced."""
        path, replaced = self._old.path, self._replaceable
        if replaced:
            try:
                os.replace(scratch, path)
            except OSError as error:
                if error.errno not in _NOT_REPLACEABLE:
                    raise
                replaced = False  # a file that is mounted by itself, as in containers
        if not replaced:
            _overwrite(path, scratch.read_bytes())
            scratch.unlink()  # only now: until here it was the only complete copy
        sync_folder(path.parent)
        return replaced


def _overwrite(path: Path, data: bytes) -> None:
    with path.open("r+b") as file:
        old = file.read()
        try:
            _fill(file, data)
        except OSError:
            with contextlib.suppress(OSError):
                _fill(file, old)  # needs no more space than before
            raise


def _fill(file: BinaryIO, data: bytes) -> None:
    file.seek(0)
    file.write(data)
    file.truncate()
    file.flush()
    os.fsync(file.fileno())
