"""What the style sheet makes of Qt's own small parts."""

import re
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLineEdit, QToolButton
from pytestqt.qtbot import QtBot

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
