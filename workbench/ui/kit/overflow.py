"""A row of tools in which rarely used ones move into a menu if there is no room."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

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
            more.setMenu(QMenu(more))
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
        if whole:
            self._whole.add(widget)
        self._row.addWidget(widget, stretch)
        self._widgets.append(widget)

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
