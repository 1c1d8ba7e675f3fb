"""The editor of a filter pattern: whether the sample matches, and where it fails."""

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from workbench.ui.triggers.filter_dialog import FilterDialog

SAMPLE = '{"body": {"kind": "order", "price": 12}}'


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.show()
    return parent


@pytest.mark.parametrize(
    ("pattern", "sample", "says", "may_take"),
    [
        ("", SAMPLE, "Without a pattern all events come through.", False),
        ("{", SAMPLE, "It is not JSON", False),
        ('{"body": "order"}', SAMPLE, "must stand in an array", False),
        ('{"body": {"kind": ["order"]}}', SAMPLE, "✓ The sample event matches.", True),
        ('{"body": {"kind": ["offer"]}}', SAMPLE, "It fails at: body.kind", True),
        ('{"body": {"kind": ["order"]}}', "{", "The sample event: This is no JSON", True),
        ('{"body": {"kind": ["order"]}}', "[]", "must be a JSON object", True),
    ],
)
def test_the_verdict_follows_pattern_and_sample(
    parent: QWidget, pattern: str, sample: str, says: str, *, may_take: bool
) -> None:
    dialog = FilterDialog(pattern, SAMPLE, parent)
    dialog.sample.setPlainText(sample)
    dialog.try_now()
    assert says in dialog.verdict.text()
    assert dialog.yes.isEnabled() == may_take
    dialog.reject()


def test_what_is_taken_is_compact(parent: QWidget, qtbot: QtBot) -> None:
    dialog = FilterDialog('{"body":{"kind":["order"]}}', SAMPLE, parent)
    dialog.open()
    assert dialog.pattern.toPlainText().count("\n") > 2  # laid out to be read
    with qtbot.waitSignal(dialog.agreed) as agreed:
        dialog.yes.click()
    assert agreed.args == ['{"body": {"kind": ["order"]}}']
