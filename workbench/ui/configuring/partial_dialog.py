"""What was changed and what was not, when the sending ended early; offers to take back what was."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QWidget

from workbench.core.errors import WorkbenchError
from workbench.functions.settings.model import SettingChange
from workbench.ui.configuring.words import change_title
from workbench.ui.copy_table import CopyTable
from workbench.ui.rows_model import TableRow
from workbench.ui.sign_in.form import Form, text_label

_SIZE = QSize(640, 360)


class PartialDialog(Form):
    """Says how far it came.

    Args:
        function_name: Whose settings.
        done: What was changed.
        left: What was not.
        error: Why; None when it was cancelled.
        parent: The window.
    """

    take_back = Signal()

    def __init__(
        self,
        function_name: str,
        done: Sequence[SettingChange],
        left: Sequence[SettingChange],
        error: WorkbenchError | None,
        parent: QWidget,
    ) -> None:
        super().__init__("settingsPartial", "", parent)
        self.set_title(self.tr("Some Settings of %1 Were Not Changed").replace("%1", function_name))
        why = str(error) if error else self.tr("The operation was cancelled.")
        self.content.addWidget(text_label("settingsPartialWhy", why, "danger" if error else "muted"))
        table = CopyTable(
            "settingsPartialTable", self.tr("Settings"), (self.tr("Setting"), self.tr("State")), (0, 140)
        )
        rows = [TableRow((change_title(each), self.tr("changed"))) for each in done]
        rows += [TableRow((change_title(each), self.tr("not changed"))) for each in left]
        table.take(rows)
        self.content.addWidget(table, 1)
        words = self.tr("Settings that were not changed are still in the form.")
        self.content.addWidget(text_label("settingsPartialWords", words, "muted"))
        self.keep = self.add_button("settingsPartialKeep", self.tr("Keep Changes"), "primary")
        self.back = self.add_button("settingsPartialBack", self.tr("Undo"))
        self.keep.clicked.connect(self.accept)
        self.back.clicked.connect(self.take_back)
        self.back.clicked.connect(self.accept)
        self.finish_layout(stretch=False)
        self.resize(_SIZE)

    def fit(self) -> None:
        """Keeps its size: the table takes what room there is."""
