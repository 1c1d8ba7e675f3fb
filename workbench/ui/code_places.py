"""Leads to a line of the open function's code, also while that is being opened."""

from PySide6.QtCore import QObject

from workbench.ui.pages.code import CodePage
from workbench.ui.window import MainWindow


class CodePlaces(QObject):
    """Shows places in the editor."""

    def __init__(self, window: MainWindow, code: CodePage) -> None:
        super().__init__(window)
        self._window, self._code = window, code
        self._place: tuple[str, int] | None = None  # to be shown once the code is open
        code.workspace_changed.connect(self._code_opened)

    def forget(self) -> None:
        """The account was left."""
        self._place = None

    def show(self, path: str, line: int) -> None:
        """Shows a line of a file of the code; a path that leads out of it is an error.

        Args:
            path: In the package.
            line: From 1.
        """
        self._place = (path, line)
        self._window.page.show_tab("codePage")
        self._code_opened()

    def _code_opened(self) -> None:
        if self._place is not None and self._code.workspace is not None:
            path, line = self._place
            self._place = None
            self._code.files.reveal(path, line, 1)
