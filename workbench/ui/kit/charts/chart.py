"""A chart: title, legend with the values under the crosshair, and the drawing, or a message in its place.

pyqtgraph is loaded with plot.py, when the first curves are drawn.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QIODevice, QSize, Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication, QKeyEvent, QMouseEvent
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from workbench.core.messages import _
from workbench.ui.kit.charts import points
from workbench.ui.kit.charts.model import (
    Curve,
    Floats,
    Limit,
    Marker,
    Threshold,
    Unit,
    markers_at,
    tip_of,
    write_value,
)
from workbench.ui.kit.text import (
    Markup,
    PlainLabel,
    RichLabel,
    colored,
    escaped,
    joined,
    named,
    show_status,
    tool_tip,
    unbroken,
)

if TYPE_CHECKING:
    from workbench.ui.kit.charts.plot import Plot
    from workbench.ui.kit.theme import Colors, Theme

_MARGIN = 12
BAR_SIGN, PREVIOUS_SIGN, LIMIT_SIGN = "■", "╌", "┅"
LINE_SIGNS = ("──", "─\N{NO-BREAK SPACE}─", "···", "─·─")  # no line breaks within them
"""The line styles of plot.py for the first, second, ... line of a chart: distinguishable without colours."""
_TABLE_ROWS = 50
_LONG_ENTRY = 20  # characters: "timeout 900,000"

_CROSSHAIR_KEYS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End)


class Chart(QWidget):
    """A chart over time. Creating it is cheap: the drawing is created with the first curves.

    Args:
        unit: The unit of the values.
        theme: The chart follows it.
    """

    pointed = Signal(object)  # float, seconds since 1970 of the point under the crosshair, or None
    zoomed = Signal(float, float)  # the visible time range
    save_wanted = Signal()  # as an image
    pulled = Signal(float)  # a line was dragged out of the value axis to this value; see `pull_hint`

    def __init__(self, name: str, title: str, unit: Unit, theme: "Theme") -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)  # the style sheet draws the focus ring
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.title = title
        self.unit = unit
        self.plot: Plot | None = None
        self._theme = theme
        theme.changed.connect(self._take_theme)
        self._curves: tuple[Curve, ...] = ()
        self._markers: tuple[Marker, ...] = ()
        self._limits: tuple[Limit, ...] = ()
        self._thresholds: tuple[Threshold, ...] = ()
        self.pull_hint = (
            ""  # shown over the value axis if a line may be dragged out of it; set before drawing
        )
        self._span = (0.0, 1.0)
        self._sight: tuple[float, float] | None = None
        self._at: float | None = None
        self._is_utc = False
        self._is_log = False
        self._title = named(PlainLabel(title), f"{name}Title", role="heading")
        self._legend = _legend_label(f"{name}Legend")
        self._message = _message_label(f"{name}Words")
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._title, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self._legend, 1)
        self._stack = QStackedLayout()
        self._stack.addWidget(self._message)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 4)
        column.setSpacing(4)
        column.addLayout(head)
        column.addLayout(self._stack, 1)
        _add_menu(self)
        self.show_message(_("Loading…"))

    def minimumSizeHint(self) -> QSize:
        return QSize(260, 150)

    # What is shown ------------------------------------------------------------------------------------------

    def show_span(self, start_s: float, end_s: float) -> None:
        """Sets the time range. A zoom within it is kept.

        Args:
            start_s: Start, seconds since 1970.
        """
        sight = self._sight if self._sight and start_s <= self._sight[0] < self._sight[1] <= end_s else None
        self._span = (start_s, end_s)
        if self.plot is not None:
            self.plot.set_limits(start_s, end_s)
        self.show_sight(sight)

    def show_sight(self, sight: tuple[float, float] | None) -> None:
        """Zooms to a part of the time range; None shows all of it."""
        self._sight = sight
        if self.plot is not None:
            self.plot.show_span(*(sight or self._span))

    def show_curves(self, curves: tuple[Curve, ...], limits: tuple[Limit, ...] = ()) -> None:
        """Draws curves and their limits; if none has a value, a message says so."""
        if not points.has_values(curves):
            self.show_message(_("No data in this time range"))
            return
        self._curves, self._limits = curves, limits
        plot = self._drawn()
        plot.draw(curves, self._theme.colors)
        plot.draw_limits(limits, self._theme.colors)
        self._stack.setCurrentWidget(plot)
        self._describe()
        self._show_legend()

    def show_markers(self, markers: Sequence[Marker]) -> None:
        """Marks times, oldest first, also for later curves; the tool tip shows their text."""
        self._markers = tuple(markers)
        if self.plot is not None:
            self.plot.draw_markers(self._markers, self._theme.colors)
        self._describe()
        self._show_legend()

    def show_thresholds(self, thresholds: Sequence[Threshold]) -> None:
        """Marks values that should not be crossed, also for later curves."""
        self._thresholds = tuple(thresholds)
        if self.plot is not None:
            self.plot.draw_thresholds(self._thresholds, self._theme.colors)
        self._describe()
        self._show_legend()

    def show_message(self, text: str, *, danger: bool = False) -> None:
        """Shows a message that says why there is no drawing."""
        self._curves, self._limits = (), ()
        show_status(self._message, text, danger=danger)
        self._stack.setCurrentWidget(self._message)
        self._describe()
        self._show_legend()

    def set_note(self, text: str) -> None:
        """Marks the chart with a note on its data; empty removes the mark."""
        self._title.setText(f"{self.title} ⚠" if text else self.title)
        self._title.setToolTip(tool_tip(text))
        self._title.setAccessibleDescription(text)

    @property
    def message(self) -> str:
        """The message in place of the drawing; empty if there is a drawing."""
        return self._message.text() if self._stack.currentWidget() is self._message else ""

    @property
    def curves(self) -> tuple[Curve, ...]:
        """The curves that are drawn."""
        return self._curves

    def set_axes(self, *, is_utc: bool, is_log: bool) -> None:
        """Sets whether times are in UTC, and values (but never percentages) on a logarithmic scale."""
        self._is_utc, self._is_log = is_utc, is_log and self.unit is not Unit.PERCENT
        if self.plot is not None:
            self.plot.set_axes(is_utc=self._is_utc, is_log=self._is_log)
            self._redraw()
        self._describe()
        self._show_legend()

    @property
    def sight(self) -> tuple[float, float] | None:
        """The part of the time range that is zoomed to; None if all of it is visible."""
        return self._sight

    # Crosshair ----------------------------------------------------------------------------------------------

    def show_crosshair(self, time_s: float | None) -> None:
        """Moves the crosshair to a time, with the values there in the legend; None hides it."""
        self._at = time_s
        if self.plot is not None:
            self.plot.show_crosshair(time_s)
        self._show_legend()

    @property
    def readout(self) -> str:
        """The legend as plain text."""
        texts = [self._entry(curve) for curve in self.curves]
        texts += self._limit_texts() + [each.signed_label for each in self._thresholds]
        figure = self._figure if self._at is None else ""
        text = " · ".join(texts + [marker.label for marker in self._marked()])
        return f"{figure}: {text}" if figure else text

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys, Home and End move the crosshair, with Ctrl from marker to marker; Escape hides it.

        0 shows the whole time range again.
        """
        moments = max((curve.time_s for curve in self.curves), key=len, default=None)
        if event.key() == Qt.Key.Key_0:
            self.show_whole()
        elif event.key() == Qt.Key.Key_Escape and self._at is not None:
            self.pointed.emit(None)
        elif moments is None or not _moves_crosshair(event):
            super().keyPressEvent(event)
        elif (there := _crosshair_after(event, self._at, moments, self._markers)) is not None:
            self.pointed.emit(there)
            if _moves_to_marker(event) and self.plot is not None and (marked := self._marked()):
                self.plot.show_tool_tip(marked)

    def show_whole(self) -> None:
        """Requests the whole time range."""
        self.zoomed.emit(*self._span)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.show_whole()
        event.accept()

    def png(self) -> bytes:
        """The chart with title and legend as a PNG."""
        return grab_png(self)

    def svg(self) -> bytes:
        """The chart as an SVG."""
        return draw_svg(self, self.title)

    def table_text(self, rows: int = _TABLE_ROWS) -> str:
        """The newest points as lines of text, then markers and thresholds: for screen readers."""
        curves, text = self._curves, self.message
        if curves:
            text = points.table_text(curves, self._markers, self.unit, self._span, rows, is_utc=self._is_utc)
        return "\n".join([text, *(tip_of(each, self._curves) for each in self._thresholds)])

    def csv(self) -> str:
        """All points as comma-separated values, times in UTC; missing values are empty."""
        return points.csv_text(self._curves, self.title) if self._curves else ""

    def _describe(self) -> None:
        entries = [" ".join(filter(None, (each.label, each.summary))) for each in self._curves]
        summary = ", ".join(entries + self._limit_texts())
        if self._figure:
            summary = f"{self._figure}: {summary}"
        text = self.table_text()
        self.setAccessibleDescription(f"{summary}\n{text}" if self._curves else text)

    def _take_theme(self) -> None:
        if self.plot is not None:
            self.plot.set_colors(self._theme.colors)
            self._redraw()
        self._show_legend()

    def _redraw(self) -> None:
        if self.plot is not None:
            self.plot.draw(self._curves, self._theme.colors)
            self.plot.draw_limits(self._limits, self._theme.colors)
            self.plot.draw_markers(self._markers, self._theme.colors)
            self.plot.draw_thresholds(self._thresholds, self._theme.colors)

    def _drawn(self) -> "Plot":
        if self.plot is None:
            from workbench.ui.kit.charts.plot import Plot

            self.plot = named(Plot(self.unit), f"{self.objectName()}Plot", self.title)
            self.plot.set_colors(self._theme.colors)
            self.plot.set_axes(is_utc=self._is_utc, is_log=self._is_log)
            self.plot.pointed.connect(lambda at: self.pointed.emit(points.nearest(self._curves, at)))
            self.plot.left.connect(lambda: self.pointed.emit(None))
            self._stack.addWidget(self.plot)
            self.plot.set_limits(*self._span)
            self.plot.show_span(*(self._sight or self._span))
            self._redraw()
            self.plot.zoomed.connect(self.zoomed)
            if self.pull_hint:
                self.plot.enable_pull(self._theme.colors, self.pull_hint)
                self.plot.pulled.connect(self.pulled)
        return self.plot

    def _read(self, curve: Curve) -> str:
        return curve.summary if self._at is None else write_value(points.value_at(curve, self._at), self.unit)

    def _entry(self, curve: Curve) -> str:
        """The legend's text for a curve; includes the figure's name if the curves show several."""
        figure = curve.figure if self._at is None and not self._figure else ""
        return " ".join(filter(None, (curve.label, figure, self._read(curve))))

    @property
    def _figure(self) -> str:
        """The name of the figure in the legend of all curves; empty if they show several, or none."""
        figures = {curve.figure for curve in self._curves if curve.summary}
        return figures.pop() if len(figures) == 1 else ""

    def _marked(self) -> tuple[Marker, ...]:
        """The markers of the period under the crosshair."""
        if self._at is None or not self._curves:
            return ()
        return markers_at(self._markers, self._curves, self._at, self._span[1])

    def _limit_texts(self) -> list[str]:
        return [f"{limit.label} {write_value(limit.value, self.unit)}" for limit in self._limits]

    def _show_legend(self) -> None:
        heading = self._figure
        if self._curves and self._at is not None:
            heading = points.clock_time(self._at, *self._span, is_utc=self._is_utc)
        read = [(curve, self._entry(curve)) for curve in self._curves]
        plot = self.plot if self._curves else None  # it names the visible thresholds
        far = [each for each in self._thresholds if plot is None or not plot.sees(each.value)]
        limits, before = self._limit_texts(), _("before")
        colors = self._theme.colors
        markup = _legend_markup(read, limits, far, self._marked(), heading, self.unit, colors, before)
        self._legend.setText(markup)
        self._legend.setToolTip(tool_tip(self.readout))


