"""The alarms of the open function: read while its charts are, shown on them, made and deleted."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.functions import alarms as watching
from workbench.metrics import alarms as alarming
from workbench.ui.alarms import drawn, list_dialog
from workbench.ui.alarms.action_specs import CREATE, SHOW
from workbench.ui.alarms.button import DENIED, AlarmsButton
from workbench.ui.pages.metrics import MetricsPage
from workbench.ui.safety import confirm as asking
from workbench.ui.services import OpenFunction, Services
from workbench.ui.window import MainWindow

_LIST_AGAIN_S = 300.0
"""All alarms of a region may be many pages, of which AWS gives few a second to an account. In between only
those that are known are read again."""
_LOOK_AGAIN_S = 15.0
_TRY_AGAIN_S = 30.0

Confirm = Callable[[OpenFunction, str, str, str, Callable[[], object]], None]
"""As Protection.confirm_change."""


class AlarmsFlow(QObject):
    """Lives as long as the main window.

    Args:
        services: The program's shared parts.
        page: With the charts.
        window: For dialogs and messages.
        confirm: Asks before something is changed in production.

    Signals:
        failed: A WorkbenchError of a change.
    """

    failed = Signal(object)

    def __init__(self, services: Services, page: MetricsPage, window: MainWindow, confirm: Confirm) -> None:
        super().__init__(window)
        self._services, self._page, self._window, self._confirm = services, page, window, confirm
        self._arn = ""
        self._qualifier = ""
        self._alarms: tuple[watching.MetricAlarm, ...] = ()
        self._new: tuple[str, ...] = ()  # made here; a listing may not have them yet
        self._problem: WorkbenchError | None = None
        self._is_known = False
        self._list_at_s = self._looked_s = 0.0
        self._deletes: list[QAction] = []
        self._list: list_dialog.AlarmsDialog | None = None
        self.button = AlarmsButton()
        self.button.clicked.connect(services.actions[SHOW].trigger)
        page.controls.insert(self.button)
        page.read_started.connect(lambda anew: self._look(anew=anew))
        for source in (page.added, page.around):
            source.changed.connect(self._take_charts)
        services.actions.bind(SHOW, self.show)
        for chart in page.charts.values():
            separator = QAction(chart)
            separator.setSeparator(True)
            chart.addActions([separator, services.actions[CREATE]])

    # Reading ------------------------------------------------------------------------------------------------

    def _look(self, *, anew: bool) -> None:
        """Reads what is due; `anew` reads all."""
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
        elif now_s - self._looked_s >= _LOOK_AGAIN_S and self._names:
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
        also = drawn.identities(self._page.shown.extras)

        def run(ctx: JobContext) -> tuple[watching.MetricAlarm, ...]:
            if not is_listing:
                return watching.read_alarms(connection, name, names, ctx, also)
            found = watching.list_alarms(connection, name, ctx, also)
            missing = sorted({*new} - {alarm.name for alarm in found})
            return found + (watching.read_alarms(connection, name, missing, ctx, also) if missing else ())

        self._looked_s = self._services.clock.monotonic()
        self._page.keep(
            self._services.jobs.submit(
                Job(
                    self.tr("Reading the alarms of %1").replace("%1", name),
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
            self._list_at_s = self._services.clock.monotonic() + _LIST_AGAIN_S
        self._is_known, self._problem = True, None
        is_new, self._alarms = found != self._alarms, found
        self.button.show_alarms(found)
        if self._list is not None:
            self._list.show_alarms(found)
        if is_new:
            self._draw()

    def _show_problem(self, error: WorkbenchError) -> None:
        # What is not permitted is not asked for every few seconds; what was too much for AWS, a little later.
        pause_s = _LIST_AGAIN_S if error.aws_code in DENIED else _TRY_AGAIN_S
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
        lines = drawn.thresholds(self._alarms, name, self._qualifier, extras) if self._alarms else {}
        charts = self._page.charts | {each.name: self._page.shown.extra_chart(each.name) for each in extras}
        for chart_name, chart in charts.items():
            chart.show_thresholds(lines.get(chart_name, ()))
        for alarm in self._alarms:
            for chart_name in drawn.charts_of(alarm.watched[0], extras):
                action = QAction(self.tr("Delete Alarm “%1”…").replace("%1", alarm.name), self)
                action.setObjectName("deleteAlarm")
                action.triggered.connect(lambda _checked=False, which=alarm.name: self.ask_delete(which))
                charts[chart_name].addAction(action)
                self._deletes.append(action)

    # The list -----------------------------------------------------------------------------------------------

    def show(self) -> None:
        """Shows all alarms of the open function as a table."""
        function = self._window.page.function
        if function is None:
            return
        self._window.page.show_tab(self._page.object_name)
        dialog = list_dialog.AlarmsDialog(function.detail.function_name, self._window)
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
        words = self.tr("This deletes the alarm %1. It will no longer send notifications.")
        words = words.replace("%1", name)
        title, yes = self.tr("Delete Alarm"), self.tr("Delete")
        question = asking.Question("deleteAlarmQuestion", title, words, yes, self._list or self._window)
        question.yes.setProperty("role", "danger")
        question.ask(lambda: self._confirm(function, title, words, yes, lambda: self._delete(function, name)))

    def _delete(self, function: OpenFunction, name: str) -> None:
        self.submit(
            function,
            self.tr("Deleting the alarm %1").replace("%1", name),
            lambda _ctx: alarming.delete_alarm(function.connection, name),
            lambda: self._deleted(name),
            self._not_deleted,
        )

    def _deleted(self, name: str) -> None:
        self._new = tuple(each for each in self._new if each != name)
        self._take(tuple(each for each in self._alarms if each.name != name), is_listing=False)
        self._window.function_banners.show_notice(
            self.tr("The alarm %1 was deleted.").replace("%1", name), tone="good", key="alarms"
        )

    def _not_deleted(self, error: WorkbenchError) -> None:
        if self._list is not None:
            self._list.say_error(error)
        else:
            self._window.function_banners.show_error(error, key="alarms")
        self._look(anew=True)  # it may be gone already

    def submit(
        self,
        function: OpenFunction,
        title: str,
        run: Callable[[JobContext], object],
        done: Callable[[], object],
        failed: Callable[[WorkbenchError], object],
    ) -> None:
        """Changes something, one thing after the other.

        Args:
            function: Whose alarm it is.
            title: Of the job.
            run: On a worker thread.
            done: After it.
            failed: Told what went wrong; who signs in hears it too.
        """

        def not_done(error: WorkbenchError) -> None:
            failed(error)
            self.failed.emit(error)

        self._services.jobs.submit(
            Job(
                title,
                run,
                lane=f"write:{function.detail.function_arn}",
                on_done=lambda _result: done(),
                on_error=not_done,
            )
        )

    def note_new(self, name: str) -> None:
        """An alarm was made: it is read again and again from now on, whether a listing has it yet or not."""
        self._new = (*self._new, name)
        self._looked_s = 0.0
        function = self._page.function
        if function is not None and self._page.active:
            self._read(function, is_listing=False)
