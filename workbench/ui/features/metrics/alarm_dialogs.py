"""Dialogs about alarms: the list, and a new one, whose line is dragged to the threshold."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QWidget,
)

from workbench.core.errors import WorkbenchError
from workbench.core.messages import _, ngettext
from workbench.functions.account_resources import Resource
from workbench.functions.alarms import Identity, MetricAlarm, WatchedMetric
from workbench.metrics import alarms as alarming
from workbench.metrics.alarms import ABOVE
from workbench.metrics.series import FUNCTION_METRICS, OPTIONAL_METRICS, MetricSpec, Series
from workbench.ui.features.metrics.catalogue import CHARTS, ExtraChart, specs_of
from workbench.ui.kit.charts import Chart, Curve, Threshold, Unit
from workbench.ui.kit.charts.model import BAD_SIGN, SIGN, write_value
from workbench.ui.kit.choices import CalmChoice, CalmDoubleSpinBox
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.fields import indent, number_box
from workbench.ui.kit.form import Form, side_by_side
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import PlainLine, named, text_label, tool_tip
from workbench.ui.kit.text_size import scaled
from workbench.ui.kit.theme import Theme

if TYPE_CHECKING:
    from workbench.metrics.alarms import AlarmHistory  # which needs numpy

_ALWAYS = {
    "Invocations": "invocations",
    "Errors": "errors",
    "Duration": "duration",
    "ConcurrentExecutions": "concurrency",
    "Throttles": "throttles",
}
"""Charts that every function has, by CloudWatch's names; the catalogue knows those of the others."""

_UNITS = {kind.name: kind.unit for kind in CHARTS}


def chart_of(metric_name: str) -> str:
    """The name of the chart that shows a metric; empty for none."""
    others = {metric: kind.name for kind in CHARTS for metric in kind.metrics}
    return _ALWAYS.get(metric_name) or others.get(metric_name, "")


def charted_metrics() -> dict[str, str]:
    """CloudWatch's names of the metrics that have a chart, in reading order, each with a usual statistic."""
    found: dict[str, str] = {}
    for metric, stat in (*FUNCTION_METRICS, *OPTIONAL_METRICS):
        if chart_of(metric):
            found.setdefault(metric, stat)
    return found


def metric_of(chart_name: str) -> str:
    """What an alarm on a chart is about by default; of one that shows a share, what goes wrong."""
    return next((metric for metric in charted_metrics() if chart_of(metric) == chart_name), "Errors")


def unit_of(metric_name: str, stat: str) -> Unit:
    """What a metric's numbers are; only sums and extremes of what is counted are whole numbers."""
    unit = _UNITS[chart_of(metric_name)]
    if stat == "SampleCount":
        return Unit.COUNT
    is_whole = stat == "Sum" if unit is Unit.COUNT else stat in ("Sum", "Minimum", "Maximum")
    return Unit.VALUE if unit in (Unit.COUNT, Unit.LEVEL) and not is_whole else unit


def identities(charts: Iterable[ExtraChart]) -> frozenset[Identity]:
    """What charts beside those of the catalogue show."""
    return frozenset(_identity(spec) for spec in specs_of(charts))


def charts_of(watched: WatchedMetric, extras: Iterable[ExtraChart] = ()) -> dict[str, Unit]:
    """The names of the charts that show a metric, with their units.

    Args:
        watched: What an alarm looks at.
        extras: Charts beside those of the catalogue; each shows one statistic, and only alarms of it.
    """
    found = {
        each.name: each.unit
        for each in extras
        for _label, spec in each.series
        if _identity(spec) == watched.identity and spec.stat == watched.stat
    }
    name = chart_of(watched.metric_name) if watched.is_of_function else ""
    if name and (watched.stat != "SampleCount" or _UNITS[name] is Unit.COUNT):
        found[name] = _UNITS[name]
    return found


