"""What Fleet Metrics is given before AWS is asked: the functions, and what is kept of their metrics."""

from collections.abc import Callable, Sequence

from workbench.core.jobs import JobContext
from workbench.functions.fleet import FleetRow, Scope
from workbench.metrics.fleet import FiguresRead, stored_fleet
from workbench.metrics.model import Window
from workbench.metrics.series_cache import SeriesCache
from workbench.ui.fleet_metrics.model import Prepared

_AT_ONCE = 500


def hand_over(
    known: dict[Scope, tuple[FleetRow, ...]], store: SeriesCache, span: Window, ctx: JobContext
) -> None:
    """Emits the functions, then what is kept of their metrics, in portions: the main thread takes them."""
    everything: Sequence[FleetRow] = [row for some in known.values() for row in some]
    ctx.emit(Prepared.of(everything))
    for first in range(0, len(everything), _AT_ONCE):
        some = [row.function for row in everything[first : first + _AT_ONCE]]
        if found := stored_fleet(store, some, span):
            ctx.emit(FiguresRead(tuple(found.items())))


def note_account(note: Callable[[str, str], object], item: object) -> object:
    """Listing tells whose account a profile leads to; where functions are stored depends on it."""
    scope, account_id = getattr(item, "scope", None), getattr(item, "account_id", "")
    if isinstance(scope, Scope) and account_id:
        note(scope.profile_name, account_id)
    return item
