"""A connection for reading many things of an account: the same request is sent once.

An answer is valid for the life of the connection: make one for each job that reads, and none for a job that
changes something. Only reading calls are cached.
"""

import threading
from collections.abc import Callable, Hashable, Iterator
from typing import Any

from workbench.aws.connection import Connection, is_write
from workbench.aws.rate_budget import RateBudget
from workbench.aws.retrying_connection import RetryingConnection
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext


class _Cache:
    """Answers and refusals by request. Of threads that need the same answer, one sends the request."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._locks: dict[Hashable, threading.Lock] = {}
        self._known: dict[Hashable, tuple[Any, WorkbenchError | None]] = {}

    def has(self, key: Hashable) -> bool:
        return key in self._known

    def refusals(self) -> tuple[WorkbenchError, ...]:
        """How AWS refused, in the order of the answers."""
        return tuple(error for _, error in tuple(self._known.values()) if error is not None)

    def get[T](self, key: Hashable, make: Callable[[], T]) -> T:
        if key not in self._known:  # an entry never changes
            with self._lock:
                lock = self._locks.setdefault(key, threading.Lock())
            with lock:
                if key not in self._known:
                    try:
                        self._known[key] = (make(), None)
                    except Cancelled:
                        raise
                    except WorkbenchError as error:
                        self._known[key] = (None, error)
        answer, refusal = self._known[key]
        if refusal is not None:
            # Each caller gets its own: raised by two threads, one exception would collect both tracebacks.
            raise WorkbenchError(
                refusal.what,
                refusal.why,
                refusal.remedy,
                aws_code=refusal.aws_code,
                request_id=refusal.request_id,
                action=refusal.action,
                region=refusal.region,
            ) from None
        known: T = answer
        return known


class CachingConnection(RetryingConnection):
    """A retrying connection with a cache. Safe from any thread of its job, and shared by its regions.

    Args:
        inner: The connection that it makes its requests over.
        budget: The program's.
        ctx: The job.
        subjects: How many functions are read through it. For many, one listing of everything costs fewer
            requests than one request each.
    """

    def __init__(self, inner: Connection, budget: RateBudget, ctx: JobContext, subjects: int = 1) -> None:
        super().__init__(inner, budget, ctx)
        self.subjects = subjects
        self._cache = _Cache()

    def in_region(self, region: str) -> "CachingConnection":
        """The same identity in another region, with the same cache."""
        other = CachingConnection(super().in_region(region), self._budget, self._ctx, self.subjects)
        other._cache = self._cache
        return other

    def call(
        self,
        service: str,
        operation_method: str,
        /,
        *,
        read_timeout_s: float | None = None,
        retries: bool = True,
        probe: bool = False,
        failure: str = "",
        **params: Any,
    ) -> dict[str, Any]:
        """As `RetryingConnection.call`; a reading call that was made before is answered from the cache."""

        def read() -> dict[str, Any]:
            return super(CachingConnection, self).call(
                service,
                operation_method,
                read_timeout_s=read_timeout_s,
                retries=retries,
                probe=probe,
                failure=failure,
                **params,
            )

        key = self._key(service, operation_method, params)
        if not self._cache.has(key):
            client = self.client(service, retries=False, failure=failure)
            if is_write(client.meta.method_to_api_mapping[operation_method]):
                return read()
        return self._cache.get(key, read)

    def paginate(
        self, service: str, operation_method: str, /, *, ctx: JobContext, failure: str = "", **params: Any
    ) -> Iterator[dict[str, Any]]:
        """As `RetryingConnection.paginate`; a listing is read to its end, and once."""

        def read() -> list[dict[str, Any]]:
            pages = super(CachingConnection, self).paginate(
                service, operation_method, ctx=ctx, failure=failure, **params
            )
            return list(pages)

        yield from self._cache.get(self._key(service, f"{operation_method}…", params), read)

    def refusals(self) -> tuple[WorkbenchError, ...]:
        """Every refusal so far, also where the caller could go on without the answer."""
        return self._cache.refusals()

    def once[T](self, key: Hashable, make: Callable[[], T]) -> T:
        """What is computed from answers (an index of a listing), computed once for each region."""
        return self._cache.get((self.region, key), make)

    def _key(self, service: str, operation_method: str, params: dict[str, Any]) -> Hashable:
        return (self.region, service, operation_method, repr(sorted(params.items())))


def once[T](connection: Connection, key: Hashable, make: Callable[[], T]) -> T:
    """`make`'s result; computed once if the connection has a cache."""
    return connection.once(key, make) if isinstance(connection, CachingConnection) else make()


def subject_count(connection: Connection) -> int:
    """How many functions are read through a connection; 1 for one without a cache."""
    return connection.subjects if isinstance(connection, CachingConnection) else 1
