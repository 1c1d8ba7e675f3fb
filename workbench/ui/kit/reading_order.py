"""Tab and Shift+Tab in reading order.

Qt uses the order in which widgets were created, and skips widgets behind a focus proxy: in this program's
window it never reached the file tree, the buttons above the code, or the test event's picker. Here the order
is that on the screen, computed at each press: groups from top to bottom and from left to right, and the same
within each group. A list, a table, a tree, a row of tabs or an editor is one stop.
"""

from collections.abc import Callable, Iterable
from typing import cast

from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QButtonGroup,
    QComboBox,
    QLayout,
    QLineEdit,
    QMainWindow,
    QPlainTextEdit,
    QRadioButton,
    QScrollArea,
    QTabBar,
    QTextEdit,
    QWidget,
)

_WHOLE = (
    *(QAbstractButton, QAbstractItemView, QAbstractSpinBox, QComboBox, QLineEdit, QPlainTextEdit, QTabBar),
    QTextEdit,
)
"""Controls whose parts are not separate stops."""
_OVERLAP_PX = 2
"""Boxes that overlap by this much still count as below, or beside, each other."""

type _Box = tuple[QRect, QWidget | QLayout]


class ReadingOrder:
    """Mixin for a window or dialog, before its Qt class: `class Form(ReadingOrder, QDialog)`."""

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Called by Qt for Tab and Shift+Tab, on the window of the focused widget."""
        return move_focus(cast(QWidget, self), forward=forward)


def move_focus(window: QWidget, *, forward: bool) -> bool:
    """Moves the focus to the next or previous stop of a window; False if it has none."""
    focused = window.focusWidget()
    stops = tab_stops(window, focused)
    if not stops:
        return False
    held = [number for number, stop in enumerate(stops) if focused is not None and _holds(stop, focused)]
    start = held[0] if held else (-1 if forward else 0)
    reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
    stop = stops[(start + (1 if forward else -1)) % len(stops)]
    stop.setFocus(reason)
    around = stop.parentWidget()
    while around is not None:
        if isinstance(around, QScrollArea):
            around.ensureWidgetVisible(stop)
        around = around.parentWidget()
    return True


def tab_stops(window: QWidget, focused: QWidget | None = None) -> list[QWidget]:
    """The stops of Tab in a window, in order.

    Args:
        focused: Included at its position, even if it took the focus by a click and is not a stop.
        window: Must be shown.
    """
    found: list[QWidget] = []
    _collect(window, focused, found)
    return found


def _holds(stop: QWidget, focused: QWidget) -> bool:
    return stop is focused or stop.isAncestorOf(focused)


def _collect(widget: QWidget, focused: QWidget | None, found: list[QWidget]) -> None:
    """Adds the stops of a visible widget."""
    if isinstance(widget, _WHOLE) or widget.inherits("QWebEngineView"):
        if is_stop(widget) or (focused is not None and _holds(widget, focused)):
            found.append(widget)
        return
    before = len(found)
    # A scroll area takes the focus, for scrolling, only if nothing in it does.
    if not isinstance(widget, QScrollArea) and (is_stop(widget) or widget is focused):
        found.append(widget)
    shown = _visible_children(widget)
    for child in _in_order(_children(widget, shown), shown):
        _collect(child, focused, found)
    if isinstance(widget, QScrollArea) and len(found) == before and is_stop(widget):
        found.append(widget)


def is_stop(widget: QWidget) -> bool:
    """Whether Tab stops at this visible widget."""
    if widget.inherits("QWebEngineView"):
        return widget.isEnabled()  # a widget inside has the focus
    if not widget.isEnabled() or widget.isWindow() or widget.focusProxy() is not None:
        return False
    choices = list(_choices(widget)) if isinstance(widget, QAbstractButton) and widget.isCheckable() else []
    if isinstance(widget, QAbstractButton) and any(each.isChecked() for each in choices):
        # Arrow keys lead to the others. Qt leaves Tab to the last focused one, checked or not.
        return widget.isChecked() and any(_takes_tab(each) for each in choices)
    return _takes_tab(widget)


def _takes_tab(widget: QWidget) -> bool:
    return bool(widget.focusPolicy().value & Qt.FocusPolicy.TabFocus.value)


def _choices(button: QAbstractButton) -> Iterable[QAbstractButton]:
    """The buttons of an exclusive group with this one; none for a single button."""
    group: QButtonGroup | None = button.group()
    parent = button.parentWidget()
    if group is not None:
        return group.buttons() if group.exclusive() else ()
    if parent is None or not isinstance(button, QRadioButton):
        return ()
    return parent.findChildren(QRadioButton, options=Qt.FindChildOption.FindDirectChildrenOnly)


def _visible_children(widget: QWidget) -> list[QWidget]:
    """The visible direct children of a widget.

    Not by children() and itemAt(): PySide keeps the Python objects that these create for actions and layout
    items even after Qt has deleted those, and mistakes later objects at the same address for them.
    """
    children = widget.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
    return [child for child in children if _is_visible(child)]


def _children(widget: QWidget, shown: list[QWidget]) -> list[_Box]:
    """The content of a widget, within its layout and outside of it, with positions."""
    layout = None if isinstance(widget, QMainWindow) else widget.layout()
    boxes = _items(layout, shown) if layout is not None else []
    managed = {id(each) for each in _widgets(boxes, shown)}
    return boxes + [(child.geometry(), child) for child in shown if id(child) not in managed]


def _items(layout: QLayout, shown: list[QWidget]) -> list[_Box]:
    """The widgets that a layout lays out, and the layouts in it."""
    boxes: list[_Box] = [(each.geometry(), each) for each in shown if layout.indexOf(each) >= 0]
    for inner in layout.findChildren(QLayout, options=Qt.FindChildOption.FindDirectChildrenOnly):
        boxes.append((inner.geometry(), inner))
    return boxes


def _widgets(boxes: Iterable[_Box], shown: list[QWidget]) -> list[QWidget]:
    found: list[QWidget] = []
    for _rect, box in boxes:
        found += [box] if isinstance(box, QWidget) else _widgets(_items(box, shown), shown)
    return found


def _is_visible(widget: QWidget) -> bool:
    return widget.isVisible() and not widget.isWindow() and not widget.size().isEmpty()


def _in_order(boxes: list[_Box], shown: list[QWidget]) -> list[QWidget]:
    """The widgets of boxes: rows from top to bottom, columns from left to right, recursively."""
    if len(boxes) == 1:
        _rect, box = boxes[0]
        return [box] if isinstance(box, QWidget) else _in_order(_items(box, shown), shown)
    for start, end in ((QRect.top, QRect.bottom), (QRect.left, QRect.right)):
        bands = _bands(boxes, start, end)
        if len(bands) > 1:
            return [each for band in bands for each in _in_order(band, shown)]
    # What overlaps, such as a message over the page.
    ordered = sorted(boxes, key=lambda box: (box[0].top(), box[0].left()))
    return [each for box in ordered for each in _in_order([box], shown)]


def _bands(boxes: list[_Box], start: Callable[[QRect], int], end: Callable[[QRect], int]) -> list[list[_Box]]:
    """Groups boxes so that no two groups overlap in one direction."""
    bands: list[list[_Box]] = []
    reach = 0
    for box in sorted(boxes, key=lambda each: start(each[0])):
        if not bands or start(box[0]) > reach - _OVERLAP_PX:
            bands.append([box])
            reach = end(box[0])
        else:
            bands[-1].append(box)
            reach = max(reach, end(box[0]))
    return bands
