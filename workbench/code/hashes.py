"""SHA-256 of files, remembered: a file is read again only when it may have been written since.

For folders whose files carry no mark of being untouched (see `FileContent.pristine_ns`).
"""

import time
from collections.abc import Callable
from pathlib import Path

type Stamp = tuple[int, int, int, int]
"""Modification time (ns), change of status (ns), size (bytes), inode: one of them changes with a writing."""

_SETTLED_NS = 2_000_000_000
"""Some disks count time in steps of two seconds: within one, a second writing leaves no trace."""


class HashCache:
    """Lives as long as a workspace is open. Safe from several threads: at worst one reads a file twice."""

    def __init__(self, hash_of: Callable[[Path], str]) -> None:
        self._hash_of = hash_of
        self._known: dict[str, tuple[Stamp, str]] = {}

    def get(self, file: Path, path: str, stamp: Stamp) -> str:
        """The hash (hexadecimal) of a file.

        Args:
            file: Where it lies.
            path: Its name in the workspace.
            stamp: As it was just looked up.

        Raises:
            WorkbenchError: It cannot be read.
        """
        known = self._known.get(path)
        if known is not None and known[0] == stamp:
            return known[1]
        settled = time.time_ns() - _SETTLED_NS > max(stamp[0], stamp[1])
        found = self._hash_of(file)
        if settled:
            self._known[path] = (stamp, found)
        else:
            self._known.pop(path, None)
        return found