def _legend_label(name: str) -> QLabel:
    label = named(RichLabel(), name)
    label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    label.setWordWrap(True)
    return label


def _message_label(name: str) -> QLabel:
    label = named(PlainLabel(), name, role="muted")
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setWordWrap(True)
    label.setMargin(_MARGIN)
    return label


def _legend_markup(
    curves: Sequence[tuple[Curve, str]],
    limits: Sequence[str],
    thresholds: Sequence[Threshold],
    markers: Sequence[Marker],
    heading: str,
    unit: Unit,
    colors: "Colors",
    before: str,
) -> Markup:
    """Builds a legend.

    Args:
        curves: Each with its text.
        heading: The time under the crosshair, or the figure's name; empty for none.
        before: The text for all curves of the previous period, if a chart has several.
    """
    parts = [colored(unbroken(heading), colors.muted)] if heading else []
    now = [curve for curve, __ in curves if not curve.is_previous]
    for curve, words in curves:
        if curve.is_previous and len(now) > 1:
            continue
        if curve.is_previous:
            sign = PREVIOUS_SIGN
        elif unit is Unit.COUNT or len(now) == 1:
            sign = BAR_SIGN
        else:
            sign = LINE_SIGNS[now.index(curve) % len(LINE_SIGNS)]
        parts.append(_entry(colored(sign, colors.series[curve.color % len(colors.series)]), words))
    if len(now) > 1 and len(curves) > len(now):
        parts.append(_entry(PREVIOUS_SIGN, before))
    parts += [_entry(colored(LIMIT_SIGN, colors.danger), words) for words in limits]
    parts += [
        colored(unbroken(each.signed_label), colors.danger if each.is_bad else colors.text)
        for each in thresholds
    ]
    parts += [_entry("▼", marker.label) for marker in markers]
    return joined(" \N{NO-BREAK SPACE}", parts)


