"""What the style sheet makes of Qt's own small parts."""

import re
from pathlib import Path

import pytest
from PySide6.QtWidgets import (
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from workbench.ui.kit.choices import CalmChoice
from workbench.ui.kit.fields import OpenChoice, number_box
from workbench.ui.kit.theme import DARK, LIGHT, Colors, Theme, style_sheet


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
def test_every_drawing_it_names_is_there(colors: Colors) -> None:
    drawings = re.findall(r'url\("([^"]+)"\)', style_sheet(colors))
    assert drawings
    assert [path for path in drawings if not Path(path).is_file()] == []


def test_the_button_that_clears_a_field_is_in_its_middle(theme: Theme, qtbot: QtBot) -> None:
    field = QLineEdit("ERROR")
    qtbot.addWidget(field)
    field.setClearButtonEnabled(True)
    field.setStyleSheet(style_sheet(theme.colors))
    field.resize(field.sizeHint())
    field.show()
    (button,) = field.findChildren(QToolButton)
    assert field.rect().contains(button.geometry())
    assert abs(button.geometry().center().y() - field.rect().center().y()) <= 1


def _indent(field: QWidget) -> int:
    """Where its text begins, in px. It must begin with an upright stroke."""
    image = field.grab().toImage()
    rows = range(6, 22)
    return next(
        x
        for x in range(3, 60)
        if sum(image.pixelColor(x, y).lightness() < 120 for y in rows) >= len(rows) // 3
    )


@pytest.mark.parametrize("has_focus", [False, True], ids=["without focus", "with focus"])
def test_the_texts_of_fields_one_below_another_begin_at_the_same_place(
    dressed: Theme, qtbot: QtBot, *, has_focus: bool
) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    editable, choice, number = QComboBox(), QComboBox(), number_box("number", "Number", 0, 10)
    editable.setEditable(True)
    for box in (editable, choice):
        box.addItem("HHH")
    number.setPrefix("HHH")
    fields = [QLineEdit("HHH"), QPlainTextEdit("HHH"), choice, editable, number]
    rows, elsewhere = QVBoxLayout(window), QPushButton("Elsewhere")
    for field in (elsewhere, *fields):
        rows.addWidget(field)
    window.resize(300, 400)
    window.show()
    window.activateWindow()
    elsewhere.setFocus()
    begin = []
    for field in fields:
        if has_focus:
            field.setFocus()
            qtbot.waitUntil(field.hasFocus)
        begin.append(_indent(field))
    assert max(begin) - min(begin) <= 1, begin  # the cursor, where there is one, is before the text


def test_a_disabled_number_looks_as_disabled_as_a_disabled_text(dressed: Theme, qtbot: QtBot) -> None:
    number, text = number_box("number", "Number", 0, 10), QLineEdit("0")
    colors = []
    for field in (number, text):
        qtbot.addWidget(field)
        field.resize(120, 28)
        field.setEnabled(False)
        image = field.grab().toImage()
        colors.append([image.pixelColor(place, 14).name() for place in (0, 60)])  # frame and background
    assert colors[0] == colors[1]


def test_the_text_of_a_list_that_takes_text_is_where_other_lists_have_theirs(
    dressed: Theme, qtbot: QtBot
) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    plain, editable = CalmChoice(), OpenChoice("open", "Open", ["IIII"])
    plain.addItem("IIII")
    for box in (QPushButton("first"), plain, editable):  # the first one takes the focus
        column.addWidget(box)
    window.show()
    line = editable.lineEdit()
    assert line is not None
    qtbot.waitUntil(lambda: editable.rect().contains(line.geometry()))
    assert _rows(editable) == _rows(plain)
    assert abs(_indent(editable) - _indent(plain)) <= 1


def _rows(box: QWidget) -> list[int]:
    """The rows of pixels, from the top, in which there is text."""
    image = box.grab().toImage()
    return [y for y in range(3, 25) if any(image.pixelColor(x, y).lightness() < 120 for x in range(6, 40))]
