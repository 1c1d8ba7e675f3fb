"""The settings of a trigger with the findings below them, and the policies that their fixes show."""

from PySide6.QtCore import QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from workbench.triggers.model import Finding, Severity, SourceKind
from workbench.triggers.parameter import Entry, Parameter
from workbench.ui.features.triggers.form import field_of
from workbench.ui.features.triggers.trigger_dialog import PolicyDialog, TriggerForm
from workbench.ui.kit.icons import Icons

POLICY = '{"Statement": [{"Sid": "<b>all</b>", "Effect": "Allow"}]}'
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
