"""Retries and waits: how often AWS is called again, and for how long.

`retry` repeats a call after a transient error; `poll` reads until AWS has completed a change. Both take their
pauses from a `Backoff`. `paced` limits the rate of successive requests. All pause through the job, so that
Cancel ends a pause at once.

For many requests there are connections. A budget knows how many requests a second an account accepts in a
region: token buckets that all callers share. `RetryingConnection` observes it, and retries if AWS is busy.
Only for idempotent requests: reads, and writes that are guarded (RevisionId) or set a complete value.
`CachingConnection` is for reading much of an account. An answer is valid for the lifetime of the connection:
create one for each job that reads, and none for a job that changes something. Only reading calls are cached.
"""

import math
import random
import threading
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from workbench.aws.connection import Connection, Request, is_write
from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext

if TYPE_CHECKING:
    from tenacity import RetryCallState


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses between attempts, each longer than the previous one, up to a limit.

    Attributes:
        factor: Ratio of a pause to the previous one.
        attempts: Maximum number of attempts; 0 for no limit.
        total_s: No attempt is made once all pauses together would exceed this.
        jitter: Whether a pause is shortened by up to half at random, so that callers that were refused
            together do not return together.
        share_of_wait: Minimum pause as a share of all earlier pauses: however long a wait takes, its end is
            noticed late by at most this share.
    """

    first_s: float
    longest_s: float = math.inf
    factor: float = 2.0
    attempts: int = 0
    total_s: float = math.inf
    jitter: bool = False
    share_of_wait: float = 0.0

    def pause_s(self, attempt: int, waited_s: float = 0.0) -> float:
        """Returns the pause after an attempt."""
        try:
            pause_s = max(self.first_s * self.factor ** (attempt - 1), self.share_of_wait * waited_s)
        except OverflowError:
            pause_s = self.longest_s
        pause_s = min(pause_s, self.longest_s)
        return pause_s * random.uniform(0.5, 1.0) if self.jitter else pause_s


def retry[T](
    call: Callable[[], T],
    ctx: JobContext,
    backoff: Backoff,
    is_transient: Callable[[WorkbenchError], bool],
    before_pause: Callable[[WorkbenchError], object] | None = None,
    requested_pause_s: Callable[[WorkbenchError], float] | None = None,
) -> T:
    """Makes a call until it succeeds.

    Args:
        call: Makes one attempt. Must be safe to repeat after every transient error.
        is_transient: Whether the same call may succeed in a moment.
        before_pause: Called with the error before each pause.
        requested_pause_s: Returns the pause that the service requests with an error; 0 for that of the
            backoff.

    Raises:
        WorkbenchError: An error that is not transient, or the last attempt's.
        Cancelled: During a pause.
    """
    try:
        return call()
    except WorkbenchError as error:
        if not is_transient(error):
            raise
        first, is_known = error, True
    from tenacity import Retrying, retry_if_exception

    def attempt() -> T:
        """Counts the refusal that is known as the first attempt."""
        nonlocal is_known
        if not is_known:
            return call()
        is_known = False
        raise first

    def is_repeated(error: BaseException) -> bool:
        return error is first or (isinstance(error, WorkbenchError) and is_transient(error))

    def pause_s(state: "RetryCallState") -> float:
        error = state.outcome.exception() if state.outcome else None
        requested_s = 0.0
        if requested_pause_s is not None and isinstance(error, WorkbenchError):
            requested_s = requested_pause_s(error)
        return requested_s or backoff.pause_s(state.attempt_number, state.idle_for)

    def notify(state: "RetryCallState") -> None:
        error = state.outcome.exception() if state.outcome else None
        if before_pause is not None and isinstance(error, WorkbenchError):
            before_pause(error)

    result: T = Retrying(
        sleep=ctx.sleep,
        wait=pause_s,
        stop=lambda state: _is_over(state, backoff),
        retry=retry_if_exception(is_repeated),
        before_sleep=notify,
        reraise=True,
    )(attempt)
    return result


def poll[T](
    read: Callable[[], T],
    is_done: Callable[[T], bool],
    ctx: JobContext,
    backoff: Backoff,
    before_pause: Callable[[T], object] | None = None,
    time_left_s: Callable[[], float] | None = None,
) -> T:
    """Reads something until it is as wanted.

    Args:
        time_left_s: Returns the seconds until a deadline. The last attempt is made at the deadline, after a
            shortened pause.

    Returns:
        The last value. It is not as wanted if backoff or deadline allowed no more attempts.

    Raises:
        WorkbenchError: Raised by `read`; it is not retried.
        Cancelled: During a pause.
    """
    from tenacity import Retrying, retry_if_result

    def notify(state: "RetryCallState") -> None:
        if before_pause is not None and state.outcome is not None:
            before_pause(state.outcome.result())

    left_s = time_left_s or (lambda: math.inf)
    result: T = Retrying(
        sleep=ctx.sleep,
        wait=lambda state: max(0.0, min(backoff.pause_s(state.attempt_number, state.idle_for), left_s())),
        stop=lambda state: _is_over(state, backoff) or (state.upcoming_sleep <= 0 and left_s() <= 0),
        retry=retry_if_result(lambda value: not is_done(value)),
        before_sleep=notify,
        retry_error_callback=_last_result,
    )(read)
    return result


def paced(ctx: JobContext, pause_s: float) -> Iterator[int]:
    """Counts from 0 without end, with a pause before each number except the first. Raises Cancelled."""
    number = 0
    while True:
        yield number
        ctx.sleep(pause_s)
        number += 1


def _is_over(state: "RetryCallState", backoff: Backoff) -> bool:
    is_last = 0 < backoff.attempts <= state.attempt_number
    return bool(is_last or state.idle_for + state.upcoming_sleep > backoff.total_s)


def _last_result(state: "RetryCallState") -> object:
    assert state.outcome is not None
    return state.outcome.result()


# Requests a second, for each account and region; none can be raised. All operations of Lambda's control plane
# that are not listed share one bucket.
# Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html (API requests) and
# https://docs.aws.amazon.com/general/latest/gr/cwl_region.html for PutRetentionPolicy,
# https://docs.aws.amazon.com/eventbridge/latest/userguide/cloudwatch-limits-eventbridge.html but PutEvents,
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html (also the datapoints
# that GetMetricData may request in a second), and
# https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html for GetResources: 5 in 2 s.
_RATES = {
    "lambda": 15.0,
    "lambda:GetFunction": 100.0,
    "lambda:GetPolicy": 15.0,
    "resourcegroupstaggingapi": 15.0,
    "logs": 10.0,
    "events": 50.0,
    "cloudwatch:GetMetricData": 50.0,
    "cloudwatch:recent-datapoints": 180_000.0,
    "cloudwatch:older-datapoints": 396_000.0,
    "apigateway:GetResources": 2.0,
}
_IN_ALL_REGIONS = frozenset(["apigateway:GetResources"])  # once per account
_RECENT = timedelta(hours=3)
_CAUTIOUS = 5.0  # services without a known rate


class TokenBucket:
    """Fills at a steady rate, and holds one second's worth. Thread-safe; first come, first served."""

    def __init__(self, rate: float, clock: Clock) -> None:
        self._rate = rate
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens = rate
        self._filled_at = clock.monotonic()

    def take(self, ctx: JobContext, amount: float = 1) -> None:
        """Takes tokens, and waits for them if necessary.

        Raises:
            Cancelled: While waiting; the tokens are given back.
        """
        ctx.check()
        with self._lock:
            now = self._clock.monotonic()
            self._tokens = min(self._rate, self._tokens + (now - self._filled_at) * self._rate)
            self._filled_at = now
            self._tokens -= amount
            wait_s = -self._tokens / self._rate
        if wait_s > 0:
            try:
                ctx.sleep(wait_s)
            except BaseException:
                with self._lock:
                    self._tokens += amount
                raise


