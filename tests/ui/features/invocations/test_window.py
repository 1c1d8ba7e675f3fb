"""Invocations in the whole window: kept, found, shown again, sent again, compared, redacted, exported."""

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QLineEdit, QPushButton

from tests.sandbox_functions import create_function, deploy_elsewhere
from tests.ui.window_desk import Desk
from workbench.aws.connection import Connection
from workbench.functions.model import FunctionDetail
from workbench.invoke.history import EndedInvocation, HistorySearch, InvocationOutcome
from workbench.profiles.safety import Safety, Tier
from workbench.ui.features.invocations.feature import History
from workbench.ui.features.invocations.panel import (
    EVENT,
    OUTCOME,
    TIME,
    VERSION,
    CompareDialog,
    InvocationsPanel,
)
from workbench.ui.kit.dialog import Question
from workbench.ui.shell.invoker import history_of
from workbench.ui.shell.services import Services
from workbench.ui.shell.version_picker import VersionPicker

OLD = """
def handler(event, context):
    if event.get("fail"):
        raise ValueError("boom")
    return {"total": event["n"] * 2, "by": "old"}
"""
NEW = OLD.replace("* 2", "* 3").replace('"old"', '"new"')


class Keeper:
    """Someone before the Invocations panel."""

    def __init__(self, desk: Desk, detail: FunctionDetail) -> None:
        self.desk, self.detail = desk, detail
        history, panel = desk.window.findChild(History), desk.window.findChild(InvocationsPanel)
        assert history is not None
        assert panel is not None
        self.history, self.panel = history, panel
        desk.connect()
        desk.open(detail.function_name)

    def invoke(self, event: object) -> None:
        self.desk.invoke(json.dumps(event))
        self.desk.until(lambda: self.desk.window.result.status.text() not in ("", "Running…"))

    def look(self, rows: int) -> None:
        """Opens the panel and waits for so many rows."""
        self.desk.context.services.actions["view.invocations"].trigger()
        self.desk.until(lambda: self.panel.model.rowCount() == rows)

    def cell(self, row: int, column: int) -> str:
        return str(self.panel.model.index(row, column).data())

    def answer(self) -> str:
        return self.desk.window.result.answer.toPlainText()

    def press(self, button: str) -> None:
        self.panel.buttons[button].click()

    def comparison(self) -> CompareDialog:
        found: list[CompareDialog] = []

        def look() -> bool:
            dialogs = self.desk.window.findChildren(CompareDialog)
            found[:] = [each for each in dialogs if each.isVisible()]
            return bool(found)

        self.desk.until(look)
        self.desk.until(lambda: found[0].text.toPlainText() not in ("", "Comparing…"))
        return found[0]

    def agree(self) -> Question:
        question: list[Question] = []

        def look() -> bool:
            question[:] = self.desk.window.findChildren(Question)
            return bool(question)

        self.desk.until(look)
        question[0].yes.click()
        return question[0]


@pytest.fixture
def keeper(desk: Desk, connection: Connection) -> Iterator[Keeper]:
    keeper = Keeper(desk, create_function(connection, OLD))
    yield keeper
    for dialog in desk.window.findChildren(CompareDialog):
        dialog.close()
    desk.idle()


def test_what_was_invoked_is_found_and_shown_again(keeper: Keeper) -> None:
    keeper.look(0)
    assert keeper.panel.empty.accessibleName() == "No invocations yet"
    keeper.invoke({"n": 1})
    keeper.invoke({"n": 2, "fail": True})
    keeper.invoke({"n": 3})
    keeper.look(3)
    assert [keeper.cell(row, OUTCOME) for row in range(3)] == ["Succeeded", "Failed: ValueError", "Succeeded"]
    assert {keeper.cell(row, VERSION) for row in range(3)} == {"$LATEST"}

    keeper.panel.search.setText('"n": 2')
    keeper.desk.until(lambda: keeper.panel.model.rowCount() == 1)
    keeper.panel.search.setText("nothing like it")
    keeper.desk.until(lambda: keeper.panel.empty.accessibleName() == "No invocations match")
    keeper.panel.search.clear()
    keeper.panel.outcome.setCurrentIndex(1)  # not succeeded
    keeper.desk.until(lambda: keeper.panel.model.rowCount() == 1)
    keeper.panel.outcome.setCurrentIndex(0)
    keeper.desk.until(lambda: keeper.panel.model.rowCount() == 3)

    keeper.panel.table.selectRow(2)
    keeper.press("Open")
    keeper.desk.until(lambda: '"total": 2' in keeper.answer())
    assert keeper.desk.window.bottom.currentWidget() is keeper.desk.window.result
    figures = keeper.desk.window.result.figures.text()
    assert "about $" in figures
    assert keeper.cell(2, TIME) in figures  # it is no news
    assert f"code {keeper.detail.code_sha256[:8]}" in figures
    tip = keeper.panel.model.index(2, VERSION).data(Qt.ItemDataRole.ToolTipRole)
    assert keeper.detail.code_sha256 in tip


