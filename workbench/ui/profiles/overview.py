"""The Overview tab: what the profile is, its chain, and what AWS said of it when it was last asked."""

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from workbench.profiles.model import Profile, ProfileKind
from workbench.profiles.safety import Safety
from workbench.profiles.validate import Validation
from workbench.ui.field_table import Field, FieldTable
from workbench.ui.kit.text import PlainLabel
from workbench.ui.named import named
from workbench.ui.profiles.chain_view import ChainView
from workbench.ui.profiles.words import kind_word, left_word
from workbench.ui.services import Services

_TICK_MS = 1_000


class Overview(QScrollArea):
    """Shows one profile."""

    def __init__(self, services: Services, safety: Safety) -> None:
        super().__init__()
        named(self, "profileOverview", self.tr("Overview"))
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self._services = services
        self._safety = safety
        self._profile: Profile | None = None
        self._checks: dict[str, tuple[Profile, Validation]] = {}
        self._endpoint = named(PlainLabel(), "profileEndpoint", role="danger")
        self._endpoint.setWordWrap(True)
        self.fields = FieldTable("profileFields", self.tr("Profile"), services.icons)
        self._chain_title = named(PlainLabel(self.tr("Credential source")), "chainTitle")
        self._chain_title.setProperty("role", "heading")
        self.chain = ChainView(services)
        self._check_title = named(PlainLabel(self.tr("Information from AWS")), "checkTitle", role="heading")
        self.check = FieldTable("checkFields", self.tr("Information from AWS"), services.icons)
        self._warnings = named(PlainLabel(), "checkWarnings", role="warning")
        self._warnings.setWordWrap(True)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(8)
        for widget in (self._endpoint, self.fields, self._check_title, self.check, self._warnings):
            column.addWidget(widget)
        column.addSpacing(4)
        column.addWidget(self._chain_title)
        column.addWidget(self.chain)
        column.addStretch(1)
        self.setWidget(body)
        self._timer = QTimer(self, interval=_TICK_MS)
        self._timer.timeout.connect(self._tick)

    def show_profile(self, profile: Profile) -> None:
        """Shows this profile as it was read."""
        self._profile = profile
        self._endpoint.setVisible(bool(profile.endpoint_url))
        words = self.tr("Requests of this profile are not sent to AWS, but to %1, which can read them.")
        self._endpoint.setText(words.replace("%1", profile.endpoint_url))
        self.fields.show_fields(self._fields(profile))
        self.chain.show_chain(profile.chain)
        self.chain.setVisible(bool(profile.chain))
        self._chain_title.setVisible(bool(profile.chain))
        checked, answer = self._checks.get(profile.name, (profile, None))
        self._show_check(answer if checked == profile else None)

    def show_check(self, profile: Profile, found: Validation) -> None:
        """Keeps, and shows beside its profile as long as that stays the same, what AWS answered."""
        self._checks[profile.name] = (profile, found)
        if self._profile is not None and self._profile.name == profile.name:
            self.show_profile(self._profile)

    def forget_checks(self) -> None:
        """The files changed: what AWS said was of another state."""
        self._checks = {}

    def showEvent(self, event: QShowEvent) -> None:
        self._timer.start()
        self._tick()
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()
        super().hideEvent(event)

    def _fields(self, profile: Profile) -> list[Field]:
        pin = self._safety.pin(profile.name)
        account = profile.account_id
        if pin is not None and pin.account_id != account:
            account = self.tr("%1 (from the last sign-in)").replace("%1", pin.account_id)
        found = [
            Field(self.tr("Type"), kind_word(profile.kind)),
            Field(self.tr("Account"), account or self._no_account(profile)),
            Field(self.tr("Region"), profile.region or self.tr("None")),
        ]
        if pin is not None:
            found.append(Field(self.tr("Identity"), pin.arn))
        if profile.expires_at is not None:
            left = left_word(profile.expires_at, self._services.clock.now())
            found.append(Field(self.tr("Expires"), f"{profile.expires_at:%Y-%m-%d %H:%M} UTC · {left}"))
        if profile.endpoint_url:
            found.append(Field(self.tr("Endpoint"), profile.endpoint_url))
        return found

    def _no_account(self, profile: Profile) -> str:
        if profile.kind is ProfileKind.SANDBOX:
            return self.tr("None: the Sandbox runs on this computer")
        return self.tr("Unknown. Choose Check to ask AWS.")

    def _show_check(self, found: Validation | None) -> None:
        self._check_title.setVisible(found is not None)
        self.check.setVisible(found is not None)
        self._warnings.setVisible(found is not None and bool(found.warnings))
        if found is None:
            return
        account = f"{found.account_id} ({found.alias})" if found.alias else found.account_id
        may = self.tr("Can list functions") if found.can_list_functions else self.tr("Cannot list functions")
        self.check.show_fields(
            [
                Field(self.tr("Account"), account),
                Field(self.tr("Identity"), found.arn),
                Field(self.tr("Region used"), found.region),
                Field(self.tr("Lambda"), may),
            ]
        )
        self._warnings.setText("\n".join(found.warnings))

    def _tick(self) -> None:
        """The countdown goes on."""
        if self._profile is not None and self._profile.expires_at is not None:
            self.fields.show_fields(self._fields(self._profile))
