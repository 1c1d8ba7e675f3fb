"""Tells when another program changes something in the folder of the working files.

It does not tell what: whoever is notified looks at the disk.
"""

import os
import threading
from collections.abc import Callable, Collection
from pathlib import Path

from workbench.code.names import never_packed
from workbench.code.tree import EntryKind, walk
from workbench.core.errors import WorkbenchError

_QUIET_MS, _LONGEST_MS = 50, 300  # a burst of changes is one, but a folder that never rests is told of too
_AT_ONCE = 500
"""Python's lock is held while watches are set, 20 ms for so many at a busy time. Each part has a thread."""
_BETWEEN_S = 0.01
"""Then the window has a turn."""

_MAX_FOLDERS = 12_000


class FolderWatch:
    """Watches on threads of its own, from `start` to `stop`.

    Args:
        root: The folder. It may go, and come back.
        on_change: Called on a thread of the watch, at most some times a second. It should only pass that on.
        on_trouble: Called there, once, with a reason: not everything can be watched.
    """

    def __init__(
        self, root: Path, on_change: Callable[[], object], on_trouble: Callable[[str], object]
    ) -> None:
        self._root = root
        self._on_change = on_change
        self._on_trouble = on_trouble
        self._stop = threading.Event()
        self._awaited = ""  # the folder above it that is watched while it is not there
        self._thread = threading.Thread(target=self._run, name="folder watch", daemon=True)

    def start(self) -> None:
        """Begins, soon; `on_change` is called once the watches stand."""
        self._thread.start()

    def stop(self) -> None:
        """Ends it within a fraction of a second, which `join` waits for; nothing is told afterwards."""
        self._stop.set()

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._thread.is_alive()

    def join(self) -> None:
        """Waits for the end."""
        self._thread.join()

    def _run(self) -> None:
        complained = False
        while not self._stop.is_set():
            folders, recursive = self._folders()
            if len(folders) > _MAX_FOLDERS:
                folders = folders[:_MAX_FOLDERS]
                if not complained:
                    complained = True
                    self._on_trouble(f"it has more than {_MAX_FOLDERS:,} folders")
            if reason := self._watch(folders, recursive=recursive):
                if not complained:
                    complained = True
                    self._on_trouble(reason)
                return

    def _folders(self) -> tuple[list[str], bool]:
        """What to watch, and whether what is below is watched with it."""
        root = self._root
        self._awaited = "" if root.is_dir() else self._nearest()
        if self._awaited:
            return [self._awaited], False
        if os.name == "nt" or os.uname().sysname == "Darwin":
            return [str(root)], True  # one watch serves all that is below
        try:
            below = [
                f"{root}/{found.path}"
                for found in walk(root, only_packed=True)
                if found.kind is EntryKind.FOLDER and found.packed
            ]
        except WorkbenchError:
            below = []  # a folder that cannot be read; the next look at the files says so
        return [str(root), *sorted(below)], False

    def _nearest(self) -> str:
        folder = self._root
        while not folder.is_dir() and folder != folder.parent:
            folder = folder.parent
        return str(folder)

    def _watch(self, folders: Collection[str], *, recursive: bool) -> str:
        """Watches until it is stopped or other folders are to be watched; returns why it cannot."""
        again = _AnyEvent(self._stop)
        names = list(folders)
        reasons: list[str] = []
        threads = []
        for at in range(0, len(names), _AT_ONCE):
            standing = threading.Event()
            part = names[at : at + _AT_ONCE]
            threads.append(
                threading.Thread(
                    target=self._watch_part, args=(part, recursive, again, standing, reasons), daemon=True
                )
            )
            threads[-1].start()
            standing.wait()
            if self._stop.wait(_BETWEEN_S) or again.is_set():
                break
        if not reasons and not again.is_set():
            self._on_change()  # there may have been changes before the watches stood
        for thread in threads:
            thread.join()
        return reasons[0] if reasons and not self._stop.is_set() else ""

    def _watch_part(
        self,
        folders: list[str],
        recursive: bool,
        again: "_AnyEvent",
        standing: threading.Event,
        reasons: list[str],
    ) -> None:
        # `watchfiles.watch` does not tell when its watches stand; this is what it is made of, and documented.
        # Source: https://watchfiles.helpmanual.io/api/rust_backend/
        from watchfiles._rust_notify import RustNotify, WatchfilesRustInternalError

        try:
            watcher = RustNotify(folders, False, False, 0, recursive, True)
        except FileNotFoundError:
            again.set()  # one has gone just now
            return
        except (OSError, WatchfilesRustInternalError) as error:
            reasons.append(str(error))
            again.set()
            return
        finally:
            standing.set()
        with watcher:
            while not again.is_set():
                try:
                    found = watcher.watch(_LONGEST_MS, _QUIET_MS, 0, again)
                except WatchfilesRustInternalError:
                    again.set()  # a name that is no Unicode: this watcher stumbles over it for ever
                    return
                if isinstance(found, str):
                    return  # stopped
                self._on_changes(found, again, recursive=recursive)

    def _on_changes(self, changes: set[tuple[int, str]], again: "_AnyEvent", *, recursive: bool) -> None:
        if self._awaited:
            if self._nearest() != self._awaited:
                again.set()
            return
        prefix = f"{self._root}{os.sep}"
        ours = [
            path
            for _, path in changes
            if not path.startswith(prefix) or not never_packed(path[len(prefix) :].replace(os.sep, "/"))
        ]
        if not ours or self._stop.is_set():
            return
        if not self._root.is_dir() or (not recursive and any(map(self._is_new_folder, ours))):
            again.set()  # the new watches tell of the change once they stand
        else:
            self._on_change()

    def _is_new_folder(self, path: str) -> bool:
        return os.path.isdir(path) and path != str(self._root)


class _AnyEvent:
    """An event of its own that is also set when another one is."""

    def __init__(self, other: threading.Event) -> None:
        self._other = other
        self._own = threading.Event()

    def set(self) -> None:
        self._own.set()

    def is_set(self) -> bool:
        return self._own.is_set() or self._other.is_set()
