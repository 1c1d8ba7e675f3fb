"""The guide as a dialog."""

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from workbench.ui.features.getting_started.feature import Guide


def test_the_guide_opens(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    guide = Guide(parent)
    guide.open()
    assert guide.isVisible()
    assert guide.windowTitle()
