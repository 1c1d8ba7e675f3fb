"""Paints what happened over time into a cell: bars of invocations, or a strip of colours as in a heat map."""

import numpy as np
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from workbench.metrics.fleet import Figures, Measure, Strip
from workbench.ui.fleet_metrics.model import FleetMetricsModel
from workbench.ui.theme import Theme

_MARGIN_X, _MARGIN_Y = 6, 4
_FAINTEST = 0.16
"""How strong the colour of the smallest value is that is not zero: it must be told from none."""

_Index = QModelIndex | QPersistentModelIndex


class StripDelegate(QStyledItemDelegate):
    """For the column "Over time".

    Attributes:
        measure: What the strip of colours shows; None for bars.
        picked: The row and the period that are picked out; (-1, -1) for none.
    """

    def __init__(self, model: FleetMetricsModel, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._model, self._theme = model, theme
        self.measure: Measure | None = None
        self.picked = (-1, -1)

    def area(self, cell: QRect) -> QRect:
        """Where in a cell the periods lie."""
        return cell.adjusted(_MARGIN_X, _MARGIN_Y, -_MARGIN_X, -_MARGIN_Y)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        colors = self._theme.colors
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, QColor(colors.selection))
        figures = self._model.line(index.row()).figures
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

    def _paint_bars(self, painter: QPainter, area: QRect, figures: Figures) -> None:
        """As high as the busiest period of this function: the shape counts, the number stands beside it."""
        colors = self._theme.colors
        peak = figures.peaks[Measure.INVOCATIONS]
        painter.setPen(QColor(colors.border))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        if not peak > 0:
            return
        ran = binned(figures.strips[Measure.INVOCATIONS], area.width() // 3)
        failed = binned(figures.strips[Measure.ERRORS], area.width() // 3)
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
    """Where stretches of true values begin and end (exclusive)."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return [(int(begin), int(end)) for begin, end in zip(edges[::2], edges[1::2], strict=True)]


def binned(strip: Strip, most: int) -> Strip:
    """No more values than there is room for: of neighbours the highest, so that no spike goes."""
    most = max(1, most)
    if strip.size <= most:
        return strip
    together = -(-strip.size // most)
    padded = np.full(-(-strip.size // together) * together, np.nan, np.float32)
    padded[: strip.size] = strip
    return np.nan_to_num(padded.reshape(-1, together), nan=0.0).max(axis=1).astype(np.float32)


def _rgb(color: str) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    found = QColor(color)
    return np.array([found.red(), found.green(), found.blue()], np.float64)
