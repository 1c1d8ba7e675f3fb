"""Tests that misbehave on purpose, and tests that do not: test_strict.py runs them and judges."""

import contextlib
import gc
import json
import logging
import os
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QThread, QTimer, qWarning
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from tests.stall import StallWatch

kept: list[object] = []
"""Keeps alive what a test leaks."""


def teardown_module() -> None:
    """A QThread that is destroyed while it runs would abort the process, and the report with it."""
    for thread in kept:
        if isinstance(thread, QThread):
            thread.quit()
            thread.wait()


def test_leaks_a_thread() -> None:
    threading.Thread(target=threading.Event().wait, args=(30,), daemon=True).start()


def test_joins_its_thread() -> None:
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    stop.set()
    thread.join()


def test_leaks_a_process() -> None:
    kept.append(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(5)"]))


def test_ends_its_process() -> None:
    subprocess.run([sys.executable, "-c", "pass"], check=True)


def test_leaks_a_timer(qapp: QApplication) -> None:
    timer = QTimer()
    timer.start(10_000)
    kept.append(timer)


def test_leaks_a_single_shot(qapp: QApplication) -> None:
    QTimer.singleShot(10_000, lambda: None)


def test_stops_its_timer(qapp: QApplication) -> None:
    timer = QTimer()
    timer.start(10_000)
    timer.stop()


def test_leaks_a_qt_thread(qapp: QApplication) -> None:
    thread = QThread()
    thread.start()
    kept.append(thread)


def test_leaks_a_window(qapp: QApplication) -> None:
    kept.append(QWidget())


def test_closes_its_window(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()


def test_leaves_a_window_to_the_collector(qapp: QApplication) -> None:
    window = QWidget()
    window.itself = window  # type: ignore[attr-defined]


def test_causes_a_qt_warning(qapp: QApplication) -> None:
    qWarning("shown to nobody")


@pytest.fixture
def _warns_at_the_end() -> Iterator[None]:
    yield
    qWarning("said at the end")


@pytest.mark.usefixtures("_warns_at_the_end")
def test_causes_a_qt_warning_in_teardown(qapp: QApplication) -> None:
    pass


@pytest.mark.qt_log_ignore("said at the end")
@pytest.mark.usefixtures("_warns_at_the_end")
def test_announces_a_qt_warning_in_teardown(qapp: QApplication) -> None:
    pass


def test_logs_a_warning() -> None:
    logging.getLogger("workbench.somewhere").warning("disk is full")


def test_logs_where_no_handler_looks() -> None:
    logger = logging.getLogger("aloof")
    logger.propagate = False
    logger.error("heard by nobody")


def test_announces_its_log_line(expect_log: Callable[[str], None]) -> None:
    expect_log("disk .* full")
    logging.getLogger("workbench.somewhere").warning("disk is full")


def test_announces_a_line_that_never_comes(expect_log: Callable[[str], None]) -> None:
    expect_log("disk is full")


def test_logs_below_warning() -> None:
    logging.getLogger("workbench.somewhere").info("no problems found")


def test_leaves_a_file_open() -> None:
    open(os.devnull)  # noqa: SIM115 - the leak
    gc.collect()


def test_warns() -> None:
    warnings.warn("old", DeprecationWarning, stacklevel=1)


def test_dies_in_a_thread() -> None:
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()


def test_raises_in_a_slot(qtbot: QtBot) -> None:
    def fail() -> None:
        raise ValueError("in a slot")

    QTimer.singleShot(0, fail)
    qtbot.wait(50)


def _sleep_in_a_slot() -> None:
    time.sleep(1.0)  # far over the limit of `no_stall`, which on a loaded machine has been 0.3 s


def test_stalls_asleep(qtbot: QtBot, no_stall: Callable[..., StallWatch]) -> None:
    with no_stall():
        QTimer.singleShot(20, _sleep_in_a_slot)
        qtbot.wait(400)


def _parse_in_a_slot() -> None:
    text = json.dumps(list(range(300_000)))
    for _ in range(80):
        json.loads(text)  # C code that keeps the GIL: the looker is kept waiting, too


def test_stalls_busy(qtbot: QtBot, no_stall: Callable[..., StallWatch]) -> None:
    with no_stall():
        QTimer.singleShot(20, _parse_in_a_slot)
        qtbot.wait(400)


def test_stalls_without_a_loop(no_stall: Callable[..., StallWatch]) -> None:
    with no_stall():
        _sleep_in_a_slot()


def test_works_in_a_thread(qtbot: QtBot, no_stall: Callable[..., StallWatch]) -> None:
    thread = threading.Thread(target=_sleep_in_a_slot)
    with no_stall() as watch:
        thread.start()
        qtbot.waitUntil(lambda: not thread.is_alive())
        qtbot.wait(100)
    thread.join()
    assert watch.worst_ms > 0


def test_sees_no_environment_of_the_developer() -> None:
    assert not [
        name for name in os.environ if name.startswith("AWS_") and name != "AWS_EC2_METADATA_DISABLED"
    ]
    assert not os.listdir(os.environ["HOME"])
    assert not os.listdir(os.environ["WORKBENCH_HOME"])


def test_fails_and_keeps_a_window(qapp: QApplication) -> None:
    window = QWidget()
    with contextlib.suppress(ZeroDivisionError):
        assert window is None
