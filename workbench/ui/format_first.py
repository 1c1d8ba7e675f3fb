"""Formats a file before it is saved, if the person wants that; saving never waits for long."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from workbench.ui.editor import Editor
from workbench.ui.preferences import EDITOR_FORMAT_ON_SAVE
from workbench.ui.services import Services

_WITHIN_MS = 1_000
"""Longer than that no formatter is waited for."""


class FormatFirst(QObject):
    """Stands before saving, for the shown file."""

    def __init__(self, services: Services, editor: Editor, parent: QObject) -> None:
        super().__init__(parent)
        self._services = services
        self._editor = editor
        self._last = 0
        self._saves: dict[int, Callable[[], object]] = {}
        self._patience = QTimer(self, singleShot=True, interval=_WITHIN_MS)
        self._patience.timeout.connect(self._save_all)
        editor.language.formatted.connect(self._save)

    def save(self, save: Callable[[], object]) -> None:
        """Saves, once the text is formatted if the person wants that; whatever happens, soon."""
        shown = self._editor.is_ready and self._editor.language.is_used
        if not shown or not EDITOR_FORMAT_ON_SAVE.read(self._services.settings):
            save()
            return
        self._last += 1
        number = self._last
        self._saves[number] = save
        self._editor.language.format_wanted.emit(number)
        self._patience.start()

    def stop(self) -> None:
        """Waits for nothing any more."""
        self._patience.stop()

    def _save(self, number: int) -> None:
        if save := self._saves.pop(number, None):
            save()
        if not self._saves:
            self._patience.stop()

    def _save_all(self) -> None:
        for number in list(self._saves):
            self._save(number)
