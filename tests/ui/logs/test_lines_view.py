"""Log lines to scroll, select and copy, whatever they hold."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from tests.logs.lines import OTHER, event, report, start
from tests.stall import StallWatch
from tests.ui.logs.conftest import T, add, parsed, shown
from workbench.logs.buffer import LogBuffer
from workbench.logs.chunk import ROWS, Row
from workbench.logs.export import Format
from workbench.logs.rows import AllRows
from workbench.ui.logs.event_dialog import EventDialog
from workbench.ui.logs.lines_view import LinesView
from workbench.ui.logs.log_view import LogView, Mode
from workbench.ui.theme import Theme


def _show(lines: LinesView, *messages: str, **limits: int) -> LogBuffer:
    buffer = LogBuffer(**limits)
    buffer.add(parsed(*(event(T + number, message) for number, message in enumerate(messages))))
    lines.show_rows(AllRows(buffer))
    return buffer


@pytest.mark.parametrize(
    "message",
    ["<b>bold</b>", "\x1b[31mred", "a\0b", "‮backwards", "x" * 300_000, "\ud83d", "", "line\r\nline\n\nline"],
)
def test_hostile_lines_are_text(lines: LinesView, message: str) -> None:
    _show(lines, message, "after")
    assert not lines.grab().isNull()
    QTest.keyClick(lines, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    lines.copy()
    expected = "\n".join((*(message.splitlines() or [""]), "after"))
    assert QGuiApplication.clipboard().text() == expected.replace("\ud83d", "\ufffd")


def test_a_flood_neither_stalls_the_window_nor_fills_memory(
    view: LogView, qtbot: QtBot, no_stall: Callable[[], StallWatch]
) -> None:
    buffer = LogBuffer(max_lines=4 * ROWS)
    view.show_buffer(buffer)
    view.show_mode(Mode.ALL)
    some = parsed(*(event(T + number, f"line {number} " + "x" * 100) for number in range(12 * ROWS)))
    with no_stall():
        for first in range(0, len(some), 1000):
            buffer.add(some[first : first + 1000])
            view.refresh()
            qtbot.wait(1)
    assert f"line {12 * ROWS - 1} " in shown(view)
    assert buffer.end - buffer.first <= 4 * ROWS


def test_the_reader_who_scrolled_up_is_left_there(lines: LinesView) -> None:
    buffer = _show(lines, *map(str, range(3 * ROWS)), max_lines=4 * ROWS)
    bar = lines.verticalScrollBar()
    assert bar.value() == bar.maximum() > 0
    buffer.add(parsed(event(T, "more")))
    lines.refresh()
    assert bar.value() == bar.maximum()
    bar.setValue(2 * ROWS)
    before = lines.visible_text()
    buffer.add(parsed(*(event(T, "still more") for _ in range(2 * ROWS))))  # the oldest go
    lines.refresh()
    assert buffer.first > 0
    assert lines.visible_text() == before


def test_keys_move_and_select(lines: LinesView) -> None:
    _show(lines, *map(str, range(100)))
    QTest.keyClick(lines, Qt.Key.Key_Home)
    assert lines.visible_text().startswith("0\n1\n")
    assert lines.accessibleDescription() == "0"
    for _ in range(2):
        QTest.keyClick(lines, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(lines, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "0\n1\n"
    QTest.keyClick(lines, Qt.Key.Key_End, Qt.KeyboardModifier.ShiftModifier)
    lines.copy()
    assert QGuiApplication.clipboard().text() == "\n".join(map(str, range(100)))


def test_the_mouse_selects_letters_of_several_lines(lines: LinesView) -> None:
    _show(lines, "first line", "second line")
    height = lines.painter.row_height
    area, at = lines.viewport(), lines.painter
    left = next(x for x in range(800) if at.column_at(_row(lines, 0), x, 0) == 1)
    right = next(x for x in range(800) if at.column_at(_row(lines, 1), x, 0) == 6)
    QTest.mousePress(area, Qt.MouseButton.LeftButton, pos=QPoint(left, height // 2))
    QTest.mouseMove(area, QPoint(right, height + height // 2))
    move = QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(right, height + height // 2),
        area.mapToGlobal(QPointF(right, height + height // 2)),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(area, move)
    QTest.mouseRelease(area, Qt.MouseButton.LeftButton, pos=QPoint(right, height + height // 2))
    lines.copy()
    assert QGuiApplication.clipboard().text() == "irst line\nsecond"


def _row(lines: LinesView, number: int) -> Row:
    row = lines.rows.buffer.row(number)
    assert row is not None
    return row


def test_very_many_lines_are_copied_in_a_job(view: LogView, qtbot: QtBot) -> None:
    view.show_mode(Mode.ALL)
    add(view, *(event(T, str(number)) for number in range(20_000)))
    view.lines.select_all()
    QGuiApplication.clipboard().clear()
    view.lines.copy()
    qtbot.waitUntil(lambda: QGuiApplication.clipboard().text().endswith("\n19999"))
    assert QGuiApplication.clipboard().text().count("\n") == 19_999


def test_what_is_shown_is_exported(view: LogView, qtbot: QtBot, tmp_path: Path) -> None:
    add(view, start(T), event(T, "mine"), report(T), start(T + 1, OTHER, "s"), event(T + 1, "theirs", "s"))
    for rows, count in ((view.rows, 2), (AllRows(view.buffer), 5)):
        with qtbot.waitSignal(view.notice) as said:
            view.exporting.write(tmp_path / "log.txt", Format.TEXT, rows)
        assert said.args == [f"{count} entries were written to log.txt."]
        assert len((tmp_path / "log.txt").read_text("utf-8").splitlines()) == count


def test_errors_are_told_apart_by_colour_in_both_themes(lines: LinesView, theme: Theme) -> None:
    _show(lines, "[ERROR] boom", "fine")

    def has_color(name: str) -> bool:
        image = lines.viewport().grab().toImage()
        top = image.copy(0, 0, image.width(), lines.painter.row_height)
        width, height = top.width(), top.height()
        return any(top.pixelColor(x, y).name() == name for x in range(width) for y in range(height))

    assert has_color(theme.colors.danger)
    theme.choose("dark")
    try:
        assert has_color(theme.colors.danger)
    finally:
        theme.choose("light")


def test_an_event_is_shown_whole(view: LogView, qtbot: QtBot) -> None:
    view.show_mode(Mode.ALL)
    add(view, start(T), event(T, '{"a": {"b": 1}}'))
    view.lines.setFocus()
    QTest.keyClick(view.lines, Qt.Key.Key_End)
    QTest.keyClick(view.lines, Qt.Key.Key_Return)
    dialog = view.window().findChild(EventDialog)
    assert dialog is not None
    qtbot.waitUntil(lambda: '    "b": 1' in dialog.text.toPlainText())
    with qtbot.waitSignal(view.invocation_asked):
        show = dialog.findChild(QPushButton, "logEventInvocation")
        assert show is not None
        show.click()


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("GOT {'Records': [{'n': 1}]}", '{\n  "Records": [\n    {\n      "n": 1\n    }\n  ]\n}'),
        ("no event", ""),
    ],
)
def test_the_event_that_a_function_printed_can_be_used(
    view: LogView, qtbot: QtBot, line: str, wanted: str
) -> None:
    view.show_mode(Mode.ALL)
    add(view, start(T), event(T, line))
    view.lines.setFocus()
    QTest.keyClick(view.lines, Qt.Key.Key_End)
    QTest.keyClick(view.lines, Qt.Key.Key_Return)
    dialog = view.window().findChild(EventDialog)
    assert dialog is not None
    use = dialog.findChild(QPushButton, "logEventUse")
    assert (use is not None) is bool(wanted)
    if use is not None:
        with qtbot.waitSignal(view.event_wanted) as caught:
            use.click()
        assert caught.args == [wanted]
    dialog.close()
