"""Power tuning: the duration and cost of a function with other memory sizes.

For each size $LATEST gets that memory and is published as a version; then $LATEST gets its own memory back,
the versions are invoked, and deleted: these steps are undone however the trial ends. The description of each
version contains the trial's unique mark.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from workbench.aws.connection import Connection
from workbench.aws.retry import RateBudget, RetryingConnection
from workbench.core.clock import Clock
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.operations import Facts, Operation, OperationJournal, OperationRecord, StepContext
from workbench.functions.configure import Wanted, configure
from workbench.functions.detail import GONE, wait_until_updated
from workbench.functions.model import FunctionDetail
from workbench.functions.prices import invocation_usd, prices_of
from workbench.functions.prune import prune
from workbench.functions.versions import list_versions, publish_version

RESTORE = "restore"
"""The step that restores the memory of $LATEST; the others are the sizes to publish, in MB."""


@dataclass(frozen=True, slots=True)
class Temporary:
    """What a trial creates temporarily.

    Attributes:
        mark: A unique text in the description of each version.
    """

    account_id: str
    region: str
    function_name: str
    function_arn: str
    memory_mb: int
    sizes_mb: tuple[int, ...]
    mark: str

    @classmethod
    def of(cls, detail: FunctionDetail, sizes_mb: Sequence[int]) -> Self:
        """What the trial of these sizes will create."""
        return cls(
            detail.account_id,
            detail.region,
            detail.function_name,
            detail.function_arn,
            detail.memory_mb,
            tuple(sizes_mb),
            secrets.token_hex(8),
        )

    def description(self, size_mb: int) -> str:
        """The description of a version; at most 256 characters."""
        return f"Workbench power tuning, {size_mb} MB, temporary ({self.mark})"


type InterruptedTuning = OperationRecord[Temporary]


class TuningJournal(OperationJournal[Temporary]):
    """The journals of all trials."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        super().__init__(folder, Temporary, clock)

    def understands(self, record: InterruptedTuning) -> bool:
        return bool(record.about.mark)  # every description contains an empty one


@dataclass(frozen=True, slots=True)
class Trial:
    """One invocation."""

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
    with journal.begin(
        name, temporary, _("{name} was not tried: the journal of the trial failed.").format(name=name)
    ) as file:
        trial = _Runner(connection, temporary, budget, detail)
        operation = Operation(_steps(temporary), trial, file, ctx)
        try:
            operation.forward()
            versions = [(size, operation.done[str(size)]["version"]) for size in sizes_mb]
            return _try(versions, runs, invoke, ctx)
        finally:
            trial.clean_up(operation)
            file.finish()


def undo(
    connection: Connection,
    interrupted: InterruptedTuning,
    journal: TuningJournal,
    ctx: JobContext,
    budget: RateBudget,
) -> None:
    """Undoes a trial that a crash interrupted: the memory of $LATEST, and the versions with its mark.

    Raises:
        WorkbenchError: AWS refused, an alias points to one of the versions, or another window has the journal
            open. It stays interrupted, and can be undone again.
    """
    temporary = interrupted.about
    with journal.reopen(
        interrupted.file,
        _("Nothing was removed of {function_name}.").format(function_name=temporary.function_name),
    ) as file:
        trial = _Runner(connection, temporary, budget, reading=ctx)
        trial.clean_up(Operation(_steps(temporary), trial, file, ctx, file.record))
        file.finish()


def _steps(temporary: Temporary) -> dict[str, int | None]:
    """The sizes to publish, by their names in the journal; None restores the memory of $LATEST."""
    return {**{str(size): size for size in temporary.sizes_mb}, RESTORE: None}


@dataclass(slots=True)
class _Runner:
    """Publishes a version for each size and deletes it.

    Attributes:
        latest: $LATEST, as far as it is known.
        reading: Cancelling this job ends the reading of versions, but not their deletion.
    """

    connection: Connection
    temporary: Temporary
    budget: RateBudget
    latest: FunctionDetail | None = None
    reading: JobContext | None = None
    _versions: dict[str, str] | None = None  # those with the mark, by description
    _unread: WorkbenchError | None = None  # why they could not be read; not tried again for each size

    def do(self, step: int | None, context: StepContext) -> Facts:
        ctx, temporary = context.ctx, self.temporary
        if step is None:
            self._restore_memory(self.connection, ctx)
            return {}
        text = _("Publishing a version with {size:,} MB").format(size=step)
        ctx.progress(context.number, len(temporary.sizes_mb), text)
        assert self.latest is not None
        self.latest = configure(self.connection, self.latest, Wanted(memory_mb=step), ctx)
        made = publish_version(self.connection, self.latest, temporary.description(step), ctx)
        return {"version": made.version}

    def undo(self, step: int | None, _facts: Facts, context: StepContext) -> str | None:
        if step is None:
            return None  # once restored, a different value is a later change
        name, ctx = self.temporary.function_name, context.ctx
        connection = RetryingConnection(self.connection, self.budget, ctx)
        try:
            reader = RetryingConnection(self.connection, self.budget, self.reading or ctx)
            version = self._marked(reader, context).get(self.temporary.description(step))
        except WorkbenchError as error:
            if error.aws_code == GONE:
                return ""  # and all its versions with it
            raise
        if version is not None:
            for _version, why in prune(connection, name, [version], ctx).failed:
                raise why
        return ""

    def clean_up(self, operation: Operation[int | None]) -> None:
        """Undoes the trial. Raises WorkbenchError as `undo` does."""
        failed = operation.backward().failed
        if not failed:
            return
        first = failed[-1][1]
        descriptions = [self.temporary.description(size) for size, _error in failed if size]
        left = [self._versions[each] for each in descriptions if self._versions and each in self._versions]
        if not left:
            raise first
        raise WorkbenchError(
            _("Temporary versions of {name} are still there: {numbers}.").format(
                name=self.temporary.function_name, numbers=", ".join(sorted(left, key=int))
            ),
            str(first),
            _("Delete them after the cause is resolved."),
            first.aws_code,
            first.request_id,
        )

    def _marked(self, connection: Connection, context: StepContext) -> dict[str, str]:
        """The versions of the trial, once the memory of $LATEST was restored."""
        if self._unread is not None:
            raise self._unread
        if self._versions is None:
            try:
                if RESTORE not in context.done:
                    self._restore_memory(connection, self.reading or context.ctx)
                versions = list_versions(connection, self.temporary.function_name, JobContext())
            except WorkbenchError as error:
                self._unread = error
                raise
            self._versions = {each.description: each.version for each in versions}
        return self._versions

    def _restore_memory(self, connection: Connection, ctx: JobContext) -> None:
        """Restores the memory of $LATEST, unless it was changed to another value in the meantime."""
        temporary = self.temporary
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
