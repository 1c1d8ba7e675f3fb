"""A restoring that a crash interrupted, at the next start of the whole window."""

import json

import pytest
from PySide6.QtWidgets import QDialog, QLabel

from tests.sandbox_functions import create_function
from tests.ui.pages.conftest import texts
from tests.ui.recovery_panel import Panel
from tests.ui.sign_in.conftest import press
from tests.ui.test_routes import HANDLER
from tests.ui.window_desk import Desk
from workbench.aws.connection import Connection
from workbench.code.download import download_for
from workbench.core.clock import SystemClock
from workbench.core.jobs import JobContext
from workbench.functions.deleted import Deleted, DeletedStore
from workbench.functions.deletion import delete_function
from workbench.functions.detail import get_function
from workbench.ui.features.deleting.dialog import RestoreDialog
from workbench.ui.kit.dialog import Question

HALF, OTHER = "half-there", "whole"
TITLE = f"Restore of {HALF}"
BANNER = f"{TITLE} was interrupted."


@pytest.fixture
def copy(desk: Desk, connection: Connection) -> Deleted:
    """A copy whose function a crash has left without its alias, older than another copy."""
    store = DeletedStore(desk.context.services.paths.data_dir / "deleted", SystemClock())
    copies = []
    for name in (HALF, OTHER):
        create_function(connection, HANDLER, name=name)
        connection.call("lambda", "publish_version", FunctionName=name)
        connection.call("lambda", "create_alias", FunctionName=name, Name="live", FunctionVersion="1")
        copies.append(store.keep(connection, name, (), download_for, JobContext())[0])
        delete_function(connection, name, JobContext())
    code = {"ZipFile": copies[0].package.read_bytes()}
    connection.call("lambda", "create_function", Code=code, **json.loads(copies[0].request))
    (copies[0].folder / "restoring").touch()
    return copies[0]


def offer(desk: Desk) -> RestoreDialog:
    desk.connect()
    desk.until(lambda: desk.banner(BANNER))
    desk.context.services.actions["function.restore"].trigger()
    desk.until(lambda: desk.window.findChild(QDialog, "restoreDialog"))
    found = desk.window.findChild(QDialog, "restoreDialog")
    assert isinstance(found, RestoreDialog)
    return found


def test_it_is_said_at_the_start_and_restore_goes_on(
    desk: Desk, connection: Connection, copy: Deleted
) -> None:
    dialog = offer(desk)
    assert {row[0] for row in texts(dialog.table)} == {HALF, OTHER}
    assert dialog.chosen() == copy  # though another one is newer
    about = dialog.findChild(QLabel, "restoreAbout")
    assert about is not None
    assert "Restore continues it." in about.text()
    press(dialog, "restoreYes")
    desk.until(lambda: desk.banner(f"{HALF} was restored."))
    desk.idle()
    assert not desk.banner(BANNER)
    alias = connection.call("lambda", "get_alias", FunctionName=HALF, Name="live")
    assert alias["FunctionVersion"] == "1"
    assert get_function(connection, HALF).state == "Active"


def test_the_panel_finishes_it(desk: Desk, connection: Connection, copy: Deleted) -> None:
    desk.connect()
    panel = Panel(desk, BANNER)
    assert "It cannot be undone: Delete the function instead." in panel.text(TITLE)
    panel.press(TITLE, "Finish")
    panel.until_said(TITLE, f"{HALF} was restored.")
    desk.until(lambda: desk.opened() == HALF)
    alias = connection.call("lambda", "get_alias", FunctionName=HALF, Name="live")
    assert alias["FunctionVersion"] == "1"
    assert copy.journal.interrupted() is None
    panel.dialog.reject()
    desk.idle()


def test_it_is_said_no_more_once_the_copy_is_forgotten(desk: Desk, copy: Deleted) -> None:
    dialog = offer(desk)
    press(dialog, "restoreForget")
    question = dialog.findChild(Question, "restoreForgetQuestion")
    assert question is not None
    press(question, "restoreForgetQuestionYes")
    desk.until(lambda: not desk.banner(BANNER))
    assert not copy.folder.exists()
    dialog.reject()
    desk.idle()
