"""Versions in the whole window: opened and compared from the Versions tab, and offered after a crash."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QPushButton, QToolButton

from tests.sandbox_functions import create_function, deploy_elsewhere
from tests.ui.features.code.conftest import NEW, OLD
from tests.ui.window_desk import Desk, Opener
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.open_windows import OpenWindows
from workbench.ui.features.code.compare import ComparePanel
from workbench.ui.pages.versions import VersionsPage
from workbench.ui.shell.conditions import Conditions
from workbench.ui.shell.sign_in import SIGN_IN
from workbench.ui.shell.version_picker import VersionPicker


@pytest.fixture
def name(connection: Connection) -> str:
    """A function of Alice's whose version 1 has other code than $LATEST."""
    name = create_function(connection, OLD).function_name
    connection.call("lambda", "publish_version", FunctionName=name)
    deploy_elsewhere(connection, name, NEW)
    return name


@pytest.fixture
def opened(desk: Desk, name: str) -> Desk:
    desk.connect()
    desk.open(name)
    desk.until(lambda: desk.code.files.current_path() == "app.py")
    desk.idle()
    return desk


def choose_version(desk: Desk, version: str) -> VersionsPage:
    desk.window.page.show_tab("versionsPage")
    page = desk.window.page.findChild(VersionsPage)
    assert page is not None
    model = page.versions.model()
    desk.until(lambda: version in [model.index(row, 0).data() for row in range(model.rowCount())])
    row = next(row for row in range(model.rowCount()) if model.index(row, 0).data() == version)
    page.versions.setCurrentIndex(model.index(row, 0))
    return page


def differences(desk: Desk) -> str:
    shown = desk.window.findChild(QPlainTextEdit, "editorPlainComparison")
    return shown.toPlainText() if shown is not None and shown.isVisible() else ""


def test_the_code_of_a_chosen_version_is_opened(opened: Desk) -> None:
    choose_version(opened, "1").open_code.click()
    code = opened.code
    opened.until(lambda: code.workspace is not None and code.workspace.read_only)
    assert opened.window.page.tabs.currentWidget() is code
    on_save = opened.window.findChild(QToolButton, "codeDeployOnSave")
    assert on_save is not None
    assert on_save.isHidden()  # nothing can be saved
    opened.context.services.actions["code.latest"].trigger()
    opened.until(lambda: code.workspace is not None and not code.workspace.read_only)
    assert not on_save.isHidden()


def test_the_open_code_is_compared_with_a_chosen_version(opened: Desk) -> None:
    choose_version(opened, "1").compare.click()
    opened.until(lambda: "-    return 'old'\n+    return 'new'" in differences(opened))
    assert opened.window.page.tabs.currentWidget() is opened.code


def test_differences_are_gone_to_while_there_are_some_and_reverted_where_code_can_change(
    opened: Desk,
) -> None:
    actions, code = opened.context.services.actions, opened.code

    def possible() -> list[bool]:
        return [actions[f"code.{each}"].isEnabled() for each in ("next_change", "revert_change")]

    assert possible() == [False, False]
    choose_version(opened, "1").compare.click()
    opened.until(lambda: differences(opened))
    assert possible() == [True, True]
    panel = opened.window.findChild(ComparePanel)
    assert panel is not None
    panel.close_button.click()
    assert possible() == [False, False]
    choose_version(opened, "1").open_code.click()
    opened.until(lambda: code.workspace is not None and code.workspace.read_only)
    actions["code.compare"].trigger()
    opened.until(lambda: differences(opened))
    assert possible() == [True, False]


def test_a_comparison_waits_until_the_code_is_open(desk: Desk, name: str) -> None:
    desk.connect()
    desk.window.page.tabs.setCurrentIndex(len(desk.window.page.pages) - 1)
    desk.open(name)
    page = choose_version(desk, "1")
    assert desk.code.workspace is None
    page.compare.click()
    desk.until(lambda: "-    return 'old'" in differences(desk))


def test_typing_that_is_back_offers_the_comparison(opened: Desk) -> None:
    code = opened.code
    assert code.workspace is not None
    code.workspace.put_draft("app.py", f"# typed\n{NEW}")
    name = opened.opened()
    code.clear()
    code._restored.clear()
    windows = opened.context.services.paths.data_dir / "windows"
    (windows / "of-a-killed-one.open").touch()
    opened.context.open_function(name)
    opened.until(lambda: opened.banner("Unsaved edits restored."))
    opened.idle()
    banner = opened.banner("Unsaved edits restored.")
    assert banner is not None
    conditions = opened.window.findChild(Conditions)
    assert conditions is not None
    conditions.look()
    opened.idle()
    assert opened.banner("Unsaved edits restored."), "they are not saved yet"
    button = banner.findChild(QPushButton, "bannerAction")
    assert button is not None
    assert button.text() == "Compare with Deployed"
    button.click()
    opened.until(lambda: "+# typed" in differences(opened))
    panel = opened.window.findChild(ComparePanel)
    assert panel is not None
    assert panel.title.text() == "Deployed ↔ Working copy"


