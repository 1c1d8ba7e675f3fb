"""Several related charts: one crosshair, one time range, as many columns as fit."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QMargins, Qt, Signal
from PySide6.QtGui import QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QWidget

from workbench.ui.kit.charts import points
from workbench.ui.kit.charts.chart import Chart, draw_svg, grab_png
from workbench.ui.kit.charts.model import Marker
from workbench.ui.kit.text import named
from workbench.ui.kit.text_size import scaled

if TYPE_CHECKING:
    from workbench.ui.kit.theme import Theme

_COLUMN_WIDTH = 340
_MIN_ROW_HEIGHT = 176
_MAX_COLUMNS = 3
_MARGINS, _SPACING = QMargins(8, 4, 8, 8), 8
_NOTCH = 120  # of a wheel, as Qt counts


class ChartBoard(QScrollArea):
    """A grid of charts. Its rows are as high that whole rows are seen; a notch of the wheel scrolls one.

    Args:
        charts: In reading order.
        theme: The ground behind the charts follows it, as they do.
    """

    sighted = Signal()  # another part of the time range is visible

    def __init__(self, name: str, title: str, charts: tuple[Chart, ...], theme: "Theme") -> None:
        super().__init__()
        named(self, name, title)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.charts = charts
        self.shown = charts
        self._columns = 0
        self._step = 1  # px from row to row
        self._turned = 0  # by the wheel, and not scrolled yet
        self.span = (0.0, 1.0)  # the time range of the charts
        self.crosshair_s: float | None = None
        self.sight: tuple[float, float] | None = None  # the part that is zoomed to
        self._sheet = named(QWidget(), f"{name}Sheet")
        self._sheet.setAutoFillBackground(True)
        self._grid = QGridLayout(self._sheet)
        self._grid.setContentsMargins(_MARGINS)
        self._grid.setSpacing(_SPACING)
        self._theme, self._axes = theme, (False, False)
        self.markers: tuple[Marker, ...] = ()
        for chart in charts:
            self._link(chart)
        self.setWidget(self._sheet)
        theme.changed.connect(self._take_theme)
        self._take_theme()
        self._arrange(_MAX_COLUMNS)

    @property
    def plot_width(self) -> int:
        """The approximate width of a chart's drawing in pixels."""
        return max(200, self.viewport().width() // max(1, self._columns) - 80)

    def show_only(self, charts: Sequence[Chart]) -> None:
        """Shows these in the board's own order, and hides the others."""
        shown = tuple(chart for chart in self.charts if chart in charts)
        if shown == self.shown:
            return
        self.shown = shown
        for chart in self.charts:
            chart.setVisible(chart in shown)
        self._arrange(self._columns, anew=True)

    def add(self, chart: Chart) -> None:
        """Adds a chart at the end; it is hidden until `show_only` names it."""
        chart.hide()
        chart.setParent(self._sheet)
        self.charts += (chart,)
        self._link(chart)
        self._fit_rows()
        chart.show_span(*self.span)
        chart.show_sight(self.sight)
        chart.set_axes(is_utc=self._axes[0], is_log=self._axes[1])
        chart.show_markers(self.markers)

    def remove(self, chart: Chart) -> None:
        """Removes a chart and deletes it."""
        self.show_only([each for each in self.shown if each is not chart])
        self.charts = tuple(each for each in self.charts if each is not chart)
        self._grid.removeWidget(chart)
        chart.hide()
        chart.deleteLater()

    def show_crosshair(self, time_s: float | None) -> None:
        """Moves every chart's crosshair to a time, or hides it."""
        self.crosshair_s = time_s
        for chart in self.charts:
            chart.show_crosshair(time_s)

    def show_markers(self, markers: Sequence[Marker]) -> None:
        """Marks the same times on every chart."""
        self.markers = tuple(markers)
        for chart in self.charts:
            chart.show_markers(markers)

    def show_span(self, start_s: float, end_s: float) -> None:
        """Sets the time range of the charts; a zoom within it is kept."""
        self.span = (start_s, end_s)
        for chart in self.charts:
            chart.show_span(start_s, end_s)
        self.sight = self.charts[0].sight if self.charts else None

    def show_sight(self, start_s: float, end_s: float) -> None:
        """Zooms all charts to the same part of the time range."""
        slack_s = (self.span[1] - self.span[0]) * 0.001
        whole = start_s <= self.span[0] + slack_s and end_s >= self.span[1] - slack_s
        self.sight = None if whole else (start_s, end_s)
        for chart in self.charts:
            chart.show_sight(self.sight)
        self.sighted.emit()

    def show_part(self, start_s: float, end_s: float) -> None:
        """Zooms all charts to the part of a time range that lies in theirs."""
        self.show_sight(max(start_s, self.span[0]), min(end_s, self.span[1]))

    def set_axes(self, *, is_utc: bool, is_log: bool) -> None:
        """Sets whether times are in UTC, and whether values have a logarithmic scale."""
        self._axes = (is_utc, is_log)
        for chart in self.charts:
            chart.set_axes(is_utc=is_utc, is_log=is_log)

    def _take_theme(self) -> None:
        palette = self._sheet.palette()
        palette.setColor(self._sheet.backgroundRole(), self._theme.colors.base)
        self._sheet.setPalette(palette)

    def png(self) -> bytes:
        """All charts as one PNG."""
        return grab_png(self._sheet)

    def svg(self) -> bytes:
        """All charts as one SVG."""
        return draw_svg(self._sheet, self.accessibleName())

    def csv(self) -> str:
        """All points of the visible charts, with a column for each curve."""
        curves = [
            replace(curve, label=f"{chart.title} {curve.label}".strip())
            for chart in self.shown
            for curve in chart.curves
        ]
        return points.csv_text(tuple(curves), "") if curves else ""

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange(min(_MAX_COLUMNS, max(1, self.viewport().width() // _COLUMN_WIDTH)))
        self._fit_rows()

    def _link(self, chart: Chart) -> None:
        chart.pointed.connect(self.show_crosshair)
        chart.zoomed.connect(self.show_sight)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """A notch of a wheel scrolls a row; a touchpad scrolls as it does everywhere."""
        if not event.pixelDelta().isNull() or event.modifiers() or not event.angleDelta().y():
            super().wheelEvent(event)
            return
        self._turned += event.angleDelta().y()
        notches = int(self._turned / _NOTCH)
        self._turned -= notches * _NOTCH
        bar = self.verticalScrollBar()
        bar.setValue((round(bar.value() / self._step) - notches) * self._step)
        event.accept()

    def _fit_rows(self) -> None:
        """Makes the rows as high that those in sight are whole, and no other one begins in sight."""
        room = self.viewport().height() - _MARGINS.top()
        seen = max(1, room // (scaled(_MIN_ROW_HEIGHT) + _SPACING))
        self._step = max(-(-room // seen), scaled(_MIN_ROW_HEIGHT) + _SPACING)
        for chart in self.charts:
            chart.setMinimumHeight(self._step - _SPACING)
        # Scrolled to the end, the first row in sight is whole too.
        end = max(0, _SPACING - max(0, seen * self._step - room))
        self._grid.setContentsMargins(_MARGINS.left(), _MARGINS.top(), _MARGINS.right(), end)
        self.verticalScrollBar().setSingleStep(self._step)

    def _arrange(self, columns: int, *, anew: bool = False) -> None:
        if columns == self._columns and not anew:
            return
        self._columns = columns
        for chart in self.charts:
            self._grid.removeWidget(chart)
        for number, chart in enumerate(self.shown):
            self._grid.addWidget(chart, number // columns, number % columns)
        for number in range(len(self.charts)):
            self._grid.setRowStretch(number, 1 if number * columns < len(self.shown) else 0)
        for column in range(_MAX_COLUMNS):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
