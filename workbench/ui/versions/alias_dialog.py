"""The dialog in which an alias is made, or changed: where it points, and who gets a share of its calls."""

from collections.abc import Collection, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QFormLayout, QLineEdit, QWidget

from workbench.core.errors import WorkbenchError
from workbench.functions.aliases import LATEST, AliasConflict, AliasFault, AliasLimits, AliasSpec
from workbench.functions.versions import Alias, Version
from workbench.ui.kit.text import PlainLabel
from workbench.ui.kit.text_size import scaled
from workbench.ui.named import named
from workbench.ui.new_function.fields import Checked
from workbench.ui.number_box import indent
from workbench.ui.sign_in.form import Form, text_label
from workbench.ui.versions.words import fault_text, version_title

_LABEL_WIDTH = 90
_USUAL_SHARE = 10.0


class AliasDialog(Form):
    """`wanted` is the yes; it stays open until it is told to close, so that a refusal loses nothing.

    Args:
        function_name: Of whom.
        alias: The alias that is changed; None for a new one.
        versions: Where it can point, "$LATEST" first.
        taken: The names of the aliases that are there.
        limits: What AWS allows.
        parent: The window.
    """

    wanted = Signal()
    cancel_wanted = Signal()  # while it works

    def __init__(
        self,
        function_name: str,
        alias: Alias | None,
        versions: Sequence[Version],
        taken: Collection[str],
        limits: AliasLimits,
        parent: QWidget,
    ) -> None:
        super().__init__("aliasDialog", "", parent)
        self.seen = alias
        self._taken, self._limits, self._working = taken, limits, False
        self._versions = tuple(versions)
        title = self.tr("Edit the Alias %1") if alias else self.tr("New Alias of %1")
        self.set_title(title.replace("%1", alias.name if alias else function_name))
        self.name = named(QLineEdit(alias.name if alias else ""), "aliasName", self.tr("Name"))
        self.name.setReadOnly(alias is not None)
        if alias is not None:
            self.name.setToolTip(self.tr("AWS cannot rename an alias. Create another one instead."))
        self.version = named(QComboBox(), "aliasVersion", self.tr("Version"))
        self.description = named(QLineEdit(), "aliasDescription", self.tr("Description"))
        self.shared = named(QCheckBox(self.tr("Send part of the traffic to another version")), "aliasShared")
        self.second = named(QComboBox(), "aliasSecond", self.tr("Other version"))
        self.share = named(QDoubleSpinBox(), "aliasShare", self.tr("Traffic weight"))
        indent(self.share)
        self.share.setRange(0, 100)
        self.share.setDecimals(1)
        self.share.setSuffix(" %")
        self.share.setValue(_USUAL_SHARE)
        for version in versions:
            self.version.addItem(version_title(version), version.version)
            if version.version != LATEST:
                self.second.addItem(version_title(version), version.version)
        self._rows: dict[QWidget, Checked] = {}
        self._lay_out()
        self.yes = self.add_button(
            "aliasYes", self.tr("Save") if alias else self.tr("Create Alias"), "primary"
        )
        self.add_button("aliasCancel", self.tr("Cancel")).clicked.connect(self.reject)
        self.show_wish(AliasSpec.of(alias) if alias else AliasSpec(self.version.itemData(0) or LATEST))
        self.yes.clicked.connect(self._submit)
        for line in (self.name, self.description):
            line.textChanged.connect(self._changed)
        for combo in (self.version, self.second):
            combo.currentIndexChanged.connect(self._changed)
        self.share.valueChanged.connect(self._changed)
        self.shared.toggled.connect(self._suggest)
        self._changed()
        (self.version if alias else self.name).setFocus()

    # What is wanted -----------------------------------------------------------------------------------------

    def wish(self) -> AliasSpec:
        """What was chosen."""
        shared = self.shared.isChecked()
        return AliasSpec(
            str(self.version.currentData()),
            self.description.text().strip(),
            str(self.second.currentData() or "") if shared else "",
            round(self.share.value() / 100, 4) if shared else 0.0,
        )

    def show_wish(self, wish: AliasSpec) -> None:
        """Shows what an alias is, or is to be."""
        self._choose(self.version, wish.version)
        self.description.setText(wish.description)
        self.shared.setChecked(bool(wish.second))
        if wish.second:
            self._choose(self.second, wish.second)
            self.share.setValue(wish.share * 100)

    @staticmethod
    def _choose(combo: QComboBox, version: str) -> None:
        """A version that is not in the list is there all the same: it may be newer than the list."""
        if combo.findData(version) < 0:
            combo.addItem(version, version)
        combo.setCurrentIndex(combo.findData(version))

    def show_version(self, version: str) -> None:
        """Lets it point to a version."""
        self._choose(self.version, version)

    # What comes of it ---------------------------------------------------------------------------------------

    def set_working(self, *, working: bool) -> None:
        """While AWS is asked nothing can be changed."""
        self._working = working
        for row in (*self._rows.values(), self.shared):
            row.setEnabled(not working)
        if working:
            self.say(self.tr("Saving…"))
        self._changed()

    def say_failed(self, error: WorkbenchError) -> None:
        """Says why not. After a conflict, saving again is about what is there now."""
        self.set_working(working=False)
        self.say_error(error)
        if isinstance(error, AliasConflict):
            self.seen = error.now
            self.yes.setText(self.tr("Save Anyway"))

    def reject(self) -> None:
        if self._working:
            self.cancel_wanted.emit()
        else:
            super().reject()

    # Inside -------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setSpacing(10)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for field, title in (
            (self.name, self.tr("Name")),
            (self.version, self.tr("Version")),
            (self.description, self.tr("Description")),
            (self.second, self.tr("Other version")),
            (self.share, self.tr("Weight of the other version")),
        ):
            if field is self.second:
                form.addRow(self.shared)
            row = self._rows[field] = Checked(field)
            label = named(PlainLabel(title), f"{field.objectName()}Label")
            label.setBuddy(field)
            label.setMinimumWidth(scaled(_LABEL_WIDTH))
            label.setFixedHeight(field.sizeHint().height())
            form.addRow(label, row)
        self._form = form
        self.content.addLayout(form)
        self.split = text_label("aliasSplit", "", "muted")
        self.content.addWidget(self.split)
        self.finish_layout()

    def _suggest(self) -> None:
        """The other version is another one."""
        if self.second.currentData() == self.version.currentData():
            self.second.setCurrentIndex(1 if self.second.currentIndex() == 0 else 0)
        self._changed()

    def _changed(self) -> None:
        wish, name = self.wish(), self.name.text().strip()
        for field in (self.second, self.share):
            self._form.setRowVisible(self._rows[field], self.shared.isChecked())
        fault = self._limits.fault(name or "x", wish, self._versions)
        places = {
            AliasFault.NAME: self.name,
            AliasFault.DESCRIPTION: self.description,
            AliasFault.SHARE: self.share,
        }
        for row in self._rows.values():
            row.say("")
        exists = self.seen is None and name in self._taken
        if exists:
            self._rows[self.name].say(self.tr("An alias with this name already exists."))
        elif fault is not None:
            self._rows[places.get(fault, self.second)].say(fault_text(fault))
        self.yes.setEnabled(bool(name) and not exists and fault is None and not self._working)
        words = ""
        if wish.second and fault is None:
            words = self.tr("%1 % of the traffic goes to version %2, and %3 % to version %4.")
            words = words.replace("%1", f"{(1 - wish.share) * 100:.4g}").replace("%2", wish.version)
            words = words.replace("%3", f"{wish.share * 100:.4g}").replace("%4", wish.second)
        self.split.setText(words)
        self.split.setVisible(bool(words))
        self.fit()

    def _submit(self) -> None:
        if self.yes.isEnabled():
            self.wanted.emit()
