"""What the charts of a function offer, by menu and palette; and from a spike to its logs."""

from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import QPoint, QTimer
from PySide6.QtGui import QAction, QContextMenuEvent
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog

from tests.ui.features.alarms.alarmed import make, open_metrics
from tests.ui.hand_clock import HandClock
from tests.ui.window_desk import Desk
from workbench.aws.connection import Connection
from workbench.ui.features.metrics.before_after_dialog import BeforeAfterDialog
from workbench.ui.features.metrics.chart_dialogs import FindMetricsDialog, TableDialog
from workbench.ui.shell.command_palette import commands

SPIKE = HandClock().now() - timedelta(minutes=12)
"""Of nine errors."""


def test_every_choice_above_the_charts_is_a_command_and_both_agree(
    desk: Desk, connection: Connection
) -> None:
    name = make(connection)
    open_metrics(desk, name)
    actions, controls = desk.context.services.actions, desk.metrics.controls
    mine = {each.title: each.action for each in commands(actions) if each.menu == "Metrics"}
    assert all(action.isEnabled() for action in mine.values())
    view = controls.view_button.menu()
    assert view is not None
    ticks = [action for action in view.actions() if action.isCheckable()]
    assert len(ticks) == 4
    for tick in ticks:
        command = mine[tick.text()]
        assert not command.isChecked()
        desk.window.page.show_tab("codePage")
        command.trigger()
        assert tick.isChecked()
        assert desk.metrics.isVisible()
        tick.trigger()
        assert not command.isChecked()
    desk.idle()
    for title, kind in (
        ("Add Chart of a Metric…", FindMetricsDialog),
        ("Show Charts as Table…", TableDialog),
        ("Compare Before and After Changes…", BeforeAfterDialog),
        ("Save Charts…", QFileDialog),
    ):
        desk.window.page.show_tab("codePage")
        mine[title].trigger()
        desk.until(QApplication.activeModalWidget)
        opened = QApplication.activeModalWidget()
        assert isinstance(opened, kind)
        assert isinstance(opened, QDialog)
        opened.reject()
        desk.idle()


def test_a_charts_menu_leads_to_the_logs_of_the_period_that_is_pointed_at(
    desk: Desk, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = make(connection)
    open_metrics(desk, name)
    page, shown = desk.metrics, []
    monkeypatch.setattr(desk.logs, "show_window", lambda *span: shown.append(span))
    chart = page.charts["errors"]
    chart.pointed.emit(SPIKE.timestamp())
    at = QPoint(5, 5)
    opened = []

    def close() -> None:
        menu = QApplication.activePopupWidget()
        assert menu is not None
        opened.append(menu)
        chart.pointed.emit(None)  # the menu has taken the pointer
        menu.close()

    QTimer.singleShot(0, close)  # the menu is waited for
    asked = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, chart.mapToGlobal(at))
    QApplication.sendEvent(chart, asked)
    assert opened
    logs = chart.findChild(QAction, "errorsChartLogs")
    assert logs is not None
    logs.trigger()
    assert shown == [(SPIKE, SPIKE + timedelta(minutes=1))]
    assert desk.logs.isVisible()
    # With the keyboard: of the period under the crosshair, or else of all that is in sight.
    desk.window.page.show_tab("metricsPage")
    command = desk.context.services.actions["charts.logs"]
    chart.setFocus()
    chart.pointed.emit((SPIKE - timedelta(minutes=3)).timestamp())
    command.trigger()
    assert shown[-1] == (SPIKE - timedelta(minutes=3), SPIKE - timedelta(minutes=2))
    page.board.show_crosshair(None)
    command.trigger()
    assert shown[-1] == tuple(datetime.fromtimestamp(each, UTC) for each in page.board.span)
    desk.window.page.show_tab("codePage")  # logs are followed as long as they are shown
    desk.idle()