def thresholds(
    alarms: Iterable[MetricAlarm], function_name: str, qualifier: str, extras: Sequence[ExtraChart] = ()
) -> dict[str, tuple[Threshold, ...]]:
    """The level lines of each chart by its name, from a function's alarms.

    Calculations, and alarms that learn what is usual, have no level on any chart.

    Args:
        alarms: All of the function.
        function_name: The function's.
        qualifier: The version or alias whose metrics are shown; empty for the function as a whole.
        extras: Charts beside those of the catalogue.
    """
    found: dict[str, list[Threshold]] = {}
    for alarm in alarms:
        if not alarm.is_direct or alarm.threshold is None:
            continue
        watched = alarm.watched[0]
        short = short_name(alarm.name, function_name)
        whose = f" ({watched.qualifier})" if watched.qualifier != qualifier and watched.qualifier else ""
        for name in charts_of(watched, extras):
            of_catalogue = name in _UNITS
            remarks = _remarks(watched, qualifier) if of_catalogue else []
            stat = f" {watched.stat}" if of_catalogue and watched.stat not in _charted_stats(watched) else ""
            found.setdefault(name, []).append(
                Threshold(
                    alarm.threshold,
                    f"{short}{whose}{stat} {threshold_text(alarm)} {alarm.state}",
                    alarm_text(alarm, *remarks),
                    alarm.comparison in ABOVE,
                    alarm.state == "ALARM",
                    watched.period_s,
                )
            )
    return {name: tuple(lines) for name, lines in found.items()}


def _identity(spec: MetricSpec) -> Identity:
    return spec.namespace, spec.metric_name, frozenset(spec.dimensions)


def _charted_stats(watched: WatchedMetric) -> list[str]:
    """What the catalogue's chart of a metric shows of it."""
    return [stat for metric, stat in (*FUNCTION_METRICS, *OPTIONAL_METRICS) if metric == watched.metric_name]


def _remarks(watched: WatchedMetric, qualifier: str) -> list[str]:
    """In what it differs from what is shown."""
    remarks = []
    shown = _charted_stats(watched)
    if watched.stat not in shown:
        words = _("The chart shows {names}; the alarm uses {stat}.")
        remarks.append(words.format(names=", ".join(shown), stat=watched.stat))
    if watched.qualifier != qualifier:
        everything = _("all versions")
        words = _("The chart shows {shown}; the alarm applies to {watched}.")
        remarks.append(words.format(shown=qualifier or everything, watched=watched.qualifier or everything))
    return remarks


SIGNS = {
    "GreaterThanOrEqualToThreshold": "≥",
    "GreaterThanThreshold": ">",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "≤",
}
_SHORT = 22


def number_text(value: float) -> str:
    """A threshold, with all of its digits."""
    return f"{value:,.10g}"


def period_text(seconds: int) -> str:
    """A period: "1 min", "6 h", "1 d"."""
    for size, words in (
        (86_400, _("{count} d")),
        (3600, _("{count} h")),
        (60, _("{count} min")),
    ):
        if seconds >= size and seconds % size == 0:
            return words.format(count=f"{seconds // size:,}")
    return _("{seconds} s").format(seconds=f"{seconds:,}")


