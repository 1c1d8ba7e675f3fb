"""The alarms of a function in the whole window, on the Sandbox: on the charts, in a table, deleted."""

from datetime import timedelta
from typing import Any

from PySide6.QtWidgets import QLabel, QLineEdit

from tests.ui.features.alarms.alarmed import alarm_of, make, open_metrics, put, refuse, set_state
from tests.ui.hand_clock import HandClock
from tests.ui.pages.conftest import texts
from tests.ui.window_desk import Desk
from workbench.aws.connection import Connection
from workbench.metrics.series import MetricSpec
from workbench.profiles.safety import Safety, Tier
from workbench.ui.features.metrics.alarm_dialogs import AlarmsDialog
from workbench.ui.features.metrics.feature import SHOW, AlarmsButton
from workbench.ui.kit.dialog import Question


def _button(desk: Desk) -> AlarmsButton:
    button = desk.window.findChild(AlarmsButton)
    assert button is not None
    return button


def _question(desk: Desk) -> Question:
    (question,) = desk.window.findChildren(Question)
    return question


def test_alarms_are_drawn_on_their_charts_and_all_are_listed(desk: Desk, connection: Connection) -> None:
    name = make(connection)
    put(connection, f"{name}-Errors", name)
    put(connection, "slow", name, f"{name}:live", MetricName="Duration", Period=300, EvaluationPeriods=3)
    put(connection, "theirs", "another")
    set_state(connection, f"{name}-Errors", "ALARM", "Threshold Crossed: 9 > 3")
    set_state(connection, "slow", "OK", "fine")
    open_metrics(desk, name)
    button, charts = _button(desk), desk.metrics.charts
    desk.until(lambda: button.text() == "Alarms: 2 ▲ 1")
    errors, duration = charts["errors"], charts["duration"]
    assert errors.readout == "Sum of the range: 26 · ▲ Errors > 3 ALARM"
    assert "Threshold Crossed: 9 > 3" in errors.accessibleDescription()
    assert "1 of 1 periods of 1 min" in errors.table_text()
    titles = [action.text() for action in errors.actions() if not action.isSeparator()]
    assert titles[-2:] == ["Create Alarm…", f"Delete Alarm “{name}-Errors”…"]  # of the context menu
    assert duration.readout.endswith("△ slow (live) Sum > 3 OK")  # which it does not show
    said = duration.table_text()
    assert "The chart shows Average, p50, p90, p99, Maximum; the alarm uses Sum." in said
    assert "The chart shows all versions; the alarm applies to live." in said
    assert "The chart shows periods of 60 s. The alarm evaluates periods of 300 s." in said
    assert "▲" not in charts["throttles"].readout
    button.click()
    dialog = desk.window.findChild(AlarmsDialog)
    assert dialog is not None
    assert [row[:4] for row in texts(dialog.table)] == [
        [f"{name}-Errors", "▲ ALARM", "Errors Sum", "> 3"],
        ["slow", "△ OK", "Duration Sum (live)", "> 3"],
    ]
    assert not dialog.delete_button.isEnabled()
    dialog.accept()
    set_state(connection, f"{name}-Errors", "OK", "quiet again")
    desk.metrics.controls.refresh_button.click()
    desk.until(lambda: errors.readout.endswith("△ Errors > 3 OK"))


