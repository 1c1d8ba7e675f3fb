"""The Metrics tab with the rest of the window: the menu of the charts, and from a spike to its logs."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import cast

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QPushButton

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle
from workbench.core.messages import _
from workbench.functions import account_resources as listing
from workbench.functions import alarms as watching
from workbench.functions.alarms import MetricAlarm
from workbench.functions.versions import list_versions
from workbench.metrics import alarms as alarming
from workbench.metrics import series as charted
from workbench.ui.features.metrics import alarm_dialogs
from workbench.ui.features.metrics.changes import deploy_changes
from workbench.ui.features.metrics.function_charts import read_mappings_and_limit
from workbench.ui.features.metrics.page import MetricsPage
from workbench.ui.kit import charts
from workbench.ui.kit.charts import Chart, points
from workbench.ui.kit.charts.model import BAD_SIGN
from workbench.ui.kit.dialog import Question
from workbench.ui.kit.text import named, tool_tip
from workbench.ui.pages.base import Page
from workbench.ui.shell.actions import ActionSpec
from workbench.ui.shell.context import Context, Guard, Notice
from workbench.ui.shell.deploy_history import deploy_journal
from workbench.ui.shell.services import OpenFunction, Services

CREATE, SHOW = "alarms.create", "alarms.show"
DENIED = ("AccessDenied", "AccessDeniedException")

_LIST_INTERVAL_S = 300.0
"""All alarms of a region may be many pages, of which AWS gives few a second to an account. In between only
those that are known are read again."""
_READ_INTERVAL_S = 15.0
_RETRY_AFTER_S = 30.0


def add_alarms(context: Context, page: MetricsPage) -> None:
    """Adds alarms to the Metrics tab, its charts and its menu."""
    alarms = Alarms(context, page)
    creation = AlarmCreation(context, page, alarms)
    create = context.action(
        ActionSpec(CREATE, _("Create Alarm…"), icon="bell", when="function", begins_group=True),
        creation.open_for_focused,
        after="charts.save",
    )
    show = context.action(ActionSpec(SHOW, _("Show Alarms…"), when="function"), alarms.show, after=CREATE)
    alarms.button.clicked.connect(show.trigger)
    for chart in page.charts.values():
        separator = QAction(chart)
        separator.setSeparator(True)
        chart.addActions([separator, create])


class AlarmsButton(QPushButton):
    """Shows the number of alarms and of those in ALARM."""

    def __init__(self) -> None:
        super().__init__()
        named(self, "metricsAlarms")
        self.show_unknown()

    def show_unknown(self) -> None:
        """Shows that the alarms are not read yet."""
        self._set_texts(_("Alarms"), _("Alarms of the function"))

    def show_alarms(self, alarms: Sequence[MetricAlarm]) -> None:
        """Shows the number of alarms."""
        gone_off = sum(alarm.state == "ALARM" for alarm in alarms)
        text = _("Alarms: {count}").format(count=f"{len(alarms):,}")
        if gone_off:
            self._set_texts(
                f"{text} {BAD_SIGN} {gone_off:,}", _("In ALARM: {gone_off}").format(gone_off=f"{gone_off:,}")
            )
        else:
            self._set_texts(text, _("Alarms of the function"))

    def show_problem(self, error: WorkbenchError) -> None:
        """Shows that the alarms could not be read."""
        denied = error.aws_code in DENIED
        self._set_texts(_("Alarms: not permitted") if denied else _("Alarms: not read"), str(error))

    def _set_texts(self, text: str, tip: str) -> None:
        self.setText(text)
        self.setAccessibleName(text)
        self.setToolTip(tool_tip(tip))
        self.setAccessibleDescription(tip)


class Alarms(QObject):
    """Reads the alarms of the open function while its charts are shown, lists and deletes them."""

    def __init__(self, context: Context, page: MetricsPage) -> None:
        super().__init__(context)
        self._context, self._services, self._window = context, context.services, context.window
        self._page = page
        self._arn = ""
        self._qualifier = ""
        self._alarms: tuple[watching.MetricAlarm, ...] = ()
        self._new: tuple[str, ...] = ()  # made here; a listing may not have them yet
        self._problem: WorkbenchError | None = None
        self._is_known = False
        self._list_at_s = self._read_at_s = 0.0
        self._deletes: list[QAction] = []
        self._list: alarm_dialogs.AlarmsDialog | None = None
        self.button = AlarmsButton()
        page.controls.insert(self.button)
        page.read_started.connect(lambda anew: self._look(anew=anew))
        for source in (page.added, page.around):
            source.changed.connect(self._take_charts)

    # Reading ------------------------------------------------------------------------------------------------

    def _look(self, *, anew: bool) -> None:
        """Reads the alarms that are due; `anew` reads all."""
        function = self._page.function
        if function is None:
            return
        if function.detail.function_arn != self._arn:
            self._forget(function)
        elif self._page.controls.qualifier != self._qualifier:
            self._draw()
        now_s = self._services.clock.monotonic()
        if anew or not self._is_known or now_s >= self._list_at_s:
            self._read(function, is_listing=True)
        elif now_s - self._read_at_s >= _READ_INTERVAL_S and self._names:
            self._read(function, is_listing=False)

    def _take_charts(self, is_new: bool) -> None:
        """Other charts are shown beside those of the catalogue: what is new may have alarms."""
        function = self._page.function
        if function is not None and function.detail.function_arn == self._arn:
            self._draw()
            if is_new:
                self._read(function, is_listing=True)

    def _forget(self, function: OpenFunction) -> None:
        self._arn = function.detail.function_arn
        self._is_known, self._problem, self._alarms, self._new = False, None, (), ()
        self.button.show_unknown()
        self._draw()

    @property
    def _names(self) -> list[str]:
        return list(dict.fromkeys([*(alarm.name for alarm in self._alarms), *self._new]))

    def _read(self, function: OpenFunction, *, is_listing: bool) -> None:
        connection, name = function.connection, function.detail.function_name
        names, new = self._names, self._new
        also = alarm_dialogs.identities(self._page.shown.extras)

        def run(ctx: JobContext) -> tuple[watching.MetricAlarm, ...]:
            if not is_listing:
                return watching.read_alarms(connection, name, names, ctx, also)
            found = watching.list_alarms(connection, name, ctx, also)
            missing = sorted({*new} - {alarm.name for alarm in found})
            return found + (watching.read_alarms(connection, name, missing, ctx, also) if missing else ())

        self._read_at_s = self._services.clock.monotonic()
        self._page.keep(
            self._services.jobs.submit(
                Job(
                    _("Reading the alarms of {name}").format(name=name),
                    run,
                    replaces="alarms.read",
                    quiet=True,
                    on_done=lambda found: self._take(found, is_listing=is_listing),
                    on_error=self._show_problem,
                )
            )
        )

    def _take(self, found: "tuple[watching.MetricAlarm, ...]", *, is_listing: bool) -> None:
        if is_listing:
            self._list_at_s = self._services.clock.monotonic() + _LIST_INTERVAL_S
        self._is_known, self._problem = True, None
        is_new, self._alarms = found != self._alarms, found
        self.button.show_alarms(found)
        if self._list is not None:
            self._list.show_alarms(found)
        if is_new:
            self._draw()

    def _show_problem(self, error: WorkbenchError) -> None:
        # What is not permitted is not asked for every few seconds; what was too much for AWS, a little later.
        pause_s = _LIST_INTERVAL_S if error.aws_code in DENIED else _RETRY_AFTER_S
        self._list_at_s = self._services.clock.monotonic() + pause_s
        self._is_known, self._problem = True, error
        self.button.show_problem(error)
        if self._list is not None:
            self._list.show_problem(error)

    def _draw(self) -> None:
        """Puts level lines on the charts, and what can be done with them into their menus."""
        self._qualifier = self._page.controls.qualifier
        for action in self._deletes:
            action.deleteLater()
        self._deletes.clear()
        function = self._page.function
        name = function.detail.function_name if function else ""
        extras = self._page.shown.extras
        lines = alarm_dialogs.thresholds(self._alarms, name, self._qualifier, extras) if self._alarms else {}
        charts = self._page.charts | {each.name: self._page.shown.extra_chart(each.name) for each in extras}
        for chart_name, chart in charts.items():
            chart.show_thresholds(lines.get(chart_name, ()))
        for alarm in self._alarms:
            for chart_name in alarm_dialogs.charts_of(alarm.watched[0], extras):
                action = QAction(_("Delete Alarm “{alarm}”…").format(alarm=alarm.name), self)
                action.setObjectName("deleteAlarm")
                action.triggered.connect(lambda _checked=False, which=alarm.name: self.ask_delete(which))
                charts[chart_name].addAction(action)
                self._deletes.append(action)

    # The list -----------------------------------------------------------------------------------------------

    def show(self) -> None:
        """Shows all alarms of the open function as a table."""
        function = self._context.function
        if function is None:
            return
        self._window.page.show_tab(self._page.object_name)
        dialog = alarm_dialogs.AlarmsDialog(function.detail.function_name, self._window)
        dialog.create_wanted.connect(self._services.actions[CREATE].trigger)
        dialog.delete_wanted.connect(self.ask_delete)
        dialog.finished.connect(self._forget_list)
        self._list = dialog
        if self._problem is not None:
            dialog.show_problem(self._problem)
        elif self._is_known:
            dialog.show_alarms(self._alarms)
        dialog.open()

    def _forget_list(self) -> None:
        self._list = None

    # Changing -----------------------------------------------------------------------------------------------

    def ask_delete(self, name: str) -> None:
        """Asks, then deletes an alarm."""
        function = self._page.function
        if function is None or not name:
            return
        words = _("This deletes the alarm {name}. It will no longer send notifications.").format(name=name)
        guard = Guard(_("Delete Alarm"), words, _("Delete"))
        question = Question(
            "deleteAlarmQuestion",
            guard.title,
            words,
            guard.button,
            self._list or self._window,
            is_destructive=True,
        )
        question.ask(lambda: self._delete(function, name, guard))

    def _delete(self, function: OpenFunction, name: str, guard: Guard) -> None:
        self._context.change(
            function,
            _("Deleting the alarm {name}").format(name=name),
            lambda _ctx: alarming.delete_alarm(function.connection, name),
            lambda __: self._deleted(name),
            guard=guard,
            action=SHOW,
            key="alarms",
            failed=lambda error: self._not_deleted(error, function),
        )

    def _deleted(self, name: str) -> Notice:
        self._new = tuple(each for each in self._new if each != name)
        self._take(tuple(each for each in self._alarms if each.name != name), is_listing=False)
        return Notice(_("The alarm {name} was deleted.").format(name=name), tone="good")

    def _not_deleted(self, error: WorkbenchError, function: OpenFunction) -> None:
        if self._list is not None:
            self._list.set_error(error)
        else:
            self._context.report(error, key="alarms", function=function)
        self._look(anew=True)  # it may be gone already

    def note_new(self, name: str) -> None:
        """Adds a created alarm: it is read from now on, even before a listing has it."""
        self._new = (*self._new, name)
        self._read_at_s = 0.0
        function = self._page.function
        if function is not None and self._page.active:
            self._read(function, is_listing=False)


class AlarmCreation(QObject):
    """Opens the dialog that creates an alarm."""

    def __init__(self, context: Context, page: MetricsPage, alarms: Alarms) -> None:
        super().__init__(context)
        self._context, self._page, self._alarms = context, page, alarms
        self._last: _NewAlarmFlow | None = None
        hint = _("Drag a line into the chart to create an alarm")
        for name, chart in page.charts.items():
            chart.pull_hint = hint
            chart.pulled.connect(lambda value, name=name: self.open(name, value))

    def open_for_focused(self) -> None:
        """Shows the dialog for the chart that has the keyboard, or for none."""
        focus = self._context.window.focusWidget()
        self.open(next((name for name, chart in self._page.charts.items() if chart is focus), ""))

    def open(self, chart_name: str, threshold: float | None = None) -> None:
        """Shows the dialog for the open function.

        Args:
            chart_name: On which chart; empty for none.
            threshold: Where a line was dragged to.
        """
        function, window = self._context.function, self._context.window
        if function is None:
            return
        window.page.show_tab(self._page.object_name)
        qualifier, is_utc = self._page.controls.qualifier, self._page.controls.is_utc
        metric = alarm_dialogs.metric_of(chart_name)
        if alarm_dialogs.chart_of(metric) != chart_name:
            threshold = None  # of a share: errors are counted
        subject = alarm_dialogs.Subject(function.detail.function_name, qualifier, metric, threshold)
        theme = self._context.services.theme
        dialog = alarm_dialogs.CreateAlarmDialog(subject, theme, window, is_utc=is_utc)
        self._last = _NewAlarmFlow(self._context, self._page, self._alarms, function, dialog)
        dialog.open()


class _NewAlarmFlow:
    """Reads what a dialog shows, asks about a taken name, then creates the alarm."""

    def __init__(
        self,
        context: Context,
        page: MetricsPage,
        alarms: Alarms,
        function: OpenFunction,
        dialog: "alarm_dialogs.CreateAlarmDialog",
    ) -> None:
        self._context, self._page, self._alarms = context, page, alarms
        self._function, self._dialog = function, dialog
        self._is_open = True
        self._jobs: list[JobHandle] = []
        dialog.data_wanted.connect(lambda: self._read())
        dialog.create_wanted.connect(lambda alarm: self._check(alarm))
        dialog.finished.connect(lambda _result: self._end())
        self._read()
        self._list_topics()

    def _end(self) -> None:
        self._is_open = False
        for job in self._jobs:
            job.drop()

    def _submit[T](
        self,
        title: str,
        run: Callable[[JobContext], T],
        done: Callable[[T], object],
        failed: Callable[[WorkbenchError], object],
        *,
        replaces: str = "",
        on_item: Callable[[object], object] | None = None,
    ) -> None:
        """Runs a job for the dialog; its result is dropped once the dialog is closed."""
        job = Job(
            title,
            run,
            replaces=replaces,
            quiet=True,
            on_item=on_item,
            on_done=done,
            on_error=failed,
        )
        self._jobs.append(self._context.services.jobs.submit(job))

    def _read(self) -> None:
        now = self._context.services.clock.now()
        start, end = self._page.controls.range.bounds(now)
        dialog, connection = self._dialog, self._function.connection
        spec = dialog.spec
        window = alarming.window_of(start.timestamp(), end.timestamp(), dialog.period_s, now.timestamp())

        def run(ctx: JobContext) -> "charted.Series":
            charts.preload()
            return charted.query(connection, (spec,), window, ctx)[0]

        self._submit(
            _("Reading {metric_name}").format(metric_name=spec.metric_name),
            run,
            dialog.show_series,
            lambda error: dialog.show_problem(str(error)),
            replaces="alarms.data",
        )

    def _list_topics(self) -> None:
        self._submit(
            _("Listing the topics"),
            lambda ctx: listing.list_topics(self._function.connection, ctx),
            lambda _nothing: None,
            lambda error: self._dialog.show_topic_problem(str(error)),
            on_item=lambda page: self._dialog.add_topics(cast("tuple[listing.Resource, ...]", page)),
        )

    def _check(self, alarm: "alarming.NewAlarm") -> None:
        """Checks whether the name is taken: AWS would replace that alarm without a warning."""
        self._dialog.set_busy(busy=True, text=_("Checking for an alarm with this name…"))
        self._submit(
            _("Checking for the alarm {alarm}").format(alarm=alarm.name),
            lambda _ctx: alarming.find_alarm(self._function.connection, alarm.name),
            lambda taken: self._checked(alarm, taken),
            lambda error: self._unchecked(alarm, error),
        )

    def _checked(self, alarm: "alarming.NewAlarm", taken: "alarming.ExistingAlarm | None") -> None:
        self._dialog.set_busy(busy=False)
        self._dialog.set_message("")
        if taken is None:
            self._put(alarm)
        elif taken.is_composite:
            words = _("A composite alarm {alarm} already exists. Choose another name.")
            self._dialog.set_message(words.format(alarm=alarm.name), "danger")
        else:
            words = _(
                "The alarm {alarm} ({about}) already exists. It will be replaced, and its settings and "
                "actions will be lost."
            )
            self._question(alarm, words.format(alarm=alarm.name, about=taken.about))

    def _unchecked(self, alarm: "alarming.NewAlarm", error: WorkbenchError) -> None:
        self._dialog.set_busy(busy=False)
        self._dialog.set_message("")
        words = _(
            "Could not determine whether an alarm {alarm} exists. An existing alarm will be replaced. {error}"
        )
        self._question(alarm, words.format(alarm=alarm.name, error=str(error)))

    def _question(self, alarm: "alarming.NewAlarm", words: str) -> None:
        title, yes = _("Replace Alarm"), _("Replace")
        question = Question("replaceAlarm", title, words, yes, self._dialog, is_destructive=True)
        question.ask(lambda: self._put(alarm))

    def _put(self, alarm: "alarming.NewAlarm") -> None:
        def done() -> Notice:
            if self._is_open:
                self._dialog.accept()
            self._alarms.note_new(alarm.name)
            return Notice(_("The alarm {alarm} was created.").format(alarm=alarm.name), tone="good")

        def failed(error: WorkbenchError) -> None:
            if self._is_open:
                self._dialog.set_busy(busy=False)
                self._dialog.set_error(error)
            else:
                self._context.report(error, key="alarms", function=self._function)

        self._context.change(
            self._function,
            _("Creating the alarm {alarm}").format(alarm=alarm.name),
            lambda _ctx: alarming.put_alarm(self._function.connection, alarm),
            lambda __: done(),
            guard=Guard(
                _("Create Alarm in Production"),
                _("This creates the alarm {alarm}.").format(alarm=alarm.name),
                _("Create"),
            ),
            action=SHOW,
            key="alarms",
            started=lambda __: self._dialog.set_busy(busy=True, text=_("Creating the alarm…")),
            failed=failed,
        )


def make_page(services: Services) -> Page:
    """The tab, made before the feature is activated."""
    journal = deploy_journal(services)
    return MetricsPage(services, read_mappings_and_limit, partial(deploy_changes, journal), list_versions)


def activate(context: Context) -> None:
    """Adds the menu of the charts, and alarms; an invocation is expected to show in them."""
    page, logs = context.page(MetricsPage), LogsOfCharts(context)
    page.answered.connect(context.charts_answered)
    context.invoker.finished.connect(lambda _invocation: page.expect_change())
    context.invoker.several_ended.connect(page.expect_change)

    def on_page(act: Callable[[], object]) -> Callable[[], None]:
        def run() -> None:
            context.window.page.show_tab(page.object_name)
            act()

        return run

    def join(name: str) -> Callable[[], None]:
        """An action of the menu is ticked as the choice of the controls is, and ticks it."""
        choice = page.controls.toggles[name]
        return lambda: choice.setChecked(context.services.actions[f"charts.{name}"].isChecked())

    controls, after = page.controls, _("&Metrics")
    for name, title, handler, begins_group in (
        ("charts.add", _("Add Chart of a Metric…"), on_page(page.added.search), False),
        ("charts.logs", _("Show Logs for This Time"), logs.show_for_focused, False),
        ("charts.compare", _("Compare with Previous Period"), on_page(join("compare")), True),
        ("charts.log", _("Logarithmic Scale"), on_page(join("log")), False),
        ("charts.utc", _("Times in UTC"), on_page(join("utc")), False),
        ("charts.trail", _("Changes from CloudTrail"), on_page(join("trail")), False),
        ("view.compare", _("Compare Before and After Changes…"), on_page(page.compare_before_after), True),
        ("charts.table", _("Show Charts as Table…"), on_page(controls.table_wanted.emit), False),
        ("charts.save", _("Save Charts…"), on_page(controls.save_wanted.emit), False),
    ):
        spec = ActionSpec(name, title, when="function", begins_group=begins_group)
        action = context.action(spec, handler, after=after)
        after = name
        if (choice := controls.toggles.get(name.removeprefix("charts."))) is not None:
            action.setCheckable(True)
            action.setChecked(choice.isChecked())
            choice.toggled.connect(action.setChecked)
    add_alarms(context, page)


class LogsOfCharts(QObject):
    """Leads from a chart to the logs of a period: from its menu, or of the one that has the keyboard."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._context, self._page = context, context.page(MetricsPage)
        self._menu_at_s: float | None = None  # where the crosshair was when a chart's menu was opened
        self._page.shown.made.connect(self._take)
        for chart in self._page.charts.values():
            self._take(chart)

    def show_for_focused(self) -> None:
        """Shows the logs of where the crosshair is, or else of all that is in sight."""
        focus = self._context.window.focusWidget()
        self._show(focus if isinstance(focus, Chart) else None, self._page.board.crosshair_s)

    def _take(self, chart: Chart) -> None:
        """A chart's menu leads to the logs of what is pointed at when it is opened."""
        logs = QAction(_("Show Logs for This Time"), chart)
        logs.setObjectName(f"{chart.objectName()}Logs")
        logs.triggered.connect(lambda: self._show(chart, self._menu_at_s))
        chart.addAction(logs)
        chart.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ContextMenu:  # which puts the crosshair away
            self._menu_at_s = self._page.board.crosshair_s
        return super().eventFilter(watched, event)

    def _show(self, chart: Chart | None, at_s: float | None) -> None:
        board = self._page.board
        span = points.period_at(chart.curves, at_s) if chart is not None and at_s is not None else None
        start, end = (datetime.fromtimestamp(each, UTC) for each in span or board.sight or board.span)
        self._context.navigate("logs.window", start, end)
