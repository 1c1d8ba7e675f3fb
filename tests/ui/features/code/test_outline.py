"""The outline: a tree that follows the cursor and leads to its symbols."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QTreeWidgetItem
from pytestqt.qtbot import QtBot

from workbench.ui.editor import OutlineSymbol
from workbench.ui.features.code.search import Outline
from workbench.ui.shell.services import Services

GET = OutlineSymbol("get", 5, 4, 9, 4, 6)
STORE = OutlineSymbol("Store", 4, 2, 7, 1, 9, (GET, OutlineSymbol("put", 5, 8, 9, 8, 9)))
HANDLER = OutlineSymbol("handler", 11, 12, 5, 12, 20)


@pytest.fixture
def outline(services: Services, qtbot: QtBot) -> Outline:
    outline = Outline(services.icons, services.theme)
    qtbot.addWidget(outline)
    outline.resize(220, 260)
    with qtbot.waitExposed(outline):
        outline.show()
    return outline


def names(outline: Outline) -> list[str]:
    """Each symbol, indented by how deep it lies."""

    def below(item: QTreeWidgetItem, depth: int) -> list[str]:
        children = [item.child(number) for number in range(item.childCount())]
        inside = [line for child in children if child is not None for line in below(child, depth + 1)]
        return ["  " * depth + item.text(0), *inside]

    tops = [outline.tree.topLevelItem(number) for number in range(outline.tree.topLevelItemCount())]
    return [line for top in tops if top is not None for line in below(top, 0)]


def marked(outline: Outline) -> str:
    item = outline.tree.currentItem()
    return item.text(0) if item is not None else ""


def test_symbols_stand_inside_those_around_them(outline: Outline) -> None:
    outline.show_symbols((STORE, HANDLER))
    assert names(outline) == ["Store", "  get", "  put", "handler"]
    assert outline.tree.isVisible()


@pytest.mark.parametrize(
    ("line", "name"),
    [(1, "Store"), (5, "get"), (7, "Store"), (9, "put"), (10, ""), (15, "handler"), (99, "")],
)
def test_the_innermost_symbol_at_the_cursor_is_marked(outline: Outline, line: int, name: str) -> None:
    outline.show_symbols((STORE, HANDLER))
    outline.follow(line)
    assert marked(outline) == name


def test_of_a_closed_class_the_class_is_marked(outline: Outline) -> None:
    outline.show_symbols((STORE, HANDLER))
    first = outline.tree.topLevelItem(0)
    assert first is not None
    first.setExpanded(False)
    outline.follow(5)
    assert marked(outline) == "Store"
    assert not first.isExpanded()


def test_a_click_and_return_lead_to_a_symbol(outline: Outline, qtbot: QtBot) -> None:
    outline.show_symbols((STORE, HANDLER))
    went: list[tuple[int, int]] = []
    outline.chosen.connect(lambda line, column: went.append((line, column)))
    second = outline.tree.topLevelItem(1)
    assert second is not None
    place = outline.tree.visualItemRect(second).center()
    QTest.mouseClick(outline.tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert went == [(12, 5)]
    QTest.keyClick(outline.tree, Qt.Key.Key_Up)
    QTest.keyClick(outline.tree, Qt.Key.Key_Return)
    assert went == [(12, 5), (8, 9)]


def test_lines_that_move_leave_the_tree_as_it_was_opened(outline: Outline) -> None:
    outline.show_symbols((STORE, HANDLER))
    first = outline.tree.topLevelItem(0)
    assert first is not None
    first.setExpanded(False)
    outline.show_symbols((STORE, OutlineSymbol("handler", 11, 32, 5, 32, 40)))
    assert not first.isExpanded()
    outline.follow(35)
    assert marked(outline) == "handler"
    outline.show_symbols((HANDLER,))
    assert names(outline) == ["handler"]


def test_it_says_when_there_is_nothing_to_show(outline: Outline) -> None:
    outline.show_symbols((HANDLER,))
    outline.show_symbols(())
    words = outline.findChild(QLabel, "outlineWords")
    assert words is not None
    assert words.isVisible()
    assert words.text() == "No symbols in this file."
    assert names(outline) == []


def test_a_screen_reader_hears_what_kind_a_symbol_is(outline: Outline) -> None:
    outline.show_symbols((STORE, HANDLER, OutlineSymbol("LIMIT", 13, 22, 1, 22, 22)))
    items = [outline.tree.topLevelItem(number) for number in range(3)]
    heard = [item.data(0, Qt.ItemDataRole.AccessibleTextRole) for item in items if item is not None]
    assert heard == ["Store, class", "handler, function", "LIMIT, value"]


def test_two_thousand_symbols_do_not_stall_it(outline: Outline, services: Services) -> None:
    many = tuple(OutlineSymbol(f"name_{number}", 13, number, 1, number, number) for number in range(1, 2_001))
    outline.show_symbols(many)
    outline.follow(1_500)
    assert marked(outline) == "name_1500"
    services.theme.choose("dark")  # its drawings come again in the other colour
    assert marked(outline) == "name_1500"
