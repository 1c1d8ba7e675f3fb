"""The dialog of New Function…: what is wrong is said as it is typed, and the plan follows."""

import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from workbench.aws.quotas import known_values
from workbench.core.errors import WorkbenchError
from workbench.core.files import resources_dir
from workbench.core.jobs import Progress
from workbench.functions.create import load_choices
from workbench.functions.roles import Role
from workbench.functions.templates import SOURCES, AccountRegion, load_templates
from workbench.ui.features.new_function.dialog import NewFunctionDialog

PLACE = AccountRegion("aws", "eu-central-1", "123456789012")
ROLE = Role("orders-basic", "arn:aws:iam::123456789012:role/service-role/orders-basic", "Logs only")
QUEUE = "arn:aws:sqs:eu-central-1:123456789012:orders"
EVENTS = {"empty": "{}", "sqs": '{"Records": []}'}


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    return window


@pytest.fixture
def dialog(qtbot: QtBot, window: QWidget) -> NewFunctionDialog:
    templates = load_templates(resources_dir() / "templates")
    dialog = NewFunctionDialog(load_choices(), templates, EVENTS, PLACE, {"taken"}, window)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
    window.show()
    dialog.open()
    dialog.activateWindow()
    qtbot.waitUntil(dialog.name.hasFocus)
    return dialog


def choose(dialog: NewFunctionDialog, source: str) -> None:
    dialog.source.setCurrentIndex(dialog.source.findData(source))


def fault(dialog: NewFunctionDialog, field: str) -> str:
    row = dialog.findChild(QWidget, f"{field}Fault")
    assert row is not None
    return row.accessibleName() if row.isVisibleTo(dialog) else ""


def test_without_a_name_nothing_can_be_made_and_nothing_is_called_wrong(dialog: NewFunctionDialog) -> None:
    assert not dialog.go_on.isEnabled()
    assert not fault(dialog, "newFunctionName")
    assert dialog.name.hasFocus()
    QTest.keyClicks(dialog.name, "orders")
    assert dialog.go_on.isEnabled()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("orders", ""),
        ("two words", "Up to 64 letters"),
        ("größe", "Up to 64 letters"),
        ("a" * 65, "Up to 64 letters"),
        ("orders:1", "Up to 64 letters"),
        ("taken", "A function with this name already exists in eu-central-1."),
        ("taken ", "A function with this name already exists in eu-central-1."),
    ],
)
def test_a_name_is_judged_as_it_is_typed(dialog: NewFunctionDialog, name: str, said: str) -> None:
    dialog.name.setText(name)
    assert fault(dialog, "newFunctionName").startswith(said)
    assert bool(fault(dialog, "newFunctionName")) == bool(said)
    assert dialog.go_on.isEnabled() == (not said)


def test_enter_wants_it_once_nothing_is_wrong(dialog: NewFunctionDialog, qtbot: QtBot) -> None:
    QTest.keyClicks(dialog.name, "bad name")
    with qtbot.assertNotEmitted(dialog.wanted):
        QTest.keyClick(dialog.name, Qt.Key.Key_Return)
    dialog.name.setText("orders")
    with qtbot.waitSignal(dialog.wanted):
        QTest.keyClick(dialog.name, Qt.Key.Key_Return)


def test_without_a_name_the_plan_says_where_the_name_will_stand(dialog: NewFunctionDialog) -> None:
    plan = dialog.preview.plan.toPlainText()
    assert "Create the role NAME-role-" in plan
    assert "Create the function NAME\n" in plan
    assert ":log-group:/aws/lambda/NAME:*" in dialog.preview.policy.toPlainText()
    assert not dialog.go_on.isEnabled()


def test_the_plan_code_permissions_and_event_follow_the_choice(dialog: NewFunctionDialog) -> None:
    dialog.name.setText("orders")
    preview = dialog.preview
    assert "In eu-central-1, account 123456789012:" in preview.plan.toPlainText()
    assert "iam:CreateRole · undone by iam:DeleteRole" in preview.plan.toPlainText()
    choose(dialog, "sqs")
    assert "batchItemFailures" in preview.code.toPlainText()
    assert preview.sample.toPlainText() == EVENTS["sqs"]
    assert "add it afterwards" in preview.plan.toPlainText()
    log, read = json.loads(preview.policy.toPlainText())["Statement"]
    assert log["Resource"].endswith(":log-group:/aws/lambda/orders:*")
    assert read["Resource"] == "arn:aws:sqs:eu-central-1:123456789012:*"
    dialog.source_arn.setText(QUEUE)
    assert json.loads(preview.policy.toPlainText())["Statement"][1]["Resource"] == QUEUE
    dialog.runtime.setCurrentText("nodejs22.x")
    assert "export const handler" in preview.code.toPlainText()
    assert "index.handler" in preview.plan.toPlainText()


