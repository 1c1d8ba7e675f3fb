"""A menu of check boxes that stays open while they are toggled."""

from collections.abc import Collection, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QMenu, QWidget


class ChoiceMenu(QMenu):
    """Ticking an entry leaves the menu open, by mouse and by Space: several are chosen in one go.

    Signals:
        toggled: An entry's id, and whether it is ticked now.
    """

    toggled = Signal(str, bool)

    def __init__(self, title: str, parent: QWidget) -> None:
        super().__init__(title, parent)
        self.setAccessibleName(title)
        self.setStyleSheet("QMenu { menu-scrollable: 1; }")  # many entries in one column, not in several

    def offer(self, entries: Sequence[tuple[str, str]], chosen: Collection[str]) -> None:
        """Replaces the entries.

        Args:
            entries: Pairs of id and text.
            chosen: The ids of the checked entries.
        """
        self.clear()
        for name, text in entries:
            action = QAction(text.replace("&", "&&"), self)
            action.setData(name)
            action.setCheckable(True)
            action.setChecked(name in chosen)
            action.toggled.connect(lambda on, name=name: self.toggled.emit(name, on))
            self.addAction(action)

    def choose(self, chosen: Collection[str]) -> None:
        """Checks only these entries, without emitting `toggled`."""
        for action in self.actions():
            if action.isCheckable():
                action.blockSignals(True)
                action.setChecked(action.data() in chosen)
                action.blockSignals(False)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        action = self.actionAt(event.position().toPoint())
        if action is not None and action.isCheckable() and action.isEnabled():
            action.toggle()
            return
        super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        action = self.activeAction()
        if event.key() == Qt.Key.Key_Space and action is not None and action.isCheckable():
            action.toggle()
            return
        super().keyPressEvent(event)
