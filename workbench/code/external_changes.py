"""Detects what other programs write into the working files, and compares it with open files and drafts.

`FolderWatch` reports that something changed, not what: the listener reads the disk. A draft contains the hash
of the file that it was started from (`Draft.over_sha256`). While the file has another one, saving the draft
would lose what the other program wrote; the user decides.
"""

import os
import stat
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from workbench.code.contents import never_packed
from workbench.code.text import Document, FileKind, LineEdit, encode, line_edits
from workbench.code.tree import EntryKind, Stamp, hash_of, walk
from workbench.code.working_copy import Workspace
from workbench.code.workspace_store import Draft
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _

_QUIET_MS, _LONGEST_MS = 50, 300  # a burst counts once, but a folder that never rests is reported, too
_AT_ONCE = 500
"""Setting watches holds the global interpreter lock, 20 ms for this many on a busy machine. Each part has a
thread."""
_BETWEEN_S = 0.01
"""Pause in which the window gets its turn."""

_MAX_FOLDERS = 12_000


class FolderWatch:
    """Watches in its own threads, from `start` to `stop`.

    Args:
        root: The folder. It may be deleted and created again.
        on_change: Called on a watching thread, at most a few times a second. Should only pass it on.
        on_trouble: Called there once, with the reason, if not everything can be watched.
    """

    def __init__(
        self, root: Path, on_change: Callable[[], object], on_trouble: Callable[[str], object]
    ) -> None:
        self._root = root
        self._on_change = on_change
        self._on_trouble = on_trouble
        self._stop = threading.Event()
        self._again = threading.Event()  # the watches must be set anew, or the watch is to stop
        self._awaited = ""  # the existing folder above it that is watched while it does not exist
        self._thread = threading.Thread(target=self._run, name="folder watch", daemon=True)

    def start(self) -> None:
        """Starts soon; `on_change` is called once the watches are set."""
        self._thread.start()

    def stop(self) -> None:
        """Ends within a fraction of a second, for which `join` waits; nothing is reported afterwards."""
        self._stop.set()
        self._again.set()

    @property
    def is_running(self) -> bool:
        return self._thread.is_alive()

    def join(self) -> None:
        self._thread.join()

    def _run(self) -> None:
        complained = False
        while not self._stop.is_set():
            folders, recursive = self._folders()
            if len(folders) > _MAX_FOLDERS:
                folders = folders[:_MAX_FOLDERS]
                if not complained:
                    complained = True
                    self._on_trouble(_("it has more than {count:,} folders").format(count=_MAX_FOLDERS))
            if reason := self._watch(folders, recursive=recursive):
                if not complained:
                    complained = True
                    self._on_trouble(reason)
                return

    def _folders(self) -> tuple[list[str], bool]:
        """The folders to watch, and whether their subfolders are included."""
        root = self._root
        self._awaited = "" if root.is_dir() else self._nearest()
        if self._awaited:
            return [self._awaited], False
        if os.name == "nt" or os.uname().sysname == "Darwin":
            return [str(root)], True  # one watch covers all subfolders
        try:
            below = [
                f"{root}/{found.path}"
                for found in walk(root, only_packed=True)
                if found.kind is EntryKind.FOLDER and found.packed
            ]
        except WorkbenchError:
            below = []  # an unreadable folder, which the next read of the files reports
        return [str(root), *sorted(below)], False

    def _nearest(self) -> str:
        folder = self._root
        while not folder.is_dir() and folder != folder.parent:
            folder = folder.parent
        return str(folder)

    def _watch(self, folders: Collection[str], *, recursive: bool) -> str:
        """Watches until it is stopped or the folders change; returns why it cannot."""
        again = self._again = threading.Event()
        if self._stop.is_set():
            return ""
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
            self._on_change()  # there may have been changes before the watches were set
        for thread in threads:
            thread.join()
        return reasons[0] if reasons and not self._stop.is_set() else ""

    def _watch_part(
        self,
        folders: list[str],
        recursive: bool,
        again: threading.Event,
        standing: threading.Event,
        reasons: list[str],
    ) -> None:
        # `watchfiles.watch` does not tell when its watches are set; this documented class is what it uses.
        # Source: https://watchfiles.helpmanual.io/api/rust_backend/
        from watchfiles._rust_notify import RustNotify, WatchfilesRustInternalError

        try:
            watcher = RustNotify(folders, False, False, 0, recursive, True)
        except FileNotFoundError:
            again.set()  # a folder has just been deleted
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
                    again.set()  # a name that is not Unicode, on which this watcher fails every time
                    return
                if isinstance(found, str):
                    return  # stopped
                self._on_changes(found, again, recursive=recursive)

    def _on_changes(self, changes: set[tuple[int, str]], again: threading.Event, *, recursive: bool) -> None:
        if self._awaited:
            if self._nearest() != self._awaited:
                again.set()
            return
        prefix = f"{self._root}{os.sep}"
        ours = [
            path
            for __, path in changes
            if not path.startswith(prefix) or not never_packed(path[len(prefix) :].replace(os.sep, "/"))
        ]
        if not ours or self._stop.is_set():
            return
        has_new_folder = any(os.path.isdir(path) and path != str(self._root) for path in ours)
        if not self._root.is_dir() or (not recursive and has_new_folder):
            again.set()  # the new watches report the change once they are set
        else:
            self._on_change()


