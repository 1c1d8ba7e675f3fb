"""Jobs: what a person can count on when work is queued, cancelled, replaced, or goes wrong."""

import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import TracebackType

import pytest

from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import (
    GIVE_UP_S,
    Job,
    JobContext,
    JobHandle,
    JobRunner,
    JobState,
    Progress,
    StoppedWaiting,
)

WAIT_S = 20.0


class MainThread:
    """Runs what is posted to it, on the test's thread, as the window's main loop does."""

    def __init__(self) -> None:
        self._posted: queue.Queue[Callable[[], object]] = queue.Queue()

    def post(self, call: Callable[[], object]) -> None:
        self._posted.put(call)

    def run_until(self, condition: Callable[[], object]) -> None:
        """Runs posted calls until the condition holds."""
        until = time.monotonic() + WAIT_S
        while not condition():
            try:
                self._posted.get(timeout=max(0.0, until - time.monotonic()))()
            except queue.Empty:
                pytest.fail("what the test waits for did not happen")

    def run_rest(self) -> None:
        """Runs what is already posted."""
        while not self._posted.empty():
            self._posted.get()()


@pytest.fixture
def main() -> MainThread:
    return MainThread()


@pytest.fixture
def runner(main: MainThread) -> Iterator[JobRunner]:
    runner = JobRunner(main.post, workers=4)
    yield runner
    assert runner.shutdown(WAIT_S), "a job did not end"


def until_cancelled(ctx: JobContext) -> None:
    ctx.sleep(60)


def test_a_result_arrives_on_the_main_thread(runner: JobRunner, main: MainThread) -> None:
    heard: list[tuple[int, threading.Thread]] = []
    worker: list[threading.Thread] = []

    def work(_: JobContext) -> int:
        worker.append(threading.current_thread())
        return 42

    handle = runner.submit(
        Job("Answering", work, on_done=lambda value: heard.append((value, threading.current_thread())))
    )
    main.run_until(lambda: heard)
    assert heard == [(42, threading.main_thread())]
    assert worker[0] is not threading.main_thread()
    assert handle.state is JobState.DONE


def test_items_and_progress_arrive_in_order_before_the_result(runner: JobRunner, main: MainThread) -> None:
    heard: list[object] = []

    def work(ctx: JobContext) -> str:
        for page in range(3):
            ctx.progress(page, 3, f"page {page}")
            ctx.emit(page)
        return "done"

    runner.submit(Job("Listing", work, on_item=heard.append, on_progress=heard.append, on_done=heard.append))
    main.run_until(lambda: "done" in heard)
    expected: list[object] = []
    for page in range(3):
        expected += [Progress(page, 3, f"page {page}"), page]
    assert heard == [*expected, "done"]


def test_cancel_wakes_a_sleeping_job_at_once(runner: JobRunner, main: MainThread) -> None:
    heard: list[str] = []
    handle = runner.submit(
        Job(
            "Waiting",
            until_cancelled,
            on_done=lambda _: heard.append("done"),
            on_error=lambda _: heard.append("error"),
            on_cancelled=lambda: heard.append("cancelled"),
        )
    )
    main.run_until(lambda: handle.state is JobState.RUNNING)
    handle.cancel()
    assert handle.cancelling or handle.finished
    main.run_until(lambda: heard)
    assert heard == ["cancelled"]
    assert handle.state is JobState.CANCELLED


def test_a_job_cancelled_while_it_waits_never_starts(main: MainThread) -> None:
    runner = JobRunner(main.post, workers=1)
    started: list[str] = []
    first = runner.submit(Job("First", until_cancelled))
    second = runner.submit(Job("Second", lambda _: started.append("second")))
    second.cancel()
    first.cancel()
    main.run_until(lambda: second.finished)
    assert second.state is JobState.CANCELLED
    assert not started
    assert runner.shutdown(WAIT_S)


