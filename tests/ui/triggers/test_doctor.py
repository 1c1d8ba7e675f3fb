"""The doctor over a region: what it finds, that it repairs only what is ticked, and that it asks first."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QTreeWidgetItem

from tests.sandbox_functions import create_function
from tests.ui.sign_in.conftest import press
from tests.ui.triggers.wirer import PRINTS, Wirer
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.profiles.safety import Safety, Tier
from workbench.ui.features.triggers.doctor import DoctorWindow
from workbench.ui.features.triggers.plan_form import RepairDialog
from workbench.ui.kit.dialog import Question
from workbench.ui.shell.services import Services


def spoil(connection: Connection, function_name: str) -> None:
    """Leaves a statement for a bucket that does not call the function."""
    connection.call(
        "lambda",
        "add_permission",
        FunctionName=function_name,
        StatementId="old",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn="arn:aws:s3:::a-bucket-that-is-gone-for-good",
    )


@pytest.fixture
def other(wirer: Wirer, connection: Connection) -> str:
    """A second function; the statements of both are stale."""
    name = create_function(connection, PRINTS).function_name
    for each in (name, wirer.detail.function_name):
        spoil(connection, each)
    return name


def examine(wirer: Wirer) -> DoctorWindow:
    wirer.act("triggers.doctor")
    window = wirer.dialog(DoctorWindow)
    wirer.desk.until(lambda: not window.is_busy)
    return window


def tops(window: DoctorWindow) -> dict[str, QTreeWidgetItem]:
    found = (window.tree.topLevelItem(place) for place in range(window.tree.topLevelItemCount()))
    return {item.text(0): item for item in found if item is not None}


def policy_of(connection: Connection, function_name: str) -> str:
    try:
        return str(connection.call("lambda", "get_policy", FunctionName=function_name)["Policy"])
    except WorkbenchError:  # none
        return ""


def test_only_what_is_ticked_is_repaired(wirer: Wirer, connection: Connection, other: str) -> None:
    window = examine(wirer)
    assert set(tops(window)) == {other, wirer.detail.function_name}
    assert window.state.text() == "2 functions checked · 2 triggers can be repaired."
    assert window.repair.text() == "Repair 2 Triggers…"
    child = tops(window)[other].child(0)
    assert child is not None
    assert child.text(1) == "stale permission"
    assert "permission to invoke" in child.text(2)
    child.setCheckState(0, Qt.CheckState.Unchecked)
    assert window.repair.text() == "Repair 1 Trigger…"
    press(window, "doctorRepair")
    dialog = wirer.dialog(RepairDialog)
    assert [step.api_call for step in dialog.plan_view.steps] == ["lambda:RemovePermission"]
    press(dialog, "planYes")
    wirer.desk.until(lambda: set(tops(window)) == {other} and not window.is_busy)
    assert "a-bucket-that-is-gone" not in policy_of(connection, wirer.detail.function_name)
    assert "a-bucket-that-is-gone" in policy_of(connection, other)
    press(window, "doctorClose")


def test_a_region_that_is_well_says_so(wirer: Wirer) -> None:
    window = examine(wirer)
    assert window.state.text() == "1 function checked · no problems found."
    assert not window.repair.isEnabled()
    press(window, "doctorClose")


def test_production_asks_for_the_account(
    wirer: Wirer, connection: Connection, other: str, services: Services
) -> None:
    Safety(services.settings).set_tier("alice", Tier.PRODUCTION)
    wirer.desk.protection.show_tier()
    window = examine(wirer)
    press(window, "doctorRepair")
    press(wirer.dialog(RepairDialog), "planYes")
    question = wirer.dialog(Question)
    assert policy_of(connection, other)
    field = question.findChild(QLineEdit, "confirmName")
    assert field is not None
    QTest.keyClicks(field, connection.account_id)
    press(question, "confirmByNameYes")
    wirer.desk.until(lambda: not tops(window) and not window.is_busy)
    assert "a-bucket-that-is-gone" not in policy_of(connection, other)
    press(window, "doctorClose")


def test_a_function_is_opened_from_its_finding(wirer: Wirer, other: str) -> None:
    window = examine(wirer)
    window.tree.setCurrentItem(tops(window)[other])
    press(window, "doctorOpen")
    wirer.desk.until(lambda: wirer.desk.opened() == other)
