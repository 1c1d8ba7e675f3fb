"""Power tuning: how long a function takes, and what it costs, with other memory sizes.

For each size $LATEST is given that memory and published as a version; then $LATEST gets its own memory back,
the versions are invoked, and deleted. A journal on disk (tuning_journal.py) says what must be taken back
after a crash; each version carries the trial's mark in its description: none is missed or mistaken.

Must not know: how a function is invoked (it is handed in), how results are shown.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workbench.aws.connection import Connection
from workbench.aws.rate_budget import RateBudget
from workbench.aws.retrying_connection import RetryingConnection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.configure import Wanted, configure
from workbench.functions.detail import GONE, wait_until_updated
from workbench.functions.model import FunctionDetail
from workbench.functions.prices import invocation_usd, prices_of
from workbench.functions.prune import prune
from workbench.functions.versions import list_versions, publish_version
from workbench.metrics.tuning_journal import Temporary, TuningEntry, TuningJournal


@dataclass(frozen=True, slots=True)
class Trial:
    """One invocation.

    Attributes:
        duration_ms: Time in the handler.
        billed_ms: What is paid for.
        init_ms: Of a cold start; None for a warm one.
        error_type: Why the function failed; empty when it did not.
    """

    duration_ms: float
    billed_ms: float
    init_ms: float | None = None
    error_type: str = ""


@dataclass(frozen=True, slots=True)
class SizeTried:
    """What is known of a size so far; emitted after each invocation."""

    memory_mb: int
    trials: tuple[Trial, ...]


@dataclass(frozen=True, slots=True)
class SizeFigures:
    """A size, in figures.

    Attributes:
        memory_mb: The size.
        runs: Invocations.
        failed: Of these, those that ended in a function error.
        error_type: Of the last failure; empty for none.
        duration_ms: Mean of the warm invocations that succeeded, of the cold one where there is no other;
            None when all failed.
        usd: One such invocation; None when all failed, or when no price is known.
        init_ms: Of the cold start; None when there was none.
        cold_usd: One invocation with a cold start, whose initialisation is billed, too (since August 2025);
            None when none succeeded, or when no price is known.
    """

    memory_mb: int
    runs: int
    failed: int
    error_type: str
    duration_ms: float | None
    usd: float | None
    init_ms: float | None
    cold_usd: float | None = None


Invoke = Callable[[str, JobContext], Trial]
"""Invokes a version once. Raises WorkbenchError when AWS refused or the answer was lost."""


def tune(
    connection: Connection,
    seen: FunctionDetail,
    sizes_mb: Sequence[int],
    runs: int,
    invoke: Invoke,
    journal: TuningJournal,
    ctx: JobContext,
    budget: RateBudget,
) -> tuple[SizeTried, ...]:
    """Tries sizes. However it ends, what it made is taken back; where that fails it stays in the journal.

    Args:
        connection: To the function's account and region.
        seen: The function as the person saw it.
        sizes_mb: To be tried, in this order.
        runs: How often each is invoked.
        invoke: How.
        journal: Notes what is to be taken back.
        ctx: The job; emits SizeTried. Cancel takes effect between two steps and while an invocation runs;
            taking back goes on.
        budget: How fast the account may be asked.

    Raises:
        WorkbenchError: Somebody changed the function meanwhile, AWS refused, or not all could be taken back.
        Cancelled: Everything temporary was removed.
    """
    with journal.begin(seen, sizes_mb) as entry:
        try:
            versions = _publish(connection, seen, sizes_mb, entry, ctx)
            restore_memory(connection, entry.temporary, ctx)
            entry.restored()
            return _try(versions, runs, invoke, ctx)
        finally:
            clean_up(connection, entry.temporary, ctx.shielded(), budget, is_restored=entry.is_restored)
            entry.finish()


def clean_up(
    connection: Connection, temporary: Temporary, ctx: JobContext, budget: RateBudget, *, is_restored: bool
) -> None:
    """Takes back what a trial made: the memory of $LATEST, and the versions that carry its mark.

    Where AWS is busy, it is asked again: what is said is what shall be, so saying it twice does no harm.

    Args:
        connection: To the function's account and region.
        temporary: What was made.
        ctx: The job.
        budget: How fast the account may be asked.
        is_restored: Whether $LATEST had its memory back already: what it has now is somebody's wish.

    Raises:
        WorkbenchError: AWS refused, or an alias points to one of the versions by now.
    """
    name = temporary.function_name
    connection = RetryingConnection(connection, budget, ctx)
    try:
        if not is_restored:
            restore_memory(connection, temporary, ctx)
        versions = list_versions(connection, name, JobContext())
    except WorkbenchError as error:
        if error.aws_code == GONE:
            return  # and all its versions with it
        raise
    mine = [each.version for each in versions if temporary.mark in each.description]
    if not mine:
        return
    result = prune(connection, name, mine, ctx)
    if result.failed:
        numbers = ", ".join(version for version, _error in result.failed)
        first = result.failed[0][1]
        raise WorkbenchError(
            f"Temporary versions of {name} are still there: {numbers}.",
            str(first),
            "Delete them after the cause is resolved.",
            first.aws_code,
            first.request_id,
        )


def restore_memory(connection: Connection, temporary: Temporary, ctx: JobContext) -> None:
    """Gives $LATEST its own memory back, unless somebody has given it another one meanwhile."""
    now = wait_until_updated(connection, temporary.function_name, ctx)
    if now.memory_mb != temporary.memory_mb and now.memory_mb in temporary.sizes_mb:
        configure(connection, now, Wanted(memory_mb=temporary.memory_mb), ctx)


def figures_of(tried: SizeTried, region: str, architecture: str, storage_mb: int) -> SizeFigures:
    """Makes figures of a size's invocations. Pure; the cost is an estimate, without the free tier."""
    good = [each for each in tried.trials if not each.error_type]
    warm = [each for each in good if each.init_ms is None] or good
    cold = [each.init_ms for each in tried.trials if each.init_ms is not None]
    failures = [each.error_type for each in tried.trials if each.error_type]
    prices = prices_of(region, architecture)

    def usd_of(trials: Sequence[Trial]) -> float | None:
        costs = [invocation_usd(prices, each.billed_ms, tried.memory_mb, storage_mb) for each in trials]
        return sum(costs) / len(costs) if costs and prices.are_known else None

    return SizeFigures(
        tried.memory_mb,
        len(tried.trials),
        len(failures),
        failures[-1] if failures else "",
        sum(each.duration_ms for each in warm) / len(warm) if warm else None,
        usd_of(warm),
        sum(cold) / len(cold) if cold else None,
        usd_of([each for each in good if each.init_ms is not None]),
    )


def _publish(
    connection: Connection, seen: FunctionDetail, sizes_mb: Sequence[int], entry: TuningEntry, ctx: JobContext
) -> list[tuple[int, str]]:
    """A version for each size."""
    now, versions = seen, []
    for number, size in enumerate(sizes_mb):
        ctx.progress(number, len(sizes_mb), f"Publishing a version with {size:,} MB")
        entry.before(size)
        now = configure(connection, now, Wanted(memory_mb=size), ctx)
        made = publish_version(connection, now, entry.temporary.description(size), ctx)
        versions.append((size, made.version))
        entry.after(size, made.version)
    return versions


def _try(
    versions: Sequence[tuple[int, str]], runs: int, invoke: Invoke, ctx: JobContext
) -> tuple[SizeTried, ...]:
    found, total = [], len(versions) * runs
    for place, (size, version) in enumerate(versions):
        trials: tuple[Trial, ...] = ()
        for number in range(runs):
            ctx.progress(place * runs + number, total, f"Invoking with {size:,} MB")
            trials += (invoke(version, ctx),)
            ctx.emit(SizeTried(size, trials))
        found.append(SizeTried(size, trials))
    return tuple(found)
