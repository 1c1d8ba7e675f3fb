"""Drives an editor as a person does (keys, mouse) and as the code page does (signals, calls)."""

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWebEngineCore import QWebEnginePage
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from workbench.ui.editor import Editor, EditorCommand, Snapshot

CONTROL = Qt.KeyboardModifier.ControlModifier
NONE = Qt.KeyboardModifier.NoModifier
WAIT_MS = 30_000


class Driver:
    """An editor, and everything that it has told so far."""

    def __init__(self, editor: Editor, qtbot: QtBot) -> None:
        self.editor = editor
        self.qtbot = qtbot
        self.changed: list[tuple[str, str]] = []
        self.dirty: list[tuple[str, bool]] = []
        self.saves: list[str] = []
        self.cursors: list[tuple[int, int]] = []
        self.fell_back: list[str] = []
        editor.changed.connect(lambda uri, text: self.changed.append((uri, text)))
        editor.dirty_changed.connect(lambda uri, dirty: self.dirty.append((uri, dirty)))
        editor.save_requested.connect(self.saves.append)
        editor.cursor_moved.connect(lambda line, column: self.cursors.append((line, column)))
        editor.fell_back.connect(self.fell_back.append)

    @property
    def is_plain(self) -> bool:
        return self.editor.findChild(QWidget, "editorWebView") is None

    @property
    def view(self) -> QWebEngineView:
        view = self.editor.findChild(QWebEngineView, "editorWebView")
        assert view is not None
        return view

    @property
    def plain(self) -> QPlainTextEdit:
        plain = self.editor.findChild(QPlainTextEdit, "editorPlainText")
        assert plain is not None
        return plain

    @property
    def keyboard(self) -> QWidget:
        """Where key strokes go. It is another widget after each load of the page."""
        if self.is_plain:
            return self.plain
        proxy = self.view.focusProxy()
        assert proxy is not None
        return proxy

    @property
    def page(self) -> QWebEnginePage:
        return self.view.page()

    def focus(self) -> None:
        self.editor.focus_text()
        self.settle()

    def type(self, text: str) -> None:
        """Types, and waits until each key is done: keys and calls come to a page on different ways."""
        self.focus()
        moved = len(self.cursors) + len(text)
        QTest.keyClicks(self.keyboard, text)
        self.qtbot.waitUntil(lambda: len(self.cursors) >= moved, timeout=WAIT_MS)

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = NONE) -> None:
        QTest.keyClick(self.keyboard, key, modifiers)

    def settle(self) -> None:
        """Waits until the editor has done everything asked so far."""
        done: list[bool] = []
        self.editor.flush(lambda: done.append(True))
        self.qtbot.waitUntil(lambda: bool(done), timeout=WAIT_MS)

    def snapshot(self, uri: str) -> Snapshot:
        """The text of this moment."""
        got: list[Snapshot] = []
        self.editor.text(uri, got.append)
        self.qtbot.waitUntil(lambda: bool(got), timeout=WAIT_MS)
        return got[0]

    def wait_for_text(self, uri: str, text: str) -> None:
        """Waits until `changed` has told this text."""
        self.qtbot.waitUntil(lambda: (uri, text) in self.changed, timeout=WAIT_MS)

    def undo(self) -> None:
        self.editor.run(EditorCommand.UNDO)
        self.settle()

    def js(self, code: str) -> Any:
        """What a script of the page gives."""
        got: list[Any] = []
        self.page.runJavaScript(code, got.append)
        self.qtbot.waitUntil(lambda: bool(got), timeout=WAIT_MS)
        return got[0]

    def wait_for_js(self, code: str) -> None:
        """Waits until a script of the page gives something true."""
        self.qtbot.waitUntil(lambda: bool(self.js(code)), timeout=WAIT_MS)
