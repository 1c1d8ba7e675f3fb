"""Moving a key out of the files and back: asked first, nothing lost when it fails, said when it is done."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QRadioButton
from shiboken6 import isValid

from tests.ui.features.profiles.conftest import CREDENTIALS, KEY, SECRET, LastingStore, Room
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.profiles.secret_store import PASSPHRASE_VARIABLE, StoredKeys, StoreStatus
from workbench.ui.features.profiles.changes import KeyringDialog

PASSPHRASE = "correct horse paint"


class NoKeyring(LastingStore):
    """As on a computer without one."""

    def describe(self, ctx: JobContext) -> StoreStatus:
        return StoreStatus("Keyring", usable=False, why="There is none here.")


class FullStore(LastingStore):
    """Takes nothing."""

    def set(self, name: str, keys: StoredKeys, ctx: JobContext) -> None:
        raise WorkbenchError("The keyring is full.")


class SilentStore(LastingStore):
    """Asks the person something on another screen, for ever."""

    def describe(self, ctx: JobContext) -> StoreStatus:
        while True:
            ctx.sleep(0.05)


def begin(room: Room, name: str = "default") -> KeyringDialog:
    room.choose(name)
    room.click("profile.keyring")
    return room.dialog(KeyringDialog)


def choice(room: Room, dialog: KeyringDialog, number: int) -> QRadioButton:
    room.until(lambda: dialog.findChild(QRadioButton, f"keyringPlace.{number}"))
    return room.child(QRadioButton, f"keyringPlace.{number}", dialog)


def moved(room: Room, dialog: KeyringDialog) -> None:
    """Waits until the move has ended, well or not."""

    def over() -> bool:
        failed = isValid(dialog) and dialog.state.property("role") == "danger"
        return bool(room.said()) or failed

    room.qtbot.waitUntil(over, timeout=60_000)
    assert room.said(), dialog.state.text()


@pytest.fixture
def program_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The helper, a program of its own, finds the files of this test."""
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))
    monkeypatch.setenv(PASSPHRASE_VARIABLE, "")  # what the flow sets is taken back after the test
    monkeypatch.delenv(PASSPHRASE_VARIABLE)


@pytest.mark.usefixtures("program_home")
@pytest.mark.parametrize("keyring", [NoKeyring()])
def test_without_a_keyring_a_key_goes_to_a_passphrase_file_and_back(room: Room) -> None:
    """K2: the fallback. Nothing is faked here but the missing keyring: the SDK runs our helper."""
    dialog = begin(room)
    assert not choice(room, dialog, 0).isEnabled()
    assert room.child(QLabel, "keyringWhy.0", dialog).text() == "There is none here."
    assert choice(room, dialog, 1).isChecked()
    QTest.keyClicks(dialog.passphrase, PASSPHRASE)
    QTest.keyClicks(dialog.again, PASSPHRASE)
    dialog.raw.click()
    dialog.go_on.click()
    moved(room, dialog)
    assert room.said() == [
        "The access key of default was moved to Passphrase file and removed from the files."
    ]
    assert SECRET not in room.credentials.read_text("utf-8") + room.config.read_text("utf-8")
    assert "credentials default" in room.config.read_text("utf-8")
    room.window.banners.clear()
    room.until(lambda: room.window.profile and room.window.profile.kind.value == "process")
    back = begin(room)
    place = choice(room, back, 1)
    room.until(place.isEnabled)
    place.click()
    back.go_on.click()
    moved(room, back)
    assert room.said() == ["The access key of default was moved to the credentials file."]
    assert SECRET in room.credentials.read_text("utf-8")
    assert "credential_process" not in room.config.read_text("utf-8")


@pytest.mark.parametrize("keyring", [NoKeyring()])
@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ("", "", "It has fewer than 12 characters."),
        ("short", "short", "It has fewer than 12 characters."),
        (
            "password1234",
            "password1234",
            "It is a common word, a keyboard pattern or a repetition, which is easy to guess.",
        ),
        (PASSPHRASE, "correct house paint", "The passphrases do not match."),
    ],
)
def test_a_passphrase_that_would_lock_the_key_away_is_refused(
    room: Room, first: str, second: str, words: str
) -> None:
    dialog = begin(room)
    choice(room, dialog, 1)
    QTest.keyClicks(dialog.passphrase, first)
    QTest.keyClicks(dialog.again, second)
    dialog.go_on.click()
    assert dialog.state.text() == words
    assert room.credentials.read_text("utf-8") == CREDENTIALS


@pytest.mark.parametrize("keyring", [FullStore()])
def test_when_the_keyring_refuses_it_is_said_in_the_dialog_and_the_files_are_as_they_were(
    room: Room,
) -> None:
    dialog = begin(room)
    assert choice(room, dialog, 0).isChecked()
    assert not dialog.passphrase.isVisible()
    dialog.go_on.click()
    room.until(lambda: dialog.state.text() == "The keyring is full.")
    assert dialog.go_on.isEnabled()
    assert room.credentials.read_text("utf-8") == CREDENTIALS


@pytest.mark.parametrize("keyring", [SilentStore()])
def test_a_keyring_that_never_answers_can_be_given_up(room: Room) -> None:
    """K3, as far as the window is concerned."""
    dialog = begin(room)
    assert dialog.state.text() == "Finding a keyring…"
    assert not dialog.go_on.isEnabled()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    room.until(lambda: not room.window.findChildren(KeyringDialog))
    assert room.said() == []


CONFIG = "[profile other]\ncredential_process = /opt/creds\n"


@pytest.mark.parametrize("config_text", [CONFIG])
def test_a_program_that_is_not_ours_has_no_key_to_move(room: Room) -> None:
    room.choose("other")
    room.click("profile.keyring")
    room.until(room.said)
    assert "other has no access key to move." in room.said()[0]
    assert not room.window.findChildren(KeyringDialog)


def test_the_dialog_never_shows_the_key(room: Room) -> None:
    dialog = begin(room)
    choice(room, dialog, 0)
    texts = " ".join(room.texts(dialog))
    assert SECRET not in texts
    assert KEY not in texts
    assert "credential_process = " in texts
