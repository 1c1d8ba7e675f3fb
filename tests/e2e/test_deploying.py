"""Deploying from the window, where a person must decide, and the window's beginning and end."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from tests.e2e.conftest import HANDLER
from tests.e2e.desk import PROFILE, Desk, text_of, write_profile
from tests.sandbox_functions import deploy_elsewhere, deployed_text
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.code.merge import Choice
from workbench.ui.features.code.merge_dialog import MergeDialog

Sit = Callable[[str], Desk]
OURS, THEIRS = "handler = print", "def handler(event, context):\n    return 'theirs'\n"


def test_unsaved_typing_is_deployed_and_the_same_code_not_again(
    sit: Sit, access: Access, connection: Connection, function_name: str
) -> None:
    write_profile(access)
    desk = sit(PROFILE)
    desk.open_function(function_name)
    desk.type_over(OURS)

    desk.act("function.deploy")
    desk.wait_for_message("Deployed")

    assert deployed_text(connection, function_name) == OURS
    desk.until(lambda: not desk.files.editor.is_dirty(desk.files.editor.active_uri()))
    desk.act("function.deploy")
    desk.wait_for_message("already deployed")


@pytest.mark.parametrize(
    ("button", "deployed", "shown"),
    [("Cancel", THEIRS, OURS), ("Use Theirs", THEIRS, THEIRS), ("Overwrite Theirs", OURS, OURS)],
)
def test_code_that_somebody_else_deployed_is_not_overwritten_unasked(
    sit: Sit,
    access: Access,
    connection: Connection,
    function_name: str,
    button: str,
    deployed: str,
    shown: str,
) -> None:
    write_profile(access)
    desk = sit(PROFILE)
    desk.open_function(function_name)
    deploy_elsewhere(connection, function_name, THEIRS)
    desk.type_over(OURS)
    resolve = desk.program.services.actions["deploy.resolve_conflict"]
    assert not resolve.isEnabled()

    desk.act("function.deploy")
    said = desk.wait_for_message("was not deployed")
    assert "The deployed code changed at" in text_of(said)
    assert QApplication.activeModalWidget() is None
    assert resolve.isEnabled()
    asked = desk.answer("deployConflict", button)
    desk.press_remedy(said)
    desk.until(lambda: asked)

    desk.until(lambda: desk.code.workspace and desk.code.workspace.read("app.py").text == shown)
    if button == "Overwrite Theirs":
        desk.wait_for_message("Deployed")
    if button == "Use Theirs":
        desk.wait_for_message("Your changes are kept in")
    desk.rest()
    assert deployed_text(connection, function_name) == deployed
    assert resolve.isEnabled() == (button == "Cancel")


def test_ones_own_code_is_merged_with_what_somebody_else_deployed(
    sit: Sit, access: Access, connection: Connection, function_name: str
) -> None:
    write_profile(access)
    desk = sit(PROFILE)
    desk.open_function(function_name)
    deploy_elsewhere(connection, function_name, THEIRS)
    desk.type_over(OURS)
    desk.act("function.deploy")
    said = desk.wait_for_message("was not deployed")
    asked = desk.answer("deployConflict", "Merge…")
    desk.press_remedy(said)
    desk.until(lambda: asked)
    desk.until(lambda: isinstance(QApplication.activeModalWidget(), MergeDialog))
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, MergeDialog)
    desk.until(lambda: dialog.view.position.text() == "Conflict 1 of 1")
    QTest.mouseClick(dialog.view.buttons[Choice.BOTH], Qt.MouseButton.LeftButton)
    QTest.mouseClick(dialog.merge, Qt.MouseButton.LeftButton)

    desk.wait_for_message("were merged")
    desk.until(lambda: desk.files.current_path() == "app.py")
    assert deployed_text(connection, function_name) == THEIRS  # nothing is sent before the next Deploy
    desk.rest()
    desk.act("function.deploy")
    desk.wait_for_message("Deployed")
    assert deployed_text(connection, function_name) == f"{OURS}\n{THEIRS}"


def test_the_palette_resolves_a_conflict_that_an_earlier_run_left(
    sit: Sit, access: Access, connection: Connection, function_name: str
) -> None:
    write_profile(access)
    first = sit(PROFILE)
    first.open_function(function_name)
    first.type_over(OURS)
    first.leave()
    deploy_elsewhere(connection, function_name, THEIRS)
    desk = sit(PROFILE)
    desk.open_function(function_name)
    desk.wait_for_message("The deployed code changed")

    asked = desk.answer("deployConflict", "Overwrite Theirs")
    desk.act("view.palette")
    search = desk.window.findChild(QLineEdit, "paletteSearch")
    assert search is not None
    QTest.keyClicks(search, "resolve conflict")
    QTest.keyClick(search, Qt.Key.Key_Return)
    desk.until(lambda: asked)

    desk.wait_for_message("Deployed")
    assert deployed_text(connection, function_name) == OURS


def test_what_was_typed_is_back_after_quitting(sit: Sit, access: Access, function_name: str) -> None:
    write_profile(access)
    first = sit(PROFILE)
    first.open_function(function_name)
    first.type_over(OURS)
    first.leave()

    second = sit(PROFILE)
    second.open_function(function_name)

    second.until(lambda: second.files.editor.is_dirty(second.files.editor.active_uri()))
    messages = [str(banner.error) for banner in second.window.banners.banners]
    assert not [message for message in messages if "restored" in message]  # nothing has gone wrong
    workspace = second.code.workspace
    assert workspace is not None
    assert workspace.read("app.py").text == HANDLER
    draft = workspace.draft("app.py")
    assert draft is not None
    assert draft.text == OURS
    assert second.files.editor.is_dirty(second.files.editor.active_uri())


def test_a_window_closes_before_anything_is_open(sit: Sit, access: Access) -> None:
    write_profile(access)

    desk = sit(PROFILE)
    closed: list[bool] = []
    desk.window.closed.connect(lambda: closed.append(True))
    desk.leave()
    assert closed


def test_the_activity_panel_names_each_write(sit: Sit, access: Access, function_name: str) -> None:
    write_profile(access)
    desk = sit(PROFILE)
    desk.open_function(function_name)
    desk.type_over(OURS)
    desk.act("function.deploy")
    desk.wait_for_message("Deployed")
    desk.act("view.activity")

    desk.until(lambda: "UpdateFunctionCode" in desk.activity())
