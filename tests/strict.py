"""Checks that hold for every test, without the test asking: nothing leaks, nothing complains.

After each test there must be no new thread, child process, running Qt timer or thread, or top-level widget,
no Qt warning (pytest-qt looks until the test's end, this module during its teardown), and no log line of
WARNING or above that the test did not announce with `expect_log`. test_strict.py shows that each check bites.
"""

import contextlib
import gc
import logging
import os
import re
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QMessageLogContext,
    QThread,
    QTimer,
    QtMsgType,
    qInstallMessageHandler,
)
from PySide6.QtWidgets import QApplication

GRACE_S = 2.0
"""How long a thread or process that was told to end may take."""

_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remembers that a test failed: what its traceback then keeps alive is no leak."""
    report = yield
    item.stash[_FAILED] = item.stash.get(_FAILED, False) or report.failed
    return report


def _has_failed(request: pytest.FixtureRequest) -> bool:
    stash: pytest.Stash = request.node.stash
    return stash.get(_FAILED, False)


# ---- log lines -------------------------------------------------------------------------------------------

_records: list[logging.LogRecord] = []


def pytest_configure() -> None:
    """Watches every logger, those that do not propagate too: records are seen where they are made."""
    make_record = logging.getLogRecordFactory()

    def watched(*args: object, **kwargs: object) -> logging.LogRecord:
        record = make_record(*args, **kwargs)
        if record.levelno >= logging.WARNING:
            _records.append(record)
        return record

    logging.setLogRecordFactory(watched)


@pytest.fixture(autouse=True)
def expect_log(request: pytest.FixtureRequest) -> Iterator[Callable[[str], None]]:
    """Announces a log line: `expect_log(r"pattern")`. Any other line fails the test, as does its absence."""
    expected: list[str] = []
    yield expected.append
    lines = [f"{record.levelname} {record.name}: {record.getMessage()}" for record in _records]
    _records.clear()
    if _has_failed(request):
        return
    unexpected = [line for line in lines if not any(re.search(pattern, line) for pattern in expected)]
    absent = [pattern for pattern in expected if not any(re.search(pattern, line) for line in lines)]
    if unexpected:
        pytest.fail("unexpected log lines:\n" + "\n".join(unexpected))
    if absent:
        pytest.fail(f"log lines that never came: {absent}")


# ---- Qt's complaints -------------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    """Fails on Qt warnings during teardown, when pytest-qt no longer looks."""
    marker = item.get_closest_marker("qt_log_ignore")
    ignored = [*item.config.getini("qt_log_ignore"), *(marker.args if marker else ())]
    warnings: list[str] = []

    def handle(kind: QtMsgType, _context: QMessageLogContext, message: str) -> None:
        serious = kind not in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg)
        if serious and not any(re.search(pattern, message) for pattern in ignored):
            warnings.append(message)

    before = qInstallMessageHandler(handle)
    try:
        yield
    finally:
        qInstallMessageHandler(before)
    if warnings:
        pytest.fail("Qt warnings during teardown:\n" + "\n".join(warnings))


# ---- threads and processes -------------------------------------------------------------------------------


def _threads() -> set[threading.Thread]:
    # Foreign threads (Chromium's) that once called into Python show up as dummies and are nobody's to join.
    return {thread for thread in threading.enumerate() if not isinstance(thread, threading._DummyThread)}


@pytest.fixture(autouse=True)
def _no_leaked_threads(request: pytest.FixtureRequest) -> Iterator[None]:
    before = _threads()
    yield
    if _has_failed(request):
        return
    for thread in _threads() - before:
        thread._started.wait(GRACE_S)  # type: ignore[attr-defined]  # it may be about to begin
        thread.join(GRACE_S)
    if left := _threads() - before:
        frames = sys._current_frames()
        where = [f"{thread.name} at {frames.get(thread.ident or 0)}" for thread in left]
        pytest.fail("threads still running: " + ", ".join(where))


def _children() -> dict[int, str]:
    """Living child processes (pid -> command line) but Chromium's, which live as long as the application."""
    if not sys.platform.startswith("linux"):
        return {}
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return {}  # no child at all, the usual case, at the price of one call
    found = {}
    for pid in _child_pids():
        process = Path("/proc", pid)
        try:
            state, parent = (process / "stat").read_text().rpartition(")")[2].split()[:2]
            command = (process / "cmdline").read_text().replace("\0", " ").strip()
        except OSError:
            continue  # it ended while we looked
        if int(parent) == os.getpid() and state != "Z" and "QtWebEngineProcess" not in command:
            found[int(pid)] = command
    return found


def _child_pids() -> set[str]:
    """Who may be a child: by the lists that each thread has, or, where the kernel keeps none, everybody.

    Twice a test: to look at everybody takes 10 ms.
    """
    tasks = Path("/proc/self/task")
    if not (tasks / str(os.getpid()) / "children").exists():
        return {process.name for process in Path("/proc").glob("[0-9]*")}
    pids: set[str] = set()
    for task in os.listdir(tasks):
        with contextlib.suppress(OSError):  # the thread has ended
            pids.update((tasks / task / "children").read_text().split())
    return pids


@pytest.fixture(autouse=True)
def _no_leaked_processes(request: pytest.FixtureRequest) -> Iterator[None]:
    before = _children().keys()
    yield
    if _has_failed(request):
        return
    left: dict[int, str] = {}

    def are_gone() -> bool:
        left.clear()
        left.update({pid: command for pid, command in _children().items() if pid not in before})
        return not left

    _until(are_gone)
    if left:
        pytest.fail(f"child processes still running: {left}")


def _until(condition: Callable[[], bool]) -> None:
    """Returns when the condition holds, or after the time of grace."""
    waiting = threading.Event()
    for _ in range(int(GRACE_S / 0.05)):
        if condition():
            return
        waiting.wait(0.05)


# ---- Qt objects ------------------------------------------------------------------------------------------


def _running() -> set[QTimer | QThread]:
    """Active timers and running threads that Python knows, `QTimer.singleShot`'s included."""
    main = QApplication.instance()
    return {
        thing
        for thing in shiboken6.getAllValidWrappers()
        if isinstance(thing, (QTimer, QThread))  # one look at each: they are thousands
        and (
            thing.isActive()
            if isinstance(thing, QTimer)
            else thing.isRunning() and main and thing is not main.thread()
        )
    }


def _left_behind(before: set[Any]) -> set[Any]:
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QCoreApplication.processEvents()
    return (_running() | set(QApplication.topLevelWidgets())) - before


@pytest.fixture(autouse=True)
def _no_leaked_qt_objects(request: pytest.FixtureRequest) -> Iterator[None]:
    if "qapp" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("qapp")
    before: set[Any] = _running() | set(QApplication.topLevelWidgets())
    yield
    if _has_failed(request) or not _left_behind(before):
        return
    gc.collect()  # a widget in a reference cycle is no leak, only not collected yet
    if left := _left_behind(before):
        names = [f"{type(thing).__name__} '{thing.objectName()}'" for thing in left]
        pytest.fail(f"left behind: {', '.join(names)}")
