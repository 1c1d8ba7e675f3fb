"""Tells which files of a tree were touched, without checking all of them. Linux only.

One inotify instance. The kernel queues an event before the call that caused it returns, so what is read here
is complete: a saved edit is included. There is no thread and no polling: it is read when a package is built.
Not seen, and therefore left to a scan: files with other names elsewhere (hard links, links), disks that other
machines write to. A change through a memory mapping is seen when the file is closed.

A module of its own because it is loaded late: ctypes takes a moment, and a single package needs no watch.
"""

import ctypes
import os
import struct
import sys
from collections.abc import Set
from pathlib import Path

_MODIFY, _ATTRIB, _CLOSE_WRITE = 0x2, 0x4, 0x8
_MOVED_FROM, _MOVED_TO, _CREATE, _DELETE, _DELETE_SELF, _MOVE_SELF = 0x40, 0x80, 0x100, 0x200, 0x400, 0x800
_UNMOUNT, _OVERFLOW, _IGNORED, _IS_FOLDER = 0x2000, 0x4000, 0x8000, 0x40000000
_ONLY_FOLDER, _DO_NOT_FOLLOW = 0x01000000, 0x02000000
_MASK = (
    _MODIFY | _ATTRIB | _CLOSE_WRITE | _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE | _DELETE_SELF | _MOVE_SELF
)
_LOST = _UNMOUNT | _OVERFLOW | _IGNORED | _DELETE_SELF | _MOVE_SELF
_EVENT = struct.Struct("iIII")
_BUFFER_BYTES = 1 << 20
# More than this is not an edit: a scan is as fast.
_MAX_PATHS = 500
# File systems that only this machine writes to, from ext4 to bcachefs; the numbers are those of statfs(2).
_LOCAL_DISKS = frozenset(
    {0xEF53, 0x58465342, 0x9123683E, 0x01021994, 0x794C7630, 0xF2F52010, 0x2FC12FC1, 0xCA451A4E}
)


class TreeWatch:
    """Watches some folders of a tree, without their subfolders."""

    def __init__(self, root: Path, folders: Set[str]) -> None:
        """Starts watching. Raises OSError if the system cannot: not Linux, or too many watches."""
        if sys.platform != "linux" or not _is_local(root):
            raise OSError("Files cannot be watched here.")
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor = self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._descriptor < 0:
            raise OSError(ctypes.get_errno(), "inotify_init1")
        self._prefixes: dict[int, str] = {}
        self.folders = folders
        try:
            for folder in folders:
                self._add(root, folder)
        except OSError:
            self.close()
            raise

    def touched(self) -> set[str] | None:
        """The files that may have changed since the last call; None if only a scan can tell.

        That is so after any change of a folder. After None nothing more is seen: make a new watch.
        """
        paths: set[str] = set()
        while True:
            try:
                data = os.read(self._descriptor, _BUFFER_BYTES)
            except BlockingIOError:
                return paths
            position = 0
            while position < len(data):
                watch, mask, _, length = _EVENT.unpack_from(data, position)
                position += _EVENT.size + length
                if mask & (_LOST | _IS_FOLDER):
                    return None
                name = data[position - length : position].rstrip(b"\0")
                paths.add(self._prefixes[watch] + os.fsdecode(name))
            if len(paths) > _MAX_PATHS:
                return None

    def close(self) -> None:
        """Ends watching; does nothing if it has already ended."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1

    def _add(self, root: Path, folder: str) -> None:
        flags = _MASK | _ONLY_FOLDER | _DO_NOT_FOLLOW
        watch = self._libc.inotify_add_watch(self._descriptor, os.fsencode(root / folder), flags)
        if watch < 0:
            raise OSError(ctypes.get_errno(), "inotify_add_watch", folder)
        self._prefixes[watch] = f"{folder}/" if folder else ""


def _is_local(path: Path) -> bool:
    # The first field of struct statfs is the type of file system; the whole struct is smaller than this.
    buffer = ctypes.create_string_buffer(512)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.statfs(os.fsencode(path), buffer):
        return False
    kind = ctypes.c_long.from_buffer(buffer).value
    return kind & 0xFFFFFFFF in _LOCAL_DISKS
