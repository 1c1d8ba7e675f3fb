"""Power tuning: the duration and cost of a function with other memory sizes.

For each size $LATEST gets that memory and is published as a version; then $LATEST gets its own memory back,
the versions are invoked, and deleted. A journal (tuning_journal.py) records what must be undone after a
crash. The description of each version contains the trial's unique mark.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workbench.aws.connection import Connection
from workbench.aws.retrying_connection import RateBudget, RetryingConnection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.operations import JournalFile
from workbench.functions.configure import Wanted, configure
from workbench.functions.detail import GONE, wait_until_updated
from workbench.functions.model import FunctionDetail
from workbench.functions.prices import invocation_usd, prices_of
from workbench.functions.prune import prune
from workbench.functions.versions import list_versions, publish_version
from workbench.metrics.tuning_journal import RESTORE, InterruptedTuning, Temporary, TuningJournal


@dataclass(frozen=True, slots=True)
class Trial:
    """One invocation.

    Attributes:
        duration_ms: Time in the handler.
        billed_ms: Billed duration.
        init_ms: Initialisation of a cold start; None for a warm one.
        error_type: Type of the function error; empty for none.
    """

    duration_ms: float
    billed_ms: float
    init_ms: float | None = None
    error_type: str = ""


@dataclass(frozen=True, slots=True)
class SizeTried:
    """The invocations of a size so far; emitted after each."""

    memory_mb: int
    trials: tuple[Trial, ...]


@dataclass(frozen=True, slots=True)
class SizeFigures:
    """The figures of a size.

    Attributes:
        memory_mb: The size.
        runs: Number of invocations.
        failed: Number of those that ended in a function error.
        error_type: Error of the last failure; empty for none.
        duration_ms: Mean of the successful warm invocations, or of the cold one if there is no other; None if
            all failed.
        usd: Cost of one such invocation; None if all failed, or if no price is known.
        init_ms: Initialisation of the cold start; None if there was none.
        cold_usd: Cost of one invocation with a cold start, whose initialisation is billed, too (since August
            2025); None if none succeeded, or if no price is known.
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
"""Invokes a version once. Raises WorkbenchError if AWS refuses or the response is lost."""


def tune(
    connection: Connection,
    detail: FunctionDetail,
    sizes_mb: Sequence[int],
    runs: int,
    invoke: Invoke,
    journal: TuningJournal,
    ctx: JobContext,
    budget: RateBudget,
) -> tuple[SizeTried, ...]:
    """Tries sizes. However it ends, its changes are undone; if that fails, they stay in the journal.

    Args:
        detail: The function as the user saw it.
        sizes_mb: The sizes, in order.
        runs: Number of invocations per size.
        journal: Records what must be undone.
        ctx: Emits SizeTried. Cancel takes effect between two steps and during an invocation, not while
            changes are undone.
        budget: The rate limits of the account.

    Raises:
        WorkbenchError: The function was changed in the meantime, AWS refused, or not everything could be
            undone.
        Cancelled: Everything temporary was removed.
    """
    name, temporary = detail.function_name, Temporary.of(detail, sizes_mb)
    is_restored = False
    with journal.begin(
        name, temporary, _("{name} was not tried: the journal of the trial failed.").format(name=name)
    ) as file:
        try:
            versions = _publish(connection, detail, temporary, file, ctx)
            restore_memory(connection, temporary, ctx)
            is_restored = True
            file.after(RESTORE)
            return _try(versions, runs, invoke, ctx)
        finally:
            clean_up(connection, temporary, ctx.shielded(), budget, is_restored=is_restored)
            file.finish()


def undo(
    connection: Connection,
    interrupted: InterruptedTuning,
    journal: TuningJournal,
    ctx: JobContext,
    budget: RateBudget,
) -> None:
    """Undoes a trial that a crash interrupted.

    Raises:
        WorkbenchError: As for `clean_up`, or another window has the journal open. It stays interrupted.
    """
    temporary = interrupted.about
    with journal.reopen(
        interrupted.file,
        _("Nothing was removed of {function_name}.").format(function_name=temporary.function_name),
    ) as file:
        clean_up(connection, temporary, ctx, budget, is_restored=RESTORE in file.record.done)
        file.finish()


def clean_up(
    connection: Connection, temporary: Temporary, ctx: JobContext, budget: RateBudget, *, is_restored: bool
) -> None:
    """Undoes a trial: the memory of $LATEST, and the versions with its mark. Can be repeated.

    Args:
        temporary: What the trial created.
        budget: The rate limits of the account.
        is_restored: Whether $LATEST already has its memory back; a different value is then a later change.

    Raises:
        WorkbenchError: AWS refused, or an alias points to one of the versions.
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
            _("Temporary versions of {name} are still there: {numbers}.").format(name=name, numbers=numbers),
            str(first),
            _("Delete them after the cause is resolved."),
            first.aws_code,
            first.request_id,
        )


def restore_memory(connection: Connection, temporary: Temporary, ctx: JobContext) -> None:
    """Restores the memory of $LATEST, unless it was changed to another value in the meantime."""
    now = wait_until_updated(connection, temporary.function_name, ctx)
    if now.memory_mb != temporary.memory_mb and now.memory_mb in temporary.sizes_mb:
        configure(connection, now, Wanted(memory_mb=temporary.memory_mb), ctx)


def figures_of(tried: SizeTried, region: str, architecture: str, storage_mb: int) -> SizeFigures:
    """The figures of a size's invocations. Pure; the cost is an estimate, without the free tier."""
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
    connection: Connection, detail: FunctionDetail, temporary: Temporary, file: JournalFile, ctx: JobContext
) -> list[tuple[int, str]]:
    """Publishes a version for each size."""
    now, versions, sizes_mb = detail, [], temporary.sizes_mb
    for number, size in enumerate(sizes_mb):
        ctx.progress(number, len(sizes_mb), _("Publishing a version with {size:,} MB").format(size=size))
        file.before(str(size))
        now = configure(connection, now, Wanted(memory_mb=size), ctx)
        made = publish_version(connection, now, temporary.description(size), ctx)
        versions.append((size, made.version))
        file.after(str(size), {"version": made.version})
    return versions


def _try(
    versions: Sequence[tuple[int, str]], runs: int, invoke: Invoke, ctx: JobContext
) -> tuple[SizeTried, ...]:
    found, total = [], len(versions) * runs
    for index, (size, version) in enumerate(versions):
        trials: tuple[Trial, ...] = ()
        for number in range(runs):
            ctx.progress(index * runs + number, total, _("Invoking with {size:,} MB").format(size=size))
            trials += (invoke(version, ctx),)
            ctx.emit(SizeTried(size, trials))
        found.append(SizeTried(size, trials))
    return tuple(found)
