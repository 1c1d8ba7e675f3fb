"""The files of a package before it is packed or sent, to find out what it needs without running it."""

import json
import os
import stat
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

from workbench.code.installed import InstalledPackages

MAX_BYTES = 256_000
"""Source code that is longer is generated or bundled, and is not read."""
_MAX_FILES, _MAX_CLASSES = 300, 2_000
_MAX_ALL_BYTES = 8 << 20
_LANGUAGES = {
    ".py": "python",
    ".js": "nodejs",
    ".mjs": "nodejs",
    ".cjs": "nodejs",
    ".ts": "typescript",
    ".mts": "typescript",
    ".cts": "typescript",
    ".rb": "ruby",
    ".class": "java",
    ".java": "java-source",
    ".kt": "java-source",
    ".cs": "dotnet-source",
    ".go": "go",
    ".rs": "rust",
}
FAMILY_OF_SOURCE = {
    "typescript": "nodejs",
    "java-source": "java",
    "dotnet-source": "dotnet",
    "go": "provided",
    "rust": "provided",
}
"""The family of the runtimes that run what is built from a language."""


def language_of_file(path: str) -> str:
    """What a file is: a family of runtimes that can run it, a language to be built, or ""."""
    if path.endswith((".d.ts", ".d.mts", ".d.cts")):
        return ""
    return _LANGUAGES.get(os.path.splitext(path)[1], "")


class Sources:
    """The files of a folder that go into the package. Others can be read if their names are known.

    Args:
        root: The folder. No link in it is followed.
        paths: The files of the package.
    """

    def __init__(self, root: Path, paths: Iterable[str]) -> None:
        self.root = root
        self.paths = frozenset(paths)
        tops = InstalledPackages(root).tops(self.paths)
        own = (path for path in self.paths if path.partition("/")[0] not in tops and _is_own(path))
        self.own = tuple(sorted(own, key=lambda path: (path.count("/"), path)))
        """Those that do not belong to installed packages, nearest to the top first."""
        self._texts: dict[str, str] = {}
        self._left_bytes = _MAX_ALL_BYTES

    def of(self, language: str) -> tuple[str, ...]:
        """The function's own files in a language, nearest to the top first, up to a limit."""
        limit = _MAX_CLASSES if language == "java" else _MAX_FILES
        return tuple(islice((path for path in self.own if language_of_file(path) == language), limit))

    def text(self, path: str) -> str:
        """The text of a file; "" if there is none, it is no text, or it is too long."""
        if path not in self._texts:
            data = self.data(path) if self._left_bytes > 0 else b""
            self._left_bytes -= len(data)
            is_text = b"\0" not in data
            self._texts[path] = data.decode("utf-8-sig", "replace").replace("\r\n", "\n") if is_text else ""
        return self._texts[path]

    def data(self, path: str) -> bytes:
        """The bytes of a file; empty if there is none, or it is too long."""
        try:
            if ".." in path.split("/") or not stat.S_ISREG(os.lstat(self.root / path).st_mode):
                return b""
            with open(self.root / path, "rb") as file:
                found = file.read(MAX_BYTES + 1)
        except (OSError, ValueError):
            return b""
        return found if len(found) <= MAX_BYTES else b""


def _is_own(path: str) -> bool:
    return "/node_modules/" not in path and not path.startswith(("vendor/bundle/", "lib/site-packages/"))


def json_object(text: str) -> dict[str, Any]:
    """The object in a JSON text; empty if the text is anything else."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
