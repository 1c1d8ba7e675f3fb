"""The window on a screen of 1280 by 800: how much of the code is seen, and how small it can be made."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import QLabel, QPlainTextEdit

from tests.e2e.desk import PROFILE, Desk, write_profile
from tests.sandbox_functions import create_function
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.ui.kit.dialog import FRAME

TITLE_BAR_PX = 28
GREETS = """
import json

def handler(event, context):
    if "fail" in event:
        raise KeyError
    headers = {"content-type": "application/json"}
    return {"statusCode": 200, "headers": headers, "body": json.dumps({"greeting": "Servus"})}
"""
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


def answer_lines(desk: Desk) -> int:
    """Whole lines of a response that are seen."""
    answer = desk.window.result.answer
    assert answer.isVisible()
    margin = 2 * answer.document().documentMargin()
    return int((answer.viewport().height() - margin) // answer.fontMetrics().lineSpacing())


def test_8_lines_of_the_response_are_seen_below_the_code_and_beside_the_event(
    sit: Callable[[str], Desk], access: Access, connection: Connection
) -> None:
    function_name = create_function(connection, GREETS).function_name
    write_profile(access)
    desk = sit(PROFILE)
    desk.window.resize(QSize(1280, 800) - FRAME)
    desk.open_function(function_name)
    desk.window.banners.clear()
    desk.act("function.invoke")
    result = desk.window.result
    desk.until(lambda: result.status.text() == "Succeeded")
    desk.until(lambda: "Servus" in result.answer.toPlainText())
    desk.until(lambda: answer_lines(desk) >= 8)
    number = result.answer.toPlainText().split("\n").index('    "greeting": "Servus"')
    assert number < answer_lines(desk)
    assert visible_lines(desk) >= 20
    desk.write_event('{"fail": 1}')
    desk.act("view.code")
    desk.act("function.invoke")
    desk.until(lambda: result.status.text() == "Failed: KeyError")
    desk.until(result.open_place.isVisible)
    assert answer_lines(desk) >= 8
    assert visible_lines(desk) >= 20
    desk.act("view.test")
    desk.until(lambda: answer_lines(desk) >= 8)
    event = desk.window.findChild(QPlainTextEdit, "testEventText")
    assert event is not None
    where = [each.mapTo(desk.window, QPoint()) for each in (event, result)]
    assert where[0].x() + event.width() <= where[1].x()
    assert event.width() > 400
    desk.window.resize(MIN_WINDOW)  # no room side by side
    desk.until(lambda: result.mapTo(desk.window, QPoint()).y() > event.mapTo(desk.window, QPoint()).y())
    assert result.isVisible()
    assert result.mapTo(desk.window, QPoint()).x() < event.mapTo(desk.window, event.rect().center()).x()


def test_the_bottom_panel_is_open_on_the_tabs_that_it_was_opened_on(
    sit: Callable[[str], Desk], access: Access, function_name: str
) -> None:
    write_profile(access)
    desk = sit(PROFILE)
    desk.open_function(function_name)
    bottom, tabs = desk.window.bottom, ("code", "configuration", "triggers", "test", "logs", "metrics")

    def opened() -> list[str]:
        found = []
        for tab in tabs:
            desk.act(f"view.{tab}")
            found += [tab] if bottom.isVisible() else []
        return found

    assert opened() == []
    desk.act("view.code")
    desk.act("function.invoke")
    desk.until(lambda: desk.window.result.status.text() == "Succeeded")
    height = bottom.height()
    assert opened() == ["code", "test"]
    desk.act("view.logs")
    desk.act("view.hide_bottom")
    assert opened() == ["code", "test", "logs"]
    desk.act("view.test")
    desk.act("view.hide_bottom")
    assert opened() == ["logs"]
    desk.act("view.code")
    desk.act("function.invoke")
    desk.until(bottom.isVisible)
    desk.until(lambda: bottom.height() == height)
    assert opened() == ["code", "test", "logs"]
    desk.rest()


def test_no_state_and_no_name_moves_the_tabs(
    sit: Callable[[str], Desk], access: Access, connection: Connection
) -> None:
    names = [create_function(connection, GREETS, name=name).function_name for name in ("a", "b" * 60)]
    write_profile(access)
    desk = sit(PROFILE)
    page, places = desk.window.page, []

    def look(*, is_whole: bool) -> None:
        QTest.qWait(0)
        badge = page.findChild(QLabel, "functionNotDeployed")
        assert badge is not None
        assert badge.isVisible() == is_whole
        right = badge.mapTo(page, badge.rect().topRight()).x()
        tabs = page.tabs.tabBar()
        places.append(tabs.mapTo(page, tabs.tabRect(0).topLeft()).x())
        assert not is_whole or (badge.width() >= badge.sizeHint().width() and right <= places[-1])

    for width in (1280, 1920):
        desk.window.resize(width, 766)
        places.clear()
        for name in names:
            desk.open_function(name)
            desk.until(lambda name=name: page.function and page.function.detail.function_name == name)  # type: ignore[misc]
            desk.rest()  # what reads whether the code is deployed says so too
            look(is_whole=False)
            page.show_not_deployed(["app.py"])
            look(is_whole=True)
            assert page.function is not None
            page.show_state(replace(page.function.detail, last_update_status="InProgress"))
            desk.rest()
            page.show_not_deployed(["app.py"])
            look(is_whole=True)
            page.show_not_deployed([])
        assert len(set(places)) == 1, places
    desk.rest()


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
