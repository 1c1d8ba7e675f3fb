"""A person who types and types, in a program that will be killed. Run by test_typing_kill.py.

Usage: typist.py PROFILE FUNCTION. Prints JSON lines: first what the editor shows after opening, then, for
each key, how many there were, and every moment what was seen of them: the page's time of that moment (seconds
since the epoch), and a list of those times when more keys had become visible, each with their number.
"""

import json
import sys

from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import QApplication, QWidget

from tests.e2e.driver import Driver
from workbench.app import Milestones, Program, make_application
from workbench.core.files import Paths
from workbench.ui.editor import Snapshot
from workbench.ui.pages.code import CodePage

KEY_MS = 25
LOOK_MS = 50
LINE = "# "
"""What the line begins with in which the keys are typed."""
WATCH = """
window.seen = [];
let count = 0;
new MutationObserver(() => {
  for (const line of document.querySelectorAll(".view-line")) {
    const typed = line.textContent.startsWith("#") ? line.textContent.length - 2 : 0;
    if (typed > count) window.seen.push([Date.now() / 1000, (count = typed)]);
  }
}).observe(document.body, { subtree: true, childList: true, characterData: true });
"""
SEEN = "JSON.stringify([Date.now() / 1000, window.seen.splice(0)])"
_PATIENCE_S = 60.0


def keys_of(number: int) -> str:
    """The key that is pressed at this count: digits of a running number, so that what is missing shows."""
    return f"{number // 4 % 1000:03d} "[number % 4]


def tell(what: str, value: object) -> None:
    """A line to who listens."""
    print(json.dumps([what, value]), flush=True)


def main(profile: str, function_name: str) -> None:
    """Opens the function and types below its text until the process is killed."""
    program = Program(make_application(), Paths.default(), Milestones(None), profile)
    program.show()
    driver = Driver(program.window)
    functions, files = program.window.functions, program.context.window.page.tab(CodePage).files
    editor = files.editor
    driver.until(lambda: functions.model.index_of(function_name).isValid(), "the list", _PATIENCE_S)
    area = functions.view.visualRect(functions.model.index_of(function_name))
    QTest.mouseClick(functions.view.viewport(), Qt.MouseButton.LeftButton, pos=area.center())
    driver.until(lambda: files.current_path() and editor.is_ready, "the file is open", _PATIENCE_S)
    shown: list[Snapshot] = []
    editor.text(editor.active_uri(), shown.append)
    driver.until(lambda: shown, "the text", _PATIENCE_S)
    tell("shown", shown[0].text)
    editor.focus_text()
    view = program.window.findChild(QWebEngineView, "editorWebView")
    assert view is not None
    watching: list[object] = []
    view.page().runJavaScript(f"{{{WATCH}}} true", watching.append)
    driver.until(lambda: watching, "the page is watched")
    looking = QTimer(program.window, interval=LOOK_MS)
    looking.timeout.connect(
        lambda: view.page().runJavaScript(SEEN, lambda seen: tell("seen", json.loads(seen)))
    )
    looking.start()
    editor.flush(lambda: begin(program.window, editor))
    QApplication.exec()


def begin(window: QWidget, editor: QWidget) -> None:
    """Starts the typing, at the end of the text."""
    keyboard: QWidget | None = editor
    while keyboard is not None and keyboard.focusProxy() is not None:
        keyboard = keyboard.focusProxy()
    assert keyboard is not None
    QTest.keyClick(keyboard, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    pressed = 0

    def press() -> None:
        nonlocal pressed
        tell("typed", pressed + 1)
        QTest.keyClicks(keyboard, keys_of(pressed))
        pressed += 1

    timer = QTimer(window, interval=KEY_MS)
    timer.timeout.connect(press)
    timer.start()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
