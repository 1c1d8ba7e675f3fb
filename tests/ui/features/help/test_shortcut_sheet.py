"""The shortcut sheet lists what the registry says, by menu."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from workbench.ui.features.help.feature import ShortcutSheet
from workbench.ui.shell.actions import ActionRegistry


@pytest.fixture
def sheet(qtbot: QtBot, actions: ActionRegistry) -> ShortcutSheet:
    sheet = ShortcutSheet(actions)
    qtbot.addWidget(sheet)
    sheet.open()
    return sheet


def listed(sheet: ShortcutSheet) -> dict[str, dict[str, str]]:
    model = sheet.view.model()
    found: dict[str, dict[str, str]] = {}
    for number in range(model.rowCount()):
        menu = model.index(number, 0)
        found[menu.data()] = {
            model.index(row, 0, menu).data(): model.index(row, 1, menu).data()
            for row in range(model.rowCount(menu))
        }
    return found


def test_every_action_with_keys_is_listed_under_its_menu(
    sheet: ShortcutSheet, actions: ActionRegistry
) -> None:
    shown = listed(sheet)
    assert shown["Function"]["Deploy"] == "Ctrl+Shift+D"
    with_keys = [action for action in actions.all() if not action.shortcut().isEmpty()]
    assert sum(map(len, shown.values())) == len(with_keys)
    assert "Sandbox" not in shown  # nothing there has keys
    assert sheet.view.isExpanded(sheet.view.model().index(0, 0))


def test_search_finds_commands_keys_and_menus(sheet: ShortcutSheet) -> None:
    QTest.keyClicks(sheet.search, "deploy")
    shown = {name: keys for rows in listed(sheet).values() for name, keys in rows.items()}
    assert shown["Deploy"] == "Ctrl+Shift+D"
    assert "Invoke" not in shown
    sheet.search.setText("shift+i")
    assert listed(sheet) == {"Function": {"Invoke": "Ctrl+Shift+I"}}
    sheet.search.setText("profile")
    assert list(listed(sheet)) == ["Profile"]
    sheet.search.setText("no such thing")
    assert listed(sheet) == {}


def test_it_reads_the_keys_anew_when_it_opens(sheet: ShortcutSheet, actions: ActionRegistry) -> None:
    sheet.reject()
    actions["function.deploy"].setShortcut(QKeySequence("F9"))
    sheet.open()
    assert listed(sheet)["Function"]["Deploy"] == "F9"


def test_escape_closes_it_and_typing_starts_in_the_search(sheet: ShortcutSheet, qtbot: QtBot) -> None:
    qtbot.waitUntil(sheet.search.hasFocus)
    QTest.keyClick(sheet.search, Qt.Key.Key_Escape)
    assert sheet.isHidden()
