"""Keeps the tabs and the halves of the editor in step: what is in front here is shown there."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from workbench.ui.editor import Editor
from workbench.ui.tab_groups import TabGroups


class SplitView(QObject):
    """Between one or two groups of tabs and one editor.

    Args:
        groups: The tabs.
        editor: What shows the files.
        uri: The editor's name of a path.

    Signals:
        filled: A file is in front, where the person works.
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

    def bring(self, path: str) -> None:
        """Shows an open file where the person works."""
        tabs = self._groups.active
        if path in tabs.paths():
            tabs.bring(path)
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

    def close_shown(self) -> None:
        """Takes the file in front out of the half where the person works."""
        self.close(self._halves.active, self._groups.active.shown_path())

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

    def go_beside(self) -> None:
        """Goes to the other half."""
        if self._groups.is_split:
            half = 1 - self._halves.active
            self._groups.activate(half)
            self._halves.enter(half)
            self._editor.focus_text()

    def show_all(self) -> None:
        """Shows in each half what is in front there."""
        for half in (0, 1) if self._groups.is_split else (0,):
            self._show(half, self._groups.of(half).shown_path())

    def _show(self, half: int, path: str) -> None:
        if half != self._halves.active:
            if path:
                self._halves.show_in_other_half(self._uri(path))
        elif path:
            self._editor.show_file(self._uri(path))
            self.filled.emit()
        elif not self._groups.is_split:  # else the half without a file goes away
            self.emptied.emit()
