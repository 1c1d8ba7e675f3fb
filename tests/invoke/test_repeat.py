"""Many invocations: as many as wanted, no more at once than wanted, and none after a cancel."""

import threading

import numpy as np
import pytest

from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.invoke.history import InvocationOutcome
from workbench.invoke.run import Run, percentile, repeat, summarise


def run_of(number: int, outcome: InvocationOutcome = InvocationOutcome.SUCCEEDED, **more: object) -> Run:
    return Run(100.0 + number, 10.0 * (number + 1), outcome, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(("times", "parallel"), [(1, 1), (7, 1), (20, 4), (3, 16)])
def test_so_many_are_sent_and_no_more_at_once(times: int, parallel: int) -> None:
    lock, at_once, most, seen = threading.Lock(), [0], [0], list[object]()
    together = threading.Barrier(min(times, parallel))

    def send(number: int, _ctx: JobContext) -> Run:
        with lock:
            at_once[0] += 1
            most[0] = max(most[0], at_once[0])
        if number < min(times, parallel):
            together.wait(10)  # the first ones really are under way together
        with lock:
            at_once[0] -= 1
        return run_of(number)

    runs = repeat(times, parallel, send, JobContext(item=seen.append))
    assert sorted(run.started_s for run in runs) == [100.0 + number for number in range(times)]
    assert most[0] == min(times, parallel)
    assert len(seen) == times


def test_cancel_lets_go_of_what_is_under_way_and_sends_no_more() -> None:
    stop, sent = threading.Event(), list[int]()

    def send(number: int, ctx: JobContext) -> Run:
        sent.append(number)
        if number == 1:
            stop.set()
        ctx.sleep(10 if number else 0)
        return run_of(number)

    with pytest.raises(Cancelled):
        repeat(100, 1, send, JobContext(stop=stop))
    assert sent == [0, 1]


def test_an_error_of_ours_ends_all() -> None:
    def send(number: int, _ctx: JobContext) -> Run:
        if number == 3:
            raise WorkbenchError("no", "the disk is full", "make room")
        return run_of(number)

    with pytest.raises(WorkbenchError, match="disk is full"):
        repeat(1_000, 2, send, JobContext())


def test_a_summary_tells_times_of_answers_and_counts_the_rest() -> None:
    runs = [run_of(number, billed_ms=5.0, is_cold=number == 0) for number in range(4)]
    runs += [
        run_of(4, InvocationOutcome.REFUSED, error="TooManyRequestsException"),
        run_of(5, InvocationOutcome.FUNCTION_ERROR, error="E"),
    ]
    found = summarise(runs)
    assert found.outcomes == (
        (InvocationOutcome.SUCCEEDED, 4),
        (InvocationOutcome.REFUSED, 1),
        (InvocationOutcome.FUNCTION_ERROR, 1),
    )
    assert found.errors == (("TooManyRequestsException", 1), ("E", 1))
    assert (found.min_ms, found.p50_ms, found.p95_ms, found.max_ms) == (10, 30, 60, 60)
    assert (found.billed_ms, found.cold) == (20.0, 1)
    assert found.per_s == pytest.approx(5 / 5.06)


def test_no_run_is_no_summary() -> None:
    found = summarise([])
    assert (found.outcomes, found.max_ms, found.per_s) == ((), 0.0, 0.0)


@pytest.mark.parametrize(("percent", "value"), [(50, 2.0), (95, 4.0), (100, 4.0), (0, 1.0)])
def test_a_percentile_is_a_value_that_was_measured(percent: int, value: float) -> None:
    assert percentile([1.0, 2.0, 3.0, 4.0], percent) == value
    measured = np.sort(np.random.default_rng(7).gamma(2.0, 50.0, 997))
    # The same rank by numpy's own hand, which does not go between two values either.
    assert percentile(measured.tolist(), percent) == np.percentile(measured, percent, method="inverted_cdf")
