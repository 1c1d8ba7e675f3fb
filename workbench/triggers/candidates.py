"""The resources of all regions that may become a source: those of the function's region first."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext, for_this_job
from workbench.triggers.kinds.table import SOURCES
from workbench.triggers.model import Candidate, SourceKind

_BATCH = 50
_THREADS = 4
"""Few: the user waits for the function's own region only, and that is listed first."""


def list_candidates(
    connection: Connection, kind: SourceKind, others: Sequence[str], ctx: JobContext
) -> tuple[WorkbenchError, ...]:
    """Lists a kind of source in the connection's region, then in others, side by side.

    Args:
        connection: In the function's region.
        kind: Of the source.
        others: The other regions.
        ctx: The job. Gets tuples of Candidates as they come, and which region was listed.

    Returns:
        Why the connection's region could not be listed. Another one may simply not be enabled in the account:
        that is no problem.

    Raises:
        Cancelled: Between pages.
    """
    problems: list[WorkbenchError] = []
    batch: list[Candidate] = []
    try:
        for candidate in SOURCES[kind].candidates(connection, ctx):
            batch.append(candidate)
            if len(batch) == _BATCH:
                ctx.emit(tuple(batch))
                batch = []
    except WorkbenchError as error:
        problems.append(error)
    if batch:
        ctx.emit(tuple(batch))

    def there(region: str) -> tuple[Candidate, ...]:
        try:
            return tuple(SOURCES[kind].candidates(connection.in_region(region), ctx))
        except WorkbenchError:
            return ()

    with ThreadPoolExecutor(_THREADS, "candidates") as threads:
        asked = {threads.submit(for_this_job(there), region): region for region in others}
        try:
            for number, future in enumerate(as_completed(asked), 1):
                ctx.progress(number, len(others), asked[future])
                found = future.result()
                for start in range(0, len(found), _BATCH):
                    ctx.emit(found[start : start + _BATCH])
        except BaseException:
            threads.shutdown(cancel_futures=True)
            raise
    return tuple(problems)
