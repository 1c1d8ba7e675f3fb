"""The Metrics tab: how the function has been doing, read again and again while somebody looks.

Owns: the range of time and when to read. What is read is said in metrics/lambda_metrics.py, which charts
there are and what they draw in ui/function_metrics.
"""

from datetime import timedelta

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
)

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job
from workbench.metrics import model as metrics
from workbench.metrics import store as keeping
from workbench.ui.charts import Chart, ChartBoard, ChartTheme
from workbench.ui.function_metrics import drawings, reading, saving
from workbench.ui.function_metrics.catalogue import CHARTS, make_charts
from workbench.ui.named import named
from workbench.ui.pages.base import Page
from workbench.ui.preferences import METRICS_REFRESH_S, Preference
from workbench.ui.services import Services
from workbench.ui.theme import Colors

_RANGE_S = Preference("metrics.range_s", 3600)
_SHORTEST_REFRESH_S = 5
_EAGER_S = (2, 5, 10, 20, 30)
"""Pauses after something is expected to change: CloudWatch shows an invocation within a minute or so."""


class MetricsPage(Page):
    """Charts of one function. Reads while visible, says when it reads next."""

    object_name = "metricsPage"

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        # Moments to mark, of a function by its ARN between two moments; asked on a worker thread.
        self.find_markers: reading.FindMarkers = lambda _arn, _start, _end: ()
        self._arn = ""
        self._series: tuple[metrics.Series, ...] = ()
        self._optional: set[str] = set()  # metrics that only some functions have, and this one has
        self._eager: list[int] = []
        self._due_s = 0.0
        self._reading = False
        self._range_s = _RANGE_S.read(services.settings)
        theme = chart_theme(services.theme.colors)
        self.charts = make_charts(theme)
        self.board = ChartBoard("metricsBoard", self.tr("Charts"), tuple(self.charts.values()), theme)
        self.status = named(QLabel(), "metricsStatus", role="muted")
        self.ranges = QButtonGroup(self)
        top = QHBoxLayout()
        top.setContentsMargins(16, 8, 16, 4)
        top.setSpacing(4)
        self._add_ranges(top)
        top.addSpacing(8)
        top.addWidget(self.status, 1)
        self.refresh_button = named(QPushButton(self.tr("Refresh")), "metricsRefresh")
        self.refresh_button.clicked.connect(lambda: self._read(look=True))
        save = named(QPushButton(self.tr("Save Image…")), "metricsSave")
        save.clicked.connect(lambda: self._save(self.board))
        top.addWidget(self.refresh_button)
        top.addWidget(save)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self.board, 1)
        for chart in self.charts.values():
            chart.save_wanted.connect(lambda chart=chart: self._save(chart))
        self._beat = QTimer(self, interval=1000)
        self._beat.timeout.connect(self._tick)
        # Drawing the charts takes longer than a frame: one each turn of the event loop.
        self._undrawn: list[tuple[Chart, drawings.Drawing]] = []
        self._drawer = QTimer(self, interval=0)
        self._drawer.timeout.connect(self._draw_next)
        services.theme.changed.connect(self._take_theme)
        self._show_common()
        self.setFocusProxy(self.board.charts[0])

    # What the window says -----------------------------------------------------------------------------------

    def function_changed(self) -> None:
        arn = self.function.detail.function_arn if self.function else ""
        if arn != self._arn:
            self._arn = arn
            self._forget()
        self._reading = False  # the base has dropped the job

    def load(self) -> None:
        self._beat.start()
        self._read()

    def deactivate(self) -> None:
        super().deactivate()
        self._beat.stop()
        self._drawer.stop()
        self._reading = False

    def clear(self) -> None:
        super().clear()
        self._beat.stop()

    def expect_change(self) -> None:
        """Reads more often for a while: the function has just been invoked."""
        self._eager = list(_EAGER_S)
        self._plan_next()

    def _take_theme(self) -> None:
        self.board.set_theme(chart_theme(self.services.theme.colors))

    # Reading ------------------------------------------------------------------------------------------------

    def _read(self, *, look: bool = False) -> None:
        """Reads what is shown; with `look`, also what had no data the last time."""
        function = self.function
        if function is None:
            return
        connection, name = function.connection, function.detail.function_name
        first = not self._series
        ask = self._ask(look=first or look)
        store, find = self._store(), self.find_markers
        self._reading = True
        self._say(self.tr("Reading…"))
        self.keep(
            self.services.jobs.submit(
                Job(
                    self.tr("Reading the metrics of %1").replace("%1", name),
                    lambda ctx: reading.read(connection, store, ask, find, ctx, first=first),
                    replaces="metrics.read",
                    quiet=True,
                    on_item=self._show_kept,
                    on_done=self._show,
                    on_error=self._show_error,
                )
            )
        )

    def _ask(self, *, look: bool) -> "reading.Ask":
        assert self.function is not None
        now = self.services.clock.now()
        window = metrics.choose_window(
            now - timedelta(seconds=self._range_s), now, self.board.plot_width, now
        )
        # What had no data is not asked for again and again: only what is shown, until all is read anew.
        optional = None if look else frozenset(self._optional)
        return reading.Ask(self.function.detail.function_name, self._arn, "", window, optional)

    def _store(self) -> "keeping.SeriesStore":
        return keeping.SeriesStore(self.services.paths.data_dir / "metrics.sqlite")

    def _show(self, read: "reading.Read") -> None:
        self._reading = False
        self._draw(read)
        self._plan_next()

    def _show_kept(self, read: object) -> None:
        """What is on disk, until CloudWatch has answered."""
        assert isinstance(read, reading.Read)
        self._draw(read)

    def _draw(self, read: "reading.Read") -> None:
        """Draws what was read, one chart after the other."""
        if self.function is None:
            return
        self._series = read.series
        window = read.series[0].window
        self.board.show_span(window.start_s, window.end_s)
        self.board.show_markers(read.markers)
        detail = self.function.detail
        found = drawings.function_drawings(read.series, detail.timeout_s, detail.reserved_concurrency)
        shown = [
            kind
            for kind in CHARTS
            if kind.name in found
            and (not kind.metrics or found[kind.name].has_values or found[kind.name].problem)
        ]
        self._optional = {metric for kind in shown for metric in kind.metrics}
        self.board.show_only([self.charts[kind.name] for kind in shown])
        self._undrawn = [(self.charts[kind.name], found[kind.name]) for kind in shown]
        self._drawer.start()

    def _draw_next(self) -> None:
        if not self._undrawn:
            self._drawer.stop()
            return
        chart, drawing = self._undrawn.pop(0)
        chart.set_note(drawing.problem)
        if drawing.problem and not drawing.has_values:
            chart.show_words(drawing.problem, danger=True)
        else:
            chart.show_curves(drawing.curves, drawing.limits)

    def _show_error(self, error: WorkbenchError) -> None:
        """In the charts' place; charts that are drawn stay, and the status says that they are old."""
        self._reading = False
        self._plan_next()
        words = " ".join(part for part in (error.what, error.why, error.remedy) if part)
        if self._series:
            self._say(words, danger=True)
            return
        for chart in self.charts.values():
            chart.show_words(words, danger=True)

    # When ---------------------------------------------------------------------------------------------------

    def _plan_next(self) -> None:
        usual_s = max(_SHORTEST_REFRESH_S, METRICS_REFRESH_S.read(self.services.settings))
        pause_s = min(self._eager.pop(0), usual_s) if self._eager else usual_s
        self._due_s = self.services.clock.monotonic() + pause_s
        self._tick()

    def _tick(self) -> None:
        if self._reading or self.function is None:
            return
        left_s = round(self._due_s - self.services.clock.monotonic())
        if left_s > 0:
            self._say(self.tr("Next update in %n s", "", left_s))
        elif self.active:
            self._read()

    def _say(self, text: str, *, danger: bool = False) -> None:
        self.status.setText(text)
        self.status.setProperty("role", "danger" if danger else "muted")
        self.status.style().unpolish(self.status)
        self.status.style().polish(self.status)

    # The range of time --------------------------------------------------------------------------------------

    def _add_ranges(self, layout: QHBoxLayout) -> None:
        for seconds, text, name in (
            (3600, self.tr("1 h"), self.tr("Last hour")),
            (3 * 3600, self.tr("3 h"), self.tr("Last 3 hours")),
            (12 * 3600, self.tr("12 h"), self.tr("Last 12 hours")),
            (86_400, self.tr("1 d"), self.tr("Last day")),
            (7 * 86_400, self.tr("1 w"), self.tr("Last week")),
        ):
            button = named(QToolButton(), f"metricsRange{seconds}", name)
            button.setText(text)
            button.setCheckable(True)
            button.setToolTip(name)
            self.ranges.addButton(button, seconds)
            layout.addWidget(button)
        if self._range_s not in map(self.ranges.id, self.ranges.buttons()):
            self._range_s = _RANGE_S.default
        for each in self.ranges.buttons():
            each.setChecked(self.ranges.id(each) == self._range_s)
        self.ranges.idClicked.connect(self._choose_range)

    def _choose_range(self, seconds: int) -> None:
        if seconds == self._range_s:
            return
        self._range_s = seconds
        self.services.settings.set(_RANGE_S.key, seconds)
        self._forget()
        self._read()

    def _forget(self) -> None:
        self._series = ()
        self._optional.clear()
        self._undrawn.clear()
        self.board.show_crosshair(None)
        self.board.show_markers(())
        self._show_common()
        for chart in self.charts.values():
            chart.set_note("")
            chart.show_words(self.tr("Loading…"))

    def _show_common(self) -> None:
        """Only the charts that every function has."""
        self.board.show_only([self.charts[kind.name] for kind in CHARTS if not kind.metrics])

    # Out of the program -------------------------------------------------------------------------------------

    def _save(self, what: Chart | ChartBoard) -> None:
        name = self.function.detail.function_name if self.function else ""
        saving.save_image(what, name, self.services, self, self.failed.emit)


def chart_theme(colors: Colors) -> ChartTheme:
    """The program's colours as the charts want them."""
    return ChartTheme(colors.base, colors.text, colors.muted, colors.border, colors.danger, colors.series)