def test_at_1280_px_the_search_keeps_its_room_and_what_is_rare_is_in_the_menu(keeper: Keeper) -> None:
    keeper.desk.window.resize(1280, 800)
    keeper.look(0)
    panel = keeper.panel
    keeper.desk.until(lambda: not panel.buttons["Compare"].isVisible())
    assert panel.search.width() >= 220
    assert panel.buttons["Again"].isVisible()
    panel.more.menu().aboutToShow.emit()
    assert [action.text() for action in panel.more.menu().actions()][:2] == [
        "Compare",
        "Invoke Other Version…",
    ]


def test_one_whose_end_is_not_known_leads_to_its_log(keeper: Keeper, services: Services) -> None:
    keeper.invoke({"n": 1})
    newest = history_of(services).list(HistorySearch())[0]
    history_of(services).end(newest.number, EndedInvocation(InvocationOutcome.CANCELLED))
    keeper.look(1)
    keeper.desk.until(lambda: keeper.cell(0, OUTCOME) == "Cancelled")
    keeper.panel.table.selectRow(0)
    keeper.press("Open")
    keeper.desk.until(lambda: keeper.desk.window.result.status.text() == "No response")
    to_logs = keeper.desk.window.result.findChild(QPushButton, "resultOpenLogs")
    assert to_logs is not None
    to_logs.click()
    logs = keeper.desk.logs
    keeper.desk.until(lambda: "REPORT RequestId" in logs.view.lines.visible_text())
    keeper.desk.window.page.show_tab("testPage")


def test_a_set_is_sent_to_another_version_and_the_answers_are_compared(
    keeper: Keeper, connection: Connection
) -> None:
    name = keeper.detail.function_name
    connection.call("lambda", "publish_version", FunctionName=name)
    deploy_elsewhere(connection, name, NEW)
    for event in ({"n": 0}, {"n": 5}, {"fail": True}):
        keeper.invoke(event)
    keeper.look(3)
    keeper.panel.table.selectAll()
    keeper.press("Against")
    picker = keeper.desk.window.findChild(VersionPicker)
    assert picker is not None
    keeper.desk.until(lambda: picker.list.count() == 2)
    picker.list.setCurrentRow(1)
    picker.accept_button.click()
    dialog = keeper.comparison()
    rows = [[dialog.table.model().index(row, column).data() for column in range(6)] for row in range(3)]
    assert [row[5] for row in rows] == ["Differs", "Differs", "Unchanged"]
    assert rows[1][1:3] == ["$LATEST · Succeeded", "1 · Succeeded"]
    assert rows[2][2] == "1 · Failed · ValueError"
    assert rows[0][3].endswith(" ms")
    dialog.table.selectRow(1)
    keeper.desk.until(lambda: '-  "total": 15' in dialog.text.toPlainText())
    assert '+  "total": 10' in dialog.text.toPlainText()
    dialog.accept()
    keeper.desk.until(lambda: keeper.panel.model.rowCount() == 6)
    batches = {entry.sent.batch for entry in history_of(keeper.desk.context.services).list(HistorySearch())}
    assert len(batches) == 2  # the single ones, and this set


