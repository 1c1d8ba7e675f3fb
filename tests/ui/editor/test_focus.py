"""Who gets what is typed once the page has the keyboard, whatever a click on it has hit."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest

from tests.ui.editor.driving import CONTROL, Driver

URI = "file:///work/app.py"


def type_into(driver: Driver, text: str, whole: str) -> None:
    """Types; waits until the document is this. Keys and calls come to the page on different ways."""
    QTest.keyClicks(driver.keyboard, text)
    driver.wait_for_text(URI, whole)


def test_the_text_gets_the_keys_when_the_click_was_lost(monaco_editor: Driver) -> None:
    driver = monaco_editor
    driver.editor.open_file(URI, "x\n")
    driver.editor.show_file(URI)
    driver.settle()
    driver.keyboard.setFocus(Qt.FocusReason.MouseFocusReason)
    driver.wait_for_js("document.hasFocus() && document.activeElement !== document.body")
    type_into(driver, "abc", "abcx\n")


def test_the_text_gets_the_keys_when_the_page_had_them_before_there_was_a_text(monaco_editor: Driver) -> None:
    driver = monaco_editor
    driver.keyboard.setFocus(Qt.FocusReason.MouseFocusReason)
    driver.wait_for_js("document.hasFocus()")
    driver.editor.open_file(URI, "x\n")
    driver.editor.show_file(URI)
    driver.settle()
    type_into(driver, "abc", "abcx\n")


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
    type_into(driver, "abc", "abcx\n")


def test_a_click_that_takes_the_keyboard_from_the_text_gives_it_back(monaco_editor: Driver) -> None:
    """Monaco leaves alone what comes before it is laid out; Chromium then gives the keyboard to nobody."""
    driver = monaco_editor
    driver.editor.open_file(URI, "x\n")
    driver.editor.show_file(URI)
    driver.focus()
    driver.js("document.activeElement.blur()")
    driver.wait_for_js("document.activeElement !== document.body")
    type_into(driver, "abc", "abcx\n")


@pytest.mark.parametrize(
    ("keys", "key", "modifiers", "field"),
    [
        ("Ctrl+F", Qt.Key.Key_F, CONTROL, ".find-widget.visible textarea"),
        ("Ctrl+Shift+O", Qt.Key.Key_O, CONTROL | Qt.KeyboardModifier.ShiftModifier, ".quick-input-box input"),
    ],
)
def test_what_is_typed_at_once_after_the_keys_of_a_field_goes_to_the_field(
    monaco_editor: Driver, keys: str, key: Qt.Key, modifiers: Qt.KeyboardModifier, field: str
) -> None:
    driver = monaco_editor
    triggered: list[bool] = []
    action = QAction(driver.editor)
    action.setShortcut(keys)
    action.triggered.connect(triggered.append)
    driver.editor.addAction(action)
    driver.editor.open_file(URI, "x = 1\n")
    driver.editor.show_file(URI)
    driver.focus()
    driver.press(key, modifiers)
    QTest.keyClicks(driver.keyboard, "abc")  # without a pause
    driver.wait_for_js(f"document.querySelector('{field}')?.value.endsWith('abc')")
    assert driver.snapshot(URI).text == "x = 1\n"
    assert triggered == []
