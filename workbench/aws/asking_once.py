"""A connection for looking at many things of an account: the same question is asked once.

What was answered holds for the life of the connection: make one for each look, and none for what changes
something. Only reading calls are kept.
"""

import threading
from collections.abc import Callable, Hashable, Iterator
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.patient import PatientConnection
from workbench.aws.rate_budget import RateBudget
from workbench.aws.writes import is_write
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext


class _Answers:
    """What was answered, or how AWS refused, by question. Of threads that ask the same, one asks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asking: dict[Hashable, threading.Lock] = {}
        self._known: dict[Hashable, tuple[Any, WorkbenchError | None]] = {}

    def has(self, key: Hashable) -> bool:
        return key in self._known

    def refusals(self) -> tuple[WorkbenchError, ...]:
        """How AWS refused, in the order of the answers."""
        return tuple(error for _, error in tuple(self._known.values()) if error is not None)

    def get[T](self, key: Hashable, make: Callable[[], T]) -> T:
        if key not in self._known:  # what is known stays known
            with self._lock:
                asking = self._asking.setdefault(key, threading.Lock())
            with asking:
                if key not in self._known:
                    try:
                        self._known[key] = (make(), None)
                    except Cancelled:
                        raise
                    except WorkbenchError as error:
                        self._known[key] = (None, error)
        answer, refusal = self._known[key]
        if refusal is not None:
            # Each who asks gets one of its own: raised by two threads, one would grow both their traces.
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


class AskingOnce(PatientConnection):
    """A patient connection that remembers. Safe from any thread of its job, and through its regions.

    Args:
        inner: The connection that it makes its requests over.
        budget: The program's.
        ctx: The job.
        looks: How many things are looked at through it. Of many, a listing of everything costs one call, a
            question about each as many.
    """

    def __init__(self, inner: Connection, budget: RateBudget, ctx: JobContext, looks: int = 1) -> None:
        super().__init__(inner, budget, ctx)
        self.looks = looks
        self._answers = _Answers()

    def in_region(self, region: str) -> "AskingOnce":
        """The same identity elsewhere, with what is known of everywhere."""
        other = AskingOnce(super().in_region(region), self._budget, self._ctx, self.looks)
        other._answers = self._answers
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
        """As `PatientConnection.call`; a reading call that was made is not made again."""

        def ask() -> dict[str, Any]:
            return super(AskingOnce, self).call(
                service,
                operation_method,
                read_timeout_s=read_timeout_s,
                retries=retries,
                probe=probe,
                failure=failure,
                **params,
            )

        key = self._key(service, operation_method, params)
        if not self._answers.has(key):
            client = self.client(service, retries=False, failure=failure)
            if is_write(client.meta.method_to_api_mapping[operation_method]):
                return ask()
        return self._answers.get(key, ask)

    def paginate(
        self, service: str, operation_method: str, /, *, ctx: JobContext, failure: str = "", **params: Any
    ) -> Iterator[dict[str, Any]]:
        """As `PatientConnection.paginate`; a listing is read to its end, and once."""

        def ask() -> list[dict[str, Any]]:
            pages = super(AskingOnce, self).paginate(
                service, operation_method, ctx=ctx, failure=failure, **params
            )
            return list(pages)

        yield from self._answers.get(self._key(service, f"{operation_method}…", params), ask)

    def refusals(self) -> tuple[WorkbenchError, ...]:
        """What AWS has refused so far, to whoever asked: also where the asker could do without the answer."""
        return self._answers.refusals()

    def once[T](self, key: Hashable, make: Callable[[], T]) -> T:
        """What was made of answers (an index of a listing), made once for each region."""
        return self._answers.get((self.region, key), make)

    def _key(self, service: str, operation_method: str, params: dict[str, Any]) -> Hashable:
        return (self.region, service, operation_method, repr(sorted(params.items())))


def once[T](connection: Connection, key: Hashable, make: Callable[[], T]) -> T:
    """`make`'s result; made once where the connection remembers."""
    return connection.once(key, make) if isinstance(connection, AskingOnce) else make()


def looks_through(connection: Connection) -> int:
    """How many things are looked at through a connection; 1 for one that does not remember."""
    return connection.looks if isinstance(connection, AskingOnce) else 1