def test_jobs_of_one_lane_run_one_after_the_other(runner: JobRunner, main: MainThread) -> None:
    running, most, order = [0], [0], list[int]()
    lock = threading.Lock()

    def work(number: int) -> Callable[[JobContext], None]:
        def run(ctx: JobContext) -> None:
            with lock:
                running[0] += 1
                most[0] = max(most[0], running[0])
                order.append(number)
            ctx.sleep(0.01)
            with lock:
                running[0] -= 1

        return run

    handles = [runner.submit(Job(f"Write {number}", work(number), lane="hello")) for number in range(6)]
    main.run_until(lambda: all(handle.finished for handle in handles))
    assert most == [1]
    assert order == list(range(6))


def test_another_lane_is_not_held_up(runner: JobRunner, main: MainThread) -> None:
    blocked = runner.submit(Job("Slow write", until_cancelled, lane="a"))
    behind = runner.submit(Job("Behind it", lambda _: None, lane="a"))
    beside = runner.submit(Job("Beside it", lambda _: None, lane="b"))
    main.run_until(lambda: beside.state is JobState.DONE)
    assert behind.state is JobState.WAITING
    blocked.cancel()
    main.run_until(lambda: behind.state is JobState.DONE)


def test_a_newer_query_silences_the_older(runner: JobRunner, main: MainThread) -> None:
    heard: list[str] = []
    started = threading.Event()

    def older(ctx: JobContext) -> str:
        started.set()
        try:
            ctx.sleep(60)
        finally:
            ctx_emits.append(ctx.cancelled)
        return "older"

    ctx_emits: list[bool] = []
    first = runner.submit(
        Job(
            "h",
            older,
            replaces="search",
            on_done=heard.append,
            on_cancelled=lambda: heard.append("cancelled"),
        )
    )
    assert started.wait(WAIT_S)
    runner.submit(Job("he", lambda _: "newer", replaces="search", on_done=heard.append))
    main.run_until(lambda: first.finished and heard)
    main.run_rest()
    assert heard == ["newer"]
    assert ctx_emits == [True]


def test_what_was_posted_before_the_replacement_is_not_heard_after_it(
    runner: JobRunner, main: MainThread
) -> None:
    heard: list[str] = []
    first = runner.submit(Job("old", lambda _: "old", replaces="open", on_done=heard.append))
    deadline = time.monotonic() + WAIT_S
    while runner.active() and time.monotonic() < deadline:
        time.sleep(0)  # the result is posted, and nobody has run it yet
    assert first.state is JobState.DONE
    runner.submit(Job("new", lambda _: "new", replaces="open", on_done=heard.append))
    main.run_until(lambda: "new" in heard)
    assert heard == ["new"]


def test_dropping_a_key_cancels_and_silences(runner: JobRunner, main: MainThread) -> None:
    heard: list[str] = []
    handle = runner.submit(
        Job("Opening", until_cancelled, replaces="open", on_cancelled=lambda: heard.append("cancelled"))
    )
    other = runner.submit(Job("Other", until_cancelled, replaces="other"))
    runner.drop("open")
    main.run_until(lambda: handle.finished)
    main.run_rest()
    assert not heard
    assert not other.finished
    assert not other.cancelling
    other.cancel()


def test_an_error_is_heard_by_the_job_or_by_the_runner(runner: JobRunner, main: MainThread) -> None:
    error = WorkbenchError("The function could not be read.")

    def fail(_: JobContext) -> None:
        raise error

    heard: list[WorkbenchError] = []
    unheard: list[tuple[str, WorkbenchError]] = []
    runner.on_unheard = lambda job, problem: unheard.append((job.title, problem))
    first = runner.submit(Job("Reading", fail, on_error=heard.append))
    second = runner.submit(Job("Refreshing", fail))
    main.run_until(lambda: heard and unheard)
    assert heard == [error]
    assert unheard == [("Refreshing", error)]
    assert first.state is second.state is JobState.FAILED
    assert first.error is error


def test_a_bug_reaches_the_excepthook_and_the_page(
    runner: JobRunner, main: MainThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[type[BaseException], threading.Thread]] = []

    def hook(kind: type[BaseException], _: BaseException, trace: TracebackType | None) -> None:
        assert trace is not None
        seen.append((kind, threading.current_thread()))

    monkeypatch.setattr(sys, "excepthook", hook)
    heard: list[WorkbenchError] = []

    def buggy(_: JobContext) -> None:
        raise ZeroDivisionError("a secret value")

    runner.submit(Job("Charting", buggy, on_error=heard.append))
    main.run_until(lambda: heard)
    assert seen == [(ZeroDivisionError, threading.main_thread())]
    assert heard[0].what == "Charting failed."
    assert "secret" not in str(heard[0])
    later = runner.submit(Job("Next", lambda _: None))
    main.run_until(lambda: later.state is JobState.DONE)  # the worker survived


