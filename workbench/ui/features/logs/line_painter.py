"""How log rows look: what is left out, where lines break, how they are painted and selected."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from workbench.invoke.payload import own_frame
from workbench.logs.buffer import Row, Rows
from workbench.logs.find import Matches
from workbench.logs.parse import Level, LineKind, folded
from workbench.ui.kit.theme import Theme

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
