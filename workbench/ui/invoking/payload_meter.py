"""Says below an event how large it is, and where it breaks."""

import json
from collections.abc import Sequence

from PySide6.QtCore import QTimer
from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit

from workbench.aws.quotas import ASYNC_PAYLOAD_LIMIT_BYTES, SYNC_PAYLOAD_LIMIT_BYTES
from workbench.core.errors import WorkbenchError
from workbench.invoke.events import TestEvent, shape_hints
from workbench.invoke.history_entry import Mode
from workbench.invoke.payload import VARIABLE_NAMES, as_json, check_payload, check_variables, has_variables
from workbench.ui.kit.text import PlainLabel, tool_tip
from workbench.ui.named import named

_CHECK_AFTER_MS = 200
_FAULT, _GROUND = QColor(229, 72, 77), QColor(229, 72, 77, 60)  # right on a light and on a dark ground
_CHECKED_BYTES = 100_000  # larger events are checked when they are sent, off the main thread


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
        words = self.tr("Replaced when sent: %1. To send two braces, type four.")
        self.setToolTip(tool_tip(words.replace("%1", names)))

    def set_mode(self, mode: Mode) -> None:
        """How it will be sent: that decides the limit."""
        self._mode = mode
        self._pause.start()

    def check(self) -> None:
        """Says whether it is JSON that Lambda takes."""
        text = self._text.toPlainText()
        payload = text.encode()
        most = ASYNC_PAYLOAD_LIMIT_BYTES if self._mode is Mode.ASYNC else SYNC_PAYLOAD_LIMIT_BYTES
        words = self.tr("%1 of %2 bytes").replace("%1", f"{len(payload):,}").replace("%2", f"{most:,}")
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
                    words += self.tr("  ·  variables are replaced when sent")
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
        words = self.tr("differs from a real event (%1) in %2")
        return words.replace("%1", name).replace("%2", ", ".join(places))

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
