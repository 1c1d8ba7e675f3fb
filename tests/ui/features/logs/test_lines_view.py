"""Log lines to scroll, select and copy, whatever they hold."""

from array import array
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QContextMenuEvent, QGuiApplication, QHelpEvent, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QPushButton, QToolTip
from pytestqt.qtbot import QtBot

from tests.logs.lines import OTHER, event, report, start
from tests.stall import StallWatch
from tests.ui.features.logs.conftest import T, add, parsed, shown
from workbench.logs.buffer import ROWS, AllRows, Format, LogBuffer, Row
from workbench.logs.find import Matches
from workbench.ui.features.logs.lines_view import LaidRow, LinesView
from workbench.ui.features.logs.log_dialogs import EventDialog
from workbench.ui.features.logs.log_view import LogView
from workbench.ui.features.logs.reading_bar import Mode
from workbench.ui.kit.theme import Theme
from workbench.ui.shell.services import Services


def _show(lines: LinesView, *messages: str, **limits: int) -> LogBuffer:
    buffer = LogBuffer(**limits)
    buffer.add(parsed(*(event(T + number, message) for number, message in enumerate(messages))))
    lines.show_rows(AllRows(buffer))
    return buffer


@pytest.mark.parametrize(
    "message",
    ["<b>bold</b>", "\x1b red", "a\0b", "‮backwards", "x" * 300_000, "\ud83d", "", "line\r\nline\n\nline"],
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
    left = next(x for x in range(800) if at.column_at(at.lay(_row(lines, 0), 800), x) == 1)
    right = next(x for x in range(800) if at.column_at(at.lay(_row(lines, 1), 800), x) == 6)
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
        assert said.args == [f"Exported {count} entries to log.txt."]
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


ID = "8f5f6f3e-1b1c-4d8e-9a56-0123456789ab"
NODE_LINE = f"2026-03-13T15:02:24.250Z\t{ID}\tINFO\thello"


def _laid(lines: LinesView, number: int = 0) -> LaidRow:
    return lines.painter.lay(_row(lines, number), lines.viewport().width(), 0, 50)


def test_the_request_id_is_left_out_and_copied_all_the_same(lines: LinesView) -> None:
    _show(lines, NODE_LINE)
    assert _laid(lines).text == "INFO hello"  # a tab is shown as one space
    lines.select_all()
    lines.copy()
    assert QGuiApplication.clipboard().text() == NODE_LINE


def test_a_row_says_on_hover_what_it_is_shown_without(lines: LinesView) -> None:
    _show(lines, NODE_LINE)
    point = QPoint(200, lines.painter.row_height // 2)
    QApplication.sendEvent(
        lines.viewport(), QHelpEvent(QEvent.Type.ToolTip, point, lines.viewport().mapToGlobal(point))
    )
    assert ID in QToolTip.text()


def test_request_ids_are_shown_on_demand(lines: LinesView) -> None:
    _show(lines, NODE_LINE)
    lines.set_display(wraps=False, has_ids=True)
    assert _laid(lines).text.startswith("2026-03-13T15:02:24.250Z 8f5f6f3e")


def _found(begin: int) -> Matches:
    """Eight characters of the first row."""
    return Matches(array("Q", [0]), array("Q", [0]), array("I", [begin]), array("I", [begin + 8]))


def test_what_is_found_far_behind_is_shown(lines: LinesView) -> None:
    lines.set_display(wraps=True, has_ids=False)
    text = "".join(f"{number:07} " for number in range(10_000))
    _show(lines, text)
    lines.show_matches(_found(text.index("0009000")), 0)
    laid = _laid(lines)
    assert "0009000" in laid.text
    assert laid.text[laid.display_column(text.index("0009000")) :].startswith("0009000")


def test_a_request_id_that_is_found_is_shown(lines: LinesView) -> None:
    _show(lines, NODE_LINE)
    begin = NODE_LINE.index(ID)
    lines.show_matches(_found(begin), 0)
    assert ID in _laid(lines).text


def test_a_click_right_of_what_is_left_out_means_the_letter_that_is_seen(lines: LinesView) -> None:
    _show(lines, NODE_LINE)
    laid, at = _laid(lines), lines.painter
    x = next(x for x in range(800) if at.column_at(laid, x) == NODE_LINE.index("hello") + 1)
    QTest.mouseDClick(lines.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(x, at.row_height // 2))
    lines.copy()
    assert QGuiApplication.clipboard().text() == "hello"


def test_long_lines_wrap_and_the_end_is_reached(lines: LinesView) -> None:
    lines.set_display(wraps=True, has_ids=False)
    words = " ".join(f"word{number}" for number in range(100))
    _show(lines, *(f"{number} {words}" for number in range(20)))
    laid = _laid(lines)
    assert len(laid.lines) > 5
    assert "".join(laid.text[begin:end] for begin, end in laid.lines) == f"0 {words}"
    assert lines.horizontalScrollBar().maximum() == 0
    assert lines.visible_text().endswith(words)  # the end is in view, whole
    last = lines.verticalScrollBar().maximum()
    assert sum(len(_laid(lines, number).lines) for number in range(last, 20)) <= lines._page_lines
    QTest.keyClick(lines, Qt.Key.Key_Home)
    assert lines.visible_text().startswith("0 word0")
    for _ in range(19):
        QTest.keyClick(lines, Qt.Key.Key_Down)
    assert lines.visible_text().endswith(words)
    assert lines.accessibleDescription().startswith("19 ")


def test_a_click_in_a_wrapped_line_means_the_letter_that_is_seen(lines: LinesView) -> None:
    lines.set_display(wraps=True, has_ids=False)
    text = " ".join(f"word{number}" for number in range(100))
    _show(lines, text)
    begin, _end = _laid(lines).lines[1]
    height, left = lines.painter.row_height, 400
    column = lines.painter.column_at(_laid(lines), left, 1)
    QTest.mouseClick(lines.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(left, height + height // 2))
    assert lines.selection.cursor.column == column > begin


@pytest.mark.parametrize(
    "message", ["x" * 300_000, "\u200b" * 5000, "漢字" * 3000, "e\u0301" * 3000, "   " * 3000]
)
def test_hostile_lines_wrap(lines: LinesView, message: str) -> None:
    lines.set_display(wraps=True, has_ids=False)
    _show(lines, "before", message, "after")
    assert not lines.grab().isNull()
    assert 1 <= len(_laid(lines, 1).lines) <= 50
    assert lines.visible_text().endswith("after")
    lines.reveal(1)
    assert message in lines.visible_text()


def test_a_frame_of_a_trace_leads_to_its_line(lines: LinesView, qtbot: QtBot) -> None:
    trace = '[ERROR] KeyError: no\n\xa0\xa0File "/var/task/lib/x.py", line 7, in work\n\xa0\xa0\xa0\xa0fail()'
    _show(
        lines, trace, "    at file:///var/task/index.mjs:3:9", '  File "/var/task/../../etc/passwd", line 1'
    )
    height = lines.painter.row_height
    for row, wanted in ((1, ["lib/x.py", 7, ""]), (3, ["index.mjs", 3, ""])):
        with qtbot.waitSignal(lines.place_wanted) as caught:
            point = QPoint(250, row * height + height // 2)
            QTest.mouseClick(lines.viewport(), Qt.MouseButton.LeftButton, pos=point)
        assert caught.args == wanted
    with qtbot.waitSignal(lines.place_wanted) as caught:
        QTest.keyClick(lines, Qt.Key.Key_Return)
    assert caught.args == ["index.mjs", 3, ""]
    assert [_laid(lines, row).is_link for row in range(5)] == [False, True, False, True, False]


def test_how_lines_are_shown_is_remembered(view: LogView, services: Services, qtbot: QtBot) -> None:
    add(view, start(T), event(T, "x" * 5000))
    assert view.lines.horizontalScrollBar().maximum() == 0  # lines wrap, until somebody chooses otherwise
    menu = view.findChild(QMenu, "logsLooksMenu")
    assert menu is not None
    wrap, request_ids = menu.actions()
    wrap.trigger()
    request_ids.trigger()
    assert (view.lines.painter.wraps, view.lines.painter.has_ids) == (False, True)
    other = LogView(services)
    qtbot.addWidget(other)
    assert (other.lines.painter.wraps, other.lines.painter.has_ids) == (False, True)


def menu_of(lines: LinesView, number: int) -> dict[str, QAction]:
    """What the context menu of a row offers that can be had."""
    return menu_at(lines, QPoint(5, lines.painter.row_height * number + lines.painter.row_height // 2))


def menu_at(lines: LinesView, spot: QPoint) -> dict[str, QAction]:
    """The same of a position in the view."""
    reason = QContextMenuEvent.Reason.Mouse
    QApplication.sendEvent(
        lines.viewport(), QContextMenuEvent(reason, spot, lines.viewport().mapToGlobal(spot))
    )
    menu = lines.findChild(QMenu, "logMenu")
    assert menu is not None
    return {action.text(): action for action in menu.actions() if action.isEnabled()}


def test_the_context_menu_acts_on_the_line_below_the_mouse(lines: LinesView, qtbot: QtBot) -> None:
    buffer = LogBuffer()
    buffer.add(
        parsed(
            event(T, "alone"), start(T + 1, OTHER), event(T + 2, "of it\nmore of it"), report(T + 3, OTHER)
        )
    )
    lines.show_rows(AllRows(buffer))

    offered = menu_of(lines, 0)
    assert set(offered) == {"Copy Event", "Select All", "Show Event…"}  # nothing selected, no invocation
    with qtbot.waitSignal(lines.event_wanted) as wanted:
        offered["Show Event…"].trigger()
    assert wanted.args == [0]
    close_menu(lines)

    offered = menu_of(lines, 3)
    offered["Copy Event"].trigger()
    assert QGuiApplication.clipboard().text() == "of it\nmore of it"
    with qtbot.waitSignal(lines.invocation_wanted) as invocation:
        offered["Show Invocation"].trigger()
    assert invocation.args == [OTHER]
    offered["Select All"].trigger()
    close_menu(lines)

    offered = menu_of(lines, 1)
    offered["Copy"].trigger()  # what is selected, wherever the mouse is
    assert QGuiApplication.clipboard().text().startswith("alone\nSTART RequestId")
    close_menu(lines)


def close_menu(lines: LinesView) -> None:
    menu = lines.findChild(QMenu, "logMenu")
    assert menu is not None
    menu.close()
    QApplication.sendPostedEvents(menu, QEvent.Type.DeferredDelete)
