"""The dialogs of applying changes: what is sent, which value a conflict keeps, what was applied in part."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.messages import _, ngettext
from workbench.functions.settings.apply import Call
from workbench.functions.settings.model import Conflict, SettingChange
from workbench.ui.configuring.labels import change_title, value_text
from workbench.ui.copy_table import CopyTable
from workbench.ui.kit.text_size import scaled
from workbench.ui.named import named
from workbench.ui.rows_model import TableRow
from workbench.ui.sign_in.form import Form, text_label

_CHANGES_SIZE, _CONFLICT_SIZE, _PARTIAL_SIZE = QSize(860, 420), QSize(1000, 380), QSize(640, 360)
_CHANGED_WIDTH, _CONFLICT_WIDTH = (220, 400), (190, 380)
"""Minimum and maximum for the name of a setting, which may be that of a variable."""
_ROW_HEIGHT, _CHOICE = 34, 4  # a list fits in
_THEIRS, _MINE = 0, 1


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
        self.set_title(_("Changes of {function_name}").format(function_name=function_name))
        self._changed = tuple(changed)
        headers = (_("Setting"), _("Current"), _("New"))
        self.table = CopyTable("settingsChangesTable", _("Changes"), headers, (_CHANGED_WIDTH[0], 230, 0))
        self.show_values = named(QCheckBox(_("Show values of environment variables")), "settingsChangesShow")
        self.show_values.setVisible(any(each.secret for each in changed))
        self.show_values.toggled.connect(self._fill)
        operations = ", ".join(call.operation for call in calls)
        count = len(calls)
        sent = ngettext(
            "Uses {count} API call: {operations}", "Uses {count} API calls: {operations}", count
        ).format(count=count, operations=operations)
        if owner:
            self.content.addWidget(text_label("settingsChangesOwner", owner, "warning"))
        if warnings:
            text = "\n".join(warnings)
            self.content.addWidget(text_label("settingsChangesWarnings", text, "warning"))
        self.content.addWidget(self.table, 1)
        self.content.addWidget(self.show_values)
        self.content.addWidget(text_label("settingsChangesCalls", sent, "muted"))
        self.apply = self.add_button("settingsChangesApply", _("Apply"), "primary")
        cancel = self.add_button("settingsChangesCancel", _("Cancel"))
        self.apply.clicked.connect(self.accept)
        cancel.clicked.connect(self.reject)
        self.finish_layout(stretch=False)
        self.resize(_CHANGES_SIZE)
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
        self.table.fit_column(0, *_CHANGED_WIDTH)


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
        self.set_title(_("{function_name} was changed in AWS").format(function_name=function_name))
        self._found = tuple(found)
        words = _(
            "The same settings were changed in AWS after you opened them. Nothing has been applied yet."
        )
        self.content.addWidget(text_label("settingsConflictWords", words))
        headers = (
            _("Setting"),
            _("Original"),
            _("In AWS"),
            _("Yours"),
            _("Keep"),
        )
        self.table = CopyTable(
            "settingsConflictTable",
            _("Conflicts"),
            headers,
            (_CONFLICT_WIDTH[0], 150, 150, 0, 120),
        )
        self.table.verticalHeader().setDefaultSectionSize(scaled(_ROW_HEIGHT))
        self.show_values = named(QCheckBox(_("Show values of environment variables")), "settingsConflictShow")
        self.show_values.setVisible(any(each.mine.secret for each in found))
        self.show_values.toggled.connect(self._fill)
        self.content.addWidget(self.table, 1)
        self.content.addWidget(self.show_values)
        self.go_on = self.add_button("settingsConflictGoOn", _("Continue"), "primary")
        cancel = self.add_button("settingsConflictCancel", _("Cancel"))
        self.go_on.clicked.connect(self.accept)
        cancel.clicked.connect(self.reject)
        self.accepted.connect(lambda: self.decided.emit(self.mine()))
        self.finish_layout(stretch=False)
        self.resize(_CONFLICT_SIZE)
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
        self.table.fit_column(0, *_CONFLICT_WIDTH)
        self.choices = [self._box(place) for place in range(len(self._found))]
        for place, box in enumerate(self.choices):
            self.table.setIndexWidget(self.table.model().index(place, _CHOICE), box)

    def _box(self, place: int) -> QComboBox:
        title = _("Keep for {mine}").format(mine=change_title(self._found[place].mine))
        box = named(QComboBox(), f"settingsKeep.{place}", title)
        box.addItems([_("In AWS"), _("Yours")])
        box.setCurrentIndex(self._chosen[place])
        box.currentIndexChanged.connect(lambda choice: self._choose(place, choice))
        return box

    def _choose(self, place: int, choice: int) -> None:
        self._chosen[place] = choice


class PartialDialog(Form):
    """Says how far it came.

    Args:
        function_name: Whose settings.
        done: What was changed.
        left: What was not.
        error: Why; None when it was cancelled.
        parent: The window.
    """

    undo_wanted = Signal()

    def __init__(
        self,
        function_name: str,
        done: Sequence[SettingChange],
        left: Sequence[SettingChange],
        error: WorkbenchError | None,
        parent: QWidget,
    ) -> None:
        super().__init__("settingsPartial", "", parent)
        self.set_title(
            _("Some Settings of {function_name} Were Not Changed").format(function_name=function_name)
        )
        why = str(error) if error else _("The operation was cancelled.")
        self.content.addWidget(text_label("settingsPartialWhy", why, "danger" if error else "muted"))
        table = CopyTable("settingsPartialTable", _("Settings"), (_("Setting"), _("State")), (0, 140))
        rows = [TableRow((change_title(each), _("changed"))) for each in done]
        rows += [TableRow((change_title(each), _("not changed"))) for each in left]
        table.take(rows)
        self.content.addWidget(table, 1)
        words = _("Settings that were not changed are still in the form.")
        self.content.addWidget(text_label("settingsPartialWords", words, "muted"))
        self.keep = self.add_button("settingsPartialKeep", _("Keep Changes"), "primary")
        self.back = self.add_button("settingsPartialBack", _("Undo"))
        self.keep.clicked.connect(self.accept)
        self.back.clicked.connect(self.undo_wanted)
        self.back.clicked.connect(self.accept)
        self.finish_layout(stretch=False)
        self.resize(_PARTIAL_SIZE)

    def fit(self) -> None:
        """Keeps its size: the table takes what room there is."""
