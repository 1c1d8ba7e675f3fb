"""The top bar: who and where on the left, what to do with the function on the right."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QToolButton,
    QWidget,
)

from workbench.core.messages import _
from workbench.core.policy import Rule
from workbench.profiles import safety
from workbench.profiles.model import Profile, ProfileKind
from workbench.ui.kit.choices import DeliberateChoice
from workbench.ui.kit.labels import badge
from workbench.ui.kit.text import PlainLabel, PlainMenu, named, restyle, tool_tip
from workbench.ui.kit.text_size import scaled
from workbench.ui.shell import profile_list
from workbench.ui.shell.organisation import set_by_organisation, set_choosable
from workbench.ui.shell.services import Services

_NARROWEST = 120
_POPUP_MARGIN = 5
_OTHER_DEPLOYS = ("function.deploy_with", "function.deploy_on_save", "function.fan_out")
_PROFILE_CHARACTERS, _REGION_CHARACTERS = 22, 15


class TopBar(QFrame):
    """Profile and region pickers, the main actions, the account."""

    chosen = Signal(object, str)  # Profile, region ("" = the profile's usual one)

    def __init__(self, services: Services) -> None:
        super().__init__()
        self.setObjectName("topBar")
        self._services = services
        self._forbids_sandbox = services.policy.forbids(Rule.SANDBOX)
        self._profiles: tuple[Profile, ...] = ()
        self.profile = named(_Picker(_PROFILE_CHARACTERS, self._show_tiers), "profilePicker", _("Profile"))
        self._tier_of: Callable[[str], safety.Tier] = lambda _name: safety.Tier.NORMAL
        self.profile.setPlaceholderText(_("Choose a profile"))
        self.region = named(_Picker(_REGION_CHARACTERS), "regionPicker", _("Region"))
        self.account = named(PlainLabel(), "accountLabel", role="muted")
        self.badge = badge("tierBadge")
        self.badge.setVisible(False)
        self.account.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 6, 12, 6)
        layout.setSpacing(8)
        layout.addWidget(self.profile)
        layout.addWidget(self.region)
        spacer = QWidget()
        spacer.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        layout.addWidget(spacer)
        self._buttons = (
            self._deploy_button(),
            self._button("function.invoke"),
            self._button("view.palette"),
        )
        for button in self._buttons:
            layout.addWidget(button)
        layout.addSpacing(8)
        layout.addWidget(self.badge, 0, Qt.AlignmentFlag.AlignVCenter)
        layout.addWidget(self.account)
        self.profile.currentIndexChanged.connect(self._show_profile_tip)
        self.region.currentTextChanged.connect(self._show_region_tip)
        self._show_profile_tip()
        self._show_region_tip("")
        self.profile.activated.connect(self._profile_chosen)
        self.region.activated.connect(self._region_chosen)

    def minimumSizeHint(self) -> QSize:
        """As wide as it is when all its buttons but Deploy show their icons alone."""
        hint = super().minimumSizeHint()
        texts = sum(
            each.fontMetrics().horizontalAdvance(each.text())
            for each in self._buttons[1:]
            if each.toolButtonStyle() != Qt.ToolButtonStyle.ToolButtonIconOnly
        )
        return QSize(max(0, hint.width() - texts), hint.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share()

    def _share(self) -> None:
        """Leaves out the texts of the last buttons first where there is no room for all."""
        _deploy, *others = self._buttons
        for button in others:
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        for button in reversed(others):
            if QFrame.minimumSizeHint(self).width() <= self.width():
                return
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)

    def set_profiles(self, profiles: Sequence[Profile], current: str) -> None:
        """Fills the profile picker."""
        if current and current not in [profile.name for profile in profiles]:
            profiles = [
                *profiles,
                Profile(current, ProfileKind.UNKNOWN),
            ]  # named on the command line, or gone
        if not self._profiles:  # not before the first paint, which needs no popup
            self.profile.setItemDelegate(profile_list.ProfileDelegate(self._services, self.profile))
        self._profiles = tuple(profiles)
        self.profile.clear()
        for profile in profiles:
            self.profile.addItem(profile.name)
            row = self.profile.count() - 1
            self.profile.setItemData(row, profile, profile_list.PROFILE_ROLE)
            is_forbidden = profile.kind is ProfileKind.SANDBOX and self._forbids_sandbox
            set_choosable(self.profile, row, choosable=not is_forbidden)
            # Our own words come first: a tool tip that begins with a tag would be taken for markup.
            reason = (set_by_organisation(),) if is_forbidden else ()
            lines = (_kind_text(profile.kind), *reason, profile.name, *map(str, profile.problems))
            tip = "\n".join(lines)
            self.profile.setItemData(row, tool_tip(tip), Qt.ItemDataRole.ToolTipRole)
        self.profile.setCurrentIndex(self.profile.findText(current) if current else -1)
        self._show_tiers()
        self._show_profile_tip()

    def set_tiers(self, tier_of: "Callable[[str], safety.Tier]") -> None:
        """Tells how careful to be with a profile, by its name; asked each time the picker opens."""
        self._tier_of = tier_of

    def _show_tiers(self) -> None:
        """Says in the picker's list what each profile is, whose, and how it is protected."""
        for row, profile in enumerate(self._profiles):
            tier = safety.Tier.NORMAL if profile.kind is ProfileKind.SANDBOX else self._tier_of(profile.name)
            self.profile.setItemData(row, tier, profile_list.TIER_ROLE)
            about = (
                profile_list.summary_line(profile)
                if tier is safety.Tier.NORMAL
                else f"{profile_list.summary_line(profile)} · {profile_list.tier_label(tier)}"
            )
            self.profile.setItemData(row, about, Qt.ItemDataRole.AccessibleDescriptionRole)

    def set_regions(self, regions: Sequence[str], current: str) -> None:
        """Fills the region picker; a region that is in no list stays choosable."""
        self.region.clear()
        self.region.addItems(list(regions) if current in regions else [current, *regions])
        self.region.setCurrentText(current)

    def show_choice(self, profile_name: str, region: str) -> None:
        """Shows what is chosen; a region that is not listed yet is added."""
        if profile_name:
            self.profile.setCurrentText(profile_name)
        else:
            self.profile.setCurrentIndex(-1)
        if self.region.findText(region) < 0:
            self.region.addItem(region)
        self.region.setCurrentText(region)

    def set_account(self, text: str) -> None:
        """Shows whose account this is, as AWS answered."""
        self.account.setText(text)
        self.account.setAccessibleName(_("Account") + f" {text}")
        self._share()

    def set_badge(self, text: str, tone: str, tip: str) -> None:
        """Shows how careful to be, beside the account; an empty text shows nothing."""
        self.badge.setText(text)
        self.badge.setAccessibleName(text)
        self.badge.setToolTip(tool_tip(tip))
        restyle(self.badge, tone=tone)
        self.badge.setVisible(bool(text))

    def _deploy_button(self) -> QToolButton:
        """Deploys; its arrow offers the other ways to."""
        button = self._button("function.deploy")
        button.setProperty("role", "primary")  # the only one in the window
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)  # its icon has the text's colour
        self._deploy_menu = named(PlainMenu(button), "deployMenu", _("Other ways to deploy"))
        self._services.actions.added.connect(self._offer_deploy)
        self._offer_deploy(_OTHER_DEPLOYS[0])
        button.setMenu(self._deploy_menu)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        return button

    def _offer_deploy(self, name: str) -> None:
        """Offers the other ways to deploy that there are by now; `name` is the action that was added."""
        actions = self._services.actions
        if name in _OTHER_DEPLOYS:
            self._deploy_menu.clear()
            self._deploy_menu.addActions([actions[each] for each in _OTHER_DEPLOYS if each in actions])

    def _button(self, name: str) -> QToolButton:
        self._services.actions.draw_icon(name)
        button = named(_ActionButton(self._services.actions[name]), f"button.{name}")
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _show_profile_tip(self) -> None:
        chosen = self.profile.currentData(Qt.ItemDataRole.ToolTipRole) or ""
        self.profile.setToolTip(tool_tip(f"{_('AWS profile')}\n{chosen}".rstrip()))

    def _show_region_tip(self, region: str) -> None:
        self.region.setToolTip(tool_tip(f"{_('AWS region')}\n{region}".rstrip()))

    def _profile_chosen(self, row: int) -> None:
        self.chosen.emit(self._profiles[row], "")

    def _region_chosen(self, row: int) -> None:
        if (profile := self.profile.currentIndex()) >= 0:
            self.chosen.emit(self._profiles[profile], self.region.itemText(row))


