"""The dialogs of signing in: IAM Identity Center in a browser, an MFA code, the AWS CLI's console sign-in."""

import re
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QFont, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from workbench.core.clock import Clock
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.profiles.mfa import MfaQuestion
from workbench.profiles.sso_api import DeviceCode
from workbench.profiles.sso_session import SsoSession
from workbench.profiles.sso_sign_in import Waiting
from workbench.ui.kit.clipboard import SecretClipboard
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.labels import progress_bar
from workbench.ui.kit.text import PlainLine, named, text_label

if TYPE_CHECKING:
    from workbench.ui.shell.sign_in import ConsoleLogin

_DEVICE_CODE_PT = 22
_TICK_MS = 1000
_DIGITS = 6
_NO_DIGIT = re.compile(r"[^0-9]")
_LONGEST_PASTE = 40
_MFA_CODE_PT = 18


class SsoDialog(Dialog):
    """Shows the state of the sign-in. `again(prefer)` asks for a new one; cancelling is `rejected`.

    Args:
        session: What is signed in to.
        clock: For the end of a code.
        clipboard: Addresses and codes lie on it for a short time only.
        parent: The window.
    """

    again = Signal(str)  # "pkce" or "device"

    def __init__(
        self, session: SsoSession, clock: Clock, clipboard: SecretClipboard, parent: QWidget
    ) -> None:
        super().__init__("ssoDialog", "", parent)
        self.set_title(_("Sign in to {title}").format(title=session.title))
        self._session = session
        self._clock = clock
        self._url, self._code = "", ""
        self._prefer = "pkce"
        self._expires_at: datetime | None = None
        self.words = text_label("ssoWords")
        self.portal = text_label("ssoPortal", session.start_url, "muted")
        self.code = text_label("ssoCode")
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPointSize(_DEVICE_CODE_PT)
        font.setWeight(QFont.Weight.DemiBold)
        self.code.setFont(font)
        self.busy = progress_bar("ssoBusy", _("Waiting for the browser"))
        self.busy.setRange(0, 0)
        self.copy_url = QPushButton(_("Copy Address"))
        named(self.copy_url, "ssoCopyUrl", _("Copy the address of the page"))
        self.copy_url.setAutoDefault(False)
        self.copy_code = named(QPushButton(_("Copy Code")), "ssoCopyCode", _("Copy the code"))
        self.copy_code.setAutoDefault(False)
        row = QHBoxLayout()
        row.setSpacing(8)
        for button in (self.copy_url, self.copy_code):
            row.addWidget(button)
        row.addStretch(1)
        for widget in (self.words, self.portal, self.code, self.busy):
            self.content.addWidget(widget)
        self.content.addLayout(row)
        self.finish_layout()
        self.use_code = self.add_button("ssoUseCode", _("Use a Code Instead"))
        self.retry = self.add_button("ssoRetry", _("Sign In Again"), "primary")
        cancel = self.add_button("ssoCancel", _("Cancel"))
        self.use_code.clicked.connect(lambda: self.again.emit("device"))
        self.retry.clicked.connect(lambda: self.again.emit(self._prefer))
        self.copy_url.clicked.connect(lambda: clipboard.copy(self._url))
        self.copy_code.clicked.connect(lambda: clipboard.copy(self._code))
        cancel.clicked.connect(self.reject)
        self._tick = QTimer(self, interval=_TICK_MS)
        self._tick.timeout.connect(self._count_down)
        self.show_starting()

    def show_starting(self) -> None:
        """IAM Identity Center is asked for a page or a code."""
        self._show(_("Contacting IAM Identity Center…"), "", "")

    def show_waiting(self, item: Waiting) -> None:
        """The browser has the page."""
        self._prefer = "pkce"
        words = _("Continue in the browser window that opened. Come back here when the page tells you to.")
        self._show(words, item.url, "")

    def show_code(self, item: DeviceCode) -> None:
        """The page may be opened on any device."""
        self._prefer = "device"
        words = _("Open the page in a browser on any device, and compare this code:")
        self._show(words, item.url, item.user_code, item.expires_at)

    def show_failed(self, error: WorkbenchError) -> None:
        """Nobody is signed in; the user can try again."""
        self._show(_("You are not signed in."), "", "", failed=True)
        self.set_error(error)
        self.retry.setFocus()

    def _show(
        self, words: str, url: str, code: str, expires_at: datetime | None = None, *, failed: bool = False
    ) -> None:
        self._url, self._code, self._expires_at = url, code, expires_at
        self.words.setText(words)
        self.words.setAccessibleName(words)
        self.code.setText(code)
        self.code.setAccessibleName(_("Code {code}").format(code=code))
        self.code.setVisible(bool(code))
        self.copy_code.setVisible(bool(code))
        self.copy_url.setVisible(bool(url))
        self.busy.setVisible(not failed)
        self.retry.setVisible(failed)
        self.use_code.setVisible(not failed and not code and not self._session.is_legacy)
        self.set_message("")
        if expires_at is not None:
            self._tick.start()
            self._count_down()
        else:
            self._tick.stop()

    def _count_down(self) -> None:
        if self._expires_at is None:
            return
        left_s = max(0, round((self._expires_at - self._clock.now()).total_seconds()))
        self.set_message(
            _("The code expires in {duration}.").format(duration=f"{left_s // 60}:{left_s % 60:02d}")
        )