def test_that_typing_is_back_goes_once_it_is_saved(opened: Desk) -> None:
    code = opened.code
    assert code.workspace is not None
    code.workspace.put_draft("app.py", f"# typed\n{NEW}")
    name = opened.opened()
    code.clear()
    code._restored.clear()
    (opened.context.services.paths.data_dir / "windows" / "of-a-killed-one.open").touch()
    opened.context.open_function(name)
    opened.until(lambda: opened.banner("Unsaved edits restored."))
    opened.until(lambda: code.files.open_paths() and code.files.editor.is_ready)
    with opened._qtbot.waitCallback() as saved:
        code.files.save_all_shown(saved)
    conditions = opened.window.findChild(Conditions)
    assert conditions is not None
    conditions.look()
    opened.idle()
    assert opened.banner("Unsaved edits restored.") is None


def test_typing_of_an_ordinary_end_or_of_a_window_that_is_open_is_not_told_of(opened: Desk) -> None:
    code, data_dir = opened.code, opened.context.services.paths.data_dir
    assert code.workspace is not None
    code.workspace.put_draft("app.py", f"# typed\n{NEW}")
    name = opened.opened()
    other = OpenWindows(data_dir / "windows")
    other.begin()
    try:
        code.clear()
        code._restored.clear()
        opened.context.open_function(name)
        opened.until(lambda: code.workspace is not None)
        opened.idle()
        assert opened.banner("Unsaved edits restored.") is None
    finally:
        other.end()


def ask(desk: Desk) -> VersionPicker:
    """Asks what to compare with."""
    desk.context.services.actions["code.compare_with"].trigger()
    desk.until(lambda: isinstance(QApplication.activeModalWidget(), VersionPicker))
    picker = QApplication.activeModalWidget()
    assert isinstance(picker, VersionPicker)
    desk.until(lambda: picker.list.count())
    return picker


def look_into(picker: VersionPicker, profile: str) -> None:
    assert picker.elsewhere is not None
    row = picker.elsewhere.profile.findText(profile)
    assert row > 0
    picker.elsewhere.profile.setCurrentIndex(row)


def test_the_open_code_is_compared_with_the_same_function_in_another_account(
    opened: Desk,
    opener: Opener,
    name: str,
) -> None:
    bob = opener.ready["bob"]
    assert isinstance(bob, Connection)
    create_function(bob, "theirs = 1\n", name=name)
    bob.call("lambda", "publish_version", FunctionName=name)
    bob.call("lambda", "create_alias", FunctionName=name, Name="live", FunctionVersion="1")
    alice = opened.context.session.connection
    picker = ask(opened)
    assert picker.elsewhere is not None
    assert picker.elsewhere.profile.findText("alice") < 0  # that is here

    look_into(picker, "bob")
    opened.until(
        lambda: (
            [picker.list.item(row).text().split()[0] for row in range(picker.list.count())]
            == ["$LATEST", "live", "1"]
        )
    )
    picker.list.setCurrentRow(1)
    QTest.mouseClick(picker.accept_button, Qt.MouseButton.LeftButton)

    opened.until(lambda: "-theirs = 1" in differences(opened))
    panel = opened.window.findChild(ComparePanel)
    assert panel is not None
    assert panel.title.text() == f"live · {bob.account_id} · us-east-1 ↔ Working copy"
    assert opened.context.session.connection is alice


def test_an_account_without_the_function_says_so_and_another_can_be_chosen(opened: Desk) -> None:
    picker = ask(opened)
    look_into(picker, "bob")
    opened.until(lambda: "[ResourceNotFoundException]" in picker.state.text())
    assert not picker.accept_button.isEnabled()
    assert not picker.remedy.isVisible()
    assert picker.elsewhere is not None
    picker.elsewhere.profile.setCurrentIndex(0)
    opened.until(lambda: picker.list.count() == 2)
    picker.reject()


def test_a_profile_that_needs_a_sign_in_offers_it_and_is_looked_into_afterwards(
    opened: Desk,
    opener: Opener,
    name: str,
) -> None:
    bob = opener.ready["bob"]
    assert isinstance(bob, Connection)
    create_function(bob, "theirs = 1\n", name=name)
    opener.ready["bob"] = WorkbenchError(
        "Could not connect with bob.", "The sign-in has ended.", action=SIGN_IN
    )
    picker = ask(opened)
    look_into(picker, "bob")
    opened.until(picker.remedy.isVisible)
    assert picker.remedy.text() == opened.context.services.actions[SIGN_IN].text()
    QTest.mouseClick(picker.remedy, Qt.MouseButton.LeftButton)
    opened.until(lambda: opened.banner("bob does not use sign-in."))  # it has keys
    assert picker.isVisible()

    opener.ready["bob"] = bob
    opened.protection.sign_in.signed_in.emit("bob")

    opened.until(lambda: picker.list.count() == 1)
    assert not picker.remedy.isVisible()
    picker.reject()


def test_a_region_of_another_account_is_looked_into(opened: Desk) -> None:
    picker = ask(opened)
    assert picker.elsewhere is not None
    look_into(picker, "bob")
    opened.until(lambda: picker.elsewhere is not None and picker.elsewhere.region.count() > 10)
    picker.elsewhere.region.setCurrentText("eu-west-1")
    opened.until(lambda: "[ResourceNotFoundException]" in picker.state.text())
    assert picker.elsewhere.profile.currentText().startswith("bob")
    assert picker.elsewhere.region.currentText() == "eu-west-1"
    picker.reject()
