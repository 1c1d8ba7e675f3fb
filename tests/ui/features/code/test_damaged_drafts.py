"""Unsaved edits that are not whole: the saved file opens, what is left is said once and offered."""

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QPushButton

from tests.sandbox_functions import create_function
from tests.ui.code_files import text
from tests.ui.features.conftest import desk, opener
from tests.ui.test_routes import HANDLER
from tests.ui.window_desk import Desk
from workbench.aws.connection import Connection

__all__ = ["desk", "opener"]  # fixtures

TYPED = HANDLER + "# one\n# two\n"
SAID = "The unsaved edits of app.py are incomplete. The saved file is shown."


@pytest.fixture
def cut(desk: Desk, connection: Connection, expect_log: Callable[[str], None]) -> Desk:
    """A function whose draft was cut between two openings."""
    expect_log("The unsaved edits of app.py could not be read.")
    name = create_function(connection, HANDLER).function_name
    desk.connect()
    desk.open(name)
    desk.until(lambda: text(desk.code.files).toPlainText() == HANDLER)
    workspace = desk.code.workspace
    assert workspace is not None
    workspace.put_draft("app.py", TYPED)
    desk.context.close_function()
    desk.idle()
    (file,) = workspace.drafts_folder.iterdir()
    file.write_bytes(file.read_bytes()[: -len("# two\n")])
    desk.open(name)
    desk.until(lambda: desk.code.workspace is not None)
    return desk


def test_the_saved_file_opens_and_what_is_left_is_offered(cut: Desk) -> None:
    files = cut.code.files
    cut.until(lambda: text(files).toPlainText() == HANDLER)
    cut.until(lambda: cut.banner(SAID))
    banner = cut.banner(SAID)
    assert banner is not None
    left, whole = len(TYPED) - len("# two\n"), len(TYPED)
    assert f"{left} of {whole} bytes are left. They are kept in " in str(banner.error)
    button = banner.findChild(QPushButton, "bannerAction")
    assert button is not None
    cut.until(button.isVisible)

    button.click()

    cut.until(lambda: text(files).toPlainText() == HANDLER + "# one\n")
    assert files.editor.is_dirty(files.uri_of_open("app.py"))
    workspace = cut.code.workspace
    assert workspace is not None
    assert workspace.read("app.py").text == HANDLER


def test_it_is_said_once_and_the_file_is_not_locked(cut: Desk) -> None:
    cut.until(lambda: cut.banner(SAID))
    name = cut.opened()
    cut.window.banners.clear()
    cut.context.close_function()
    cut.idle()
    cut.open(name)
    cut.until(lambda: text(cut.code.files).toPlainText() == HANDLER)
    cut.idle()
    assert not cut.banner(SAID)