def test_shutdown_ends_running_and_waiting_jobs_in_silence(main: MainThread) -> None:
    runner = JobRunner(main.post, workers=1)
    heard: list[str] = []
    running = runner.submit(Job("Running", until_cancelled, on_cancelled=lambda: heard.append("running")))
    waiting = runner.submit(Job("Waiting", until_cancelled, on_cancelled=lambda: heard.append("waiting")))
    main.run_until(lambda: running.state is JobState.RUNNING)
    assert runner.shutdown(WAIT_S)
    main.run_rest()
    assert running.state is waiting.state is JobState.CANCELLED
    assert not heard
    assert not runner.active()
    late = runner.submit(Job("Late", lambda _: heard.append("late")))
    assert late.state is JobState.CANCELLED
    assert not heard


def test_shutdown_does_not_wait_for_a_stuck_job(main: MainThread) -> None:
    runner = JobRunner(main.post)
    release = threading.Event()
    stuck = runner.submit(Job("Stuck", lambda _: release.wait(WAIT_S)))
    polite = runner.submit(Job("Polite", until_cancelled))
    main.run_until(lambda: stuck.state is polite.state is JobState.RUNNING)
    assert not runner.shutdown(0.2)
    assert stuck.state is JobState.RUNNING
    main.run_until(lambda: polite.finished)
    release.set()
    assert runner.shutdown(WAIT_S)


def test_every_change_of_a_job_can_be_watched(main: MainThread) -> None:
    states: list[JobState] = []
    runner = JobRunner(main.post, on_change=lambda handle: states.append(handle.state))
    handle = runner.submit(Job("Watched", lambda ctx: ctx.progress(1, 2)))
    main.run_until(lambda: states and states[-1] is JobState.DONE)
    assert handle.progress == Progress(1, 2)
    assert JobState.DONE in states
    assert runner.shutdown(WAIT_S)


def test_active_jobs_are_listed_oldest_first(main: MainThread) -> None:
    runner = JobRunner(main.post, workers=1)
    handles: list[JobHandle] = [runner.submit(Job(f"{number}", until_cancelled)) for number in range(3)]
    assert runner.active() == handles
    assert runner.shutdown(WAIT_S)


def test_a_bare_context_reports_to_nobody() -> None:
    ctx = JobContext()
    ctx.progress(1, 2)
    ctx.emit("item")
    ctx.sleep(0)
    assert not ctx.cancelled


def test_a_cancelled_context_stops_at_every_step() -> None:
    stop = threading.Event()
    stop.set()
    ctx = JobContext(stop=stop)
    steps: list[Callable[[], object]] = [
        ctx.check,
        lambda: ctx.sleep(60),
        lambda: ctx.progress(1, 2),
        lambda: ctx.emit("item"),
    ]
    for step in steps:
        with pytest.raises(Cancelled):
            step()


class Socket:
    """A call that changes something and has its answer when the test says so."""

    def __init__(self) -> None:
        self.sent, self.answer = threading.Event(), threading.Event()
        self.count = 0

    def __call__(self) -> str:
        self.count += 1
        self.sent.set()
        assert self.answer.wait(WAIT_S)
        return "made"


def test_cancel_ends_a_change_without_an_answer_within_two_seconds(
    runner: JobRunner, main: MainThread
) -> None:
    socket, heard, late = Socket(), list[object](), list[object]()
    runner.on_late = lambda handle, error: late.append((handle.number, error))
    journal: list[str] = []

    def run(ctx: JobContext) -> str:
        journal.append(ctx.change(socket))
        return "done"

    handle = runner.submit(
        Job("Changing", run, lane="a", on_done=heard.append, on_error=heard.append, on_cancelled=heard.clear)
    )
    assert socket.sent.wait(WAIT_S)
    handle.cancel()
    main.run_until(lambda: heard)
    (error,) = heard
    assert isinstance(error, StoppedWaiting)
    assert error.by_user
    assert handle.state is JobState.CANCELLED
    second = runner.submit(Job("Next", lambda _: journal.append("next"), lane="a"))
    socket.answer.set()
    main.run_until(lambda: late and second.finished)
    assert late == [(handle.number, None)]
    assert heard == [error]
    assert journal == ["made", "next"]  # one after the other, and nothing was sent twice
    assert socket.count == 1


