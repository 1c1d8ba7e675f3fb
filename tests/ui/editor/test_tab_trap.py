"""Monaco keeps Tab for the text, and gives the keyboard away after Esc."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import QApplication, QLabel

from tests.ui.test_routes import desk, opener
from tests.ui.test_tab_order import check, shown
from tests.ui.window_desk import Desk
from workbench.core.files import resources_dir
from workbench.ui.editor import monaco

__all__ = ["desk", "opener", "shown"]  # fixtures


@pytest.mark.parametrize("desk", [monaco(resources_dir() / "editor" / "dist")], indirect=True)
def test_escape_and_tab_leave_the_web_editor_too(shown: Desk) -> None:
    editor = shown.code.files.editor
    shown.until(lambda: editor.is_ready)
    hint = shown.window.findChild(QLabel, "statusHint")
    assert hint is not None
    shown.window.page.show_tab("codePage")
    editor.focus_text()
    shown.until(lambda: editor.isAncestorOf(shown.window.focusWidget()))
    shown.until(hint.text)
    uri = editor.active_uri()
    keyboard = QApplication.focusWidget()
    assert keyboard is not None
    shown.until(lambda: in_page(shown, "document.activeElement.matches('.inputarea')"))
    QTest.keyClick(keyboard, Qt.Key.Key_Tab)
    shown.until(lambda: editor.is_dirty(uri))  # it was typed
    assert editor.isAncestorOf(shown.window.focusWidget())
    QTest.keyClick(keyboard, Qt.Key.Key_Escape)
    QTest.keyClick(keyboard, Qt.Key.Key_Tab)
    left = shown.window.focusWidget()
    assert not editor.isAncestorOf(left)
    assert hint.text() == ""
    QTest.keyClick(left, Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert editor.isAncestorOf(shown.window.focusWidget())
    check(shown, "code")


def in_page(desk: Desk, code: str) -> bool:
    """What a script of the editor's page gives."""
    view = desk.window.findChild(QWebEngineView, "editorWebView")
    assert view is not None
    answers: list[object] = []
    view.page().runJavaScript(code, answers.append)
    desk.until(lambda: answers)
    return bool(answers[0])
