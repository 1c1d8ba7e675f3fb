"""The JavaScript and TypeScript of a package, for the editor's own language service."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from workbench.code.text import FileKind, decode

_OWN = (".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx", ".json")
_DECLARATIONS = (".d.ts", ".d.mts", ".d.cts")
_DEPENDENCIES = "node_modules"


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits of what is read; files nearer to the top come first."""

    files: int = 400
    file_bytes: int = 256_000
    own_bytes: int = 4_000_000
    declared_bytes: int = 4_000_000


def is_script(path: str) -> bool:
    """Whether a file is JavaScript or TypeScript, according to its name."""
    return path.endswith(_OWN[:-1])


def script_texts(
    root: Path, check: Callable[[], None] = lambda: None, bounds: Bounds | None = None
) -> dict[str, str]:
    """The scripts and JSON files of a folder, and the declarations of its packages.

    Args:
        check: Called between files; may raise to stop.

    Returns:
        Path -> text. Files that cannot be read, or are not text, are left out.
    """
    limits = bounds or Bounds()
    found: dict[str, str] = {}
    _read(root, _nearest(root, _OWN, check), limits.own_bytes, limits, found, check)
    room = limits.declared_bytes
    for name in _dependencies(root):
        for package in (root / _DEPENDENCIES / name, root / _DEPENDENCIES / "@types" / name):
            if package.is_dir() and not package.is_symlink():
                files = _nearest(package, (*_DECLARATIONS, "package.json"), check)
                room -= _read(root, files, room, limits, found, check)
    return found


def _read(
    root: Path,
    files: Iterator[Path],
    room: int,
    limits: Bounds,
    found: dict[str, str],
    check: Callable[[], None],
) -> int:
    """Adds files while there is room; returns their size in bytes."""
    taken = 0
    for file in files:
        check()
        if len(found) >= limits.files:
            break
        try:
            size = file.stat().st_size
            if size > limits.file_bytes or taken + size > room:
                continue
            document = decode(file.read_bytes())
        except OSError:
            continue
        if document.kind is FileKind.TEXT:
            taken += size
            found[file.relative_to(root).as_posix()] = document.text
    return taken


def _nearest(folder: Path, endings: tuple[str, ...], check: Callable[[], None]) -> Iterator[Path]:
    """Files below a folder by level, each sorted, without its dependencies and without following links."""
    level = [folder]
    while level:
        below: list[Path] = []
        for each in level:
            check()
            try:
                entries = sorted(os.scandir(each), key=lambda entry: entry.name)
            except OSError:
                continue
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name != _DEPENDENCIES and not entry.name.startswith("."):
                        below.append(Path(entry))
                elif entry.is_file(follow_symlinks=False) and entry.name.endswith(endings):
                    yield Path(entry)
        level = below


def _dependencies(root: Path) -> list[str]:
    """The names of the packages in package.json."""
    try:
        package = json.loads((root / "package.json").read_bytes())
    except (OSError, ValueError, RecursionError):
        return []
    names: set[str] = set()
    for kind in ("dependencies", "devDependencies"):
        wanted = package.get(kind) if isinstance(package, dict) else None
        if isinstance(wanted, dict):
            names.update(name for name in wanted if isinstance(name, str) and ".." not in name.split("/"))
    return sorted(name for name in names if name and not name.startswith("/"))
