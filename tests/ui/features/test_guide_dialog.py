"""The guide as a dialog."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from workbench.ui.features.getting_started.feature import Guide


def test_the_guide_opens_and_escape_closes_it(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    guide = Guide(parent)
    guide.open()
    assert guide.isVisible()
    assert guide.windowTitle()
    QTest.keyClick(guide, Qt.Key.Key_Escape)
    assert not guide.isVisible()
