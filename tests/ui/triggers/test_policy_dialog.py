"""A policy is shown as it is, to be read and copied."""

from PySide6.QtWidgets import QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from workbench.ui.triggers.trigger_dialog import PolicyDialog

POLICY = '{"Statement": [{"Sid": "<b>all</b>", "Effect": "Allow"}]}'


def test_the_policy_is_shown_as_plain_text(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    dialog = PolicyDialog("Policy of orders", POLICY, parent)
    dialog.open()
    (text,) = dialog.findChildren(QPlainTextEdit)
    assert text.toPlainText() == POLICY
    assert text.isReadOnly()
