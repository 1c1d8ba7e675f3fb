"""Asks for the name of a copy, or for another name."""

from collections.abc import Collection

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from workbench.profiles.draft import NAME_PATTERN, name_error
from workbench.ui.named import named
from workbench.ui.sign_in.form import Form, text_label


class NameDialog(Form):
    """Gives out only names that a new profile may have.

    Args:
        title: What it is for.
        words: What happens.
        suggestion: Stands in the field at first.
        known: The names that are taken.
        parent: The window.

    Signals:
        submitted: The name.
    """

    submitted = Signal(str)

    def __init__(
        self, title: str, words: str, suggestion: str, known: Collection[str], parent: QWidget
    ) -> None:
        super().__init__("profileNameDialog", title, parent)
        self._known = known
        self.name = named(QLineEdit(suggestion), "profileName", self.tr("Name"))
        self.name.selectAll()
        self.content.addWidget(text_label("profileNameWords", words))
        self.content.addWidget(self.name)
        self.finish_layout()
        self.go_on = self.add_button("profileNameGo", self.tr("Show Changes…"), "primary")
        cancel = self.add_button("profileNameCancel", self.tr("Cancel"))
        self.name.textChanged.connect(lambda _text: self.say(""))
        self.go_on.clicked.connect(self._submit)
        cancel.clicked.connect(self.reject)

    def _submit(self) -> None:
        name = self.name.text().strip()
        if text := name_error(name, self._known):
            self.say(text, "danger")
            self.name.setFocus()
            return
        self.submitted.emit(name)


def copy_name(name: str, known: Collection[str]) -> str:
    """A free name for a copy."""
    for number in range(1, len(known) + 2):
        found = f"{name}-copy" if number == 1 else f"{name}-copy-{number}"
        if found not in known:
            break
    else:
        found = ""
    return "".join(letter if NAME_PATTERN.fullmatch(letter) else "-" for letter in found)
