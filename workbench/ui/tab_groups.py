"""The tabs above the editor: one group, or two when the editor is split.

Owns: which files have a tab in which group, and which group the person works in. Must not know: the editor.
"""

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from workbench.core.messages import _
from workbench.ui.file_tabs import FileTabs
from workbench.ui.icons import Icons

_WHOLE = 1_000


class TabGroups(QWidget):
    """A row with the tabs of both halves. A file may have a tab in each.

    Signals:
        shown(half, path): This file's tab is in front there now; "" when the half has no file left.
        entered(half): The person chose a tab of the half where they did not work.
        close_wanted(half, path): The person pressed a tab's button.
    """

    shown = Signal(int, str)
    entered = Signal(int)
    close_wanted = Signal(int, str)

    def __init__(self, icons: Icons) -> None:
        super().__init__()
        self.setObjectName("openFileRow")
        self.first = FileTabs(icons, "openFileTabs", _("Open files"))
        self.second = FileTabs(icons, "openFileTabsBeside", _("Open files on the right"))
        self._both = (self.first, self.second)
        self._active = 0
        self._is_split = False
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        for half, tabs in enumerate(self._both):
            tabs.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            tabs.shown.connect(partial(self.shown.emit, half))
            tabs.close_wanted.connect(partial(self.close_wanted.emit, half))
            tabs.tabBarClicked.connect(partial(self._clicked, half))
            self._row.addWidget(tabs)
        self.set_share(1)

    @property
    def is_split(self) -> bool:
        """Whether there are two groups."""
        return self._is_split

    @property
    def active(self) -> FileTabs:
        """The group that the person works in."""
        return self._both[self._active]

    def of(self, half: int) -> FileTabs:
        """The group of a half."""
        return self._both[half]

    def paths(self) -> tuple[str, ...]:
        """All open files, once each, in the order of their tabs."""
        return tuple(dict.fromkeys((*self.first.paths(), *self.second.paths())))

    def split(self, share: float) -> None:
        """Makes the second group, with the file in front, and goes there; see `set_share`."""
        self._is_split = True
        self.set_share(share)
        shown, title = self.active.shown_path(), self.active.tabText(self.active.currentIndex())
        self.activate(1)
        self.second.add(shown, unsaved=title != shown.rpartition("/")[2])

    def join(self) -> None:
        """Puts all tabs into the first group; the file in front stays there."""
        self._is_split = False
        shown = self.active.shown_path() or self._both[1 - self._active].shown_path()
        titles = {path: self.second.tabText(number) for number, path in enumerate(self.second.paths())}
        was_silent = self.blockSignals(True)
        self.second.clear()
        for path, title in titles.items():
            if path not in self.first.paths():
                self.first.add(path, unsaved=title != path.rpartition("/")[2])
        if shown:
            self.first.bring(shown)
        self.blockSignals(was_silent)
        self.set_share(1)
        self.activate(0)

    def clear(self) -> None:
        """Takes all tabs away, and the second group, without a word."""
        for tabs in self._both:
            tabs.clear()
        self._is_split = False
        self.set_share(1)
        self.activate(0)

    def activate(self, half: int) -> None:
        """Says where the person works."""
        self._active = half
        for number, tabs in enumerate(self._both):
            tabs.set_beside(beside=self._is_split and number != half)

    def set_share(self, share: float) -> None:
        """Gives the first group its part of the width, 0 to 1."""
        self._row.setStretch(0, round(share * _WHOLE))
        self._row.setStretch(1, _WHOLE - round(share * _WHOLE))

    def rename(self, old: str, new: str, *, unsaved: bool) -> None:
        """Gives a file its new name, where it stands."""
        for tabs in self._both:
            if old in tabs.paths():
                tabs.rename(old, new, unsaved=unsaved)

    def mark(self, path: str, *, unsaved: bool) -> None:
        """Shows whether something in a file is not saved."""
        for tabs in self._both:
            tabs.mark(path, unsaved=unsaved)

    def _clicked(self, half: int, number: int) -> None:
        if half != self._active and number >= 0:
            self.activate(half)
            self.entered.emit(half)
