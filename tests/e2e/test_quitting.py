"""Quitting while the disk does not take what was typed: the program asks, and obeys either answer."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QApplication, QMessageBox

from tests.e2e.conftest import HANDLER
from tests.e2e.desk import PROFILE, Desk, write_profile
from workbench.aws.client_config import Access

Sit = Callable[[str], Desk]
TYPED = "handler = print"


def typed_in_vain(desk: Desk, function_name: str) -> Path:
    """Types what cannot be kept: where the folder of drafts belongs, there is a file. Gives its path."""
    desk.open_function(function_name)
    workspace = desk.code.workspace
    assert workspace is not None
    drafts = workspace.folder / "drafts"
    drafts.rmdir()
    drafts.touch()
    desk.type_over(TYPED)
    desk.wait_for_message("could not be saved")
    return drafts


def test_who_says_no_keeps_the_window_and_all_that_was_typed(
    sit: Sit, access: Access, function_name: str
) -> None:
    write_profile(access)
    desk = sit(PROFILE)
    drafts = typed_in_vain(desk, function_name)
    said = desk.answer("notKept", "Cancel")

    desk.act("app.quit")
    desk.until(lambda: said)

    assert "app.py" in said[0]
    assert desk.window.isVisible()
    assert desk.files.editor.is_dirty(desk.files.editor.active_uri())
    drafts.unlink()
    desk.leave()  # not asked again: now it can be written
    second = sit(PROFILE)
    second.open_function(function_name)
    assert second.code.workspace is not None
    draft = second.code.workspace.draft("app.py")
    assert draft is not None
    assert draft.text == TYPED


def test_who_gives_it_up_is_let_go(sit: Sit, access: Access, function_name: str) -> None:
    write_profile(access)
    desk = sit(PROFILE)
    drafts = typed_in_vain(desk, function_name)
    workspace = desk.code.workspace
    assert workspace is not None
    desk.window._patience.setInterval(1)  # only the answer may close the window

    desk.window.close()
    desk.until(lambda: isinstance(QApplication.activeModalWidget(), QMessageBox))
    assert desk.window.isVisible()
    said = desk.answer("notKept", "Discard")
    desk.leave()

    assert len(said) == 1
    assert drafts.is_file()
    assert workspace.read("app.py").text == HANDLER
