"""Making an alarm in the whole window, on the Sandbox: by keyboard, by dragging, over one that is there."""

import itertools

import pytest
from pyqtgraph import CONFIG_OPTIONS
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QToolTip

from tests.ui.features.alarms.alarmed import alarm_of, make, open_metrics, put, refuse
from tests.ui.window_desk import Desk
from workbench.aws.connection import Connection
from workbench.metrics.alarms import AlarmHistory
from workbench.profiles.safety import Safety, Tier
from workbench.ui.features.metrics.alarm_dialogs import CreateAlarmDialog, past_text
from workbench.ui.features.metrics.feature import CREATE
from workbench.ui.kit.charts.chart import Chart
from workbench.ui.kit.dialog import Question
from workbench.ui.kit.theme import DARK, LIGHT


def _dialog(desk: Desk) -> CreateAlarmDialog:
    """The open dialog, once it has drawn its metric."""
    desk.until(lambda: desk.window.findChildren(CreateAlarmDialog))
    (dialog,) = desk.window.findChildren(CreateAlarmDialog)
    desk.until(lambda: dialog._series is not None)
    return dialog


@pytest.fixture
def every_move(monkeypatch: pytest.MonkeyPatch) -> None:
    """No movement is left out, as pyqtgraph does when they come faster than a hand makes them."""
    monkeypatch.setitem(CONFIG_OPTIONS, "mouseRateLimit", 0)


def _create(desk: Desk, focus: str = "errors") -> CreateAlarmDialog:
    desk.metrics.charts[focus].setFocus()
    desk.context.services.actions[CREATE].trigger()
    return _dialog(desk)


def _drag(chart: Chart, start: QPoint, value: float) -> None:
    """Presses, moves and lets go at the height of a value, as a hand does."""
    plot = chart.plot
    assert plot is not None
    scene = plot.area.mapViewToScene(QPointF(plot.span[0] + 600, value))
    end, port = plot.mapFromScene(scene), plot.viewport()
    QTest.mouseMove(port, start)
    QTest.mousePress(port, Qt.MouseButton.LeftButton, pos=start)
    for step in range(1, 11):
        at = start + (end - start) * (step / 10)
        # QTest.mouseMove says nothing of buttons.
        QTest.mouseEvent(
            QTest.MouseAction.MouseMove, port, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at
        )
    QTest.mouseRelease(port, Qt.MouseButton.LeftButton, pos=end)


def test_an_alarm_is_made_as_it_was_filled_in_and_drawn_then(desk: Desk, connection: Connection) -> None:
    name = make(connection)
    topic = connection.call("sns", "create_topic", Name="alerts")["TopicArn"]
    open_metrics(desk, name)
    dialog = _create(desk)
    assert dialog.alarm_name.text() == f"{name}-Errors"
    assert dialog.threshold.value() == 11  # a little over what was the most
    assert dialog.past.text() == "In the displayed time range (1 h), the alarm would not have been triggered."
    dialog.threshold.setValue(3)
    assert dialog.past.text() == (
        "In the displayed time range (1 h), the alarm would have been triggered 2 times, for "
        "about 4 min in total."
    )
    dialog.periods.setValue(3)
    assert dialog.datapoints.value() == 3  # all of them, until somebody says otherwise
    dialog.datapoints.setValue(2)
    dialog.comparison.setCurrentText(">")
    dialog.period.setCurrentText("5 min")
    assert dialog.periods.maximum() == 288
    desk.until(lambda: dialog._series is not None)
    desk.until(lambda: dialog.topic.count() == 2)
    assert not dialog.tells_ok.isEnabled()  # nobody is told
    dialog.topic.setCurrentText("alerts")
    dialog.tells_ok.click()
    dialog.create_button.click()
    desk.until(lambda: alarm_of(connection, f"{name}-Errors"))
    alarm = alarm_of(connection, f"{name}-Errors")
    wanted = {
        "Namespace": "AWS/Lambda",
        "MetricName": "Errors",
        "Dimensions": [{"Name": "FunctionName", "Value": name}],
        "Statistic": "Sum",
        "Period": 300,
        "EvaluationPeriods": 3,
        "DatapointsToAlarm": 2,
        "Threshold": 3.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        "AlarmActions": [topic],
        "OKActions": [topic],
    }
    assert {key: alarm.get(key) for key in wanted} == wanted
    desk.until(lambda: desk.banner(f"The alarm {name}-Errors was created."))
    desk.until(lambda: "Errors > 3" in desk.metrics.charts["errors"].readout)
    said = desk.metrics.charts["errors"].table_text()
    assert "Notifies: alerts\nNotifies when it returns to OK: alerts" in said
    desk.until(lambda: not desk.window.findChildren(CreateAlarmDialog))


