"""The top bar: who and where on the left, what to do with the function on the right."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from workbench.profiles.model import Profile, ProfileKind
from workbench.ui.named import named
from workbench.ui.services import Services


class TopBar(QFrame):
    """Profile and region pickers, the main actions, the account."""

    chosen = Signal(object, str)  # Profile, region ("" = the profile's usual one)

    def __init__(self, services: Services) -> None:
        super().__init__()
        self.setObjectName("topBar")
        self._services = services
        self._profiles: tuple[Profile, ...] = ()
        self.profile = named(QComboBox(), "profilePicker", self.tr("Profile"))
        self.profile.setToolTip(self.tr("AWS profile: whom Workbench acts as"))
        self.region = named(QComboBox(), "regionPicker", self.tr("Region"))
        self.region.setToolTip(self.tr("AWS region"))
        for picker, width in ((self.profile, 180), (self.region, 150)):
            picker.setMinimumWidth(width)
            picker.setMaxVisibleItems(20)
        self.account = named(QLabel(), "accountLabel", role="muted")
        self.account.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 6, 12, 6)
        layout.setSpacing(8)
        layout.addWidget(self.profile)
        layout.addWidget(self.region)
        spacer = QWidget()
        spacer.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        layout.addWidget(spacer)
        for name in ("function.deploy", "function.invoke", "view.palette"):
            layout.addWidget(self._button(name))
        layout.addSpacing(8)
        layout.addWidget(self.account)
        self.profile.activated.connect(self._profile_chosen)
        self.region.activated.connect(self._region_chosen)

    def set_profiles(self, profiles: Sequence[Profile], current: str) -> None:
        """Fills the profile picker."""
        if current not in [profile.name for profile in profiles]:
            profiles = [
                *profiles,
                Profile(current, ProfileKind.UNKNOWN),
            ]  # named on the command line, or gone
        self._profiles = tuple(profiles)
        self.profile.clear()
        for profile in profiles:
            self.profile.addItem(profile.name)
            row = self.profile.count() - 1
            tip = "\n".join((_kind_text(self, profile.kind), *map(str, profile.problems)))
            self.profile.setItemData(row, tip, Qt.ItemDataRole.ToolTipRole)
        self.profile.setCurrentText(current)

    def set_regions(self, regions: Sequence[str], current: str) -> None:
        """Fills the region picker; a region that is in no list stays choosable."""
        self.region.clear()
        self.region.addItems(list(regions) if current in regions else [current, *regions])
        self.region.setCurrentText(current)

    def show_choice(self, profile_name: str, region: str) -> None:
        """Shows what is chosen; a region that is not listed yet is added."""
        self.profile.setCurrentText(profile_name)
        if self.region.findText(region) < 0:
            self.region.addItem(region)
        self.region.setCurrentText(region)

    def set_account(self, text: str) -> None:
        """Shows whose account this is, as AWS answered."""
        self.account.setText(text)
        self.account.setAccessibleName(self.tr("Account") + f" {text}")

    def _button(self, name: str) -> QToolButton:
        self._services.actions.draw_icon(name)
        button = named(QToolButton(), f"button.{name}", self._services.actions[name].text())
        button.setDefaultAction(self._services.actions[name])
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _profile_chosen(self, row: int) -> None:
        self.chosen.emit(self._profiles[row], "")

    def _region_chosen(self, row: int) -> None:
        self.chosen.emit(self._profiles[self.profile.currentIndex()], self.region.itemText(row))


def _kind_text(bar: QWidget, kind: ProfileKind) -> str:
    return {
        ProfileKind.SANDBOX: bar.tr("Sandbox: a local AWS on this computer"),
        ProfileKind.STATIC: bar.tr("Long-lived access key"),
        ProfileKind.TEMPORARY: bar.tr("Temporary keys"),
        ProfileKind.ASSUME_ROLE: bar.tr("Assumes a role"),
        ProfileKind.SSO: bar.tr("IAM Identity Center (SSO)"),
        ProfileKind.PROCESS: bar.tr("Credential process"),
        ProfileKind.WEB_IDENTITY: bar.tr("Web identity"),
        ProfileKind.LOGIN: bar.tr("Console sign-in"),
    }.get(kind, bar.tr("Kind unknown"))
