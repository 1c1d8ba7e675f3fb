"""A policy to copy: what somebody with other permissions has to add."""

from PySide6.QtCore import QSize
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from workbench.ui.long_text import LongText
from workbench.ui.sign_in.form import Form

_SIZE = QSize(620, 420)


class PolicyDialog(Form):
    """Shows JSON, and copies it.

    Args:
        title: What it is.
        text: The JSON.
        parent: The dialog that it belongs to.
    """

    def __init__(self, title: str, text: str, parent: QWidget) -> None:
        super().__init__("policyDialog", title, parent)
        self.text = LongText("policyText", title)
        self.text.show_text(text)
        self.content.addWidget(self.text, 1)
        self.finish_layout(stretch=False)
        copy = self.add_button("policyCopy", self.tr("Copy"), "primary")
        close = self.add_button("policyClose", self.tr("Close"))
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(text))
        copy.clicked.connect(lambda: self.say(self.tr("Copied."), "good"))
        close.clicked.connect(self.accept)
        self.resize(_SIZE)

    def fit(self) -> None:
        """Keeps its size."""
