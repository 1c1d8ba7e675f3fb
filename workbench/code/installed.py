"""Which files of a code folder belong to installed packages, and not to the function's own code."""

import os
from collections.abc import Iterable
from pathlib import Path

from workbench.code.contents import never_packed
from workbench.code.package.layout import files_in, record_paths

_MODULES = "node_modules"
_ABOUT = (".dist-info", ".egg-info")
_LONGEST_LIST = 8 << 20


class InstalledPackages:
    """Reads the lists that installers leave beside the packages of one folder, each once.

    Thread-safe: at worst a list is read twice.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lists: dict[str, tuple[int, int, frozenset[str]]] = {}  # by path: time (ns), size, files

    def tops(self, paths: Iterable[str]) -> frozenset[str]:
        """The top-level names that contain nothing but installed packages.

        Args:
            paths: All files of the folder.
        """
        files = [path for path in paths if not never_packed(path)]
        listed: set[str] = set()
        for path in record_paths(files):
            listed |= {path, *self._files_in(path)}
        if not listed:
            return frozenset((_MODULES,))
        tops = {path.partition("/")[0] for path in listed}
        own = {
            top
            for path in files
            if (top := path.partition("/")[0]) in tops and path not in listed and not top.endswith(_ABOUT)
        }
        return frozenset((tops - own) | {_MODULES})

    def _files_in(self, path: str) -> frozenset[str]:
        try:
            with open(self._root / path, "rb") as file:
                about = os.fstat(file.fileno())
                known = self._lists.get(path)
                if known is None or known[:2] != (about.st_mtime_ns, about.st_size):
                    found = files_in(file.read(_LONGEST_LIST).decode("utf-8", "replace"))
                    known = self._lists[path] = (about.st_mtime_ns, about.st_size, found)
        except OSError:
            return frozenset()  # deployed only, or gone in the meantime
        return known[2]
