"""A long text gets into its view without a stall, and what only grows stays where the reader is."""

from collections.abc import Callable

import pytest
from PySide6.QtGui import QTextCursor
from pytestqt.qtbot import QtBot

from tests.stall import StallWatch
from workbench.ui.kit.long_text import LongText
from workbench.ui.kit.text import BIDI


@pytest.fixture
def view(qtbot: QtBot) -> LongText:
    view = LongText("longText", "A long text")
    qtbot.addWidget(view)
    view.resize(500, 200)
    view.show()
    return view


def test_a_short_text_is_there_at_once(view: LongText) -> None:
    for text in ("one\ntwo", "another", ""):
        view.show_text(text)
        assert view.toPlainText() == text
    assert view.isReadOnly()
    assert view.accessibleName() == "A long text"


@pytest.mark.parametrize(
    "text",
    [
        "[" + "1,\n" * 60_000 + "]",
        "\n" * 100_000,
        "word " * 40_000,
        "名\u0301\U0001f980" * 600 + "\n" + "‮backwards \x1b[31m\x7f" * 2_000,
    ],
)
def test_a_long_text_does_not_stall_the_window(
    view: LongText, text: str, qtbot: QtBot, no_stall: Callable[[], StallWatch]
) -> None:
    with no_stall():
        view.show_text(text)
        qtbot.waitUntil(lambda: not view._turn.isActive(), timeout=20_000)
    lines = view.toPlainText().split("\n")
    assert len(lines) == text.count("\n") + 1
    assert all(
        shown == line or (shown[-1] == "…" and line.startswith(shown[:-1]))
        for shown, line in zip(lines, BIDI.sub("\ufffd", text).split("\n"), strict=True)
    )


def test_a_line_without_end_is_shortened(view: LongText, qtbot: QtBot) -> None:
    view.show_text("before\n" + "x" * 500_000 + "\nafter")
    qtbot.waitUntil(lambda: view.toPlainText().endswith("after"))
    before, line, _after = view.toPlainText().split("\n")
    assert before == "before"
    assert line == "x" * 2_000 + "…"


def test_a_nul_does_not_end_the_text(view: LongText) -> None:
    view.show_text("a\0b")
    assert view.toPlainText() == "a␀b"


def test_another_text_takes_the_place_of_one_that_is_not_all_there_yet(view: LongText, qtbot: QtBot) -> None:
    view.show_text("old\n" * 50_000)
    assert view._turn.isActive()
    view.show_text("new")
    assert view.toPlainText() == "new"
    view.show_text("new" + "\n" * 20_000 + "end")
    qtbot.waitUntil(lambda: view.toPlainText().endswith("end"))
    assert "old" not in view.toPlainText()


def test_what_is_added_leaves_selection_and_place(view: LongText, qtbot: QtBot) -> None:
    view.show_text("\n".join(f"line {number}" for number in range(200)))
    qtbot.waitUntil(lambda: not view._turn.isActive())
    cursor = view.textCursor()
    cursor.setPosition(0)
    cursor.movePosition(QTextCursor.MoveOperation.EndOfLine, QTextCursor.MoveMode.KeepAnchor)
    view.setTextCursor(cursor)
    view.verticalScrollBar().setValue(40)
    view.show_text(view.toPlainText() + "\nline 200")
    assert view.toPlainText().endswith("line 199\nline 200")
    assert view.textCursor().selectedText() == "line 0"
    assert view.verticalScrollBar().value() == 40
