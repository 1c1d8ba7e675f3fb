"""The order of files in a package: dependencies first, the function's own code last, each sorted by path.

What changes often stands at the end, so that an edit leaves nearly all of the zip as it is: on disk, and in
an upload that sends only what is new. The order follows from what is in the package alone.
"""

import contextlib
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

from workbench.code.names import fault_in_name

# Folders of installed packages, wherever they lie: Node.js, Python, PHP and Go and Ruby.
_INSTALLED = re.compile(
    r"(?:^|/)(?:node_modules|site-packages|vendor)/|^[^/]+\.(?:dist-info|egg-info|libs)/|\.jar$"
)
_RECORD = re.compile(r"^[^/]+\.dist-info/RECORD$")
_LONGEST_RECORD = 8 << 20


def records(paths: Iterable[str]) -> frozenset[str]:
    """The lists of installed files that pip and uv leave beside packages installed into the code's folder."""
    return frozenset(path for path in paths if ".dist-info/RECORD" in path and _RECORD.match(path))


def is_installed(path: str) -> bool:
    """Whether a path alone tells that it belongs to an installed package."""
    return _INSTALLED.search(path) is not None


def files_in(text: str) -> frozenset[str]:
    """The files below the code that such a list names."""
    lines = text.splitlines()
    names = (line[1:].partition('"')[0] if line[:1] == '"' else line.partition(",")[0] for line in lines)
    return frozenset(name for name in names if not fault_in_name(name))


def installed_names(roots: Sequence[Path], listed: Collection[str]) -> frozenset[str]:
    """The files and folders at the top of the package that these lists name. `roots` hold the lists."""
    names: set[str] = set()
    for path in listed:
        for line in _text_of(roots, path).splitlines():
            names.add(line.partition(",")[0].partition("/")[0].strip('"'))
    return frozenset(names - {"", "..", "."})


def _text_of(roots: Sequence[Path], path: str) -> str:
    for root in roots:
        with contextlib.suppress(OSError), (root / path).open("rb") as file:
            return file.read(_LONGEST_RECORD).decode("utf-8", "replace")
    return ""  # whoever packs it says so


def sort_key(names: frozenset[str]) -> Callable[[str], tuple[bool, str]]:
    """What to sort paths by, given what is installed at the top."""

    def key(path: str) -> tuple[bool, str]:
        installed = path.partition("/")[0] in names or is_installed(path)
        return not installed, path

    return key
