"""Who gets what is typed once the page has the keyboard. Chromium drops clicks until it has painted the page."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.ui.editor.driving import Driver

URI = "file:///work/app.py"


def type_into(driver: Driver, text: str) -> None:
    QTest.keyClicks(driver.keyboard, text)
    driver.settle()


def test_the_text_gets_the_keys_when_the_click_was_lost(monaco_editor: Driver) -> None:
    driver = monaco_editor
    driver.editor.open_file(URI, "x\n")
    driver.editor.show_file(URI)
    driver.settle()
    driver.keyboard.setFocus(Qt.FocusReason.MouseFocusReason)
    driver.wait_for_js("document.hasFocus() && document.activeElement !== document.body")
    type_into(driver, "abc")
    assert driver.snapshot(URI).text == "abcx\n"


def test_the_text_gets_the_keys_when_the_page_had_them_before_there_was_a_text(monaco_editor: Driver) -> None:
    driver = monaco_editor
    driver.keyboard.setFocus(Qt.FocusReason.MouseFocusReason)
    driver.wait_for_js("document.hasFocus()")
    driver.editor.open_file(URI, "x\n")
    driver.editor.show_file(URI)
    driver.settle()
    type_into(driver, "abc")
    assert driver.snapshot(URI).text == "abcx\n"


def test_a_text_that_is_shown_takes_no_keyboard_from_elsewhere(monaco_editor: Driver) -> None:
    driver = monaco_editor
    driver.keyboard.clearFocus()
    driver.wait_for_js("!document.hasFocus()")
    driver.editor.open_file(URI, "x\n")
    driver.editor.show_file(URI)
    driver.settle()
    assert driver.js("document.activeElement === document.body") is True
