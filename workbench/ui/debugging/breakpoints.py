"""The breakpoints of the open code: in the editor's margin, and kept for each function."""

from PySide6.QtCore import QObject

from workbench.ui.pages.code import CodePage
from workbench.ui.services import Services


class BreakpointKeeper(QObject):
    """Follows the Code tab. They are kept by path; edits move them along.

    Args:
        services: For the settings, where they are kept.
        code: The tab.
    """

    def __init__(self, services: Services, code: CodePage) -> None:
        super().__init__(code)
        self._services = services
        self._code = code
        self._key = ""
        self._lines: dict[str, tuple[int, ...]] = {}
        code.workspace_changed.connect(self._follow)
        code.files.opened.connect(self._show)
        code.files.editor.debug.moved.connect(self._moved)

    def all(self) -> dict[str, tuple[int, ...]]:
        """Path -> lines, from 1."""
        return {path: lines for path, lines in self._lines.items() if lines}

    def every(self) -> dict[str, tuple[int, ...]]:
        """As `all`, with the files whose last one was removed."""
        return dict(self._lines)

    def toggle(self) -> str:
        """Sets or removes one at the cursor; returns the path, "" when no file of Python is in front."""
        files = self._code.files
        path = files.shown_path()
        if not path.endswith(".py"):
            return ""
        uri = files.uri_of_open(path)
        files.editor.debug.toggle_at_cursor(uri)
        return path

    def _follow(self) -> None:
        function = self._code.function
        self._code.files.editor.debug.forget()
        self._key = f"debug.breakpoints.{function.detail.function_arn}" if function else ""
        kept: dict[str, list[int]] = self._services.settings.get(self._key, {}) if self._key else {}
        self._lines = {path: tuple(lines) for path, lines in kept.items()}
        for path in self._code.files.open_paths():
            self._show(path)

    def _show(self, path: str) -> None:
        uri = self._code.files.uri_of_open(path)
        if uri and (lines := self._lines.get(path)):
            self._code.files.editor.debug.set(uri, lines)

    def _moved(self, uri: str, lines: tuple[int, ...]) -> None:
        files = self._code.files
        path = next((each for each in files.open_paths() if files.uri_of_open(each) == uri), "")
        if path and self._key and self._lines.get(path, ()) != lines:
            self._lines[path] = lines
            kept = {each: list(found) for each, found in self._lines.items() if found}
            self._services.settings.set(self._key, kept)
