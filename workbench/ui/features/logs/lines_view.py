"""How log rows look: what is left out, where lines break, how they are painted and selected."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAction,
    QColor,
    QContextMenuEvent,
    QFont,
    QFontMetricsF,
    QGuiApplication,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QToolTip

from workbench.core.messages import _
from workbench.functions.denied import may_be_denied
from workbench.invoke.payload import own_frame
from workbench.logs.buffer import AllRows, LogBuffer, Row, Rows
from workbench.logs.find import Matches
from workbench.logs.parse import Level, LineKind, folded
from workbench.ui.kit.text import PlainMenu, named, tool_tip
from workbench.ui.kit.theme import Theme, monospace

_MAX_LINE_FACTOR = 4  # times the columns: characters without a width
_MARGIN, _BAR = 8, 3
_TIME_CHARACTERS, _DAY_CHARACTERS = 14, 6
_SOURCE_CHARACTERS = 24
# One sign for each that would disturb: the columns of what is shown and of what is meant are the same.
_ODD = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True, order=True)
class TextPosition:
    """A position before a character of a row, both by number: stable while rows are added and removed."""

    number: int
    column: int


@dataclass(frozen=True, slots=True)
class Selection:
    """The text between the anchor and the cursor."""

    anchor: TextPosition
    cursor: TextPosition

    @property
    def begin(self) -> TextPosition:
        return min(self.anchor, self.cursor)

    @property
    def end(self) -> TextPosition:
        return max(self.anchor, self.cursor)

    @property
    def is_empty(self) -> bool:
        return self.anchor == self.cursor

    def columns(self, number: int, length: int) -> tuple[int, int] | None:
        """The selected columns of a row of `length` characters; one more stands for its line end."""
        begin, end = self.begin, self.end
        if self.is_empty or not begin.number <= number <= end.number:
            return None
        first = begin.column if number == begin.number else 0
        return first, (end.column if number == end.number else length + 1)

    def row_range(self, rows: Rows) -> tuple[int, int]:
        """The indices of its rows: the first and the one after the last."""
        first = rows.index_of(self.begin.number)
        end = rows.index_of(self.end.number)
        is_there = end < len(rows) and rows.number(end) == self.end.number
        return first, end + (1 if is_there else 0)


def selected_text(selection: Selection, rows: Rows) -> str:
    """The selected text, rows separated by line feeds."""
    parts: list[str] = []
    for row in rows.each(*selection.row_range(rows)):
        columns = selection.columns(row.number, len(row.text))
        if columns is not None:
            parts.append(row.text[columns[0] : columns[1]])
    return without_surrogates("\n".join(parts))


def without_surrogates(text: str) -> str:
    """A text with a replacement character for each lone surrogate, which Qt would leave out."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@dataclass(frozen=True, slots=True)
class LaidRow:
    """A row as it is shown.

    Attributes:
        row: The row.
        text: What is shown of it, one character each; of a very long row as much as is looked at.
        folded: Begin and end of the row's characters that are left out.
        muted: Begin and end of the shown characters that repeat the time and the request ID.
        lines: Begin and end of each line, in shown characters. The last may reach beyond the text.
        is_link: Whether it is a frame of a stack trace that can be opened.
    """

    row: Row
    text: str
    folded: tuple[int, int]
    muted: tuple[int, int]
    lines: tuple[tuple[int, int], ...]
    is_link: bool

    def display_column(self, column: int) -> int:
        """The shown column of a character of the row."""
        begin, end = self.folded
        return column if column <= begin else max(begin, column - (end - begin))

    def row_column(self, shown: int) -> int:
        """The character of the row at a shown column; at a folded part, its begin."""
        begin, end = self.folded
        return shown if shown <= begin else shown + (end - begin)


