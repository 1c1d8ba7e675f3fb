"""Asks what becomes of something that a crash stopped half-way: finish it, undo it, or leave it as it is."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from workbench.core.messages import _
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.text import text_label


def began_text(when: str, region: str, account_id: str) -> str:
    """When and where it began; `when` is ISO 8601, UTC."""
    words = _("Started on {time} UTC in {region}, account {account_id}.")
    return words.format(time=when[:16].replace("T", " "), region=region, account_id=account_id)


class FinishOrUndo(Dialog):
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
        go_on = self.add_button(f"{name}Finish", _("Finish"), "primary")
        take_back = self.add_button(f"{name}Undo", _("Undo"))
        later = self.add_button(f"{name}Later", _("Later"))
        for button, signal in ((go_on, self.finish_wanted), (take_back, self.undo_wanted)):
            button.clicked.connect(self.accept)
            button.clicked.connect(signal)
        later.clicked.connect(self.reject)
        go_on.setFocus()
        self.fit()
