"""The list of problems: the worst first, a click goes there, a menu mends what can be mended."""

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from tests.growth import processor_s
from workbench.code.syntax import CREATE_HANDLER, Problem
from workbench.ui.shell.problems_panel import ProblemsPanel

WARNING = Problem("app.py", 3, 1, "unused", 3, 5, "warning", "ruff", "F401")
ERROR = Problem("lib/util.py", 7, 2, "no such name", 7, 9, "error", "ty", "unresolved-reference")
HANDLER = Problem("", 0, 0, "There is no handler.", fix=CREATE_HANDLER)


def _panel(qtbot: QtBot, *problems: Problem) -> ProblemsPanel:
    panel = ProblemsPanel()
    qtbot.addWidget(panel)
    panel.resize(1000, 300)
    panel.show()
    panel.show_problems(problems)
    return panel


def _rows(panel: ProblemsPanel) -> list[list[str]]:
    items = [panel.list.topLevelItem(number) for number in range(panel.list.topLevelItemCount())]
    return [[item.text(column) for column in range(5)] for item in items if item is not None]


def test_errors_come_before_warnings_and_say_who_found_them(qtbot: QtBot) -> None:
    assert _rows(_panel(qtbot, WARNING, ERROR, HANDLER)) == [
        ["no such name", "lib/util.py", "7", "Error", "ty unresolved-reference"],
        ["There is no handler.", "", "", "Error", ""],
        ["unused", "app.py", "3", "Warning", "ruff F401"],
    ]


def test_a_cause_comes_first_and_what_may_follow_from_it_below(qtbot: QtBot) -> None:
    syntax = Problem("app.py", 9, 4, "'(' was never closed", rule="invalid-syntax")
    again = Problem("app.py", 10, 1, "expected ')'", source="ty", rule="invalid-syntax")
    undefined = Problem("app.py", 2, 1, "no such name", source="ty", rule="unresolved-reference")
    missing = Problem("b.py", 1, 8, "no module", severity="warning", source="ty", rule="unresolved-import")
    panel = _panel(qtbot, WARNING, undefined, again, ERROR, missing, syntax)
    top = [row[0] for row in _rows(panel)]
    assert top == ["'(' was never closed", "no module", "no such name"]
    cause = panel.list.topLevelItem(0)
    assert cause is not None
    following = [item for row in range(cause.childCount()) if (item := cause.child(row)) is not None]
    assert [item.text(0) for item in following] == ["expected ')'", "no such name", "unused"]
    assert cause.isExpanded()
    opened: list[tuple[str, int, int]] = []
    panel.opened.connect(lambda path, line, column: opened.append((path, line, column)))
    area = panel.list.visualItemRect(following[1])
    QTest.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=area.center())
    assert opened == [("app.py", 2, 1)]


def test_every_column_is_seen_in_a_narrow_window(qtbot: QtBot) -> None:
    panel = _panel(qtbot, replace(ERROR, message="no such name " * 30))
    panel.resize(900, 200)
    qtbot.waitUntil(lambda: panel.list.width() == 900)
    assert panel.list.horizontalScrollBar().maximum() == 0
    assert panel.list.columnWidth(0) > 300


def test_a_click_goes_there(qtbot: QtBot) -> None:
    panel = _panel(qtbot, WARNING)
    opened: list[tuple[str, int, int]] = []
    panel.opened.connect(lambda path, line, column: opened.append((path, line, column)))
    item = panel.list.topLevelItem(0)
    assert item is not None
    place = panel.list.visualItemRect(item).center()
    QTest.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert opened == [("app.py", 3, 1)]


def test_thousands_of_problems_do_not_stall(qtbot: QtBot) -> None:
    panel = _panel(qtbot)
    few_s = min(processor_s(lambda: panel.show_problems([WARNING] * 600)) for _ in range(3))
    many_s = min(processor_s(lambda: panel.show_problems([WARNING] * 20_000)) for _ in range(3))
    assert many_s < 5 * few_s  # as many rows; the rest is counted
    assert _rows(panel)[-1][0] == "… and 19,500 more"


def _menu(panel: ProblemsPanel, qtbot: QtBot) -> QMenu:
    item = panel.list.topLevelItem(0)
    assert item is not None
    panel.list.setCurrentItem(item)
    panel.list.customContextMenuRequested.emit(panel.list.visualItemRect(item).center())
    menu = panel.findChild(QMenu, "problemsMenu")
    assert menu is not None
    qtbot.waitUntil(menu.isVisible)
    return menu


def test_the_menu_mends_what_can_be_mended(qtbot: QtBot) -> None:
    panel = _panel(qtbot, HANDLER)
    wanted: list[Problem] = []
    panel.fix_wanted.connect(wanted.append)
    menu = _menu(panel, qtbot)
    go, _copy, fix = menu.actions()
    assert (go.isEnabled(), fix.text()) == (False, "Create Handler Function")
    fix.trigger()
    menu.close()
    assert wanted == [HANDLER]


def test_the_menu_offers_other_handlers(qtbot: QtBot) -> None:
    panel = _panel(qtbot, replace(HANDLER, handlers=("app.main", "lib/b.run")))
    wanted: list[str] = []
    panel.handler_wanted.connect(wanted.append)
    menu = _menu(panel, qtbot)
    *_, first, second = menu.actions()
    assert (first.text(), second.text()) == ("Set Handler to “app.main”", "Set Handler to “lib/b.run”")
    second.trigger()
    menu.close()
    assert wanted == ["lib/b.run"]


def test_the_menu_copies_the_words(qtbot: QtBot) -> None:
    panel = _panel(qtbot, ERROR)
    menu = _menu(panel, qtbot)
    assert [action.text() for action in menu.actions()] == ["Go to Problem", "Copy"]
    menu.actions()[1].trigger()
    menu.close()
    assert QGuiApplication.clipboard().text() == "no such name"
