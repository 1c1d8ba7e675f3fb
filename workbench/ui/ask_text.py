"""Asks for one line of text, in a dialog wide enough for a path."""

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QInputDialog, QLabel, QLineEdit, QWidget

from workbench.ui.named import named

_WIDTH = 460


def ask_text(parent: QWidget, title: str, label: str, text: str = "") -> str | None:
    """Waits for the answer, without the white space around it; None when there is none.

    Args:
        parent: Over whose window the dialog stands.
        title: Of the dialog.
        label: What is asked for.
        text: What stands there. One that ends with "/" is the beginning of the answer, others are selected.
    """
    dialog = named(QInputDialog(parent), "askText")
    dialog.setWindowTitle(title)
    dialog.setLabelText(label)
    for each in dialog.findChildren(QLabel):
        each.setTextFormat(Qt.TextFormat.PlainText)  # `label` may quote the name of a file
    dialog.setTextValue(text)
    dialog.resize(_WIDTH, dialog.sizeHint().height())
    if (field := dialog.findChild(QLineEdit)) is not None:
        field.setAccessibleName(label)
        if text.endswith("/"):
            QTimer.singleShot(0, field, lambda: field.end(False))  # a dialog that opens selects it
    accepted = dialog.exec() == QInputDialog.DialogCode.Accepted
    answer = dialog.textValue().strip()
    dialog.deleteLater()
    return answer if accepted else None
