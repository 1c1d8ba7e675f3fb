"""Making an alarm: what the dialog shows is read, a taken name is asked about, then it is made."""

from collections.abc import Callable
from typing import cast

from PySide6.QtCore import QObject

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle
from workbench.functions import account_resources as listing
from workbench.metrics import alarms as alarming
from workbench.metrics import model as values
from workbench.metrics import query as querying
from workbench.ui import charts
from workbench.ui.alarms import create_dialog, drawn
from workbench.ui.alarms.action_specs import CREATE
from workbench.ui.alarms.flow import AlarmsFlow, Confirm
from workbench.ui.function_metrics.catalogue import chart_theme
from workbench.ui.pages.metrics import MetricsPage
from workbench.ui.safety import confirm as asking
from workbench.ui.services import OpenFunction, Services
from workbench.ui.window import MainWindow


class CreateAlarmFlow(QObject):
    """Lives as long as the main window.

    Args:
        services: The program's shared parts.
        page: With the charts.
        window: For dialogs and messages.
        confirm: Asks before something is changed in production.
        flow: Of the alarms that are there.
    """

    def __init__(
        self,
        services: Services,
        page: MetricsPage,
        window: MainWindow,
        confirm: Confirm,
        flow: AlarmsFlow,
    ) -> None:
        super().__init__(window)
        self._services, self._page, self._window = services, page, window
        self._confirm, self._flow = confirm, flow
        self._dialog: create_dialog.CreateAlarmDialog | None = None
        self._jobs: list[JobHandle] = []
        services.actions.bind(CREATE, lambda: self.open(self._focused()))
        hint = self.tr("Drag a line into the chart to create an alarm")
        for name, chart in page.charts.items():
            chart.pull_hint = hint
            chart.pulled.connect(lambda value, name=name: self.open(name, value))

    def _focused(self) -> str:
        """The name of the chart that has the keyboard, or of none."""
        focus = self._window.focusWidget()
        return next((name for name, chart in self._page.charts.items() if chart is focus), "")

    def open(self, chart_name: str, threshold: float | None = None) -> None:
        """Shows the dialog for the open function.

        Args:
            chart_name: On which chart; empty for none.
            threshold: Where a line was dragged to.
        """
        function = self._window.page.function
        if function is None:
            return
        self._window.page.show_tab(self._page.object_name)
        qualifier, is_utc = self._page.controls.qualifier, self._page.controls.is_utc
        metric = drawn.metric_of(chart_name)
        if drawn.chart_of(metric) != chart_name:
            threshold = None  # of a share: errors are counted
        subject = create_dialog.Subject(function.detail.function_name, qualifier, metric, threshold)
        theme = chart_theme(self._services.theme.colors)
        dialog = create_dialog.CreateAlarmDialog(subject, theme, self._window, is_utc=is_utc)
        dialog.data_wanted.connect(lambda: self._read(dialog, function))
        dialog.create_wanted.connect(lambda alarm: self._check(dialog, function, alarm))
        dialog.finished.connect(self._forget)
        self._dialog = dialog
        self._read(dialog, function)
        self._list_topics(dialog, function)
        dialog.open()

    def _forget(self) -> None:
        self._dialog = None
        for job in self._jobs:
            job.drop()
        self._jobs.clear()

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
        """For the dialog: when it is closed, nobody hears of it any more."""
        job = Job(
            title,
            run,
            replaces=replaces,
            quiet=True,
            on_item=on_item,
            on_done=done,
            on_error=failed,
        )
        self._jobs.append(self._services.jobs.submit(job))

    # Reading ------------------------------------------------------------------------------------------------

    def _read(self, dialog: "create_dialog.CreateAlarmDialog", function: OpenFunction) -> None:
        now = self._services.clock.now()
        start, end = self._page.controls.range.bounds(now)
        spec, connection = dialog.spec, function.connection
        window = alarming.window_of(start.timestamp(), end.timestamp(), dialog.period_s, now.timestamp())

        def run(ctx: JobContext) -> "values.Series":
            charts.preload()
            return querying.query(connection, (spec,), window, ctx)[0]

        self._submit(
            self.tr("Reading %1").replace("%1", spec.metric_name),
            run,
            dialog.show_series,
            lambda error: dialog.show_problem(str(error)),
            replaces="alarms.data",
        )

    def _list_topics(self, dialog: "create_dialog.CreateAlarmDialog", function: OpenFunction) -> None:
        self._submit(
            self.tr("Listing the topics"),
            lambda ctx: listing.list_topics(function.connection, ctx),
            lambda _nothing: None,
            lambda error: dialog.show_topic_problem(str(error)),
            on_item=lambda page: dialog.add_topics(cast("tuple[listing.Resource, ...]", page)),
        )

    # Making -------------------------------------------------------------------------------------------------

    def _check(
        self,
        dialog: "create_dialog.CreateAlarmDialog",
        function: OpenFunction,
        alarm: "alarming.NewAlarm",
    ) -> None:
        """Sees whether the name is taken: AWS would replace that alarm, and say nothing."""
        dialog.set_busy(self.tr("Checking for an alarm with this name…"))
        self._submit(
            self.tr("Checking for the alarm %1").replace("%1", alarm.name),
            lambda _ctx: alarming.find_alarm(function.connection, alarm.name),
            lambda taken: self._checked(dialog, function, alarm, taken),
            lambda error: self._unchecked(dialog, function, alarm, error),
        )

    def _checked(
        self,
        dialog: "create_dialog.CreateAlarmDialog",
        function: OpenFunction,
        alarm: "alarming.NewAlarm",
        taken: "alarming.ExistingAlarm | None",
    ) -> None:
        dialog.set_busy("")
        dialog.say("")
        if taken is None:
            self._ask(dialog, function, alarm)
        elif taken.is_composite:
            words = self.tr("A composite alarm %1 already exists. Choose another name.")
            dialog.say(words.replace("%1", alarm.name), "danger")
        else:
            words = self.tr(
                "The alarm %1 (%2) already exists. It will be replaced, and its settings and "
                "actions will be lost."
            )
            self._question(
                dialog, words.replace("%1", alarm.name).replace("%2", taken.about), function, alarm
            )

    def _unchecked(
        self,
        dialog: "create_dialog.CreateAlarmDialog",
        function: OpenFunction,
        alarm: "alarming.NewAlarm",
        error: WorkbenchError,
    ) -> None:
        dialog.set_busy("")
        dialog.say("")
        words = self.tr(
            "Could not determine whether an alarm %1 exists. An existing alarm will be replaced. %2"
        )
        self._question(dialog, words.replace("%1", alarm.name).replace("%2", str(error)), function, alarm)

    def _question(
        self,
        dialog: "create_dialog.CreateAlarmDialog",
        words: str,
        function: OpenFunction,
        alarm: "alarming.NewAlarm",
    ) -> None:
        title, yes = self.tr("Replace Alarm"), self.tr("Replace")
        question = asking.Question("replaceAlarm", title, words, yes, dialog)
        question.ask(lambda: self._ask(dialog, function, alarm))

    def _ask(
        self,
        dialog: "create_dialog.CreateAlarmDialog",
        function: OpenFunction,
        alarm: "alarming.NewAlarm",
    ) -> None:
        words = self.tr("This creates the alarm %1.").replace("%1", alarm.name)
        self._confirm(
            function,
            self.tr("Create alarm in production"),
            words,
            self.tr("Create"),
            lambda: self._put(dialog, function, alarm),
        )

    def _put(
        self,
        dialog: "create_dialog.CreateAlarmDialog",
        function: OpenFunction,
        alarm: "alarming.NewAlarm",
    ) -> None:
        def done() -> None:
            if self._dialog is dialog:
                dialog.accept()
            self._window.function_banners.show_notice(
                self.tr("The alarm %1 was created.").replace("%1", alarm.name), tone="good", key="alarms"
            )
            self._flow.note_new(alarm.name)

        def failed(error: WorkbenchError) -> None:
            if self._dialog is dialog:
                dialog.set_busy("")
                dialog.say_error(error)
            else:
                self._window.function_banners.show_error(error, key="alarms")

        dialog.set_busy(self.tr("Creating the alarm…"))
        self._flow.submit(
            function,
            self.tr("Creating the alarm %1").replace("%1", alarm.name),
            lambda _ctx: alarming.put_alarm(function.connection, alarm),
            done,
            failed,
        )
