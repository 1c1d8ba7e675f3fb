"""What somebody else changed of the configuration, and whose shall stay, setting by setting."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from workbench.deploy.changes import ChangedSetting
from workbench.ui.copy_table import CopyTable
from workbench.ui.deploying.setting_words import setting_title, setting_value
from workbench.ui.kit.text_size import scaled
from workbench.ui.named import named
from workbench.ui.rows_model import TableRow
from workbench.ui.sign_in.form import text_label

_ROW_HEIGHT = 34  # a list fits in
_CHOICE, _THEIRS, _OURS = 3, 0, 1


class SettingsView(QWidget):
    """Shows settings that differ from what the window showed, and what this deploy changes by itself.

    Signals:
        changed: Other settings are to be put back.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        named(self, "deploySettings", self.tr("Configuration"))
        self._drifted: tuple[ChangedSetting, ...] = ()
        self._chosen: dict[ChangedSetting, int] = {}
        self._boxes: list[QComboBox] = []
        self._shown: tuple[tuple[ChangedSetting, ...], list[TableRow]] = ((), [])
        self._words = text_label("deploySettingsWords")
        self.theirs = named(QPushButton(self.tr("Use All of Theirs")), "deployTheirs")
        self.ours = named(QPushButton(self.tr("Use All Mine")), "deployOurs")
        headers = (self.tr("Setting"), self.tr("Shown here"), self.tr("Deployed now"), self.tr("After"))
        self.table = CopyTable("deploySettingsTable", self.tr("Settings"), headers, (170, 140, 0, 150))
        self.table.verticalHeader().setDefaultSectionSize(scaled(_ROW_HEIGHT))
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.theirs)
        buttons.addWidget(self.ours)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._words)
        column.addLayout(buttons)
        column.addWidget(self.table, 1)
        for button, choice in ((self.theirs, _THEIRS), (self.ours, _OURS)):
            button.setAutoDefault(False)
            button.clicked.connect(lambda _checked=False, choice=choice: self._choose_all(choice))
        self.show_settings((), ())

    def show_settings(self, drifted: Sequence[ChangedSetting], planned: Sequence[ChangedSetting]) -> None:
        """Shows them; what was chosen for the same change stays.

        Args:
            drifted: What somebody else changed, from what was shown to what is deployed.
            planned: What this deploy changes by itself, from what is deployed to what will be.
        """
        self._drifted = tuple(drifted)
        self._chosen = {setting: self._chosen.get(setting, _THEIRS) for setting in drifted}
        self._fill(planned)
        for widget in (self.theirs, self.ours):
            widget.setVisible(bool(drifted))

    def ours_wanted(self) -> tuple[ChangedSetting, ...]:
        """Those that are to be as they were shown here."""
        return tuple(setting for setting, choice in self._chosen.items() if choice == _OURS)

    def _fill(self, planned: Sequence[ChangedSetting]) -> None:
        if self._drifted:
            words = self.tr(
                "The configuration changed in AWS after it was loaded. The deployed values are kept "
                "unless you choose yours."
            )
        elif planned:
            words = self.tr("This deployment changes the configuration.")
        else:
            words = self.tr("The configuration does not change.")
        self._words.setText(words)
        self._words.setProperty("role", "warning" if self._drifted else "muted")
        self._words.style().polish(self._words)
        rows = [
            TableRow((setting_title(each), setting_value(each, each.old), setting_value(each, each.new), ""))
            for each in self._drifted
        ]
        rows += [
            TableRow((setting_title(each), "", setting_value(each, each.old), setting_value(each, each.new)))
            for each in planned
        ]
        self.table.setVisible(bool(rows))
        if (self._drifted, rows) == self._shown:
            return
        self._shown = (self._drifted, rows)
        self.table.take(rows)  # the table deletes the lists of the rows before
        self._boxes = [self._box(setting) for setting in self._drifted]
        for row, box in enumerate(self._boxes):
            self.table.setIndexWidget(self.table.model().index(row, _CHOICE), box)

    def _box(self, setting: ChangedSetting) -> QComboBox:
        title = self.tr("After deployment: %1").replace("%1", setting_title(setting))
        box = named(QComboBox(), f"deployChoice.{setting.name}.{setting.key}".rstrip("."), title)
        box.addItems([self.tr("Deployed"), self.tr("Mine")])
        box.setCurrentIndex(self._chosen[setting])
        box.currentIndexChanged.connect(lambda choice: self._choose(setting, choice))
        return box

    def _choose(self, setting: ChangedSetting, choice: int) -> None:
        self._chosen[setting] = choice
        self.changed.emit()

    def _choose_all(self, choice: int) -> None:
        for box in self._boxes:
            box.setCurrentIndex(choice)
