"""Export of log lines: where to, in which format, and that it was done.

Owns: the questions. Must not know: how a file is written.
"""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QMenu, QToolButton, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job
from workbench.logs.buffer import Rows
from workbench.logs.export import Format, export
from workbench.ui.named import named
from workbench.ui.services import Services


class Exporting(QObject):
    """The button Export and what it leads to.

    Args:
        services: The program's shared parts.
        shown: The rows that are shown.
        every: All rows that are there.
        parent: The view.

    Signals:
        done(str): It was written; words for people.
        failed(WorkbenchError): It could not be.
    """

    done = Signal(str)
    failed = Signal(WorkbenchError)

    def __init__(
        self, services: Services, shown: Callable[[], Rows], every: Callable[[], Rows], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._services = services
        self._parent = parent
        self.button = named(QToolButton(), "logsExport", self.tr("Export"))
        self.button.setText(self.tr("Export"))
        self.button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = named(QMenu(self.button), "logsExportMenu", self.tr("Export"))
        for words, rows in (
            (self.tr("Shown Lines as %1…"), shown),
            (self.tr("All Lines as %1…"), every),
        ):
            for format_, title in (
                (Format.TEXT, self.tr("Text")),
                (Format.JSON_LINES, self.tr("JSON Lines")),
                (Format.CSV, self.tr("CSV")),
            ):
                action = menu.addAction(words.replace("%1", title))
                action.triggered.connect(lambda _on=False, f=format_, r=rows: self._ask(f, r()))
            menu.addSeparator()
        self.button.setMenu(menu)

    def _ask(self, format_: Format, rows: Rows) -> None:
        chooser = named(QFileDialog(self._parent.window(), self.tr("Export Log Lines")), "logsExportFile")
        chooser.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        chooser.setDefaultSuffix(format_.value.removeprefix("."))
        chooser.selectFile(f"log{format_.value}")
        chooser.fileSelected.connect(lambda path: self.write(Path(path), format_, rows))
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()

    def write(self, path: Path, format_: Format, rows: Rows) -> None:
        """Writes the file, in a job."""
        count = len(rows)

        def done(written: int) -> None:
            words = self.tr("Exported %1 entries to %2.").replace("%1", f"{written:,}")
            self.done.emit(words.replace("%2", path.name))

        self._services.jobs.submit(
            Job(
                self.tr("Exporting log lines"),
                lambda ctx: export(path, format_, rows.each(0, count), count, ctx),
                on_done=done,
                on_error=self.failed.emit,
            )
        )