class _ActionButton(QToolButton):
    """Has an action's text as its accessible name, also when that changes.

    The action may outlive the button: only a connection to a method of the button ends with it.
    """

    def __init__(self, action: QAction) -> None:
        super().__init__()
        self.setDefaultAction(action)
        self._show_name()
        action.changed.connect(self._show_name)

    def _show_name(self) -> None:
        self.setAccessibleName(self.defaultAction().text())


class _Picker(DeliberateChoice):
    """As wide as some characters: a long name is shortened and does not push the rest away.

    Args:
        characters: How many.
        prepare: Called before the list opens.
    """

    def __init__(self, characters: int, prepare: Callable[[], object] = lambda: None) -> None:
        super().__init__()
        self._prepare = prepare
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(characters)
        self.setMinimumWidth(scaled(_NARROWEST))
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setMaxVisibleItems(20)

    def initStyleOption(self, option: QStyleOptionComboBox) -> None:
        super().initStyleOption(option)
        part = QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, part, self)
        option.currentText = option.fontMetrics.elidedText(
            option.currentText,
            Qt.TextElideMode.ElideMiddle,
            room.width(),
        )

    def showPopup(self) -> None:
        """Opens the list, as wide as its rows, so that none of them is cut off."""
        self._prepare()
        bars = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent) + 2 * _POPUP_MARGIN
        self.view().setMinimumWidth(max(self.width(), self.view().sizeHintForColumn(0) + bars))
        super().showPopup()


def _kind_text(kind: ProfileKind) -> str:
    return {
        ProfileKind.SANDBOX: _("Sandbox: a local AWS on this computer"),
        ProfileKind.STATIC: _("Long-term access key"),
        ProfileKind.TEMPORARY: _("Temporary credentials"),
        ProfileKind.ASSUME_ROLE: _("Assumes a role"),
        ProfileKind.SSO: _("IAM Identity Center (SSO)"),
        ProfileKind.PROCESS: _("Credential process"),
        ProfileKind.WEB_IDENTITY: _("Web identity"),
        ProfileKind.LOGIN: _("Console sign-in"),
    }.get(kind, _("Unknown type"))
