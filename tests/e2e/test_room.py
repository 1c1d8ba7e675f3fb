"""The window on a screen of 1280 by 800: how much of the code is seen, and how small it can be made."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWebEngineWidgets import QWebEngineView

from tests.e2e.desk import PROFILE, Desk, write_profile
from workbench.aws.client_config import Access

TITLE_BAR_PX = 28
MIN_WINDOW = QSize(900, 520)
_LINES = "Math.floor(innerHeight / document.querySelector('.view-line').getBoundingClientRect().height)"


def visible_lines(desk: Desk) -> int:
    """Whole lines of the text editor that are seen, as its page lays them out."""
    view = desk.window.findChild(QWebEngineView, "editorWebView")
    assert view is not None
    heights: list[float] = []

    def is_laid_out() -> bool:
        view.page().runJavaScript("innerHeight", heights.append)
        return bool(heights) and heights[-1] == view.height()

    desk.until(is_laid_out)
    answers: list[float] = []
    view.page().runJavaScript(_LINES, answers.append)
    desk.until(lambda: answers)
    return int(answers[0])


def test_30_lines_of_code_are_seen_and_20_beside_the_open_panel(
    sit: Callable[[str], Desk], access: Access, function_name: str
) -> None:
    write_profile(access)
    desk = sit(PROFILE)
    desk.window.resize(1280, 800 - TITLE_BAR_PX)
    desk.open_function(function_name)
    desk.until(lambda: not desk.program.services.jobs.active())
    desk.window.banners.clear()  # that this profile has an endpoint of its own
    assert desk.window.bottom.isHidden()
    assert visible_lines(desk) >= 30
    desk.act("function.invoke")
    desk.until(lambda: desk.window.result.status.text() == "Succeeded")
    assert desk.window.bottom.isVisible()
    assert visible_lines(desk) >= 20
    QTest.keyClick(desk.window.bottom.tabBar(), Qt.Key.Key_Escape)
    assert desk.window.bottom.isHidden()
    assert visible_lines(desk) >= 30


def test_the_window_can_be_made_small_with_every_tab_in_front(
    sit: Callable[[str], Desk], access: Access, function_name: str
) -> None:
    write_profile(access)
    desk = sit(PROFILE)
    desk.open_function(function_name)
    desk.window.show_panel(desk.window.result)
    least = desk.window.minimumSizeHint()
    assert least.width() <= MIN_WINDOW.width()
    assert least.height() <= MIN_WINDOW.height()
    desk.window.resize(MIN_WINDOW)
    for page in desk.window.page.pages:
        desk.window.page.show_tab(page.objectName())
        desk.until(page.isVisible)
        assert page.minimumSizeHint().width() <= page.width(), page.objectName()
