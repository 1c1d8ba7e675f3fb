"""The text field of the test event: its colours, size and errors, changes as small edits, and its layout."""

import json
import re
from collections.abc import Sequence

from PySide6.QtCore import QTimer
from PySide6.QtGui import QColor, QFont, QSyntaxHighlighter, QTextCharFormat, QTextCursor, QTextDocument
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QTextEdit, QVBoxLayout, QWidget

from workbench.aws.quotas import ASYNC_PAYLOAD_LIMIT_BYTES, SYNC_PAYLOAD_LIMIT_BYTES
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.invoke.events import TestEvent, shape_hints
from workbench.invoke.history import Mode
from workbench.invoke.payload import VARIABLE_NAMES, as_json, check_payload, check_variables, has_variables
from workbench.ui.editor import TextEdit
from workbench.ui.kit.overflow import OverflowRow
from workbench.ui.kit.text import PlainLabel, tool_tip
from workbench.ui.named import named
from workbench.ui.theme import Theme, monospace

_MAX_CHARACTERS = 200_000  # of the whole text: laying out colours for more takes the window's time
_MAX_LINE_CHARACTERS = 4_000
_TOKEN = re.compile(
    r'(?P<variable>\{\{\s*\w+\s*\}\})|(?P<text>"(?:[^"\\]|\\.)*"?)(?P<key>\s*:)?'
    r"|(?P<word>\b(?:true|false|null)\b)|(?P<number>-?\b\d[\d.eE+-]*)"
)
_CHECK_AFTER_MS = 200
_FAULT, _GROUND = QColor(229, 72, 77), QColor(229, 72, 77, 60)  # right on a light and on a dark ground
_CHECKED_BYTES = 100_000  # larger events are checked when they are sent, off the main thread


def replace_text(field: QPlainTextEdit, text: str, before: str = "") -> None:
    """Puts a text in a field as one step that can be undone.

    Args:
        field: Takes it.
        text: What it holds then.
        before: What it holds now, where that is known; empty to replace all.
    """
    cursor = field.textCursor()
    if not before:
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.insertText(text)
        return
    begin, end, changed = difference(before, text)
    first = _units(before[:begin])
    cursor.setPosition(first)
    cursor.setPosition(first + _units(before[begin:end]), QTextCursor.MoveMode.KeepAnchor)
    cursor.insertText(changed)


def edit_of(before: str, text: str) -> TextEdit:
    """What the code editor has to change to make one text of another."""
    begin, end, changed = difference(before, text)
    return TextEdit(*_line_and_column(before, begin), *_line_and_column(before, end), changed)


def difference(before: str, text: str) -> tuple[int, int, str]:
    """The part of a text that was changed, its begin and end, and what stands there now."""
    most = min(len(before), len(text))
    begin = _same(before, text, most)
    end = _same(before, text, most - begin, at_end=True)
    return begin, len(before) - end, text[begin : len(text) - end]


def _line_and_column(text: str, at: int) -> tuple[int, int]:
    """Line and column, both from 1."""
    line_begin = text.rfind("\n", 0, at) + 1
    return text.count("\n", 0, at) + 1, _units(text[line_begin:at]) + 1


def _same(old: str, new: str, most: int, *, at_end: bool = False) -> int:
    """How many characters are the same at one end: each step looks at half of what is not known yet."""
    known = 0
    while known < most:
        until = (known + most + 1) // 2
        if at_end:
            is_same = old[len(old) - until : len(old) - known] == new[len(new) - until : len(new) - known]
        else:
            is_same = old[known:until] == new[known:until]
        known, most = (until, most) if is_same else (known, until - 1)
    return known


