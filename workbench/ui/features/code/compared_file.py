"""One file of the open code beside what another package has of it.

Owns: which file that is, and that one which was opened only for it is closed again. Must not know: whose the
other package is.
"""

from functools import partial

from PySide6.QtCore import QObject, Signal

from workbench.code.compare import ComparedPackage, FilePair, NonTextDifference, pair_of
from workbench.code.text import Document, FileKind
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job
from workbench.core.messages import _
from workbench.ui.open_files import OpenFiles
from workbench.ui.services import Services

_KEY = "code.compare.file"


class ComparedFile(QObject):
    """Shows one file at a time in the editor, as editable as it is.

    Signals:
        shown: What differs beside the lines, in words; empty for nothing.
        failed: The file could not be read on one of its sides.
    """

    shown = Signal(str)
    failed = Signal(WorkbenchError)

    def __init__(self, services: Services, files: OpenFiles, parent: QObject) -> None:
        super().__init__(parent)
        self._services = services
        self._files = files
        self._side: ComparedPackage | None = None
        self._wanted = ""  # the file that was asked for last
        self._preview = ""  # a file that was opened only to be compared

    @property
    def path(self) -> str:
        """The file that was asked for last; "" for none."""
        return self._wanted

    def show_file(self, workspace: Workspace, side: ComparedPackage, path: str) -> None:
        """Shows a file beside its other side."""
        self._side, self._wanted = side, path
        self._services.jobs.submit(
            Job(
                _("Comparing {path}").format(path=path),
                lambda _ctx: pair_of(workspace, side, path),
                lane=f"disk:{workspace.folder}",  # after the draft that is being written
                replaces=_KEY,
                quiet=True,
                urgent=True,
                on_done=lambda pair: self._show_pair(side, path, pair),
                on_error=self.failed.emit,
            )
        )

    def close_file(self, path: str) -> bool:
        """Closes a file that is another one now. Returns whether it was opened for more than comparing."""
        was_open = bool(self._files.uri_of_open(path)) and path != self._preview
        self._files.close_path(path)
        self._preview = self._wanted = ""
        return was_open

    def end(self) -> None:
        """Shows the file alone again, or closes it when it was opened only to be compared."""
        self._services.jobs.drop(_KEY)
        self._side, self._wanted = None, ""
        self._files.editor.comparing.end()
        self._exchange_preview("")

    def _show_pair(self, side: ComparedPackage, path: str, pair: FilePair) -> None:
        if side is not self._side or path != self._wanted:
            return
        if words := self._no_text(pair):
            self._exchange_preview("")
            self._files.say(path, words)
            return
        preview = path if path == self._preview or not self._files.uri_of_open(path) else ""
        original = pair.old.text if pair.old else ""
        self._files.open(path, partial(self._compare, side, path, original, preview), or_new=True)
        self.shown.emit(self._asides(pair))

    def _compare(self, side: ComparedPackage, path: str, original: str, preview: str) -> None:
        if self._side is None:
            self._files.close_path(path, if_unchanged=path == preview)
            return
        self._exchange_preview(preview)
        if side is self._side and path == self._wanted == self._files.shown_path():
            self._files.editor.comparing.show(original)

    def _exchange_preview(self, path: str) -> None:
        """Closes the file that was opened only to be compared, unless something was typed in it."""
        old, self._preview = self._preview, path
        if old not in ("", path):
            self._files.close_path(old, if_unchanged=True)

    # Words

    def _no_text(self, pair: FilePair) -> str:
        """Why the two cannot be shown as texts; empty when they can."""
        sides = [each for each in (pair.old, pair.new) if each is not None]
        if all(each.kind is FileKind.TEXT for each in sides):
            return ""
        words = _("This file is binary or too large to show. Theirs: {theirs}. Yours: {yours}.")
        return words.format(theirs=self._size(pair.old), yours=self._size(pair.new))

    def _size(self, document: Document | None) -> str:
        if document is None:
            return _("none")
        return _("{size_bytes} bytes").format(size_bytes=f"{document.size_bytes:,}")

    def _asides(self, pair: FilePair) -> str:
        words = {
            NonTextDifference.LINE_ENDS: _("line endings"),
            NonTextDifference.ENCODING: _("encoding"),
            NonTextDifference.EXECUTABLE: _("executable bit"),
        }
        if not pair.non_text:
            return ""
        also = ", ".join(words[aside] for aside in pair.non_text)
        return _("Also different: {also}").format(also=also)
