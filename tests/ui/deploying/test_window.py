"""Deploying with options in the whole window: from the key to the message, and what is shown meanwhile."""

import threading
from typing import Any

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractButton, QLabel

from tests.sandbox_functions import create_function, deployed_text
from tests.ui.sign_in.conftest import press
from tests.ui.test_protection import TYPED, type_in_editor
from tests.ui.test_routes import HANDLER, desk, opener
from tests.ui.window_desk import Desk
from workbench.aws.connection import Connection
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.deploy.execute import DeployResult, execute
from workbench.functions.configure import Wanted, configure
from workbench.functions.detail import get_function
from workbench.ui.features.deploy.dialog import DeployDialog
from workbench.ui.features.deploy.feature import DeployStrip
from workbench.ui.kit.dialog import Question

__all__ = ["desk", "opener"]  # fixtures


def dialog_of(desk: Desk) -> DeployDialog:
    dialogs: list[DeployDialog] = []

    def is_shown() -> bool:
        dialogs[:] = [each for each in desk.window.findChildren(DeployDialog) if each.isVisible()]
        return bool(dialogs) and dialogs[0].proposal is not None

    desk.until(is_shown)
    return dialogs[0]


def badge_of(desk: Desk) -> QLabel:
    badge = desk.window.page.findChild(QLabel, "functionNotDeployed")
    assert badge is not None
    return badge


def _picture(desk: Desk, row: QModelIndex) -> set[str]:
    """The colours of a row of the list of functions."""
    view = desk.window.functions.view
    image = view.viewport().grab(view.visualRect(row)).toImage()
    pixels = ((x, y) for x in range(image.width()) for y in range(image.height()))
    return {image.pixelColor(x, y).name() for x, y in pixels}


def _warning(desk: Desk) -> str:
    return QColor(desk.context.services.theme.colors.warning).name()


@pytest.fixture
def name(desk: Desk, connection: Connection) -> str:
    """A function that is open, with something typed and not saved."""
    function = create_function(connection, HANDLER)
    desk.connect()
    desk.open(function.function_name)
    type_in_editor(desk)
    return function.function_name


def test_what_was_typed_is_saved_shown_and_deployed(desk: Desk, connection: Connection, name: str) -> None:
    desk.context.services.actions["function.deploy_with"].trigger()
    dialog = dialog_of(desk)
    assert dialog.proposal is not None
    assert [file.path for file in dialog.proposal.files] == ["app.py"]
    dialog.form.publish.set_checked(checked=True)
    desk.until(lambda: dialog.yes.isEnabled())
    press(dialog, "deployYes")
    desk.until(lambda: desk.banner(f"Deployed {name}"))
    assert desk.banner("Version 1 is published.")
    assert deployed_text(connection, name) == TYPED + HANDLER
    opened = desk.window.page.function
    assert opened is not None
    assert opened.detail.code_sha256 == get_function(connection, name).code_sha256


def test_deploy_works_from_another_tab_before_the_code_was_ever_opened(
    desk: Desk, connection: Connection
) -> None:
    desk.window.page.show_tab("logsPage")
    name = create_function(connection, HANDLER).function_name
    desk.connect()
    desk.open(name)
    assert desk.code.workspace is None
    desk.context.services.actions["function.deploy"].trigger()
    desk.until(lambda: desk.banner(f"{name} is already deployed."))
    assert desk.window.page.tabs.currentWidget().objectName() == "logsPage"


def test_saved_changes_are_marked_in_the_header_until_they_are_deployed(
    desk: Desk, connection: Connection, name: str
) -> None:
    badge = badge_of(desk)
    assert not badge.isVisible()  # typed, and not saved
    desk.context.services.actions["file.save"].trigger()
    desk.until(badge.isVisible)
    assert badge.text() == "Not deployed"
    assert "app.py" in badge.toolTip()
    row = desk.window.functions.model.index_of(name)
    assert f"{name}, Not deployed," in row.data(Qt.ItemDataRole.AccessibleTextRole)
    assert "Not deployed" in row.data(Qt.ItemDataRole.ToolTipRole)
    marked = _picture(desk, row)
    desk.window.page.show_tab("logsPage")
    assert badge.isVisible()
    desk.context.services.actions["function.deploy"].trigger()
    desk.until(lambda: desk.banner(f"Deployed {name}"))
    desk.until(lambda: not badge.isVisible())
    assert "Not deployed" not in row.data(Qt.ItemDataRole.AccessibleTextRole)
    assert _warning(desk) in marked
    assert _warning(desk) not in _picture(desk, row)


def test_the_mark_in_the_header_goes_when_the_change_is_undone(desk: Desk, name: str) -> None:
    badge = badge_of(desk)
    workspace = desk.code.workspace
    assert workspace is not None
    desk.context.services.actions["file.save"].trigger()
    desk.until(badge.isVisible)
    workspace.revert("app.py")
    desk.code.reload()
    desk.until(lambda: not badge.isVisible())


