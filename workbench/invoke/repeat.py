"""Invoking many times, one after another or several at once, and the statistics of the times."""

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workbench.core.errors import Cancelled
from workbench.core.jobs import JobContext
from workbench.invoke.history_entry import InvocationOutcome

MAX_TIMES, MAX_PARALLEL = 1_000, 16
"""For trying out, not for load tests, which cost. In parallel at most as many as a client has connections."""
_CHECK_S = 0.05


@dataclass(frozen=True, slots=True)
class Run:
    """One of many invocations.

    Attributes:
        started_s: When it was sent, seconds since 1970.
        duration_ms: From sending to the last byte of the response, or to the error.
        outcome: How it ended.
        error: The function's error type, or AWS's code.
        billed_ms: Billed duration of the REPORT line; None if not known.
        is_cold: Whether it was a cold start.
    """

    started_s: float
    duration_ms: float
    outcome: InvocationOutcome
    error: str = ""
    billed_ms: float | None = None
    is_cold: bool = False


@dataclass(frozen=True, slots=True)
class Summary:
    """The statistics of many runs. Times are of those with a response; 0 without any.

    Attributes:
        outcomes: The count of each outcome, the most frequent first.
        errors: The count of each error, the most frequent first.
        min_ms: The shortest duration.
        p50_ms: The median duration.
        p95_ms: The 95th percentile.
        max_ms: The longest duration.
        billed_ms: Billed duration in total.
        cold: The number of cold starts.
        per_s: Responses per second, over the whole time.
    """

    outcomes: tuple[tuple[InvocationOutcome, int], ...]
    errors: tuple[tuple[str, int], ...]
    min_ms: float
    p50_ms: float
    p95_ms: float
    max_ms: float
    billed_ms: float
    cold: int
    per_s: float


def repeat(
    times: int, parallel: int, send: Callable[[int, JobContext], Run], ctx: JobContext
) -> tuple[Run, ...]:
    """Sends `times` invocations, at most `parallel` at once.

    Args:
        times: The number of invocations, up to MAX_TIMES.
        parallel: How many run at once, up to MAX_PARALLEL.
        send: Sends the invocation of a number, from 0, on several threads. It returns an error of one
            invocation in the Run; an error that it raises ends all.
        ctx: The job; each Run is emitted as it is complete. Cancel does not wait for those that are running.

    Raises:
        Cancelled: Nothing more is sent.
        WorkbenchError: As `send` raises.
    """
    stop, numbers, runs = threading.Event(), itertools.count(), list[Run]()
    failures: list[BaseException] = []
    lock = threading.Lock()

    def work() -> None:
        inner = JobContext(stop=stop)
        while not stop.is_set():
            with lock:
                number = next(numbers)
            if number >= times:
                return
            try:
                run = send(number, inner)
                with lock:
                    runs.append(run)
                ctx.emit(run)
            except Cancelled:
                return
            except BaseException as error:  # noqa: BLE001 - raised again on the job's thread
                failures.append(error)
                stop.set()

    count = max(1, min(parallel, times, MAX_PARALLEL))
    threads = [threading.Thread(target=work, name=f"repeat {number}", daemon=True) for number in range(count)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                ctx.progress(len(runs), times)
                thread.join(_CHECK_S)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]
    return tuple(runs)


def summarise(runs: Sequence[Run]) -> Summary:
    """The statistics of runs."""
    answered = sorted(
        run.duration_ms
        for run in runs
        if run.outcome in (InvocationOutcome.SUCCEEDED, InvocationOutcome.FUNCTION_ERROR)
    )
    ends = [run.started_s + run.duration_ms / 1000 for run in runs]
    span_s = max(ends) - min(run.started_s for run in runs) if runs else 0.0
    return Summary(
        outcomes=tuple(Counter(run.outcome for run in runs).most_common()),
        errors=tuple(Counter(run.error for run in runs if run.error).most_common()),
        min_ms=answered[0] if answered else 0.0,
        p50_ms=percentile(answered, 50),
        p95_ms=percentile(answered, 95),
        max_ms=answered[-1] if answered else 0.0,
        billed_ms=sum(run.billed_ms or 0.0 for run in runs),
        cold=sum(run.is_cold for run in runs),
        per_s=len(answered) / span_s if span_s > 0 else 0.0,
    )


def percentile(ordered: Sequence[float], percent: int) -> float:
    """The percentile of sorted values, by nearest rank; 0 for none."""
    if not ordered:
        return 0.0
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(0, rank - 1)]
