"""The table of Fleet Metrics: figures side by side, or one measure over time as a heat map.

10,000 rows are sorted within 50 ms: what is sorted by lies in arrays, one number a row.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter

import numpy as np
from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QHelpEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QHeaderView, QStyle, QStyleOptionViewItem, QToolTip

from workbench.core.messages import _
from workbench.functions.fleet import FleetRow
from workbench.metrics.fleet import FleetMeasure, FunctionFigures, Strip
from workbench.metrics.series import Floats
from workbench.ui.features.fleet.table import matching, searched_text
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column, TableModel
from workbench.ui.kit.text import PlainDelegate, duration_text, tool_tip
from workbench.ui.kit.theme import Theme

UNKNOWN = "–"
"""CloudWatch has nothing; not the same as nothing happened."""


@dataclass(frozen=True, slots=True)
class FigureColumn:
    """One column.

    Attributes:
        id: Its name in the settings and for tests.
        title: In the header.
        width: In pixels.
        tip: What the figure means, where its title does not say all.
        text: Of a row; None where it is painted.
        measure: What of the figures it shows.
        figure: The number behind it, NaN for none; None for texts.
    """

    id: str
    title: str
    width: int
    tip: str = ""
    text: Callable[[FleetRow], str] | None = None
    measure: FleetMeasure | None = None
    figure: Callable[[FunctionFigures], float] | None = None

    def written(self, line: "Line") -> str:
        """What the cell says."""
        if self.text is not None:
            return self.text(line.row)
        if self.figure is None:
            return ""
        if line.figures is None:
            return UNKNOWN
        return write(self.measure or FleetMeasure.COST, self.figure(line.figures))


def write(measure: FleetMeasure, value: float) -> str:
    """A value for people; a dash for none."""
    if math.isnan(value):
        return UNKNOWN
    match measure:
        case FleetMeasure.ERROR_RATE:
            return f"{value:.1f} %" if value >= 0.1 or not value else "< 0.1 %"
        case FleetMeasure.P95 | FleetMeasure.ITERATOR_AGE:
            return duration_text(value)
        case FleetMeasure.COST:
            return write_usd(value)
    return f"{value:,.0f}"


def write_usd(usd: float) -> str:
    """US dollars: "$1,204.50", "$0.0312", "< $0.0001"."""
    if 0 < usd < 0.0001:
        return "< $0.0001"
    return f"${usd:,.2f}" if usd >= 1 or not usd else f"${usd:.4f}"


def measure_title(measure: FleetMeasure) -> str:
    """The measure's column title."""
    return next(column.title for column in COLUMNS if column.measure is measure)


def _of(measure: FleetMeasure) -> Callable[[FunctionFigures], float]:
    return lambda figures: figures.totals[measure]


def _measured(measure: FleetMeasure, title: str, width: int, tip: str = "") -> FigureColumn:
    return FigureColumn(measure.value, title, width, tip, measure=measure, figure=_of(measure))


