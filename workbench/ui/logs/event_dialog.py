"""One log event, whole: its text, JSON laid out, and what it belongs to."""

import json

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from workbench.core.messages import _
from workbench.invoke.payload import event_in
from workbench.logs.buffer import Row, time_text
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.text import text_label
from workbench.ui.long_text import LongText

_SIZE = QSize(820, 520)
_JSON_CHARACTERS = 300_000


class EventDialog(Dialog):
    """Shows one event.

    Signals:
        invocation_wanted(str): Its invocation shall be shown.
        event_wanted(str): The event that it holds, as JSON, shall be the test event.
    """

    invocation_wanted = Signal(str)
    event_wanted = Signal(str)

    def __init__(self, row: Row, text: str, parent: QWidget) -> None:
        super().__init__("logEventDialog", "", parent)
        self.set_title(_("Log Event"))
        self.setSizeGripEnabled(True)
        facts = [time_text(row.time_ms), row.source, row.level.value, row.request_id, row.stream]
        words = "  ·  ".join(fact for fact in facts if fact)
        self.content.addWidget(text_label("logEventFacts", words, "muted"))
        self.text = LongText("logEventText", _("Text"))
        self.text.show_text(_laid_out(text))
        self.content.addWidget(self.text, 1)
        self.finish_layout(stretch=False)
        if row.request_id:
            show = self.add_button("logEventInvocation", _("Show Invocation"))
            show.clicked.connect(self.accept)
            show.clicked.connect(lambda: self.invocation_wanted.emit(row.request_id))
        if event := event_in(text):
            use = self.add_button("logEventUse", _("Use as Test Event"))
            use.clicked.connect(self.accept)
            use.clicked.connect(lambda: self.event_wanted.emit(event))
        copy = self.add_button("logEventCopy", _("Copy"))
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(text))
        close = self.add_button("logEventClose", _("Close"), "primary")
        close.clicked.connect(self.accept)
        self.resize(_SIZE)

    def fit(self) -> None:
        """Keeps its size: the text takes what room there is."""


def _laid_out(text: str) -> str:
    if not text.startswith(("{", "[")) or len(text) > _JSON_CHARACTERS:
        return text
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
