"""What will be changed, before it is sent: each setting as it is and as it will be, and the calls."""

from collections.abc import Sequence

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QCheckBox, QWidget

from workbench.functions.settings.apply import Call
from workbench.functions.settings.model import SettingChange
from workbench.ui.configuring.words import change_title, value_text
from workbench.ui.copy_table import CopyTable
from workbench.ui.named import named
from workbench.ui.rows_model import TableRow
from workbench.ui.sign_in.form import Form, text_label

_SIZE = QSize(860, 420)
_TITLE = (220, 400)  # width of a setting's name, which may be that of a variable


class ChangesDialog(Form):
    """Shows changes. `accepted` is the yes.

    Args:
        function_name: Whose settings.
        changed: The changes.
        calls: What is sent.
        owner: What to know of who else manages the function; empty for nothing.
        warnings: What else may go wrong.
        parent: The window.
    """

    def __init__(
        self,
        function_name: str,
        changed: Sequence[SettingChange],
        calls: Sequence[Call],
        owner: str,
        parent: QWidget,
        warnings: Sequence[str] = (),
    ) -> None:
        super().__init__("settingsChanges", "", parent)
        self.set_title(self.tr("Changes of %1").replace("%1", function_name))
        self._changed = tuple(changed)
        headers = (self.tr("Setting"), self.tr("Current"), self.tr("New"))
        self.table = CopyTable("settingsChangesTable", self.tr("Changes"), headers, (_TITLE[0], 230, 0))
        self.show_values = named(
            QCheckBox(self.tr("Show values of environment variables")), "settingsChangesShow"
        )
        self.show_values.setVisible(any(each.secret for each in changed))
        self.show_values.toggled.connect(self._fill)
        operations = ", ".join(call.operation for call in calls)
        count = len(calls)
        words = self.tr("Uses 1 API call: %1") if count == 1 else self.tr("Uses %n API calls: %1", "", count)
        sent = words.replace("%1", operations)
        if owner:
            self.content.addWidget(text_label("settingsChangesOwner", owner, "warning"))
        if warnings:
            text = "\n".join(warnings)
            self.content.addWidget(text_label("settingsChangesWarnings", text, "warning"))
        self.content.addWidget(self.table, 1)
        self.content.addWidget(self.show_values)
        self.content.addWidget(text_label("settingsChangesCalls", sent, "muted"))
        self.apply = self.add_button("settingsChangesApply", self.tr("Apply"), "primary")
        cancel = self.add_button("settingsChangesCancel", self.tr("Cancel"))
        self.apply.clicked.connect(self.accept)
        cancel.clicked.connect(self.reject)
        self.finish_layout(stretch=False)
        self.resize(_SIZE)
        self._fill()
        self.apply.setFocus()

    def fit(self) -> None:
        """Keeps its size: the table takes what room there is."""

    def _fill(self) -> None:
        masked = not self.show_values.isChecked()
        rows = []
        for each in self._changed:
            secret = masked and each.secret
            texts = (
                change_title(each),
                value_text(each.name, each.old, secret=secret),
                value_text(each.name, each.new, secret=secret),
            )
            rows.append(TableRow(texts, discreet=secret))
        self.table.take(rows)
        self.table.fit_column(0, *_TITLE)
