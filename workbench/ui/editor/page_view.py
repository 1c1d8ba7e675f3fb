"""The web view of the editor's page: which keys go to the page, and which to the window's actions."""

from PySide6.QtCore import QChildEvent, QEvent, QKeyCombination, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import QWidget

from workbench.ui.editor.surface import is_window_shortcut
from workbench.ui.editor.tab_trap import TabTrap

_CONTROL, _SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
_OPEN_A_FIELD = (
    QKeyCombination(_CONTROL, Qt.Key.Key_F),
    QKeyCombination(_CONTROL | _SHIFT, Qt.Key.Key_O),
)
"""Keys of actions that Monaco has too, and that open a field to type into."""


class PageView(QWebEngineView):
    """Sends the keys that open a field to the page, and all other shortcuts to the window's actions.

    An action calls the page asynchronously: what is typed next would still go to the text, not to the field.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.trap = TabTrap(self)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QChildEvent):
            # QtWebEngine makes the widget that receives the keys anew for each load of the page.
            if event.type() == QEvent.Type.ChildPolished and event.child().isWidgetType():
                for each in (self, self.trap):
                    event.child().installEventFilter(each)
        elif (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and event.keyCombination() in _OPEN_A_FIELD
        ):
            event.accept()
            return True
        return super().event(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # QtWebEngine claims what the desktop's theme has for editing, as Ctrl+K (delete to the line's end).
        if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
            return False
        if event.keyCombination() in _OPEN_A_FIELD or not is_window_shortcut(self, event):
            return False
        event.ignore()
        return True