def span_text(seconds: int) -> str:
    """A stretch of time: "25 min", "3 h 5 min", "7 d"."""
    parts = (seconds // 86_400 * 86_400, seconds % 86_400 // 3600 * 3600, seconds % 3600)
    texts = [period_text(part) for part in parts if part]
    return " ".join(texts[:2]) or period_text(0)


def past_text(past: "AlarmHistory", span_s: int) -> str:
    """How an alarm would have been in a stretch of time."""
    span = span_text(span_s)
    if not past.judged_s:
        words = _("The displayed time range ({span}) is shorter than the alarm's evaluation range.")
        return words.format(span=span)
    if not past.alarm_s:
        words = _("In the displayed time range ({span}), the alarm would not have been triggered.")
        return words.format(span=span)
    words = ngettext(
        "In the displayed time range ({span}), the alarm would have been triggered {times:,} time, for "
        "about {alarm_s} in total.",
        "In the displayed time range ({span}), the alarm would have been triggered {times:,} times, for "
        "about {alarm_s} in total.",
        past.times,
    )
    return words.format(span=span, times=past.times, alarm_s=span_text(past.alarm_s))


def short_name(name: str, function_name: str) -> str:
    """An alarm's name where there is little room: without the function's, and not too long."""
    rest = name.removeprefix(function_name).lstrip("-_ .:/")
    text = rest or name
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"


def threshold_text(alarm: MetricAlarm) -> str:
    """What is bad: "> 5", or that it learns that."""
    if alarm.threshold is None:
        return _("outside the expected range")
    return f"{SIGNS.get(alarm.comparison, alarm.comparison)} {number_text(alarm.threshold)}"


def metric_text(alarm: MetricAlarm) -> str:
    """What it looks at: "Errors Sum", with the version or alias; of a calculation all that goes into it."""
    texts = []
    for each in alarm.watched:
        text = f"{each.metric_name} {each.stat}".strip()
        texts.append(f"{text} ({each.qualifier})" if each.qualifier else text)
    text = ", ".join(dict.fromkeys(texts))
    learns = alarm.threshold is None
    if alarm.is_direct or learns:
        return text
    return _("Calculated from {text}").format(text=text)


def periods_text(alarm: MetricAlarm) -> str:
    """How long: "3 of 5 periods of 1 min"."""
    words = _("{datapoints_to_alarm} of {evaluation_periods} periods of {period_s}")
    return words.format(
        datapoints_to_alarm=f"{alarm.datapoints_to_alarm:,}",
        evaluation_periods=f"{alarm.evaluation_periods:,}",
        period_s=period_text(alarm.watched[0].period_s),
    )


def alarm_text(alarm: MetricAlarm, *remarks: str) -> str:
    """All of an alarm, in lines: for who points at it, and who cannot see it."""
    told, told_ok = (
        ", ".join(arn.rpartition(":")[2] for arn in arns) for arns in (alarm.actions, alarm.ok_actions)
    )
    if (told or told_ok) and alarm.is_muted:
        told, told_ok = _("no one (its actions are disabled)"), ""
    lines = (
        _("Alarm {alarm}: {state}").format(alarm=alarm.name, state=alarm.state),
        f"{metric_text(alarm)} {threshold_text(alarm)}",
        periods_text(alarm),
        _("Missing data: {treat_missing_data}").format(treat_missing_data=alarm.treat_missing_data),
        _("Notifies: {names}").format(names=told or _("nobody")),
        _("Notifies when it returns to OK: {told_ok}").format(told_ok=told_ok) if told_ok else "",
        alarm.state_reason,
        *remarks,
    )
    return "\n".join(line for line in lines if line)


_DIGITS, _MAX_THRESHOLD = 4, 1e12

_PARTS = 100  # of the axis: no finer is a line dragged
_WIDTH, _CHART_HEIGHT, _SPACING = 780, 210, 24
_OVER = 1.25  # what was the most so far: where a line begins


class ThresholdBox(CalmDoubleSpinBox):
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
        theme: Its chart follows it.
        parent: The window.
        is_utc: Whether times are in UTC.

    Signals:
        data_wanted: Of the `spec` with the `period_s`.
        create_wanted: A NewAlarm.
    """

    data_wanted = Signal()
    create_wanted = Signal(object)

    def __init__(self, subject: Subject, theme: Theme, parent: QWidget, *, is_utc: bool) -> None:
        title = _("Create Alarm for {function_name}").format(function_name=subject.function_name)
        super().__init__("createAlarm", title, parent)
        self.setMinimumWidth(scaled(_WIDTH))
        self._subject, self._theme, self._is_utc = subject, theme, is_utc
        self._series: Series | None = None
        self._unit = unit_of(subject.metric_name, charted_metrics()[subject.metric_name])
        self.chart = self._new_chart(_("Metric"))
        self.content.addWidget(self.chart)
        self.alarm_name = named(PlainLine(), "createAlarmName", _("Name"))
        self.alarm_name.setMaxLength(alarming.MAX_NAME_CHARACTERS)
        self.metric_choice = self._choice("Metric", _("Metric"), [(m, m) for m in charted_metrics()])
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
        box = named(CalmChoice(), f"createAlarm{name}", accessible_name)
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
        self._choose(self.stat, charted_metrics()[metric])
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
        self._unit = unit_of(spec.metric_name, spec.stat)
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
            self._theme.colors,
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
