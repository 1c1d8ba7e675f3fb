"""Top-level names of a deployed package that its dependencies brought, though no installer's list says so.

Some tools delete the .dist-info folders of what they install. Then the declaration and the imports tell: what
is declared; where a declared name is not a module's (PyYAML), what the folder's code imports and does not
contain; and what these import in turn. Files are only read. In doubt a name is the function's own.
"""

import contextlib
import os
from collections import defaultdict
from collections.abc import Collection, Mapping
from pathlib import Path

from workbench.code.contents import FileContent
from workbench.code.dependencies.declared import Declaration
from workbench.code.dependencies.inventory import declared_names, imports_in, normal, parse_python
from workbench.code.package.layout import is_installed
from workbench.code.tree import EntryKind, walk
from workbench.code.unpack import read_members

_SUFFIXES = (".py", ".so")
_LONGEST_BYTES = 128 << 10
"""Larger files are not read: the window stands still while one is parsed."""
_MOST_BYTES = 16 << 20
"""Of all that is read; what only later files import counts as the function's own."""


def unlisted_tops(
    root: Path, declaration: Declaration, deployed: Mapping[str, FileContent], package: Path
) -> frozenset[str]:
    """The names at the top of the package that the folder lacks and its dependencies bring.

    Args:
        root: The user's folder, which declares packages and contains none.
        deployed: The files of the package, by path.

    Raises WorkbenchError if the package cannot be read.
    """
    files = _files_by_module(root, deployed)
    if not files:
        return frozenset()
    declared = declared_names(declaration)
    waiting = {name for name in files if normal(name) in declared}
    if declared - {normal(path.partition("/")[0].partition(".")[0]) for path in deployed}:
        waiting |= _imports_below(root) & files.keys()
    found: set[str] = set()
    left = _MOST_BYTES
    while waiting:
        found |= waiting
        sources = []
        for path in sorted(path for name in waiting for path in files[name]):
            if path.endswith(".py") and deployed[path].size_bytes <= min(_LONGEST_BYTES, left):
                sources.append(path)
                left -= deployed[path].size_bytes
        named: set[str] = set()
        for __, data in read_members(package, frozenset(sources)):
            named |= _imports_of(data)
        waiting = (named & files.keys()) - found
    return frozenset(path.partition("/")[0] for name in found for path in files[name])


def _files_by_module(root: Path, deployed: Collection[str]) -> dict[str, list[str]]:
    """The files of each module at the top of the package that the folder does not have."""
    own = {name.partition(".")[0] for name in os.listdir(root)}
    files: dict[str, list[str]] = defaultdict(list)
    for path in deployed:
        top, slash, __ = path.partition("/")
        name = top if slash else top.partition(".")[0]
        if name not in own and (slash or top.endswith(_SUFFIXES)) and not is_installed(path):
            files[name].append(path)
    return files


def _imports_below(root: Path) -> set[str]:
    found: set[str] = set()
    left = _MOST_BYTES
    for each in walk(root):
        is_source = each.kind is EntryKind.FILE and each.packed and each.path.endswith(".py")
        if is_source and each.size_bytes <= min(_LONGEST_BYTES, left):
            left -= each.size_bytes
            # It may have been deleted in the meantime, or may not be read.
            with contextlib.suppress(OSError), open(root / each.path, "rb") as file:
                found |= _imports_of(file.read(_LONGEST_BYTES))
    return found


def _imports_of(source: bytes) -> set[str]:
    tree = parse_python(source)
    return imports_in(tree) if tree is not None else set()
