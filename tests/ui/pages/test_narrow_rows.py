"""The tool rows of Logs and Test in a narrow window: nothing is cut off, the rare tools are in the menu."""

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QMenu, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.editor.conftest import without_web_engine
from tests.ui.features.code.coder import add_code_actions
from workbench.ui.editor import Editor
from workbench.ui.features.code.feature import CodeBar
from workbench.ui.features.logs.feature import LogsPage
from workbench.ui.features.logs.log_view import LogView
from workbench.ui.features.logs.reading_bar import ReadingBar
from workbench.ui.kit.bars import OverflowRow
from workbench.ui.pages.code import CodePage
from workbench.ui.pages.test import TestPage
from workbench.ui.result.panel import ResultPanel
from workbench.ui.shell.services import Services

Make = Callable[[Services], tuple[QWidget, QPushButton | QToolButton]]


def _logs(services: Services) -> tuple[QWidget, QToolButton]:
    bar = ReadingBar(services)
    return bar, bar.more


def _test(services: Services) -> tuple[QWidget, QPushButton]:
    page = TestPage(services)
    return page, page.menu.button


def _find(services: Services) -> tuple[QWidget, QToolButton]:
    bar = LogView(services).finding
    bar.setParent(None)  # of its view, which goes
    more = bar.findChild(QToolButton, "logsFindMore")
    assert more is not None
    return bar, more


def _code(services: Services) -> tuple[QWidget, QToolButton]:
    add_code_actions(services)
    bar = CodeBar(services, CodePage(services, Editor(without_web_engine)))
    more = bar.findChild(QToolButton, "codeMore")
    assert more is not None
    return bar, more


def _result(services: Services) -> tuple[QWidget, QPushButton]:
    panel = ResultPanel(services)
    panel.show_running("hello")
    panel.status.show_text("Failed: ZeroDivisionError")
    panel._show_location("lambda_function.py", 1)
    more = panel.findChild(QPushButton, "resultMore")
    row = panel.status.parentWidget()
    assert row is not None
    assert more is not None
    row.setParent(None)  # of its splitter, which would give it more room
    panel.setParent(row)
    return row, more


@pytest.mark.parametrize(
    ("make", "moved"),
    [
        (_find, ["Export", "How lines are shown", "Matches only"]),
        (_code, ["Compare With…", "Compare with Deployed", "Deploy on Save"]),
        (_result, ["Save…", "Copy", "Open lambda_function.py:1"]),
        (_logs, ["UTC", "Syntax of filter patterns", "Functions…"]),
        (_test, ["Edit in Code Editor", "Format JSON", "Delete", "Save As…"]),
    ],
)
def test_what_is_rare_is_in_the_menu_of_a_narrow_row(
    services: Services, qtbot: QtBot, make: Make, moved: list[str]
) -> None:
    page, more = make(services)
    qtbot.addWidget(page)
    page.show()
    row = page if isinstance(page, OverflowRow) else page.findChild(OverflowRow)
    assert row is not None
    page.resize(page.width() - row.width() + row.minimumSizeHint().width(), page.height())
    assert row.width() == row.minimumSizeHint().width()
    tools = [each for kind in (QAbstractButton, QComboBox, QLineEdit) for each in row.findChildren(kind)]

    def cut() -> list[str]:
        shown = [each for each in tools if each.isVisible() and each.parent() is row]
        return [each.objectName() for each in shown if not row.rect().contains(each.geometry())]

    qtbot.waitUntil(lambda: more.isVisible() and cut() == [])
    menu = more.menu()
    assert isinstance(menu, QMenu)
    menu.aboutToShow.emit()
    entries = [entry.text() for entry in menu.actions()]
    assert [entry for entry in entries if entry in moved] == moved


def test_in_a_low_page_an_empty_filter_pattern_leaves_its_room_to_the_lines(
    services: Services, qtbot: QtBot
) -> None:
    page = LogsPage(services)
    qtbot.addWidget(page)
    page.resize(500, 500)
    page.show()
    assert page.bar.pattern.isVisible()
    high = page.bar.height()
    page.resize(500, 220)
    qtbot.waitUntil(lambda: page.bar.height() < high)
    assert not page.bar.pattern.isVisible()
    page.bar.pattern.setText("ERROR")
    page.resize(510, 220)
    assert page.bar.pattern.isVisible()


def test_a_badge_too_long_for_its_row_is_shown_by_its_beginning(services: Services, qtbot: QtBot) -> None:
    panel = ResultPanel(services)
    qtbot.addWidget(panel)
    panel.show_running("hello")
    panel.resize(500, 200)
    panel.show()
    words = "Failed: " + "VeryLongName" * 20
    panel.status.show_text(words)
    qtbot.waitUntil(lambda: panel.status.width() < panel.status.sizeHint().width())
    head = panel.status.parentWidget()
    assert head is not None
    assert head.rect().contains(panel.status.geometry())
    assert (panel.status.text(), panel.status.accessibleName()) == (words, words)
