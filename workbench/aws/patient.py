"""A connection for many requests in a row: it keeps to the rate budget, and asks again where AWS is busy.

Only for requests that may be made twice: reading, and writing that is guarded (RevisionId) or says what shall
be, not what shall change.
"""

import random
from collections.abc import Callable, Mapping
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.rate_budget import RateBudget
from workbench.aws.writes import MAKES_ANOTHER, is_write
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext

THROTTLES = frozenset(
    [
        "TooManyRequestsException",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
    ]
)
"""AWS made nothing of the request."""
FAULTS = frozenset(
    [
        "ServiceException",
        "ServiceFailure",
        "InternalFailure",
        "InternalError",
        "InternalServerError",
        "InternalServiceError",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "500",
        "502",
        "503",
        "504",
    ]
)
"""AWS's own faults: what was asked for may have been made all the same. A figure stands for a bare answer."""
_UNANSWERED = frozenset(
    [
        "ReadTimeoutError",
        "ConnectTimeoutError",
        "ConnectionClosedError",
        "EndpointConnectionError",
        "DamagedAnswerError",
    ]
)
_ATTEMPTS = 8
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 5.0


class PatientConnection(Connection):
    """Shares the clients and the observer of another connection. One for each job: its pauses are the job's.

    Args:
        inner: The connection that it makes its requests over.
        budget: The program's.
        ctx: The job; Cancel ends a pause at once.
    """

    def __init__(self, inner: Connection, budget: RateBudget, ctx: JobContext) -> None:
        self.__dict__ |= inner.__dict__
        self._budget = budget
        self._ctx = ctx
        self.has_written = False  # a request that may change something was sent, whatever came of it

    def finish_what_was_begun(self) -> None:
        """From now on Cancel stops nothing: half of a change is made."""
        self._ctx = self._ctx.shielded()

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
        """As `Connection.call`; `retries` are made here, and wake on Cancel, which botocore's do not.

        Raises:
            WorkbenchError: AWS refused, or stays busy.
            Cancelled: Before the request, or between two attempts of which AWS made nothing.
        """
        retries = retries and operation_method not in MAKES_ANOTHER

        def send() -> dict[str, Any]:
            operation = self._wait_for_turn(service, operation_method, failure, params)
            self.has_written |= is_write(operation)
            return super(PatientConnection, self).call(
                service,
                operation_method,
                read_timeout_s=read_timeout_s,
                retries=False,
                probe=probe,
                failure=failure,
                **params,
            )

        return self._again(send, retries=retries)

    def _page(self, service: str, operation: str, failure: str, ask: Callable[[], Any]) -> Any:
        """As `Connection._page`, in its turn, and asked for again where AWS is busy."""

        def send() -> Any:
            self._budget.spend(self, service, operation, self._ctx)
            return super(PatientConnection, self)._page(service, operation, failure, ask)

        return self._again(send, retries=True)

    def _again[T](self, send: Callable[[], T], *, retries: bool) -> T:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return send()
            except WorkbenchError as error:
                if not retries or attempt == _ATTEMPTS or not may_ask_again(error):
                    raise
                self._pause(attempt, error)
        raise AssertionError("the last attempt returns or raises")

    def _pause(self, attempt: int, error: WorkbenchError) -> None:
        longest_s = min(_FIRST_PAUSE_S * 2 ** (attempt - 1), _LONGEST_PAUSE_S)
        try:
            # Many that were refused at once must not come back at once.
            self._ctx.sleep(longest_s * random.uniform(0.5, 1.0))
        except Cancelled:
            if is_unclear(error):
                raise error from None
            raise

    def _wait_for_turn(
        self, service: str, operation_method: str, failure: str, params: Mapping[str, Any]
    ) -> str:
        operation: str = self.client(service, retries=False, failure=failure).meta.method_to_api_mapping[
            operation_method
        ]
        self._budget.spend(self, service, operation, self._ctx)
        if operation == "GetMetricData":
            self._budget.spend_datapoints(self, params, self._ctx)
        return operation


def may_ask_again(error: WorkbenchError) -> bool:
    """Whether the same request may succeed in a moment."""
    return error.aws_code in THROTTLES or is_unclear(error)


def is_unclear(error: WorkbenchError) -> bool:
    """Whether nobody knows if AWS has done what it was asked for."""
    return error.aws_code in FAULTS | _UNANSWERED
