"""The charts of a function on the screen: which are shown, and drawing them without a pause.

Must not know: how series are read, when.
"""

from PySide6.QtCore import QObject, QTimer

from workbench.functions.model import FunctionDetail
from workbench.ui.charts import Chart, ChartBoard, ChartTheme
from workbench.ui.function_metrics import drawings, reading
from workbench.ui.function_metrics.catalogue import CHARTS, make_charts


class ShownCharts(QObject):
    """All charts on their board.

    Args:
        title: Accessible name of the board.
        theme: Colours.
        parent: The page.
    """

    def __init__(self, title: str, theme: ChartTheme, parent: QObject) -> None:
        super().__init__(parent)
        self.charts = make_charts(theme)
        self.board = ChartBoard("metricsBoard", title, tuple(self.charts.values()), theme)
        self.optional: frozenset[str] = frozenset()  # metrics that only some functions have, and this one has
        # Drawing the charts takes longer than a frame: one each turn of the event loop.
        self._undrawn: list[tuple[Chart, drawings.Drawing]] = []
        self._drawer = QTimer(self, interval=0)
        self._drawer.timeout.connect(self._draw_next)
        self._show_common()

    @property
    def is_drawing(self) -> bool:
        """Whether not everything is drawn yet."""
        return self._drawer.isActive()

    def stop(self) -> None:
        """Draws no further."""
        self._drawer.stop()

    def draw(self, read: "reading.Read", detail: FunctionDetail) -> None:
        """Draws what was read, one chart after the other; legends are about what is in sight."""
        found = drawings.function_drawings(
            read.series,
            detail.timeout_s,
            detail.reserved_concurrency,
            previous=read.previous,
            sight=self.board.sight,
        )
        shown = [
            kind
            for kind in CHARTS
            if kind.name in found
            and (not kind.metrics or found[kind.name].has_values or found[kind.name].problem)
        ]
        self.optional = frozenset(metric for kind in shown for metric in kind.metrics)
        self.board.show_only([self.charts[kind.name] for kind in shown])
        self._undrawn = [(self.charts[kind.name], found[kind.name]) for kind in shown]
        self._drawer.start()

    def forget(self, words: str) -> None:
        """Says something in the place of all drawings."""
        self.optional = frozenset()
        self._undrawn.clear()
        self.board.show_crosshair(None)
        self.board.show_markers(())
        self._show_common()
        for chart in self.charts.values():
            chart.set_note("")
            chart.show_words(words)

    def say(self, words: str) -> None:
        """Says in the place of all drawings why there are none."""
        for chart in self.charts.values():
            chart.show_words(words, danger=True)

    def _show_common(self) -> None:
        """Only the charts that every function has."""
        self.board.show_only([self.charts[kind.name] for kind in CHARTS if not kind.metrics])

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
