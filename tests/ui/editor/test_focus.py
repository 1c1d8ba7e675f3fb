"""Who gets what is typed once the page has the keyboard, whatever a click on it has hit."""

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


def test_a_click_beside_the_text_does_not_take_the_keyboard_from_it(monaco_editor: Driver) -> None:
    """Chromium reports such ones at the text, too, while it lays a page out for another size."""
    driver = monaco_editor
    driver.editor.open_file(URI, "x\n")
    driver.editor.show_file(URI)
    driver.focus()
    pressed = "new MouseEvent('mousedown', {bubbles: true, cancelable: true})"
    for target in ("document.documentElement", "document.body"):
        assert driver.js(f"{target}.dispatchEvent({pressed})") is False
    type_into(driver, "abc")
    assert driver.snapshot(URI).text == "abcx\n"
