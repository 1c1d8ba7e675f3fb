"""Row K3: a real keyring asks for its password in a window of its own, and nobody answers."""

import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QRadioButton

from tests.profiles.real_keyring import SilentPrompter, unanswered_keyring
from tests.stall import StallWatch
from tests.ui.features.profiles.conftest import CONFIG, CREDENTIALS, Room
from workbench.profiles.secret_store import KeyringStore
from workbench.ui.features.profiles.changes import KeyringDialog
from workbench.ui.shell.services import Services

__all__ = ["unanswered_keyring"]

PATIENCE_S = 10.0


@pytest.fixture
def keyring(unanswered_keyring: SilentPrompter) -> KeyringStore:
    return KeyringStore()


def test_the_window_lives_while_a_keyring_asks_and_cancel_ends_the_waiting(
    room: Room, services: Services, unanswered_keyring: SilentPrompter
) -> None:
    room.choose("default")
    room.click("profile.keyring")
    dialog = room.dialog(KeyringDialog)
    room.until(lambda: dialog.findChild(QRadioButton, "keyringPlace.0"))
    room.child(QRadioButton, "keyringPlace.0", dialog).click()
    with StallWatch():
        dialog.go_on.click()
        room.until(unanswered_keyring.asked.is_set)
        room.until(lambda: dialog.progress.isVisible())
        cancelled = time.monotonic()
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
        room.until(lambda: not services.jobs.active())
    assert time.monotonic() - cancelled < PATIENCE_S
    assert room.credentials.read_text("utf-8") == CREDENTIALS
    assert room.config.read_text("utf-8") == CONFIG
    assert room.said() == []
