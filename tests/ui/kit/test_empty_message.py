"""A list or table without rows says so inside itself, until it has some."""

import pytest
from PySide6.QtCore import QSortFilterProxyModel
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QAbstractItemView, QListView, QListWidget, QTableView, QTreeView, QWidget
from pytestqt.qtbot import QtBot

from workbench.ui.features.bulk.dialog import PastChangesDialog
from workbench.ui.features.configuration.pairs import PairsEditor
from workbench.ui.features.help.feature import ShortcutSheet
from workbench.ui.kit.empty import EmptyMessage
from workbench.ui.shell.actions import ActionRegistry


def shown_in(view: QAbstractItemView) -> str:
    """What the view says inside its viewport, as it is seen."""
    texts = [label for label in view.viewport().findChildren(EmptyMessage) if label.isVisible()]
    assert all(view.viewport().rect().contains(label.geometry()) for label in texts)
    return "".join(label.text() for label in texts)


@pytest.mark.parametrize("kind", [QListView, QTableView, QTreeView])
def test_it_goes_when_rows_come_and_comes_when_the_last_one_goes(
    qtbot: QtBot, kind: type[QListView] | type[QTableView] | type[QTreeView]
) -> None:
    view = kind()
    qtbot.addWidget(view)
    EmptyMessage(view, "No functions. Create one.")
    view.show()
    assert shown_in(view) == "No functions. Create one."
    model, narrowed = QStandardItemModel(), QSortFilterProxyModel()
    narrowed.setSourceModel(model)
    view.setModel(narrowed)
    model.appendRow(QStandardItem("hello"))
    qtbot.waitUntil(lambda: shown_in(view) == "")
    narrowed.setFilterFixedString("other")
    qtbot.waitUntil(lambda: shown_in(view) == "No functions. Create one.")
    narrowed.setFilterFixedString("")
    qtbot.waitUntil(lambda: shown_in(view) == "")
    view.setModel(QStandardItemModel(view))
    qtbot.waitUntil(lambda: shown_in(view) != "")


def test_rows_that_are_all_hidden_count_as_none(qtbot: QtBot) -> None:
    names = QListWidget()
    qtbot.addWidget(names)
    names.addItems(["one", "two"])
    EmptyMessage(names, "0 symbols match.")
    names.show()
    assert shown_in(names) == ""
    for row in range(2):
        names.setRowHidden(row, True)
    qtbot.waitUntil(lambda: shown_in(names) == "0 symbols match.")


def test_real_tables_without_rows_have_their_words(qtbot: QtBot, actions: ActionRegistry) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    past = PastChangesDialog([], window)
    pairs = PairsEditor("environment", "Variables", ("Key", "Value"), "Add Variable")
    sheet = ShortcutSheet(actions, window)
    qtbot.addWidget(pairs)
    for widget in (window, past, pairs, sheet):
        widget.show()
    assert shown_in(past.table)
    qtbot.waitUntil(lambda: "Add Variable" in shown_in(pairs.view))
    qtbot.waitUntil(lambda: shown_in(sheet.view) == "")
    sheet.search.setText("no such thing at all")
    qtbot.waitUntil(lambda: "No shortcut" in shown_in(sheet.view))