def _entry(sign: str, words: str) -> Markup:
    """Not broken into lines, unless it is long: beside a chart's title it would be cut off."""
    return joined(unbroken(" "), (sign, unbroken(words) if len(words) <= _LONG_ENTRY else escaped(words)))


def _add_menu(chart: "Chart") -> None:
    """Adds a context menu to a chart."""
    chart.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
    clipboard = QGuiApplication.clipboard()
    for name, text, handler in (
        ("ShowAll", _("Show Whole Range"), chart.show_whole),
        ("Save", _("Save…"), chart.save_wanted.emit),
        ("CopyImage", _("Copy Image"), lambda: clipboard.setPixmap(chart.grab())),
        ("CopyData", _("Copy Data as CSV"), lambda: clipboard.setText(chart.csv())),
    ):
        action = QAction(text, chart)
        action.setObjectName(f"{chart.objectName()}{name}")
        action.triggered.connect(handler)
        chart.addAction(action)


def grab_png(widget: QWidget) -> bytes:
    """A PNG of a widget."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    widget.grab().save(buffer, "PNG")
    return bytes(buffer.data().data())


def draw_svg(widget: QWidget, title: str) -> bytes:
    """A widget as vector graphics, sharp at any size. pyqtgraph's own exporter fails (0.14)."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(widget.size())
    generator.setViewBox(widget.rect())
    generator.setTitle(title)
    widget.render(generator)
    return bytes(buffer.data().data())


