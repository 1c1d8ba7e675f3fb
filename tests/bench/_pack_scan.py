"""Looking at every file of a tree in which nothing has changed, beside bare scandir and stat."""

import os
import stat
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

from tests.bench._common import CTX, Figure, interleave, ratio
from workbench.code.contents import Contents, FileContent
from workbench.code.package.scan import Rules, scan_tree
from workbench.code.package.zip_file import PackageEntry, Stamp
from workbench.code.tree import list_tree

BARE = "os.scandir and stat"


def scans(root: Path, rounds: int) -> None:
    """Scans as the packer does before it packs, and lists as the tree of files does."""
    first = scan_tree(root, Rules(), {}, CTX)
    known = {file.path: _packed(root, file.path) for file in first.new}

    def look() -> None:
        found = scan_tree(root, Rules(), known, CTX, first.walked)
        assert len(found.same) == len(known)
        assert not found.new

    sides = {
        "scan": _timed("scan", look),
        "list": _timed("list", lambda: list_tree(root, Contents({}), frozenset(), CTX)),
        BARE: _timed(BARE, lambda: _bare(root)),
    }
    interleave(1, sides)
    samples = interleave(rounds, sides)
    bare_ms = median(samples[BARE])
    for name, goal in (("scan", 1.2), ("list", None)):
        Figure("pack", f"{name}_20k_ms", median(samples[name]), "ms", rounds).show()
        vs_bare = ratio(samples, name, BARE)
        Figure("pack", f"{name}_20k_vs_bare", vs_bare, "x", rounds, goal, BARE, bare_ms).show()


def _packed(root: Path, path: str) -> PackageEntry:
    """A file as if it had been packed as it is; its content is not asked for."""
    about = (root / path).lstat()
    return PackageEntry(path, Stamp.of(about), FileContent("", about.st_size), 0, 8, about.st_size, 0)


def _bare(root: Path) -> None:
    waiting = [os.fspath(root)]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if stat.S_ISDIR(entry.stat(follow_symlinks=False).st_mode):
                    waiting.append(entry.path)


def _timed(name: str, look: Callable[[], object]) -> Callable[[], Mapping[str, float]]:
    def run() -> Mapping[str, float]:
        before = time.perf_counter()
        look()
        return {name: (time.perf_counter() - before) * 1000}

    return run
