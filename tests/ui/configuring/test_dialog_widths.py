"""The names of variables in the dialogs of changes: read in full, though their values are masked."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTableView, QWidget
from pytestqt.qtbot import QtBot

from workbench.functions.settings import Conflict, SettingChange
from workbench.ui.features.configuration.dialogs import ChangesDialog, ConflictDialog

NAME = "ORDERS_DATABASE_PASSWORD"


def tables(parent: QWidget, variable: str) -> list[QTableView]:
    mine = SettingChange("environment", variable, None, "s3cr3t")
    changes = ChangesDialog("hello", [mine], [], "", parent)
    conflict = ConflictDialog("hello", [Conflict(mine, "theirs")], parent)
    return [changes.table, conflict.table]


@pytest.mark.parametrize("variable", [NAME, NAME * 20])
def test_the_name_of_a_masked_variable_can_be_read(qtbot: QtBot, variable: str) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    for table in tables(window, variable):
        index = table.model().index(0, 0)
        assert index.data() == f"Environment variables: {variable}"
        tip = index.data(Qt.ItemDataRole.ToolTipRole)
        assert tip.replace("\n", "") == index.data()  # a long one is wrapped
        needed = table.fontMetrics().horizontalAdvance(index.data())
        assert table.columnWidth(0) <= 400
        assert variable is not NAME or table.columnWidth(0) > needed
        texts = [table.model().index(0, column).data(Qt.ItemDataRole.ToolTipRole) for column in range(1, 3)]
        assert not any("s3cr3t" in str(text) or "theirs" in str(text) for text in texts)
