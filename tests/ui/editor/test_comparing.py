"""A document beside another text, and the marks beside lines that differ, in both editors."""

import json
import os
import signal
from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPlainTextEdit

from tests.ui.editor.conftest import without_web_engine
from tests.ui.editor.driving import CONTROL, WAIT_MS, Driver
from workbench.ui.editor import ChangedLines, SurfaceFactory

URI = "file:///w/app.py"
OTHER = "file:///w/other.py"
OLD = "import json\n\n\ndef handler(event, context):\n    return 1\n"
NEW = "import json\n\n\ndef handler(event, context):\n    print(event)\n    return 2\n"
LINES = """[...document.querySelectorAll('#comparison .editor.%s .view-line')]
    .map(line => line.textContent.replaceAll('\\u00a0', ' ')).join('\\n')"""
ARROW = """(() => {
    const at = document.querySelector('#comparison .codicon-arrow-right').getBoundingClientRect();
    return JSON.stringify([Math.round(at.x + at.width / 2), Math.round(at.y + at.height / 2)]);
})()"""
SHOWN = "!document.getElementById('comparison').hidden"


def side(driver: Driver, name: str) -> str:
    """The lines that a person sees on one side."""
    return str(driver.js(LINES % name))


def compare(driver: Driver, original: str = OLD) -> None:
    driver.editor.comparing.show(original)
    driver.settle()
    if driver.is_plain:
        return
    driver.wait_for_js(
        "document.querySelectorAll('#comparison .line-insert, #comparison .line-delete').length"
    )


def differences(driver: Driver) -> QPlainTextEdit:
    found = driver.editor.findChild(QPlainTextEdit, "editorPlainComparison")
    assert found is not None
    return found


def test_both_texts_stand_side_by_side(kept_editor: Driver) -> None:
    kept_editor.editor.open_file(URI, NEW)
    compare(kept_editor)
    assert "return 1" in side(kept_editor, "original")
    assert "print(event)" not in side(kept_editor, "original")
    assert "print(event)" in side(kept_editor, "modified")
    assert kept_editor.changed == []


def test_typing_in_the_comparison_is_typing_in_the_document(kept_editor: Driver) -> None:
    kept_editor.editor.open_file(URI, NEW)
    compare(kept_editor)
    kept_editor.editor.reveal(URI, 1, 1)
    kept_editor.type("# ")
    kept_editor.wait_for_text(URI, f"# {NEW}")
    kept_editor.press(Qt.Key.Key_S, CONTROL)
    kept_editor.qtbot.waitUntil(lambda: kept_editor.saves == [URI], timeout=WAIT_MS)
    kept_editor.editor.comparing.end()
    kept_editor.settle()
    assert not kept_editor.js(SHOWN)
    for _ in "# ":
        kept_editor.undo()
    kept_editor.qtbot.waitUntil(lambda: not kept_editor.editor.is_dirty(URI), timeout=WAIT_MS)


def test_saving_with_the_keyboard_works_before_in_and_after_a_comparison(kept_editor: Driver) -> None:
    def save(count: int) -> None:
        kept_editor.focus()
        kept_editor.press(Qt.Key.Key_S, CONTROL)
        kept_editor.qtbot.waitUntil(lambda: len(kept_editor.saves) == count, timeout=WAIT_MS)

    kept_editor.editor.open_file(URI, NEW)
    save(1)
    compare(kept_editor)
    save(2)
    kept_editor.editor.comparing.end()
    kept_editor.settle()
    save(3)
    kept_editor.settle()
    assert kept_editor.saves == [URI] * 3


def test_one_hunk_can_be_reverted_and_that_can_be_undone(kept_editor: Driver) -> None:
    kept_editor.editor.open_file(URI, OLD, draft=NEW)
    compare(kept_editor)
    kept_editor.wait_for_js("document.querySelector('#comparison .codicon-arrow-right') !== null")
    x, y = json.loads(kept_editor.js(ARROW))
    QTest.mouseMove(kept_editor.keyboard, QPoint(x, y))
    QTest.mouseClick(kept_editor.keyboard, Qt.MouseButton.LeftButton, pos=QPoint(x, y))
    kept_editor.wait_for_text(URI, OLD)
    kept_editor.undo()
    kept_editor.qtbot.waitUntil(lambda: kept_editor.changed[-1] == (URI, NEW), timeout=WAIT_MS)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("a\nb\nc\n", "a\nB\nc\n", 2),
        ("a\nc\n", "a\nb\nc\n", 2),
        ("a\nb\nc\n", "a\nc\n", 1),
        ("a\nb\nc\n", "b\nc\n", 1),
        ("a\nb\n", "x\na\nb\n", 1),
        ("a\nb", "a\nb\nc", 3),
        ("a\nb\nc", "a\nb", 2),
        ("a\n", "b", 1),
        ("", "a\nb", 1),
        ("a\nb", "", 1),
    ],
)
def test_the_difference_at_the_cursor_can_be_reverted(
    kept_editor: Driver, old: str, new: str, line: int
) -> None:
    kept_editor.editor.open_file(URI, new)
    compare(kept_editor, old)
    kept_editor.editor.reveal(URI, line)
    kept_editor.editor.comparing.revert_change()
    kept_editor.wait_for_text(URI, old)
    kept_editor.undo()
    kept_editor.qtbot.waitUntil(lambda: kept_editor.changed[-1] == (URI, new), timeout=WAIT_MS)


