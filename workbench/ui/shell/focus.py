"""Where the keyboard goes when the widget that has it is hidden or disabled."""

import shiboken6
from PySide6.QtCore import QObject, QPoint, Qt, QTimer
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QWidget


class FocusKeeper(QObject):
    """Keeps the keyboard near a widget that had it, instead of in a bar where a key would choose an account.

    Qt gives it to the next widget in the tab order of the window. After the last one that is the first one.

    Args:
        bar: What the keyboard reaches only by the user's choice.
        parent: The window.
    """

    def __init__(self, bar: QWidget, parent: QWidget) -> None:
        super().__init__(parent)
        self._bar = bar
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._follow)

    def _follow(self, old: QWidget | None, now: QWidget | None) -> None:
        if old is None or now is None or (old.isVisible() and old.isEnabled()):
            return  # the user's choice, or the program's
        if self._bar.isAncestorOf(now) and not self._bar.isAncestorOf(old):
            QTimer.singleShot(0, self, lambda: _bring_back(old, now))  # the program may choose another one


def _bring_back(old: QWidget, now: QWidget) -> None:
    if shiboken6.isValid(old) and QApplication.focusWidget() is now and (near := _near(old)) is not None:
        near.setFocus(Qt.FocusReason.OtherFocusReason)


def _near(widget: QWidget) -> QWidget | None:
    """The uppermost view or text in the smallest part around a widget that has one."""
    # Not by nextInFocusChain: PySide takes each widget of the chain for a child of the one before, and all of
    # them for deleted once the first one is.
    around = widget.parentWidget()
    while around is not None:
        found = [each for each in around.findChildren(QAbstractScrollArea) if _takes_keys(each)]
        if found:
            return min(found, key=_place)
        around = around.parentWidget()
    return None


def _takes_keys(view: QWidget) -> bool:
    return bool(view.focusPolicy() & Qt.FocusPolicy.TabFocus) and view.isVisible() and view.isEnabled()


def _place(view: QWidget) -> tuple[int, int]:
    at = view.mapTo(view.window(), QPoint())
    return at.y(), at.x()
