"""Writes entries of the ledger to a file, one line of JSON each."""

from pathlib import Path

from workbench.core.files import explain_os_error, replacing
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
    count = 0
    try:
        with replacing(path) as file:
            for line in ledger.export(wanted):
                ctx.progress(count, 0)
                file.write(line)
                count += 1
    except OSError as error:
        raise explain_os_error(error, "The invocations could not be exported.", path) from error
    return count
