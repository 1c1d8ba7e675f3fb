"""Revert All to Deployed: asked with what it costs, done to all files, and undone in the tree."""

import pytest
from PySide6.QtWidgets import QMessageBox, QPushButton

from tests.aws_stub import aws
from tests.ui.code_files import tabs
from tests.ui.features.code.coder import CodeServer
from tests.ui.test_file_changes import (
    FILES,
    PATHS,
    Changer,
    changer,
    server,
)

__all__ = ["aws", "changer", "server"]  # fixtures


def ask(changer: Changer) -> QMessageBox:
    changer.reverting.revert_all()
    window = changer.page.window()
    changer.until(lambda: window.findChild(QMessageBox, "revertAll"))
    box = window.findChild(QMessageBox, "revertAll")
    assert box is not None
    return box


def press(changer: Changer, box: QMessageBox, label: str) -> None:
    (button,) = (each for each in box.findChildren(QPushButton) if each.text().replace("&", "") == label)
    button.click()
    changer.until(lambda: changer.page.window().findChild(QMessageBox, "revertAll") is None)
    changer.idle()


@pytest.fixture
def edited(changer: Changer) -> Changer:
    """One file is typed in, one is new and open, one is deleted."""
    changer.workspace.delete("README.md")
    changer.new_file("new.py")
    changer.until(lambda: changer.files.current_path() == "new.py")
    changer.files.open("app.py")
    changer.until(lambda: changer.files.current_path() == "app.py")
    changer.idle()
    changer.type("# typed ")
    return changer


def test_the_question_says_what_it_costs_and_cancel_changes_nothing(edited: Changer) -> None:
    box = ask(edited)
    words = box.informativeText()
    assert "Changed: 1\nAdded (will be deleted): 1\nDeleted (will be restored): 1\n" in words
    assert "Ctrl+Z" in words
    assert box.defaultButton() is box.button(QMessageBox.StandardButton.Cancel)
    press(edited, box, "Cancel")
    assert edited.there == {*PATHS, "new.py"} - {"README.md"}
    assert edited.shown == "# typed app = 1\n"


def test_all_files_are_reverted_and_the_trees_undo_brings_all_back(edited: Changer) -> None:
    press(edited, ask(edited), "Revert All")
    assert edited.there == PATHS
    assert edited.workspace.drafts() == ()
    assert set(edited.tree().values()) == {""}
    edited.until(lambda: tabs(edited.files) == ["app.py"])
    edited.until(lambda: edited.shown == FILES["app.py"])
    told = edited.told[-1]
    assert told is not None
    assert (told.what, told.action) == ("All files match the deployed code again.", "file.undo")

    edited.undo()
    assert edited.there == {*PATHS, "new.py"} - {"README.md"}
    edited.until(lambda: sorted(tabs(edited.files)) == ["new.py", "● app.py"])
    edited.files.open("app.py")
    edited.until(lambda: edited.shown == "# typed app = 1\n")
    edited.redo()
    assert edited.there == PATHS
    edited.until(lambda: edited.shown == FILES["app.py"])
    assert edited.failed == []


def test_without_a_change_nothing_is_asked(changer: Changer) -> None:
    changer.reverting.revert_all()
    changer.until(lambda: ("Nothing to revert.", "All files match the deployed code.") in changer.notices)
    assert changer.page.window().findChild(QMessageBox, "revertAll") is None


def test_a_version_is_not_reverted_and_the_way_on_is_offered(
    changer: Changer,
    server: CodeServer,
) -> None:
    changer.show(server.function("hello", FILES, version="7"))
    changer.until(lambda: changer.page.workspace)
    changer.idle()
    changer.reverting.revert_all()
    (error,) = changer.failed
    assert error.action == "code.latest"
