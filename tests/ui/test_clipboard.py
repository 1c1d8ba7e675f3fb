"""What should not stay on the clipboard does not."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from workbench.ui.kit.clipboard import SECRET_LIFETIME_MS, SecretClipboard


@pytest.fixture
def owner(qapp: object) -> Iterator[QObject]:
    owner = QObject()
    yield owner
    QGuiApplication.clipboard().clear()
    owner.deleteLater()


def test_a_secret_goes_by_itself(owner: QObject, qtbot: QtBot) -> None:
    clipboard = SecretClipboard(owner, 20)
    clipboard.copy("hush")
    assert QGuiApplication.clipboard().text() == "hush"
    qtbot.waitUntil(lambda: QGuiApplication.clipboard().text() == "")
    assert SECRET_LIFETIME_MS == 30_000


def test_what_was_copied_since_stays(owner: QObject, qtbot: QtBot) -> None:
    clipboard = SecretClipboard(owner, 20)
    clipboard.copy("hush")
    QGuiApplication.clipboard().setText("something else")
    qtbot.waitUntil(lambda: not clipboard._timer.isActive())
    assert QGuiApplication.clipboard().text() == "something else"


def test_the_last_one_has_its_whole_time(owner: QObject) -> None:
    clipboard = SecretClipboard(owner)
    clipboard.copy("one")
    clipboard.copy("two")
    assert clipboard._timer.remainingTime() > SECRET_LIFETIME_MS - 5_000
    clipboard.clear()
    assert QGuiApplication.clipboard().text() == ""
    assert not clipboard._timer.isActive()


def test_clipboard_managers_are_told_not_to_keep_it(owner: QObject) -> None:
    clipboard = SecretClipboard(owner)
    clipboard.copy("hush")
    kept = QGuiApplication.clipboard().mimeData().data("x-kde-passwordManagerHint")
    assert kept.data() == b"secret"
    clipboard.clear()


def test_the_end_of_the_program_takes_it_off(owner: QObject, qapp: QApplication) -> None:
    clipboard = SecretClipboard(owner)
    clipboard.copy("hush")
    qapp.aboutToQuit.emit()
    assert QGuiApplication.clipboard().text() == ""
