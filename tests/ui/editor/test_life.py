"""An editor that is made early, hidden, or asked for things before it is ready."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QObject, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QStackedWidget, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.editor.driving import Driver
from workbench.ui.editor import Editor, EditorOptions, Marker, monaco
from workbench.ui.editor.bridge import Bridge

APP = "file:///functions/hello/app.py"


def test_a_call_while_the_window_is_being_deleted_counts_as_lost() -> None:
    window, lost = QObject(), list[bool]()
    bridge = Bridge(window)
    timer = bridge.findChild(QTimer)
    assert timer is not None
    shiboken6.delete(timer)  # the parts of a window go in no order when a process ends
    bridge.call("flush", {}, lost=lambda: lost.append(True))
    assert lost == [True]


def test_an_editor_costs_nothing_until_it_is_used(qtbot: QtBot, page_dir: Path) -> None:
    editor = Editor(monaco(page_dir))
    qtbot.addWidget(editor)
    editor.set_theme(dark=True)
    editor.set_options(EditorOptions(font_size_px=20))
    editor.show()
    assert not editor.findChildren(QWidget)


def test_what_was_asked_before_it_was_ready_is_done_then(qtbot: QtBot, page_dir: Path) -> None:
    driver = Driver(Editor(monaco(page_dir)), qtbot)
    editor = driver.editor
    qtbot.addWidget(editor)
    editor.resize(600, 300)
    editor.show()
    with qtbot.waitSignal(editor.ready, timeout=20_000):
        editor.open_file(APP, "one\ntwo\nthree\n", draft="one\ntwo!\nthree\n")
        editor.open_file("file:///other.py", "")
        editor.set_markers(APP, [Marker(1, 1, 1, 4, "wrong")])
        editor.set_options(EditorOptions(font_size_px=20))
        editor.set_theme(dark=True)
        editor.reveal(APP, 3, 6)
        editor.focus_text()
    driver.settle()
    QTest.keyClicks(driver.keyboard, "x")
    driver.wait_for_text(APP, "one\ntwo!\nthreex\n")
    driver.wait_for_js("document.querySelectorAll('.squiggly-error').length > 0")
    assert driver.js("getComputedStyle(document.querySelector('.view-line')).fontSize") == "20px"
    assert (
        driver.js("getComputedStyle(document.querySelector('.monaco-editor')).backgroundColor")
        == "rgb(30, 31, 34)"
    )


def test_one_that_was_made_hidden_shows_its_text(qtbot: QtBot, page_dir: Path) -> None:
    pages = QStackedWidget()
    qtbot.addWidget(pages)
    driver = Driver(Editor(monaco(page_dir)), qtbot)
    pages.addWidget(QWidget())
    pages.addWidget(driver.editor)
    pages.resize(600, 300)
    pages.show()
    with qtbot.waitSignal(driver.editor.ready, timeout=20_000):
        driver.editor.prewarm()
    driver.editor.open_file(APP, "one = 1\n")
    pages.setCurrentWidget(driver.editor)
    driver.wait_for_js("document.querySelectorAll('.view-line span span').length > 0")
    driver.wait_for_js("document.querySelector('.monaco-editor').offsetWidth === 600")
    driver.js("window.setTimeout = () => 1")  # a hidden page's timers are slow: none tells what is typed
    driver.type("x")
    assert driver.changed == []
    pages.setCurrentIndex(0)
    driver.wait_for_text(APP, "xone = 1\n")
    assert driver.changed == [(APP, "xone = 1\n")]


_JOIN = """
import sys
from pathlib import Path
from workbench.ui.editor import Editor, monaco
from workbench.ui.kit.web_views import prepare_application, prepare_window
prepare_application()
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QMainWindow

class Watch(QObject):
    def eventFilter(self, watched, event):
        if event.type() in (QEvent.Type.Hide, QEvent.Type.WinIdChange):
            print(event.type().name)
        return False

app = QApplication([])
window, watch = QMainWindow(), Watch()
if sys.argv[2] != "unprepared":
    prepare_window(window)
window.show()
app.processEvents()
window.installEventFilter(watch)
editor = Editor(monaco(Path(sys.argv[1])))
window.setCentralWidget(editor)
editor.ready.connect(lambda: window.removeEventFilter(watch))
editor.ready.connect(app.quit)
editor.prewarm()
app.exec()
"""


# "unprepared" shows that there is something to prepare for where graphics are used.
@pytest.mark.parametrize("kind", ["prepared", "unprepared", "without graphics"])
def test_a_prepared_window_does_not_flicker_when_the_web_view_joins(page_dir: Path, kind: str) -> None:
    xvfb = shutil.which("xvfb-run")
    if xvfb is None:
        pytest.skip("needs xvfb-run: the offscreen platform has no windows")
    is_used = kind != "without graphics"
    graphics = {
        "QT_QUICK_BACKEND": "" if is_used else "software",
        "QTWEBENGINE_CHROMIUM_FLAGS": "",
        "QT_XCB_GL_INTEGRATION": "xcb_glx" if is_used else "none",
    }
    done = subprocess.run(
        [xvfb, "-a", sys.executable, "-c", _JOIN, str(page_dir), kind],
        env=os.environ | {"QT_QPA_PLATFORM": "xcb"} | graphics,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert ("Hide" in done.stdout) == (kind == "unprepared")