def test_two_are_compared_and_one_is_sent_again_to_the_letter(keeper: Keeper, services: Services) -> None:
    keeper.desk.invoke('{"n": {{now}}}')
    keeper.desk.until(lambda: keeper.desk.window.result.status.text() == "Succeeded")
    keeper.look(1)
    keeper.panel.table.selectRow(0)
    keeper.press("Again")
    dialog = keeper.comparison()
    assert dialog.text.toPlainText() == "The responses are identical."
    dialog.accept()
    keeper.desk.until(lambda: keeper.panel.model.rowCount() == 2)
    ledger = history_of(services)
    sent = {entry.sent.payload for each in ledger.list(HistorySearch()) if (entry := ledger.get(each.number))}
    assert len(sent) == 1
    keeper.panel.table.selectAll()
    keeper.press("Compare")
    assert keeper.comparison().windowTitle() == "Compare Invocations"


def test_redacting_leaves_figures_and_deleting_nothing(keeper: Keeper, services: Services) -> None:
    keeper.invoke({"n": 1, "secret": "hunter2"})
    keeper.invoke({"n": 2})
    keeper.look(2)
    keeper.panel.table.selectRow(1)
    keeper.panel.redact_wanted.emit()
    keeper.agree()
    keeper.desk.until(lambda: keeper.cell(1, EVENT) == "redacted")
    keeper.panel.table.selectRow(1)
    assert not keeper.panel.buttons["Again"].isEnabled()
    assert b"hunter2" not in (services.paths.data_dir / "ledger.sqlite").read_bytes()
    keeper.press("Open")
    keeper.desk.until(lambda: "redacted" in keeper.answer())
    keeper.look(2)
    keeper.panel.table.selectAll()
    keeper.panel.delete_wanted.emit()
    keeper.agree()
    keeper.desk.until(lambda: keeper.panel.model.rowCount() == 0)
    assert history_of(services).list(HistorySearch()) == ()


def test_what_is_listed_is_exported_as_csv(keeper: Keeper, tmp_path: Path) -> None:
    for event in ({"n": 1}, {"n": 2, "fail": True}):
        keeper.invoke(event)
    keeper.look(2)
    menu = keeper.panel.more.menu()
    (export,) = [each for each in menu.actions() if each.text() == "Export as CSV…"]
    export.trigger()
    dialog = keeper.desk.window.findChild(QFileDialog, "ledgerTableExportDialog")
    assert dialog is not None
    path = tmp_path / "invocations.csv"
    dialog.fileSelected.emit(str(path))
    dialog.close()
    keeper.desk.until(lambda: keeper.desk.banner("2 listed invocations exported."))
    rows = list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))
    assert [row["Outcome"] for row in rows] == ["Failed: ValueError", "Succeeded"]
    assert {row["Function"] for row in rows} == {keeper.detail.function_name}


def test_a_history_that_cannot_be_read_is_set_aside_and_said(
    keeper: Keeper, services: Services, expect_log: Callable[[str], None]
) -> None:
    expect_log("could not be read and is now")
    keeper.desk.idle()
    path = services.paths.data_dir / "ledger.sqlite"
    for log in (path.with_name("ledger.sqlite-wal"), path.with_name("ledger.sqlite-shm")):
        log.unlink(missing_ok=True)
    path.write_bytes(b"no database" * 1000)
    keeper.invoke({"n": 1})
    keeper.desk.until(
        lambda: keeper.desk.banner("The invocation history was damaged. It was replaced by a new one.")
    )
    keeper.look(1)  # the invocation that found it is in the new one
    assert path.with_name("ledger.sqlite.damaged-1").read_bytes() == b"no database" * 1000


def test_what_matches_is_exported_and_used_as_a_test_event(
    keeper: Keeper, services: Services, tmp_path: Path
) -> None:
    keeper.invoke({"n": 7})
    keeper.invoke({"fail": True})
    keeper.look(2)
    keeper.panel.outcome.setCurrentIndex(1)
    keeper.desk.until(lambda: keeper.panel.model.rowCount() == 1)
    path = tmp_path / "out.jsonl"
    keeper.history.export(path)
    keeper.desk.until(lambda: keeper.desk.banner("1 invocation exported.") or path.exists())
    keeper.desk.idle()
    (line,) = path.read_text("utf-8").splitlines()
    assert json.loads(line)["outcome"] == InvocationOutcome.FUNCTION_ERROR.value
    assert list(tmp_path.glob(".*.part")) == []

    keeper.history.export(tmp_path / "no" / "such" / "folder")
    keeper.desk.until(lambda: keeper.desk.banner("could not be exported"))

    keeper.panel.table.selectRow(0)
    keeper.panel.use_wanted.emit()
    keeper.desk.until(lambda: keeper.desk.test.text.toPlainText() == '{"fail": true}')


