"""Signals that end the program: the first closes the window, what was ignored stays ignored."""

import os
import signal
from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from workbench.ui.shell.process import EndingSignals

NUMBERS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    """The test runner's own, whatever a test leaves."""
    before = {number: signal.getsignal(number) for number in NUMBERS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    return window


@pytest.mark.parametrize("number", NUMBERS)
def test_the_first_one_closes_the_window_and_the_next_would_end_the_program(
    window: QWidget, qtbot: QtBot, number: signal.Signals
) -> None:
    before = [signal.getsignal(each) for each in NUMBERS]
    signals = EndingSignals(window)
    os.kill(os.getpid(), number)
    assert [signal.getsignal(each) for each in NUMBERS] == [signal.SIG_DFL] * 3  # the window was busy so far
    assert window.isVisible()
    qtbot.waitUntil(lambda: not window.isVisible())
    signals.release()
    assert [signal.getsignal(each) for each in NUMBERS] == before


def test_what_is_ignored_stays_ignored(window: QWidget, qtbot: QtBot) -> None:
    """`nohup workbench`, and the terminal is closed."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signals = EndingSignals(window)
    os.kill(os.getpid(), signal.SIGHUP)
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    os.kill(os.getpid(), signal.SIGTERM)
    qtbot.waitUntil(lambda: not window.isVisible())
    signals.release()
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_other_signals_close_nothing(window: QWidget, qtbot: QtBot) -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda number, _frame: heard.append(number))
    signals = EndingSignals(window)
    os.kill(os.getpid(), signal.SIGUSR1)
    qtbot.waitUntil(lambda: bool(heard))
    with qtbot.waitSignal(signals._notifier.activated, raising=False, timeout=100):
        pass
    assert window.isVisible()
    signals.release()
    signal.signal(signal.SIGUSR1, before)
