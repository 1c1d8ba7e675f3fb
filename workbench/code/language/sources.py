"""Which files of the code have changed on disk: servers are told, as they do not look by themselves."""

import os
from collections.abc import Mapping
from pathlib import Path

from workbench.core.jobs import JobContext

type Stamps = Mapping[str, tuple[int, int]]
"""Path, relative to the code -> modification time (ns) and size of what is imported: Python's files."""

_SUFFIXES = (".py", ".pyi")


def stamps(root: Path, ctx: JobContext) -> Stamps:
    """Looks at all files of the code. Some milliseconds for each thousand."""
    found: dict[str, tuple[int, int]] = {}
    top, waiting = os.fspath(root), [""]
    while waiting:
        ctx.check()
        folder = waiting.pop()
        try:
            with os.scandir(f"{top}/{folder}") as entries:
                for entry in entries:
                    path = folder + entry.name  # texts: a Path for each would take five times as long
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(f"{path}/")
                    elif entry.name.endswith(_SUFFIXES):
                        status = entry.stat(follow_symlinks=False)
                        found[path] = (status.st_mtime_ns, status.st_size)
        except OSError:
            continue  # it has gone meanwhile
    return found


def changes(before: Stamps, now: Stamps) -> list[tuple[str, str]]:
    """What happened between two looks: pairs of "created", "changed" or "deleted" and a path."""
    return [
        *(("created", path) for path in now if path not in before),
        *(("changed", path) for path, stamp in now.items() if before.get(path, stamp) != stamp),
        *(("deleted", path) for path in before if path not in now),
    ]
