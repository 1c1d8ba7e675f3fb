"""The Configuration tab shows what the function is, masks what may be secret, and lets all be copied."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QGroupBox, QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from workbench.functions.model import FunctionDetail
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


def box(page: ConfigurationPage, section: str) -> QGroupBox:
    found = page.findChild(QGroupBox, f"section.{section}")
    assert found is not None
    return found


def values(page: ConfigurationPage, section: str) -> dict[str, str]:
    found = box(page, section).findChildren(QLineEdit)
    return {field.accessibleName(): field.text() for field in found}


def field(page: ConfigurationPage, section: str, label: str) -> QLineEdit:
    return next(each for each in box(page, section).findChildren(QLineEdit) if each.accessibleName() == label)


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
    token = field(page, "environment", "TOKEN")
    assert "top-secret" not in token.displayText()
    assert token.toolTip() == ""
    show = page.findChild(QCheckBox, "show.environment")
    assert show is not None
    show.click()
    assert token.displayText() == "top-secret"
    show.click()
    assert "top-secret" not in token.displayText()


def test_values_are_masked_again_for_another_function(
    page: ConfigurationPage, function: OpenFunction, detail: FunctionDetail
) -> None:
    show = page.findChild(QCheckBox, "show.environment")
    assert show is not None
    show.click()
    page.show_function(OpenFunction(function.connection, replace(detail, function_name="other")))
    assert "top-secret" not in field(page, "environment", "TOKEN").displayText()


def test_every_value_can_be_copied_by_keyboard(page: ConfigurationPage) -> None:
    buttons = [each for each in page.findChildren(QAbstractButton) if each.objectName().startswith("copy.")]
    assert len(buttons) == len(page.findChildren(QLineEdit))
    for button in buttons:
        assert button.accessibleName().startswith("Copy ")
        assert button.focusPolicy() == Qt.FocusPolicy.StrongFocus
    by_name = {button.accessibleName(): button for button in buttons}
    QTest.keyClick(by_name["Copy Runtime"], Qt.Key.Key_Space)
    assert QGuiApplication.clipboard().text() == "python3.13"
    by_name["Copy TOKEN"].click()
    assert QGuiApplication.clipboard().text() == "top-secret"
    assert by_name["Copy TOKEN"].accessibleDescription() == ""


def test_what_a_function_lacks_is_said(
    page: ConfigurationPage, function: OpenFunction, detail: FunctionDetail
) -> None:
    bare = replace(detail, environment=(), layers=(), vpc_id="", tags=(), dead_letter_arn="")
    page.show_function(OpenFunction(function.connection, bare))
    for section in ("environment", "layers", "tags", "deadLetterQueue", "vpc", "fileSystems"):
        note = page.findChild(QLabel, f"note.{section}")
        assert note is not None
        assert note.text() == "None"
    assert page.findChild(QCheckBox, "show.environment") is None


def test_variables_that_aws_cannot_decrypt_are_no_empty_list(
    page: ConfigurationPage, function: OpenFunction, detail: FunctionDetail
) -> None:
    broken = replace(detail, environment=(), environment_error="Lambda was unable to decrypt.")
    page.show_function(OpenFunction(function.connection, broken))
    note = page.findChild(QLabel, "note.environment")
    assert note is not None
    assert note.text() == "Lambda was unable to decrypt."


def test_two_columns_become_one_when_narrow(page: ConfigurationPage, qtbot: QtBot) -> None:
    page.show()
    left, right = box(page, "general"), box(page, "environment")
    qtbot.waitUntil(lambda: right.x() > left.x() and right.y() == left.y())
    page.resize(700, 800)
    qtbot.waitUntil(lambda: right.x() == left.x() and right.y() > left.y())
    assert page.view.horizontalScrollBar().maximum() == 0


def test_a_tab_nobody_looks_at_is_not_built(qtbot: QtBot, services: Services, function: OpenFunction) -> None:
    page = ConfigurationPage(services)
    qtbot.addWidget(page)
    page.show_function(function)
    assert page.findChildren(QGroupBox) == []
    page.activate()
    assert page.findChildren(QGroupBox)
    page.clear()
    assert page.findChildren(QGroupBox) == []
