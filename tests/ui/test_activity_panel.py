"""The Activity panel, by keyboard, with real jobs."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from workbench.aws.connection import ApiCall
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle, JobRunner, JobState
from workbench.ui.shell.activity import ActivityColumn, ActivityKind, ActivityPanel
from workbench.ui.shell.services import Services

WHEN = datetime(2026, 7, 1, 12, tzinfo=UTC)


def write(operation: str, request_id: str) -> ApiCall:
    return ApiCall("lambda", operation, "eu-west-1", request_id, 200, 41.7, True, "", WHEN)


@pytest.fixture
def panel(qtbot: QtBot, services: Services) -> Iterator[ActivityPanel]:
    panel = ActivityPanel(services)
    qtbot.addWidget(panel)
    services.jobs.on_change = panel.job_changed
    panel.resize(1200, 300)
    panel.show()
    panel.activateWindow()
    qtbot.waitUntil(panel.isActiveWindow)
    yield panel
    panel.hide()


def shown(panel: ActivityPanel) -> list[str]:
    model = panel.view.model()
    return [model.index(row, ActivityColumn.ACTIVITY).data() for row in range(model.rowCount())]


def choose(panel: ActivityPanel, kind: ActivityKind) -> None:
    panel.kind.setCurrentIndex(panel.kind.findData(kind))


def action(panel: ActivityPanel, name: str) -> QAction:
    found = panel.view.findChild(QAction, f"activity.{name}")
    assert found is not None
    return found


def go_to(panel: ActivityPanel, row: int) -> None:
    panel.view.setFocus()
    panel.view.setCurrentIndex(panel.view.model().index(row, 0))


def test_an_empty_panel_says_what_will_appear(panel: ActivityPanel) -> None:
    assert panel.empty.isVisible()
    assert panel.empty.accessibleName() == "No activity yet"
    choose(panel, ActivityKind.WRITES)
    assert panel.empty.accessibleName() == "No changes yet"
    panel.add_call(write("CreateAlias", "r1"))
    assert panel.view.isVisible()
    choose(panel, ActivityKind.JOBS)
    assert panel.empty.isVisible()


def test_the_request_id_is_copied_by_keyboard(panel: ActivityPanel) -> None:
    panel.add_call(write("CreateAlias", "req-1"))
    panel.add_call(write("UpdateFunctionCode", "req-2"))
    go_to(panel, 0)
    QTest.keyClick(panel.view, Qt.Key.Key_Down)
    modifiers = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(panel.view, Qt.Key.Key_C, modifiers)
    assert QGuiApplication.clipboard().text() == "req-1"
    QTest.keyClick(panel.view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text().endswith("\tlambda:CreateAlias\t200\t42 ms\teu-west-1\treq-1")


def test_the_context_menu_offers_what_the_row_has(panel: ActivityPanel) -> None:
    names = ("copyRequestId", "copyRow", "showError", "cancelJob")
    assert [action(panel, name).isEnabled() for name in names] == [False] * 4
    panel.add_call(write("CreateAlias", "req-1"))
    go_to(panel, 0)
    assert [action(panel, name).isEnabled() for name in names] == [True, True, False, False]
    assert panel.view.contextMenuPolicy() == Qt.ContextMenuPolicy.ActionsContextMenu


def test_enter_on_a_failed_job_asks_for_its_error(panel: ActivityPanel, qtbot: QtBot) -> None:
    error = WorkbenchError("No.", request_id="req-9")
    job = Job[object]("Deploying", lambda _ctx: None)
    panel.job_changed(JobHandle(1, job, JobState.FAILED, error=error))
    go_to(panel, 0)
    with qtbot.waitSignal(panel.error_wanted) as asked:
        QTest.keyClick(panel.view, Qt.Key.Key_Return)
    assert asked.args == [error]
    with qtbot.waitSignal(panel.error_wanted):
        at = panel.view.visualRect(panel.view.currentIndex()).center()
        QTest.mouseClick(panel.view.viewport(), Qt.MouseButton.LeftButton, pos=at)
        QTest.mouseDClick(panel.view.viewport(), Qt.MouseButton.LeftButton, pos=at)


def test_after_tab_the_keys_are_for_the_row_with_the_cursor(panel: ActivityPanel, qtbot: QtBot) -> None:
    error = WorkbenchError("No.", request_id="req-9")
    panel.job_changed(JobHandle(1, Job[object]("Deploying", lambda _ctx: None), JobState.FAILED, error=error))
    selection = panel.view.selectionModel()
    selection.setCurrentIndex(panel.view.model().index(0, 0), QItemSelectionModel.SelectionFlag.NoUpdate)
    assert not selection.hasSelection()
    assert action(panel, "copyRow").isEnabled()
    with qtbot.waitSignal(panel.error_wanted) as asked:
        QTest.keyClick(panel.view, Qt.Key.Key_Return)
    assert asked.args == [error]


def test_delete_cancels_the_running_job(panel: ActivityPanel, jobs: JobRunner, qtbot: QtBot) -> None:
    end = threading.Event()

    def work(ctx: JobContext) -> None:
        end.wait()
        ctx.check()

    handle = jobs.submit(Job("Stubborn", work))
    try:
        qtbot.waitUntil(lambda: shown(panel) == ["Stubborn"] and handle.state is JobState.RUNNING)
        go_to(panel, 0)
        assert action(panel, "cancelJob").isEnabled()
        QTest.keyClick(panel.view, Qt.Key.Key_Delete)
        assert panel.view.model().index(0, ActivityColumn.STATE).data() == "Cancelling…"
        assert not action(panel, "cancelJob").isEnabled()
    finally:
        end.set()
    qtbot.waitUntil(lambda: panel.view.model().index(0, ActivityColumn.STATE).data() == "Cancelled")


def test_its_clock_ticks_only_while_somebody_looks_and_something_runs(
    panel: ActivityPanel, jobs: JobRunner, qtbot: QtBot
) -> None:
    end = threading.Event()
    panel.add_call(write("CreateAlias", "r1"))
    assert not panel._timer.isActive()
    jobs.submit(Job("Long", lambda _ctx: end.wait()))
    try:
        qtbot.waitUntil(panel._timer.isActive)
        panel.hide()
        assert not panel._timer.isActive()
        panel.show()
        assert panel._timer.isActive()
    finally:
        end.set()
    qtbot.waitUntil(lambda: not panel._timer.isActive())


def test_what_is_read_stays_selected_while_new_rows_arrive(panel: ActivityPanel) -> None:
    panel.add_call(write("CreateAlias", "r1"))
    go_to(panel, 0)
    for number in range(50):
        panel.add_call(write(f"Op{number}", "r"))
    assert panel.view.currentIndex().row() == 50
    assert shown(panel)[50] == "lambda:CreateAlias"
