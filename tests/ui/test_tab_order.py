"""Tab and Shift+Tab reach every control of the window, in reading order, with real key events."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPlainTextEdit, QWidget

from tests.sandbox_functions import create_function
from tests.ui.tab_walk import controls, name_of, not_reached, out_of_order, walk
from tests.ui.test_routes import HANDLER, desk, opener
from tests.ui.window_desk import Desk
from workbench.aws.connection import Connection

__all__ = ["desk", "opener"]  # fixtures

PAGES = ("code", "configuration", "triggers", "test", "logs", "metrics", "versions")


def keeps_tab(widget: QWidget) -> bool:
    """Whether Tab belongs to its text: that of the code editor."""
    around = widget.parentWidget()
    is_in_page = around is not None and around.objectName() == "editorWebView"
    return is_in_page or widget.objectName() == "editorPlainText"


@pytest.fixture
def shown(desk: Desk, connection: Connection) -> Desk:
    """The window with a function open, as large as a small screen."""
    function = create_function(connection, HANDLER)
    desk.window.resize(1280, 800)
    desk.connect()
    desk.open(function.function_name)
    desk.until(lambda: desk.code.files.current_path())
    desk.window.activateWindow()
    desk.until(lambda: QApplication.activeWindow() is desk.window)
    return desk


def check(desk: Desk, what: str) -> None:
    """Goes through the window in both directions."""
    window = desk.window
    forward = walk(window, window.functions.search, Qt.Key.Key_Tab, keeps_tab)
    assert not_reached(window, forward) == [], what
    assert out_of_order(window, forward) == [], what
    back = walk(window, window.functions.search, Qt.Key.Key_Backtab, keeps_tab)
    assert [name_of(each) for each in back[1:]] == [name_of(each) for each in reversed(forward[1:])], what


def test_tab_reaches_every_control_of_every_page_in_reading_order(shown: Desk) -> None:
    for name in (*PAGES, "deploys"):
        shown.context.services.actions[f"view.{name}"].trigger()
        shown.until(lambda: [page for page in shown.window.page.pages if page.active])
        QTest.qWait(200)  # what the page reads makes controls
        assert len(controls(shown.window)) > 8
        check(shown, name)


def test_tab_reaches_every_control_of_every_panel(shown: Desk) -> None:
    bottom = shown.window.bottom
    for number in range(bottom.count()):
        panel = bottom.widget(number)
        assert panel is not None
        shown.window.show_panel(panel)
        check(shown, bottom.tabText(number))


def test_tab_reaches_the_steps_while_no_function_is_open(desk: Desk) -> None:
    desk.window.resize(1280, 800)
    desk.connect()
    desk.window.activateWindow()
    desk.until(lambda: QApplication.activeWindow() is desk.window)
    desk.until(lambda: desk.window.page.empty.isVisible())
    check(desk, "getting started")


def test_tab_types_in_the_editor_until_escape_was_pressed_which_is_said(shown: Desk) -> None:
    shown.window.page.show_tab("codePage")
    text = shown.window.findChild(QPlainTextEdit, "editorPlainText")
    hint = shown.window.findChild(QLabel, "statusHint")
    assert text is not None
    assert hint is not None
    shown.until(text.hasFocus)
    assert hint.text() == "Tab inserts a tab. Press Esc, then Tab, to leave the editor."
    before = text.toPlainText()
    QTest.keyClick(text, Qt.Key.Key_Tab)
    assert text.toPlainText() == "\t" + before
    QTest.keyClick(text, Qt.Key.Key_Escape)
    QTest.keyClick(text, Qt.Key.Key_Left)
    QTest.keyClick(text, Qt.Key.Key_Tab)  # another key came between
    assert text.hasFocus()
    QTest.keyClick(text, Qt.Key.Key_Escape)
    QTest.keyClick(text, Qt.Key.Key_Tab)
    assert not text.hasFocus()
    assert hint.text() == ""
    QTest.mouseClick(text.viewport(), Qt.MouseButton.LeftButton)
    assert text.hasFocus()
    assert hint.text() == ""
    QTest.keyClick(text, Qt.Key.Key_Escape)
    QTest.keyClick(text, Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert not text.hasFocus()


def test_alt_and_a_number_bring_the_keyboard_to_the_page_or_panel(shown: Desk) -> None:
    window, bottom = shown.window, shown.window.bottom
    pages = {page.objectName(): page for page in window.page.pages}
    assert window.page.tabs.count() == len(PAGES) + 1
    for number, name in enumerate((*PAGES, "deploys"), 1):
        window.functions.search.setFocus()
        QTest.keyClick(
            window.functions.search, Qt.Key(Qt.Key.Key_0 + number), Qt.KeyboardModifier.AltModifier
        )
        page = pages[f"{name}Page"]
        assert window.page.tabs.currentWidget() is page
        shown.until(lambda page=page: page.isAncestorOf(window.focusWidget()))  # type: ignore[misc]
    alt, none = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.NoModifier
    for key, modifier in ((Qt.Key.Key_F4, none), (Qt.Key.Key_9, alt), (Qt.Key.Key_0, alt)):
        window.functions.search.setFocus()
        QTest.keyClick(window.functions.search, key, modifier)
        shown.until(lambda: bottom.isAncestorOf(window.focusWidget()))
