"""What a person can do in an editor, whichever of the two it is."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from tests.ui.editor.driving import CONTROL, Driver
from workbench.ui.editor import EditorCommand, Marker, Severity, TextEdit

APP = "file:///functions/hello/app.py"
UTIL = "file:///functions/hello/Lib/util%20%C3%BC.py"
TEXT = "import json\n\n\ndef handler(event, context):\n    return 1\n"


def test_typing_is_told_and_makes_the_file_dirty(driver: Driver) -> None:
    driver.editor.open_file(APP, TEXT)
    driver.type("abc")
    driver.wait_for_text(APP, "abc" + TEXT)
    assert driver.dirty == [(APP, True)]
    assert driver.editor.is_dirty(APP)


def test_typing_without_a_pause_is_told_all_the_same(driver: Driver) -> None:
    driver.editor.open_file(APP, "")
    driver.type("a")
    for _ in range(40):
        driver.press(Qt.Key.Key_B)
        driver.qtbot.wait(15)  # a fast typist, for longer than a change may stay untold
    assert driver.changed


def test_undoing_everything_leads_back_to_a_clean_file(driver: Driver) -> None:
    driver.editor.open_file(APP, TEXT)
    driver.type("x")
    driver.qtbot.waitUntil(lambda: driver.editor.is_dirty(APP))
    driver.undo()
    driver.qtbot.waitUntil(lambda: not driver.editor.is_dirty(APP))
    assert driver.snapshot(APP).text == TEXT
    driver.editor.run(EditorCommand.REDO)
    driver.qtbot.waitUntil(lambda: driver.editor.is_dirty(APP))


def test_control_s_asks_for_a_save_after_telling_the_text(driver: Driver) -> None:
    driver.editor.open_file(APP, TEXT)
    seen: list[str] = []
    driver.editor.save_requested.connect(lambda _uri: seen.extend(text for _, text in driver.changed))
    driver.type("x")
    driver.press(Qt.Key.Key_S, CONTROL)
    driver.qtbot.waitUntil(lambda: bool(driver.saves))
    assert driver.saves == [APP]
    assert seen == ["x" + TEXT]


def test_a_saved_file_is_clean_until_it_is_changed_again(driver: Driver) -> None:
    driver.editor.open_file(APP, TEXT)
    driver.type("x")
    driver.editor.mark_saved(driver.snapshot(APP))
    driver.qtbot.waitUntil(lambda: not driver.editor.is_dirty(APP))
    driver.type("y")
    driver.qtbot.waitUntil(lambda: driver.editor.is_dirty(APP))


def test_what_is_typed_while_saving_stays_unsaved(driver: Driver) -> None:
    driver.editor.open_file(APP, TEXT)
    driver.type("x")
    snapshot = driver.snapshot(APP)
    driver.type("y")
    driver.editor.mark_saved(snapshot)
    driver.settle()
    assert driver.editor.is_dirty(APP)
    assert driver.snapshot(APP).text == "xy" + TEXT


def test_each_file_keeps_its_cursor_and_its_undo_history(driver: Driver) -> None:
    driver.editor.open_file(APP, TEXT)
    driver.editor.reveal(APP, 5, 3)
    driver.type("x")
    driver.editor.open_file(UTIL, "y = 2\n")
    driver.type("z")
    driver.editor.show_file(APP)
    driver.type("w")
    assert driver.snapshot(APP).text == TEXT.replace("    return", "  xw  return")
    driver.undo()
    assert driver.snapshot(UTIL).text == "zy = 2\n"
    for _ in range(3):
        driver.undo()
    assert driver.snapshot(APP).text == TEXT
    assert driver.snapshot(UTIL).text == "zy = 2\n"
    assert driver.editor.open_uris() == (APP, UTIL)


def test_a_draft_opens_dirty_and_undo_leads_back_to_what_is_saved(driver: Driver) -> None:
    driver.editor.open_file(APP, TEXT, draft="draft\n")
    assert driver.editor.is_dirty(APP)
    assert driver.snapshot(APP).text == "draft\n"
    driver.undo()
    driver.qtbot.waitUntil(lambda: not driver.editor.is_dirty(APP))
    assert driver.snapshot(APP).text == TEXT


def test_opening_again_replaces_the_text(driver: Driver) -> None:
    driver.editor.open_file(APP, TEXT)
    driver.type("x")
    driver.editor.open_file(APP, "from outside\n")
    driver.settle()
    assert driver.snapshot(APP).text == "from outside\n"
    assert not driver.editor.is_dirty(APP)
    driver.type("y")
    driver.qtbot.waitUntil(lambda: driver.editor.is_dirty(APP))
    assert all(text != "x" + TEXT for _, text in driver.changed[1:])


def test_a_read_only_file_cannot_be_changed(driver: Driver) -> None:
    driver.editor.open_file(APP, TEXT, read_only=True)
    driver.focus()
    driver.press(Qt.Key.Key_X)
    driver.settle()
    assert driver.snapshot(APP).text == TEXT
    driver.editor.open_file(UTIL, "")
    driver.type("x")
    assert driver.snapshot(UTIL).text == "x"


def test_edits_from_outside_are_one_step_to_undo(driver: Driver) -> None:
    driver.editor.open_file(APP, TEXT)
    driver.editor.edit(
        APP, [TextEdit(1, 8, 1, 12, "os"), TextEdit(5, 12, 5, 13, "2"), TextEdit(6, 1, 6, 1, "#\n")]
    )
    driver.settle()
    changed = TEXT.replace("json", "os").replace("return 1", "return 2") + "#\n"
    assert driver.snapshot(APP).text == changed
    driver.undo()
    assert driver.snapshot(APP).text == TEXT


def test_revealing_moves_the_cursor_and_shows_the_file(driver: Driver) -> None:
    driver.editor.open_file(APP, TEXT)
    driver.editor.open_file(UTIL, "y = 2\n")
    driver.editor.reveal(APP, 4, 5)
    driver.qtbot.waitUntil(lambda: (4, 5) in driver.cursors)
    assert driver.editor.active_uri() == APP
    driver.type("X")
    assert "def Xhandler" in driver.snapshot(APP).text


def test_what_is_typed_replaces_a_text_that_was_revealed_up_to_a_column(driver: Driver) -> None:
    driver.editor.open_file(APP, TEXT)
    driver.editor.reveal(APP, 4, 5, end_column=12)
    driver.settle()
    driver.type("answer")
    assert driver.snapshot(APP).text == TEXT.replace("handler", "answer")


def test_closing_tells_the_last_words(driver: Driver) -> None:
    driver.editor.open_file(APP, TEXT)
    driver.type("x")
    driver.editor.close_file(APP)
    driver.wait_for_text(APP, "x" + TEXT)
    driver.qtbot.waitUntil(lambda: not driver.editor.open_uris())
    assert driver.editor.active_uri() == ""


def test_flush_comes_after_everything_typed(driver: Driver) -> None:
    driver.editor.open_file(APP, TEXT)
    driver.type("xyz")
    driver.settle()
    assert driver.changed[-1] == (APP, "xyz" + TEXT)


def test_find_opens_with_the_keyboard_and_from_a_menu(driver: Driver) -> None:
    driver.editor.open_file(APP, TEXT)
    driver.focus()
    driver.press(Qt.Key.Key_F, CONTROL)
    _wait_for_find(driver, open_=True)
    if driver.is_plain:
        field = driver.editor.findChild(QWidget, "editorFindText")
        assert field is not None
        QTest.keyClick(field, Qt.Key.Key_Escape)
    else:
        driver.press(Qt.Key.Key_Escape)
    _wait_for_find(driver, open_=False)
    driver.editor.run(EditorCommand.FIND)
    _wait_for_find(driver, open_=True)


def _wait_for_find(driver: Driver, *, open_: bool) -> None:
    if driver.is_plain:
        bar = driver.editor.findChild(QWidget, "editorFindBar")
        assert bar is not None
        driver.qtbot.waitUntil(lambda: bar.isVisible() == open_)
    else:
        visible = "document.querySelector('.find-widget.visible') !== null"
        driver.wait_for_js(visible if open_ else f"!({visible})")


def test_markers_underline_their_range(driver: Driver) -> None:
    driver.editor.open_file(APP, TEXT)
    marker = Marker(4, 1, 4, 4, "expected ':'", Severity.ERROR, "python")
    driver.editor.set_markers(APP, [marker])
    _wait_for_underlined(driver, 1)
    driver.editor.open_file(UTIL, "y = 2\n")
    _wait_for_underlined(driver, 0)
    driver.editor.show_file(APP)
    _wait_for_underlined(driver, 1)
    driver.editor.set_markers(APP, [])
    _wait_for_underlined(driver, 0)


def test_a_marker_at_the_end_of_a_line_is_seen(driver: Driver) -> None:
    driver.editor.open_file(APP, TEXT)
    driver.editor.set_markers(APP, [Marker(4, 29, 4, 30, "expected ':'")])
    _wait_for_underlined(driver, 1)
    if driver.is_plain:
        assert driver.plain.extraSelections()[0].cursor.selectedText() == "def handler(event, context):"


def _wait_for_underlined(driver: Driver, count: int) -> None:
    if driver.is_plain:
        driver.settle()
        assert len(driver.plain.extraSelections()) == count
    else:
        driver.wait_for_js(f"document.querySelectorAll('.squiggly-error').length === {count}")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no end",
        "a\n\n\n",
        "tab\tno-break\u00a0space\n",
        "🐍 日本語 e\u0301\n",
        "\u2028line\u2029paragraph\n",
    ],
    ids=["empty", "no-end", "blank-lines", "spaces", "beyond-latin", "separators"],
)
def test_a_text_comes_back_as_it_was(driver: Driver, text: str) -> None:
    driver.editor.open_file(APP, text)
    assert driver.snapshot(APP).text == text
    assert not driver.editor.is_dirty(APP)
    assert driver.changed == []


def test_typing_beside_special_characters_leaves_them_alone(driver: Driver) -> None:
    driver.editor.open_file(APP, "🐍 no-break\u00a0space\n")
    driver.type("x")
    driver.wait_for_text(APP, "x🐍 no-break\u00a0space\n")


def test_a_large_text_goes_in_and_out(driver: Driver) -> None:
    lines = 90_000 if driver.is_plain else 250_000  # of more the plain editor shows nothing
    text = "x = 1  # ü\n" * lines
    driver.editor.open_file("file:///big.txt", text)
    driver.type("y")
    assert driver.snapshot("file:///big.txt").text == "y" + text
    assert driver.changed == [("file:///big.txt", "y" + text)]


def test_both_have_names_for_tests_and_for_screen_readers(driver: Driver) -> None:
    assert driver.editor.objectName() == "editor"
    assert driver.editor.accessibleName() == "Code editor"
    driver.editor.open_file(APP, TEXT)
    if driver.is_plain:
        assert driver.plain.accessibleName() == "Code editor"
    else:
        driver.wait_for_js("document.querySelector('[aria-label^=\"Code editor\"]') !== null")
