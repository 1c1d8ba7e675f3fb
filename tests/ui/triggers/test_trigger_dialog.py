"""The settings of a trigger with the findings below them, and the policies that their fixes show."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from workbench.triggers.model import Finding, Fix, FixKind, Severity, SourceKind
from workbench.triggers.parameter import Entry, Parameter
from workbench.triggers.steps import Step
from workbench.ui.features.triggers.form import field_of
from workbench.ui.features.triggers.trigger_dialog import PolicyDialog, TriggerForm
from workbench.ui.kit.dialog import BaseDialog
from workbench.ui.kit.icons import Icons

POLICY = '{"Statement": [{"Sid": "<b>all</b>", "Effect": "Allow"}]}'
FIX = Fix(FixKind.STEPS, "Set it to 360 s", (Step("visibility", "Set it", "sqs:SetQueueAttributes", "x-1"),))
BLOCK_WITH_FIX = Finding("SQS-VIS-LT", Severity.BLOCK, "It is too short.", fixes=(FIX,))
WARNING = Finding("SQS-DLQ", Severity.WARN, "There is none.", fixes=(Fix(FixKind.EDIT, "Wait for 1 s"),))
BLOCK = Finding("SQS-WINDOW", Severity.BLOCK, "A batch of 11 messages needs a batch window.")
FIELDS = [Parameter(f"Field{number}", f"Field {number}", Entry.TEXT) for number in range(12)]


def test_a_button_leads_to_findings_that_are_out_of_sight(icons: Icons, qtbot: QtBot) -> None:
    form = TriggerForm(icons, lambda parameter: field_of(parameter, SourceKind("sqs")))
    qtbot.addWidget(form)
    form.resize(700, 320)
    form.show_parameters(FIELDS, {})
    form.show()

    def in_sight() -> bool:
        there = form.findings.mapTo(form.area.viewport(), form.findings.rect().topLeft())
        return form.area.viewport().rect().intersects(QRect(there, form.findings.size()))

    form.show_status("All checks passed.")
    QTest.qWait(50)
    assert not form.to_findings.isVisible()
    form.findings.show_findings((BLOCK,))
    form.show_status("This Not ready.")
    qtbot.waitUntil(lambda: form.to_findings.isVisible() and form.findings.height() > 20)
    assert not in_sight()
    form.to_findings.click()
    qtbot.waitUntil(in_sight)
    assert not form.to_findings.isVisible()
    form.findings.clear()
    form.show_status("Checking…")
    assert not form.to_findings.isVisible()


@pytest.fixture
def shown(icons: Icons, qtbot: QtBot) -> Iterator[TriggerForm]:
    """The form in a dialog that is too low for it, with two findings out of sight."""
    form = TriggerForm(icons, lambda parameter: field_of(parameter, SourceKind("sqs")))
    dialog = BaseDialog()
    qtbot.addWidget(dialog)
    dialog.add_column().addWidget(form)
    dialog.resize(700, 320)
    form.show_parameters(FIELDS, {})
    dialog.show()
    qtbot.waitActive(dialog)
    form.findings.show_findings((BLOCK_WITH_FIX, WARNING))
    form.show_status("Not ready.", "danger")
    qtbot.waitUntil(form.to_findings.isVisible)
    yield form
    dialog.close()


def test_show_checks_scrolls_to_them_and_the_keyboard_follows(shown: TriggerForm, qtbot: QtBot) -> None:
    shown.to_findings.setFocus()
    QTest.keyClick(shown.to_findings, Qt.Key.Key_Space)
    first = shown.findings.findChild(QPushButton, "fix.SQS-VIS-LT.1")
    assert first is not None
    qtbot.waitUntil(first.hasFocus)
    QTest.qWait(0)
    assert not first.visibleRegion().isEmpty()
    assert shown.area.verticalScrollBar().value() > 0


def test_scrolling_to_the_checks_by_hand_takes_the_keyboard_nowhere_else(
    shown: TriggerForm, qtbot: QtBot
) -> None:
    shown.to_findings.setFocus()
    bar = shown.area.verticalScrollBar()
    bar.setValue(bar.maximum())
    qtbot.waitUntil(lambda: not shown.to_findings.isVisible())
    QTest.qWait(0)
    assert bar.value() == bar.maximum()
    focused = QApplication.focusWidget()
    assert focused is not None
    assert shown.findings.isAncestorOf(focused)


def test_a_fix_that_is_accepted_keeps_its_place_and_the_keyboard(shown: TriggerForm, qtbot: QtBot) -> None:
    shown.to_findings.click()
    bar = shown.area.verticalScrollBar()
    before = bar.value()
    for is_accepted in (True, False):
        button = shown.findings.findChild(QPushButton, "fix.SQS-VIS-LT.1")
        assert button is not None
        button.setFocus()
        with qtbot.waitSignal(shown.findings.accepted_changed):
            QTest.keyClick(button, Qt.Key.Key_Space)
        QTest.qWait(0)
        assert bar.value() == before
        assert button.hasFocus()
        assert (shown.findings.accepted() == (FIX,)) is is_accepted


def test_a_check_that_has_passed_leaves_the_keyboard_near(shown: TriggerForm) -> None:
    shown.to_findings.click()
    before = shown.area.verticalScrollBar().value()
    shown.findings.show_findings((WARNING,))  # what blocked is fixed
    QTest.qWait(0)
    focused = QApplication.focusWidget()
    assert focused is not None
    assert focused.objectName() == "fix.SQS-DLQ.1"
    assert 0 < shown.area.verticalScrollBar().value() <= before


def test_the_policy_is_shown_as_plain_text(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    dialog = PolicyDialog("Policy of orders", POLICY, parent)
    dialog.open()
    (text,) = dialog.findChildren(QPlainTextEdit)
    assert text.toPlainText() == POLICY
    assert text.isReadOnly()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
