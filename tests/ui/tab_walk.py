"""Somebody who goes through a window with the Tab key, and what there is for them to reach."""

from collections.abc import Callable

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QButtonGroup,
    QComboBox,
    QDateTimeEdit,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QRadioButton,
    QScrollArea,
    QTabBar,
    QTextEdit,
    QWidget,
)

_CONTROLS = (
    *(QAbstractButton, QAbstractItemView, QAbstractSpinBox, QComboBox, QLineEdit, QPlainTextEdit, QTabBar),
    QTextEdit,
)
_MOST_STOPS = 150
_SAME_ROW_PX = 2


def controls(window: QWidget) -> list[QWidget]:
    """Every enabled control that is shown in a window: by its class, by a link, or as it takes Tab."""
    found = []
    for widget in window.findChildren(QWidget):
        if not widget.isVisible() or not widget.isEnabled() or widget.window() is not window:
            continue
        takes_tab = bool(widget.focusPolicy().value & Qt.FocusPolicy.TabFocus.value)
        is_control = isinstance(widget, _CONTROLS) or (takes_tab and widget.focusProxy() is None)
        is_control = is_control or (isinstance(widget, QLabel) and "<a href" in widget.text())
        if is_control and not _is_part_of_one(widget) and not _is_left_to_arrows(widget):
            found.append(widget)
    return [each for each in found if not isinstance(each, QScrollArea) or not _holds_any(each, found)]


def _is_part_of_one(widget: QWidget) -> bool:
    """Whether it belongs to a control that is reached as a whole: a tab's close button, say."""
    around = widget.parentWidget()
    while around is not None:
        if isinstance(around, _CONTROLS) or around.inherits("QWebEngineView"):
            return True
        around = around.parentWidget()
    return False


def _is_left_to_arrows(widget: QWidget) -> bool:
    """Whether it is a choice beside the chosen one, which arrow keys reach."""
    if not isinstance(widget, QAbstractButton) or not widget.isCheckable() or widget.isChecked():
        return False
    group, parent = widget.group(), widget.parentWidget()
    others = group.buttons() if isinstance(group, QButtonGroup) and group.exclusive() else []
    if not others and isinstance(widget, QRadioButton) and parent is not None:
        others = list(parent.findChildren(QRadioButton))
    return any(each.isChecked() for each in others)


def _holds_any(area: QWidget, found: list[QWidget]) -> bool:
    return any(area is not each and area.isAncestorOf(each) for each in found)


def walk(window: QWidget, start: QWidget, key: Qt.Key, leave: Callable[[QWidget], bool]) -> list[QWidget]:
    """Presses Tab or Shift+Tab until it comes back to where it began; what had the keyboard on the way.

    Args:
        window: Active.
        start: Has the keyboard first.
        key: Key_Tab or Key_Backtab.
        leave: Whether a widget keeps Tab for itself, so that Esc comes first.
    """
    start.setFocus()
    assert window.focusWidget() is not None
    shift = Qt.KeyboardModifier.ShiftModifier if key == Qt.Key.Key_Backtab else Qt.KeyboardModifier.NoModifier
    seen: list[QWidget] = []
    while (focused := QApplication.focusWidget()) not in seen:
        assert focused is not None, f"the keyboard is nowhere after {seen and name_of(seen[-1])}"
        seen.append(focused)
        assert len(seen) < _MOST_STOPS, [name_of(each) for each in seen]
        if leave(focused):
            QTest.keyClick(focused, Qt.Key.Key_Escape)
        for _part in range(focused.sectionCount() if isinstance(focused, QDateTimeEdit) else 1):
            QTest.keyClick(focused, key, shift)  # a date's Tab goes through day, month and year first
            if QApplication.focusWidget() is not focused:
                break
    return seen


def name_of(widget: QWidget) -> str:
    """A widget in words, with its parent's name where it has none of its own."""
    parent = widget.parentWidget()
    return f"{type(widget).__name__} {widget.objectName() or (parent.objectName() if parent else '')}"


def not_reached(window: QWidget, seen: list[QWidget]) -> list[str]:
    """The controls of a window that were not among what had the keyboard."""
    return [
        name_of(each)
        for each in controls(window)
        if not any(each is stop or each.isAncestorOf(stop) for stop in seen)
    ]


def out_of_order(window: QWidget, seen: list[QWidget]) -> list[str]:
    """The steps that lead back: to what lies left of or above the one before, and not beside or below it.

    One such step there must be, from the last control to the first: with it alone nothing is wrong.
    """
    shown = [each for each in seen if each.window() is window]
    wrong = []
    for one, other in zip(shown, [*shown[1:], shown[0]], strict=True):
        if _is_scrolled_away(one) != _is_scrolled_away(other):
            continue  # where it would be on the screen says nothing
        a, b = _place(one), _place(other)
        is_in_row = abs(a.center().y() - b.center().y()) <= _SAME_ROW_PX
        is_back = b.right() <= a.left() if is_in_row else b.bottom() <= a.top() and b.left() <= a.left()
        if is_back:
            wrong.append(f"{name_of(one)} -> {name_of(other)}")
    return wrong if len(wrong) > 1 else []


def _is_scrolled_away(widget: QWidget) -> bool:
    return widget.visibleRegion().isEmpty()


def _place(widget: QWidget) -> QRect:
    around = widget.parentWidget()
    while isinstance(around, QAbstractScrollArea) and not isinstance(widget, _CONTROLS):
        widget, around = around, around.parentWidget()
    return QRect(widget.mapTo(widget.window(), QPoint(0, 0)), widget.size())
