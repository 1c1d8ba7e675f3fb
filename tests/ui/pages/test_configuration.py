"""The Configuration tab shows what the function is, masks what may be secret, and lets all be copied."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QGroupBox, QLabel
from pytestqt.qtbot import QtBot

from workbench.functions.model import FunctionDetail
from workbench.ui.field_table import FieldTable
from workbench.ui.pages.configuration import ConfigurationPage
from workbench.ui.services import OpenFunction, Services


@pytest.fixture
def page(qtbot: QtBot, services: Services, function: OpenFunction) -> ConfigurationPage:
    page = ConfigurationPage(services)
    qtbot.addWidget(page)
    page.resize(1280, 800)
    page.show_function(function)
    page.activate()
    return page


def table(page: ConfigurationPage, section: str) -> FieldTable:
    found = page.findChild(FieldTable, f"fields.{section}")
    assert found is not None
    return found


def box(page: ConfigurationPage, section: str) -> QGroupBox:
    found = page.findChild(QGroupBox, f"section.{section}")
    assert found is not None
    return found


def values(page: ConfigurationPage, section: str) -> dict[str, str]:
    model = table(page, section).model()
    return {model.index(row, 0).data(): model.index(row, 1).data() for row in range(model.rowCount())}


def index(page: ConfigurationPage, section: str, label: str, column: int = 1) -> QModelIndex:
    return table(page, section).model().index(list(values(page, section)).index(label), column)


def switch(page: ConfigurationPage, section: str) -> QCheckBox:
    found = page.findChild(QCheckBox, f"show.{section}")
    assert found is not None
    return found


def note(page: ConfigurationPage, section: str) -> QLabel:
    found = page.findChild(QLabel, f"note.{section}")
    assert found is not None
    return found


def test_values_stand_under_awss_names(page: ConfigurationPage) -> None:
    general = values(page, "general")
    assert general["Runtime"] == "python3.13"
    assert general["Handler"] == "lambda_function.lambda_handler"
    assert general["Memory"] == "128 MB"
    assert general["Timeout"] == "3 s"
    assert general["Ephemeral storage (/tmp)"] == "512 MB"
    assert general["Architecture"] == "x86_64"
    assert general["Code size"] == "1.2 KB"
    assert "Image URI" not in general
    assert values(page, "permissions") == {"Execution role": "arn:aws:iam::123456789012:role/hello-http"}
    assert values(page, "vpc")["Subnets"] == "subnet-1, subnet-2"
    assert values(page, "layers") == {"1": "arn:aws:lambda:eu-central-1:123456789012:layer:tools:4"}
    assert values(page, "tracing") == {"AWS X-Ray": "Active"}
    assert values(page, "deadLetterQueue")["Target ARN"].endswith(":dead")
    assert values(page, "tags") == {"team": "web"}


def test_a_concurrency_of_zero_is_explained(page: ConfigurationPage) -> None:
    assert values(page, "concurrency")["Reserved concurrency"].startswith("0: the function is throttled")


def test_environment_values_are_masked_until_asked_for(page: ConfigurationPage) -> None:
    def told() -> list[object]:
        roles = Qt.ItemDataRole
        token = index(page, "environment", "TOKEN")
        return [token.data(role) for role in (roles.DisplayRole, roles.ToolTipRole, roles.AccessibleTextRole)]

    assert "top-secret" not in told()
    assert len(set(values(page, "environment").values())) == 1  # the masks tell no length
    switch(page, "environment").click()
    assert told()[:2] == ["top-secret", "top-secret"]
    switch(page, "environment").click()
    assert "top-secret" not in told()


def test_values_are_masked_again_for_another_function(
    page: ConfigurationPage, function: OpenFunction, detail: FunctionDetail
) -> None:
    switch(page, "environment").click()
    page.show_function(OpenFunction(function.connection, replace(detail, function_name="other")))
    assert "top-secret" not in values(page, "environment").values()
    assert not switch(page, "environment").isChecked()


def test_a_value_is_copied_by_enter_by_ctrl_c_and_by_its_copy_sign(
    page: ConfigurationPage, qtbot: QtBot
) -> None:
    page.show()
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    general, environment = table(page, "general"), table(page, "environment")
    general.setFocus()
    general.setCurrentIndex(index(page, "general", "Runtime", 0))
    QTest.keyClick(general, Qt.Key.Key_Return)
    assert QGuiApplication.clipboard().text() == "python3.13"
    general.setCurrentIndex(index(page, "general", "Handler"))
    QTest.keyClick(general, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "lambda_function.lambda_handler"
    at = environment.visualRect(index(page, "environment", "TOKEN", 2)).center()
    QTest.mouseClick(environment.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert QGuiApplication.clipboard().text() == "top-secret"
    QTest.mouseClick(
        environment.viewport(),
        Qt.MouseButton.LeftButton,
        pos=environment.visualRect(index(page, "environment", "TABLE")).center(),
    )
    assert QGuiApplication.clipboard().text() == "top-secret"  # only the sign copies


def test_what_a_function_lacks_is_said(
    page: ConfigurationPage, function: OpenFunction, detail: FunctionDetail
) -> None:
    bare = replace(detail, environment=(), layers=(), vpc_id="", tags=(), dead_letter_arn="")
    page.show_function(OpenFunction(function.connection, bare))
    for section in ("environment", "layers", "tags", "deadLetterQueue", "fileSystems"):
        assert note(page, section).text() == "None"
        assert table(page, section).isHidden()
    assert switch(page, "environment").isHidden()
    page.show_function(function)
    assert note(page, "layers").isHidden()


def test_variables_that_aws_cannot_decrypt_are_no_empty_list(
    page: ConfigurationPage, function: OpenFunction, detail: FunctionDetail
) -> None:
    broken = replace(detail, environment=(), environment_error="Lambda was unable to decrypt.")
    page.show_function(OpenFunction(function.connection, broken))
    assert note(page, "environment").text() == "Lambda was unable to decrypt."


def test_two_columns_become_one_when_narrow(page: ConfigurationPage, qtbot: QtBot) -> None:
    page.show()
    left, right = box(page, "general"), box(page, "environment")
    qtbot.waitUntil(lambda: right.x() > left.x() and right.y() == left.y())
    page.resize(700, 800)
    qtbot.waitUntil(lambda: right.x() == left.x() and right.y() > left.y())
    assert page.view.horizontalScrollBar().maximum() == 0


def test_a_section_is_as_high_as_its_rows(
    page: ConfigurationPage, function: OpenFunction, detail: FunctionDetail, qtbot: QtBot
) -> None:
    many = tuple((f"NAME_{number}", "x") for number in range(100))
    page.show_function(OpenFunction(function.connection, replace(detail, environment=many)))
    page.show()
    environment = table(page, "environment")
    qtbot.waitUntil(lambda: environment.viewport().height() >= 100 * environment.rowHeight(0))


def test_a_tab_nobody_looks_at_is_not_built(qtbot: QtBot, services: Services, function: OpenFunction) -> None:
    page = ConfigurationPage(services)
    qtbot.addWidget(page)
    page.show_function(function)
    assert page.findChildren(FieldTable) == []
    page.activate()
    assert values(page, "general")
    page.clear()
    assert values(page, "general") == {}
