"""The tabs of open files: one group, or two in step with the halves of a split editor."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QTabBar, QToolButton, QWidget

from workbench.core.messages import _
from workbench.ui.editor import Editor
from workbench.ui.kit.icons import Icons
from workbench.ui.kit.text import named, restyle, tool_tip, visible


def close_button(icons: Icons, path: str, close: Callable[[], object]) -> QToolButton:
    """Makes the button for the file at a path."""
    button = named(QToolButton(), "closeFile", _("Close {path}").format(path=path), "quiet")
    button.setToolTip(_("Close (unsaved edits are kept)"))
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # Ctrl+W closes by keyboard
    button.setIconSize(QSize(14, 14))
    icons.attach(button, "x", "muted")
    button.clicked.connect(close)
    return button


class FileTabs(QTabBar):
    """One tab for each file, hidden while there is none.

    Args:
        icons: Where the drawing on the buttons comes from.
        object_name: Its name in the window.
        label: What a screen reader calls it.

    Signals:
        shown(path): This file's tab is in front now; "" when the last one was closed.
        close_wanted(path): The user pressed the tab's button.
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
        self.currentChanged.connect(lambda _number: self.shown.emit(self.current_path()))

    def paths(self) -> tuple[str, ...]:
        """The files, in the order of their tabs."""
        return tuple(self._paths)

    def current_path(self) -> str:
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

    def select(self, path: str) -> None:
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
            self.shown.emit(self.current_path())

    def clear(self) -> None:
        """Takes all tabs away, without a word."""
        self._paths.clear()
        with_signals = self.blockSignals(True)
        while self.count():
            self.removeTab(0)
        self.blockSignals(with_signals)
        self.hide()

    def set_inactive(self, *, beside: bool) -> None:
        """Looks as if the user works elsewhere, in the other half."""
        if self.property("beside") != beside:
            restyle(self, beside=beside)

    def mark(self, path: str, *, unsaved: bool) -> None:
        """Shows whether something in a file is not saved."""
        if path in self._paths:
            self.setTabText(
                self._paths.index(path), ("● " if unsaved else "") + visible(path.rpartition("/")[2])
            )

    def _label(self, number: int, path: str, *, unsaved: bool) -> None:
        side = QTabBar.ButtonPosition.RightSide
        if (old := self.tabButton(number, side)) is not None:
            old.deleteLater()
        self.setTabToolTip(number, tool_tip(path))
        self.setTabButton(number, side, close_button(self._icons, path, lambda: self.close_wanted.emit(path)))
        self.mark(path, unsaved=unsaved)


_WHOLE = 1_000


class TabGroups(QWidget):
    """A row with the tabs of both halves. A file may have a tab in each.

    Signals:
        shown(half, path): This file's tab is in front there now; "" when the half has no file left.
        entered(half): The user chose a tab of the half where they did not work.
        close_wanted(half, path): The user pressed a tab's button.
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
        """The group that the user works in."""
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
        shown, title = self.active.current_path(), self.active.tabText(self.active.currentIndex())
        self.activate(1)
        self.second.add(shown, unsaved=title != shown.rpartition("/")[2])

    def join(self) -> None:
        """Puts all tabs into the first group; the file in front stays there."""
        self._is_split = False
        shown = self.active.current_path() or self._both[1 - self._active].current_path()
        titles = {path: self.second.tabText(number) for number, path in enumerate(self.second.paths())}
        was_silent = self.blockSignals(True)
        self.second.clear()
        for path, title in titles.items():
            if path not in self.first.paths():
                self.first.add(path, unsaved=title != path.rpartition("/")[2])
        if shown:
            self.first.select(shown)
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
        """Says where the user works."""
        self._active = half
        for number, tabs in enumerate(self._both):
            tabs.set_inactive(beside=self._is_split and number != half)

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


class SplitView(QObject):
    """Between one or two groups of tabs and one editor.

    Args:
        groups: The tabs.
        editor: What shows the files.
        uri: The editor's name of a path.

    Signals:
        filled: A file is in front, where the user works.
        emptied: None is, and there is no half where one is.
    """

    filled = Signal()
    emptied = Signal()

    def __init__(self, groups: TabGroups, editor: Editor, uri: Callable[[str], str]) -> None:
        super().__init__(groups)
        self._groups = groups
        self._editor = editor
        self._halves = editor.halves
        self._uri = uri
        groups.shown.connect(self._show)
        groups.entered.connect(self._halves.enter)
        self._halves.entered.connect(groups.activate)
        self._halves.moved.connect(groups.set_share)

    def select(self, path: str) -> None:
        """Shows an open file where the user works."""
        tabs = self._groups.active
        if path in tabs.paths():
            tabs.select(path)
        else:
            tabs.add(path, unsaved=self._editor.is_dirty(self._uri(path)))
        self._show(self._halves.active, path)

    def close(self, half: int, path: str) -> None:
        """Takes a file out of a half; it is closed when it is in no other."""
        tabs = self._groups.of(half)
        if path not in tabs.paths():
            return
        tabs.remove(path)
        if path not in self._groups.paths():
            self._editor.close_file(self._uri(path))
        if self._groups.is_split and not tabs.paths():
            self.join()

    def close_current(self) -> None:
        """Takes the file in front out of the half where the user works."""
        self.close(self._halves.active, self._groups.active.current_path())

    def toggle(self) -> bool:
        """Shows the file in front a second time, beside itself; with two halves, makes them one again.

        Returns:
            Whether that could be done: the plain editor has no halves.
        """
        if self._groups.is_split:
            self.join()
        elif self._groups.paths():
            if not self._halves.can_split:
                return False
            self._halves.split()
            self._groups.split(self._halves.share)
        return True

    def join(self) -> None:
        """Makes two halves one again; all files stay open."""
        self._groups.join()
        self._halves.join()
        self.show_all()

    def focus_other_half(self) -> None:
        """Goes to the other half."""
        if self._groups.is_split:
            half = 1 - self._halves.active
            self._groups.activate(half)
            self._halves.enter(half)
            self._editor.focus_text()

    def show_all(self) -> None:
        """Shows in each half what is in front there."""
        for half in (0, 1) if self._groups.is_split else (0,):
            self._show(half, self._groups.of(half).current_path())

    def _show(self, half: int, path: str) -> None:
        if half != self._halves.active:
            if path:
                self._halves.show_in_other_half(self._uri(path))
        elif path:
            self._editor.show_file(self._uri(path))
            self.filled.emit()
        elif not self._groups.is_split:  # else the half without a file goes away
            self.emptied.emit()
