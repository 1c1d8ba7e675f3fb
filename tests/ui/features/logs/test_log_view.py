"""A log on the screen: by invocation, all lines, as a table; and what is found in it."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester, QTest
from pytestqt.qtbot import QtBot

from tests.logs.lines import OTHER, RID, event, report, start
from tests.ui.features.logs.conftest import T, add, shown
from workbench.logs.parse import Invocation, InvocationChanges, parse_event
from workbench.ui.features.logs.log_view import LogView
from workbench.ui.features.logs.reading_bar import Mode
from workbench.ui.features.logs.tables import DURATION, OUTCOME, REQUEST_ID_ROLE, InvocationModel
from workbench.ui.kit.theme import Theme

THIRD = "bbbbbbbb-5c1d-4d9a-9a77-0d8e3d2f4b6a"


def test_all_lines_and_one_invocations_lines(view: LogView) -> None:
    add(view, start(T), event(T, "first"), report(T), start(T + 1, OTHER), event(T + 1, "second"))
    assert "second" in shown(view)
    assert "first" not in shown(view)
    view.show_mode(Mode.ALL)
    assert "first" in shown(view)
    add(view, event(T + 2, "third"))
    assert shown(view).endswith("third")
    view.show_mode(Mode.INVOCATIONS)
    assert "first" not in shown(view)
    assert shown(view).endswith("third")


def test_lines_that_follow_are_added_to_what_is_shown(view: LogView) -> None:
    add(view, start(T), event(T, "one"))
    add(view, event(T + 1, "two"))
    add(view, report(T + 2))
    texts = shown(view).splitlines()
    assert texts[1:3] == ["one", "two"]
    assert len(texts) == 4
    assert "12.3 ms" in view.head.label.text()


def test_lines_that_name_no_invocation_are_shown_while_there_is_none(view: LogView) -> None:
    view.show_buffer(view.buffer)
    add(view, event(T, "[ERROR] first"), event(T + 1, "[ERROR] second"))
    assert shown(view).splitlines() == ["[ERROR] first", "[ERROR] second"]
    add(view, event(T + 2, "[ERROR] third"))
    assert shown(view).endswith("third")
    add(view, start(T + 3), event(T + 4, "of one"))
    assert shown(view).endswith("of one")
    assert view.table.currentIndex().row() == 0


def test_only_an_invocation_that_failed_is_called_so(view: LogView) -> None:
    add(view, start(T), event(T, f"[ERROR]\t2026-03-13T15:02:24.000Z\t{RID}\tcoped with"), report(T))
    add(view, start(T + 1, OTHER), event(T + 1, "[ERROR] ValueError: no\nTraceback (most recent call last):"))
    outcomes = [view.model.index(row, OUTCOME).data() for row in range(2)]
    assert outcomes == ["failed", "logged errors"]


def test_titles_of_the_invocations_stand_as_their_cells_do(view: LogView) -> None:
    add(view, start(T), report(T))
    view.show()
    header = view.table.horizontalHeader()
    assert header.defaultAlignment() & Qt.AlignmentFlag.AlignLeft
    shown = view.model.headerData(DURATION, Qt.Orientation.Horizontal, Qt.ItemDataRole.TextAlignmentRole)
    assert shown == view.model.index(0, DURATION).data(Qt.ItemDataRole.TextAlignmentRole)
    assert header.length() == view.table.viewport().width()


def test_arrow_keys_choose_and_the_choice_stays(view: LogView, qtbot: QtBot) -> None:
    add(view, start(T), event(T, "first"), report(T), start(T + 1, OTHER), event(T + 1, "second"))
    view.table.setFocus()
    qtbot.waitUntil(view.table.hasFocus)
    QTest.keyClick(view.table, Qt.Key.Key_Down)
    assert "first" in shown(view)
    add(view, report(T + 2, OTHER), start(T + 3, THIRD))
    assert view.invocation_count == 3
    assert "first" in shown(view)
    QTest.keyClick(view.table, Qt.Key.Key_Home, Qt.KeyboardModifier.ControlModifier)
    assert THIRD in shown(view)


def test_the_function_is_shown_once_there_are_several(view: LogView, qtbot: QtBot) -> None:
    view.buffer.add([parse_event(start(T), "orders"), parse_event(start(T + 1, OTHER, "s"), "mails")])
    view.refresh()
    shown = [view.model.index(row, 3).data() for row in range(2)]
    assert shown == ["mails", "orders"]
    assert not view.table.isColumnHidden(3)
    header = view.table.horizontalHeader()
    qtbot.waitUntil(lambda: header.sectionViewportPosition(3) + header.sectionSize(3) <= header.width())


def test_a_cause_that_the_log_names_is_offered(view: LogView, qtbot: QtBot) -> None:
    queue = "arn:aws:sqs:eu-central-1:123456789012:orders"
    add(view, start(T), event(T, str({"Records": [{"eventSourceARN": queue}]})))
    assert view.head.cause.text() == "Caused by orders"
    with qtbot.waitSignal(view.cause_wanted) as caught:
        view.head.cause.click()
    assert caught.args == [queue]
    add(view, start(T + 1, OTHER, "s"))
    assert view.head.cause.isHidden()


def test_the_model_survives_growth_loss_and_disorder(theme: Theme, qtbot: QtBot) -> None:
    model = InvocationModel(theme)
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, model)
    order = [(7 * number) % 60 for number in range(60)]  # streams arrive out of order
    every = [Invocation(f"{number}", "s", number) for number in order]
    for number in range(0, 60, 3):
        new, touched = tuple(every[number : number + 3]), tuple(every[:number:5])
        model.apply(InvocationChanges(new, touched))
    shown = [model.index(row, 0).data(REQUEST_ID_ROLE) for row in range(60)]
    assert shown == [str(number) for number in reversed(range(60))]
    assert [model.row_of(str(number)) for number in (0, 17, 59, 60)] == [59, 42, 0, -1]
    model.apply(
        InvocationChanges(dropped=tuple(each for each in every if each.start_ms < 20 or each.start_ms == 40))
    )
    shown = [model.index(row, 0).data(REQUEST_ID_ROLE) for row in range(model.rowCount())]
    assert shown == [str(number) for number in reversed(range(20, 60)) if number != 40]
    model.clear()
    assert model.rowCount() == 0
    model.deleteLater()


# ---- find ------------------------------------------------------------------------------------------------


def _find(view: LogView, qtbot: QtBot, text: str, words: str) -> None:
    view.finding.text.setText(text)
    QTest.keyClick(view.finding.text, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: view.finding.status.text() == words)


def test_what_is_found_is_counted_and_gone_through(view: LogView, qtbot: QtBot) -> None:
    view.show_mode(Mode.ALL)
    add(view, *(event(T + number, f"order {number} order") for number in range(200)))
    _find(view, qtbot, "order 1", "111 matches")
    QTest.keyClick(view.finding.text, Qt.Key.Key_Return)
    assert view.finding.status.text() == "1 of 111"
    assert "order 1 order" in shown(view)
    view.finding.previous.click()
    assert view.finding.status.text() == "111 of 111"
    assert "order 199" in shown(view)
    assert view.lines.selection.cursor.number == 199
    view.finding.next.click()
    assert view.finding.status.text() == "1 of 111"


def test_lines_that_arrive_are_searched_too(view: LogView, qtbot: QtBot) -> None:
    view.show_mode(Mode.ALL)
    add(view, event(T, "ERROR one"), event(T, "fine"))
    _find(view, qtbot, "error", "1 match")
    add(view, event(T + 1, "fine"), event(T + 2, "error two"))
    qtbot.waitUntil(lambda: view.finding.status.text() == "2 matches")
    view.finding.only.click()
    assert shown(view) == "ERROR one\nerror two"
    view.finding.only.click()
    assert "fine" in shown(view)


def test_an_expression_and_case_are_taken_at_their_word(view: LogView, qtbot: QtBot) -> None:
    view.show_mode(Mode.ALL)
    add(view, event(T, "a.c"), event(T, "abc"), event(T, "ABC"))
    _find(view, qtbot, "a.c", "1 match")
    view.finding.is_regex.click()
    qtbot.waitUntil(lambda: view.finding.status.text() == "3 matches")
    view.finding.match_case.click()
    qtbot.waitUntil(lambda: view.finding.status.text() == "2 matches")
    view.finding.text.setText("(")
    qtbot.waitUntil(lambda: "Invalid regular expression" in view.finding.status.text())
    QTest.keyClick(view.finding.text, Qt.Key.Key_Escape)
    assert view.finding.status.text() == ""


def test_an_invocation_is_searched_alone(view: LogView, qtbot: QtBot) -> None:
    add(view, start(T), event(T, "same"), report(T), start(T + 1, OTHER), event(T + 1, "same"))
    _find(view, qtbot, "same", "1 match")
    view.show_mode(Mode.ALL)
    qtbot.waitUntil(lambda: view.finding.status.text() == "2 matches")


# ---- JSON lines as a table -------------------------------------------------------------------------------


def _cells(view: LogView) -> list[list[str]]:
    model = view.json.model()
    columns = range(1, model.columnCount())
    return [[model.index(row, column).data() for column in columns] for row in range(model.rowCount())]


def test_json_lines_have_a_column_for_each_chosen_key(view: LogView, qtbot: QtBot) -> None:
    add(
        view,
        event(T, '{"level": "ERROR", "message": "boom", "order": {"id": 7}, "ms": 12}'),
        event(T, "plain"),
    )
    view.show_mode(Mode.TABLE)
    qtbot.waitUntil(lambda: view.columns.keys != ())
    qtbot.waitUntil(lambda: view.json.model().columnCount() == 5)
    assert _cells(view) == [["ERROR", "boom", "7", "12"], ["", "plain", "", ""]]
    (ms,) = [action for action in view.columns.button.menu().actions() if action.text() == "ms"]
    ms.trigger()
    assert _cells(view)[0] == ["ERROR", "boom", "7"]
    add(view, event(T + 1, '{"message": "after"}'))
    assert _cells(view)[2] == ["", "after", ""]
    view.json.selectRow(0)
    QTest.keyClick(view.json, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text().split("\t")[1:] == ["ERROR", "boom", "7"]


def test_the_keys_of_lines_that_come_later_are_columns_too(view: LogView, qtbot: QtBot) -> None:
    view.show_mode(Mode.TABLE)
    add(view, event(T, '{"message": "first", "order": 7}'))
    qtbot.waitUntil(lambda: [row[1:] for row in _cells(view)] == [["first", "7"]])