def test_a_percentile_of_a_version_is_asked_of_production_and_a_taken_name_is_not_replaced_unasked(
    desk: Desk, connection: Connection
) -> None:
    name = make(connection)
    put(connection, "mine", name)
    open_metrics(desk, name)
    desk.metrics._take_version("live")
    desk.idle()
    Safety(desk.context.services.settings).set_tier("alice", Tier.PRODUCTION)
    dialog = _create(desk, "duration")
    assert dialog.alarm_name.text() == f"{name}-live-Duration"
    dialog.stat.setCurrentText("p99.9")
    desk.until(lambda: dialog._series is not None)
    dialog.alarm_name.setText("mine")
    dialog.threshold.setValue(12.5)
    dialog.create_button.click()
    desk.until(lambda: dialog.findChild(Question, "replaceAlarm"))
    question = dialog.findChild(Question, "replaceAlarm")
    assert question is not None
    question.reject()
    assert alarm_of(connection, "mine")["MetricName"] == "Errors"
    dialog.alarm_name.setText(" ")
    dialog.create_button.click()
    assert dialog.state.text() == "Enter a name for the alarm."
    dialog.alarm_name.setText("mine")
    dialog.create_button.click()
    desk.until(lambda: len(dialog.findChildren(Question, "replaceAlarm")) == 1)
    question = dialog.findChild(Question, "replaceAlarm")
    assert question is not None
    question.yes.click()
    desk.until(lambda: desk.window.findChild(QLineEdit, "confirmName"))
    assert alarm_of(connection, "mine")["MetricName"] == "Errors"
    field = desk.window.findChild(QLineEdit, "confirmName")
    assert field is not None
    field.setText(name)
    typed = field.window()
    assert isinstance(typed, Question)
    typed.yes.click()
    desk.until(lambda: alarm_of(connection, "mine")["MetricName"] == "Duration")
    alarm = alarm_of(connection, "mine")
    assert alarm["ExtendedStatistic"] == "p99.9"
    assert {"Name": "Resource", "Value": f"{name}:live"} in alarm["Dimensions"]
    assert alarm["Threshold"] == 12.5
    desk.idle()


@pytest.mark.usefixtures("every_move")
def test_a_line_is_dragged_out_of_the_axis_and_then_to_where_it_is_wanted(
    desk: Desk, connection: Connection
) -> None:
    name = make(connection)
    open_metrics(desk, name)
    chart = desk.metrics.charts["errors"]
    plot = chart.plot
    assert plot is not None
    drawing = plot.area.sceneBoundingRect()
    _drag(chart, plot.mapFromScene(drawing.center()), 6.2)  # moves the time
    desk.idle()
    assert not desk.window.findChildren(CreateAlarmDialog)
    chart.show_whole()
    axis = plot.mapFromScene(QPointF(drawing.left() - 20, drawing.center().y()))
    moves = itertools.count()

    def shows_hint() -> bool:  # a window that is activated meanwhile closes it: a hand goes on moving
        QTest.mouseMove(plot.viewport(), axis + QPoint(0, next(moves) % 2))
        return QToolTip.text() == "Drag a line into the chart to create an alarm"

    desk.until(shows_hint)
    _drag(chart, axis, 6.2)
    dialog = _dialog(desk)
    assert dialog.metric_choice.currentText() == "Errors"
    assert dialog.threshold.value() == 6
    line = dialog.chart.plot
    assert line is not None
    desk.until(lambda: line.area.height() > 50)
    at = line.mapFromScene(line.area.mapViewToScene(QPointF(line.span[0] + 600, 6)))
    _drag(dialog.chart, at, 3.1)
    assert dialog.threshold.value() == 3
    assert dialog.past.text() == (
        "In the displayed time range (1 h), the alarm would have been triggered 2 times, for "
        "about 4 min in total."
    )
    dialog.stat.setCurrentText("Average")  # a share of the invocations, not a whole number
    desk.until(lambda: dialog._series is not None)
    mean = dialog.chart.plot
    assert mean is not None
    desk.until(lambda: mean.area.height() > 50)
    at = mean.mapFromScene(mean.area.mapViewToScene(QPointF(mean.span[0] + 600, 3)))
    _drag(dialog.chart, at, 5.5)
    QTest.mouseMove(mean.viewport(), at + QPoint(0, 30))
    desk.idle()
    QTest.mouseMove(mean.viewport(), at)
    desk.idle()
    assert dialog.threshold.value() == pytest.approx(5.5, abs=0.2)
    assert dialog.threshold.value() % 1
    dialog.reject()
    desk.idle()
    assert not alarm_of(connection, f"{name}-Errors")
    QToolTip.hideText()
    desk.until(lambda: not QToolTip.isVisible())


def test_what_aws_refuses_is_said_in_the_dialog_and_nothing_is_lost(
    desk: Desk, connection: Connection
) -> None:
    name = make(connection)
    open_metrics(desk, name)
    dialog = _create(desk)
    dialog.threshold.setValue(7)
    refuse(connection, "DescribeAlarms", "AccessDenied", "no cloudwatch:DescribeAlarms")
    refuse(connection, "PutMetricAlarm", "LimitExceeded", "no more alarms")
    dialog.create_button.click()
    desk.until(lambda: dialog.findChild(Question))
    question = dialog.findChild(Question)
    assert question is not None
    words = question.findChild(QLabel, "replaceAlarmWords")
    assert words is not None
    assert words.text().startswith(f"Could not determine whether an alarm {name}-Errors")
    assert "no cloudwatch:DescribeAlarms" in words.text()
    question.yes.click()
    desk.until(lambda: "no more alarms" in dialog.state.text())
    assert "LimitExceeded" in dialog.state.text()
    assert dialog.create_button.isEnabled()
    assert dialog.threshold.value() == 7
    dialog.reject()
    desk.idle()


def test_the_chart_follows_the_theme_while_the_dialog_is_open(desk: Desk, connection: Connection) -> None:
    open_metrics(desk, make(connection))
    dialog, theme = _create(desk), desk.context.services.theme
    dialog.threshold.setValue(7)
    plot = dialog.chart.plot
    assert plot is not None
    assert plot._handle is not None
    try:
        for choice, colors in (("dark", DARK), ("light", LIGHT)):
            theme.choose(choice)
            assert plot.backgroundBrush().color().name() == colors.base
            assert plot._handle.line.pen.color().name() == colors.danger
            assert plot._handle.band._brush.color().name() == colors.danger
    finally:
        theme.choose("system")
    dialog.reject()
    desk.idle()


def test_once_is_not_said_as_several_times() -> None:
    assert " triggered 1 time, for about 5 min in total." in past_text(AlarmHistory(1, 300, 3600), 3600)
