"""The states of functions: ListFunctions leaves them out, so each function is asked for by itself.

Must not know: which functions somebody wants to know of, or why.
"""

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from workbench.aws.connection import Connection
from workbench.aws.rate_budget import RateBudget
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext, for_this_job
from workbench.functions.detail import get_function
from workbench.functions.fleet import Connect, FleetRow, Scope

_WORKERS = 6
"""An answer takes some tens of milliseconds: fewer would not use up the budget of 100 a second."""
_GONE = "ResourceNotFoundException"


@dataclass(frozen=True, slots=True)
class StateRead:
    """What AWS says of a function, in its words."""

    row: FleetRow
    state: str
    last_update_status: str


@dataclass(frozen=True, slots=True, eq=False)
class StatesRefused:
    """The states of a scope cannot be read; no further function of it was asked for."""

    scope: Scope
    error: WorkbenchError


def read_states(rows: Sequence[FleetRow], connect: Connect, budget: RateBudget, ctx: JobContext) -> None:
    """Asks for each function; emits StateRead as they come, and StatesRefused once for a scope that fails.

    GetFunction has a budget of its own: 100 requests a second, for each account and region.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html#api-requests

    Args:
        rows: The functions. One that has gone is passed over: listing will tell.
        connect: The way to AWS.
        budget: Shared with all who ask AWS for much.
        ctx: The job.

    Raises:
        Cancelled: What was emitted before stays true.
    """
    reading = _Reading(connect, budget, ctx, len(rows))
    places: dict[Scope, list[FleetRow]] = {}
    for row in rows:
        places.setdefault(row.scope, []).append(row)
    with ThreadPoolExecutor(_WORKERS, thread_name_prefix="states") as pool:
        asked: list[Future[None]] = []
        for scope, mine in places.items():
            if (connection := reading.enter(scope)) is not None:
                asked += [pool.submit(for_this_job(reading.ask), connection, row) for row in mine]
        for each in asked:
            each.result()


class _Reading:
    def __init__(self, connect: Connect, budget: RateBudget, ctx: JobContext, total: int) -> None:
        self._connect, self._budget, self._ctx, self._total = connect, budget, ctx, total
        self._lock = threading.Lock()
        self._refused: set[Scope] = set()
        self._done = 0

    def enter(self, scope: Scope) -> Connection | None:
        self._ctx.check()
        try:
            return self._connect(scope.profile_name, scope.region, self._ctx).unobserved()
        except WorkbenchError as error:
            self._refuse(scope, error)
        return None

    def ask(self, connection: Connection, row: FleetRow) -> None:
        scope = row.scope
        if scope not in self._refused and connection.account_id == row.function.account_id:
            self._budget.spend(connection, "lambda", "GetFunction", self._ctx)
            try:
                detail = get_function(connection, row.function.function_name, "", self._ctx)
                self._ctx.emit(StateRead(row, detail.state, detail.last_update_status))
            except WorkbenchError as error:
                if error.aws_code != _GONE:
                    self._refuse(scope, error)
        with self._lock:
            self._done += 1
            self._ctx.progress(self._done, self._total)

    def _refuse(self, scope: Scope, error: WorkbenchError) -> None:
        with self._lock:
            first = scope not in self._refused
            self._refused.add(scope)
        if first:
            self._ctx.emit(StatesRefused(scope, error))