def test_a_cancelled_job_that_still_gets_answers_is_waited_for(runner: JobRunner, main: MainThread) -> None:
    calls, heard = list[float](), list[str]()

    def answered() -> None:
        calls.append(time.monotonic())
        time.sleep(GIVE_UP_S / 2)

    def run(ctx: JobContext) -> None:
        try:
            ctx.sleep(60)
        except Cancelled:
            for _ in range(4):  # undoes what it made
                ctx.shielded().change(answered)
            raise

    handle = runner.submit(Job("Undoing", run, on_cancelled=lambda: heard.append("cancelled")))
    main.run_until(lambda: handle.state is JobState.RUNNING)
    handle.cancel()
    main.run_until(lambda: heard)
    assert len(calls) == 4
    assert not handle.left_behind


def test_a_job_left_behind_takes_no_thread_from_others(main: MainThread) -> None:
    runner = JobRunner(main.post, workers=1)
    socket, heard = Socket(), list[object]()
    handle = runner.submit(Job("Hanging", lambda ctx: ctx.change(socket), on_error=heard.append))
    assert socket.sent.wait(WAIT_S)
    handle.cancel()
    main.run_until(lambda: heard)
    done: list[str] = []
    runner.submit(Job("Reading", lambda _: "read", on_done=done.append))
    main.run_until(lambda: done)
    socket.answer.set()
    assert runner.shutdown(WAIT_S)


def test_one_that_waits_behind_a_job_of_its_lane_is_cancelled_at_once(
    runner: JobRunner, main: MainThread
) -> None:
    gate, heard = threading.Event(), list[str]()
    runner.submit(Job("First", lambda _: gate.wait(WAIT_S), lane="a"))
    second = runner.submit(
        Job("Second", lambda _: None, lane="a", on_cancelled=lambda: heard.append("second"))
    )
    second.cancel()
    main.run_until(lambda: heard)
    assert second.state is JobState.CANCELLED
    gate.set()


def test_an_urgent_job_waits_for_no_thread(main: MainThread) -> None:
    runner = JobRunner(main.post, workers=1)
    release = threading.Event()
    stuck = runner.submit(Job("Stuck", lambda _: release.wait(WAIT_S)))
    main.run_until(lambda: stuck.state is JobState.RUNNING)
    waiting = runner.submit(Job("Waiting", lambda _: None))

    urgent = runner.submit(Job("Typing", lambda _: None, urgent=True))
    main.run_until(lambda: urgent.state is JobState.DONE)

    assert stuck.state is JobState.RUNNING
    assert waiting.state is JobState.WAITING
    release.set()
    assert runner.shutdown(WAIT_S)


def test_shutdown_lets_urgent_jobs_end_also_those_that_wait(main: MainThread) -> None:
    runner = JobRunner(main.post, workers=1)
    cancelled, kept = threading.Event(), list[str]()

    def end_with_the_program(ctx: JobContext) -> None:
        try:
            until_cancelled(ctx)
        finally:
            cancelled.set()

    def keep(ctx: JobContext, name: str) -> None:
        assert cancelled.wait(WAIT_S)
        ctx.check()
        kept.append(name)

    usual = runner.submit(Job("Usual", end_with_the_program))
    first = runner.submit(Job("First", lambda ctx: keep(ctx, "first"), lane="drafts", urgent=True))
    runner.submit(Job("Second", lambda ctx: keep(ctx, "second"), lane="drafts", urgent=True))
    main.run_until(lambda: usual.state is first.state is JobState.RUNNING)

    assert runner.shutdown(WAIT_S)
    assert kept == ["first", "second"]