def _moves_crosshair(event: QKeyEvent) -> bool:
    """Whether a key moves the crosshair."""
    return event.key() in _CROSSHAIR_KEYS


def _moves_to_marker(event: QKeyEvent) -> bool:
    """Whether a key goes from marker to marker: Ctrl with Left or Right."""
    return event.key() in _CROSSHAIR_KEYS[:2] and event.modifiers() == Qt.KeyboardModifier.ControlModifier


def _crosshair_after(
    event: QKeyEvent, here_s: float | None, moments: Floats, markers: Sequence[Marker]
) -> float | None:
    """The crosshair's position after a key; None if there is nothing to go to.

    Args:
        here_s: The current position; None without a crosshair.
        moments: The possible positions, ascending.
        event: A key for which `_moves_crosshair` is true.
    """
    key, last = Qt.Key(event.key()), len(moments) - 1
    here = last + 1 if here_s is None else int(moments.searchsorted(here_s))
    if _moves_to_marker(event):
        periods = {_period(moments, marker.time_s) for marker in markers}
        if key == Qt.Key.Key_Left:
            period = max((each for each in periods if each < here), default=None)
        else:
            period = min((each for each in periods if each > here or here_s is None), default=None)
        return None if period is None else float(moments[period])
    there = {Qt.Key.Key_Left: here - 1, Qt.Key.Key_Right: here + 1, Qt.Key.Key_Home: 0}.get(key, last)
    return float(moments[min(max(there, 0), last)])


def _period(moments: Floats, time_s: float) -> int:
    """The period that contains a time."""
    return max(0, int(moments.searchsorted(time_s, side="right")) - 1)
