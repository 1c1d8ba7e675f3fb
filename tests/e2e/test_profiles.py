"""The profiles window in the running program: files, window and session follow each other."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QDialog, QLabel, QPushButton

from tests.e2e.desk import PROFILE, Desk, write_profile
from workbench.aws.connection import Connection
from workbench.core.files import Paths
from workbench.core.jobs import JobContext
from workbench.profiles.migrate import KeyMove, MoveJournal, MoveStep
from workbench.profiles.secret_store import PASSPHRASE_VARIABLE, PassphraseStore, StoredKeys, passphrase_file
from workbench.ui.features.profiles.changes import DiffDialog
from workbench.ui.features.profiles.window import ProfilesWindow


def open_window(desk: Desk) -> ProfilesWindow:
    desk.act("profile.manage")
    desk.until(lambda: desk.window.findChild(ProfilesWindow))
    window = desk.window.findChild(ProfilesWindow)
    assert isinstance(window, ProfilesWindow)
    desk.until(lambda: window.profile)
    return window


def press(desk: Desk, window: ProfilesWindow, name: str) -> None:
    button = window.findChild(QPushButton, f"profile.{name}")
    assert isinstance(button, QPushButton)
    desk.until(button.isEnabled)
    button.click()


def test_a_profile_is_checked_acted_as_and_deleted(
    sit: Callable[[str], Desk], connection: Connection, function_name: str
) -> None:
    write_profile(connection.access, name=PROFILE)
    desk = sit(PROFILE)
    window = open_window(desk)
    desk.until(lambda: window.profile and window.profile.name == PROFILE)
    press(desk, window, "check")
    desk.until(lambda: window.details.overview.check.isVisible() or window.banners.banners)
    assert [str(banner.error) for banner in window.banners.banners] == []

    # Another program writes the file: window and picker follow.
    write_profile(connection.access, name="second")
    desk.program.identities.safety.trust_endpoint("second", connection.access.endpoint_url)
    desk.until(lambda: window.list.model.index_of("second").isValid())
    desk.until(lambda: desk.window.top_bar.profile.findText("second") >= 0)
    window.choose("second")
    desk.until(lambda: window.profile and window.profile.name == "second")
    press(desk, window, "use")
    desk.until(lambda: desk.window.top_bar.profile.currentText() == "second")
    desk.until(lambda: function_name in desk.names())

    window.choose(PROFILE)
    desk.until(lambda: window.profile and window.profile.name == PROFILE)
    press(desk, window, "delete")
    desk.until(lambda: window.findChild(DiffDialog))
    dialog = window.findChild(DiffDialog)
    assert isinstance(dialog, DiffDialog)
    assert f"-[profile {PROFILE}]" in dialog.text.toPlainText()
    dialog.write.click()
    desk.until(lambda: desk.window.top_bar.profile.findText(PROFILE) < 0)
    assert PROFILE not in (Path.home() / ".aws" / "config").read_text("utf-8")


def test_a_move_of_keys_that_was_interrupted_is_put_in_order_at_the_start(
    sit: Callable[[str], Desk], connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row K5: the last run crashed with the key in the store and in the file."""
    write_profile(connection.access)
    keys = connection.access.keys
    assert keys is not None
    monkeypatch.setenv(PASSPHRASE_VARIABLE, "open sesame seeds")
    paths = Paths.default()
    store = passphrase_file(paths)
    store.set(PROFILE, StoredKeys(keys.access_key_id, keys.secret_access_key), JobContext())
    with MoveJournal(paths.data_dir / "profiles").begin_move(KeyMove(PROFILE, PROFILE, store.kind)) as file:
        file.before(MoveStep.STORE)
    desk = sit(PROFILE)
    desk.wait_for_message(f"Moving the access keys of {PROFILE} was interrupted.")
    assert store.get(PROFILE, JobContext()) is None
    assert not MoveJournal(paths.data_dir / "profiles").has_any()
    assert keys.secret_access_key in (Path.home() / ".aws" / "config").read_text("utf-8")


def test_a_move_of_keys_to_a_file_that_is_locked_is_listed_until_it_can_go_on(
    sit: Callable[[str], Desk], connection: Connection
) -> None:
    write_profile(connection.access)
    paths = Paths.default()
    move = KeyMove(PROFILE, PROFILE, passphrase_file(paths).kind)
    MoveJournal(paths.data_dir / "profiles").begin_move(move).close()
    desk = sit(PROFILE)
    banner = desk.wait_for_message(f"Move of the access key of {PROFILE} was interrupted.")
    desk.press_remedy(banner)
    panel = desk.window.findChild(QDialog, "interruptions")
    assert isinstance(panel, QDialog)
    finish, discard = (panel.findChild(QPushButton, f"interruption0{name}") for name in ("Finish", "Discard"))
    state = panel.findChild(QLabel, "interruption0State")
    assert finish is not None
    assert discard is not None
    assert state is not None
    assert not discard.isEnabled()  # its journal says where the key is
    finish.click()
    desk.until(lambda: "is locked or not available" in state.text())
    [_keyring, file] = desk.program.identities.stores()
    assert isinstance(file, PassphraseStore)
    file.unlock("open sesame seeds")
    finish.click()
    desk.until(lambda: state.text() == "The move was repaired. No keys were lost.")
    assert not MoveJournal(paths.data_dir / "profiles").has_any()
    panel.reject()


def test_that_the_aws_files_cannot_be_read_is_over_once_they_can(
    sit: Callable[[str], Desk], connection: Connection
) -> None:
    write_profile(connection.access)
    config = Path.home() / ".aws" / "config"
    before = config.read_bytes()
    desk = sit(PROFILE)
    desk.until(lambda: desk.window.top_bar.profile.findText(PROFILE) >= 0)

    def told() -> list[str]:
        return [str(each.error) for each in desk.window.banners.banners if "config" in str(each.error)]

    desk.until(lambda: not told())
    config.write_bytes(before + b"this is no line of a section\n[[\n")
    desk.until(told)
    config.write_bytes(before)
    desk.until(lambda: not told())