def test_a_cursor_beside_every_difference_reverts_nothing(kept_editor: Driver) -> None:
    kept_editor.editor.open_file(URI, NEW)
    compare(kept_editor)
    kept_editor.editor.reveal(URI, 2)
    kept_editor.editor.comparing.revert_change()
    kept_editor.settle()
    assert kept_editor.snapshot(URI).text == NEW


def test_a_read_only_document_can_be_compared_but_not_changed(kept_editor: Driver) -> None:
    kept_editor.editor.open_file(URI, NEW, read_only=True)
    compare(kept_editor)
    kept_editor.focus()
    QTest.keyClicks(kept_editor.keyboard, "xyz")
    kept_editor.settle()
    assert kept_editor.snapshot(URI).text == NEW
    assert not kept_editor.js("document.querySelectorAll('#comparison .codicon-arrow-right').length")


def test_another_document_or_none_ends_the_comparison(driver: Driver) -> None:
    driver.editor.open_file(OTHER, "x = 1\n")
    driver.editor.open_file(URI, NEW)
    compare(driver)
    assert driver.editor.comparing.is_open
    driver.editor.show_file(OTHER)
    driver.settle()
    ended = not driver.editor.comparing.is_open
    assert ended
    driver.editor.show_file(URI)
    driver.settle()
    if driver.is_plain:
        assert driver.plain.isVisible()
    else:
        assert not driver.js(SHOWN)
    compare(driver)
    driver.editor.close_file(URI)
    driver.settle()
    assert not driver.editor.comparing.is_open


def test_a_renderer_that_dies_brings_the_comparison_back(monaco_editor: Driver) -> None:
    monaco_editor.editor.open_file(URI, NEW)
    compare(monaco_editor)
    with monaco_editor.qtbot.waitSignal(monaco_editor.editor.ready, timeout=20_000):
        os.kill(monaco_editor.page.renderProcessPid(), signal.SIGKILL)
    monaco_editor.wait_for_js(SHOWN)
    # Its lines come after it, one after the other.
    monaco_editor.qtbot.waitUntil(lambda: "print(event)" in side(monaco_editor, "modified"), timeout=WAIT_MS)


def test_changed_lines_are_marked_beside_them(kept_editor: Driver) -> None:
    kept_editor.editor.open_file(URI, NEW)
    marks = [ChangedLines("added", 5, 5), ChangedLines("changed", 6, 6), ChangedLines("deleted", 0, 0)]
    kept_editor.editor.comparing.set_changes(URI, marks)
    for kind in ("added", "changed", "deleted.at-top"):
        kept_editor.wait_for_js(f"document.querySelectorAll('#editors .line-{kind}').length === 1")
    kept_editor.editor.comparing.set_changes(URI, [])
    kept_editor.wait_for_js("document.querySelectorAll('#editors [class*=line-added]').length === 0")


def test_the_plain_editor_shows_the_differences_as_one_text(
    make_editor: Callable[[SurfaceFactory], Driver],
) -> None:
    plain = make_editor(without_web_engine)
    plain.editor.open_file(URI, NEW)
    compare(plain)
    shown = differences(plain)
    assert shown.isVisible()
    assert not plain.plain.isVisible()
    assert shown.isReadOnly()
    assert shown.toPlainText().split("\n") == [
        "@@ -5 +5 @@", " ", " ", " def handler(event, context):",
        "-    return 1", "+    print(event)", "+    return 2", " ",
    ]  # fmt: skip
    plain.editor.comparing.end()
    assert plain.plain.isVisible()
    assert not shown.isVisible()


@pytest.mark.parametrize("original", ["", "\n" * 50_000, "x" * 2_500_000])
def test_any_text_can_be_on_the_left(driver: Driver, original: str) -> None:
    driver.editor.open_file(URI, NEW)
    driver.editor.comparing.show(original)
    driver.settle()
    if not driver.is_plain:
        assert driver.js(SHOWN)
    assert driver.snapshot(URI).text == NEW
