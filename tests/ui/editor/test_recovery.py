"""A renderer that dies, an engine that is missing, a program that ends: no text is lost."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPlainTextEdit

from tests.ui.editor.conftest import without_web_engine
from tests.ui.editor.driving import Driver
from workbench.ui.editor import Marker, SurfaceFactory, monaco

APP = "file:///functions/hello/app.py"
UTIL = "file:///functions/hello/util.py"
TEXT = "".join(f"line {number}\n" for number in range(1, 201))


def _kill_renderer(driver: Driver) -> None:
    driver.qtbot.waitUntil(lambda: driver.page.renderProcessPid() > 0)
    os.kill(driver.page.renderProcessPid(), signal.SIGKILL)


def _undo_all(driver: Driver) -> None:
    for _ in range(10):
        if driver.editor.is_dirty(APP):
            driver.undo()
    assert not driver.editor.is_dirty(APP)


def test_a_killed_renderer_comes_back_with_every_text(monaco_editor: Driver) -> None:
    driver = monaco_editor
    driver.editor.open_file(UTIL, "y = 2\n")
    driver.type("z")
    driver.editor.open_file(APP, TEXT)
    driver.editor.reveal(APP, 150, 5)
    driver.type("typed ")
    driver.editor.set_markers(APP, [Marker(150, 1, 150, 5, "wrong")])
    driver.settle()
    texts = {uri: driver.snapshot(uri).text for uri in (APP, UTIL)}
    told = len(driver.changed)

    with driver.qtbot.waitSignal(driver.editor.ready, timeout=20_000):
        _kill_renderer(driver)

    assert {uri: driver.snapshot(uri).text for uri in (APP, UTIL)} == texts
    assert driver.editor.is_dirty(APP)
    assert driver.editor.is_dirty(UTIL)
    assert len(driver.changed) == told
    assert driver.fell_back == []
    driver.wait_for_js("document.querySelectorAll('.squiggly-error').length > 0")
    QTest.keyClicks(driver.keyboard, "more ")  # without another click: the text had the keyboard
    driver.qtbot.waitUntil(lambda: len(driver.changed) > told)
    assert "linetyped more  150\n" in driver.snapshot(APP).text
    _undo_all(driver)
    assert driver.snapshot(APP).text == TEXT


def test_a_text_asked_for_while_the_renderer_is_dead_comes_from_the_copy(monaco_editor: Driver) -> None:
    driver = monaco_editor
    driver.editor.open_file(APP, TEXT)
    driver.type("x")
    driver.settle()
    ready = driver.qtbot.waitSignal(driver.editor.ready, timeout=20_000)
    with ready:
        _kill_renderer(driver)
        snapshot = driver.snapshot(APP)
    assert snapshot.text == "x" + TEXT
    driver.editor.mark_saved(snapshot)
    driver.settle()
    assert not driver.editor.is_dirty(APP)
    driver.type("y")
    driver.qtbot.waitUntil(lambda: driver.editor.is_dirty(APP))


def test_a_large_text_asked_for_while_the_renderer_dies_comes_from_the_copy(monaco_editor: Driver) -> None:
    driver = monaco_editor
    text = "x" * 3_000_000
    driver.editor.open_file(APP, text)
    driver.settle()
    with driver.qtbot.waitSignal(driver.editor.ready, timeout=20_000):
        _kill_renderer(driver)
        assert driver.snapshot(APP).text == text
    assert driver.snapshot(APP).text == text


def _give_up(driver: Driver) -> None:
    for _ in range(4):
        with driver.qtbot.waitSignal(driver.editor.ready, timeout=20_000):
            _kill_renderer(driver)


def test_a_renderer_that_keeps_dying_is_replaced_by_the_plain_editor(monaco_editor: Driver) -> None:
    driver = monaco_editor
    driver.editor.open_file(APP, TEXT)
    driver.type("x")
    driver.settle()
    _give_up(driver)
    assert driver.is_plain
    assert len(driver.fell_back) == 1
    assert "4 times" in driver.fell_back[0]
    assert driver.snapshot(APP).text == "x" + TEXT
    assert driver.editor.is_dirty(APP)
    driver.type("y")
    assert driver.snapshot(APP).text == "xy" + TEXT
    _undo_all(driver)
    assert driver.snapshot(APP).text == TEXT


def test_monaco_comes_back_with_what_was_typed_in_the_plain_editor(monaco_editor: Driver) -> None:
    driver = monaco_editor
    driver.editor.open_file(UTIL, "y = 2\n")
    driver.editor.open_file(APP, TEXT)
    driver.settle()
    driver.editor.restart()  # nothing to do
    assert not driver.is_plain
    _give_up(driver)
    driver.focus()
    driver.type("x")
    with driver.qtbot.waitSignal(driver.editor.ready, timeout=20_000):
        driver.editor.restart()
    driver.qtbot.waitUntil(lambda: driver.editor.findChild(QPlainTextEdit, "editorPlainText") is None)
    assert not driver.is_plain
    assert driver.snapshot(APP).text == "x" + TEXT
    driver.type("y")
    assert driver.snapshot(APP).text == "xy" + TEXT
    _undo_all(driver)
    assert driver.snapshot(APP).text == TEXT
    assert driver.snapshot(UTIL).text == "y = 2\n"
    for _ in range(3):  # they are counted anew
        with driver.qtbot.waitSignal(driver.editor.ready, timeout=20_000):
            _kill_renderer(driver)
    assert not driver.is_plain


@pytest.mark.parametrize("missing", ["engine", "page"])
def test_without_engine_or_page_the_plain_editor_comes_and_says_why_once(
    make_editor: Callable[[SurfaceFactory], Driver], tmp_path: Path, missing: str
) -> None:
    driver = make_editor(without_web_engine if missing == "engine" else monaco(tmp_path))
    driver.editor.prewarm()
    driver.editor.open_file(APP, TEXT)
    assert driver.is_plain
    reasons = {
        "engine": "No module named 'PySide6.QtWebEngineCore'",
        "page": "The editor's page is not built.",
    }
    assert driver.fell_back == [reasons[missing]]


def _run(script: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )


def test_importing_the_editor_does_not_load_the_engine() -> None:
    done = _run("import sys, workbench.ui.editor; print([m for m in sys.modules if 'WebEngine' in m])")
    assert done.stdout == "[]\n", done.stderr


@pytest.mark.parametrize(
    "ending", ["pass", "editor.deleteLater()", "del editor", "sys.exit(0)", "editor.setParent(QWidget())"]
)
def test_a_program_may_end_with_an_open_editor(page_dir: Path, ending: str) -> None:
    done = _run(f"""
import sys
from pathlib import Path
from workbench.ui.editor import Editor, monaco
from workbench.ui.kit.web_views import prepare_application
prepare_application()
from PySide6.QtWidgets import QApplication, QWidget
app = QApplication([])
editor = Editor(monaco(Path({str(page_dir)!r})))
editor.ready.connect(app.quit)
editor.open_file("file:///a.py", "x = 1")
editor.show()
app.exec()
{ending}
""")
    assert done.returncode == 0, done.stderr
    assert "Release of profile" not in done.stderr
    assert "Traceback" not in done.stderr
