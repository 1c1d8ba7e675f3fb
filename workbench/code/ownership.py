"""Which process may change a working copy: the one that holds the lock of its file.

    <workspaces>-locks/<account>/<region>/<function>.lock      locked by the owner; empty
    <workspaces>-locks/<account>/<region>/<function>.wanted    another process asks the owner to let go
    <workspaces>-locks/local/<hash of the folder's path>.lock, .wanted     the same of a local folder

The system releases the lock with its process, so that a crash leaves no working copy locked.
"""

import logging
import os
import threading
from collections.abc import Collection, Iterable
from pathlib import Path

from workbench.code.workspace_store import CodeSource, sibling_folder, workspace_folder
from workbench.core.errors import WorkbenchError
from workbench.core.files import explaining, make_private_folder, touch_private, try_lock
from workbench.core.messages import _

_log = logging.getLogger(__name__)
_WANTED = ".wanted"
_NO_LOCK = -1


def lock_of(root_dir: Path, source: CodeSource) -> Path:
    """The lock of a function's working copy, whether it has its own files or those of a local folder.

    Args:
        root_dir: The folder of all workspaces.
    """
    return sibling_folder(workspace_folder(_locks_dir(root_dir), source), "lock")


def lock_of_drafts(root_dir: Path, drafts_folder: Path) -> Path:
    """The lock of a local folder, whose drafts several functions may share. Args as `lock_of`."""
    return _locks_dir(root_dir) / "local" / f"{drafts_folder.parent.name}.lock"


def _locks_dir(root_dir: Path) -> Path:
    return root_dir.with_name(f"{root_dir.name}-locks")


def edited_elsewhere(function_name: str) -> WorkbenchError:
    """The error for a change of code that another window owns."""
    return WorkbenchError(
        _("The code of {function_name} cannot be changed here.").format(function_name=function_name),
        _("Another Workbench window is editing it."),
        _("Take it over, or edit it in the other window."),
        action="code.take_over",
    )


class Ownership:
    """The working copies that one window may change. Thread-safe."""

    def __init__(self) -> None:
        self._held: dict[Path, int] = {}  # descriptors
        self._mutex = threading.Lock()

    def take(self, locks: Iterable[Path]) -> bool:
        """Takes working copies, all or none; False if another window owns one of them.

        Where nothing can be locked, every window owns them: on a file system without locks, or read-only.
        """
        with self._mutex:
            new: dict[Path, int] = {}
            for lock in locks:
                if lock in self._held:
                    continue
                descriptor = _take(lock)
                if descriptor is None:
                    _close(new.values())
                    return False
                new[lock] = descriptor
            self._held.update(new)
            return True

    def release(self, kept: Collection[Path] = ()) -> None:
        """Lets go of all but some: other windows may take them."""
        with self._mutex:
            left = {lock: held for lock, held in self._held.items() if lock not in kept}
            for lock in left:
                del self._held[lock]
            _close(left.values())

    def ask_for(self, locks: Iterable[Path]) -> None:
        """Asks the owner of working copies to let go. Raises WorkbenchError if the disk refuses."""
        for lock in locks:
            with explaining(_("The code could not be taken over."), lock):
                touch_private(lock.with_suffix(_WANTED))

    def is_asked_for(self, locks: Iterable[Path]) -> bool:
        """Whether another window asks for one of these, which are owned here. A request counts once."""
        return sum(map(_drop_request, locks)) > 0


def _take(lock: Path) -> int | None:
    """Locks a file; returns its descriptor, or None if another one has the lock."""
    try:
        make_private_folder(lock.parent)
        touch_private(lock)
        descriptor = os.open(lock, os.O_RDWR | getattr(os, "O_CLOEXEC", 0))
    except OSError as error:
        _log.info("%s cannot be locked: %s", lock, error)
        return _NO_LOCK
    try:
        if not try_lock(descriptor):
            os.close(descriptor)
            return None
    except OSError as error:
        _log.info("%s cannot be locked: %s", lock, error)
    _drop_request(lock)  # it is granted, or whoever made it has gone
    return descriptor


def _close(descriptors: Iterable[int]) -> None:
    for descriptor in descriptors:
        if descriptor != _NO_LOCK:
            os.close(descriptor)


def _drop_request(lock: Path) -> bool:
    try:
        lock.with_suffix(_WANTED).unlink()
    except OSError:
        return False
    return True
