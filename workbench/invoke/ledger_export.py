"""Writes entries of the ledger to a file, one line of JSON each."""

import os
from pathlib import Path

from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error
from workbench.core.jobs import JobContext
from workbench.invoke.ledger import Ledger
from workbench.invoke.ledger_entry import Search


def export_to(ledger: Ledger, wanted: Search, path: Path, ctx: JobContext) -> int:
    """Writes what matches, oldest first. Returns how many entries that were.

    Line by line: the ledger may be larger than memory. A file that was there stays until all is written.

    Raises:
        WorkbenchError: The ledger may not be read, or the disk refuses.
        Cancelled: Nothing is left behind.
    """
    part = path.with_name(f".{path.name}.part")
    count = 0
    try:
        with part.open("wb") as file:
            for line in ledger.export(wanted):
                ctx.progress(count, 0)
                file.write(line)
                count += 1
        os.replace(part, path)
    except OSError as error:
        raise explain_os_error(error, "The invocations could not be exported.", path) from error
    finally:
        _remove(part)
    return count


def _remove(part: Path) -> None:
    try:
        part.unlink(missing_ok=True)
    except OSError as error:
        raise WorkbenchError(
            "An unfinished file was left behind.", str(error), f"Delete {part} by hand."
        ) from error
