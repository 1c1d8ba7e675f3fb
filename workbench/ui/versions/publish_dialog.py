"""Asks for the description of a version before it is published."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFormLayout, QLineEdit, QWidget

from workbench.aws.quotas import TextLimit
from workbench.functions.model import FunctionDetail
from workbench.ui.kit.text import PlainLabel
from workbench.ui.named import named
from workbench.ui.new_function.fields import Checked
from workbench.ui.sign_in.form import Form, text_label
from workbench.ui.units import size_text

_SHORT_SHA = 12


class PublishDialog(Form):
    """`agreed` is the yes; the dialog closes with it, and the work goes on in the status bar.

    Args:
        detail: The function as it was read.
        newest: The newest version and its CodeSha256; empty texts when there is none, or none is known.
        limit: Of the description.
        parent: The window.
    """

    agreed = Signal(str)  # the description

    def __init__(
        self, detail: FunctionDetail, newest: tuple[str, str], limit: TextLimit, parent: QWidget
    ) -> None:
        super().__init__("publishDialog", "", parent)
        self.set_title(self.tr("Publish a Version of %1").replace("%1", detail.function_name))
        self._limit = limit
        words = self.tr(
            "This publishes the code (%1, %2) and configuration of $LATEST as a version that "
            "cannot be changed."
        )
        words = words.replace("%1", size_text(detail.code_size_bytes))
        self.content.addWidget(
            text_label("publishWords", words.replace("%2", detail.code_sha256[:_SHORT_SHA]))
        )
        version, sha256 = newest
        if version and sha256 == detail.code_sha256:
            same = self.tr(
                "Version %1 has the same code. If the configuration is also the same, AWS does "
                "not create a new version."
            )
            self.content.addWidget(text_label("publishSame", same.replace("%1", version), "warning"))
        if detail.snap_start not in ("", "None"):
            slow = self.tr("SnapStart creates a snapshot first, which takes a few minutes.")
            self.content.addWidget(text_label("publishSnapStart", slow, "muted"))
        self.description = named(QLineEdit(), "publishDescription", self.tr("Description"))
        self.description.setPlaceholderText(detail.description or self.tr("Description of the changes"))
        self._row = Checked(self.description)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        label = named(PlainLabel(self.tr("Description")), "publishDescriptionLabel")
        label.setBuddy(self.description)
        form.addRow(label, self._row)
        self.content.addLayout(form)
        self.finish_layout()
        self.yes = self.add_button("publishYes", self.tr("Publish"), "primary")
        self.add_button("publishCancel", self.tr("Cancel")).clicked.connect(self.reject)
        self.yes.clicked.connect(self._submit)
        self.description.textChanged.connect(self._changed)
        self.description.setFocus()
        self.fit()

    def _changed(self) -> None:
        fine = self._limit.accepts(self.description.text().strip())
        limit = str(self._limit.max_length)
        self._row.say("" if fine else self.tr("At most %1 characters.").replace("%1", limit))
        self.yes.setEnabled(fine)
        self.fit()

    def _submit(self) -> None:
        self.accept()
        self.agreed.emit(self.description.text().strip())
