"""The dialog for console sign-ins, which only the AWS CLI can make: what to type, and a way on afterwards."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QLineEdit, QWidget

from workbench.ui.named import named
from workbench.ui.sign_in.form import Form, text_label
from workbench.ui.sign_in.way import ConsoleLogin


class LoginDialog(Form):
    """Shows the command. `signed_in`: the person says that it has been run."""

    signed_in = Signal()

    def __init__(self, login: ConsoleLogin, parent: QWidget) -> None:
        super().__init__("loginDialog", "", parent)
        self.set_title(self.tr("Sign in as %1").replace("%1", login.profile_name))
        words = self.tr(
            "This profile uses a sign-in to the AWS Management Console. Sign in with the AWS CLI "
            "(version 2.32.0 or later). Run this command in a terminal:"
        )
        command = named(QLineEdit(login.command), "loginCommand", self.tr("Sign-in command"))
        command.setReadOnly(True)
        command.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        command.setCursorPosition(0)
        self.content.addWidget(text_label("loginWords", words))
        self.content.addWidget(command)
        self.finish_layout()
        copy = self.add_button("loginCopy", self.tr("Copy Command"))
        done = self.add_button("loginDone", self.tr("I Have Signed In"), "primary")
        cancel = self.add_button("loginCancel", self.tr("Cancel"))
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(login.command))
        done.clicked.connect(self.signed_in)
        cancel.clicked.connect(self.reject)