_UNKNOWN = "?"  # in place of a hash, so that no file matches


def has_edit_conflict(workspace: Workspace, path: str) -> bool:
    """Whether another program has written a file since its draft was started. Raises WorkbenchError."""
    draft = workspace.draft(path)
    return draft is not None and _conflicts(workspace, draft)


def refuse_edit_conflicts(workspace: Workspace, paths: Iterable[str]) -> None:
    """Raises WorkbenchError if a file has an edit conflict and must not be saved without asking."""
    for path in paths:
        if has_edit_conflict(workspace, path):
            raise WorkbenchError(
                _("{path} was not saved.").format(path=path),
                _("Another program changed it after you began to edit it."),
                _("Open it and choose Reload, Compare or Keep Mine."),
            )


def keep_mine(workspace: Workspace, path: str) -> None:
    """Lets the draft replace the file on disk, which the user has seen."""
    file = workspace.root / path
    _rebase_draft(workspace, path, hash_of(file) if file.is_file() else "")


def mark_edit_conflict(workspace: Workspace, path: str) -> None:
    """Marks that a draft was started from an older text than the file's, whatever the draft says."""
    if not has_edit_conflict(workspace, path):
        _rebase_draft(workspace, path, _UNKNOWN)


def _rebase_draft(workspace: Workspace, path: str, over_sha256: str) -> None:
    if (draft := workspace.draft(path)) is not None:
        workspace.stored_drafts.put(replace(draft, over_sha256=over_sha256))


def _conflicts(workspace: Workspace, draft: Draft) -> bool:
    file = workspace.locate(draft.path)
    if not file.is_file() or hash_of(file) == draft.over_sha256:
        return False
    data = file.read_bytes()
    try:
        return encode(draft.text, data, draft.path) != data
    except WorkbenchError:
        return True  # no longer text, or of an encoding that lacks a character


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file's stamp at the last check (None before the first, or without a file), and its text if known."""

    stamp: Stamp | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class FileCheck:
    """The result of a check.

    Attributes:
        stamp: None if the file does not exist.
        document: Its content; None if it has not been written since the last check, or cannot be read.
        edits: Turn the known text into the current one.
        has_edit_conflict: Whether its draft was started from something else (only for a first check).
    """

    stamp: Stamp | None
    document: Document | None = None
    edits: tuple[LineEdit, ...] = ()
    has_edit_conflict: bool = False


def check_files(workspace: Workspace, known: Mapping[str, KnownFile]) -> dict[str, FileCheck]:
    """Checks files of a workspace, by path and last known state. Only reads."""
    return {path: _check(workspace, path, about) for path, about in known.items()}


def _check(workspace: Workspace, path: str, known: KnownFile) -> FileCheck:
    try:
        about = os.lstat(workspace.root / path)
    except OSError:
        return FileCheck(None)
    if not stat.S_ISREG(about.st_mode):
        return FileCheck(None)
    stamp = (about.st_mtime_ns, about.st_ctime_ns, about.st_size, about.st_ino)
    if stamp == known.stamp:
        return FileCheck(stamp)
    try:
        document = workspace.read(path)
        in_conflict = known.stamp is None and has_edit_conflict(workspace, path)
    except WorkbenchError:
        return FileCheck(None if not (workspace.root / path).exists() else known.stamp)
    edits: tuple[LineEdit, ...] = ()
    if document.kind is FileKind.TEXT and known.text is not None:
        edits = line_edits(known.text, document.text)
    return FileCheck(stamp, document, edits, in_conflict)
