"""The dialog that waits while a person signs in to IAM Identity Center with a browser."""

from datetime import datetime

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QWidget

from workbench.core.clock import Clock
from workbench.core.errors import WorkbenchError
from workbench.profiles.sso.session import SsoSession
from workbench.profiles.sso.sign_in import DeviceCode, Waiting
from workbench.ui.clipboard import SecretClipboard
from workbench.ui.named import named
from workbench.ui.sign_in.form import Form, text_label

_CODE_PT = 22
_TICK_MS = 1000


class SsoDialog(Form):
    """Shows how the sign-in stands. `again(prefer)` asks for a new one; cancelling is `rejected`.

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
        self.set_title(self.tr("Sign in to %1").replace("%1", session.title))
        self._session = session
        self._clock = clock
        self._url, self._code = "", ""
        self._prefer = "pkce"
        self._ends: datetime | None = None
        self.words = text_label("ssoWords")
        self.portal = text_label("ssoPortal", session.start_url, "muted")
        self.code = text_label("ssoCode")
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPointSize(_CODE_PT)
        font.setWeight(QFont.Weight.DemiBold)
        self.code.setFont(font)
        self.busy = named(QProgressBar(), "ssoBusy", self.tr("Waiting for the browser"))
        self.busy.setRange(0, 0)
        self.busy.setTextVisible(False)
        self.copy_url = QPushButton(self.tr("Copy Address"))
        named(self.copy_url, "ssoCopyUrl", self.tr("Copy the address of the page"))
        self.copy_url.setAutoDefault(False)
        self.copy_code = named(QPushButton(self.tr("Copy Code")), "ssoCopyCode", self.tr("Copy the code"))
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
        self.use_code = self.add_button("ssoUseCode", self.tr("Use a Code Instead"))
        self.retry = self.add_button("ssoRetry", self.tr("Sign In Again"), "primary")
        cancel = self.add_button("ssoCancel", self.tr("Cancel"))
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
        self._show(self.tr("Contacting IAM Identity Center…"), "", "")

    def show_waiting(self, item: Waiting) -> None:
        """The browser has the page."""
        self._prefer = "pkce"
        words = self.tr(
            "Continue in the browser window that opened. Come back here when the page tells you to."
        )
        self._show(words, item.url, "")

    def show_code(self, item: DeviceCode) -> None:
        """The page may be opened on any device."""
        self._prefer = "device"
        words = self.tr("Open the page in a browser on any device, and compare this code:")
        self._show(words, item.url, item.user_code, item.expires_at)

    def show_failed(self, error: WorkbenchError) -> None:
        """Nobody is signed in; the person can try again."""
        self._show(self.tr("You are not signed in."), "", "", failed=True)
        self.say_error(error)
        self.retry.setFocus()

    def _show(
        self, words: str, url: str, code: str, ends: datetime | None = None, *, failed: bool = False
    ) -> None:
        self._url, self._code, self._ends = url, code, ends
        self.words.setText(words)
        self.words.setAccessibleName(words)
        self.code.setText(code)
        self.code.setAccessibleName(self.tr("Code %1").replace("%1", code))
        self.code.setVisible(bool(code))
        self.copy_code.setVisible(bool(code))
        self.copy_url.setVisible(bool(url))
        self.busy.setVisible(not failed)
        self.retry.setVisible(failed)
        self.use_code.setVisible(not failed and not code and not self._session.is_legacy)
        self.say("")
        if ends is not None:
            self._tick.start()
            self._count_down()
        else:
            self._tick.stop()

    def _count_down(self) -> None:
        if self._ends is None:
            return
        left_s = max(0, round((self._ends - self._clock.now()).total_seconds()))
        self.say(self.tr("The code expires in %1.").replace("%1", f"{left_s // 60}:{left_s % 60:02d}"))
