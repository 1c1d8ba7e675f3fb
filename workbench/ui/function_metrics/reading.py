"""Reading what the charts of a function show, on a worker thread: what is kept first, then what is new.

Must not know: widgets.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.metrics import lambda_metrics
from workbench.metrics.model import MetricSpec, Series, Window
from workbench.metrics.pull import pull, stored
from workbench.metrics.store import SeriesStore
from workbench.ui.charts import Marker, preload

FindMarkers = Callable[[str, datetime, datetime], tuple[Marker, ...]]


@dataclass(frozen=True, slots=True)
class Ask:
    """What to read.

    Attributes:
        function_name: The function's.
        function_arn: For its markers.
        qualifier: A version or an alias; empty for the function as a whole.
        window: When.
        optional: CloudWatch's names of what only some functions have; None to look for all of them.
    """

    function_name: str
    function_arn: str
    qualifier: str
    window: Window
    optional: frozenset[str] | None

    @property
    def specs(self) -> tuple[MetricSpec, ...]:
        """The series, those that every function has first."""
        return lambda_metrics.function_specs(
            self.function_name, self.qualifier
        ) + lambda_metrics.optional_specs(self.function_name, self.qualifier, self.optional)


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """What was read.

    Attributes:
        series: For each spec that was asked for, in their order.
        markers: Moments to mark.
    """

    series: tuple[Series, ...]
    markers: tuple[Marker, ...]


def read(
    connection: Connection, store: SeriesStore, ask: Ask, find: FindMarkers, ctx: JobContext, *, first: bool
) -> Read:
    """Reads; what is kept of it on disk is handed on before, as an item of the job.

    Args:
        connection: Whose metrics.
        store: Where series are kept.
        ask: What.
        find: Moments to mark, of a function by its ARN between two moments.
        ctx: The job.
        first: Whether nothing is shown yet.

    Raises:
        WorkbenchError: As `pull`.
    """
    preload()
    window = ask.window
    start, end = (datetime.fromtimestamp(each, UTC) for each in (window.start_s, window.end_s))
    markers = find(ask.function_arn, start, end)
    if first and (kept := _kept(connection, store, ask)):
        ctx.emit(Read(kept, markers))
    return Read(pull(connection, ask.specs, window, ctx, store), markers)


def _kept(connection: Connection, store: SeriesStore, ask: Ask) -> tuple[Series, ...]:
    """What is kept on disk, in the place of what is not yet read; nothing when it would only be blank."""
    known = {each.spec: each.placed(ask.window) for each in stored(store, connection, ask.specs, ask.window)}
    must = lambda_metrics.function_specs(ask.function_name, ask.qualifier)
    if not all(spec in known for spec in must) or not any(known[spec].has_data for spec in must):
        return ()
    return tuple(known[spec] for spec in ask.specs if spec in known)
