"""The tool rows of Logs and Test in a narrow window: nothing is cut off, the rare tools are in the menu."""

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QMenu, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from workbench.ui.kit.overflow import OverflowRow
from workbench.ui.logs.reading_bar import ReadingBar
from workbench.ui.pages.test import TestPage
from workbench.ui.services import Services

Make = Callable[[Services], tuple[QWidget, QPushButton | QToolButton]]


def _logs(services: Services) -> tuple[QWidget, QToolButton]:
    bar = ReadingBar(services)
    return bar, bar.more


def _test(services: Services) -> tuple[QWidget, QPushButton]:
    page = TestPage(services)
    return page, page.menu.button


@pytest.mark.parametrize(
    ("make", "moved"),
    [
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
    row = page.findChild(OverflowRow)
    assert row is not None
    page.resize(page.width() - row.width() + row.minimumSizeHint().width(), page.height())
    assert row.width() == row.minimumSizeHint().width()
    for kind in (QAbstractButton, QComboBox, QLineEdit):
        for widget in row.findChildren(kind):
            if widget.isVisible() and widget.parent() is row:
                assert row.rect().contains(widget.geometry()), widget.objectName()
    assert more.isVisible()
    menu = more.menu()
    assert isinstance(menu, QMenu)
    menu.aboutToShow.emit()
    entries = [entry.text() for entry in menu.actions()]
    assert [entry for entry in entries if entry in moved] == moved
