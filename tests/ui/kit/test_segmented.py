"""Exclusive choices look like one control: the buttons touch, and only the outer corners are round."""

import itertools

from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from workbench.ui.kit.fields import segmented
from workbench.ui.kit.theme import Theme


def test_the_buttons_touch_and_keep_their_width_with_the_keyboard(dressed: Theme, qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    group = QButtonGroup(window)
    buttons = [QToolButton() for _ in range(3)]
    for button, text in zip(buttons, ("Invocations", "Lines", "Table"), strict=True):
        button.setText(text)
        button.setCheckable(True)
        group.addButton(button)
    control = segmented("modes", "View", buttons)
    row = QHBoxLayout(window)
    row.addWidget(control)
    row.addStretch(1)
    window.show()
    buttons[0].setChecked(True)
    places = [button.geometry() for button in buttons]
    assert [place.left() for place in places[1:]] == [place.right() + 1 for place in places[:-1]]
    assert control.width() == sum(place.width() for place in places)
    hints = [button.sizeHint() for button in buttons]
    image = control.grab().toImage()
    for left, right in itertools.pairwise(places):
        middle = left.center().y()
        lines = [image.pixelColor(x, middle).name() for x in (left.right() - 1, left.right(), right.left())]
        assert lines.count(dressed.colors.field) == 1, "one line between two"
    for button, hint in zip(buttons, hints, strict=True):
        button.setFocus()
        assert button.sizeHint() == hint
