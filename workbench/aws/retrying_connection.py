"""A connection for many requests in a row: it keeps to the rate budget, and retries where AWS is busy.

Only for idempotent requests: reads, and writes that are guarded (RevisionId) or state the whole wanted value.
"""

from collections.abc import Callable, Mapping
from typing import Any

from workbench.aws.connection import NOT_IDEMPOTENT, Connection, is_write
from workbench.aws.rate_budget import RateBudget
from workbench.aws.retry import Backoff, retry
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
"""AWS did not carry out the request."""
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
"""AWS's own faults: it may have carried out the request all the same. A figure is the bare HTTP status."""
_UNANSWERED = frozenset(
    [
        "ReadTimeoutError",
        "ConnectTimeoutError",
        "ConnectionClosedError",
        "EndpointConnectionError",
        "DamagedAnswerError",
    ]
)
_BACKOFF = Backoff(first_s=0.2, longest_s=5.0, attempts=8, jitter=True)


class RetryingConnection(Connection):
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
        self.has_written = False  # whether a request that may change something was sent

    def ignore_cancel(self) -> None:
        """From now on Cancel stops nothing: for the second half of a change."""
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
        """As `Connection.call`; with `retries` Cancel ends a pause at once, which botocore's retries do not.

        Raises:
            WorkbenchError: AWS refused, or stays busy.
            Cancelled: Before the request, or between two attempts that AWS did not carry out.
        """
        retries = retries and operation_method not in NOT_IDEMPOTENT

        def send() -> dict[str, Any]:
            operation = self._wait_for_turn(service, operation_method, failure, params)
            self.has_written |= is_write(operation)
            return super(RetryingConnection, self).call(
                service,
                operation_method,
                read_timeout_s=read_timeout_s,
                retries=False,
                probe=probe,
                failure=failure,
                **params,
            )

        return self._retry(send) if retries else send()

    def _page(self, service: str, operation: str, failure: str, send: Callable[[], Any]) -> Any:
        """As `Connection._page`, within the rate budget, and retried where AWS is busy."""

        def send_in_turn() -> Any:
            self._budget.spend(self, service, operation, self._ctx)
            return super(RetryingConnection, self)._page(service, operation, failure, send)

        return self._retry(send_in_turn)

    def _retry[T](self, send: Callable[[], T]) -> T:
        pausing: WorkbenchError | None = None

        def attempt() -> T:
            nonlocal pausing
            pausing = None
            return send()

        def before_pause(error: WorkbenchError) -> None:
            nonlocal pausing
            pausing = error

        try:
            return retry(attempt, self._ctx, _BACKOFF, is_transient, before_pause)
        except Cancelled:
            # The caller must learn that a request may have been carried out.
            if pausing is not None and is_unclear(pausing):
                raise pausing from None
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


def is_transient(error: WorkbenchError) -> bool:
    """Whether the same request may succeed in a moment."""
    return error.aws_code in THROTTLES or is_unclear(error)


def is_unclear(error: WorkbenchError) -> bool:
    """Whether AWS may or may not have carried out the request."""
    return error.aws_code in FAULTS | _UNANSWERED
