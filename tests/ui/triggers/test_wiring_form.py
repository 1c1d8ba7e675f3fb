"""The settings and what the checks find of them: nobody has to guess that there is more below."""

from PySide6.QtCore import QRect
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from workbench.triggers.model import Finding, Severity, SourceKind
from workbench.triggers.parameter import Entry, Parameter
from workbench.ui.icons import Icons
from workbench.ui.triggers.form import field_of
from workbench.ui.triggers.trigger_dialog import WiringForm

BLOCK = Finding("SQS-WINDOW", Severity.BLOCK, "A batch of 11 messages needs a batch window.")
FIELDS = [Parameter(f"Field{number}", f"Field {number}", Entry.TEXT) for number in range(12)]


def test_a_button_leads_to_findings_that_are_out_of_sight(icons: Icons, qtbot: QtBot) -> None:
    form = WiringForm(icons, lambda parameter: field_of(parameter, SourceKind.SQS))
    qtbot.addWidget(form)
    form.resize(700, 320)
    form.show_parameters(FIELDS, {})
    form.show()

    def in_sight() -> bool:
        there = form.findings.mapTo(form.area.viewport(), form.findings.rect().topLeft())
        return form.area.viewport().rect().intersects(QRect(there, form.findings.size()))

    form.say("All checks passed.")
    QTest.qWait(50)
    assert not form.to_findings.isVisible()
    form.findings.show_findings((BLOCK,))
    form.say("This Not ready.")
    qtbot.waitUntil(lambda: form.to_findings.isVisible() and form.findings.height() > 20)
    assert not in_sight()
    form.to_findings.click()
    qtbot.waitUntil(in_sight)
    assert not form.to_findings.isVisible()
    form.findings.clear()
    form.say("Checking…")
    assert not form.to_findings.isVisible()