def test_a_chart_that_was_added_has_the_alarms_of_its_metric(desk: Desk, connection: Connection) -> None:
    name = make(connection)
    orders = MetricSpec("Orders", "Sum", (("shop", "a"), ("stage", "prod")), "Shop")
    values = {"MetricName": "Orders", "Timestamp": HandClock().now() - timedelta(minutes=20), "Value": 7.0}
    dimensions = [{"Name": key, "Value": value} for key, value in reversed(orders.dimensions)]
    data = [values | {"Dimensions": dimensions}]
    connection.call("cloudwatch", "put_metric_data", Namespace="Shop", MetricData=data)
    about: dict[str, Any] = {"Namespace": "Shop", "MetricName": "Orders", "Dimensions": dimensions}
    put(connection, "few", name, **about, ComparisonOperator="LessThanThreshold")
    put(connection, "mean", name, **about, Statistic="Average")  # the chart shows the sum
    put(connection, "other shop", name, **about | {"Dimensions": dimensions[:1]})
    for alarm in ("few", "mean", "other shop"):
        set_state(connection, alarm, "OK", "fine")
    open_metrics(desk, name)
    desk.until(lambda: _button(desk).text() == "Alarms: 0")
    page = desk.metrics
    page.added.add_metrics((orders,))
    desk.until(lambda: _button(desk).text() == "Alarms: 2")
    chart = page.board.shown[-1]
    desk.until(lambda: chart.readout == "Sum of the range: 7 · △ few < 3 OK")
    assert "few" not in page.charts["errors"].readout
    assert "Delete Alarm “few”…" in [action.text() for action in chart.actions()]
    assert [row[:3] for row in _listed(desk)] == [
        ["few", "△ OK", "Orders Sum"],
        ["mean", "△ OK", "Orders Average"],
    ]
    page.added._remove(orders)
    page.controls.refresh_button.click()
    desk.until(lambda: _button(desk).text() == "Alarms: 0")


def _listed(desk: Desk) -> list[list[str]]:
    """The rows of the table of alarms."""
    _button(desk).click()
    dialog = desk.window.findChild(AlarmsDialog)
    assert dialog is not None
    rows = texts(dialog.table)
    dialog.accept()
    return rows


def test_an_alarm_is_deleted_after_a_question_and_in_production_after_its_name(
    desk: Desk, connection: Connection
) -> None:
    name = make(connection)
    for alarm in ("one", "two"):
        put(connection, alarm, name)
    open_metrics(desk, name)
    errors = desk.metrics.charts["errors"]
    desk.until(lambda: "two" in errors.readout)
    deletes = {each.text(): each for each in errors.actions() if each.objectName() == "deleteAlarm"}
    assert set(deletes) == {"Delete Alarm “one”…", "Delete Alarm “two”…"}
    deletes["Delete Alarm “one”…"].trigger()
    _question(desk).reject()
    assert alarm_of(connection, "one")
    desk.idle()
    deletes["Delete Alarm “one”…"].trigger()
    desk.until(lambda: len(desk.window.findChildren(Question)) == 1)
    _question(desk).yes.click()
    desk.until(lambda: "one" not in errors.readout)
    assert not alarm_of(connection, "one")
    assert desk.banner("The alarm one was deleted.")
    Safety(desk.context.services.settings).set_tier("alice", Tier.PRODUCTION)
    desk.context.services.actions[SHOW].trigger()
    dialog = desk.window.findChild(AlarmsDialog)
    assert dialog is not None
    dialog.table.setCurrentIndex(dialog.table.model().index(0, 0))
    dialog.delete_button.click()
    question = dialog.findChild(Question)
    assert question is not None
    question.yes.click()
    desk.until(lambda: desk.window.findChild(QLineEdit, "confirmName"))
    assert alarm_of(connection, "two")
    field = desk.window.findChild(QLineEdit, "confirmName")
    assert field is not None
    field.setText(name)
    typed = field.window()
    assert isinstance(typed, Question)
    typed.yes.click()
    empty = dialog.table.findChild(QLabel, "alarmsTableEmpty")
    assert isinstance(empty, QLabel)
    desk.until(lambda: not empty.isHidden() and empty.text().startswith("No alarms. Create one, "))
    assert not alarm_of(connection, "two")
    dialog.accept()


def test_who_may_not_see_alarms_sees_the_charts_and_a_quiet_word(desk: Desk, connection: Connection) -> None:
    name = make(connection)
    refuse(connection, "DescribeAlarms", "AccessDenied", "no cloudwatch:DescribeAlarms")
    open_metrics(desk, name)
    button = _button(desk)
    desk.until(lambda: button.text() == "Alarms: not permitted")
    assert "no cloudwatch:DescribeAlarms" in button.toolTip()
    assert desk.metrics.charts["errors"].readout == "Sum of the range: 26"
    assert desk.banner("alarms") is None
    button.click()
    dialog = desk.window.findChild(AlarmsDialog)
    assert dialog is not None
    assert "no cloudwatch:DescribeAlarms" in dialog.state.text()
    dialog.accept()
