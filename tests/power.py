"""What a loss of power would leave of a folder: a child process works in it, and its disk is watched.

`python -m tests.power MODULE:FUNCTION FOLDER` calls `FUNCTION(folder, disk)`, which asserts what the disk
would have kept. The model is the least that POSIX promises: a file's bytes are kept once the file was synced,
and a name in a folder once the folder was. Until then anything between what was synced and what is seen may
be left; of a new file that may be nothing. In a process of its own: an audit hook cannot be taken away again.
"""

import importlib
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MISSING = None
"""In place of a file's bytes: there is no such file."""


class Disk:
    """What is on the disk for certain; watches every sync, and every rename from before it happens.

    Args:
        folder: What is in it now is on the disk.

    Attributes:
        at_renames: For each rename the name that it gives, and what a loss of power just after it may leave.
    """

    def __init__(self, folder: Path) -> None:
        self._bytes: dict[int, bytes] = {}
        self._names: dict[Path, dict[str, int]] = {}
        self._held: list[int] = []  # the number of a file that is held is given to no other
        self.at_renames: list[tuple[str, set[bytes | None]]] = []
        for each in (folder, *folder.rglob("*")):
            self._keep(os.open(each, os.O_RDONLY))
        self._sync = os.fsync
        os.fsync = self._fsync  # type: ignore[assignment]  # given numbers only
        sys.addaudithook(self._hear)

    def may_leave(self, path: Path) -> set[bytes | None]:
        """Everything that may be found at a path after a loss of power now."""
        kept = self._names.get(path.parent, {}).get(path.name)
        left: set[bytes | None] = {MISSING} if kept is None else {self._bytes[kept]}
        if not path.exists():
            return left | {MISSING}
        return left | self._of(path)

    def _of(self, path: Path) -> set[bytes | None]:
        return {self._bytes.get(path.stat().st_ino, b""), path.read_bytes()}

    def _fsync(self, file: int) -> None:
        self._sync(file)
        self._keep(os.dup(file))

    def _keep(self, file: int) -> None:
        self._held.append(file)
        status, path = os.fstat(file), Path(f"/proc/self/fd/{file}")
        if stat.S_ISDIR(status.st_mode):
            entries = {entry.name: entry.inode() for entry in os.scandir(path)}
            self._names[path.resolve()] = entries
        else:
            self._bytes[status.st_ino] = path.read_bytes()

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        if event == "os.rename":
            source, target = (Path(os.fsdecode(each)) for each in arguments[:2])  # type: ignore[arg-type]
            self.at_renames.append((target.name, self.may_leave(target) | self._of(source)))


def cut_power(watched: Callable[[Path, Disk], None], folder: Path) -> None:
    """Has a function work in a folder, in a process whose disk is watched.

    Raises:
        AssertionError: One of the function's own did not hold, with all that it said.
    """
    if not Path("/proc/self/fd").exists():
        pytest.skip("the files that a process has open are not told here")
    done = subprocess.run(
        [sys.executable, "-m", "tests.power", f"{watched.__module__}:{watched.__name__}", folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr


if __name__ == "__main__":
    module, _, name = sys.argv[1].partition(":")
    watched = getattr(importlib.import_module(module), name)
    home = Path(sys.argv[2]).resolve()
    watched(home, Disk(home))
