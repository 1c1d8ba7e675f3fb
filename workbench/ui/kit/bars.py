"""Rows of widgets: one that wraps, one with a menu for what does not fit, one that appears and disappears."""

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from PySide6.QtCore import QEvent, QMargins, QPoint, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QAction, QCursor, QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QHBoxLayout,
    QLayout,
    QLayoutItem,
    QPushButton,
    QSizePolicy,
    QSpacerItem,
    QToolButton,
    QWidget,
)

from workbench.ui.kit.text import PlainMenu


class _Measure(NamedTuple):
    """The size of an item before free room is distributed, in px, and whether it gets some of that."""

    least_px: int
    height_px: int
    grows: bool


class FlowLayout(QLayout):
    """Lays out its items from left to right, continuing in the next line.

    A line's free room goes to its stretches, or to the widgets whose size policy takes room, such as a field.
    A hidden widget leaves no gap. A line's items are centred, or at its top with that alignment.

    Args:
        parent: The widget that it lays out; None for a part of another layout.
        spacing: Between items and between lines, in px.
    """

    def __init__(self, parent: QWidget | None = None, spacing: int = 8) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self._measured: dict[QLayoutItem, _Measure] = {}
        self._heights: dict[int, int] = {}  # by width
        self.setContentsMargins(QMargins())
        self.setSpacing(spacing)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def add_stretch(self) -> None:
        """Aligns what follows with the right end of its line."""
        self.addItem(QSpacerItem(0, 0))

    def invalidate(self) -> None:
        self._measured.clear()
        self._heights.clear()
        super().invalidate()

    def insert_widget(self, index: int, widget: QWidget) -> None:
        """Adds a widget before the item with this index."""
        self.addWidget(widget)
        self._items.insert(index, self._items.pop())
        self.invalidate()

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        if width not in self._heights:
            self._heights[width] = self._arrange(QRect(0, 0, width, 0), move=False)
        return self._heights[width]

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._arrange(rect, move=True)

    def sizeHint(self) -> QSize:
        """All in one line."""
        shown = self._visible_items()
        width = sum(each.sizeHint().width() + self.spacing() for each in shown) - self.spacing()
        height = max((each.sizeHint().height() for each in shown), default=0)
        return QSize(max(0, width), height).grownBy(self.contentsMargins())

    def minimumSize(self) -> QSize:
        """The widest item alone in its line."""
        shown = self._visible_items()
        width = max((self._measure(each).least_px for each in shown), default=0)
        height = max((each.minimumSize().height() for each in shown), default=0)
        return QSize(width, height).grownBy(self.contentsMargins())

    def _visible_items(self) -> list[QLayoutItem]:
        return [each for each in self._items if each.widget() is not None and not each.isEmpty()]

    def _arrange(self, rect: QRect, *, move: bool) -> int:
        """The height of all lines; places the items if `move`."""
        inside = rect.marginsRemoved(self.contentsMargins())
        y, margins = inside.top(), self.contentsMargins()
        for line in self._lines(inside.width()):
            height = max((self._measure(each).height_px for each in line), default=0)
            if move:
                self._arrange_line(line, QRect(inside.left(), y, inside.width(), height))
            y += height + (self.spacing() if height else 0)
        used = max(0, y - inside.top() - self.spacing())
        return used + margins.top() + margins.bottom()

    def _measure(self, item: QLayoutItem) -> _Measure:
        if item not in self._measured:
            self._measured[item] = _measured(item)
        return self._measured[item]

    def _lines(self, width: int) -> list[list[QLayoutItem]]:
        lines: list[list[QLayoutItem]] = [[]]
        taken = 0
        for item in self._items:
            if item.spacerItem() is not None:
                lines[-1].append(item)
                continue
            if item.isEmpty():
                continue
            wanted = self._measure(item).least_px
            if taken and taken + wanted > width:
                lines.append([])
                taken = 0
            lines[-1].append(item)
            taken += wanted + self.spacing()
        return lines

    def _arrange_line(self, line: list[QLayoutItem], area: QRect) -> None:
        widgets = [each for each in line if each.spacerItem() is None]
        least_px = sum(self._measure(each).least_px for each in widgets)
        free = area.width() - least_px - self.spacing() * max(0, len(widgets) - 1)
        growing = [each for each in line if each.spacerItem() is not None] or [
            each for each in widgets if self._measure(each).grows
        ]
        share = max(0, free) // len(growing) if growing else 0
        x = area.left()
        for item in line:
            extra = share if any(item is each for each in growing) else 0
            if item.spacerItem() is not None:
                x += extra
                continue
            measure = self._measure(item)
            height = min(measure.height_px, area.height())
            size = QSize(min(measure.least_px + extra, area.width()), height)
            is_top = bool(item.alignment() & Qt.AlignmentFlag.AlignTop)
            top = area.top() + (0 if is_top else (area.height() - size.height()) // 2)
            item.setGeometry(QRect(QPoint(x, top), size))
            x += size.width() + self.spacing()


def _measured(item: QLayoutItem) -> _Measure:
    widget, hint = item.widget(), item.sizeHint()
    is_ignored = widget is not None and widget.sizePolicy().horizontalPolicy() == QSizePolicy.Policy.Ignored
    grows = is_ignored or bool(item.expandingDirections() & Qt.Orientation.Horizontal)
    return _Measure(item.minimumSize().width() if grows else hint.width(), hint.height(), grows)


_SPACING = 8


class OverflowRow(QWidget):
    """Lays out widgets in a row, and can be as narrow as its widgets without the rare ones.

    Args:
        more: The button of the menu for what does not fit. Visible only while the menu has entries.
        rare: Buttons of the row, in the order in which they move into the menu.
    """

    def __init__(self, more: QPushButton | QToolButton, rare: Sequence[QAbstractButton]) -> None:
        super().__init__()
        self._more = more
        if more.menu() is None:
            more.setMenu(PlainMenu(more))
        self._menu = more.menu()
        self._own = tuple(self._menu.actions())  # permanent entries of the menu
        self._rare = tuple(rare)
        self._unwanted: set[QWidget] = set()
        self._whole: set[QWidget] = set()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(_SPACING)
        self._row.setSizeConstraint(QHBoxLayout.SizeConstraint.SetNoConstraint)
        self._menu.aboutToShow.connect(self._fill)
        self._moved: tuple[QAbstractButton, ...] = ()
        self._widgets: list[QWidget] = []

    @property
    def moved(self) -> tuple[QAbstractButton, ...]:
        """The buttons that are currently in the menu."""
        return self._moved

    def add(self, widget: QWidget, stretch: int = 0, *, whole: bool = False) -> None:
        """Adds a widget at the right end.

        Args:
            stretch: Its share of the free room.
            whole: Whether buttons move into the menu before it becomes narrower than its size hint.
        """
        self.insert(len(self._widgets), widget, stretch, whole=whole)

    def insert(self, place: int, widget: QWidget, stretch: int = 0, *, whole: bool = False) -> None:
        """Adds a widget before another one; see `add`."""
        if whole:
            self._whole.add(widget)
        at = self._row.count()
        if place < len(self._widgets):
            at = self._row.indexOf(self._widgets[place])
        self._row.insertWidget(at, widget, stretch)
        self._widgets.insert(place, widget)

    def take(self, widget: QWidget) -> None:
        """Takes a widget out of the row; its creator places it elsewhere."""
        self._widgets.remove(widget)
        self._whole.discard(widget)
        self._row.removeWidget(widget)

    def add_stretch(self) -> None:
        """Adds empty room."""
        self._row.addStretch(1)

    def set_wanted(self, widget: QWidget, *, wanted: bool) -> None:
        """Sets whether a widget is used; if not, it is neither in the row nor in the menu."""
        if wanted:
            self._unwanted.discard(widget)
        else:
            self._unwanted.add(widget)
        self._move_rare()
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(self._width((), whole=True), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(self._width(self._rare), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._move_rare()

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Show):
            self._move_rare()
        return super().event(event)

    def _width(self, moved: Sequence[QAbstractButton], *, whole: bool = False) -> int:
        """The minimum width of the row with these buttons in the menu, in pixels.

        With `whole`, the widgets that were added so count with their size hints.
        """
        widths = []
        for widget in self._widgets:
            if widget in self._unwanted or widget in moved:
                continue
            if widget is self._more and not (self._own or moved):
                continue
            if whole and widget in self._whole:
                least = min(widget.sizeHint().width(), widget.maximumWidth())
            elif widget.sizePolicy().horizontalPolicy() == QSizePolicy.Policy.Ignored:
                least = 0  # such as an elided line
            else:
                least = widget.minimumSizeHint().width()
            widths.append(max(least, widget.minimumWidth()))
        return sum(widths) + _SPACING * max(0, len(widths) - 1)

    def _move_rare(self) -> None:
        rare = [button for button in self._rare if button not in self._unwanted]
        count = 0
        while count < len(rare) and self._width(rare[:count], whole=True) > self.width():
            count += 1
        self._moved = tuple(rare[:count])
        for widget in self._widgets:
            if widget is self._more:
                widget.setVisible(bool(self._own or self._moved))
            else:
                widget.setVisible(widget not in self._unwanted and widget not in self._moved)

    def _fill(self) -> None:
        """Fills the menu with entries that do what the buttons currently do."""
        for action in self._menu.actions():
            if action not in self._own:
                self._menu.removeAction(action)
                if action.parent() is self._menu:  # not a menu's own action
                    action.deleteLater()
        entries = [self._entry(button) for button in self._moved]
        if self._own:
            self._menu.insertActions(self._own[0], entries)
            if entries:
                self._menu.insertSeparator(self._own[0])
        else:
            self._menu.addActions(entries)

    def _entry(self, button: QAbstractButton) -> QAction:
        menu = button.menu() if isinstance(button, (QPushButton, QToolButton)) else None
        if menu is not None:
            entry = menu.menuAction()
            entry.setText(button.accessibleName() or button.text())
            return entry
        entry = QAction(button.text(), self._menu)
        entry.setObjectName(f"{button.objectName()}Entry")
        entry.setCheckable(button.isCheckable())
        entry.setChecked(button.isChecked())
        entry.setEnabled(button.isEnabled())
        entry.triggered.connect(button.click)
        return entry


_LOOK_MS = 100
_REST_S = 0.8  # a pointer that has rested for so long is not about to click


class Bar(QFrame):
    """Appears and disappears by `set_wanted`, or once the pointer has left what moves, or rests.

    Attributes:
        pointer: Where the pointer is on the screen.
    """

    def __init__(self) -> None:
        super().__init__()
        self.hide()  # otherwise it would be shown together with its parent
        self.pointer: Callable[[], QPoint] = QCursor.pos
        self._wanted = False
        self._seen, self._seen_at_s = QPoint(), 0.0
        self._look = QTimer(self, interval=_LOOK_MS)
        self._look.timeout.connect(self._settle)

    def set_wanted(self, wanted: bool, *, immediately: bool = False) -> None:
        """Shows or hides the row as soon as that moves nothing under an active pointer.

        Args:
            wanted: Whether it is shown.
            immediately: Whether not to wait, because other content is shown below now.
        """
        self._wanted = wanted
        if immediately:
            self._look.stop()
            self.setVisible(wanted)
        elif wanted == (not self.isHidden()):
            self._look.stop()
        elif not self._look.isActive():
            self._seen, self._seen_at_s = QPoint(), time.monotonic()
            self._settle()

    def _settle(self) -> None:
        host, at = self.parentWidget(), self.pointer()
        if at != self._seen or QGuiApplication.mouseButtons() != Qt.MouseButton.NoButton:
            self._seen, self._seen_at_s = at, time.monotonic()
        rests = time.monotonic() - self._seen_at_s >= _REST_S
        if rests or host is None or not would_move(self, host, at, from_top=self._wanted):
            self._look.stop()
            self.setVisible(self._wanted)
        else:
            self._look.start()


def would_move(row: QWidget, host: QWidget, pointer: QPoint, *, from_top: bool) -> bool:
    """Whether the pointer is over what moves when a row of `host` grows (from its top) or shrinks."""
    if not host.isVisible():
        return False
    moved = QRect(0, row.y() + (0 if from_top else row.height()), host.width(), host.height())
    if row.isHidden() and (top := _next_in_layout(row, host)) is not None:
        moved.moveTop(top)
    return moved.intersected(host.rect()).contains(host.mapFromGlobal(pointer))


def _next_in_layout(row: QWidget, host: QWidget) -> int | None:
    """The top of what follows a hidden widget in its parent's layout: a hidden one has no position yet."""
    layout = host.layout()
    if layout is None:
        return None
    for number in range(layout.indexOf(row) + 1, layout.count()):
        item = layout.itemAt(number)
        following = item.widget() if item is not None else None
        if following is not None and not following.isHidden():
            return following.y()
    return None
