"""The Metrics tab: how the function has been doing, read again and again while somebody looks.

This module says when to read. What is read is said in metrics/series.py.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job
from workbench.core.messages import _, ngettext
from workbench.metrics import series_cache
from workbench.ui.features.metrics import before_after_dialog, chart_dialogs, reading
from workbench.ui.features.metrics.catalogue import specs_of
from workbench.ui.features.metrics.changes import FindDeploys, FunctionChanges, ReadVersions
from workbench.ui.features.metrics.controls import Controls, RefreshSchedule
from workbench.ui.features.metrics.function_charts import (
    AddedCharts,
    FunctionCharts,
    ReadMappingsAndLimit,
    Surroundings,
)
from workbench.ui.kit.charts import Chart, ChartBoard
from workbench.ui.pages.base import Page
from workbench.ui.shell import version_picker
from workbench.ui.shell.services import Services

_SETTLED_MS = 300
"""Who has not zoomed or moved for so long looks at what is in sight."""


class MetricsPage(Page):
    """Charts of one function. Reads while visible, says when it reads next; finer points where one zooms."""

    object_name = "metricsPage"
    answered = Signal()  # the charts show what CloudWatch has answered
    read_started = Signal(bool)  # whether the user wants everything anew

    def __init__(
        self,
        services: Services,
        look: ReadMappingsAndLimit | None = None,
        find_deploys: FindDeploys = lambda _arn: (),
        read_versions: ReadVersions | None = None,
    ) -> None:
        super().__init__(services)
        self.changes = FunctionChanges(services, self, find_deploys, read_versions)
        self._arn = self._qualifier = ""
        self._whole: reading.Read | None = None  # of the whole time
        self._finer: reading.Read | None = None  # of what is zoomed to
        self._pace = RefreshSchedule(services)
        self._reading = False
        self.controls = Controls(services)
        self.shown = FunctionCharts(_("Charts"), services.theme, self)
        self.charts, self.board = self.shown.charts, self.shown.board
        self.around = Surroundings(services, self.shown, look, self)
        self.added = AddedCharts(services, self.shown, self.controls.add_button, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.controls)
        layout.addWidget(self.changes.note)
        layout.addWidget(self.board, 1)
        layout.addWidget(self.around.hint)
        self._beat = QTimer(self, interval=1000)
        self._beat.timeout.connect(self._tick)
        self._settled = QTimer(self, interval=_SETTLED_MS, singleShot=True)
        self._settled.timeout.connect(self._look_closer)
        self._connect()
        self._apply_style()
        self.setFocusProxy(self.board.charts[0])

    def _connect(self) -> None:
        controls = self.controls
        controls.range_changed.connect(self._read_anew)
        controls.compare_changed.connect(self._read_anew)
        controls.axes_changed.connect(self._apply_style)
        self.changes.listen(controls)
        controls.refresh_wanted.connect(lambda: self._read(look=True))
        controls.cloudtrail_changed.connect(self._read)
        controls.versions_wanted.connect(self._choose_version)
        controls.before_after_wanted.connect(self.compare_before_after)
        self.changes.found.connect(self.board.show_markers)
        self.board.sighted.connect(self._settled.start)
        self.added.changed.connect(self._take_added)
        self.around.changed.connect(self._take_added)
        controls.save_wanted.connect(lambda: self.save(self.board))
        controls.table_wanted.connect(self._show_table)
        self.shown.made.connect(self._connect_chart)
        for chart in self.charts.values():
            self._connect_chart(chart)

    def _connect_chart(self, chart: Chart) -> None:
        chart.save_wanted.connect(lambda: self.save(chart))

    # What the window says -----------------------------------------------------------------------------------

    def function_changed(self) -> None:
        arn = self.function.detail.function_arn if self.function else ""
        if arn != self._arn:
            self._arn = arn
            self._qualifier = ""
            self.controls.show_qualifier("")
            self.around.forget()
            self._forget()
            self.changes.turn_to(arn)
        self.added.show_function(self.function)
        self._reading = False  # the base has dropped the job

    def load(self) -> None:
        self._beat.start()
        self._read()

    def deactivate(self) -> None:
        super().deactivate()
        self._stop()
        self.shown.stop()
        self._reading = False

    def clear(self) -> None:
        super().clear()
        self._stop()

    def _stop(self) -> None:
        self.changes.drop()
        self._beat.stop()
        self._settled.stop()

    def save(self, what: Chart | ChartBoard) -> None:
        """Asks for a file and writes charts into it."""
        name = self.function.detail.function_name if self.function else ""
        chart_dialogs.save(what, name, self.services, self, self.failed.emit)

    def _show_table(self) -> None:
        """Shows all numbers."""
        if self.function is not None:
            chart_dialogs.TableDialog(
                self.board,
                self.function.detail.function_name,
                self.services,
                self.window(),
                is_utc=self.controls.is_utc,
                about=self.around.limit_text,
            ).open()

    def expect_change(self) -> None:
        """Reads more often for a while: the function has just been invoked."""
        self._pace.hurry()
        self._plan_next()

    def _apply_style(self) -> None:
        self.board.set_axes(is_utc=self.controls.is_utc, is_log=self.controls.is_log)

    # Reading ------------------------------------------------------------------------------------------------

    def _read(self, *, look: bool = False) -> None:
        """Reads what is shown; with `look`, also what had no data the last time."""
        function = self.function
        if function is None:
            return
        first = self._whole is None
        start, end = self.controls.range.bounds(self.services.now_at_aws(self.function))
        ask = self._ask(start, end, self.board.plot_width, look=first or look)
        self._reading = True
        self.around.read(function, anew=look)
        self.controls.show_status(_("Loading…"), is_begin=True)
        self._submit(ask, "metrics.read", self._show, self._show_error, first=first)
        self.read_started.emit(look)

    def _ask(self, start: datetime, end: datetime, pixels: int, *, look: bool) -> "reading.Ask":
        assert self.function is not None
        now, is_compared = self.services.now_at_aws(self.function), self.controls.is_compared
        window = reading.window_for(start, end, pixels, now, is_compared=is_compared)
        # What had no data is not asked for again and again: only what is shown, until all is read anew.
        optional = None if look else self.shown.optional
        name = self.function.detail.function_name
        extra = specs_of(self.shown.extras)
        return reading.Ask(
            name, self._arn, self._qualifier, window, now.timestamp(), optional, is_compared, extra
        )

    def _submit(
        self,
        ask: "reading.Ask",
        replaces: str,
        on_done: "Callable[[reading.Read], None]",
        on_error: Callable[[WorkbenchError], None],
        *,
        first: bool = False,
    ) -> None:
        assert self.function is not None
        connection, find = self.function.connection, self.changes.markers
        store = series_cache.SeriesCache.of(self.services.paths)
        self.keep(
            self.services.jobs.submit(
                Job(
                    _("Reading the metrics of {function_name}").format(function_name=ask.function_name),
                    lambda ctx: reading.read(connection, store, ask, find, ctx, first=first),
                    replaces=replaces,
                    quiet=True,
                    on_item=self._show_kept,
                    on_done=on_done,
                    on_error=on_error,
                )
            )
        )

    def _show_kept(self, read: object) -> None:
        """What is on disk, until CloudWatch has answered."""
        assert isinstance(read, reading.Read)
        self._take(read)

    def _show(self, read: "reading.Read") -> None:
        self._reading = False
        self._take(read)
        self.answered.emit()
        if self.shown.is_answered(read):
            self._plan_next()
        else:
            self._read()  # something was added meanwhile
        self.changes.look(self.function, read.window, with_cloudtrail=self.controls.has_cloudtrail)

    def _take(self, read: "reading.Read") -> None:
        self._whole = read
        self.board.show_span(read.window.start_s, read.window.end_s)
        self.board.show_markers(self.changes.newest(read.markers))
        if self.board.sight is None:
            self._finer = None
        self._draw()

    def _draw(self) -> None:
        read = self._finer or self._whole
        if read is not None and self.function is not None:
            self.shown.draw(read, self.function.detail)

    def _look_closer(self) -> None:
        """Reads finer points of what is in sight, and as much on both sides, if CloudWatch has any."""
        if self.function is None or self._whole is None or not self.active:
            return
        sight, whole = self.board.sight, self._whole.window
        if sight is None:
            self._finer = None
            self._draw()
            return
        span_s = sight[1] - sight[0]
        start_s, end_s = max(whole.start_s, sight[0] - span_s), min(whole.end_s, sight[1] + span_s)
        start, end = (datetime.fromtimestamp(each, UTC) for each in (start_s, end_s))
        pixels = round(self.board.plot_width * (end_s - start_s) / span_s)
        ask = self._ask(start, end, pixels, look=False)
        known = (self._finer or self._whole).window
        if known.start_s <= sight[0] and sight[1] <= known.end_s and known.period_s <= ask.window.period_s:
            self._draw()  # the legends
        elif ask.window.period_s >= whole.period_s:
            self._finer = None
            self._draw()
        else:
            self.controls.show_status(_("Reading more detail…"))
            self._submit(ask, "metrics.zoom", self._show_finer, self._show_error)

    def _show_finer(self, read: "reading.Read") -> None:
        if self.board.sight is not None:
            self._finer = read
            self._draw()
        self._tick()

    def _show_error(self, error: WorkbenchError) -> None:
        """In the charts' place; charts that are drawn stay, and the status says that they are old."""
        self._reading = False
        self._plan_next()
        if self._whole:
            self.controls.show_status(str(error), danger=True)
        else:
            self.shown.show_error(str(error))

    # When ---------------------------------------------------------------------------------------------------

    def _plan_next(self) -> None:
        self._pace.plan_next()
        self._tick()

    def _tick(self) -> None:
        if self._reading or self.function is None:
            return
        if self.controls.says_error and self._pace.left_s > 0:
            return  # it is to be read
        if self._whole is not None and self.controls.range.is_over(self.services.now_at_aws(self.function)):
            self.controls.show_status(_("This time range is in the past and is not refreshed"))
            return
        if (left_s := self._pace.left_s) > 0:
            self.controls.show_status(
                ngettext("Next update in {count} s", "Next update in {count} s", left_s).format(count=left_s)
            )
        elif self.active:
            self._read()

    def _read_anew(self) -> None:
        self._forget()
        self._read()

    def _forget(self) -> None:
        self._whole = self._finer = None
        self.shown.forget(_("Loading…"))

    def _take_added(self, is_new: bool) -> None:
        self._finer = None  # what is new was not read for it
        self._draw()
        if is_new and not self._reading:
            self._read()

    def _choose_version(self) -> None:
        if self.function is None:
            return
        picker = version_picker.VersionPicker(
            self.services,
            self.function.connection,
            self.function.detail.function_name,
            _("Metrics of a Version or Alias"),
            self.window(),
            latest=_("All versions   the whole function"),
        )
        picker.chosen.connect(lambda choice: self._take_version(choice.qualifier))
        picker.open()

    def _take_version(self, qualifier: str) -> None:
        if qualifier != self._qualifier:
            self._qualifier = qualifier
            self.controls.show_qualifier(qualifier)
            self.around.show_qualifier(qualifier)
            self._read_anew()

    def compare_before_after(self) -> None:
        """Opens the comparison of what was before and after each change."""
        before_after_dialog.compare(self.changes, self.controls, self.board, self.function, self._qualifier)
