"""Forgets old deploys, so that the journals do not grow without end.

Owns: which. What is needed stays: deploys that run or were interrupted, the newest of each function, and
those whose package can still be deployed again. Must not know: how a journal is written.
"""

from collections import defaultdict
from pathlib import Path

from workbench.core.jobs import JobContext
from workbench.deploy.journal import Journal
from workbench.deploy.records import read_record

NEWEST_KEPT = 200
"""Of each function."""


def prune(journal: Journal, ctx: JobContext, newest_kept: int = NEWEST_KEPT) -> int:
    """Removes packages that are too old, the journals of old deploys, and what lies beside them.

    Returns how many journals were removed.

    Args:
        journal: Of all deploys.
        ctx: The job.
        newest_kept: How many of each function stay whatever they are.

    Raises:
        Cancelled: Between two files.
    """
    journal.packages.prune()
    by_name: dict[str, list[Path]] = defaultdict(list)
    for path in journal.files():
        by_name[_name_in(path)].append(path)
    removed = 0
    for paths in by_name.values():
        if len(paths) > newest_kept:  # else nothing need be read: of one name there may be several functions
            removed += _prune(journal, paths, newest_kept, ctx)
    return removed


def _name_in(path: Path) -> str:
    """The function's name, as `Journal.begin` puts it between a moment and a random end."""
    return path.stem.partition("-")[2].rpartition("-")[0]


def _prune(journal: Journal, newest_first: list[Path], newest_kept: int, ctx: JobContext) -> int:
    removed, seen = 0, defaultdict[str, int](int)
    for path in newest_first:
        ctx.check()
        record = read_record(path)
        function_arn = record.function_arn if record else ""
        seen[function_arn] += 1
        if seen[function_arn] <= newest_kept:
            continue
        if record is not None:
            packages = (record.new_sha256, record.old_sha256)
            if record.outcome is None or any(map(journal.packages.size_of, packages)):
                continue
        removed += journal.forget(path)
    return removed
