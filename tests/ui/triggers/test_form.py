"""The form of parameters: what each field takes, says and sends."""

from datetime import UTC, datetime

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QLineEdit, QPlainTextEdit
from pytestqt.qtbot import QtBot

from workbench.triggers.model import SourceKind
from workbench.triggers.parameter import Entry, Parameter
from workbench.ui.features.triggers.fields import ChoicesField, FiltersField
from workbench.ui.features.triggers.form import ChoiceField, FlagField, ParameterForm, field_of

BATCH = Parameter("BatchSize", "Batch size", Entry.NUMBER, 10, minimum=1, maximum=10_000, unit="messages")
AGE = Parameter(
    "MaximumRecordAgeInSeconds",
    "Maximum age",
    Entry.NUMBER,
    -1,
    minimum=60,
    maximum=604_800,
    also=((-1, "until it expires"),),
    unit="s",
    advanced=True,
)
NAME = Parameter("Name", "Name", Entry.TEXT, required=True, minimum=1, maximum=5, pattern="[a-z]+")
POSITION = Parameter(
    "StartingPosition",
    "Starting position",
    Entry.CHOICE,
    required=True,
    choices=("LATEST", "TRIM_HORIZON"),
    create_only=True,
)
EVENTS = Parameter("Events", "Events", Entry.CHOICES, required=True, choices=("a", "b"), is_open=True)
SPLIT = Parameter("Bisect", "Split", Entry.FLAG, False)
SINCE = Parameter("Since", "Since", Entry.MOMENT)
INPUT = Parameter("Input", "Input", Entry.JSON, maximum=20)
FILTERS = Parameter("FilterCriteria", "Filters", Entry.FILTERS)
ALL = (BATCH, AGE, NAME, POSITION, EVENTS, SPLIT, SINCE, INPUT, FILTERS)


@pytest.fixture
def form(qtbot: QtBot) -> ParameterForm:
    form = ParameterForm(lambda parameter: field_of(parameter, SourceKind("sqs")))
    qtbot.addWidget(form)
    form.show()
    return form


def line(form: ParameterForm, name: str) -> QLineEdit:
    found = form.findChild(QLineEdit, f"setting.{name}")
    assert found is not None
    return found


def retype(field: QLineEdit, text: str) -> None:
    field.selectAll()
    if text:
        QGuiApplication.clipboard().setText(text)
        field.paste()  # by keys no digits of other scripts can be typed
    else:
        QTest.keyClicks(field, "x")
        QTest.keyClick(field, Qt.Key.Key_Backspace)


def test_what_nobody_set_is_not_sent(form: ParameterForm) -> None:
    form.show_parameters((BATCH, AGE, SPLIT, SINCE, INPUT, FILTERS), {})
    assert form.values() == {}
    assert form.faults() == {}
    assert line(form, "BatchSize").placeholderText() == "10"


def test_what_aws_has_shows_and_is_kept(form: ParameterForm) -> None:
    moment = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
    values = {
        "BatchSize": 5,
        "MaximumRecordAgeInSeconds": -1,
        "Name": "abc",
        "StartingPosition": "AT_TIMESTAMP",  # what this version does not know
        "Events": ("b", "c"),
        "Bisect": True,
        "Since": moment,
        "Input": '{"a": 1}',
        "FilterCriteria": ('{"body": ["x"]}',),
    }
    form.show_parameters(ALL, values)
    assert form.values() == values
    assert form.faults() == {}


@pytest.mark.parametrize(
    ("parameter", "text", "value", "fault"),
    [
        (BATCH, "10000", 10_000, ""),
        (BATCH, "10,000", 10_000, ""),
        (BATCH, "10,00", None, "Enter a whole number from 1 to 10,000."),
        (BATCH, "0", None, "Enter a whole number from 1 to 10,000."),
        (BATCH, "10001", None, "Enter a whole number from 1 to 10,000."),
        (BATCH, "1_000", None, "Enter a whole number from 1 to 10,000."),
        (BATCH, "٣", None, "Enter a whole number from 1 to 10,000."),
        (BATCH, "9" * 40, None, "Enter a whole number from 1 to 10,000."),
        (AGE, "60", 60, ""),
        (AGE, "30", None, "Enter a whole number from 60 to 604,800."),
        (AGE, "-1", -1, ""),
        (NAME, "abc", "abc", ""),
        (NAME, "", None, "A value is required."),
        (NAME, "ABC", None, "This text is not valid. It has to match [a-z]+"),
        (NAME, "abcdef", None, "6 characters; the maximum is 5."),
        (SINCE, "2026-02-30 10:00", None, "Enter a time in UTC, such as 2026-01-31 09:30."),
        (SINCE, "2026-02-03T10:00", datetime(2026, 2, 3, 10, tzinfo=UTC), ""),
    ],
)
def test_a_field_says_what_is_wrong(
    form: ParameterForm, parameter: Parameter, text: str, value: object, fault: str
) -> None:
    form.show_parameters((parameter,), {})
    retype(line(form, parameter.name), text)
    assert form.faults().get(parameter.name, "") == fault
    if not fault:
        assert form.values() == {parameter.name: value}
    if fault:
        assert form.rows[parameter.name].message.text() == fault


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("", ""),
        ("{}", ""),
        ("{", "Invalid JSON: line 1, column 2"),
        ('"' + "x" * 30 + '"', "32 characters"),
    ],
)
def test_json_is_checked_while_it_is_typed(form: ParameterForm, text: str, begins: str) -> None:
    form.show_parameters((INPUT,), {})
    field = form.findChild(QPlainTextEdit, "setting.Input")
    assert field is not None
    field.setPlainText(text)
    said = form.rows["Input"].message.text()
    assert said.startswith(begins)
    assert bool(said) == bool(begins)


