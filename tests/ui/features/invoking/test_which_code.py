"""The result says which code ran while there are edits that are not deployed; Deploy and Invoke runs them."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QMessageBox

from tests.sandbox_functions import create_function, deployed_text
from tests.ui.deploying.test_window import dialog_of
from tests.ui.sign_in.conftest import press
from tests.ui.test_protection import TYPED, type_in_editor
from tests.ui.test_routes import HANDLER
from tests.ui.window_desk import Desk
from workbench.aws.connection import Connection
from workbench.profiles.safety import Safety, Tier
from workbench.ui.kit.dialog import Question
from workbench.ui.result.panel import ResultPanel
from workbench.ui.shell.protection import Protection
from workbench.ui.shell.services import Services

EDITED = HANDLER.replace('"answer"', '[event["n"], "edited"]')


@pytest.fixture
def name(desk: Desk, connection: Connection) -> str:
    """A function whose code is open."""
    function = create_function(connection, HANDLER)
    desk.connect()
    desk.open(function.function_name)
    desk.until(lambda: desk.code.workspace)
    return function.function_name


def _edit(desk: Desk, text: str = EDITED) -> None:
    workspace = desk.code.workspace
    assert workspace is not None
    workspace.save("app.py", text)
    desk.code.reload()
    desk.idle()


def _invoke(desk: Desk, event: str = '{"n": 7}') -> ResultPanel:
    desk.invoke(event)
    panel = desk.window.result
    desk.until(lambda: panel.status.text() not in ("", "Running…"))
    desk.idle()
    return panel


def test_without_edits_nothing_is_said(desk: Desk, name: str) -> None:
    panel = _invoke(desk)
    assert panel.status.text() == "Succeeded"
    assert panel.code_note.isHidden()
    assert panel.deploy_and_invoke.isHidden()


def test_deploy_and_invoke_runs_the_edits_with_the_same_event(
    desk: Desk, connection: Connection, name: str
) -> None:
    _edit(desk)
    panel = _invoke(desk)
    assert panel.answer.toPlainText() == '"answer"'
    assert panel.code_note.text() == "The deployed code ran; your edits are not deployed."
    assert panel.deploy_and_invoke.isVisible()
    desk.test.text.setPlainText('{"n": 8}')  # what is typed meanwhile is another event

    panel.deploy_and_invoke.click()

    desk.until(lambda: "edited" in panel.answer.toPlainText())
    assert deployed_text(connection, name) == EDITED
    assert "7" in panel.answer.toPlainText()
    desk.idle()
    assert panel.code_note.isHidden()
    assert panel.deploy_and_invoke.isHidden()


def test_once_the_edits_are_deployed_they_are_not_said_to_be_missing(
    desk: Desk, connection: Connection, name: str
) -> None:
    _edit(desk)
    panel = _invoke(desk)
    assert panel.deploy_and_invoke.isVisible()
    desk.context.services.actions["function.deploy"].trigger()
    desk.until(lambda: deployed_text(connection, name) == EDITED)
    desk.idle()
    assert panel.answer.toPlainText() == '"answer"'
    assert panel.code_note.isHidden()
    assert panel.deploy_and_invoke.isHidden()


def test_what_is_typed_and_not_saved_is_an_edit_too(desk: Desk, connection: Connection, name: str) -> None:
    type_in_editor(desk)
    panel = _invoke(desk)
    assert panel.code_note.text() == "The deployed code ran; your edits are not deployed."
    panel.deploy_and_invoke.click()
    desk.until(lambda: desk.banner(f"Deployed {name}"))
    desk.until(lambda: panel.status.text() == "Succeeded" and panel.code_note.isHidden())
    assert deployed_text(connection, name) == TYPED + HANDLER


def test_edits_of_an_earlier_day_count_while_the_code_is_not_open(desk: Desk, name: str) -> None:
    _edit(desk)
    desk.context.close_function()
    desk.until(lambda: desk.opened() == "")
    desk.window.page.show_tab("testPage")
    desk.open(name)
    panel = _invoke(desk)
    assert panel.code_note.text() == "The deployed code ran; your edits are not deployed."


def test_a_version_or_an_alias_is_named_and_nothing_is_deployed_for_it(
    desk: Desk, connection: Connection, name: str
) -> None:
    connection.call("lambda", "publish_version", FunctionName=name)
    connection.call("lambda", "create_alias", FunctionName=name, Name="live", FunctionVersion="1")
    _edit(desk)
    desk.window.page.show_tab("testPage")
    for qualifier, words in (("1", "Version 1 ran"), ("live", "live (version 1) ran")):
        desk.test.options.qualifier.setEditText(qualifier)
        panel = _invoke(desk)
        assert panel.code_note.text() == f"{words}; your edits are not deployed."
        assert panel.deploy_and_invoke.isHidden()


def test_production_asks_before_the_deploy_and_before_the_invocation(
    desk: Desk, services: Services, connection: Connection, name: str
) -> None:
    _edit(desk)
    panel = _invoke(desk)
    Safety(services.settings).set_tier("alice", Tier.PRODUCTION)
    protection = desk.window.findChild(Protection)
    assert protection is not None
    protection.show_tier()

    panel.deploy_and_invoke.click()
    dialog = dialog_of(desk)
    desk.until(dialog.yes.isEnabled)
    press(dialog, "deployYes")
    _agree(desk, "This replaces the code of", name)
    desk.until(lambda: desk.banner(f"Deployed {name}"))
    assert deployed_text(connection, name) == EDITED
    assert panel.answer.toPlainText() == '"answer"'
    _agree(desk, "Invoking it runs its code with this event", name)
    desk.until(lambda: "edited" in panel.answer.toPlainText())


def test_a_deploy_that_was_cancelled_invokes_nothing(desk: Desk, connection: Connection, name: str) -> None:
    _edit(desk, "def handler(event, context)\n    return 1\n")  # asks, as it cannot run
    panel = _invoke(desk)
    asked: list[object] = []
    desk.context.invoker.started.connect(asked.append)

    def refuse() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        box.reject()

    QTimer.singleShot(0, lambda: _when_asked(refuse))
    panel.deploy_and_invoke.click()
    desk.idle()
    desk.until(lambda: not desk.context.services.jobs.active())
    assert asked == []
    assert deployed_text(connection, name) == HANDLER


def _when_asked(then: Callable[[], None]) -> None:
    if QApplication.activeModalWidget() is None:
        QTimer.singleShot(10, lambda: _when_asked(then))
    else:
        then()


def _agree(desk: Desk, words: str, name: str) -> None:
    """Types the name into the question that is asked in production."""

    def shown() -> list[Question]:
        questions = [each for each in desk.window.findChildren(Question) if each.isVisible()]
        return [each for each in questions if words in _said(each)]

    desk.until(shown)
    (question,) = shown()
    field = question.findChild(QLineEdit, "confirmName")
    assert field is not None
    QTest.keyClicks(field, name)
    press(question, "confirmByNameYes")


def _said(question: Question) -> str:
    return " ".join(label.text() for label in question.findChildren(QLabel))
