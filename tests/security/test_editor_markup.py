"""Row 3, in the editor's page: what language servers quote from a stranger's code loads and runs nothing."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip

from tests.no_graphics import NO_GRAPHICS
from tests.security.markup import Bait
from tests.ui.editor.conftest import make_editor, monaco_editor, page_dir
from tests.ui.editor.driving import CONTROL, WAIT_MS, Driver
from workbench.ui.kit.theme import LIGHT, style_sheet

__all__ = ["make_editor", "monaco_editor", "page_dir"]
pytestmark = pytest.mark.qt_log_ignore(*NO_GRAPHICS, "Content Security Policy")
HOVER = "document.querySelector('.monaco-hover:not(.hidden) .hover-contents')"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def test_the_documentation_of_a_symbol_loads_and_runs_nothing(
    monaco_editor: Driver, listener: socket.socket
) -> None:
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    value = (
        f"documented\n\n![picture]({address}/markdown.png)\n\n<img src={address}/html.png>\n\n"
        f"<script>fetch('{address}/script')</script>\n\n<b onclick=alert(1)>bold</b>\n\n"
        "[run](command:editor.action.selectAll)\n\n[go](javascript:alert(1))"
    )
    contents = {"kind": "markdown", "value": value, "isTrusted": True, "supportHtml": True}
    language = monaco_editor.editor.language

    def answer(question: int, method: str, _params: str) -> None:
        is_hover = method == "textDocument/hover"
        language.answered.emit(question, json.dumps({"contents": contents} if is_hover else None))

    language.asked.connect(answer)
    monaco_editor.editor.open_file("file:///app.py", "import strange\n")
    monaco_editor.editor.show_file("file:///app.py")
    monaco_editor.focus()
    monaco_editor.press(Qt.Key.Key_K, CONTROL)
    monaco_editor.press(Qt.Key.Key_I, CONTROL)
    monaco_editor.wait_for_js(f"{HOVER} && {HOVER}.innerText.includes('documented')")
    monaco_editor.settle()

    assert monaco_editor.js(f"{HOVER}.querySelectorAll('script, b, [onclick], iframe').length") == 0
    links = monaco_editor.js(f"[...{HOVER}.querySelectorAll('a')].map(a => a.outerHTML).join(' ')")
    assert "command:" not in links
    assert "javascript:" not in links
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_a_title_in_the_page_is_shown_as_it_is(
    monaco_editor: Driver, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """QtWebEngine makes a title in the page the web view's tool tip, and does not escape it."""
    monkeypatch.chdir(tmp_path)
    bait = Bait(tmp_path)
    qapp.setStyleSheet(style_sheet(LIGHT))
    try:
        text = bait.name("title")
        monaco_editor.js(f"document.documentElement.title = {json.dumps(text)}")
        place = QPoint(300, 300)

        def is_told() -> bool:
            place.setX(place.x() + 1)
            QTest.mouseMove(monaco_editor.keyboard, place)
            return monaco_editor.view.toolTip() == text

        monaco_editor.qtbot.waitUntil(is_told, timeout=WAIT_MS)
        event = QHelpEvent(QEvent.Type.ToolTip, place, monaco_editor.view.mapToGlobal(place))
        QApplication.sendEvent(monaco_editor.view, event)
        assert QToolTip.text() == text
        assert bait.touched() == []
    finally:
        qapp.setStyleSheet("")
        bait.close()
