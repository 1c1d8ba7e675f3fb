"""What somebody else changed meanwhile, beside what a person wants: whose stays, setting by setting."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QWidget

from workbench.functions.settings.model import Conflict, SettingChange
from workbench.ui.configuring.words import change_title, value_text
from workbench.ui.copy_table import CopyTable
from workbench.ui.kit.text_size import scaled
from workbench.ui.named import named
from workbench.ui.rows_model import TableRow
from workbench.ui.sign_in.form import Form, text_label

_SIZE = QSize(1000, 380)
_TITLE = (190, 380)  # width of a setting's name, which may be that of a variable
_ROW_HEIGHT, _CHOICE = 34, 4  # a list fits in
_THEIRS, _MINE = 0, 1


class ConflictDialog(Form):
    """Asks. `decided` carries the settings whose own value shall be sent; the others stay theirs.

    Args:
        function_name: Whose settings.
        found: The settings that both changed.
        parent: The window.
    """

    decided = Signal(tuple)

    def __init__(self, function_name: str, found: Sequence[Conflict], parent: QWidget) -> None:
        super().__init__("settingsConflict", "", parent)
        self.set_title(self.tr("%1 was changed in AWS").replace("%1", function_name))
        self._found = tuple(found)
        words = self.tr(
            "The same settings were changed in AWS after you opened them. Nothing has been applied yet."
        )
        self.content.addWidget(text_label("settingsConflictWords", words))
        headers = (
            self.tr("Setting"),
            self.tr("Original"),
            self.tr("In AWS"),
            self.tr("Yours"),
            self.tr("Keep"),
        )
        self.table = CopyTable(
            "settingsConflictTable", self.tr("Conflicts"), headers, (_TITLE[0], 150, 150, 0, 120)
        )
        self.table.verticalHeader().setDefaultSectionSize(scaled(_ROW_HEIGHT))
        self.show_values = named(
            QCheckBox(self.tr("Show values of environment variables")), "settingsConflictShow"
        )
        self.show_values.setVisible(any(each.mine.secret for each in found))
        self.show_values.toggled.connect(self._fill)
        self.content.addWidget(self.table, 1)
        self.content.addWidget(self.show_values)
        self.go_on = self.add_button("settingsConflictGoOn", self.tr("Continue"), "primary")
        cancel = self.add_button("settingsConflictCancel", self.tr("Cancel"))
        self.go_on.clicked.connect(self.accept)
        cancel.clicked.connect(self.reject)
        self.accepted.connect(lambda: self.decided.emit(self.mine()))
        self.finish_layout(stretch=False)
        self.resize(_SIZE)
        self.choices: list[QComboBox] = []
        self._chosen = [_THEIRS] * len(self._found)
        self._fill()
        (self.choices[0] if self.choices else self.go_on).setFocus()

    def fit(self) -> None:
        """Keeps its size: the table takes what room there is."""

    def mine(self) -> tuple[SettingChange, ...]:
        """The changes that overwrite what the others did: from theirs to mine."""
        return tuple(
            SettingChange(each.mine.name, each.mine.key, each.theirs, each.mine.new)
            for each, choice in zip(self._found, self._chosen, strict=True)
            if choice == _MINE
        )

    def _fill(self) -> None:
        masked = not self.show_values.isChecked()
        rows = []
        for each in self._found:
            secret, name = masked and each.mine.secret, each.mine.name
            values = (each.mine.old, each.theirs, each.mine.new)
            texts = (value_text(name, value, secret=secret) for value in values)
            rows.append(TableRow((change_title(each.mine), *texts, ""), discreet=secret))
        self.table.take(rows)
        self.table.fit_column(0, *_TITLE)
        self.choices = [self._box(place) for place in range(len(self._found))]
        for place, box in enumerate(self.choices):
            self.table.setIndexWidget(self.table.model().index(place, _CHOICE), box)

    def _box(self, place: int) -> QComboBox:
        title = self.tr("Keep for %1").replace("%1", change_title(self._found[place].mine))
        box = named(QComboBox(), f"settingsKeep.{place}", title)
        box.addItems([self.tr("In AWS"), self.tr("Yours")])
        box.setCurrentIndex(self._chosen[place])
        box.currentIndexChanged.connect(lambda choice: self._choose(place, choice))
        return box

    def _choose(self, place: int, choice: int) -> None:
        self._chosen[place] = choice
