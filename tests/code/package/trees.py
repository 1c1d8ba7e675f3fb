"""Folders of code for the tests of packing."""

import os
from collections.abc import Mapping
from pathlib import Path

OLD_NS = 1_600_000_000_000_000_000
"""A moment long ago: a file of that age is in no doubt."""


def write(root: Path, files: Mapping[str, bytes | str]) -> None:
    """Writes files as an editor does, now."""
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)


def age(root: Path) -> None:
    """Gives every file a time of long ago, so that its stamp alone is believed."""
    for path in root.rglob("*"):
        if path.is_file() and not path.is_symlink():
            os.utime(path, ns=(OLD_NS, OLD_NS))
