"""Invoking many times: one after another, or several at once, and what the times say together.

Must not know: how one is sent and kept (who calls hands that over), Qt.
"""

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workbench.core.errors import Cancelled
from workbench.core.jobs import JobContext
from workbench.invoke.ledger_entry import Outcome

MOST_TIMES, MOST_PARALLEL = 1_000, 16
"""A person's try-out, no load test: those cost, and belong elsewhere. At once: a client's connections."""
_LOOK_S = 0.05


@dataclass(frozen=True, slots=True)
class Run:
    """One of many.

    Attributes:
        started_s: When it was sent, seconds since 1970.
        duration_ms: From sending to the last byte of the answer, or to the refusal.
        outcome: What became of it.
        error: The function's error type, or AWS's code.
        billed_ms: From REPORT; None when that is not known.
        is_cold: A new environment was made for it.
    """

    started_s: float
    duration_ms: float
    outcome: Outcome
    error: str = ""
    billed_ms: float | None = None
    is_cold: bool = False


@dataclass(frozen=True, slots=True)
class Summary:
    """What many runs say together. Times in ms, of those that were answered; 0 without any.

    Attributes:
        outcomes: How many ended how, the most frequent first.
        errors: How many had which error.
        p50_ms: Half of them took no longer; so p95_ms.
        billed_ms: In all.
        cold: How many cold starts.
        per_s: Answers a second, over the whole time.
    """

    outcomes: tuple[tuple[Outcome, int], ...]
    errors: tuple[tuple[str, int], ...]
    least_ms: float
    p50_ms: float
    p95_ms: float
    most_ms: float
    billed_ms: float
    cold: int
    per_s: float


def repeat(
    times: int, parallel: int, send: Callable[[int, JobContext], Run], ctx: JobContext
) -> tuple[Run, ...]:
    """Sends `times` invocations, at most `parallel` at once.

    Args:
        times: How many, up to MOST_TIMES.
        parallel: How many at once, up to MOST_PARALLEL.
        send: Sends the one of this number, from 0; on threads of its own. What goes wrong with one it
            tells in the Run; an error that it raises ends all.
        ctx: The job; each Run is emitted as it comes. Cancel lets go of those that are under way.

    Raises:
        Cancelled: Nothing more is sent.
        WorkbenchError: Of `send`.
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

    count = max(1, min(parallel, times, MOST_PARALLEL))
    threads = [threading.Thread(target=work, name=f"repeat {number}", daemon=True) for number in range(count)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                ctx.progress(len(runs), times)
                thread.join(_LOOK_S)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]
    return tuple(runs)


def summarise(runs: Sequence[Run]) -> Summary:
    """What the runs say together."""
    answered = sorted(
        run.duration_ms for run in runs if run.outcome in (Outcome.SUCCEEDED, Outcome.FUNCTION_ERROR)
    )
    ends = [run.started_s + run.duration_ms / 1000 for run in runs]
    span_s = max(ends) - min(run.started_s for run in runs) if runs else 0.0
    return Summary(
        outcomes=tuple(Counter(run.outcome for run in runs).most_common()),
        errors=tuple(Counter(run.error for run in runs if run.error).most_common()),
        least_ms=answered[0] if answered else 0.0,
        p50_ms=percentile(answered, 50),
        p95_ms=percentile(answered, 95),
        most_ms=answered[-1] if answered else 0.0,
        billed_ms=sum(run.billed_ms or 0.0 for run in runs),
        cold=sum(run.is_cold for run in runs),
        per_s=len(answered) / span_s if span_s > 0 else 0.0,
    )


def percentile(ordered: Sequence[float], percent: int) -> float:
    """The value that so many percent do not exceed (nearest rank); 0 for none."""
    if not ordered:
        return 0.0
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(0, rank - 1)]
