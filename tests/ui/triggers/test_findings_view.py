"""Findings: the worst first, AWS's words, and which fixes belong to the plan."""

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from workbench.triggers.model import Finding, Fix, FixKind, Severity
from workbench.triggers.steps import Step
from workbench.ui.features.triggers.plan_form import FindingsView
from workbench.ui.kit.icons import Icons

STEP = Step("visibility", "Set it", "sqs:SetQueueAttributes", "us-east-1")
FIX = Fix(FixKind.STEPS, "Set the visibility timeout to 360 s", (STEP,))
OTHER = Fix(FixKind.STEPS, "Set it to 600 s", (STEP,))
EDIT = Fix(FixKind.EDIT, "Use a window of 1 s", values={"MaximumBatchingWindowInSeconds": 1})
BLOCK = Finding(
    "SQS-VIS-LT", Severity.BLOCK, "It is too short.", "Lambda refuses.", (FIX, OTHER), aws="Code: no"
)
WARN = Finding("SQS-DLQ", Severity.WARN, "There is no dead-letter queue.", fixes=(EDIT,))
NOTICE = Finding("GEN-REGION-OK", Severity.NOTICE, "They are apart.")


@pytest.fixture
def view(icons: Icons, qtbot: QtBot) -> FindingsView:
    view = FindingsView(icons)
    qtbot.addWidget(view)
    view.show()
    return view


def may_go_on(view: FindingsView) -> bool:
    return not view.is_blocked


def press(view: FindingsView, title: str, qtbot: QtBot) -> None:
    def shown() -> list[QPushButton]:
        found = view.findChildren(QPushButton)
        return [each for each in found if each.accessibleName() == title and each.isVisible()]

    qtbot.waitUntil(lambda: bool(shown()))  # the cards are made anew after each decision
    shown()[0].click()
    QCoreApplication.processEvents()


def test_the_worst_stands_first_with_awss_words_and_its_id(view: FindingsView) -> None:
    view.show_findings((NOTICE, WARN, BLOCK))
    assert [finding.check_id for finding in view.findings] == ["SQS-VIS-LT", "SQS-DLQ", "GEN-REGION-OK"]
    said = [label.text() for label in view.findChildren(QLabel)]
    for words in ("It is too short.", "Lambda refuses.", "AWS reports: Code: no", "SQS-VIS-LT"):
        assert words in said


def test_a_block_ends_when_one_of_its_fixes_is_accepted(view: FindingsView, qtbot: QtBot) -> None:
    view.show_findings((BLOCK, WARN))
    assert view.is_blocked
    assert view.accepted() == ()
    with qtbot.waitSignal(view.accepted_changed):
        press(view, FIX.title, qtbot)
    assert view.accepted() == (FIX,)
    assert may_go_on(view)
    press(view, OTHER.title, qtbot)  # one way out of each finding
    assert view.accepted() == (OTHER,)
    press(view, OTHER.title, qtbot)
    assert view.is_blocked


def test_what_was_accepted_stays_so_when_the_checks_ran_again(view: FindingsView, qtbot: QtBot) -> None:
    view.show_findings((BLOCK,))
    press(view, FIX.title, qtbot)
    view.show_findings((BLOCK, NOTICE))
    assert view.accepted() == (FIX,)
    view.clear()
    view.show_findings((BLOCK,))
    assert view.accepted() == ()


def test_what_wiring_always_brings_is_accepted_unless_taken_out(view: FindingsView, qtbot: QtBot) -> None:
    grant = Fix(FixKind.STEPS, "Let the bucket run it", (STEP,), is_standard=True)
    view.show_findings((Finding("PERM-MISSING", Severity.BLOCK, "It may not.", fixes=(grant,)),))
    assert view.accepted() == (grant,)
    assert not view.is_blocked
    press(view, grant.title, qtbot)
    assert view.is_blocked


def test_a_way_that_is_no_step_is_asked_for(view: FindingsView, qtbot: QtBot) -> None:
    view.show_findings((WARN,))
    with qtbot.waitSignal(view.fix_wanted) as asked:
        press(view, EDIT.title, qtbot)
    assert asked.args == [EDIT]


def test_what_the_plan_resolves_anyway_stands_last(view: FindingsView, qtbot: QtBot) -> None:
    grant = Fix(FixKind.STEPS, "Let the bucket run it", (STEP,), is_standard=True)
    missing = Finding("PERM-MISSING", Severity.BLOCK, "It may not.", fixes=(grant,))
    view.show_findings((missing, WARN))
    before = [finding.check_id for finding in view.findings]
    assert before == ["SQS-DLQ", "PERM-MISSING"]
    assert view.warnings == (WARN,)
    press(view, grant.title, qtbot)  # taken out
    assert [finding.check_id for finding in view.findings] == before
    assert view.is_blocked
