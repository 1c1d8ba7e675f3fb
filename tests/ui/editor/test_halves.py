"""Two editors side by side over the same open documents."""

import os
import signal

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from tests.ui.editor.driving import CONTROL, Driver

APP = "file:///functions/hello/app.py"
UTIL = "file:///functions/hello/util.py"


@pytest.fixture
def driver(kept_editor: Driver) -> Driver:
    return _open_two(kept_editor)


def _open_two(driver: Driver) -> Driver:
    driver.editor.open_file(UTIL, "u = 1\n")
    driver.editor.open_file(APP, "a = 1\n")
    driver.settle()
    return driver


def _lines(half: int) -> str:
    """A script that gives the text which a half shows."""
    lines = f"[...document.querySelectorAll('#editors .half')[{half}].querySelectorAll('.view-line')]"
    in_order = ".sort((a, b) => a.offsetTop - b.offsetTop)"
    return f"{lines}{in_order}.map(line => line.textContent.replaceAll('\u00a0', ' ')).join('|')"


def _shows(driver: Driver, half: int, text: str) -> None:
    driver.wait_for_js(f"{_lines(half)} === {text!r}")


def _is_split(driver: Driver) -> bool:
    return bool(driver.js("document.querySelectorAll('#editors .half:not([hidden])').length === 2"))


def _place(driver: Driver, selector: str) -> QPoint:
    """The middle of a part of the page, once each editor has the width of its half."""
    widths = "half.querySelector('.monaco-editor').offsetWidth - half.offsetWidth"
    shown = "[...document.querySelectorAll('#editors .half:not([hidden])')]"
    driver.wait_for_js(f"{shown}.length === 2 && {shown}.every(half => Math.abs({widths}) < 2)")
    box = f"document.querySelector('{selector}').getBoundingClientRect()"
    x, y = str(driver.js(f"{box}.x + {box}.width / 2 + ' ' + ({box}.y + 30)")).split()
    return QPoint(int(float(x)), int(float(y)))


def test_both_halves_show_the_same_text_and_what_is_typed_in_it(driver: Driver) -> None:
    driver.editor.halves.split()
    _shows(driver, 0, "a = 1|")
    _shows(driver, 1, "a = 1|")
    driver.type("b")
    driver.wait_for_text(APP, "ba = 1\n")
    _shows(driver, 0, "ba = 1|")
    _shows(driver, 1, "ba = 1|")
    driver.undo()
    _shows(driver, 0, "a = 1|")


def test_the_keyboard_goes_along_into_the_new_half(driver: Driver) -> None:
    driver.focus()
    driver.press(Qt.Key.Key_End)
    driver.editor.halves.split()
    driver.editor.show_file(UTIL)
    driver.settle()
    QTest.keyClicks(driver.keyboard, "x")
    driver.wait_for_text(UTIL, "xu = 1\n")


def test_another_document_is_shown_where_the_person_types(driver: Driver) -> None:
    driver.editor.halves.split()
    driver.editor.show_file(UTIL)
    _shows(driver, 1, "u = 1|")
    _shows(driver, 0, "a = 1|")
    assert driver.editor.active_uri() == UTIL
    driver.type("x")
    driver.wait_for_text(UTIL, "xu = 1\n")


def test_a_click_into_the_other_half_goes_there(driver: Driver) -> None:
    driver.editor.halves.split()
    driver.editor.show_file(UTIL)
    driver.focus()
    entered: list[int] = []
    driver.editor.halves.entered.connect(entered.append)
    QTest.mouseClick(
        driver.keyboard, Qt.MouseButton.LeftButton, pos=_place(driver, "#editors .half .view-lines")
    )
    driver.qtbot.waitUntil(lambda: entered == [0])
    assert driver.editor.active_uri() == APP
    driver.press(Qt.Key.Key_Home, CONTROL)
    driver.type("x")
    driver.wait_for_text(APP, "xa = 1\n")
    driver.press(Qt.Key.Key_S, CONTROL)
    driver.qtbot.waitUntil(lambda: driver.saves == [APP])


def test_going_to_the_other_half_takes_the_keyboard_along(driver: Driver) -> None:
    driver.editor.halves.split()
    driver.editor.show_file(UTIL)
    driver.focus()
    driver.editor.halves.enter(0)
    assert driver.editor.active_uri() == APP
    driver.type("x")
    driver.wait_for_text(APP, "xa = 1\n")
    assert driver.snapshot(UTIL).text == "u = 1\n"


def test_the_cursor_of_the_half_in_use_is_told_only(driver: Driver) -> None:
    driver.editor.halves.split()
    driver.editor.reveal(APP, 2, 1)
    driver.settle()
    driver.cursors.clear()
    driver.type("xy")  # it moves the other cursor's text, not what is told
    driver.settle()
    assert driver.cursors == [(2, 2), (2, 3)]


def test_joining_leaves_the_document_in_front(driver: Driver) -> None:
    driver.editor.halves.split()
    driver.editor.show_file(UTIL)
    driver.editor.halves.join()
    _shows(driver, 0, "u = 1|")
    assert not _is_split(driver)
    driver.type("x")
    driver.wait_for_text(UTIL, "xu = 1\n")


def test_a_document_that_is_opened_anew_stays_where_it_is_shown(driver: Driver) -> None:
    driver.editor.halves.split()
    driver.editor.show_file(UTIL)
    driver.editor.open_file(APP, "a = 2\n", show=False)
    _shows(driver, 0, "a = 2|")
    _shows(driver, 1, "u = 1|")
    driver.editor.close_file(APP)
    _shows(driver, 0, "")
    _shows(driver, 1, "u = 1|")


def test_the_line_between_them_can_be_dragged(driver: Driver) -> None:
    driver.editor.halves.split()
    shares: list[float] = []
    driver.editor.halves.moved.connect(shares.append)
    start = _place(driver, "#sash")
    left, keyboard = Qt.MouseButton.LeftButton, driver.keyboard
    QTest.mouseMove(keyboard, start)
    QTest.mousePress(keyboard, left, pos=start)
    QTest.mouseMove(keyboard, start - QPoint(100, 0))
    QTest.mouseMove(keyboard, QPoint(2, start.y()))
    QTest.mouseRelease(keyboard, left, pos=QPoint(2, start.y()))
    driver.qtbot.waitUntil(lambda: bool(shares) and shares[-1] == 0.15)  # neither half vanishes
    width = "document.querySelector('#editors .half').offsetWidth / innerWidth"
    driver.wait_for_js(f"{width} > 0.14 && {width} < 0.16")


def test_a_killed_renderer_comes_back_with_both_halves(monaco_editor: Driver) -> None:
    driver = _open_two(monaco_editor)
    driver.editor.halves.split()
    driver.editor.show_file(UTIL)
    driver.type("x")
    driver.settle()
    driver.qtbot.waitUntil(lambda: driver.page.renderProcessPid() > 0)
    with driver.qtbot.waitSignal(driver.editor.ready, timeout=20_000):
        os.kill(driver.page.renderProcessPid(), signal.SIGKILL)
    _shows(driver, 0, "a = 1|")
    _shows(driver, 1, "xu = 1|")
    driver.type("y")
    driver.wait_for_text(UTIL, "xyu = 1\n")