def wrapped(
    text: str, columns: int, fitting: Callable[[str], int], most: int
) -> tuple[tuple[tuple[int, int], ...], bool]:
    """Breaks a text into lines, at spaces where there are any.

    Args:
        text: Of one row.
        columns: How many characters of usual width fit into a line.
        fitting: How many characters from the beginning of a text fit.
        most: No more lines than these.

    Returns:
        Begin and end of each line, and whether text is left over.
    """
    lines: list[tuple[int, int]] = []
    begin = 0
    while True:
        piece = text[begin : begin + columns * _MAX_LINE_FACTOR]
        end = begin + max(1, min(columns, len(piece)) if piece.isascii() else fitting(piece))
        if end >= len(text):
            return (*lines, (begin, begin + max(columns, len(text) - begin) + 1)), False
        if len(lines) == most - 1:
            return (*lines, (begin, end)), True
        space = text.rfind(" ", begin + (end - begin) // 2, end + 1)
        if space > begin:
            end = space + 1
        lines.append((begin, end))
        begin = end


def printable(text: str) -> str:
    """A text of the same length whose control characters are replaced by visible ones."""
    return text if text.isascii() and text.isprintable() else _ODD.sub(_sign, text)


def _sign(odd: re.Match[str]) -> str:
    number = ord(odd[0])
    if odd[0] == "\t":
        return " "
    return chr(0x2400 + number) if number < 32 else "␡" if number == 127 else "\ufffd"


class LinePainter:
    """Lays rows out, and paints them.

    Attributes:
        wraps: Whether a long row takes several lines.
        has_ids: Whether the time and the request ID at the beginning of a row are shown, muted.
        matches: What was found and is marked.
        current: Which of the matches is marked most, -1 for none.
        zone: In which times are shown; None for the machine's own.
        has_date: Whether days are shown, too.
        has_source: Whether each line's function is shown.
    """

    def __init__(self, theme: Theme, font: QFont) -> None:
        metrics = QFontMetricsF(font)
        self._theme = theme
        self._metrics = metrics
        self.row_height = max(1, round(metrics.height()) + 2)
        self._ascent = metrics.ascent() + 1
        self._width = max(1.0, metrics.horizontalAdvance("0"))
        self.matches, self.current = Matches(), -1
        self.zone: tzinfo | None = None
        self.has_date = False
        self.has_source = False
        self.wraps = False
        self.has_ids = False

    def columns_in(self, width: int) -> int:
        """How many characters of text fit into a width."""
        return max(1, int((width - self._text_x) / self._width))

    def lay(self, row: Row, width: int, offset: int = 0, most_lines: int = 1) -> LaidRow:
        """Lays a row out.

        Args:
            row: The row.
            width: Of the place, in pixels.
            offset: How many characters are scrolled out on the left; 0 while lines wrap.
            most_lines: While lines wrap: more than these are cut off.
        """
        columns = self.columns_in(width)
        begin, end = folded(row.text, row.time_ms) if row.is_head else (0, 0)
        is_left_out = end > begin and not self.has_ids and not self._is_found(row.number, begin, end)
        # A line may have a million characters: what is not looked at is not laid out.
        limit = columns * (most_lines + 1) if self.wraps else offset + columns + 1
        if self.wraps and (found := self._current_in(row.number)) > end + limit - 2 * columns:
            begin, end, is_left_out = 0, found - columns, True  # what is looked for is
        if is_left_out:
            text = printable(row.text[:begin] + row.text[end : end + limit])
        else:
            text = printable(row.text[: end + limit])
        lines: tuple[tuple[int, int], ...] = ((offset, offset + columns + 1),)
        if self.wraps:
            lines, is_cut = wrapped(text, columns, lambda piece: self._fitting(piece, columns), most_lines)
            if is_cut:
                text = text[: lines[-1][1] - 1] + "…"
        return LaidRow(
            row,
            text,
            (begin, end) if is_left_out else (0, 0),
            (0, 0) if is_left_out else (begin, end),
            lines,
            own_frame(row.text) is not None,
        )

    def column_at(self, laid: LaidRow, x: int, line: int = 0) -> int:
        """The character of a row at an x coordinate in one of its lines."""
        begin, end = laid.lines[min(line, len(laid.lines) - 1)]
        across = x - self._text_x
        if across <= 0:
            return laid.row_column(begin)
        text = laid.text[begin : min(end, begin + int(across / self._width) + 2)]  # no letter is narrower
        if text.isascii():
            return laid.row_column(begin + min(len(text), round(across / self._width)))
        column = 0
        while column < len(text) and self._metrics.horizontalAdvance(text[: column + 1]) <= across:
            column += 1
        return laid.row_column(begin + column)

    def paint(
        self,
        painter: QPainter,
        size: QSize,
        rows: Iterable[LaidRow],
        selection: Selection,
        *,
        has_focus: bool,
    ) -> None:
        """Paints rows from the top.

        Args:
            painter: With the font.
            size: Of the place.
            rows: In view.
            selection: Of them all.
            has_focus: Whether the cursor's row is marked.
        """
        colors = self._theme.colors
        painter.fillRect(0, 0, size.width(), size.height(), QColor(colors.base))
        top = 0
        for laid in rows:
            row, height = laid.row, self.row_height * len(laid.lines)
            if has_focus and selection.cursor.number == row.number:
                painter.fillRect(0, top, size.width(), height, QColor(colors.window))
            if row.level.is_error or row.level is Level.WARN:
                tone = colors.danger if row.level.is_error else colors.warning
                painter.fillRect(0, top, _BAR, height, QColor(tone))
            if row.is_head:
                self._paint_gutter(painter, row, top)
            for number, (begin, end) in enumerate(laid.lines):
                self._paint_line(painter, laid, top + number * self.row_height, selection, begin, end)
            top += height

    def _paint_gutter(self, painter: QPainter, row: Row, top: int) -> None:
        painter.setPen(QColor(self._theme.colors.muted))
        text = self._time(row.time_ms)
        if self.has_source:
            source = row.source
            if len(source) > _SOURCE_CHARACTERS:
                source = f"{source[: _SOURCE_CHARACTERS - 1]}…"
            text = f"{text}  {printable(source)}"
        painter.drawText(QPointF(_MARGIN, top + self._ascent), text)

    def _paint_line(
        self, painter: QPainter, laid: LaidRow, top: int, selection: Selection, begin: int, end: int
    ) -> None:
        """Paints the shown characters from `begin` to before `end`."""
        colors, row, text, left = self._theme.colors, laid.row, laid.text, self._text_x

        def cut(first: int, last: int) -> tuple[int, int]:
            return max(laid.display_column(first), begin), min(laid.display_column(last), end)

        def mark(first: int, last: int, color: str) -> None:
            first, last = cut(first, last)
            if last > first:
                x0, x1 = self._x(text, first, begin), self._x(text, last, begin)
                painter.fillRect(QRectF(left + x0, top, x1 - x0, self.row_height), QColor(color))

        def write(first: int, last: int, color: str) -> None:
            first, last = max(first, begin), min(last, end, len(text))
            if last > first:
                painter.setPen(QColor(color))
                painter.drawText(
                    QPointF(left + self._x(text, first, begin), top + self._ascent), text[first:last]
                )

        spans = self.matches.spans(row.number) if len(self.matches) else ()
        for which, first, last in spans:
            mark(first, last, colors.accent if which == self.current else colors.border)
        if (selected := selection.columns(row.number, len(row.text))) is not None:
            mark(*selected, colors.selection)
        if laid.is_link:
            indent = len(text) - len(text.lstrip())
            write(indent, len(text), colors.accent)
            x0, x1 = (self._x(text, min(max(each, begin), end), begin) for each in (indent, len(text)))
            painter.fillRect(QRectF(left + x0, top + self.row_height - 2, x1 - x0, 1), QColor(colors.accent))
        else:
            muted_begin, muted_end = laid.muted
            write(begin, muted_begin, self._color(row))
            write(muted_begin, muted_end, colors.muted)
            write(muted_end, end, self._color(row))
        for which, first, last in spans:
            if which == self.current:
                write(laid.display_column(first), laid.display_column(last), colors.on_accent)

    def _current_in(self, number: int) -> int:
        """Where the current match begins in a row; -1 for not in this one."""
        spans = self.matches.spans(number) if self.current >= 0 else ()
        return next((first for which, first, _last in spans if which == self.current), -1)

    def _is_found(self, number: int, begin: int, end: int) -> bool:
        """Whether a part of a row has a match, which must be visible."""
        if not len(self.matches):
            return False
        return any(first < end and last > begin for _which, first, last in self.matches.spans(number))

    def _fitting(self, text: str, columns: int) -> int:
        """How many characters from the beginning of a text fit into a line."""
        room = columns * self._width
        low, high = 1, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            if self._metrics.horizontalAdvance(text[:middle]) <= room:
                low = middle
            else:
                high = middle - 1
        return low

    def _x(self, text: str, column: int, offset: int) -> float:
        before = text[offset:column]
        extra = max(0, column - max(len(text), offset)) * self._width
        if before.isascii():
            return len(before) * self._width + extra
        return self._metrics.horizontalAdvance(before) + extra

    @property
    def _text_x(self) -> float:
        characters = _TIME_CHARACTERS + (_DAY_CHARACTERS if self.has_date else 0)
        if self.has_source:
            characters += _SOURCE_CHARACTERS + 2
        return _MARGIN + characters * self._width

    def _time(self, time_ms: int) -> str:
        moment = datetime.fromtimestamp(time_ms / 1000, UTC).astimezone(self.zone)
        day = f"{moment.month:02}-{moment.day:02} " if self.has_date else ""
        clock = f"{moment.hour:02}:{moment.minute:02}:{moment.second:02}.{moment.microsecond // 1000:03}"
        return day + clock

    def _color(self, row: Row) -> str:
        colors = self._theme.colors
        if row.level.is_error:
            return colors.danger
        if row.level is Level.WARN:
            return colors.warning
        return colors.text if row.kind is LineKind.OTHER else colors.muted


MAX_COPIED_ROWS = 5000
"""More rows are not copied at once: see `large_copy_wanted`."""
_DRAG_MS = 40
_MAX_LINES = 50
"""A row that takes more is cut off; Show Event has all of it."""
_WORD = re.compile(r"\w+")


class LinesView(QAbstractScrollArea):
    """The rows, newest last; follows the end while the reader is there.

    Signals:
        allow_wanted(str, str): What an event says was denied is to be allowed: its text, and the
            function that logged it, empty when only one is read.
        large_copy_wanted(Selection): More than MAX_COPIED_ROWS rows shall be copied.
        event_wanted(int): The whole event shall be shown, by a row's number.
        invocation_wanted(str): The invocation with this request id shall be shown.
        place_wanted(str, int, str): A line of the code: path in the package, line, and the function that
            logged it, empty when only one is read.
    """

    allow_wanted = Signal(str, str)
    large_copy_wanted = Signal(Selection)
    event_wanted = Signal(int)
    invocation_wanted = Signal(str)
    place_wanted = Signal(str, int, str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        named(self, "logText", _("Log lines"))
        self.setFont(monospace())
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setCursor(Qt.CursorShape.IBeamCursor)
        self.viewport().setMouseTracking(True)
        self.menu_actions: Sequence[QAction] = ()
        self.rows: Rows = AllRows(LogBuffer())
        self.selection = Selection(TextPosition(0, 0), TextPosition(0, 0))
        self.painter = LinePainter(theme, self.font())
        self._top_number = 0
        self._widest = 0
        self._dragged_to = QPoint()
        self._drag = QTimer(self, interval=_DRAG_MS)
        self._drag.timeout.connect(lambda: self._drag_to(self._dragged_to))
        self.verticalScrollBar().valueChanged.connect(self._scrolled)
        theme.changed.connect(self.viewport().update)

    # What is shown ------------------------------------------------------------------------------------------

    def show_rows(self, rows: Rows) -> None:
        """Shows other rows, from their end."""
        self.rows = rows
        self.selection = Selection(TextPosition(0, 0), TextPosition(0, 0))
        self._widest = 0
        self.horizontalScrollBar().setValue(0)
        self.verticalScrollBar().setRange(0, 0)
        self.refresh()

    def change_rows(self, rows: Rows) -> None:
        """Shows rows that are nearly the same; what is in view stays in view, if it is among them."""
        self.rows = rows
        self.refresh()

    def refresh(self) -> None:
        """Rows were added or removed: follows the end, or keeps what is in view."""
        bar = self.verticalScrollBar()
        is_at_end, top = bar.value() >= bar.maximum(), self._top_number
        bar.setPageStep(self._page_lines)
        bar.setRange(0, self._first_above(len(self.rows) - 1))
        bar.setValue(bar.maximum() if is_at_end else self.rows.index_of(top))
        self._scrolled()
        self.viewport().update()

    def show_matches(self, matches: Matches, current: int = -1) -> None:
        """Highlights matches."""
        self.painter.matches, self.painter.current = matches, current
        self.viewport().update()

    def reveal(self, number: int, begin: int = 0, end: int = 0) -> None:
        """Scrolls to a row, if it is not in view, and puts the cursor there."""
        place, bar = self.rows.index_of(number), self.verticalScrollBar()
        if not self._first_above(place) <= bar.value() <= place:
            bar.setValue(max(self._first_above(place), place - self._page_lines // 2))
        self._widest = max(self._widest, end)
        self._update_scroll_range()
        across = self.horizontalScrollBar()
        if not across.value() <= begin <= end <= across.value() + across.pageStep():
            across.setValue(max(0, begin - 8))
        self._select(TextPosition(number, begin), TextPosition(number, begin))

    def visible_text(self) -> str:
        """The rows in view, as they are."""
        return "\n".join(laid.row.text for laid in self._in_view())

    def set_display(self, *, wraps: bool, has_ids: bool) -> None:
        """Says whether long lines wrap, and whether times and request IDs within lines are shown."""
        self.painter.wraps, self.painter.has_ids = wraps, has_ids
        self._widest = 0
        self._update_scroll_range()
        self.refresh()

    # What Qt asks -------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setFont(self.font())
        rows = self._in_view(beyond=1)
        self.painter.paint(painter, self.viewport().size(), rows, self.selection, has_focus=self.hasFocus())
        painter.end()
        widest = max((len(laid.row.text) for laid in rows), default=0)
        if widest > self._widest:
            self._widest = widest
            self._update_scroll_range()

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), tool_tip(self._left_out_at(event.pos())), self.viewport())
            return True
        return super().viewportEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._update_scroll_range()
        self.refresh()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keeps = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        page = max(1, len(self._in_view()) - 1)
        steps = {
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_PageUp: -page,
            Qt.Key.Key_PageDown: page,
            Qt.Key.Key_Home: -len(self.rows),
            Qt.Key.Key_End: len(self.rows),
        }
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self.select_all()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and len(self.rows):
            if not self._open_frame(self.rows.buffer.row(self.selection.cursor.number)):
                self.event_wanted.emit(self.selection.cursor.number)
        elif (step := steps.get(Qt.Key(event.key()))) is not None and len(self.rows):
            self._move(step, keeps=keeps)
        elif event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            bar = self.horizontalScrollBar()
            bar.setValue(bar.value() + (8 if event.key() == Qt.Key.Key_Right else -8))
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            place = self._position_at(event.position().toPoint())
            keeps = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._select(self.selection.anchor if keeps else place, place)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        laid = self._laid_at(event.position().toPoint())
        over = laid is not None and laid[0].is_link
        shape = Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.IBeamCursor
        self.viewport().setCursor(shape)
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._dragged_to = event.position().toPoint()
            self._drag_to(self._dragged_to)
            self._drag.start()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._drag.stop()
        laid = self._laid_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and self.selection.is_empty and laid is not None:
            self._open_frame(laid[0].row)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        laid = self._laid_at(event.position().toPoint())
        if laid is None:
            return
        row, column = laid[0].row, self.painter.column_at(laid[0], event.position().toPoint().x(), laid[1])
        begin, end = laid[0].folded
        column = end if column == begin else column
        for word in _WORD.finditer(row.text):
            if word.start() <= column <= word.end():
                self._select(TextPosition(row.number, word.start()), TextPosition(row.number, word.end()))
                return

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        place = (
            self._position_at(event.pos()) if event.reason() == event.Reason.Mouse else self.selection.cursor
        )
        if self.selection.is_empty:
            self._select(place, place)
        row = self.rows.buffer.row(place.number)
        request_id = row.request_id if row is not None else ""
        said = self.rows.buffer.event_text(place.number) if row is not None else ""
        source = row.source if row is not None else ""
        menu = named(PlainMenu(self), "logMenu", _("Log lines"))
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for text, enabled, do in (
            (_("Copy"), not self.selection.is_empty, self.copy),
            (_("Copy Event"), row is not None, lambda: self._copy_event(place.number)),
            (_("Select All"), len(self.rows) > 0, self.select_all),
            (_("Show Event…"), row is not None, lambda: self.event_wanted.emit(place.number)),
            (_("Show Invocation"), bool(request_id), lambda: self.invocation_wanted.emit(request_id)),
            (_("Allow This…"), may_be_denied(said), lambda: self.allow_wanted.emit(said, source)),
        ):
            action = menu.addAction(text)
            action.setEnabled(enabled)
            action.triggered.connect(lambda _on=False, do=do: do())
        if self.menu_actions:
            menu.addSeparator()
            menu.addActions(self.menu_actions)
        menu.popup(event.globalPos())

    # Selecting ----------------------------------------------------------------------------------------------

    def select_all(self) -> None:
        """Selects all rows."""
        if len(self.rows):
            last = self.rows.number(len(self.rows) - 1)
            row = self.rows.buffer.row(last)
            length = len(row.text) if row is not None else 0
            self._select(TextPosition(self.rows.number(0), 0), TextPosition(last, length), scroll=False)

    def copy(self) -> None:
        """Copies the selection."""
        if self.selection.is_empty:
            return
        first, end = self.selection.row_range(self.rows)
        if end - first > MAX_COPIED_ROWS:
            self.large_copy_wanted.emit(self.selection)
        else:
            QGuiApplication.clipboard().setText(selected_text(self.selection, self.rows))

    def _copy_event(self, number: int) -> None:
        QGuiApplication.clipboard().setText(without_surrogates(self.rows.buffer.event_text(number)))

    def _move(self, step: int, *, keeps: bool) -> None:
        place = self.rows.index_of(self.selection.cursor.number) + step
        place = max(0, min(place, len(self.rows) - 1))
        cursor = TextPosition(self.rows.number(place), 0)
        if keeps and step > 0 and place == len(self.rows) - 1:
            row = self.rows.buffer.row(cursor.number)
            cursor = TextPosition(cursor.number, len(row.text) if row is not None else 0)
        self._select(self.selection.anchor if keeps else cursor, cursor)

    def _drag_to(self, point: QPoint) -> None:
        bar = self.verticalScrollBar()
        if point.y() < 0:
            bar.setValue(bar.value() - max(1, -point.y() // self.painter.row_height))
        elif point.y() > self.viewport().height():
            over = point.y() - self.viewport().height()
            bar.setValue(bar.value() + max(1, over // self.painter.row_height))
        self._select(self.selection.anchor, self._position_at(point), scroll=False)

    def _select(self, anchor: TextPosition, cursor: TextPosition, *, scroll: bool = True) -> None:
        self.selection = Selection(anchor, cursor)
        if scroll:
            place, bar = self.rows.index_of(cursor.number), self.verticalScrollBar()
            bar.setValue(min(max(bar.value(), self._first_above(place)), place))
        row = self.rows.buffer.row(cursor.number)
        self.setAccessibleDescription(printable(row.text) if row is not None else "")
        self.viewport().update()

    def _position_at(self, point: QPoint) -> TextPosition:
        laid = self._laid_at(point, beside=True)
        if laid is None:
            return TextPosition(0, 0)
        return TextPosition(laid[0].row.number, self.painter.column_at(laid[0], point.x(), laid[1]))

    def _laid_at(self, point: QPoint, *, beside: bool = False) -> tuple[LaidRow, int] | None:
        """The row at a point and which of its lines; None where none is.

        Args:
            point: In the viewport.
            beside: Above all rows is the first, below all is the last.
        """
        rows = self._in_view(beyond=1)
        line = point.y() // self.painter.row_height
        if beside:
            line = max(0, line)
        for laid in rows:
            if 0 <= line < len(laid.lines):
                return laid, line
            line -= len(laid.lines)
        return (rows[-1], len(rows[-1].lines) - 1) if beside and rows else None

    def _left_out_at(self, point: QPoint) -> str:
        """The time and the request ID that the row at a point is shown without."""
        laid = self._laid_at(point)
        return laid[0].row.text[slice(*laid[0].folded)].strip() if laid is not None else ""

    def _open_frame(self, row: Row | None) -> bool:
        """Opens the line of code that a row names; returns whether it names one."""
        frame = own_frame(row.text) if row is not None else None
        if row is None or frame is None:
            return False
        self.place_wanted.emit(frame.file, frame.line, row.source)
        return True

    # Scrolling: the vertical scroll bar counts rows, of however many lines --------------------------------

    @property
    def _page_lines(self) -> int:
        return max(1, self.viewport().height() // self.painter.row_height)

    def _lay(self, row: Row) -> LaidRow:
        offset = self.horizontalScrollBar().value()
        return self.painter.lay(row, self.viewport().width(), offset, min(_MAX_LINES, self._page_lines))

    def _in_view(self, beyond: int = 0) -> list[LaidRow]:
        """The rows that are wholly in view, at least one, or those that reach to lines beyond the view."""
        top, left = self.verticalScrollBar().value(), self._page_lines + beyond
        found: list[LaidRow] = []
        for row in self.rows.each(top, top + left):
            laid = self._lay(row)
            if left <= 0 or (not beyond and found and len(laid.lines) > left):
                break
            found.append(laid)
            left -= len(laid.lines)
        return found

    def _first_above(self, place: int) -> int:
        """The first row that can be at the top while the given row is wholly in view."""
        page = self._page_lines
        first = max(0, place - page + 1)
        if not self.painter.wraps or place < 0:
            return first
        left = page
        for number, row in reversed(list(enumerate(self.rows.each(first, place + 1), first))):
            left -= len(self._lay(row).lines)
            if left < 0:
                return min(number + 1, place)
        return first

    def _scrolled(self) -> None:
        value = self.verticalScrollBar().value()
        self._top_number = self.rows.number(value) if value < len(self.rows) else 0

    def _update_scroll_range(self) -> None:
        columns = self.painter.columns_in(self.viewport().width())
        bar = self.horizontalScrollBar()
        bar.setPageStep(columns)
        bar.setRange(0, 0 if self.painter.wraps else max(0, self._widest + 1 - columns))
