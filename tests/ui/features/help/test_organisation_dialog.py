"""The organisation's policy as a dialog."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from workbench.core.policy import NO_POLICY
from workbench.ui.features.help.feature import PolicyDialog


def test_the_place_where_a_policy_would_be_is_named(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    dialog = PolicyDialog(NO_POLICY, Path("/etc/workbench/policy.json"), parent)
    dialog.open()
    assert any("policy.json" in label.text() for label in dialog.findChildren(QLabel))
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
