"""kill -9 of the editor's renderer while somebody types: all but the last second is there, and on disk."""

import os
import signal
import time
from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWebEngineWidgets import QWebEngineView

from tests.e2e.conftest import HANDLER
from tests.e2e.desk import PROFILE, Desk, write_profile
from tests.e2e.typist import KEY_MS, keys_of
from workbench.aws.client_config import Access

LOST_AT_MOST_S = 1.0


def test_a_renderer_that_is_killed_takes_a_second_of_typing_at_most(
    sit: Callable[[str], Desk], access: Access, function_name: str
) -> None:
    write_profile(access)
    desk = sit(PROFILE)
    desk.open_function(function_name)
    editor = desk.files.editor
    editor.focus_text()
    desk.flush()
    view = desk.window.findChild(QWebEngineView, "editorWebView")
    assert view is not None
    QTest.keyClick(desk._keyboard(), Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    pressed_s: list[float] = []
    began_s = time.monotonic()
    while time.monotonic() - began_s < 2 * LOST_AT_MOST_S:
        QTest.keyClicks(desk._keyboard(), keys_of(len(pressed_s)))
        pressed_s.append(time.monotonic())
        QTest.qWait(KEY_MS)

    is_ready: list[bool] = []
    editor.ready.connect(lambda: is_ready.append(True))
    killed_s = time.monotonic()
    os.kill(view.page().renderProcessPid(), signal.SIGKILL)
    desk.until(lambda: is_ready)

    found: list[str] = []
    editor.text(editor.active_uri(), lambda snapshot: found.append(snapshot.text))
    desk.until(lambda: found)
    must_be_there = sum(at_s < killed_s - LOST_AT_MOST_S for at_s in pressed_s)
    typed = found[0].removeprefix(HANDLER)
    assert typed == "".join(map(keys_of, range(len(typed))))
    assert must_be_there <= len(typed) <= len(pressed_s)
    assert must_be_there > 0
    desk.flush()
    assert desk.code.workspace is not None
    draft = desk.code.workspace.draft("app.py")
    assert draft is not None
    assert draft.text == found[0]


def test_a_renderer_that_keeps_dying_leaves_an_editor_with_problems_and_a_button_that_brings_it_back(
    sit: Callable[[str], Desk], access: Access, function_name: str
) -> None:
    write_profile(access)
    desk = sit(PROFILE)
    desk.open_function(function_name)
    editor = desk.files.editor
    is_ready: list[bool] = []
    editor.ready.connect(lambda: is_ready.append(True))
    for _ in range(4):
        view = desk.window.findChild(QWebEngineView, "editorWebView")
        assert view is not None
        desk.until(view.page().renderProcessPid)
        is_ready.clear()
        os.kill(view.page().renderProcessPid(), signal.SIGKILL)
        desk.until(lambda: is_ready)
    assert editor.is_plain
    banner = desk.wait_for_message("plain text editor")
    assert banner.property("tone") == "warning"  # which stays

    desk.type_over("import nowhere")
    desk.until(lambda: "nowhere" in problem_texts(desk))
    is_ready.clear()
    desk.press_remedy(banner)
    desk.until(lambda: is_ready)
    assert desk.window.findChild(QWebEngineView, "editorWebView") is not None
    assert banner not in desk.window.banners.banners
    assert not desk.program.services.actions["editor.restart"].isVisible()
    desk.type_over("import elsewhere")
    desk.until(lambda: "elsewhere" in problem_texts(desk))


def problem_texts(desk: Desk) -> str:
    """All rows of the Problems panel."""
    problems = desk.window.problems.list
    items = (problems.topLevelItem(row) for row in range(problems.topLevelItemCount()))
    return "\n".join(item.text(0) for item in items if item is not None)
