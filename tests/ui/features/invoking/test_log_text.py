"""The log of an invocation as text: short to read, whole to copy, and its traces lead to the code."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QTextCursor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from workbench.ui.result.log_text import LogText
from workbench.ui.shell.services import Services

ID = "8f5f6f3e-1b1c-4d8e-9a56-0123456789ab"
NODE = f"2026-03-13T15:02:24.250Z\t{ID}\tINFO\t"
LOG = "\n".join(
    (
        f"START RequestId: {ID} Version: $LATEST",
        f"{NODE}first \U0001f980",
        f"{NODE}second",
        f"{NODE}second",
        "printed",
        f"END RequestId: {ID}",
    )
)
SHOWN = "START Version: $LATEST\nINFO first \U0001f980\nINFO second\nINFO second\nprinted\nEND"


@pytest.fixture
def log(services: Services, qtbot: QtBot) -> LogText:
    log = LogText("resultLog", "Log", services.theme, services.settings)
    qtbot.addWidget(log)
    log.resize(700, 300)
    with qtbot.waitExposed(log):
        log.show()
    return log


def _copied(log: LogText, begin: int = 0, end: int | None = None) -> str:
    cursor = log.textCursor()
    cursor.setPosition(begin)
    last = log.document().characterCount() - 1 if end is None else end
    cursor.setPosition(last, QTextCursor.MoveMode.KeepAnchor)
    log.setTextCursor(cursor)
    log.copy()
    return QGuiApplication.clipboard().text()


def test_request_ids_are_left_out_and_copied_all_the_same(log: LogText) -> None:
    log.show_text(LOG)
    assert log.toPlainText() == SHOWN
    assert _copied(log) == log.logged == LOG


def test_a_part_is_copied_with_what_lies_within_it(log: LogText) -> None:
    log.show_text(LOG)
    begin = SHOWN.encode("utf-16-le").index("first".encode("utf-16-le")) // 2
    assert (
        _copied(log, begin, begin + len("first \U0001f980\nINFO\tsec") + 1) == f"first \U0001f980\n{NODE}sec"
    )


def test_lines_that_come_one_by_one_read_the_same(log: LogText) -> None:
    log.show_text("")
    for line in LOG.splitlines(keepends=True):
        log.add_text(line)
    assert log.toPlainText() == SHOWN
    assert _copied(log) == LOG


def test_request_ids_are_shown_on_demand(log: LogText) -> None:
    log.show_text(LOG)
    log.display.request_ids.trigger()
    assert log.toPlainText() == LOG.replace("\t", " ")
    assert _copied(log) == LOG


def test_long_lines_wrap_until_somebody_chooses_otherwise(log: LogText) -> None:
    log.show_text("word " * 300)
    assert log.horizontalScrollBar().maximum() == 0
    log.display.wrap.trigger()
    assert log.horizontalScrollBar().maximum() > 0


@pytest.mark.parametrize("odd", ["a\rb", "a\r\nb", "a\u2028b\u2029c", "a\0b", "\ud83d", f"{NODE}\r{NODE}x"])
def test_hostile_lines_do_not_mix_up_what_is_copied(log: LogText, odd: str) -> None:
    log.show_text(f"{odd}\n{NODE}after")
    assert _copied(log).endswith(f"\n{NODE}after")


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ('\xa0\xa0File "/var/task/lib/x.py", line 7, in work', ["lib/x.py", 7]),
        ("    at file:///var/task/index.mjs:3:9", ["index.mjs", 3]),
        ("    at handler (/var/task/index.js:1:2)", ["index.js", 1]),
    ],
)
def test_a_frame_leads_to_its_line(log: LogText, qtbot: QtBot, line: str, place: list[object]) -> None:
    log.show_text(f"{line}\n")
    with qtbot.waitSignal(log.place_wanted) as caught:
        QTest.mouseClick(log.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(60, 10))
    assert caught.args == place


def test_a_frame_outside_the_code_leads_nowhere(log: LogText, qtbot: QtBot) -> None:
    log.show_text('  File "/var/task/../../etc/passwd", line 1, in x')
    with qtbot.assertNotEmitted(log.place_wanted):
        QTest.mouseClick(log.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(60, 10))