def _units(text: str) -> int:
    """The length as Qt and the code editor count."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


class JsonColors(QSyntaxHighlighter):
    """Follows the theme."""

    def __init__(self, document: QTextDocument, theme: Theme) -> None:
        super().__init__(document)
        self._theme = theme
        theme.changed.connect(self.rehighlight)

        self._own = document

    def expect(self, length: int) -> None:
        """Turns colours off for a text that is too long for them.

        Args:
            length: In characters, of the text that is about to come.
        """
        self.setDocument(self._own if length <= _MAX_CHARACTERS else None)

    def highlightBlock(self, text: str) -> None:
        if self.document().characterCount() > _MAX_CHARACTERS:
            return
        colors = self._theme.colors
        for found in _TOKEN.finditer(text[:_MAX_LINE_CHARACTERS]):
            if found["variable"]:
                self._paint(found.start(), found.end(), colors.warning, bold=True)
            elif found["text"]:
                self._paint(*found.span("text"), colors.accent if found["key"] else colors.good)
                for name in re.finditer(r"\{\{\s*\w+\s*\}\}", found["text"]):
                    begin = found.start("text")
                    self._paint(begin + name.start(), begin + name.end(), colors.warning, bold=True)
            else:
                self._paint(found.start(), found.end(), colors.series[3])

    def _paint(self, begin: int, end: int, color: str, *, bold: bool = False) -> None:
        look = QTextCharFormat()
        look.setForeground(QColor(color))
        if bold:
            look.setFontWeight(QFont.Weight.Bold)
        self.setFormat(begin, end - begin, look)


class PayloadMeter(PlainLabel):
    """Follows a text, a moment after it was typed.

    Args:
        text: The event.
        samples: What the events of each source look like.
    """

    def __init__(self, text: QPlainTextEdit, samples: Sequence[TestEvent] = ()) -> None:
        super().__init__()
        named(self, "testEventFault", role="muted")
        self._text, self._mode, self._samples = text, Mode.SYNC, samples
        self._pause = QTimer(self, singleShot=True, interval=_CHECK_AFTER_MS)
        self._pause.timeout.connect(self.check)
        text.textChanged.connect(self._pause.start)
        names = ", ".join(f"{{{{{name}}}}}" for name in VARIABLE_NAMES)
        words = _("Replaced when sent: {names}. To send two braces, type four.")
        self.setToolTip(tool_tip(words.format(names=names)))

    def set_mode(self, mode: Mode) -> None:
        """How it will be sent: that decides the limit."""
        self._mode = mode
        self._pause.start()

    def check(self) -> None:
        """Says whether it is JSON that Lambda takes."""
        text = self._text.toPlainText()
        payload = text.encode()
        most = ASYNC_PAYLOAD_LIMIT_BYTES if self._mode is Mode.ASYNC else SYNC_PAYLOAD_LIMIT_BYTES
        words = _("{count} of {most} bytes").format(count=f"{len(payload):,}", most=f"{most:,}")
        tone = "muted"
        place: tuple[int, int] | None = None
        if len(payload) <= _CHECKED_BYTES or len(payload) > most:
            try:
                check_payload(as_json(text).encode(), most)
                check_variables(text)
            except WorkbenchError as error:
                tone, words = "danger", error.why
                if isinstance(fault := error.__cause__, json.JSONDecodeError):
                    place = (fault.lineno - 1, fault.colno - 1)
            else:
                if hint := self._hint(text):
                    tone, words = "warning", f"{words}  ·  {hint}"
                if has_variables(text):
                    words += _("  ·  variables are replaced when sent")
        self._mark(place)
        self.setText(words)
        self.setProperty("role", tone)
        self.style().unpolish(self)
        self.style().polish(self)

    def _hint(self, text: str) -> str:
        """What the event lacks of what its source would send; it is sent all the same."""
        name, places = shape_hints(as_json(text), self._samples)
        if not places:
            return ""
        words = _("differs from a real event ({name}) in {names}")
        return words.format(name=name, names=", ".join(places))

    def _mark(self, place: tuple[int, int] | None) -> None:
        """Underlines where the JSON breaks."""
        marks: list[QTextEdit.ExtraSelection] = []
        block = self._text.document().findBlockByNumber(place[0]) if place else None
        if place is not None and block is not None and block.isValid():
            cursor = QTextCursor(block)
            length = len(block.text())
            begin = min(place[1], max(0, length - 1))
            cursor.setPosition(block.position() + begin)
            cursor.setPosition(block.position() + min(length, begin + 1), QTextCursor.MoveMode.KeepAnchor)
            look = QTextCharFormat()
            look.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
            look.setUnderlineColor(_FAULT)
            look.setBackground(_GROUND)
            mark = QTextEdit.ExtraSelection()
            mark.cursor, mark.format = cursor, look
            marks.append(mark)
        self._text.setExtraSelections(marks)


def event_field(label: str) -> QPlainTextEdit:
    """The field; `label` is what a screen reader calls it."""
    field = named(QPlainTextEdit(), "testEventText", label)
    field.setFont(monospace())
    field.setTabStopDistance(field.fontMetrics().horizontalAdvance(" ") * 2)
    field.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
    field.setTabChangesFocus(True)
    return field


def lay_out_page(
    page: QWidget,
    label: str,
    left: Sequence[QWidget],
    right: Sequence[QWidget],
    below: Sequence[QWidget],
    *,
    more: QPushButton,
    rare: Sequence[QPushButton],
) -> None:
    """Puts a row on top, whose label names the first of `left`; the second of `below` gets the room.

    Of the row, `rare` moves into the menu of `more` when there is no room for it.
    """
    top = OverflowRow(more, rare)
    words = PlainLabel(label)
    words.setBuddy(left[0])
    for widget in (words, *left):
        top.add(widget)
    top.add_stretch()
    for widget in right:
        top.add(widget)
    layout = QVBoxLayout(page)
    layout.setContentsMargins(16, 12, 16, 12)
    layout.setSpacing(8)
    layout.addWidget(top)
    for number, widget in enumerate(below):
        layout.addWidget(widget, 1 if number == 1 else 0)


def side_by_side(left: QWidget, right: QWidget) -> QWidget:
    """Puts two widgets into a row; the first gets the room."""
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(left, 1)
    layout.addWidget(right)
    return row
