"""The table of Fleet Metrics: figures side by side, or one measure over time as a heat map."""

from datetime import UTC, datetime

import numpy as np
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QHelpEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
)

from workbench.core.messages import _
from workbench.metrics.fleet import FleetMeasure, FunctionFigures, Strip
from workbench.ui.fleet_metrics.columns import BY_ID, COLUMNS, measure_title, write
from workbench.ui.fleet_metrics.model import FleetMetricsModel, Line
from workbench.ui.kit.table import Table
from workbench.ui.kit.text import tool_tip
from workbench.ui.theme import Theme

_MARGIN_X, _MARGIN_Y = 6, 4
_FAINTEST = 0.16
"""How strong the colour of the smallest value is that is not zero: it must differ from none."""
_Index = QModelIndex | QPersistentModelIndex
_TREND, _NAME = BY_ID["trend"], BY_ID["name"]
_IN_HEAT = ("name", "region", "trend")


class _StripDelegate(QStyledItemDelegate):
    """Paints the column "Over time": bars of invocations, or a strip of colours as in a heat map.

    Attributes:
        measure: What the strip of colours shows; None for bars.
        picked: The row and the period that are picked out; (-1, -1) for none.
    """

    def __init__(self, model: FleetMetricsModel, theme: Theme) -> None:
        super().__init__()
        self._model, self._theme = model, theme
        self.measure: FleetMeasure | None = None
        self.picked = (-1, -1)

    def area(self, cell: QRect) -> QRect:
        """Where in a cell the periods lie."""
        return cell.adjusted(_MARGIN_X, _MARGIN_Y, -_MARGIN_X, -_MARGIN_Y)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        colors = self._theme.colors
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, QColor(colors.selection))
        figures = self._model.row(index.row()).figures
        if figures is None:
            return
        area = self.area(option.rect)
        if self.measure is None:
            self._paint_bars(painter, area, figures)
        else:
            self._paint_heat(painter, area, figures.strips[self.measure], self._model.scale[self.measure])
        row, period = self.picked
        if row == index.row() and period >= 0:
            width = area.width() / figures.window.points
            painter.setPen(QPen(QColor(colors.text), 2))
            painter.drawRect(QRectF(area.left() + period * width, area.top() - 2, width, area.height() + 4))

    def _paint_bars(self, painter: QPainter, area: QRect, figures: FunctionFigures) -> None:
        """As high as the busiest period of this function: the number is in its own column."""
        colors = self._theme.colors
        peak = figures.peaks[FleetMeasure.INVOCATIONS]
        painter.setPen(QColor(colors.border))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        if not peak > 0:
            return
        ran = binned(figures.strips[FleetMeasure.INVOCATIONS], area.width() // 3)
        failed = binned(figures.strips[FleetMeasure.ERRORS], area.width() // 3)
        width, scale = area.width() / ran.size, area.height() / peak
        painter.setPen(Qt.PenStyle.NoPen)
        for strip, color, least in (
            (ran, QColor(colors.series[0]), 1.0),
            (failed, QColor(colors.danger), 2.0),
        ):
            places = np.flatnonzero(strip > 0)
            heights = np.clip(strip[places] * scale, least, area.height())
            bottom, bar = area.bottom() + 1, max(1.0, width - 1)
            painter.setBrush(color)
            painter.drawRects(
                [
                    QRectF(area.left() + place * width, bottom - height, bar, height)
                    for place, height in zip(places.tolist(), heights.tolist(), strict=True)
                ]
            )

    def _paint_heat(self, painter: QPainter, area: QRect, strip: Strip, scale: float) -> None:
        """Light to dark; a period without a point is left empty, one of zero has a line at its foot."""
        colors = self._theme.colors
        low, high = _rgb(colors.base), _rgb(colors.danger)
        share = heat(strip, scale)
        mixed = low + (high - low) * np.nan_to_num(share)[:, None]
        pixels = np.full((1, strip.size), 0, np.uint32)
        red, green, blue = mixed.astype(np.uint32).T
        pixels[0] = np.where(share > 0, 0xFF000000 | red << 16 | green << 8 | blue, 0)
        image = QImage(pixels.data, strip.size, 1, strip.size * 4, QImage.Format.Format_ARGB32)
        painter.drawImage(area, image)
        painter.setPen(QColor(colors.border))
        width = area.width() / strip.size
        for begin, end in runs(strip == 0):
            left, right = area.left() + round(begin * width), area.left() + round(end * width) - 1
            painter.drawLine(left, area.bottom(), right, area.bottom())


def heat(strip: Strip, scale: float) -> Strip:
    """How strong the colour of each value is, 0 to 1; 0 for none and for zero.

    By its square root: one function that fails a thousand times must not hide those that fail ten times.
    """
    known = np.nan_to_num(strip)
    if scale <= 0:
        return np.zeros_like(known)
    share = np.sqrt(np.clip(known / scale, 0.0, 1.0))
    return np.where(known > 0, _FAINTEST + (1.0 - _FAINTEST) * share, 0.0).astype(np.float32)


def runs(mask: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> list[tuple[int, int]]:
    """Runs of true values: begin and end (exclusive)."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return [(int(begin), int(end)) for begin, end in zip(edges[::2], edges[1::2], strict=True)]


def binned(strip: Strip, max_count: int) -> Strip:
    """No more values than there is room for: of neighbours the highest, so that no spike goes."""
    max_count = max(1, max_count)
    if strip.size <= max_count:
        return strip
    together = -(-strip.size // max_count)
    padded = np.full(-(-strip.size // together) * together, np.nan, np.float32)
    padded[: strip.size] = strip
    return np.nan_to_num(padded.reshape(-1, together), nan=0.0).max(axis=1).astype(np.float32)


def _rgb(color: str) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    found = QColor(color)
    return np.array([found.red(), found.green(), found.blue()], np.float64)


class FleetMetricsTable(Table[Line]):
    """One function a row; periods are picked with the mouse, or with the arrows left and right.

    `opened` carries the FleetRow; `chosen_changed` is also said of another period.
    """

    def __init__(self, model: FleetMetricsModel, theme: Theme) -> None:
        self._rows = model
        self._strips = _StripDelegate(model, theme)
        super().__init__(
            "fleetMetricsTable", _("Metrics of all functions"), model=model, theme=theme, sortable=True
        )
        self._strips.setParent(self)
        self.setItemDelegateForColumn(_TREND, self._strips)
        self.horizontalHeader().setMinimumSectionSize(60)
        self.show_measure(None)
        model.counted.connect(self._head)
        self.selectionModel().currentRowChanged.connect(lambda *__: self._pick(-1))

    # What is seen and chosen --------------------------------------------------------------------------------

    def show_measure(self, measure: FleetMeasure | None) -> None:
        """Shows a measure as a heat map, sorted by it; None for the table of all figures."""
        self._strips.measure = measure
        header = self.horizontalHeader()
        for number, column in enumerate(COLUMNS):
            wanted = measure is None or column.id in _IN_HEAT or column.measure is measure
            self.setColumnHidden(number, not wanted)
        stretched, fixed = (_NAME, _TREND) if measure is None else (_TREND, _NAME)
        header.setSectionResizeMode(fixed, QHeaderView.ResizeMode.Interactive)
        self.setColumnWidth(fixed, COLUMNS[fixed].width)
        header.setSectionResizeMode(stretched, QHeaderView.ResizeMode.Stretch)
        if measure is not None:
            header.setSortIndicator(BY_ID[measure.value], Qt.SortOrder.DescendingOrder)
        self._head()
        self.viewport().update()

    def _head(self) -> None:
        """Above the heat map: from when to when, and what the strongest colour stands for."""
        measure = self._strips.measure
        some = next((line.figures for line in self._rows.all if line.figures is not None), None)
        if measure is None or some is None:
            self._rows.set_heading("")
            return
        start, end = (
            datetime.fromtimestamp(each, UTC).astimezone()
            for each in (some.window.start_s, some.window.end_s)
        )
        words = _("{start} – {end} · darkest color: {measure}")
        self._rows.set_heading(
            words.format(
                start=f"{start:%m-%d %H:%M}",
                end=f"{end:%m-%d %H:%M}",
                measure=write(measure, self._rows.scale[measure]),
            )
        )

    def span(self) -> tuple[datetime, datetime] | None:
        """The period that is picked, or else the worst one of the row; None when nothing is known of it."""
        line = self.current()
        if line is None or line.figures is None:
            return None
        window, period = line.figures.window, self._strips.picked[1]
        if period < 0 and (period := self._worst(line)) < 0:
            return None
        start_s = window.start_s + period * window.period_s
        return datetime.fromtimestamp(start_s, UTC), datetime.fromtimestamp(start_s + window.period_s, UTC)

    def _worst(self, line: Line) -> int:
        """The period with the highest value: of what is shown, or sorted by, or of errors, or of anything."""
        assert line.figures is not None
        sorted_by = COLUMNS[self._rows.sorting[0]].measure
        for measure in (self._strips.measure, sorted_by, FleetMeasure.ERRORS, FleetMeasure.INVOCATIONS):
            if measure is not None and line.figures.peaks[measure] > 0:
                return int(np.nanargmax(line.figures.strips[measure]))
        return -1

    def _pick(self, period: int) -> None:
        self._strips.picked = (self.currentIndex().row(), period)
        self.viewport().update()
        self.chosen_changed.emit()

    # Mouse and keys -----------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        index = self.indexAt(event.position().toPoint())
        if index.isValid():
            self._pick(self._period_at(index, event.position().toPoint()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        line, key = self.current(), event.key()
        if line is not None and line.figures is not None and key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            last, period = line.figures.window.points - 1, self._strips.picked[1]
            step = 1 if key == Qt.Key.Key_Right else -1
            self._pick(max(0, min(last, period + step)) if period >= 0 else max(0, self._worst(line)))
        else:
            super().keyPressEvent(event)

    def viewportEvent(self, event: object) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QHelpEvent.Type.ToolTip:
            index = self.indexAt(event.pos())
            period = self._period_at(index, event.pos()) if index.isValid() else -1
            if period >= 0:
                QToolTip.showText(event.globalPos(), tool_tip(self.period_text(index.row(), period)), self)
                return True
        return bool(super().viewportEvent(event))  # type: ignore[arg-type]

    def period_text(self, number: int, period: int) -> str:
        """What there is to say of one period of a row."""
        figures = self._rows.row(number).figures
        if figures is None:
            return ""
        start_s = figures.window.start_s + period * figures.window.period_s
        start = datetime.fromtimestamp(start_s, UTC).astimezone()
        end = datetime.fromtimestamp(start_s + figures.window.period_s, UTC).astimezone()
        head = f"{start:%Y-%m-%d %H:%M} – {end:%H:%M}"
        measures = (
            (self._strips.measure,)
            if self._strips.measure
            else (FleetMeasure.INVOCATIONS, FleetMeasure.ERRORS)
        )
        values = (
            f"{measure_title(each)}: {write(each, float(figures.strips[each][period]))}" for each in measures
        )
        return "\n".join((head, *values))

    def _period_at(self, index: QModelIndex, spot: QPoint) -> int:
        figures = self._rows.row(index.row()).figures
        if index.column() != _TREND or figures is None:
            return -1
        area = self._strips.area(self.visualRect(index))
        place = (spot.x() - area.left()) * figures.window.points // max(1, area.width())
        return place if 0 <= place < figures.window.points else -1

    def _open(self, index: QModelIndex) -> None:
        if index.isValid():
            self.opened.emit(self._rows.row(index.row()).row)

    def _restore_selection(self) -> None:
        period = self._strips.picked[1]
        super()._restore_selection()
        self._pick(period if self.current() is not None else -1)
