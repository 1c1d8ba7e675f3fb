"""Says below an event how large it is, and where it breaks."""

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel, QPlainTextEdit

from workbench.aws.quotas import ASYNC_PAYLOAD_LIMIT_BYTES, SYNC_PAYLOAD_LIMIT_BYTES
from workbench.core.errors import WorkbenchError
from workbench.invoke.ledger_entry import Mode
from workbench.invoke.payload import check_payload
from workbench.invoke.variables import NAMES, as_json, has_variables
from workbench.ui.named import named

_CHECK_AFTER_MS = 200
_CHECKED_BYTES = 100_000  # larger events are checked when they are sent, off the main thread


class PayloadMeter(QLabel):
    """Follows a text, a moment after it was typed.

    Args:
        text: The event.
    """

    def __init__(self, text: QPlainTextEdit) -> None:
        super().__init__()
        named(self, "testEventFault", role="muted")
        self._text, self._mode = text, Mode.SYNC
        self._pause = QTimer(self, singleShot=True, interval=_CHECK_AFTER_MS)
        self._pause.timeout.connect(self.check)
        text.textChanged.connect(self._pause.start)
        names = ", ".join(f"{{{{{name}}}}}" for name in NAMES)
        words = self.tr("Replaced at sending: %1. Four opening braces send two.")
        self.setToolTip(words.replace("%1", names))

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
        if len(payload) <= _CHECKED_BYTES or len(payload) > most:
            try:
                check_payload(as_json(text).encode(), most)
            except WorkbenchError as error:
                tone, words = "danger", error.why
            else:
                if has_variables(text):
                    words += self.tr("  ·  variables are replaced when it is sent")
        self.setText(words)
        self.setProperty("role", tone)
        self.style().unpolish(self)
        self.style().polish(self)
