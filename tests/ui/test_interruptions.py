"""Interrupted operations: said in one message whatever they were, and decided one by one in a list."""

from collections.abc import Callable
from functools import partial

import pytest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from tests.ui.test_window import close, make_window
from workbench.core.errors import WorkbenchError
from workbench.ui.interruptions import ACTION, Interruption
from workbench.ui.interruptions_dialog import InterruptionsDialog
from workbench.ui.window import MainWindow

__all__ = ["make_window"]  # fixtures


class Bench:
    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.window, self._qtbot = window, qtbot
        self.decided: list[str] = []

    def tell(self, source: str, *names: str) -> None:
        found = [
            Interruption(WorkbenchError(f"{name} was interrupted."), partial(self.decided.append, name))
            for name in names
        ]
        self.window.interruptions.tell(source, found)

    def texts(self) -> list[str]:
        return [banner.error.what for banner in self.window.banners.banners]

    def until_said(self, *texts: str) -> None:
        self._qtbot.waitUntil(lambda: self.texts() == list(texts))

    def listed(self) -> InterruptionsDialog:
        self.window.interruptions.open()
        found = [each for each in self.window.findChildren(InterruptionsDialog) if each.isVisible()]
        (dialog,) = found
        return dialog


@pytest.fixture
def bench(make_window: Callable[[], MainWindow], qtbot: QtBot) -> Bench:
    return Bench(make_window(), qtbot)


def test_the_list_opens_with_the_keyboard_on_its_first_button(bench: Bench, qtbot: QtBot) -> None:
    bench.tell("creation", "Creating b", "Creating c")
    dialog = bench.listed()
    assert dialog.focusWidget().objectName() == "interruption0Decide"
    dialog.reject()
    close(bench.window, qtbot)


def test_what_several_parts_find_is_one_message(bench: Bench, qtbot: QtBot) -> None:
    bench.tell("deploy", "Deploying a")
    bench.tell("creation", "Creating b", "Creating c")
    bench.until_said("3 operations were interrupted.")
    (banner,) = bench.window.banners.banners
    assert (
        banner.error.why
        == "Deploying a was interrupted. Creating b was interrupted. Creating c was interrupted."
    )
    action = banner.findChild(QPushButton, "bannerAction")
    assert action is not None
    assert action.isVisibleTo(banner)
    close(bench.window, qtbot)


def test_a_single_one_says_what_it_is(bench: Bench, qtbot: QtBot) -> None:
    bench.tell("deploy", "Deploying a")
    bench.until_said("Deploying a was interrupted.")
    bench.window.interruptions.open()
    assert bench.decided == ["Deploying a"]
    close(bench.window, qtbot)


def test_each_one_in_the_list_is_decided_by_itself(bench: Bench, qtbot: QtBot) -> None:
    bench.tell("deploy", "Deploying a")
    bench.tell("creation", "Creating b")
    bench.until_said("2 operations were interrupted.")
    button = bench.listed().findChild(QPushButton, "interruption1Decide")
    assert button is not None
    assert button.accessibleName() == "Decide: Creating b was interrupted."
    button.click()
    assert bench.decided == ["Creating b"]
    bench.tell("creation")  # it is settled
    bench.until_said("Deploying a was interrupted.")
    close(bench.window, qtbot)


def test_what_is_left_for_later_is_still_offered(bench: Bench, qtbot: QtBot) -> None:
    bench.tell("creation", "Creating b", "Creating c")
    bench.until_said("2 operations were interrupted.")
    bench.window.banners.clear()
    bench.listed().reject()
    bench.until_said("2 operations were interrupted.")
    assert bench.decided == []
    close(bench.window, qtbot)


def test_the_action_is_there_while_something_is_interrupted(bench: Bench, qtbot: QtBot) -> None:
    action = bench.window._services.actions[ACTION]
    assert not action.isEnabled()
    bench.tell("creation", "Creating b")
    assert action.isEnabled()
    bench.window.interruptions.clear()
    assert not action.isEnabled()
    assert bench.texts() == []
    close(bench.window, qtbot)
