"""The policies that Workbench needs, as a dialog."""

import json
from collections.abc import Iterator
from functools import partial

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from workbench.aws.iam import policy_files
from workbench.ui.features.help.feature import NeededPermissionsDialog


@pytest.fixture
def dialog(qtbot: QtBot) -> Iterator[NeededPermissionsDialog]:
    parent = QWidget()
    qtbot.addWidget(parent)
    dialog = NeededPermissionsDialog(policy_files(), parent)
    dialog.open()
    yield dialog
    parent.close()


def _shows(dialog: NeededPermissionsDialog, text: str) -> bool:
    return dialog.policy.toPlainText() == text


def test_each_policy_can_be_chosen_read_and_copied(dialog: NeededPermissionsDialog, qtbot: QtBot) -> None:
    titles = [button.text() for button in dialog.levels.buttons()]
    assert titles == ["View", "Deploy", "Everything, part 1 of 2", "Everything, part 2 of 2"]
    for button, file in zip(dialog.levels.buttons(), policy_files(), strict=True):
        button.click()
        qtbot.waitUntil(partial(_shows, dialog, file.text))
        assert dialog.meaning.text().startswith(f"{file.name}:")
        assert dialog.state.text().startswith(f"{file.name}: {file.characters:,} of the 6,144 characters")
        place = dialog.copy_button.mapToGlobal(QPoint())
        dialog.copy_button.click()
        assert json.loads(QGuiApplication.clipboard().text()) == json.loads(file.text)
        assert dialog.state.text() == f"Copied {file.name}."
        QApplication.processEvents()
        assert dialog.copy_button.mapToGlobal(QPoint()) == place


def test_it_opens_with_the_policy_that_allows_least(dialog: NeededPermissionsDialog, qtbot: QtBot) -> None:
    assert dialog.levels.checkedId() == 0
    qtbot.waitUntil(lambda: "ViewFunctions" in dialog.policy.toPlainText())
    assert dialog.policy.isReadOnly()
