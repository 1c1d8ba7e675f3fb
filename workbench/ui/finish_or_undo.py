"""Asks what becomes of something that a crash stopped half-way: finish it, undo it, or leave it as it is."""

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QWidget

from workbench.ui.sign_in.form import Form, text_label


def began_text(when: str, region: str, account_id: str) -> str:
    """When and where it began; `when` is ISO 8601, UTC."""
    words = QCoreApplication.translate("FinishOrUndo", "Started on %1 UTC in %2, account %3.")
    words = words.replace("%1", when[:16].replace("T", " "))
    return words.replace("%2", region).replace("%3", account_id)


class FinishOrUndo(Form):
    """Escape, or Later, leaves it as it is.

    Args:
        name: Of the dialog, and the beginning of the names of all in it.
        title: Of the dialog.
        texts: The end of a name, words, and their role, from top to bottom.
        parent: The window.

    Signals:
        finish_wanted: What is missing is to be done.
        undo_wanted: What was done is to be taken back.
    """

    finish_wanted = Signal()
    undo_wanted = Signal()

    def __init__(self, name: str, title: str, texts: Sequence[tuple[str, str, str]], parent: QWidget) -> None:
        super().__init__(name, title, parent)
        for key, text, role in texts:
            self.content.addWidget(text_label(f"{name}{key}", text, role))
        self.finish_layout()
        go_on = self.add_button(f"{name}Finish", self.tr("Finish"), "primary")
        take_back = self.add_button(f"{name}Undo", self.tr("Undo"))
        later = self.add_button(f"{name}Later", self.tr("Later"))
        for button, signal in ((go_on, self.finish_wanted), (take_back, self.undo_wanted)):
            button.clicked.connect(self.accept)
            button.clicked.connect(signal)
        later.clicked.connect(self.reject)
        go_on.setFocus()
        self.fit()
