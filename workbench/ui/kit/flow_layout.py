"""A row of controls that continues in a second line if the window is too narrow."""

from typing import NamedTuple

from PySide6.QtCore import QMargins, QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QSizePolicy, QSpacerItem, QWidget


class _Measure(NamedTuple):
    """The size of an item before free room is distributed, in px, and whether it gets some of that."""

    least_px: int
    height_px: int
    grows: bool


class FlowLayout(QLayout):
    """Lays out its items from left to right, continuing in the next line.

    A line's free room goes to its stretches, or to the widgets whose size policy takes room, such as a field.
    A hidden widget leaves no gap.

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
            top = area.top() + (area.height() - size.height()) // 2
            item.setGeometry(QRect(QPoint(x, top), size))
            x += size.width() + self.spacing()


def _measured(item: QLayoutItem) -> _Measure:
    widget, hint = item.widget(), item.sizeHint()
    is_ignored = widget is not None and widget.sizePolicy().horizontalPolicy() == QSizePolicy.Policy.Ignored
    grows = is_ignored or bool(item.expandingDirections() & Qt.Orientation.Horizontal)
    return _Measure(item.minimumSize().width() if grows else hint.width(), hint.height(), grows)