def test_a_function_that_is_gone_is_shown_and_cannot_be_sent_to(
    keeper: Keeper, connection: Connection
) -> None:
    other = create_function(connection, OLD)
    keeper.invoke({"n": 4})
    name = keeper.detail.function_name
    keeper.desk.window.functions.refresh()
    keeper.desk.open(other.function_name)
    connection.call("lambda", "delete_function", FunctionName=name)
    keeper.panel.scope.setCurrentIndex(1)  # this account and region
    keeper.look(1)
    keeper.panel.table.selectRow(0)
    keeper.press("Open")
    keeper.desk.until(lambda: '"total": 8' in keeper.answer())
    keeper.look(1)
    keeper.panel.table.selectRow(0)
    keeper.press("Again")
    keeper.desk.until(lambda: keeper.desk.banner(name))


def test_production_asks_once_for_each_function(keeper: Keeper, services: Services) -> None:
    Safety(services.settings).set_tier("alice", Tier.PRODUCTION)
    keeper.desk.protection.show_tier()
    invoke = services.actions["function.invoke"]
    keeper.desk.window.page.show_tab("testPage")
    keeper.desk.until(keeper.desk.test.text.toPlainText)
    keeper.desk.test.text.setPlainText('{"n": 1}')
    invoke.trigger()
    question = keeper.desk.window.findChild(Question)
    assert question is not None
    question.reject()
    assert history_of(services).list(HistorySearch()) == ()
    invoke.trigger()
    question = next(each for each in keeper.desk.window.findChildren(Question) if each.isVisible())
    field = question.findChild(QLineEdit)
    assert field is not None
    field.setText(keeper.detail.function_name)
    question.yes.click()
    keeper.desk.until(lambda: keeper.desk.window.result.status.text() == "Succeeded")
    keeper.invoke({"n": 2})  # asks no more
    assert len(history_of(services).list(HistorySearch())) == 2


def test_older_invocations_come_page_by_page_as_the_end_comes_into_sight(
    keeper: Keeper, services: Services
) -> None:
    keeper.invoke({"n": 1})
    ledger = history_of(services)
    (first,) = ledger.list(HistorySearch())
    for number in range(2, 451):
        ledger.begin(replace(first.sent, payload=b'{"n": %d}' % number))
    model, bar = keeper.panel.model, keeper.panel.table.verticalScrollBar()

    def has_rows(count: int) -> bool:
        return bool(model.rowCount() == count)

    keeper.look(200)
    for count in (400, 450):
        keeper.desk.idle()
        keeper.desk.until(lambda: bar.maximum() > 0)
        bar.setValue(bar.minimum())
        bar.setValue(bar.maximum())
        keeper.desk.until(partial(has_rows, count))
        keeper.desk.idle()

    bar.setValue(bar.minimum())
    bar.setValue(bar.maximum())
    keeper.desk.idle()
    assert [model.row(row).number for row in range(model.rowCount())] == list(range(450, 0, -1))


def test_before_the_window_closes_the_history_is_put_into_one_file(
    keeper: Keeper, services: Services
) -> None:
    kept: list[int] = []
    keeper.desk.window.result.log_kept.connect(kept.append)  # what is written last of an invocation
    keeper.invoke({"n": 1})
    log = services.paths.data_dir / "ledger.sqlite-wal"
    keeper.desk.until(lambda: log.exists() and log.stat().st_size)
    keeper.desk.until(lambda: kept)
    keeper.desk.idle()
    ended: list[bool] = []
    keeper.desk.window.before_end(lambda: ended.append(True))  # as the window does before it closes
    keeper.desk.until(lambda: ended)
    assert not log.exists() or not log.stat().st_size
