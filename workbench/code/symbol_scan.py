"""All names that a function's code defines, its own before those of what it brings.

Owns: which files are looked at, in which order, and where it ends. Must not know: what a definition is.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from workbench.code.symbols import SymbolPlace, has_symbols, symbols_in
from workbench.code.tree import EntryKind, walk
from workbench.core.jobs import JobContext

MOST_SYMBOLS = 10_000
"""A list that is narrowed at every key has to end; own code never comes near."""

_LARGEST_BYTES = 300_000  # larger ones are generated
_MODULES_OF_NODE = "node_modules"


def scan_symbols(
    root: Path, typed: Mapping[str, str], ctx: JobContext, most: int = MOST_SYMBOLS
) -> tuple[SymbolPlace, ...]:
    """Reads the code until there are `most` names.

    Args:
        root: The working files.
        typed: Text that is not saved, by path; it counts instead of the file's.
        ctx: The job.
        most: How many names, the ones of the function's own code first.

    Raises:
        WorkbenchError: The files cannot be listed.
        Cancelled: Between two files.
    """
    entries = [entry for entry in walk(root, only_packed=True) if entry.kind is EntryKind.FILE]
    sizes = {entry.path: entry.size_bytes for entry in entries if has_symbols(entry.path)}
    brought = brought_folders(root, (entry.path for entry in entries))
    found: list[SymbolPlace] = []
    for path in sorted({*sizes, *filter(has_symbols, typed)}, key=lambda path: (_top(path) in brought, path)):
        ctx.check()
        text = typed.get(path)
        if text is None:
            text = _read(root, path) if sizes[path] <= _LARGEST_BYTES else ""
        found.extend(sorted(symbols_in(path, text), key=lambda each: each.line))
        if len(found) >= most:
            break
    return tuple(found[:most])


def brought_folders(root: Path, paths: Iterable[str]) -> frozenset[str]:
    """Names at the top of the code that packages have put there, as pip and npm tell."""
    tops = {_MODULES_OF_NODE}
    for path in paths:
        folder, _, name = path.rpartition("/")
        if name == "RECORD" and folder.endswith(".dist-info") and "/" not in folder:
            tops.add(folder)
            tops.update(_top(line) for line in _read(root, path).splitlines())
    return frozenset(tops)


def _top(path: str) -> str:
    """The first name of a path, or of a line of RECORD, which says more behind a comma."""
    return path.partition(",")[0].partition("/")[0]


def _read(root: Path, path: str) -> str:
    """The text, "" when it cannot be read: it is only looked through."""
    try:
        with open(os.path.join(root, path), encoding="utf-8-sig", errors="replace") as file:
            return file.read()
    except (OSError, ValueError):
        return ""
