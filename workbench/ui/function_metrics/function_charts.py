"""The charts of a function on the screen: which are shown, and drawing them without a pause."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, QTimer, Signal

from workbench.functions.model import FunctionDetail
from workbench.ui.charts import Chart, ChartBoard, ChartTheme
from workbench.ui.function_metrics import drawings, reading
from workbench.ui.function_metrics.catalogue import CHARTS, make_charts
from workbench.ui.function_metrics.extra import ExtraChart, specs_of
from workbench.ui.kit.text import tool_tip


class FunctionCharts(QObject):
    """All charts on their board.

    Args:
        title: Accessible name of the board.
        theme: Colours.
        parent: The page.

    Signals:
        made(Chart): A chart is new on the board.
    """

    made = Signal(object)

    def __init__(self, title: str, theme: ChartTheme, parent: QObject) -> None:
        super().__init__(parent)
        self.charts = make_charts(theme)
        self.board = ChartBoard("metricsBoard", title, tuple(self.charts.values()), theme)
        self.optional: frozenset[str] = frozenset()  # metrics that only some functions have, and this one has
        self.unreserved: int | None = None  # of the account's concurrency
        self._theme = theme
        self._wanted: frozenset[str] = frozenset()  # optional charts that are shown without data too
        self._extra: dict[str, tuple[ExtraChart, ...]] = {}  # by group
        self._extra_charts: dict[str, Chart] = {}
        # Drawing the charts takes longer than a frame: one each turn of the event loop.
        self._undrawn: list[tuple[Chart, drawings.Drawing]] = []
        self._drawer = QTimer(self, interval=0)
        self._drawer.timeout.connect(self._draw_next)
        self._show_common()

    @property
    def is_drawing(self) -> bool:
        """Whether not everything is drawn yet."""
        return self._drawer.isActive()

    @property
    def extras(self) -> tuple[ExtraChart, ...]:
        """The charts that are not of the catalogue."""
        return tuple(each for some in self._extra.values() for each in some)

    def want(self, kinds: Sequence[str]) -> None:
        """Says which charts of the catalogue are shown also when they have no data."""
        gone = self._wanted - set(kinds)  # until something is drawn: it may have data
        self._wanted = frozenset(kinds)
        self.optional |= {m for kind in CHARTS if kind.name in self._wanted for m in kind.metrics}
        present = [name for name, chart in self.charts.items() if chart in self.board.shown]
        self._show([*(name for name in present if name not in gone), *kinds])

    def show_extra(self, group: str, charts: Sequence[ExtraChart]) -> None:
        """Shows charts that are not of the catalogue, in place of those that the group had."""
        self._extra[group] = tuple(charts)
        wanted = {each.name: each for each in self.extras}
        for name in self._extra_charts.keys() - wanted.keys():
            gone = self._extra_charts.pop(name)
            self._undrawn = [each for each in self._undrawn if each[0] is not gone]
            self.board.remove(gone)
        for name, each in wanted.items():
            if name not in self._extra_charts:
                chart = Chart(f"{name}Chart", each.title, each.unit, self._theme)
                chart.setToolTip(tool_tip(each.about))
                self._extra_charts[name] = chart
                self.board.add(chart)
                self.made.emit(chart)
        self.board.show_only([*self.board.shown, *self._extra_charts.values()])

    def extra_chart(self, name: str) -> Chart:
        """The chart of an ExtraChart that is shown."""
        return self._extra_charts[name]

    def is_answered(self, read: "reading.Read") -> bool:
        """Whether all that is shown was read."""
        names = {each.spec.metric_name for each in read.series}
        return self.optional <= names and {*specs_of(self.extras)} <= {each.spec for each in read.extra}

    def stop(self) -> None:
        """Draws no further."""
        self._drawer.stop()

    def draw(self, read: "reading.Read", detail: FunctionDetail) -> None:
        """Draws what was read, one chart after the other; legends are about what is in sight."""
        found = drawings.function_drawings(
            read.series,
            detail.timeout_s,
            detail.reserved_concurrency,
            self.unreserved,
            previous=read.previous,
            sight=self.board.sight,
        )
        shown = [
            kind
            for kind in CHARTS
            if not kind.metrics
            or kind.name in self._wanted
            or (kind.name in found and (found[kind.name].has_values or found[kind.name].problem))
        ]
        self.optional = frozenset(metric for kind in shown for metric in kind.metrics)
        self._show([kind.name for kind in shown])
        self._undrawn = [(self.charts[kind.name], found[kind.name]) for kind in shown if kind.name in found]
        if self._extra_charts:
            more = drawings.extra_drawings(
                self.extras, read.extra, previous=read.extra_previous, sight=self.board.sight
            )
            self._undrawn += [(self._extra_charts[name], each) for name, each in more.items()]
        self._drawer.start()

    def forget(self, words: str) -> None:
        """Shows a text in place of all drawings."""
        self.optional = frozenset()
        self._undrawn.clear()
        self.board.show_crosshair(None)
        self.board.show_markers(())
        self._show_common()
        for chart in self.board.charts:
            chart.set_note("")
            chart.show_message(words)

    def show_error(self, words: str) -> None:
        """Shows in place of all drawings why there are none."""
        for chart in self.board.charts:
            chart.show_message(words, danger=True)

    def _show_common(self) -> None:
        """Only the charts that every function has, and those that are wanted."""
        self._show([kind.name for kind in CHARTS if not kind.metrics or kind.name in self._wanted])

    def _show(self, names: Sequence[str]) -> None:
        self.board.show_only([*(self.charts[name] for name in names), *self._extra_charts.values()])

    def _draw_next(self) -> None:
        if not self._undrawn:
            self._drawer.stop()
            return
        chart, drawing = self._undrawn.pop(0)
        chart.set_note(drawing.problem)
        if drawing.problem and not drawing.has_values:
            chart.show_message(drawing.problem, danger=True)
        else:
            chart.show_curves(drawing.curves, drawing.limits)
