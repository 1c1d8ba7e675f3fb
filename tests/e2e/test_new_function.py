"""New Function… in the whole program, on the Sandbox: made, opened, invoked; refused; interrupted."""

import io
import zipfile
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QLineEdit, QPushButton, QToolButton, QWidget

from tests.e2e.desk import PROFILE, Desk, text_of, write_profile
from tests.fault_proxy import Proxy
from tests.functions.creations import begun
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.core.files import Paths
from workbench.core.jobs import JobContext
from workbench.core.settings import Settings
from workbench.functions.create import CreationJournal, NewFunction, StepKind
from workbench.functions.detail import get_function
from workbench.functions.index import list_functions
from workbench.functions.roles import create_role, list_roles
from workbench.profiles.safety import Safety, Tier
from workbench.ui.features.new_function.dialog import NewFunctionDialog
from workbench.ui.pages.test import TestPage

Sit = Callable[[str], Desk]
NAME = "orders"
POLICY = """{"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"}]}"""
FULL = "CodeStorageExceededException"


def dialog_of(desk: Desk) -> NewFunctionDialog:
    """The dialog, once it is open."""

    def found() -> NewFunctionDialog | None:
        active = QApplication.activeModalWidget()
        return active if isinstance(active, NewFunctionDialog) else None

    desk.until(found)
    dialog = found()
    assert dialog is not None
    return dialog


def describe(desk: Desk, source: str = "plain", name: str = NAME) -> NewFunctionDialog:
    """Opens the dialog and fills it."""
    desk.act("function.new")
    dialog = dialog_of(desk)
    dialog.source.setCurrentIndex(dialog.source.findData(source))
    QTest.keyClicks(dialog.name, name)
    return dialog


def press(owner: QWidget, name: str) -> None:
    button = owner.findChild(QPushButton, name)
    assert button is not None
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def left_in(connection: Connection) -> tuple[list[str], int]:
    """The functions, and how many roles there are."""
    functions = [each.function_name for each in list_functions(connection, JobContext())]
    return functions, len(list_roles(connection, JobContext()))


def test_the_first_function_is_made_opened_and_invoked(
    sit: Sit, access: Access, connection: Connection
) -> None:
    write_profile(access)
    desk = sit(PROFILE)
    desk.wait_for_list()
    button = desk.window.functions.empty.findChild(QToolButton, "emptyAction")
    assert button is not None
    assert button.isVisible()

    button.click()
    dialog = dialog_of(desk)
    dialog.source.setCurrentIndex(dialog.source.findData("sqs"))
    QTest.keyClicks(dialog.name, NAME)
    QTest.keyClick(dialog.name, Qt.Key.Key_Return)

    desk.until(lambda: desk.files.current_path() == "lambda_function.py" and desk.files.editor.is_ready)
    assert desk.names() == [NAME]
    assert not desk.window.functions.empty.isVisible()
    desk.until(lambda: "Records" in desk.window.page.tab(TestPage).text.toPlainText())
    desk.act("function.invoke")
    desk.until(lambda: "batchItemFailures" in desk.result())
    assert desk.window.result.status.text() == "Succeeded"
    role_arn = get_function(connection, NAME).role_arn
    [role] = list_roles(connection, JobContext())
    assert role.arn == role_arn


def test_a_role_that_is_there_can_be_chosen(sit: Sit, access: Access, connection: Connection) -> None:
    arn = create_role(connection, "made-before", NAME)
    write_profile(access)
    desk = sit(PROFILE)
    desk.wait_for_list()
    dialog = describe(desk)
    desk.until(lambda: dialog.role.findText("made-before") > 0)
    dialog.role.setCurrentIndex(dialog.role.findText("made-before"))

    press(dialog, "newFunctionCreate")

    desk.until(lambda: desk.names() == [NAME])
    assert get_function(connection, NAME).role_arn == arn
    assert left_in(connection) == ([NAME], 1)


def test_a_refusal_is_said_in_the_dialog_and_leaves_nothing(
    sit: Sit, access: Access, connection: Connection, proxy: Proxy
) -> None:
    write_profile(access, endpoint_url=proxy.url)
    desk = sit(PROFILE)
    desk.wait_for_list()
    dialog = describe(desk)
    proxy.inject({"operation": "CreateFunction", "error": {"code": FULL, "status": 400}})

    press(dialog, "newFunctionCreate")

    desk.until(lambda: FULL in dialog.state.text())
    assert "All resources that were created for it were deleted." in dialog.state.text()
    assert left_in(connection) == ([], 0)
    proxy.inject()
    press(dialog, "newFunctionCreate")
    desk.until(lambda: desk.names() == [NAME])


def wait_for_the_role(desk: Desk, connection: Connection, proxy: Proxy) -> NewFunctionDialog:
    """Lets a creation come as far as to its role, which Lambda does not know and will not."""
    words = "The role defined for the function cannot be assumed by Lambda."
    error = {"code": "InvalidParameterValueException", "status": 400, "message": words}
    proxy.inject({"operation": "CreateFunction", "error": error})
    dialog = describe(desk)
    press(dialog, "newFunctionCreate")
    desk.until(lambda: dialog.state.text() == f"Creating {NAME}…" and left_in(connection)[1])
    return dialog


def test_quitting_takes_back_what_was_made(
    sit: Sit, access: Access, connection: Connection, proxy: Proxy
) -> None:
    write_profile(access, endpoint_url=proxy.url)
    desk = sit(PROFILE)
    desk.wait_for_list()
    wait_for_the_role(desk, connection, proxy)

    desk.leave()

    assert left_in(connection) == ([], 0)
    assert not any((Paths.default().data_dir / "creations").iterdir())


