"""How a log line looks: time, function, text in the colour of its level, what is selected and found.

Owns: colours and columns. Must not know: which lines are in view.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from workbench.logs.chunk import Row
from workbench.logs.find import Matches
from workbench.logs.parse import Kind, Level
from workbench.ui.logs.place import Selection
from workbench.ui.theme import Theme

_MARGIN, _BAR = 8, 3
_TIME_CHARACTERS, _DAY_CHARACTERS = 14, 6
_SOURCE_CHARACTERS = 24
# One sign for each that would disturb: the columns of what is shown and of what is meant are the same.
_ODD = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


def shown(text: str) -> str:
    """A text without what would disturb the view; as long as it was."""
    return text if text.isascii() and text.isprintable() else _ODD.sub(_sign, text)


def _sign(odd: re.Match[str]) -> str:
    number = ord(odd[0])
    if odd[0] == "\t":
        return " "
    return chr(0x2400 + number) if number < 32 else "␡" if number == 127 else "\ufffd"


class LinePainter:
    """Paints rows of one height.

    Attributes:
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

    def columns_in(self, width: int) -> int:
        """How many characters of text fit into a width."""
        return max(1, int((width - self._text_x) / self._width))

    def column_at(self, row: Row, x: int, offset: int) -> int:
        """The character of a row at a horizontal place."""
        across = x - self._text_x
        if across <= 0:
            return offset if x > 0 and offset else 0
        text = shown(row.text[: offset + int(across / self._width) + 2])  # no letter is narrower
        if text.isascii():
            return min(len(text), offset + round(across / self._width))
        column = offset
        while column < len(text) and self._metrics.horizontalAdvance(text[offset : column + 1]) <= across:
            column += 1
        return column

    def paint(
        self,
        painter: QPainter,
        size: QSize,
        rows: Sequence[Row],
        selection: Selection,
        offset: int,
        *,
        has_focus: bool,
    ) -> None:
        """Paints rows from the top.

        Args:
            painter: With the font.
            size: Of the place.
            rows: In view.
            selection: Of them all.
            offset: How many characters are scrolled out on the left.
            has_focus: Whether the cursor's row is marked.
        """
        colors = self._theme.colors
        painter.fillRect(0, 0, size.width(), size.height(), QColor(colors.base))
        columns = self.columns_in(size.width()) + 1
        for place, row in enumerate(rows):
            top = place * self.row_height
            if has_focus and selection.cursor.number == row.number:
                painter.fillRect(0, top, size.width(), self.row_height, QColor(colors.window))
            if row.level.is_error or row.level is Level.WARN:
                tone = colors.danger if row.level.is_error else colors.warning
                painter.fillRect(0, top, _BAR, self.row_height, QColor(tone))
            if row.is_head:
                self._paint_gutter(painter, row, top)
            self._paint_text(painter, row, top, selection, offset, columns)

    def _paint_gutter(self, painter: QPainter, row: Row, top: int) -> None:
        painter.setPen(QColor(self._theme.colors.muted))
        text = self._time(row.time_ms)
        if self.has_source:
            source = row.source
            if len(source) > _SOURCE_CHARACTERS:
                source = f"{source[: _SOURCE_CHARACTERS - 1]}…"
            text = f"{text}  {shown(source)}"
        painter.drawText(QPointF(_MARGIN, top + self._ascent), text)

    def _paint_text(
        self, painter: QPainter, row: Row, top: int, selection: Selection, offset: int, columns: int
    ) -> None:
        colors = self._theme.colors
        text = shown(row.text[: offset + columns])  # a line may have a million characters
        left = self._text_x

        def mark(begin: int, end: int, color: str) -> None:
            begin, end = max(begin, offset), min(end, offset + columns)
            if end > begin:
                x0, x1 = self._x(text, begin, offset), self._x(text, end, offset)
                painter.fillRect(QRectF(left + x0, top, x1 - x0, self.row_height), QColor(color))

        for which, begin, end in self.matches.spans(row.number) if len(self.matches) else ():
            mark(begin, end, colors.accent if which == self.current else colors.border)
        if (selected := selection.columns(row.number, len(row.text))) is not None:
            mark(*selected, colors.selection)
        painter.setPen(QColor(self._color(row)))
        painter.drawText(QPointF(left, top + self._ascent), text[offset : offset + columns])
        for which, begin, end in self.matches.spans(row.number) if self.current >= 0 else ():
            if which == self.current and end > offset and begin < offset + columns:
                begin = max(begin, offset)
                painter.setPen(QColor(colors.on_accent))
                at = QPointF(left + self._x(text, begin, offset), top + self._ascent)
                painter.drawText(at, text[begin : min(end, offset + columns)])

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
        return colors.text if row.kind is Kind.OTHER else colors.muted
