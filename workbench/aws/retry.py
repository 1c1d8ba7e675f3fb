"""Retries and waits: how often AWS is called again, and for how long.

`retry` repeats a call after a transient error; `poll` reads until AWS has completed a change. Both take their
pauses from a `Backoff`. `paced` limits the rate of successive requests. All pause through the job, so that
Cancel ends a pause at once.
"""

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.core.errors import WorkbenchError
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
    from tenacity import Retrying, retry_if_exception

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
        retry=retry_if_exception(lambda error: isinstance(error, WorkbenchError) and is_transient(error)),
        before_sleep=notify,
        reraise=True,
    )(call)
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