class RateBudget:
    """The buckets of every account and region. Created once and passed to all bulk readers."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._buckets: dict[tuple[str, str, str], TokenBucket] = {}

    def spend(self, connection: Connection, service: str, operation: str, ctx: JobContext) -> None:
        """Waits until one more request may be made. Call it before each.

        Args:
            service: botocore's name of the service ("lambda").
            operation: AWS's name of the operation ("ListFunctions").

        Raises:
            Cancelled: While waiting.
        """
        self._bucket(connection, service, operation).take(ctx)

    def spend_datapoints(self, connection: Connection, request: Mapping[str, Any], ctx: JobContext) -> None:
        """Waits until CloudWatch accepts the datapoints of a GetMetricData request.

        Args:
            request: Its parameters. Each further page counts like the first: all of its datapoints.

        Raises:
            Cancelled: While waiting.
        """
        start, end = request["StartTime"], request["EndTime"]
        span_s = (end - start).total_seconds()
        periods = [each["MetricStat"]["Period"] for each in request["MetricDataQueries"]]
        is_recent = self._clock.now() - start <= _RECENT
        name = "recent-datapoints" if is_recent else "older-datapoints"
        self._bucket(connection, "cloudwatch", name).take(ctx, sum(span_s / each for each in periods))

    def _bucket(self, connection: Connection, service: str, operation: str) -> TokenBucket:
        name = f"{service}:{operation}"
        name = name if name in _RATES else service
        region = "" if name in _IN_ALL_REGIONS else connection.region
        key = (connection.account_id, region, name)
        with self._lock:
            if key not in self._buckets:
                self._buckets[key] = TokenBucket(_RATES.get(name, _CAUTIOUS), self._clock)
            return self._buckets[key]


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
"""AWS's own faults: it may have carried out the request. A number is the bare HTTP status."""
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
    """Shares the clients and the observer of another connection. One for each job, whose Cancel ends pauses.

    Without retries by botocore, whose pauses Cancel does not end. A call raises Cancelled only before its
    request, or between two attempts that AWS did not carry out.
    """

    _botocore_retries = False

    def __init__(self, inner: Connection, budget: RateBudget, ctx: JobContext) -> None:
        self.__dict__ |= inner.__dict__
        self._budget = budget
        self._ctx = ctx
        self.has_written = False  # whether a request that may change something was sent

    def ignore_cancel(self) -> None:
        """Makes Cancel ineffective, for the second half of a change."""
        self._ctx = self._ctx.shielded()

    def _send(self, request: Request) -> Any:
        def send_in_turn() -> Any:
            self._budget.spend(self, request.service, request.operation, self._ctx)
            if request.operation == "GetMetricData":
                self._budget.spend_datapoints(self, request.params, self._ctx)
            self.has_written |= is_write(request.operation)
            return super(RetryingConnection, self)._send(request)

        return self._retry(send_in_turn) if request.retries else send_in_turn()

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


