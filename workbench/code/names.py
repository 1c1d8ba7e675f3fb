"""Names of files inside a deployment package: which are safe, and which never belong into one.

Such a path is always relative, with `/` between its parts.
"""

import os
import re
from pathlib import PurePosixPath

_DRIVE = re.compile(r"[A-Za-z]:")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NOT_ON_WINDOWS = re.compile(r'[<>:"|?*]|[ .](?:/|$)')

_DEVICES = frozenset(
    {"CON", "PRN", "AUX", "NUL", *(f"{port}{number}" for port in ("COM", "LPT") for number in range(1, 10))}
)
_LONGEST_BYTES = 255

# Dropping these can never change what a function does. A compiled file in __pycache__ is worse than useless:
# every time stamp in a package is the same, so Python could take yesterday's for today's source.
_NEVER_PACKED = frozenset(
    {
        "__pycache__", ".git", ".hg", ".svn", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".idea",
        ".DS_Store", "Thumbs.db", ".venv", ".tox", ".nox",
    }
)  # fmt: skip
_NEVER_PACKED_BELOW = "node_modules/.cache"
UNFINISHED_PREFIX = ".workbench-"
"""Begins the name of a file that is being written in a folder where every file counts."""

ENVIRONMENT_MARK = "pyvenv.cfg"
"""The file that makes a folder a virtual environment of Python. Source: PEP 405."""


def fault_in_name(name: str) -> str:
    """Why a path may not be written below a workspace, in words; empty when it may.

    Args:
        name: A path as found in a zip or asked for by the editor, with `/` between parts.
    """
    if not name:
        return "it is empty"
    if _CONTROL.search(name):
        return "it contains a control character"
    if "\\" in name:
        return "it contains a backslash, which Lambda does not treat as a folder separator"
    if name.startswith("/"):
        return "it is an absolute path"
    if _DRIVE.match(name):
        return "it contains a drive letter"
    if ".." in name.split("/"):
        return "it leaves the folder through '..'"
    if not name.isascii() and any(0xD800 <= ord(character) < 0xE000 for character in name):
        return "it is not valid Unicode"
    if os.name == "nt" and _NOT_ON_WINDOWS.search(name):
        return "Windows does not allow the name"
    return ""


def fault_in_new_name(name: str) -> str:
    """Why the user should not give a path this name, in words; empty when it is fine.

    Stricter than `fault_in_name`: what others have deployed is taken as it is, but a new name shall be one
    that every colleague's machine can unpack. Source: Microsoft's "Naming Files, Paths, and Namespaces".
    """
    if fault := fault_in_name(name):
        return fault
    if _NOT_ON_WINDOWS.search(name):
        return 'Windows does not allow a name that contains < > : " | ? * or ends with a space or period'
    for part in name.split("/"):
        if part.partition(".")[0].upper() in _DEVICES:
            return f"{part} is a reserved device name on Windows"
        if len(part.encode()) > _LONGEST_BYTES:
            return f"a name cannot be longer than {_LONGEST_BYTES} bytes"
    return ""


def normalised(name: str) -> str:
    """A safe name without '.' and empty parts: `./a//b/` is `a/b`. Empty for the folder itself."""
    path = str(PurePosixPath(name))
    return "" if path == "." else path


def never_packed(path: str) -> bool:
    """Whether a path is left out of every package: caches, version control, desktop droppings."""
    if not _NEVER_PACKED.isdisjoint(path.split("/")):
        return True
    return "." in path and (
        f"/{_NEVER_PACKED_BELOW}/" in f"/{path}/" or f"/{UNFINISHED_PREFIX}" in f"/{path}"
    )
