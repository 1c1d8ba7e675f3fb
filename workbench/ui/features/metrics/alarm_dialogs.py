"""Dialogs about alarms: the list, and a new one, whose line is dragged to the threshold."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLineEdit,
    QWidget,
)

from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.functions.account_resources import Resource
from workbench.functions.alarms import MetricAlarm
from workbench.metrics import alarms as alarming
from workbench.metrics.series import MetricSpec, Series
from workbench.ui.features.metrics import chart_alarms
from workbench.ui.features.metrics.chart_alarms import (
    SIGNS,
    alarm_text,
    metric_text,
    past_text,
    period_text,
    periods_text,
    threshold_text,
)
from workbench.ui.kit.charts import Chart, ChartTheme, Curve, Unit
from workbench.ui.kit.charts.model import BAD_SIGN, SIGN, write_value
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.fields import indent, number_box
from workbench.ui.kit.form import Form, side_by_side
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import named, text_label, tool_tip
from workbench.ui.kit.text_size import scaled

_DIGITS, _MAX_THRESHOLD = 4, 1e12

_PARTS = 100  # of the axis: no finer is a line dragged
_WIDTH, _CHART_HEIGHT, _SPACING = 780, 210, 24
_OVER = 1.25  # what was the most so far: where a line begins


class ThresholdBox(QDoubleSpinBox):
    """A threshold, from zero; as many digits as are needed."""

    def __init__(self, name: str, accessible_name: str) -> None:
        super().__init__()
        named(self, name, accessible_name)
        indent(self)
        self.setDecimals(_DIGITS)
        self.setRange(0, _MAX_THRESHOLD)
        self.setStepType(QAbstractSpinBox.StepType.AdaptiveDecimalStepType)

    def textFromValue(self, value: float) -> str:
        text = super().textFromValue(value)
        point = self.locale().decimalPoint()
        return text.rstrip("0").removesuffix(point) if point in text else text


def rounded(value: float, top: float, *, is_whole: bool) -> float:
    """A value, as fine as a line can be dragged on an axis up to `top`; things that are counted are whole."""
    step = 10.0 ** math.floor(math.log10(max(top, 1e-3) / _PARTS))
    if is_whole:
        step = max(1.0, step)
    return round(value / step) * step


@dataclass(frozen=True, slots=True)
class Subject:
    """The metric of a new alarm.

    Attributes:
        function_name: The function.
        qualifier: A version or an alias; empty for the function as a whole.
        metric_name: At first.
        threshold: At first; None to begin near what was the most so far.
    """

    function_name: str
    qualifier: str
    metric_name: str
    threshold: float | None = None


class CreateAlarmDialog(Dialog):
    """Shows what it is given; see controller.py.

    Args:
        subject: What it will be about.
        theme: Of charts.
        parent: The window.
        is_utc: Whether times are in UTC.

    Signals:
        data_wanted: Of the `spec` with the `period_s`.
        create_wanted: A NewAlarm.
    """

    data_wanted = Signal()
    create_wanted = Signal(object)

    def __init__(self, subject: Subject, theme: ChartTheme, parent: QWidget, *, is_utc: bool) -> None:
        title = _("Create Alarm for {function_name}").format(function_name=subject.function_name)
        super().__init__("createAlarm", title, parent)
        self.setMinimumWidth(scaled(_WIDTH))
        self._subject, self._theme, self._is_utc = subject, theme, is_utc
        self._series: Series | None = None
        self._unit = chart_alarms.unit_of(
            subject.metric_name, chart_alarms.charted_metrics()[subject.metric_name]
        )
        self.chart = self._new_chart("")
        self.content.addWidget(self.chart)
        self.alarm_name = named(QLineEdit(), "createAlarmName", _("Name"))
        self.alarm_name.setMaxLength(alarming.MAX_NAME_CHARACTERS)
        self.metric_choice = self._choice(
            "Metric", _("Metric"), [(m, m) for m in chart_alarms.charted_metrics()]
        )
        stats = [(each, each) for each in (*alarming.STATISTICS, *alarming.PERCENTILES)]
        self.stat = self._choice("Statistic", _("Statistic"), stats)
        signs = [(SIGNS[each], each) for each in (*alarming.ABOVE, *alarming.BELOW)]
        self.comparison = self._choice("Comparison", _("Comparison"), signs)
        self.threshold = ThresholdBox("createAlarmThreshold", _("Threshold"))
        periods = [(period_text(each), each) for each in alarming.PERIODS_S]
        self.period = self._choice("Period", _("Period"), periods)
        self.periods = number_box("createAlarmPeriods", _("Evaluation periods"), 1, 1)
        self.datapoints = number_box("createAlarmDatapoints", _("Datapoints to alarm"), 1, 1)
        treatments = (
            _("good"),
            _("bad"),
            _("Keep the current state"),
            _("Treat as missing"),
        )
        named_treatments = [
            (f"{each} ({words})", each) for each, words in zip(alarming.TREATMENTS, treatments, strict=True)
        ]
        self.treatment = self._choice("Missing", _("Missing data"), named_treatments)
        self.topic = self._choice("Topic", _("Notify"), [(_("No one"), "")])
        self.tells_ok = named(QCheckBox(_("Also notify when the state returns to OK")), "createAlarmTellsOk")
        self.tells_ok.setEnabled(False)  # there is nobody to be told yet
        self.past = text_label("createAlarmPast")
        self._lay_out()
        self._connect()
        self._choose(self.metric_choice, subject.metric_name)
        self._take_metric()
        if subject.threshold is not None:
            self.threshold.setValue(self._rounded(subject.threshold, subject.threshold))
        self.threshold.setFocus()

    def _new_chart(self, title: str) -> Chart:
        chart = Chart("createAlarmChart", title, self._unit, self._theme)
        chart.setFixedHeight(scaled(_CHART_HEIGHT))
        chart.set_axes(is_utc=self._is_utc, is_log=False)
        chart.pointed.connect(chart.show_crosshair)
        return chart

    def _choice(self, name: str, accessible_name: str, items: Sequence[tuple[str, object]]) -> QComboBox:
        box = named(QComboBox(), f"createAlarm{name}", accessible_name)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for text, data in items:
            box.addItem(text, data)
        return box

    def _lay_out(self) -> None:
        self.comparison.setMinimumContentsLength(2)
        condition = side_by_side(
            "createAlarmCondition", self.comparison, self.threshold, stretched=self.threshold
        )
        left, right = Form(spacing=6), Form(spacing=6)
        for form, title, field in (
            (left, _("Metric"), self.metric_choice),
            (left, _("Statistic"), self.stat),
            (left, _("Threshold"), condition),
            (left, _("Name"), self.alarm_name),
            (right, _("Period"), self.period),
            (right, _("Evaluation periods"), self.periods),
            (right, _("Datapoints to alarm"), self.datapoints),
            (right, _("Treat missing data as"), self.treatment),
            (right, _("Notify (SNS topic)"), self.topic),
            (right, "", self.tells_ok),
        ):
            form.add(field, title)
        fields = QWidget()
        self.disable_while_busy(fields)
        both = QHBoxLayout(fields)
        both.setContentsMargins(0, 0, 0, 0)
        both.setSpacing(_SPACING)
        both.addWidget(left, 1, Qt.AlignmentFlag.AlignTop)
        both.addWidget(right, 1, Qt.AlignmentFlag.AlignTop)
        self.content.addWidget(fields)
        self.content.addWidget(self.past)
        note = _("CloudWatch charges monthly for each alarm. Nothing is created until you choose Create.")
        self.content.addWidget(text_label("createAlarmCost", note, "muted"))
        self.finish_layout()
        self.cancel = self.add_button("createAlarmCancel", _("Cancel"))
        self.create_button = self.add_button("createAlarmCreate", _("Create"), "primary")

    def _connect(self) -> None:
        self.metric_choice.currentIndexChanged.connect(self._take_metric)
        self.stat.currentIndexChanged.connect(self._ask)
        self.period.currentIndexChanged.connect(self._take_period)
        self.periods.valueChanged.connect(self._take_periods)
        self.comparison.currentIndexChanged.connect(self._show_line)
        self.threshold.valueChanged.connect(self._show_line)
        for number in (self.datapoints, self.threshold):
            number.valueChanged.connect(self._judge)
        for choice in (self.comparison, self.treatment):
            choice.currentIndexChanged.connect(self._judge)
        self.topic.currentIndexChanged.connect(lambda place: self.tells_ok.setEnabled(place > 0))
        self.cancel.clicked.connect(self.reject)
        self.cancel_wanted.connect(lambda: self.done(self.DialogCode.Rejected))  # what AWS was asked goes on
        self.create_button.clicked.connect(self._create)

    # What is told -------------------------------------------------------------------------------------------

    @property
    def spec(self) -> MetricSpec:
        """The metric of the alarm."""
        name, qualifier = self._subject.function_name, self._subject.qualifier
        dimensions: tuple[tuple[str, str], ...] = (("FunctionName", name),)
        if qualifier:
            dimensions += (("Resource", f"{name}:{qualifier}"),)
        return MetricSpec(self.metric_choice.currentData(), self.stat.currentData(), dimensions)

    @property
    def period_s(self) -> int:
        """The length of a period."""
        return int(self.period.currentData())

    @property
    def alarm(self) -> alarming.NewAlarm:
        """The alarm as entered."""
        return alarming.NewAlarm(
            self.alarm_name.text().strip(),
            self.spec,
            self.comparison.currentData(),
            self.threshold.value(),
            self.period_s,
            self.periods.value(),
            self.datapoints.value(),
            self.treatment.currentData(),
            self.topic.currentData(),
            tells_ok=self.tells_ok.isChecked(),
        )

    def show_series(self, series: Series) -> None:
        """The metric in the shown time, with the alarm's own statistic and period."""
        self._series = series
        self.chart.show_span(series.window.start_s, series.window.end_s)
        top = max(filter(math.isfinite, series.value.tolist()), default=0.0)
        highest, figure = write_value(top, self._unit), _("Maximum of the range")
        self.chart.show_curves((Curve("", series.time_s, series.value, highest, figure=figure),))
        if self.threshold.value() == 0 and self._subject.threshold is None and series.has_data:
            self.threshold.setValue(self._rounded(top * _OVER, top) or 1)
        self._show_line()
        self._judge()

    def show_problem(self, words: str) -> None:
        """The metric could not be read; an alarm can be created all the same."""
        self._series = None
        self.chart.show_message(words, danger=True)
        self._judge()

    def add_topics(self, topics: Sequence[Resource]) -> None:
        """Adds topics."""
        for each in topics:
            self.topic.addItem(each.name, each.arn)

    def show_topic_problem(self, words: str) -> None:
        """Topics could not be listed: the alarm can notify none."""
        self.topic.setItemText(0, _("No one (topics could not be listed)"))
        self.topic.setToolTip(tool_tip(words))

    def switch(self) -> None:
        self.create_button.setEnabled(not self.is_busy)

    # Inside -------------------------------------------------------------------------------------------------

    def _choose(self, box: QComboBox, data: object) -> None:
        box.setCurrentIndex(max(0, box.findData(data)))

    def _take_metric(self) -> None:
        metric, subject = str(self.metric_choice.currentData()), self._subject
        if not self.alarm_name.isModified():
            parts = (subject.function_name, subject.qualifier.removeprefix("$"), metric)
            self.alarm_name.setText("-".join(part for part in parts if part))
        self.stat.blockSignals(True)
        self._choose(self.stat, chart_alarms.charted_metrics()[metric])
        self.stat.blockSignals(False)
        self._take_period()

    def _take_period(self) -> None:
        self.periods.setMaximum(alarming.max_periods(self.period_s))
        self._ask()

    def _take_periods(self, count: int) -> None:
        was_all = self.datapoints.value() == self.datapoints.maximum()
        self.datapoints.setMaximum(count)
        if was_all:
            self.datapoints.setValue(count)
        self._judge()

    def _ask(self) -> None:
        spec = self.spec
        self._series = None
        self._unit = chart_alarms.unit_of(spec.metric_name, spec.stat)
        before, self.chart = self.chart, self._new_chart(f"{spec.metric_name} {spec.stat}")
        self.content.replaceWidget(before, self.chart)
        before.deleteLater()
        self.chart.show_message(_("Loading…"))
        self._judge()
        self.data_wanted.emit()

    def _show_line(self) -> None:
        """Puts the line where the field says, once there is a drawing."""
        plot = self.chart.plot
        if plot is None or self._series is None:
            return
        plot.show_handle(
            self.threshold.value(),
            self._theme,
            is_above=self.comparison.currentData() in alarming.ABOVE,
        )
        plot.handle_moved.connect(self._take_line, Qt.ConnectionType.UniqueConnection)

    def _take_line(self, value: float) -> None:
        assert self.chart.plot is not None
        top = float(self.chart.plot.area.viewRange()[1][1])
        self.threshold.blockSignals(True)  # the line is there already
        self.threshold.setValue(self._rounded(max(0.0, value), top))
        self.threshold.blockSignals(False)
        self._judge()

    def _rounded(self, value: float, top: float) -> float:
        return rounded(value, top, is_whole=self._unit in (Unit.COUNT, Unit.LEVEL))

    def _judge(self) -> None:
        if self._series is None:
            self.past.setText(_("The past result is shown after the metric is loaded."))
            return
        span_s = self._series.window.end_s - self._series.window.start_s
        self.past.setText(past_text(alarming.alarm_history(self.alarm, self._series), span_s))

    def _create(self) -> None:
        alarm = self.alarm
        if not alarm.name:
            self.set_message(_("Enter a name for the alarm."), "danger")
            self.alarm_name.setFocus()
            return
        self.create_wanted.emit(alarm)


