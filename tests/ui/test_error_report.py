"""Unexpected exceptions: from slots, threads and jobs, each shown once and told without its message."""

import sys
import threading
from collections.abc import Callable, Iterator

import pytest
import shiboken6
from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobRunner
from workbench.ui.kit.icons import Icons
from workbench.ui.shell.actions import ActionRegistry
from workbench.ui.shell.banners import BannerStack
from workbench.ui.shell.process import ErrorReporter

EXPECTED_LOG = "unexpected exception"

ExpectLog = Callable[[str], None]


@pytest.fixture
def banners(
    qtbot: QtBot, actions: ActionRegistry, icons: Icons, expect_log: ExpectLog
) -> Iterator[BannerStack]:
    banners = BannerStack(actions, icons)
    qtbot.addWidget(banners)
    give_back = ErrorReporter(banners).install()
    expect_log(EXPECTED_LOG)
    yield banners
    give_back()


def fail(_ctx: JobContext | None = None) -> None:
    raise ValueError


def copied_report(banners: BannerStack) -> str:
    button = banners.banners[0].findChild(QPushButton, "bannerCopy")
    assert button is not None
    assert button.text() == "Copy Report"
    button.click()
    return QGuiApplication.clipboard().text()


def test_an_exception_in_a_slot_is_shown_with_a_report(
    banners: BannerStack, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    QTimer.singleShot(0, fail)
    qtbot.waitUntil(lambda: len(banners.banners) == 1)
    assert banners.banners[0].error.what == "Something went wrong in Workbench."
    report = copied_report(banners)
    assert report.startswith("Workbench ")
    assert report.rstrip().endswith("builtins.ValueError")
    assert "in fail" in report
    assert "in fail" in caplog.text


def test_the_message_of_the_exception_is_in_neither_report_nor_log(
    banners: BannerStack, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "".join(["hun", "ter", "2"])  # put together, because a traceback quotes the line that raises

    def leak() -> None:
        raise ValueError(secret)

    QTimer.singleShot(0, leak)
    qtbot.waitUntil(lambda: len(banners.banners) == 1)
    assert secret not in copied_report(banners)
    assert secret not in caplog.text


def test_an_exception_in_a_thread_is_shown(banners: BannerStack, qtbot: QtBot) -> None:
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: len(banners.banners) == 1)


def test_a_bug_in_a_job_is_shown_and_its_page_hears_that_it_ended(
    banners: BannerStack, jobs: JobRunner, qtbot: QtBot
) -> None:
    heard: list[WorkbenchError] = []
    jobs.submit(Job("Reading", fail, on_error=heard.append))
    qtbot.waitUntil(lambda: len(banners.banners) == 1 and len(heard) == 1)


def test_the_same_fault_is_shown_once_and_another_one_again(banners: BannerStack, qtbot: QtBot) -> None:
    for _ in range(3):
        QTimer.singleShot(0, fail)
    QTimer.singleShot(0, lambda: 1 // 0)
    qtbot.waitUntil(lambda: len(banners.banners) == 2)
    banners.clear()
    QTimer.singleShot(0, fail)
    QTimer.singleShot(0, lambda: [][0])
    qtbot.waitUntil(lambda: bool(banners.banners))
    assert len(banners.banners) == 1
    assert copied_report(banners).rstrip().endswith("IndexError")


def test_interrupts_are_left_to_python(
    qtbot: QtBot, actions: ActionRegistry, icons: Icons, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed_on: list[type[BaseException]] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, _error, _trace: passed_on.append(kind))
    banners = BannerStack(actions, icons)
    qtbot.addWidget(banners)
    ours_from = sys.excepthook
    give_back = ErrorReporter(banners).install()
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    give_back()
    assert passed_on == [KeyboardInterrupt]
    assert banners.banners == []
    assert sys.excepthook is ours_from


def test_the_hooks_go_when_the_banners_go(qtbot: QtBot, actions: ActionRegistry, icons: Icons) -> None:
    before = sys.excepthook, threading.excepthook
    banners = BannerStack(actions, icons)
    ErrorReporter(banners).install()
    assert sys.excepthook is not before[0]
    shiboken6.delete(banners)
    assert (sys.excepthook, threading.excepthook) == before
