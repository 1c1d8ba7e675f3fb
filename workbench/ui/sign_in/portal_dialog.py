"""The dialog that asks which portal of IAM Identity Center profiles are wanted from."""

import re
from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QLineEdit, QWidget

from workbench.profiles.sso.session import SsoSession
from workbench.ui.named import named
from workbench.ui.sign_in.form import Form, text_label

_NAME = re.compile(r"[A-Za-z0-9_.@+-]+")
_ADDRESS = re.compile(r"https://[^\s/]+\S*")
_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-[0-9]+")
_SCOPE = "sso:account:access"


class PortalDialog(Form):
    """Offers the portals that the files name, and room for another one.

    Signals:
        chosen: The SsoSession.
    """

    chosen = Signal(object)

    def __init__(self, sessions: Sequence[SsoSession], parent: QWidget) -> None:
        super().__init__("portalDialog", self.tr("Profiles from IAM Identity Center"), parent)
        self._sessions = tuple(sessions)
        self.known = named(QComboBox(), "portalKnown", self.tr("Sign-in"))
        for session in sessions:
            self.known.addItem(f"{session.title}  {session.start_url}")
        self.known.addItem(self.tr("Another portal…"))
        self.name = named(QLineEdit(), "portalName", self.tr("Name"))
        self.address = named(QLineEdit(), "portalAddress", self.tr("Access portal URL"))
        self.address.setPlaceholderText("https://example.awsapps.com/start")
        self.region = named(QLineEdit(), "portalRegion", self.tr("Access portal region"))
        self.region.setPlaceholderText("eu-central-1")
        self._fields = QWidget()
        form = QFormLayout(self._fields)
        form.setContentsMargins(0, 0, 0, 0)
        form.setSpacing(8)
        form.addRow(self.tr("Name"), self.name)
        form.addRow(self.tr("Access portal URL"), self.address)
        form.addRow(self.tr("Access portal region"), self.region)
        words = self.tr("Sign in, then select the accounts and roles to create profiles for.")
        self.content.addWidget(text_label("portalWords", words))
        self.content.addWidget(self.known)
        self.content.addWidget(self._fields)
        self.finish_layout()
        self.go_on = self.add_button("portalGoOn", self.tr("Continue"), "primary")
        cancel = self.add_button("portalCancel", self.tr("Cancel"))
        self.known.setVisible(bool(sessions))
        self.known.currentIndexChanged.connect(self._known_chosen)
        self.go_on.clicked.connect(self._go_on)
        cancel.clicked.connect(self.reject)
        self._known_chosen()

    def _known_chosen(self) -> None:
        self._fields.setVisible(self.known.currentIndex() >= len(self._sessions))
        self.say("")

    def _go_on(self) -> None:
        row = self.known.currentIndex()
        if row < len(self._sessions):
            self.chosen.emit(self._sessions[row])
            return
        name, address, region = (each.text().strip() for each in (self.name, self.address, self.region))
        wrong = ""
        if not _NAME.fullmatch(name) or name in [session.name for session in self._sessions]:
            wrong = self.tr("Enter a unique name of letters, digits and _.@+-")
        elif not _ADDRESS.fullmatch(address):
            wrong = self.tr("The access portal URL must begin with https://")
        elif not _REGION.fullmatch(region):
            wrong = self.tr("Enter the region of IAM Identity Center, such as eu-central-1.")
        if wrong:
            self.say(wrong, "danger")
        else:
            self.chosen.emit(SsoSession(name, address, region, (_SCOPE,)))
