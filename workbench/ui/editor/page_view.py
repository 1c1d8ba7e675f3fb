"""The web view of the editor's page, which has first choice of some keys."""

from PySide6.QtCore import QEvent, QKeyCombination, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWebEngineWidgets import QWebEngineView

_CONTROL, _SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
_OPEN_A_FIELD = (
    QKeyCombination(_CONTROL, Qt.Key.Key_F),
    QKeyCombination(_CONTROL | _SHIFT, Qt.Key.Key_O),
)
"""Keys of actions that Monaco knows too, and that open a field to type into."""


class PageView(QWebEngineView):
    """Hands these keys to the page, not to the window's actions, while the page has the keyboard.

    An action calls the page on another way than the keys take: what is typed next would still go to the text.
    """

    def event(self, event: QEvent) -> bool:
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and event.keyCombination() in _OPEN_A_FIELD
        ):
            event.accept()
            return True
        return super().event(event)
