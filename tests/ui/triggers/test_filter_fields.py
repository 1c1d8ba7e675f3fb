"""The editor of a filter pattern: whether the sample matches, and where it fails."""

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from workbench.triggers.model import SourceKind
from workbench.triggers.parameter import Entry, Parameter
from workbench.ui.features.triggers.fields import FilterDialog, PatternField
from workbench.ui.features.triggers.form import field_of

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
        ("", SAMPLE, "Without a pattern, all events match.", False),
        ("{", SAMPLE, "It is not JSON", False),
        ('{"body": "order"}', SAMPLE, "must be in an array", False),
        ('{"body": {"kind": ["order"]}}', SAMPLE, "✓ The sample event matches.", True),
        ('{"body": {"kind": ["offer"]}}', SAMPLE, "It fails at: body.kind", True),
        ('{"body": {"kind": ["order"]}}', "{", "Sample event: Invalid JSON", True),
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


@pytest.mark.parametrize(
    ("kind", "name", "pattern"),
    [
        (SourceKind("events"), "EventPattern", '{"source": ["aws.events"]}'),
        (SourceKind("sns"), "FilterPolicy", '{"severity": ["warning"]}'),
    ],
)
def test_rules_and_topics_have_the_tester_with_an_event_of_theirs(
    parent: QWidget, kind: SourceKind, name: str, pattern: str
) -> None:
    field = field_of(Parameter(name, "The Pattern", Entry.JSON), kind)
    field.setParent(parent)
    assert isinstance(field, PatternField)
    field.text.setPlainText(pattern)
    field.tester.click()
    (dialog,) = parent.findChildren(FilterDialog)
    assert dialog.windowTitle() == "The Pattern"
    assert "matches" in dialog.verdict.text()
    dialog.pattern.setPlainText('{"other": ["x"]}')
    dialog.try_now()
    assert "It fails at: other" in dialog.verdict.text()
    dialog.yes.click()
    assert field.value() == '{\n  "other": [\n    "x"\n  ]\n}'


def test_what_is_taken_is_compact(parent: QWidget, qtbot: QtBot) -> None:
    dialog = FilterDialog('{"body":{"kind":["order"]}}', SAMPLE, parent)
    dialog.open()
    assert dialog.pattern.toPlainText().count("\n") > 2  # laid out to be read
    with qtbot.waitSignal(dialog.agreed) as agreed:
        dialog.yes.click()
    assert agreed.args == ['{"body": {"kind": ["order"]}}']
