"""The way out of the editor by keyboard: Tab belongs to the text, so Esc and then Tab leaves it."""

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QWidget

from workbench.ui.kit.reading_order import move_focus

_MODIFIERS = (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_AltGr, Qt.Key.Key_Meta)
_BY_KEY = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
    Qt.FocusReason.OtherFocusReason,
)
_STAYS = (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason)


class TabTrap(QObject):
    """An event filter for the widgets of an editor that take its keys.

    Esc itself goes to the editor too, which closes what it has open. The Tab or Shift+Tab that follows at
    once goes to the next or previous control of the window.

    Signals:
        entered(is_by_key): The keyboard came to the editor, by a key or by the mouse, or (False) left it.
    """

    entered = Signal(bool)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._may_leave = False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QFocusEvent):
            self._may_leave = False
            if event.reason() not in _STAYS:
                is_in = event.type() == QEvent.Type.FocusIn
                self.entered.emit(is_in and event.reason() in _BY_KEY)
        elif event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._pressed(watched, event)
        return False

    def _pressed(self, watched: QObject, event: QKeyEvent) -> bool:
        key, may_leave = event.key(), self._may_leave
        if key in _MODIFIERS:
            return False
        self._may_leave = key == Qt.Key.Key_Escape
        is_tab = key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab)
        other = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
        if not may_leave or not is_tab or event.modifiers() & other or not isinstance(watched, QWidget):
            return False
        return move_focus(watched.window(), forward=key == Qt.Key.Key_Tab)