class MfaDialog(Dialog):
    """Stays open until `accept`. `submitted` has the code; cancelling is `rejected`."""

    submitted = Signal(str)  # six digits

    def __init__(self, profile_name: str, parent: QWidget) -> None:
        super().__init__("mfaDialog", "", parent)
        self.set_title(_("Sign in as {profile_name}").format(profile_name=profile_name))
        self._attempts = 0
        self._question = text_label("mfaQuestion")
        self._device = text_label("mfaDevice", role="muted")
        self.code = named(PlainLine(), "mfaCode", _("MFA code, six digits"))
        self.code.setPlaceholderText("123 456")
        self.code.setMaxLength(_LONGEST_PASTE)
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPointSize(_MFA_CODE_PT)
        font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 4)
        self.code.setFont(font)
        for widget in (self._question, self._device, self.code):
            self.content.addWidget(widget)
        self.finish_layout()
        self.sign_in = self.add_button("mfaSignIn", _("Sign In"), "primary")
        cancel = self.add_button("mfaCancel", _("Cancel"))
        self.code.textChanged.connect(self._typed)
        self.sign_in.clicked.connect(self._submit)
        cancel.clicked.connect(self.reject)
        self._typed("")

    @property
    def digits(self) -> str:
        """The digits that were typed or pasted, without separators."""
        return _NO_DIGIT.sub("", self.code.text())

    def ask(self, question: MfaQuestion) -> None:
        """Asks for a code; once more when a chain of roles needs another one."""
        if question.role_arn:
            words = _("The role {role_arn} can only be assumed with an MFA code.").format(
                role_arn=question.role_arn
            )
        else:
            words = _("An MFA code gives the access key of {profile_name} more permissions.").format(
                profile_name=question.profile_name
            )
        self._attempts = 0
        for label, text in (
            (self._question, words),
            (self._device, _("From device {serial}").format(serial=question.serial)),
        ):
            label.setText(text)
            label.setAccessibleName(text)
        self._open_field()
        self.set_message("")

    def show_working(self) -> None:
        """AWS is asked."""
        self._attempts += 1
        self.code.setEnabled(False)
        self.sign_in.setEnabled(False)
        words = _("Waiting for AWS…")
        if self._attempts > 1:
            words = _("Waiting for AWS, attempt {attempts}…").format(attempts=str(self._attempts))
        self.set_message(words)

    def show_refused(self, error: WorkbenchError) -> None:
        """AWS said no; the user can try the next code."""
        self._open_field()
        self.set_error(error)

    def _open_field(self) -> None:
        self.code.setEnabled(True)
        self.code.clear()
        self.code.setFocus()

    def _typed(self, text: str) -> None:
        count = len(self.digits)
        self.sign_in.setEnabled(count == _DIGITS)
        if count > _DIGITS or (text.strip() and not count):
            self.set_message(_("Enter a code with six digits."), "danger")
        elif text:
            self.set_message("")

    def _submit(self) -> None:
        if len(self.digits) == _DIGITS:
            self.submitted.emit(self.digits)


class LoginDialog(Dialog):
    """Shows the command. `signed_in`: the user says that it has been run."""

    signed_in = Signal()

    def __init__(self, login: "ConsoleLogin", parent: QWidget) -> None:
        super().__init__("loginDialog", "", parent)
        self.set_title(_("Sign in as {profile_name}").format(profile_name=login.profile_name))
        words = _(
            "This profile uses a sign-in to the AWS Management Console. Sign in with the AWS CLI "
            "(version 2.32.0 or later). Run this command in a terminal:"
        )
        command = named(PlainLine(login.command), "loginCommand", _("Sign-in command"))
        command.setReadOnly(True)
        command.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        command.setCursorPosition(0)
        self.content.addWidget(text_label("loginWords", words))
        self.content.addWidget(command)
        self.finish_layout()
        copy = self.add_button("loginCopy", _("Copy Command"))
        done = self.add_button("loginDone", _("I Have Signed In"), "primary")
        cancel = self.add_button("loginCancel", _("Cancel"))
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(login.command))
        done.clicked.connect(self.signed_in)
        cancel.clicked.connect(self.reject)
