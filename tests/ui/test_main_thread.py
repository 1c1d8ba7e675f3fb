"""Callbacks from worker threads reach the main thread in order, and never keep the window waiting."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
import shiboken6
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.stall import StallWatch
from workbench.ui.kit.main_thread import MainThread


@pytest.fixture
def main_thread(qapp: QApplication) -> Iterator[MainThread]:
    main_thread = MainThread()
    yield main_thread
    main_thread.close()
    main_thread.deleteLater()


def work(milliseconds: float) -> None:
    """Keeps this thread busy, as a callback that paints does."""
    until = time.perf_counter() + milliseconds / 1000
    while time.perf_counter() < until:
        pass


def test_callbacks_run_in_the_order_of_posting(main_thread: MainThread, qtbot: QtBot) -> None:
    ran: list[int] = []
    for number in range(1000):
        main_thread.post(lambda number=number: ran.append(number))  # type: ignore[misc]
    assert ran == []
    qtbot.waitUntil(lambda: len(ran) == 1000)
    assert ran == list(range(1000))


def test_what_a_worker_posts_after_the_end_is_dropped(qapp: QApplication) -> None:
    main_thread, ran = MainThread(), list[bool]()
    shiboken6.delete(main_thread)  # as at the end of a process that an error ended
    main_thread.post(lambda: ran.append(True))
    qapp.processEvents()
    assert ran == []


def test_what_a_worker_posts_runs_on_the_main_thread(main_thread: MainThread, qtbot: QtBot) -> None:
    ran: list[threading.Thread] = []
    worker = threading.Thread(target=lambda: main_thread.post(lambda: ran.append(threading.current_thread())))
    worker.start()
    worker.join()
    qtbot.waitUntil(lambda: bool(ran))
    assert ran == [threading.main_thread()]


def test_a_callback_may_post_another(main_thread: MainThread, qtbot: QtBot) -> None:
    ran: list[str] = []

    def first() -> None:
        ran.append("first")
        main_thread.post(lambda: ran.append("third"))

    main_thread.post(first)
    main_thread.post(lambda: ran.append("second"))
    qtbot.waitUntil(lambda: len(ran) == 3)
    assert ran == ["first", "second", "third"]


def test_a_flood_of_callbacks_lets_timers_through(
    main_thread: MainThread, qtbot: QtBot, no_stall: Callable[..., StallWatch]
) -> None:
    ran: list[int] = []
    ticks: list[int] = []  # how many callbacks had run at each tick
    timer = QTimer(interval=0)
    timer.timeout.connect(lambda: ticks.append(len(ran)))

    def call() -> None:
        work(1)
        ran.append(1)

    with no_stall():
        for _ in range(200):
            main_thread.post(call)
        timer.start()
        qtbot.waitUntil(lambda: len(ran) == 200)
    timer.stop()
    assert len({tick for tick in ticks if 0 < tick < 200}) >= 10


def test_a_callback_that_fails_keeps_no_other_from_running(main_thread: MainThread, qtbot: QtBot) -> None:
    ran: list[str] = []

    def fail() -> None:
        raise ValueError("a fault of ours")

    with qtbot.captureExceptions() as faults:
        main_thread.post(fail)
        main_thread.post(lambda: ran.append("next"))
        qtbot.waitUntil(lambda: ran == ["next"])
    assert [str(fault[1]) for fault in faults] == ["a fault of ours"]


def test_closing_drops_what_is_queued_and_what_still_comes(main_thread: MainThread, qtbot: QtBot) -> None:
    ran: list[str] = []
    main_thread.post(lambda: ran.append("queued"))
    main_thread.close()
    main_thread.post(lambda: ran.append("late"))
    with qtbot.waitCallback() as turned:
        QTimer.singleShot(0, turned)
    assert ran == []


def test_closing_within_a_callback_stops_those_behind_it(main_thread: MainThread, qtbot: QtBot) -> None:
    ran: list[str] = []
    main_thread.post(main_thread.close)
    main_thread.post(lambda: ran.append("behind"))
    with qtbot.waitCallback() as turned:
        QTimer.singleShot(0, turned)
    assert ran == []
