"""What the style sheet makes of Qt's own small parts."""

from PySide6.QtWidgets import QLineEdit, QToolButton
from pytestqt.qtbot import QtBot

from workbench.ui.style_sheet import style_sheet
from workbench.ui.theme import Theme


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
