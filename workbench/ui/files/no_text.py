"""In the place of a text: a file that is none, or too large a one, and what can be done with it."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction

from workbench.code.text import Document, FileKind, Format, format_of
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.ui.kit.empty import EmptyState
from workbench.ui.kit.icons import Icons
from workbench.ui.kit.other_programs import open_in_other_program, refusal_to_open, show_in_folder
from workbench.ui.kit.text import named

_UNITS = ("kB", "MB", "GB")


def format_text(kind: Format) -> str:
    """Such as "Image"."""
    return {
        Format.IMAGE: _("Image"),
        Format.ARCHIVE: _("Archive"),
        Format.LIBRARY: _("Compiled library"),
        Format.PROGRAM: _("Executable"),
        Format.DATABASE: _("Database"),
        Format.DOCUMENT: _("Document"),
        Format.FONT: _("Font"),
        Format.MEDIA: _("Audio or video"),
        Format.DATA: _("Binary data"),
    }[kind]


def size_text(size_bytes: int) -> str:
    """Such as "12.3 MB" (of a million bytes each); small ones in bytes."""
    if size_bytes < 1000:
        return _("{size_bytes} bytes").format(size_bytes=str(size_bytes))
    size = size_bytes / 1000
    for unit in _UNITS:
        if size < 999.95:
            return f"{size:.1f} {unit}"
        size /= 1000
    return f"{size * 1000:,.1f} {_UNITS[-1]}"


class NoText(EmptyState):
    """Says what the file is and how large; opens it elsewhere.

    Signals:
        failed: It could not be opened elsewhere.
    """

    failed = Signal(WorkbenchError)

    def __init__(self, icons: Icons) -> None:
        super().__init__(icons, "file")
        named(self, "noText")
        self._file = Path()
        self._open = QAction(_("Open in Another Program"), self)
        self._show = QAction(_("Show in Folder"), self)
        self._open.triggered.connect(lambda: self._do(open_in_other_program))
        self._show.triggered.connect(lambda: self._do(show_in_folder))

    def show_file(self, file: Path, path: str, document: Document) -> None:
        """Shows a file.

        Args:
            file: Where it lies.
            path: Its name in the function's code.
            document: As it was read, without text.
        """
        self._file = file
        kind = format_of(path, document.head)
        if document.kind is FileKind.HUGE and kind is Format.DATA:
            what = _("Too large for the editor")
        else:
            what = format_text(kind)
        self.set_text(path, f"{what} · {size_text(document.size_bytes)}")
        # What came with somebody's package is not to be run by a click.
        self.set_actions(*([] if refusal_to_open(file) else [self._open]), self._show)

    def _do(self, act: Callable[[Path], WorkbenchError | None]) -> None:
        if (error := act(self._file)) is not None:
            self.failed.emit(error)
