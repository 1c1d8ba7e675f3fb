"""A form of rows: values, faults, marks of changes and conflicts, reset."""

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from workbench.ui.kit.fields import (
    ChoiceEditor,
    FlagEditor,
    LinesEditor,
    NumberEditor,
    OpenChoice,
    TextEditor,
)
from workbench.ui.kit.form import Form, FormRow
from workbench.ui.kit.text import named

VALUES = {"timeout": 3, "handler": "app.run", "format": "JSON", "ipv6": False, "subnets": ("a", "b")}


def _warn(timeout: int) -> str:
    return "That is long." if timeout > 600 else ""


@pytest.fixture
def form(qtbot: QtBot) -> Form:
    form = Form(dotted=True)
    qtbot.addWidget(form)
    form.add(
        NumberEditor("timeout", "Timeout", (1, 900), "s", warn=_warn), "Timeout", name="timeout", hint="In s."
    )
    form.add(TextEditor("handler", "Handler", None), "Handler", name="handler")
    items = [("Text", "Text"), ("JSON", "JSON")]
    form.add(ChoiceEditor("format", "Log format", items), "Log format", name="format")
    form.add(FlagEditor("ipv6", "IPv6", "Allow IPv6"), "", name="ipv6")
    form.add(LinesEditor("subnets", "Subnets", None, 2), "Subnets", name="subnets", wide=True)
    form.show_values(VALUES)
    return form


def _type(form: Form, name: str, text: str) -> None:
    line = form.findChild(QLineEdit, f"setting.{name}")
    assert line is not None
    line.selectAll()
    QTest.keyClicks(line, text)


def _says(form: Form, name: str) -> tuple[str, str]:
    message = form.rows[name].message
    return message.text(), message.property("role")


def test_a_row_marks_a_change_and_says_what_is_wrong_what_to_know_and_its_hint(
    form: Form, qtbot: QtBot
) -> None:
    assert form.values() == VALUES
    assert form.changes() == {}
    assert _says(form, "timeout") == ("In s.", "muted")
    with qtbot.waitSignal(form.changed):
        _type(form, "timeout", "700")
    assert form.changes() == {"timeout": 700}
    assert form.rows["timeout"].label.text() == "Timeout ●"
    assert _says(form, "timeout") == ("That is long.", "warning")
    _type(form, "timeout", "7000")
    wrong = "Enter a whole number from 1 to 900."
    assert form.faults() == {"timeout": wrong}
    assert _says(form, "timeout") == (wrong, "danger")
    line = form.findChild(QLineEdit, "setting.timeout")
    assert line is not None
    assert line.accessibleDescription() == wrong
    _type(form, "timeout", "3")
    assert form.rows["timeout"].label.text() == "Timeout"
    assert _says(form, "timeout") == ("In s.", "muted")


@pytest.mark.parametrize(
    ("text", "number"),
    [("1024", 1024), ("1,024", 1024), ("12,288", 12_288), ("10,24", None), ("1_024", None)],
)
def test_a_number_may_be_grouped_as_it_is_shown(qtbot: QtBot, text: str, number: int | None) -> None:
    editor = NumberEditor("memory", "Memory", (128, 32_768), "MB")
    qtbot.addWidget(editor)
    editor.line.setText(text)
    assert editor.fault() == ("" if number else "Enter a whole number from 128 to 32,768.")
    if number:
        assert editor.value() == number


def test_reset_shows_what_was_read(form: Form) -> None:
    _type(form, "timeout", "x")
    _type(form, "handler", "main.go")
    form.reset()
    assert form.values() == VALUES
    assert form.faults() == {}
    assert not any("●" in row.label.text() for row in form.rows.values())


def test_rows_hold_any_field_and_say_what_the_dialog_finds(qtbot: QtBot) -> None:
    form, name = Form(), named(QLineEdit(), "aliasName", "Name")
    qtbot.addWidget(form)
    name.setAccessibleDescription("Letters and digits")
    row = form.add(name, "Name")
    assert name.accessibleDescription() == "Letters and digits"
    form.add(named(QLineEdit(), "aliasVersion", "Version"), "Version of the function")
    assert form.findChild(FormRow, "aliasNameRow") is row
    assert row.label.buddy() is name
    assert row.label.width() == form.rows["aliasVersion"].label.width()
    form.show_faults({"aliasName": "This name is taken."})
    assert (row.message.text(), row.message.objectName()) == ("This name is taken.", "aliasNameFault")
    assert name.accessibleDescription() == "This name is taken."
    form.show_faults({})
    assert row.message.isHidden()
    assert name.accessibleDescription() == "Letters and digits"
    form.show_row("aliasVersion", shown=False)
    assert form.rows["aliasVersion"].isHidden()


def test_rows_of_groups_stand_below_each_other_and_their_fields_name_the_group(qtbot: QtBot) -> None:
    form = Form()
    qtbot.addWidget(form)
    form.begin_group("Look")
    theme = form.add(named(QLineEdit(), "theme"), "Theme")
    form.begin_group("Editor")
    font = form.add(named(QLineEdit(), "font"), "Font of the text")
    tabs = form.add(named(QLineEdit(), "tabs", "Spaces"), "Tabs")
    assert [each.field.accessibleName() for each in (theme, font, tabs)] == [
        "Look: Theme",
        "Editor: Font of the text",
        "Spaces",
    ]
    assert font.parentWidget() is tabs.parentWidget() is not theme.parentWidget()
    assert theme.label.width() == font.label.width()
    with qtbot.waitExposed(form):
        form.show()
    assert theme.field.mapTo(form, QPoint()).x() == font.field.mapTo(form, QPoint()).x()


def test_a_list_that_is_too_narrow_shows_the_beginning_of_what_is_chosen(qtbot: QtBot) -> None:
    choice = OpenChoice("role", "Role", ("short", "a role whose name is longer than its list is wide"))
    qtbot.addWidget(choice)
    choice.resize(80, choice.sizeHint().height())
    with qtbot.waitExposed(choice):
        choice.show()
    choice.setCurrentIndex(1)
    line = choice.lineEdit()
    assert line is not None
    assert line.cursorRect().left() <= line.rect().left() + 10
    assert line.cursorPosition() == 0
