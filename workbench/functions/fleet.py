"""The functions of many accounts and regions: listed at once, each place by itself.

Owns: who asks where, and what is heard of it. Must not know: what is done with the rows.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

from workbench.aws.connection import Connection
from workbench.aws.rate_budget import RateBudget
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext, for_this_job
from workbench.functions.index import FunctionIndex
from workbench.functions.index_columns import Tags
from workbench.functions.listing import list_functions, list_tags
from workbench.functions.model import FunctionSummary

_WORKERS = 4
"""Answers are read under Python's lock: more threads only wait for it."""


@dataclass(frozen=True, slots=True)
class Scope:
    """A part of the fleet: a profile in a region."""

    profile_name: str
    region: str


@dataclass(frozen=True, slots=True)
class FleetRow:
    """A function, and the profile that leads to it. Its account and region are the function's own.

    Attributes:
        profile_name: Whose credentials reach it.
        function: What ListFunctions says of it.
        state: "Active", or whatever AWS said when it was looked at; empty when nobody has asked.
        last_update_status: "InProgress", "Failed", "Successful"; empty when nobody has asked.
        is_drifted: Whether its code is no longer what this computer last opened or deployed.
    """

    profile_name: str
    function: FunctionSummary
    state: str = ""
    last_update_status: str = ""
    is_drifted: bool = False

    @property
    def scope(self) -> Scope:
        """Where it belongs."""
        return Scope(self.profile_name, self.function.region)


@dataclass(frozen=True, slots=True)
class ScopePage:
    """Some functions of a scope; more follow."""

    scope: Scope
    account_id: str
    functions: tuple[FunctionSummary, ...]


@dataclass(frozen=True, slots=True)
class ScopeListed:
    """All functions of a scope: what is not among them is gone."""

    scope: Scope
    account_id: str
    functions: tuple[FunctionSummary, ...]


@dataclass(frozen=True, slots=True)
class ScopeTagged:
    """The functions again, now with their tags; or why these could not be read."""

    scope: Scope
    account_id: str
    functions: tuple[FunctionSummary, ...]
    error: WorkbenchError | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ScopeFailed:
    """A scope was not listed, or not to its end. `account_id` is empty when nobody knows it."""

    scope: Scope
    account_id: str
    error: WorkbenchError


@dataclass(frozen=True, slots=True)
class ScopeSame:
    """A scope leads where another one has led already: its functions are that one's."""

    scope: Scope
    account_id: str
    as_profile: str


Connect = Callable[[str, str, JobContext], Connection]
"""Connects as a profile (its name) in a region. Raises WorkbenchError."""


class Refresh:
    """Lists scopes, a few at a time; what fails in one disturbs no other.

    Args:
        connect: The way to AWS.
        index: Gets what was listed.
        budget: Shared with all who ask for much.
    """

    def __init__(self, connect: Connect, index: FunctionIndex, budget: RateBudget) -> None:
        self._connect = connect
        self._index = index
        self._budget = budget

    def run(self, scopes: Sequence[Scope], ctx: JobContext) -> None:
        """Emits ScopePage, ScopeListed, ScopeTagged, ScopeFailed and ScopeSame as they come.

        First all are listed, then their tags are read: a person wants to see the functions.

        Raises:
            Cancelled: What was emitted before stays true.
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
        # Two pools: a profile that takes long to connect keeps no other one's functions waiting.
        with (
            self._index.kept_open(),
            ThreadPoolExecutor(_WORKERS, thread_name_prefix="fleet") as listing,
            ThreadPoolExecutor(_WORKERS, thread_name_prefix="fleet-connect") as entering,
        ):
            _all(entering.submit(for_this_job(enter), name, regions) for name, regions in places.items())
            _all(listings)
            _all(listing.submit(for_this_job(self._tag), *each, ctx) for each in listed)

    def _list(self, scope: Scope, connection: Connection, ctx: JobContext) -> tuple[FunctionSummary, ...]:
        account_id = connection.account_id
        tags = self._index.load_tags(account_id, scope.region)  # until they are read again

        def placed(page: object) -> ScopePage:
            assert isinstance(page, tuple)
            return ScopePage(scope, account_id, page)

        try:
            functions = list_functions(connection, ctx.through(placed), self._budget, tags)
        except WorkbenchError as error:
            self._index.store_failure(account_id, scope.region, error)
            ctx.emit(ScopeFailed(scope, account_id, error))
            return ()
        ctx.emit(ScopeListed(scope, account_id, functions))  # first: nobody waits for the disk to see them
        self._index.store(account_id, scope.region, functions)
        return functions

    def _tag(
        self, scope: Scope, connection: Connection, functions: tuple[FunctionSummary, ...], ctx: JobContext
    ) -> None:
        account_id = connection.account_id
        try:
            tags = list_tags(connection, ctx, self._budget)
        except WorkbenchError as error:
            ctx.emit(ScopeTagged(scope, account_id, (), error))
            return
        ctx.emit(ScopeTagged(scope, account_id, _with_tags(functions, tags)))
        self._index.store_tags(account_id, scope.region, tags)


def _all(futures: Iterable[Future[None]]) -> None:
    """Waits until all have ended; raises what one has raised."""
    for future in list(futures):
        future.result()


def _with_tags(
    functions: tuple[FunctionSummary, ...], tags: Mapping[str, Tags]
) -> tuple[FunctionSummary, ...]:
    return tuple(
        each if each.tags == (found := tags.get(each.function_name, ())) else replace(each, tags=found)
        for each in functions
    )