def test_only_what_reads_its_source_asks_which(dialog: NewFunctionDialog) -> None:
    asks = []
    for source in SOURCES:
        choose(dialog, source)
        if dialog.source_arn.isVisibleTo(dialog):
            asks.append(source)
    assert asks == ["sqs", "dynamodb", "kinesis"]


@pytest.mark.parametrize(
    ("text", "is_wrong"), [("", False), (QUEUE, False), ("orders", True), ("arn:", True)]
)
def test_what_is_read_must_be_an_arn_of_its_kind(
    dialog: NewFunctionDialog, text: str, is_wrong: bool
) -> None:
    dialog.name.setText("orders")
    choose(dialog, "sqs")
    dialog.source_arn.setText(text)
    assert dialog.go_on.isEnabled() != is_wrong
    choose(dialog, "http")  # no longer asked for, no longer wrong
    assert dialog.go_on.isEnabled()


def test_what_was_chosen_is_what_is_wanted(dialog: NewFunctionDialog) -> None:
    dialog.name.setText(" orders ")
    dialog.architecture.setCurrentText("arm64")
    dialog.description.setText("Takes orders")
    wanted = dialog.function()
    assert (wanted.function_name, wanted.runtime, wanted.architecture) == ("orders", "python3.13", "arm64")
    assert (wanted.handler, wanted.description) == ("lambda_function.lambda_handler", "Takes orders")
    assert wanted.role_arn == ""
    assert wanted.role_name.startswith("orders-role-")
    assert wanted.role_name == dialog.function().role_name  # the plan that is shown is the one that is made
    assert wanted.role_name in dialog.preview.plan.toPlainText()


@pytest.mark.parametrize(
    ("text", "arn"),
    [
        ("orders-basic", ROLE.arn),
        (ROLE.arn, ROLE.arn),
        ("arn:aws:iam::123456789012:role/not-listed", "arn:aws:iam::123456789012:role/not-listed"),
        ("not-listed", ""),
        ("arn:aws:iam::123456789012:user/me", ""),
        ("", ""),
    ],
)
def test_a_role_is_chosen_by_name_or_arn(dialog: NewFunctionDialog, text: str, arn: str) -> None:
    dialog.name.setText("orders")
    dialog.role.add_roles([ROLE])
    dialog.role.setCurrentText(text)
    assert dialog.go_on.isEnabled() == bool(arn)
    if not arn:
        assert fault(dialog, "newFunctionRole")
        return
    wanted = dialog.function()
    assert (wanted.role_arn, wanted.role_name, wanted.policy) == (arn, "", "")
    assert "iam:" not in dialog.preview.plan.toPlainText().replace(ROLE.arn, "").replace(arn, "")


@pytest.mark.parametrize(
    ("runtime", "is_wrong"), [("python3.99", False), ("nodejs40.x", False), ("java21", True), ("", True)]
)
def test_a_runtime_can_be_one_that_is_not_known_yet(
    dialog: NewFunctionDialog, runtime: str, is_wrong: bool
) -> None:
    dialog.name.setText("orders")
    dialog.runtime.setCurrentText(runtime)
    assert dialog.go_on.isEnabled() != is_wrong


def test_a_description_that_is_too_long_is_said(dialog: NewFunctionDialog) -> None:
    dialog.name.setText("orders")
    dialog.description.setText("x" * 257)
    assert fault(dialog, "newFunctionDescription") == "At most 256 characters."
    assert not dialog.go_on.isEnabled()


def test_escape_while_it_works_cancels_and_the_dialog_stays(dialog: NewFunctionDialog, qtbot: QtBot) -> None:
    dialog.name.setText("orders")
    dialog.set_busy(busy=True)
    assert not dialog.name.isEnabled()
    assert not dialog.go_on.isEnabled()
    dialog.show_progress(Progress(1, 4, "Creating orders"))
    assert dialog.state.text() == "Creating orders…"
    with qtbot.waitSignal(dialog.cancel_wanted):
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert dialog.isVisible()
    dialog.set_busy(busy=False)
    dialog.set_error(WorkbenchError("Could not create it.", "A limit is reached.", aws_code="LimitExceeded"))
    assert "LimitExceeded" in dialog.state.text()
    assert dialog.name.text() == "orders"
    assert dialog.go_on.isEnabled()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_tenants_are_isolated_where_that_is_chosen(dialog: NewFunctionDialog) -> None:
    dialog.name.setText("orders")
    assert "TenancyConfig" not in dialog.function().request("arn", b"")
    dialog.tenants.click()
    request = dialog.function().request("arn", b"")
    assert request["TenancyConfig"] == {"TenantIsolationMode": known_values("TenantIsolationMode")[0]}
    assert "each invocation needs a tenant ID" in dialog.preview.plan.toPlainText()
