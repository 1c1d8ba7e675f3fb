"""The right side: who a profile is, what can be done with it, and four tabs about it."""

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.core.policy import Rule
from workbench.profiles.model import Problem, Profile, ProfileKind
from workbench.profiles.safety import Safety, Tier
from workbench.ui.icon_label import IconLabel
from workbench.ui.kit.badge import badge
from workbench.ui.kit.text import PlainLabel, tool_tip
from workbench.ui.named import named
from workbench.ui.organisation import set_by_organisation, set_choosable
from workbench.ui.profiles.journal_view import JournalView
from workbench.ui.profiles.overview import Overview
from workbench.ui.profiles.problems_view import ProblemsView
from workbench.ui.profiles.tools import ProfileTools
from workbench.ui.profiles.why_panel import WhyPanel
from workbench.ui.profiles.words import KIND_ICONS, kind_word, tier_word
from workbench.ui.services import Services

_KEYS = (ProfileKind.STATIC, ProfileKind.PROCESS)


class Details(QWidget):
    """Shows one profile, or that there is none.

    Signals:
        wanted: What is to be done with the shown profile: "use", "check", "edit", "duplicate", "rename",
            "delete" or "keyring".
        tier_chosen: Another tier.
    """

    wanted = Signal(str)
    tier_chosen = Signal(object)

    def __init__(self, services: Services, tools: ProfileTools) -> None:
        super().__init__()
        self.setObjectName("profileDetails")
        self._services = services
        self._safety: Safety = tools.safety
        self._profile: Profile | None = None
        self._may_edit = True
        self.overview = Overview(services, tools.safety)
        self.why = WhyPanel(services, tools.environ)
        self.problems = ProblemsView(services)
        self.history = JournalView(services, tools.writer.journal)
        self.tabs = named(QTabWidget(), "profileTabs", self.tr("Profile"))
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.overview, self.tr("Overview"))
        self.tabs.addTab(self.why, self.tr("Credential Source"))
        self.tabs.addTab(self.problems, self.tr("Problems"))
        self.tabs.addTab(self.history, self.tr("History"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._make_header())
        layout.addWidget(self.tabs, 1)

    def show_profile(self, profile: Profile | None, of_files: tuple[Problem, ...], *, may_edit: bool) -> None:
        """Shows a profile.

        Args:
            profile: None when none is chosen.
            of_files: The problems of the files as a whole.
            may_edit: Whether the files can be changed.
        """
        self._profile, self._may_edit = profile, may_edit
        self.title.setText(profile.name if profile else self.tr("No profile"))
        self.title.setToolTip(tool_tip(profile.name) if profile else "")
        self.kind.setText(kind_word(profile.kind) if profile else "")
        self.kind.setVisible(profile is not None)
        if profile is not None:
            self._icon.show_icon(KIND_ICONS[profile.kind])
            self.overview.show_profile(profile)
        own = profile.problems if profile else ()
        self.problems.show_problems(profile.name if profile else "", own, of_files)
        count = len(own) + len(of_files)
        self.tabs.setTabText(
            self.tabs.indexOf(self.problems),
            self.tr("Problems (%1)").replace("%1", str(count)) if count else self.tr("Problems"),
        )
        self._show_tier()
        self._enable()

    def actions_of_profile(self) -> list[QAction]:
        """The buttons' work once more, for a menu; each is possible when its button is."""
        return self._actions

    def set_checking(self, *, checking: bool) -> None:
        """Whether AWS is being asked about the shown profile."""
        self.buttons["check"].setText(self.tr("Checking…") if checking else self.tr("Check"))
        in_file = self._profile is not None and self._profile.kind is not ProfileKind.SANDBOX
        self.buttons["check"].setEnabled(in_file and not checking)

    def _make_header(self) -> QWidget:
        header = named(QFrame(), "profileHeader")
        self._icon = _KindIcon(self._services)
        self.title = named(PlainLabel(), "profileTitle")
        self.title.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.kind = badge("profileKind")
        self.tier = named(
            QComboBox(),
            "profileTier",
            self.tr("How Workbench protects resources that this profile can access"),
        )
        self._tier_tip = self.tr(
            "Production: the window frame turns red, and critical actions ask you to type a "
            "name.\nRead-only: Workbench does not send any request that changes AWS."
        )
        self.tier.setToolTip(tool_tip(self._tier_tip))
        for tier in Tier:
            self.tier.addItem(tier_word(tier), tier)
        self.tier.activated.connect(lambda row: self.tier_chosen.emit(self.tier.itemData(row)))
        first = QHBoxLayout()
        first.setSpacing(10)
        first.addWidget(self._icon)
        first.addWidget(self.title, 1)
        first.addWidget(self.kind)
        self.tier_rule = named(PlainLabel(), "profileTierRule", role="muted")
        first.addWidget(self.tier_rule)
        label = named(PlainLabel(self.tr("Protection")), "profileTierLabel", role="muted")
        label.setBuddy(self.tier)
        first.addWidget(label)
        first.addWidget(self.tier)
        column = QVBoxLayout(header)
        column.setContentsMargins(16, 10, 16, 10)
        column.setSpacing(10)
        column.addLayout(first)
        column.addLayout(self._make_buttons())
        return header

    def _make_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.buttons: dict[str, QPushButton] = {}
        self._actions: list[QAction] = []
        words = (
            ("use", self.tr("Use This Profile")),
            ("check", self.tr("Check")),
            ("edit", self.tr("Edit…")),
            ("duplicate", self.tr("Duplicate…")),
            ("rename", self.tr("Rename…")),
            ("delete", self.tr("Delete…")),
            ("keyring", self.tr("Move Keys…")),
        )
        for what, title in words:
            button = named(QPushButton(title), f"profile.{what}", title)
            button.clicked.connect(partial(self.wanted.emit, what))
            self.buttons[what] = button
            row.addWidget(button)
            action = QAction(title, self)
            action.setObjectName(f"profile.{what}.menu")
            action.triggered.connect(button.click)
            self._actions.append(action)
        self.buttons["use"].setProperty("role", "primary")
        self.buttons["check"].setToolTip(self.tr("Ask AWS for the identity and permissions of this profile"))
        self.buttons["keyring"].setToolTip(self.tr("Move access keys from the files to the system keyring"))
        row.addStretch(1)
        return row

    def _show_tier(self) -> None:
        name = self._profile.name if self._profile else ""
        is_sandbox = self._profile is not None and self._profile.kind is ProfileKind.SANDBOX
        self.tier.setEnabled(bool(name) and not is_sandbox)  # where nothing can be broken there is no danger
        tier = self._safety.tier(name) if name and not is_sandbox else Tier.NORMAL
        forced = self._safety.forced_tier(name) if name and not is_sandbox else Tier.NORMAL
        for row in range(self.tier.count()):
            set_choosable(self.tier, row, choosable=self.tier.itemData(row).strictness >= forced.strictness)
        reason = "" if forced is Tier.NORMAL else set_by_organisation(tier_word(forced))
        self.tier.setToolTip(tool_tip("\n".join(filter(None, (reason, self._tier_tip)))))
        self.tier_rule.setText(reason)
        self.tier_rule.setVisible(bool(reason))
        self.tier.setCurrentIndex(self.tier.findData(tier))

    def _enable(self) -> None:
        profile = self._profile
        in_file = profile is not None and profile.kind is not ProfileKind.SANDBOX
        for what, button in self.buttons.items():
            if what == "use":
                is_forbidden = not in_file and self._safety.policy.forbids(Rule.SANDBOX)
                button.setEnabled(profile is not None and not is_forbidden)
                button.setToolTip(tool_tip(set_by_organisation() if profile and is_forbidden else ""))
            elif what == "check":
                button.setEnabled(in_file)
            else:
                button.setEnabled(in_file and self._may_edit)
        if profile is not None and profile.kind not in _KEYS:
            self.buttons["keyring"].setEnabled(False)
        if self._safety.policy.forbids(Rule.STORED_KEYS):
            self.buttons["keyring"].setEnabled(False)
            self.buttons["keyring"].setToolTip(tool_tip(set_by_organisation()))
        for action, button in zip(self._actions, self.buttons.values(), strict=True):
            action.setEnabled(button.isEnabled())


class _KindIcon(QWidget):
    """The icon of the shown profile's kind."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._icons = services.icons
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._label: IconLabel | None = None
        self._name = ""

    def show_icon(self, name: str) -> None:
        if name == self._name:
            return
        self._name = name
        if self._label is not None:
            self._row.removeWidget(self._label)
            self._label.deleteLater()
        self._label = IconLabel(self._icons, name, "text", 22)
        self._row.addWidget(self._label)