COLUMNS: tuple[FigureColumn, ...] = (
    FigureColumn("name", _("Name"), 260, text=lambda row: row.function.function_name),
    FigureColumn("profile", _("Profile"), 80, text=lambda row: row.profile_name),
    FigureColumn("region", _("Region"), 100, text=lambda row: row.function.region),
    FigureColumn("trend", _("Over time"), 132, _("Invocations as bars, with failed ones in red below")),
    _measured(FleetMeasure.ERRORS, _("Errors"), 84),
    _measured(
        FleetMeasure.ERROR_RATE,
        _("Error rate"),
        92,
        _("Errors divided by invocations. Throttles are not counted."),
    ),
    _measured(FleetMeasure.THROTTLES, _("Throttles"), 90),
    _measured(FleetMeasure.P95, _("Duration p95"), 116, _("The highest p95 of any period in the range")),
    _measured(
        FleetMeasure.ITERATOR_AGE,
        _("Iterator age"),
        108,
        _("The highest iterator age in the range (streams only)"),
    ),
    _measured(FleetMeasure.INVOCATIONS, _("Invocations"), 104),
    _measured(
        FleetMeasure.COST,
        _("Cost"),
        80,
        _("Estimate for the range, without provisioned concurrency and cold starts"),
    ),
    FigureColumn(
        "month_cost",
        _("Cost per month"),
        120,
        _("Estimate for a month at this rate, without provisioned concurrency and cold starts"),
        figure=attrgetter("month_usd"),
    ),
)
BY_ID = {column.id: number for number, column in enumerate(COLUMNS)}


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A function, and how it has been doing as far as that is known."""

    row: FleetRow
    figures: FunctionFigures | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """Functions, made ready to be sorted and searched: too much work for the main thread.

    Attributes:
        by_arn: Each function once.
        names: Of each.
        texts: Of each the text that a search looks at.
        columns: Of each column a number a row, NaN where figures are to come; shape (columns, rows).
    """

    by_arn: Mapping[str, FleetRow]
    names: list[str]
    texts: list[str]
    columns: Floats

    @classmethod
    def of(cls, rows: Iterable[FleetRow]) -> "Prepared":
        """Prepares rows, on any thread."""
        unique = {row.function.function_arn: row for row in rows}
        columns = np.full((len(COLUMNS), len(unique)), np.nan)
        for number, column in enumerate(COLUMNS):
            if (text := column.text) is not None:
                words = [text(row).casefold() for row in unique.values()]
                ranks = {word: float(rank) for rank, word in enumerate(sorted(set(words)))}
                columns[number] = [ranks[word] for word in words]
        names = [row.function.function_name for row in unique.values()]
        return cls(unique, names, [_searched(row) for row in unique.values()], columns)


def _searched(row: FleetRow) -> str:
    function = row.function
    return f"{searched_text(function)}\n{row.profile_name}\n{function.region}\n{function.account_id}".lower()


class FleetMetricsModel(TableModel[Line]):
    """Holds all functions of the fleet once, by their ARNs.

    Args:
        parent: Whose it is.
        note_of: What else is to be said of a function.
    """

    def __init__(
        self, parent: QObject | None = None, note_of: Callable[[FleetRow], str] = lambda _row: ""
    ) -> None:
        columns = tuple(map(self._own, COLUMNS))
        super().__init__(columns, lambda line: line.row.function.function_arn, parent=parent)
        self._note_of = note_of
        self._numbers: dict[str, int] = {}
        self._names: list[str] = []
        self._texts: list[str] = []
        self._values = np.empty((len(COLUMNS), 0))  # what is sorted by: of each column a number a row
        self._order = np.empty(0, np.int64)
        self._query, self._only_unhealthy = "", False
        self._sorted_by, self._descending = BY_ID[FleetMeasure.ERRORS.value], True
        self.scale: dict[FleetMeasure, float] = {}
        self._heading = ""

    def _own(self, column: FigureColumn) -> Column[Line]:
        return Column(
            column.title,
            column.written,
            column.width,
            id=column.id,
            help=column.tip or column.title,
            tip=lambda line: self._tip(column, line),
            spoken=lambda line: f"{column.title}: {column.written(line)}",
            is_number=column.figure is not None,
        )

    def _tip(self, column: FigureColumn, line: Line) -> str:
        problem = line.figures.problem if line.figures is not None else ""
        return "\n".join(filter(None, (column.written(line), problem, self._note_of(line.row))))

    # Rows ---------------------------------------------------------------------------------------------------

    @property
    def total(self) -> int:
        """How many functions there are, shown or not."""
        return len(self._all)

    def take(self, rows: Prepared) -> None:
        """Takes the fleet's functions; figures of those that stay are kept."""
        before = {arn: self._all[number].figures for arn, number in self._numbers.items()}
        self._all = [Line(row, before.get(arn)) for arn, row in rows.by_arn.items()]
        self._numbers = {arn: number for number, arn in enumerate(rows.by_arn)}
        self._names, self._texts = rows.names, rows.texts
        self._values = rows.columns.copy()
        self._take(range(len(self._all)))

    def set_figures(self, found: Mapping[str, FunctionFigures]) -> None:
        """Takes figures by ARNs; functions that are not here are left out."""
        numbers = []
        for arn, figures in found.items():
            if (number := self._numbers.get(arn)) is not None:
                self._all[number] = Line(self._all[number].row, figures)
                numbers.append(number)
        self._take(numbers)

    def set_heading(self, words: str) -> None:
        """A title for the column "Over time"; empty for its own."""
        if words != self._heading:
            self._heading = words
            place = BY_ID["trend"]
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, place, place)

    def forget_figures(self) -> None:
        """Another time was chosen."""
        self._all = [Line(line.row) for line in self._all]
        self._take(range(len(self._all)))

    def _take(self, numbers: Iterable[int]) -> None:
        for place, column in enumerate(COLUMNS):
            if (figure := column.figure) is not None:
                values = self._values[place]
                for number in (numbers := list(numbers)):
                    figures = self._all[number].figures
                    values[number] = np.nan if figures is None else figure(figures)
        self._measure_scale()
        self._sort()
        self.arrange()

    def _measure_scale(self) -> None:
        """The highest value of any period, for the colours."""
        known = [line.figures for line in self._all if line.figures is not None]
        self.scale = {}
        for measure in FleetMeasure:
            peaks = np.array([figures.peaks[measure] for figures in known])
            there = peaks[~np.isnan(peaks)]
            self.scale[measure] = float(there.max()) if there.size else 0.0

    # What is shown ------------------------------------------------------------------------------------------

    def narrow(self, query: str, *, only_unhealthy: bool) -> None:
        """Narrows the rows: to what was typed, and to functions with errors or throttles."""
        if (query, only_unhealthy) != (self._query, self._only_unhealthy):
            self._query, self._only_unhealthy = query, only_unhealthy
            self.arrange()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._sorted_by, self._descending = column, order == Qt.SortOrder.DescendingOrder
        self._sort()
        self.arrange()

    def _sort(self) -> None:
        """By name among equals; what is not known comes last, either way."""
        values = self._values[self._sorted_by]
        by_value = np.where(np.isnan(values), np.inf, -values if self._descending else values)
        self._order = np.lexsort((self._values[BY_ID["name"]], by_value))

    def arranged(self) -> list[Line]:
        order = self._order
        if self._only_unhealthy:
            errors, throttles = (
                self._values[BY_ID[measure.value]]
                for measure in (FleetMeasure.ERRORS, FleetMeasure.THROTTLES)
            )
            order = order[((errors > 0) | (throttles > 0))[order]]
        if self._query.strip():
            found = np.zeros(len(self._all), bool)
            found[matching(self._query, self._names, self._texts)] = True
            order = order[found[order]]
        return [self._all[number] for number in order.tolist()]

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        is_title = orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole
        if is_title and self._heading and section == BY_ID["trend"]:
            return self._heading
        return super().headerData(section, orientation, role)


_MARGIN_X, _MARGIN_Y, _FAINTEST = 6, 4, 0.16
"""How strong the colour of the smallest value is that is not zero: it must differ from none."""
_Index = QModelIndex | QPersistentModelIndex
_TREND, _NAME = BY_ID["trend"], BY_ID["name"]
_IN_HEAT = ("name", "region", "trend")


class _StripDelegate(PlainDelegate):
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
        ends = (some.window.start_s, some.window.end_s)
        start, end = (datetime.fromtimestamp(each, UTC).astimezone() for each in ends)
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
        shown = self._strips.measure
        measures = (shown,) if shown else (FleetMeasure.INVOCATIONS, FleetMeasure.ERRORS)
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
