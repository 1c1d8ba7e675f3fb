"""Which windows of this user are open, and whether one ended without being closed.

    <folder>/<random>.open    locked by the window's process; an ordinary end deletes it
    <folder>/lock             held while a window begins, ends or looks

The system releases a lock with its process: a file that nobody has locked is of a window that was killed.
"""

import contextlib
import logging
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from workbench.core.errors import WorkbenchError
from workbench.core.files import is_locked, make_private_folder, touch_private, try_lock

_log = logging.getLogger(__name__)


class OpenWindows:
    """The windows of this user. Where nothing can be locked, no window counts as killed.

    Attributes:
        was_killed: Whether one was killed, and this is the first window to find that.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own = folder / f"{secrets.token_hex(8)}.open"
        self._descriptor: int | None = None
        self.was_killed = False

    def begin(self) -> None:
        """This window is open."""
        with _if_possible(), self._alone():
            self._descriptor = _lock(self._own)

    def look(self) -> None:
        """Looks for windows that were killed; each is found once, by one of the others."""
        with _if_possible(), self._alone():
            for file in self._folder.glob("*.open"):
                if file != self._own and not is_locked(file):
                    file.unlink()
                    self.was_killed = True

    def end(self) -> None:
        """This window is being closed."""
        with _if_possible(), self._alone():
            if self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None
            self._own.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Keeps other windows from looking meanwhile. Raises OSError or WorkbenchError."""
        make_private_folder(self._folder)
        descriptor = _lock(self._folder / "lock", wait=True)
        try:
            yield
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def _if_possible() -> Iterator[None]:
    """Goes without what the disk refuses."""
    try:
        yield
    except (OSError, WorkbenchError) as error:
        _log.info("open windows are not known: %s", error)


def _lock(path: Path, *, wait: bool = False) -> int:
    """Makes a file and locks it; returns its descriptor. Raises OSError."""
    touch_private(path)
    descriptor = os.open(path, os.O_RDWR | getattr(os, "O_CLOEXEC", 0))
    try:
        try_lock(descriptor, wait=wait)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