def test_what_is_only_not_filled_in_yet_is_no_fault_to_the_eye(form: ParameterForm) -> None:
    form.show_parameters((NAME, BATCH), {})
    assert form.rows["Name"].message.text() == "A value is required."
    assert form.missing() == ["Name"]
    retype(line(form, "BatchSize"), "0")
    assert form.missing() == []  # something else is wrong


def test_a_number_that_means_something_else_is_a_tick(form: ParameterForm) -> None:
    form.show_parameters((AGE,), {"MaximumRecordAgeInSeconds": 120})
    tick = form.findChild(QCheckBox, "setting.MaximumRecordAgeInSeconds.-1")
    assert tick is not None
    tick.click()
    assert form.values() == {"MaximumRecordAgeInSeconds": -1}
    assert not line(form, AGE.name).isEnabled()
    tick.click()
    assert form.values() == {"MaximumRecordAgeInSeconds": 120}


def test_choices_are_ticked_and_others_typed(form: ParameterForm) -> None:
    form.show_parameters((EVENTS,), {})
    field = form.rows["Events"].editor
    assert isinstance(field, ChoicesField)
    assert form.faults() == {"Events": "Choose at least one."}
    field.show_value(("a",))
    QTest.keyClicks(field.more, "c, d")
    assert form.values() == {"Events": ("a", "c", "d")}


def test_a_choice_that_must_be_made_is_awaited(form: ParameterForm) -> None:
    form.show_parameters((POSITION,), {})
    assert form.faults() == {"StartingPosition": "Choose a value."}
    form.set_value("StartingPosition", "LATEST")
    assert form.values() == {"StartingPosition": "LATEST"}
    field = form.rows["StartingPosition"].editor
    assert isinstance(field, ChoiceField)


def test_a_flag_that_was_cleared_is_sent_but_a_default_is_not(form: ParameterForm) -> None:
    form.show_parameters((SPLIT,), {"Bisect": True})
    field = form.rows["Bisect"].editor
    assert isinstance(field, FlagField)
    field.box.click()
    assert form.values() == {"Bisect": False}
    form.show_parameters((SPLIT,), {})
    assert form.values() == {}


def test_what_aws_does_not_change_later_is_locked_in_an_edit(form: ParameterForm) -> None:
    form.show_parameters((POSITION, BATCH), {"StartingPosition": "LATEST"}, is_edit=True)
    row = form.rows["StartingPosition"]
    assert not row.editor.isEnabled()
    assert "Remove the trigger and add it again" in row.message.text()
    form.show_parameters((POSITION, BATCH), {})
    assert form.rows["StartingPosition"].editor.isEnabled()
    assert "Cannot be changed later." in form.rows["StartingPosition"].message.text() or form.faults()


def test_rare_settings_hide_behind_more_until_a_fix_sets_one(form: ParameterForm, qtbot: QtBot) -> None:
    form.show_parameters((BATCH, AGE), {})
    qtbot.waitUntil(form.rows[BATCH.name].isVisible)
    assert not form.rows[AGE.name].isVisibleTo(form)
    form.set_value(AGE.name, 60)
    assert form.rows[AGE.name].isVisibleTo(form)
    assert form.values() == {AGE.name: 60}


def test_filter_patterns_are_listed_and_checked(form: ParameterForm) -> None:
    form.show_parameters((FILTERS,), {"FilterCriteria": ('{"body": "x"}',)})
    field = form.rows["FilterCriteria"].editor
    assert isinstance(field, FiltersField)
    assert "must be in an array" in form.faults()["FilterCriteria"]
    field.list.setCurrentRow(0)
    field.remove.click()
    assert form.values() == {}
    assert not field.edit.isEnabled()
