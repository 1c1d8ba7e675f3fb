"""The functions of many accounts and regions: listing, filtering, states."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from workbench.aws.connection import Connection
from workbench.aws.retry import RateBudget
from workbench.core.codec import Format
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext, for_this_job
from workbench.functions.detail import get_function
from workbench.functions.index import FunctionIndex, Tags, list_functions, list_tags
from workbench.functions.model import FunctionSummary

LISTING_THREADS = 4
"""Answers are parsed under the global interpreter lock: more threads would only wait for it."""


@dataclass(frozen=True, slots=True)
class Scope:
    """A profile in a region."""

    profile_name: str
    region: str


@dataclass(frozen=True, slots=True)
class FleetRow:
    """A function, and the profile that leads to it.

    Attributes:
        profile_name: The profile whose credentials reach it.
        function: From ListFunctions, with account and region.
        state: "Active", or whatever AWS answered; empty if unread.
        last_update_status: "InProgress", "Failed", "Successful"; empty if unread.
        is_drifted: Whether its code differs from what this computer last opened or deployed.
        searched: The text that a search looks at; empty where rows are not searched.
    """

    profile_name: str
    function: FunctionSummary
    state: str = ""
    last_update_status: str = ""
    is_drifted: bool = False
    searched: str = field(default="", compare=False, repr=False)

    @property
    def scope(self) -> Scope:
        return Scope(self.profile_name, self.function.region)


@dataclass(frozen=True, slots=True)
class ScopePage:
    """Some functions of a scope; more follow."""

    scope: Scope
    account_id: str
    functions: tuple[FunctionSummary, ...]


@dataclass(frozen=True, slots=True)
class ScopeListed:
    """All functions of a scope; functions that are not among them no longer exist."""

    scope: Scope
    account_id: str
    functions: tuple[FunctionSummary, ...]


@dataclass(frozen=True, slots=True)
class ScopeTagged:
    """The functions with their tags, or the reason why tags could not be read."""

    scope: Scope
    account_id: str
    functions: tuple[FunctionSummary, ...]
    error: WorkbenchError | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ScopeFailed:
    """A scope could not be listed completely. `account_id` is empty if unknown."""

    scope: Scope
    account_id: str
    error: WorkbenchError


@dataclass(frozen=True, slots=True)
class ScopeSame:
    """A scope with the same account and region as an earlier one, which has its functions."""

    scope: Scope
    account_id: str
    as_profile: str


Connect = Callable[[str, str, JobContext], Connection]
"""Connects with a profile (by name) to a region. Raises WorkbenchError."""


class Refresh:
    """Lists several scopes at a time. A failure in one does not affect the others.

    Args:
        index: Stores the listings.
        budget: Shared with other bulk readers.
    """

    def __init__(self, connect: Connect, index: FunctionIndex, budget: RateBudget) -> None:
        self._connect = connect
        self._index = index
        self._budget = budget

    def run(self, scopes: Sequence[Scope], ctx: JobContext) -> None:
        """Emits ScopePage, ScopeListed, ScopeTagged, ScopeFailed and ScopeSame as they arrive.

        All scopes are listed before their tags are read, so that the functions appear soon.

        Raises:
            Cancelled: Items that were emitted stay valid.
        """
        claimed: dict[tuple[str, str], str] = {}
        lock = threading.Lock()
        done = 0
        listings: list[Future[None]] = []
        listed: list[tuple[Scope, Connection, tuple[FunctionSummary, ...]]] = []

        def ended() -> None:
            nonlocal done
            with lock:
                done += 1
                ctx.progress(done, len(scopes))

        def list_one(scope: Scope, connection: Connection) -> None:
            with lock:
                first = claimed.setdefault((connection.account_id, scope.region), scope.profile_name)
            if first != scope.profile_name:
                ctx.emit(ScopeSame(scope, connection.account_id, first))
            elif found := self._list(scope, connection, ctx):
                listed.append((scope, connection, found))
            ended()

        def enter(profile_name: str, regions: Sequence[str]) -> None:
            mine = [Scope(profile_name, region) for region in regions]
            try:
                connection = self._connect(profile_name, regions[0], ctx)
            except WorkbenchError as error:
                for scope in mine:
                    ctx.emit(ScopeFailed(scope, "", error))
                    ended()
                return
            for scope in mine:
                here = scope.region == connection.region
                there = connection if here else connection.in_region(scope.region)
                listings.append(listing.submit(for_this_job(list_one), scope, there))

        places: dict[str, list[str]] = {}
        for scope in scopes:
            places.setdefault(scope.profile_name, []).append(scope.region)
        ctx.progress(0, len(scopes))
        # Two pools, so that a profile that connects slowly does not delay the functions of others.
        with (
            self._index.kept_open(),
            ThreadPoolExecutor(LISTING_THREADS, thread_name_prefix="fleet") as listing,
            ThreadPoolExecutor(LISTING_THREADS, thread_name_prefix="fleet-connect") as entering,
        ):
            _all(entering.submit(for_this_job(enter), name, regions) for name, regions in places.items())
            _all(listings)
            _all(listing.submit(for_this_job(self._tag), *each, ctx) for each in listed)

    def _list(self, scope: Scope, connection: Connection, ctx: JobContext) -> tuple[FunctionSummary, ...]:
        account_id = connection.account_id
        tags = self._index.load_tags(account_id, scope.region)  # the stored tags, until they are read again

        def placed(page: object) -> ScopePage:
            assert isinstance(page, tuple)
            return ScopePage(scope, account_id, page)

        try:
            functions = ctx.wait_for(
                lambda: list_functions(connection, ctx.through(placed), self._budget, tags)
            )
        except WorkbenchError as error:
            self._index.store_failure(account_id, scope.region, error)
            ctx.emit(ScopeFailed(scope, account_id, error))
            return ()
        ctx.emit(ScopeListed(scope, account_id, functions))  # before storing: nobody waits for the disk
        self._index.store(account_id, scope.region, functions)
        return functions

    def _tag(
        self, scope: Scope, connection: Connection, functions: tuple[FunctionSummary, ...], ctx: JobContext
    ) -> None:
        account_id = connection.account_id
        try:
            tags = ctx.wait_for(lambda: list_tags(connection, ctx, self._budget))
        except WorkbenchError as error:
            ctx.emit(ScopeTagged(scope, account_id, (), error))
            return
        ctx.emit(ScopeTagged(scope, account_id, _with_tags(functions, tags)))
        self._index.store_tags(account_id, scope.region, tags)


def _all(futures: Iterable[Future[None]]) -> None:
    """Waits until all have ended; raises the error of one that failed."""
    for future in list(futures):
        future.result()


def _with_tags(
    functions: tuple[FunctionSummary, ...], tags: Mapping[str, Tags]
) -> tuple[FunctionSummary, ...]:
    return tuple(
        each if each.tags == (found := tags.get(each.function_name, ())) else replace(each, tags=found)
        for each in functions
    )


FACETS = ("runtime", "state", "region", "account", "architecture", "kind", "tag")
"""The facets, each a field of FleetFilter."""
PLAIN = "Zip"
STATES = (
    "Active",
    "Inactive",
    "Pending",
    "Failed",
    "LastUpdateStatus: InProgress",
    "LastUpdateStatus: Failed",
    "",
)
"""States that are always offered, even if no function has them; "" stands for unread."""
_NOTED_UPDATES = ("InProgress", "Failed")
"""Values of LastUpdateStatus worth showing; "Successful" is that of nearly all functions."""


@dataclass(frozen=True, slots=True)
class FleetFilter:
    """The chosen values. A function must match one value of each facet that has any.

    Attributes:
        query: The typed text.
        runtime: Runtimes; "" for functions without one (container images).
        state: States, or "LastUpdateStatus: " and a status; "" for unread functions.
        kind: "Zip", or values of FunctionSummary.kinds.
        tag: "name=value".
        end_of_life: Only functions with deprecated runtimes.
        drifted: Only functions whose code differs from what this computer last opened or deployed.
    """

    query: str = ""
    runtime: frozenset[str] = frozenset()
    state: frozenset[str] = frozenset()
    region: frozenset[str] = frozenset()
    account: frozenset[str] = frozenset()
    architecture: frozenset[str] = frozenset()
    kind: frozenset[str] = frozenset()
    tag: frozenset[str] = frozenset()
    end_of_life: bool = False
    drifted: bool = False

    @property
    def chosen(self) -> bool:
        """Whether a facet is set."""
        return replace(self, query="") != FleetFilter()


def facets_of(row: FleetRow, facet: str) -> Sequence[str]:
    """The values of a function for a facet."""
    function = row.function
    match facet:
        case "runtime":
            return (function.runtime,)
        case "state":
            return states_of(row)
        case "region":
            return (function.region,)
        case "account":
            return (function.account_id,)
        case "architecture":
            return function.architectures
        case "kind":
            return function.kinds or (PLAIN,)
        case "tag":
            return [f"{name}={value}" for name, value in function.tags]
    raise ValueError(facet)


def states_of(row: FleetRow) -> tuple[str, ...]:
    """State, and LastUpdateStatus if it is worth showing; "" if unread."""
    update = row.last_update_status
    return (row.state, f"LastUpdateStatus: {update}") if update in _NOTED_UPDATES else (row.state,)


def counted(rows: Iterable[FleetRow], facet: str) -> dict[str, int]:
    """The number of functions for each value of a facet."""
    return dict(Counter(value for row in rows for value in facets_of(row, facet)))


def narrowed(rows: Sequence[FleetRow], chosen: FleetFilter, ended: frozenset[str]) -> list[int]:
    """The indexes of the rows that match the facets; the query is ignored.

    Args:
        ended: The deprecated runtimes.
    """
    numbers: Iterable[int] = range(len(rows))
    if chosen.end_of_life:
        numbers = [number for number in numbers if rows[number].function.runtime in ended]
    if chosen.drifted:
        numbers = [number for number in numbers if rows[number].is_drifted]
    for facet in FACETS:
        if wanted := getattr(chosen, facet):
            numbers = [number for number in numbers if not wanted.isdisjoint(facets_of(rows[number], facet))]
    return list(numbers)


_STATE_WORKERS = 6
"""An answer takes tens of milliseconds, so fewer threads could not use the 100 requests a second."""
_GONE = "ResourceNotFoundException"


@dataclass(frozen=True, slots=True)
class StateRead:
    """The state of a function as AWS answered it."""

    row: FleetRow
    state: str
    last_update_status: str


@dataclass(frozen=True, slots=True, eq=False)
class StatesRefused:
    """The states of a scope cannot be read; no further function of it is read."""

    scope: Scope
    error: WorkbenchError


def read_states(rows: Sequence[FleetRow], connect: Connect, budget: RateBudget, ctx: JobContext) -> None:
    """Reads each function. Emits StateRead as answers arrive, and StatesRefused once for a scope that fails.

    GetFunction has its own quota: 100 requests a second per account and region.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html#api-requests

    Args:
        rows: Functions that no longer exist are skipped; the next listing removes them.
        budget: Shared with other bulk readers.

    Raises:
        Cancelled: Items that were emitted stay valid.
    """
    reading = _Reading(connect, budget, ctx, len(rows))
    places: dict[Scope, list[FleetRow]] = {}
    for row in rows:
        places.setdefault(row.scope, []).append(row)
    with ThreadPoolExecutor(_STATE_WORKERS, thread_name_prefix="states") as pool:
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


@dataclass(frozen=True, slots=True)
class RuntimeDates:
    """AWS's deprecation calendar.

    Attributes:
        deprecated: Day from which AWS no longer supports a runtime, by name.
        checked: When the dates were compared with AWS's table.
        source: URL of AWS's table.
    """

    deprecated: Mapping[str, date] = field(default_factory=dict)
    checked: str = ""
    source: str = ""

    @classmethod
    def load(cls, path: Path) -> "RuntimeDates":
        """Reads the file of dates, which is part of the program. Raises OSError and ValueError."""
        return Format(cls).read(path)

    def end_of(self, runtime: str, today: date) -> date | None:
        """The day on which a runtime was deprecated; None if it is not known to be."""
        day = self.deprecated.get(runtime)
        return day if day is not None and day <= today else None
