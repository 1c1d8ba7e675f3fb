"""The tabs of open files. Must not know: the editor, the workspace; it is told what is open."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QTabBar

from workbench.ui.close_button import close_button
from workbench.ui.icons import Icons
from workbench.ui.kit.text import tool_tip
from workbench.ui.named import named


class FileTabs(QTabBar):
    """One tab for each file, hidden while there is none.

    Args:
        icons: Where the drawing on the buttons comes from.
        object_name: Its name in the window.
        label: What a screen reader calls it.

    Signals:
        shown(path): This file's tab is in front now; "" when the last one was closed.
        close_wanted(path): The person pressed the tab's button.
    """

    shown = Signal(str)
    close_wanted = Signal(str)

    def __init__(self, icons: Icons, object_name: str, label: str) -> None:
        super().__init__()
        named(self, object_name, label)
        self._icons = icons
        self._paths: list[str] = []
        self.setExpanding(False)
        self.setDrawBase(False)
        self.hide()
        self.currentChanged.connect(lambda _number: self.shown.emit(self.shown_path()))

    def paths(self) -> tuple[str, ...]:
        """The files, in the order of their tabs."""
        return tuple(self._paths)

    def shown_path(self) -> str:
        """The file in front, or ""."""
        return self.path_at(self.currentIndex())

    def path_at(self, number: int) -> str:
        """The file of a tab, "" when there is no such tab."""
        return self._paths[number] if 0 <= number < len(self._paths) else ""

    def add(self, path: str, *, unsaved: bool) -> None:
        """Adds a file and brings it to the front."""
        self._paths.append(path)
        number = self.addTab("")
        self._label(number, path, unsaved=unsaved)
        self.show()
        self.setCurrentIndex(number)

    def bring(self, path: str) -> None:
        """Brings a file to the front; `shown` tells it if it was not there already."""
        self.setCurrentIndex(self._paths.index(path))

    def rename(self, old: str, new: str, *, unsaved: bool) -> None:
        """Gives a file its new name, where it stands."""
        number = self._paths.index(old)
        self._paths[number] = new
        self._label(number, new, unsaved=unsaved)

    def remove(self, path: str) -> None:
        """Takes a file's tab away."""
        number = self._paths.index(path)
        was_shown = number == self.currentIndex()
        del self._paths[number]
        with_signals = self.blockSignals(True)  # Qt tells of a number that changed, not of a file
        self.removeTab(number)
        self.blockSignals(with_signals)
        self.setVisible(bool(self._paths))
        if was_shown:
            self.shown.emit(self.shown_path())

    def clear(self) -> None:
        """Takes all tabs away, without a word."""
        self._paths.clear()
        with_signals = self.blockSignals(True)
        while self.count():
            self.removeTab(0)
        self.blockSignals(with_signals)
        self.hide()

    def set_beside(self, *, beside: bool) -> None:
        """Looks as if the person works elsewhere, in the other half."""
        if self.property("beside") != beside:
            self.setProperty("beside", beside)
            self.style().unpolish(self)
            self.style().polish(self)

    def mark(self, path: str, *, unsaved: bool) -> None:
        """Shows whether something in a file is not saved."""
        if path in self._paths:
            self.setTabText(self._paths.index(path), ("● " if unsaved else "") + path.rpartition("/")[2])

    def _label(self, number: int, path: str, *, unsaved: bool) -> None:
        side = QTabBar.ButtonPosition.RightSide
        if (old := self.tabButton(number, side)) is not None:
            old.deleteLater()
        self.setTabToolTip(number, tool_tip(path))
        self.setTabButton(number, side, close_button(self._icons, path, lambda: self.close_wanted.emit(path)))
        self.mark(path, unsaved=unsaved)
