"""Calls to a keyring: one after the other, and nobody waits for ever (row K3)."""

import threading

import pytest

from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.profiles.secret_store import KeyringWorker


def test_calls_run_one_at_a_time_and_give_their_results() -> None:
    worker, inside, worst = KeyringWorker(), [], []
    lock = threading.Lock()

    def call(number: int) -> int:
        with lock:
            inside.append(number)
            worst.append(len(inside))
        threading.Event().wait(0.005)
        with lock:
            inside.remove(number)
        return number

    results: list[int] = []
    threads = [
        threading.Thread(target=lambda n=n: results.append(worker.run(lambda: call(n), JobContext())))
        for n in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == list(range(12))
    assert max(worst) == 1


def test_what_a_call_raises_is_raised_where_it_was_made() -> None:
    def fail() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        KeyringWorker().run(fail, JobContext())


def test_a_question_that_nobody_answers_is_given_up_and_further_calls_fail_at_once() -> None:
    worker, answered = KeyringWorker(timeout_s=0.1), threading.Event()
    with pytest.raises(WorkbenchError, match="is not responding") as caught:
        worker.run(answered.wait, JobContext())
    assert caught.value.aws_code == "KeyringTimeout"
    with pytest.raises(WorkbenchError, match="is not responding"):
        worker.run(lambda: 1, JobContext())

    answered.set()  # the person has unlocked it at last
    back = threading.Event()
    while not back.wait(0.01):
        try:
            assert worker.run(lambda: 2, JobContext()) == 2
        except WorkbenchError:
            continue
        back.set()


def test_cancel_ends_the_waiting_at_once() -> None:
    worker, answered, stop = KeyringWorker(), threading.Event(), threading.Event()
    threading.Timer(0.05, stop.set).start()
    with pytest.raises(Cancelled):
        worker.run(answered.wait, JobContext(stop=stop))
    answered.set()


def test_a_call_that_waits_for_its_turn_is_not_made_once_it_was_cancelled() -> None:
    worker, answered, stop = KeyringWorker(), threading.Event(), threading.Event()
    first = threading.Thread(target=lambda: worker.run(answered.wait, JobContext()))
    first.start()
    made: list[int] = []
    threading.Timer(0.05, stop.set).start()
    with pytest.raises(Cancelled):
        worker.run(lambda: made.append(1), JobContext(stop=stop))
    answered.set()
    first.join()
    assert worker.run(lambda: list(made), JobContext()) == []
