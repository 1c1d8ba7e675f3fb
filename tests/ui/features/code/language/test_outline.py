"""The outline of the Code tab, from the real ty."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QSplitter

from tests.ui.features.code.coder import CodeServer
from tests.ui.features.code.language.desk import LanguageDesk
from workbench.ui.features.code.search import OutlineFlow
from workbench.ui.shell.preferences import EDITOR_OUTLINE
from workbench.ui.shell.services import Services

APP = (
    "LIMIT = 3\n\n\nclass Store:\n    def get(self):\n        return LIMIT\n\n\n"
    "def handler(event, context):\n    return Store().get()\n"
)
FILES: dict[str, bytes | str] = {"app.py": APP, "util.py": "def helper():\n    return 1\n"}


@pytest.fixture
def flow(desk: LanguageDesk) -> OutlineFlow:
    return OutlineFlow(desk.services, desk.page)


def tops(flow: OutlineFlow) -> list[str]:
    tree = flow.outline.tree
    items = [tree.topLevelItem(number) for number in range(tree.topLevelItemCount())]
    return [item.text(0) for item in items if item is not None]


def marked(flow: OutlineFlow) -> str:
    item = flow.outline.tree.currentItem()
    return item.text(0) if item is not None else ""


def test_it_shows_the_file_in_front_and_follows_the_cursor(
    desk: LanguageDesk, server: CodeServer, flow: OutlineFlow
) -> None:
    desk.open(server.function("hello", FILES))
    desk.until(lambda: tops(flow) == ["LIMIT", "Store", "handler"])
    desk.at(6, 9)
    desk.until(lambda: marked(flow) == "get")
    desk.at(10, 5)
    desk.until(lambda: marked(flow) == "handler")
    desk.files.open("util.py")
    desk.until(lambda: tops(flow) == ["helper"])
    desk.type("other = 1\n")
    desk.until(lambda: tops(flow) == ["other", "helper"])


def test_another_function_leaves_nothing_of_the_one_before(
    desk: LanguageDesk, server: CodeServer, flow: OutlineFlow
) -> None:
    desk.open(server.function("hello", FILES))
    desk.until(lambda: "handler" in tops(flow))
    desk.page.show_function(server.function("other", {"app.py": FILES["util.py"]}))
    assert tops(flow) == []
    desk.until(lambda: tops(flow) == ["helper"])


def test_a_click_leads_into_the_text(desk: LanguageDesk, server: CodeServer, flow: OutlineFlow) -> None:
    desk.open(server.function("hello", FILES))
    desk.until(lambda: "handler" in tops(flow))
    item = flow.outline.tree.topLevelItem(2)
    assert item is not None
    place = flow.outline.tree.visualItemRect(item).center()
    QTest.mouseClick(flow.outline.tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    desk.until(lambda: desk.cursor == (9, 5))
    QTest.keyClicks(desk.driver.keyboard, "my_")  # the text has the keyboard
    desk.until(lambda: "def my_handler(" in desk.text)


def test_hiding_it_holds_and_gives_its_room_to_the_tree(
    desk: LanguageDesk, server: CodeServer, flow: OutlineFlow, services: Services
) -> None:
    desk.open(server.function("hello", FILES))
    desk.until(lambda: tops(flow))
    flow.toggle()
    assert not flow.outline.isVisible()
    assert not EDITOR_OUTLINE.read(services.settings)
    column = desk.page.findChild(QSplitter, "codeColumn")
    assert column is not None
    desk.until(lambda: desk.page.left.height() == column.height())
    desk.files.open("util.py")
    flow.toggle()
    desk.until(lambda: tops(flow) == ["helper"])
    assert flow.outline.isVisible()


def test_with_the_last_file_the_symbols_go(desk: LanguageDesk, server: CodeServer, flow: OutlineFlow) -> None:
    desk.open(server.function("hello", FILES))
    desk.until(lambda: tops(flow))
    desk.files.close_current()
    desk.until(lambda: tops(flow) == [])
