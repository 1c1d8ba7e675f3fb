"""The dialog that asks for the six digits of an MFA device."""

import re

from PySide6.QtCore import Signal
from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QLineEdit, QWidget

from workbench.core.errors import WorkbenchError
from workbench.profiles.mfa import MfaQuestion
from workbench.ui.named import named
from workbench.ui.sign_in.form import Form, text_label

_DIGITS = 6
_NO_DIGIT = re.compile(r"[^0-9]")
_LONGEST_PASTE = 40
_CODE_PT = 18


class MfaDialog(Form):
    """Asks until it is told to close. What is typed goes out by `submitted`; cancelling is `rejected`."""

    submitted = Signal(str)  # six digits

    def __init__(self, profile_name: str, parent: QWidget) -> None:
        super().__init__("mfaDialog", "", parent)
        self.set_title(self.tr("Sign in as %1").replace("%1", profile_name))
        self._attempts = 0
        self._question = text_label("mfaQuestion")
        self._device = text_label("mfaDevice", role="muted")
        self.code = named(QLineEdit(), "mfaCode", self.tr("MFA code, six digits"))
        self.code.setPlaceholderText("123 456")
        self.code.setMaxLength(_LONGEST_PASTE)
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPointSize(_CODE_PT)
        font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 4)
        self.code.setFont(font)
        for widget in (self._question, self._device, self.code):
            self.content.addWidget(widget)
        self.finish_layout()
        self.sign_in = self.add_button("mfaSignIn", self.tr("Sign In"), "primary")
        cancel = self.add_button("mfaCancel", self.tr("Cancel"))
        self.code.textChanged.connect(self._typed)
        self.sign_in.clicked.connect(self._submit)
        cancel.clicked.connect(self.reject)
        self._typed("")

    @property
    def digits(self) -> str:
        """What was typed or pasted, without what stands between the digits."""
        return _NO_DIGIT.sub("", self.code.text())

    def ask(self, question: MfaQuestion) -> None:
        """Asks for a code; once more when a chain of roles needs another one."""
        if question.role_arn:
            words = self.tr("The role %1 can only be assumed with an MFA code.").replace(
                "%1", question.role_arn
            )
        else:
            words = self.tr("An MFA code gives the access key of %1 more permissions.").replace(
                "%1", question.profile_name
            )
        self._attempts = 0
        for label, text in (
            (self._question, words),
            (self._device, self.tr("From device %1").replace("%1", question.serial)),
        ):
            label.setText(text)
            label.setAccessibleName(text)
        self._open_field()
        self.say("")

    def show_working(self) -> None:
        """AWS is asked."""
        self._attempts += 1
        self.code.setEnabled(False)
        self.sign_in.setEnabled(False)
        words = self.tr("Waiting for AWS…")
        if self._attempts > 1:
            words = self.tr("Waiting for AWS, attempt %1…").replace("%1", str(self._attempts))
        self.say(words)

    def show_refused(self, error: WorkbenchError) -> None:
        """AWS said no; the person can try the next code."""
        self._open_field()
        self.say_error(error)

    def _open_field(self) -> None:
        self.code.setEnabled(True)
        self.code.clear()
        self.code.setFocus()

    def _typed(self, text: str) -> None:
        count = len(self.digits)
        self.sign_in.setEnabled(count == _DIGITS)
        if count > _DIGITS or (text.strip() and not count):
            self.say(self.tr("Enter a code with six digits."), "danger")
        elif text:
            self.say("")

    def _submit(self) -> None:
        if len(self.digits) == _DIGITS:
            self.submitted.emit(self.digits)
