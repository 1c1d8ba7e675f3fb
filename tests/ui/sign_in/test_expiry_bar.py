"""The bar that speaks of the end of a sign-in: in time, and only when there is one."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import shiboken6
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.hand_clock import HandClock
from tests.ui.sign_in.conftest import press, shown
from workbench.ui.shell.sign_in import Expiry, ExpiryBar


@pytest.fixture
def bar(clock: HandClock, qtbot: QtBot) -> Iterator[ExpiryBar]:
    window = QWidget()
    bar = ExpiryBar(clock, QAction("Sign In…", window))
    layout = QVBoxLayout(window)
    layout.addWidget(bar)
    layout.addWidget(bar.left)
    with qtbot.waitExposed(window):
        window.show()
    yield bar
    shiboken6.delete(window)


@pytest.mark.parametrize(
    ("left_s", "words", "short"),
    [
        (11_520, "", "session expires in 3 h 12 min"),
        (601, "", "session expires in 10 min"),
        (599, "The session of dev expires in 9 min.", "session expires in 9 min"),
        (40, "The session of dev expires in 40 s.", "session expires in 40 s"),
        (0, "The session of dev has expired.", "session expired"),
        (-90_000, "The session of dev has expired.", "session expired"),
    ],
)
def test_it_shows_in_time(bar: ExpiryBar, clock: HandClock, left_s: int, words: str, short: str) -> None:
    bar.show_expiry(Expiry("dev", clock.now() + timedelta(seconds=left_s)))
    assert shown(bar, "expiryWords") == words
    assert bar.left.text() == short


def test_nothing_that_ends_shows_nothing(bar: ExpiryBar, clock: HandClock) -> None:
    bar.show_expiry(Expiry("dev", clock.now()))
    assert bar.isVisible()
    bar.show_expiry(Expiry("dev"))
    assert not bar.isVisible()
    assert not bar.left.isVisible()
    assert not bar._tick.isActive()


def test_it_appears_while_the_time_goes(bar: ExpiryBar, clock: HandClock, qtbot: QtBot) -> None:
    bar.show_expiry(Expiry("dev", clock.now() + timedelta(minutes=30)))
    assert not bar.isVisible()
    clock.time_s += 1500
    qtbot.waitUntil(bar.isVisible)
    assert bar.property("tone") == "warning"
    with qtbot.waitSignal(bar.passed):
        clock.time_s += 400
    assert bar.property("tone") == "danger"
    with qtbot.assertNotEmitted(bar.passed):
        bar.update_text()


def test_its_button_signs_in(bar: ExpiryBar, clock: HandClock, qtbot: QtBot) -> None:
    action = bar.window().findChild(QAction)
    assert action is not None
    bar.show_expiry(Expiry("dev", clock.now()))
    with qtbot.waitSignal(action.triggered):
        press(bar, "expirySignIn")
