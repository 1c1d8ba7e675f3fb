"""Every node of the window that can have the keyboard has a name and a role for assistive technology."""

import pytest
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.accessible import faults, focusable
from tests.ui.test_routes import desk, opener
from tests.ui.test_tab_order import PAGES, shown
from tests.ui.window_desk import Desk
from workbench.ui.pages.base import ReadingPage

__all__ = ["desk", "opener", "shown"]  # fixtures


def is_read(desk: Desk) -> bool:
    """Whether the page in front shows what it has read."""
    return any(
        page.active and (not isinstance(page, ReadingPage) or page._is_content_visible())
        for page in desk.window.page.pages
    )


def test_every_page_and_panel_has_names_and_roles(shown: Desk) -> None:
    window = shown.window
    found: dict[str, list[str]] = {}
    for name in (*PAGES, "deploys"):
        shown.context.services.actions[f"view.{name}"].trigger()
        shown.until(lambda: is_read(shown))
        found[name] = faults(window)
        assert len(focusable(window)) > 20
    for number in range(window.bottom.count()):
        panel = window.bottom.widget(number)
        assert panel is not None
        window.show_panel(panel)
        found[window.bottom.tabText(number)] = faults(window)
    assert {name: each for name, each in found.items() if each} == {}


def test_the_window_without_a_function_has_names_and_roles(desk: Desk) -> None:
    desk.connect()
    desk.until(lambda: desk.window.page.empty.isVisible())
    assert faults(desk.window) == []


@pytest.mark.parametrize("name", ["", "QLineEdit"])
def test_the_walk_finds_what_has_no_name(qtbot: QtBot, name: str) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    line = QLineEdit(window)
    line.setAccessibleName(name)
    window.show()
    assert len(faults(window)) == 1
    line.setAccessibleName("Name")
    assert faults(window) == []