_SIZE = (980, 420)
_MIN_HEIGHT = 220


class AlarmsDialog(Dialog):
    """Shows what it is given; see controller.py.

    Args:
        function_name: The function's.
        parent: The window.

    Signals:
        create_wanted: Another alarm.
        delete_wanted: The name of one.
    """

    create_wanted = Signal()
    delete_wanted = Signal(str)

    def __init__(self, function_name: str, parent: QWidget) -> None:
        title = _("Alarms of {function_name}").format(function_name=function_name)
        super().__init__("alarmsDialog", title, parent)
        columns = (
            Column[MetricAlarm](_("Alarm"), lambda alarm: alarm.name, 190),
            Column[MetricAlarm](_("State"), _state, 170),
            Column(_("Metric"), metric_text, 150),
            Column(_("Threshold"), threshold_text, 90),
            Column(_("Time"), periods_text, 160),
            Column[MetricAlarm](_("Explanation"), lambda alarm: alarm.state_reason, full=alarm_text),
        )
        self.words = text_label("alarmsWords", _("Loading…"), "muted")
        self.table = Table("alarmsTable", title, columns, identity=lambda alarm: alarm.name, cells=True)
        self.table.setMinimumHeight(scaled(_MIN_HEIGHT))
        self.content.addWidget(self.words)
        self.content.addWidget(self.table, 1)
        self.finish_layout(stretch=False)
        self.delete_button = self.add_button("alarmsDelete", _("Delete…"))
        self.create_button = self.add_button("alarmsCreate", _("Create Alarm…"))
        self.close_button = self.add_button("alarmsClose", _("Close"), "primary")
        self.delete_button.clicked.connect(lambda: self.delete_wanted.emit(self.chosen))
        self.create_button.clicked.connect(self.create_wanted)
        self.close_button.clicked.connect(self.accept)
        self.table.chosen_changed.connect(self._switch)
        self._switch()
        self.resize(*_SIZE)

    @property
    def chosen(self) -> str:
        """The name of the alarm whose row is chosen; empty for none."""
        alarm = self.table.current()
        return alarm.name if alarm is not None else ""

    def show_alarms(self, alarms: Sequence[MetricAlarm]) -> None:
        """Shows the alarms."""
        self.words.setText(
            _(
                "CloudWatch metric alarms of this function, its versions and aliases, and of charts "
                "that you added."
            )
        )
        self.table.set_message(_("No alarms. Create one, or drag a line from a value axis of a chart."))
        self.table.set_rows(alarms)
        self._switch()

    def show_problem(self, error: WorkbenchError) -> None:
        """Shows why the alarms could not be read."""
        self.words.setText("")
        self.table.set_message(_("The alarms could not be read."))
        self.set_error(error)

    def _switch(self) -> None:
        self.delete_button.setEnabled(bool(self.chosen))


def _state(alarm: MetricAlarm) -> str:
    return f"{BAD_SIGN if alarm.state == 'ALARM' else SIGN} {alarm.state}"