def test_the_header_knows_changes_before_the_code_is_opened(
    desk: Desk, connection: Connection, name: str
) -> None:
    badge = badge_of(desk)
    desk.context.services.actions["file.save"].trigger()
    desk.until(badge.isVisible)
    other = create_function(connection, HANDLER).function_name
    desk.window.page.show_tab("logsPage")
    desk.window.functions.refresh()
    desk.open(other)
    assert not badge.isVisible()
    desk.open(name)
    desk.until(badge.isVisible)
    assert desk.code.workspace is None


def test_deploy_is_the_only_primary_button_of_the_window(desk: Desk, name: str) -> None:
    buttons = desk.window.findChildren(QAbstractButton)
    primary = [each.objectName() for each in buttons if each.property("role") == "primary"]
    assert primary == ["button.function.deploy"]


def test_a_deploy_that_was_cancelled_leaves_the_window_up_to_date(
    desk: Desk, connection: Connection, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()

    def stopped(*_args: object) -> None:
        go.wait(20)
        raise Cancelled

    configure(connection, get_function(connection, name), Wanted(memory_mb=512), JobContext())
    desk.context.services.actions["function.deploy"].trigger()
    dialog = dialog_of(desk)  # somebody changed its memory
    monkeypatch.setattr("workbench.ui.features.deploy.flow.execute", stopped)
    desk.until(dialog.yes.isEnabled)
    press(dialog, "deployYes")
    strip = desk.window.findChild(DeployStrip)
    assert strip is not None
    desk.until(strip.isVisible)
    go.set()
    desk.until(lambda: desk.banner("Deploy cancelled."))
    desk.until(lambda: "512 MB" in desk.header("functionFacts"))
    desk.until(lambda: not strip.isVisible())


def test_code_can_be_opened_again_while_it_is_being_deployed(
    desk: Desk, connection: Connection, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = create_function(connection, HANDLER).function_name
    go = threading.Event()

    def slow(*args: Any) -> DeployResult:
        go.wait(20)
        return execute(*args)

    monkeypatch.setattr("workbench.ui.features.deploy.flow.execute", slow)
    desk.window.functions.refresh()
    workspace = desk.code.workspace
    desk.context.services.actions["function.deploy"].trigger()
    strip = desk.window.findChild(DeployStrip)
    assert strip is not None
    desk.until(strip.isVisible)
    desk.open(other)
    desk.until(lambda: desk.code.workspace not in (None, workspace))
    assert not strip.isVisible()
    desk.open(name)
    desk.until(lambda: desk.code.workspace is workspace)
    desk.until(strip.isVisible)
    go.set()
    desk.until(lambda: desk.banner(f"Deployed {name}"))
    assert workspace is not None
    assert workspace.is_clean(JobContext())
    assert deployed_text(connection, name) == TYPED + HANDLER


def test_what_was_said_of_the_deploy_before_goes_with_the_next(
    desk: Desk, connection: Connection, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_args: object) -> None:
        raise WorkbenchError("It failed its test.")

    with monkeypatch.context() as patch:
        patch.setattr("workbench.ui.features.deploy.flow.execute", refused)
        desk.context.services.actions["function.deploy"].trigger()
        desk.until(lambda: desk.banner("It failed its test."))
    desk.context.services.actions["function.deploy"].trigger()
    desk.until(lambda: desk.banner(f"Deployed {name}"))
    assert not desk.banner("It failed its test.")


def test_a_stack_that_manages_the_function_is_named_before_anything_is_deployed(
    desk: Desk, connection: Connection
) -> None:
    tags = {"aws:cloudformation:stack-name": "shop", "aws:cloudformation:logical-id": "Orders"}
    function = create_function(connection, HANDLER, Tags=tags)
    desk.connect()
    desk.open(function.function_name)
    type_in_editor(desk)
    actions = desk.context.services.actions
    actions["function.deploy_with"].trigger()
    dialog = dialog_of(desk)
    assert dialog.owner.isVisible()
    assert "Managed by CloudFormation (shop)." in dialog.owner.text()
    dialog.reject()

    def question() -> Question:
        desk.until(lambda: desk.window.findChildren(Question, "deployOwner"))
        return desk.window.findChildren(Question, "deployOwner")[-1]

    actions["function.deploy"].trigger()
    press(question(), "deployOwnerNo")
    desk.idle()
    assert deployed_text(connection, function.function_name) == HANDLER
    desk.until(lambda: not desk.window.findChildren(Question, "deployOwner"))
    actions["function.deploy"].trigger()
    press(question(), "deployOwnerYes")
    desk.until(lambda: desk.banner(f"Deployed {function.function_name}"))
    assert deployed_text(connection, function.function_name) == TYPED + HANDLER
    desk.until(lambda: not desk.window.findChildren(Question, "deployOwner"))
    actions["function.deploy"].trigger()  # the yes holds until the program ends
    desk.until(lambda: desk.banner("has this code"))
