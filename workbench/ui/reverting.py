"""Makes files of the open code what is deployed, after asking.

Owns: the questions. Must not know: how files are reverted.
"""

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMessageBox

from workbench.ui.pages.code import CodePage


class Reverting(QObject):
    """Lives as long as the Code tab."""

    def __init__(self, code: CodePage) -> None:
        super().__init__(code)
        self._code = code

    def revert_shown(self) -> None:
        """Makes the shown file what is deployed, after asking."""
        workspace, path = self._code.workspace, self._code.files.shown_path()
        if workspace is None or not path:
            return
        answer = QMessageBox.question(
            self._code,
            self.tr("Revert File"),
            self.tr("Throw away all changes of %1 since the last deployment?").replace("%1", path),
            QMessageBox.StandardButton.Discard | QMessageBox.StandardButton.Cancel,
            QMessageBox.StandardButton.Cancel,
        )
        if answer == QMessageBox.StandardButton.Discard:
            self._code.change_on_disk(
                self.tr("Reverting %1").replace("%1", path),
                lambda _ctx: workspace.revert(path),
                self._code.reload,
            )