def is_transient(error: WorkbenchError) -> bool:
    """Whether the same request may succeed in a moment."""
    return error.aws_code in THROTTLES or is_unclear(error)


def is_unclear(error: WorkbenchError) -> bool:
    """Whether AWS may or may not have carried out the request."""
    return error.aws_code in FAULTS | _UNANSWERED


class _Cache:
    """Answers and refusals by request. Of threads that need the same answer, one sends the request."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._locks: dict[Hashable, threading.Lock] = {}
        self._known: dict[Hashable, tuple[Any, WorkbenchError | None]] = {}

    def refusals(self) -> tuple[WorkbenchError, ...]:
        """AWS's refusals, in the order of the answers."""
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
            # Each caller gets its own copy: raised by two threads, one exception would collect both
            # tracebacks.
            raise replace(refusal) from None
        known: T = answer
        return known


class CachingConnection(RetryingConnection):
    """A retrying connection with a cache. Thread-safe within its job, and shared by its regions.

    Args:
        subjects: Number of functions that are read through it. For many, one listing of everything costs
            fewer requests than one request each.
    """

    def __init__(self, inner: Connection, budget: RateBudget, ctx: JobContext, subjects: int = 1) -> None:
        super().__init__(inner, budget, ctx)
        self.subjects = subjects
        self._cache = _Cache()

    def in_region(self, region: str) -> "CachingConnection":
        """The same identity in another region, with the same cache; itself for its own region."""
        if region == self.region:
            return self
        other = CachingConnection(super().in_region(region), self._budget, self._ctx, self.subjects)
        other._cache = self._cache
        return other

    def _send(self, request: Request) -> Any:
        if is_write(request.operation):
            return super()._send(request)
        key = (self.region, request.service, request.operation, repr(sorted(request.params.items())))
        return self._cache.get(key, lambda: super(CachingConnection, self)._send(request))

    def refusals(self) -> tuple[WorkbenchError, ...]:
        """All refusals so far, even if the caller could continue without the answer."""
        return self._cache.refusals()

    def once[T](self, key: Hashable, make: Callable[[], T]) -> T:
        """A value computed from answers (an index of a listing), computed once per region."""
        return self._cache.get((self.region, key), make)


def once[T](connection: Connection, key: Hashable, make: Callable[[], T]) -> T:
    """The result of `make`, computed once if the connection has a cache."""
    return connection.once(key, make) if isinstance(connection, CachingConnection) else make()


def subject_count(connection: Connection) -> int:
    """The number of functions that are read through a connection; 1 without a cache."""
    return connection.subjects if isinstance(connection, CachingConnection) else 1
