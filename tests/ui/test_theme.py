"""The theme's style sheet: on every widget, and put on again only when it is another one."""

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from workbench.ui.kit.theme import DARK, LIGHT, Theme


class _Dressings(QObject):
    """How often a widget was given a style."""

    count = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.StyleChange
        return False


def _ground(field: QLineEdit) -> str:
    return field.palette().color(QPalette.ColorRole.Base).name()


def test_a_choice_reaches_a_widget_that_is_shown(dressed: Theme, qtbot: QtBot) -> None:
    field = QLineEdit()
    qtbot.addWidget(field)
    field.show()
    assert _ground(field) == LIGHT.base
    dressed.choose("dark")
    assert _ground(field) == DARK.base
    dressed.choose("light")
    assert _ground(field) == LIGHT.base


def test_the_same_choice_dresses_nothing_again(dressed: Theme, qtbot: QtBot) -> None:
    field = QLineEdit()
    qtbot.addWidget(field)
    field.show()
    dressings = _Dressings()
    field.installEventFilter(dressings)
    dressed.dress()
    dressed.choose("light")
    assert dressings.count == 0
    dressed.choose("dark")
    assert dressings.count > 0
