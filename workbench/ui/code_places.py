"""Leads to a line of the open function's code, also while that is being opened."""

from PySide6.QtCore import QObject

from workbench.ui.parts import Parts


class CodePlaces(QObject):
    """Shows places in the editor."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts.window)
        self._parts = parts
        self._place: tuple[str, int] | None = None  # to be shown once the code is open
        parts.code.workspace_changed.connect(self._code_opened)

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
        self._parts.window.page.show_tab("codePage")
        self._code_opened()

    def _code_opened(self) -> None:
        if self._place is not None and self._parts.code.workspace is not None:
            path, line = self._place
            self._place = None
            self._parts.code.files.reveal(path, line, 1)
