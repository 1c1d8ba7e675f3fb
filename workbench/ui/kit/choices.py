"""Lists and number fields that change only when the user means it.

Qt's own change with the wheel, and the wheel gives them the focus: whoever scrolls a page changes what lies
under the pointer. Only these are used, which a test holds (tests/architecture/test_choices.py).
"""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QComboBox, QDateTimeEdit, QDoubleSpinBox, QSpinBox, QWidget

from workbench.ui.kit.text import PlainLine, named

_OPENING = (
    *(
        Qt.Key.Key_Up,
        Qt.Key.Key_Down,
        Qt.Key.Key_PageUp,
        Qt.Key.Key_PageDown,
        Qt.Key.Key_Home,
        Qt.Key.Key_End,
    ),
    *(Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space, Qt.Key.Key_Select, Qt.Key.Key_F4),
)
_COMMAND = (
    Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
)


class CalmChoice(QComboBox):
    """A list that the wheel never changes, and to which it does not give the focus: the form scrolls."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def setEditable(self, editable: bool) -> None:
        super().setEditable(editable)
        if editable:
            self.setLineEdit(named(PlainLine(), "", self.accessibleName()))

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class DeliberateChoice(CalmChoice):
    """A list whose change acts at once on something outside of it: it connects, reads, or protects.

    A key opens the list, and Enter or a click in it chooses. So nothing happens when a key, a letter or the
    wheel reaches it by mistake.
    """

    def keyPressEvent(self, event: QKeyEvent) -> None:
        text = event.text()
        is_letter = text.strip() != "" and text.isprintable() and not event.modifiers() & _COMMAND
        if not is_letter and event.key() not in _OPENING:
            event.ignore()
            return
        self.showPopup()
        if is_letter:  # goes to the row that begins with it
            QApplication.sendEvent(self.view(), event)
        event.accept()


class CalmSpinBox(QSpinBox):
    """A field for a number that the wheel changes only while it has the focus, which it does not give it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        _turn(self, event, super().wheelEvent)


class CalmDoubleSpinBox(QDoubleSpinBox):
    """As `CalmSpinBox`, with decimals."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        _turn(self, event, super().wheelEvent)


class CalmDateTimeEdit(QDateTimeEdit):
    """As `CalmSpinBox`, for a moment."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        _turn(self, event, super().wheelEvent)


def _turn(box: QWidget, event: QWheelEvent, change: Callable[[QWheelEvent], None]) -> None:
    if box.hasFocus():
        change(event)
    else:
        event.ignore()