def test_cancel_while_lambda_does_not_know_the_role_takes_it_back(
    sit: Sit, access: Access, connection: Connection, proxy: Proxy
) -> None:
    write_profile(access, endpoint_url=proxy.url)
    desk = sit(PROFILE)
    desk.wait_for_list()
    dialog = wait_for_the_role(desk, connection, proxy)

    press(dialog, "newFunctionCancel")

    desk.until(lambda: dialog.state.text() == "Cancelled. Everything created was deleted.")
    assert left_in(connection) == ([], 0)
    assert dialog.go_on.isEnabled()
    press(dialog, "newFunctionCancel")
    desk.until(lambda: QApplication.activeModalWidget() is None)


def test_a_name_that_somebody_took_meanwhile_is_said(
    sit: Sit, access: Access, connection: Connection, function_name: str
) -> None:
    write_profile(access)
    desk = sit(PROFILE)
    desk.until(lambda: desk.names() == [function_name])
    roles = list_roles(connection, JobContext())
    assert [role.name for role in roles] == ["lambda"]  # of the function that is there
    desk.program.window.functions.model.reset(())  # as if it had been made since

    dialog = describe(desk, name=function_name)
    press(dialog, "newFunctionCreate")

    desk.until(lambda: "ResourceConflictException" in dialog.state.text())
    assert dialog.name.text() == function_name
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert left_in(connection) == ([function_name], 1)
    assert list_roles(connection, JobContext()) == roles


def test_in_production_the_name_is_asked_for_again(sit: Sit, access: Access, connection: Connection) -> None:
    write_profile(access)
    Safety(Settings(Paths.default().config_dir / "settings.json")).set_tier(PROFILE, Tier.PRODUCTION)
    desk = sit(PROFILE)
    desk.wait_for_list()
    dialog = describe(desk)

    press(dialog, "newFunctionCreate")
    desk.until(lambda: QApplication.activeModalWidget() not in (dialog, None))
    question = QApplication.activeModalWidget()
    assert question is not None
    assert left_in(connection) == ([], 0)
    field = question.findChild(QLineEdit, "confirmName")
    assert field is not None
    QTest.keyClicks(field, NAME)
    QTest.keyClick(field, Qt.Key.Key_Return)

    desk.until(lambda: desk.names() == [NAME])


def test_a_read_only_profile_makes_nothing(sit: Sit, access: Access, connection: Connection) -> None:
    write_profile(access)
    Safety(Settings(Paths.default().config_dir / "settings.json")).set_tier(PROFILE, Tier.READ_ONLY)
    desk = sit(PROFILE)
    desk.wait_for_list()
    dialog = describe(desk)

    press(dialog, "newFunctionCreate")

    desk.until(lambda: "read-only" in dialog.state.text())
    assert "taken back" not in dialog.state.text()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert left_in(connection) == ([], 0)


# ---- after a crash -----------------------------------------------------------------------------------------


@pytest.fixture
def interrupted(connection: Connection) -> NewFunction:
    """A creation that ended when the role was made."""
    wanted = NewFunction(
        NAME, "python3.13", "app.handler", "x86_64", role_name="orders-role-0a1b2c3d", policy=POLICY
    )
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", "def handler(event, context):\n    return 'finished'\n")
    journal = CreationJournal(Paths.default().data_dir / "creations")
    begun(journal, wanted, package.getvalue(), connection.account_id, connection.region, StepKind.ROLE)
    create_role(connection, wanted.role_name, NAME)
    return wanted


def answer_interrupted(desk: Desk, button: str) -> QDialog:
    """Presses the banner's button, then one of the panel."""
    banner = desk.wait_for_message(f"Creation of {NAME} was interrupted.")
    assert "the role orders-role-0a1b2c3d" in text_of(banner)
    desk.press_remedy(banner)
    panel = desk.window.findChild(QDialog, "interruptions")
    assert isinstance(panel, QDialog)
    made = panel.findChild(QLabel, "interruption0Left")
    assert made is not None
    assert "the role orders-role-0a1b2c3d" in made.text()
    press(panel, button)
    return panel


@pytest.mark.usefixtures("interrupted")
def test_an_interrupted_creation_can_be_finished(sit: Sit, access: Access, connection: Connection) -> None:
    write_profile(access)
    desk = sit(PROFILE)

    panel = answer_interrupted(desk, "interruption0Finish")

    desk.until(lambda: desk.files.current_path() == "app.py" and desk.files.editor.is_ready)
    assert left_in(connection) == ([NAME], 1)
    panel.reject()
    desk.until(lambda: not desk.program.services.actions["operations.interrupted"].isEnabled())


@pytest.mark.usefixtures("interrupted")
def test_an_interrupted_creation_can_be_taken_back(sit: Sit, access: Access, connection: Connection) -> None:
    write_profile(access)
    desk = sit(PROFILE)

    panel = answer_interrupted(desk, "interruption0Undo")

    state = panel.findChild(QLabel, "interruption0State")
    assert state is not None
    desk.until(lambda: state.text() == f"Everything created for {NAME} was deleted.")
    assert left_in(connection) == ([], 0)


@pytest.mark.usefixtures("interrupted")
def test_an_interrupted_creation_may_wait(sit: Sit, access: Access, connection: Connection) -> None:
    write_profile(access)
    desk = sit(PROFILE)

    answer_interrupted(desk, "interruptionsClose")

    assert desk.program.services.actions["operations.interrupted"].isEnabled()
    assert left_in(connection) == ([], 1)
