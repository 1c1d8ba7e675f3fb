"""Copying what should not stay on the clipboard: it is taken off again after 30 s."""

import hashlib

from PySide6.QtCore import QMimeData, QObject, QTimer
from PySide6.QtGui import QGuiApplication

SECRET_LIFETIME_MS = 30_000
# Clipboard managers keep what they see, unless it says that it is a secret.
# Source: KDE's klipper, and https://learn.microsoft.com/windows/win32/dataxchg/clipboard-formats
_HINTS = (
    ("x-kde-passwordManagerHint", b"secret"),
    ('application/x-qt-windows-mime;value="ExcludeClipboardContentFromMonitorProcessing"', b"1"),
)


class SecretClipboard(QObject):
    """Copies texts that nobody else should find there later, nor after the program has ended.

    Args:
        parent: Ends it.
        lifetime_ms: How long a text stays.
    """

    def __init__(self, parent: QObject, lifetime_ms: int = SECRET_LIFETIME_MS) -> None:
        super().__init__(parent)
        self._ours = b""
        self._timer = QTimer(self, singleShot=True, interval=lifetime_ms)
        self._timer.timeout.connect(self.clear)
        application = QGuiApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.clear)  # some systems keep the text when its owner goes

    def copy(self, text: str) -> None:
        """Copies a text for a short time."""
        data = QMimeData()
        data.setText(text)
        for kind, value in _HINTS:
            data.setData(kind, value)
        QGuiApplication.clipboard().setMimeData(data)
        self._ours = _hash(text)
        self._timer.start()

    def clear(self) -> None:
        """Takes it off, unless something else was copied since."""
        self._timer.stop()
        clipboard = QGuiApplication.clipboard()
        if self._ours and _hash(clipboard.text()) == self._ours:
            clipboard.clear()
        self._ours = b""


def _hash(text: str) -> bytes:
    # Not the text: it would stay in memory for as long as this object.
    return hashlib.sha256(text.encode()).digest()
