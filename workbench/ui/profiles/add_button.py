"""The button that adds a profile: a menu of kinds."""

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton

from workbench.core.policy import NO_POLICY, Policy, Rule
from workbench.profiles.model import ProfileKind
from workbench.ui.icons import Icons
from workbench.ui.named import named
from workbench.ui.organisation import set_by_organisation
from workbench.ui.profiles.editing import ENDPOINT, KINDS
from workbench.ui.profiles.words import KIND_ICONS, kind_word


class AddButton(QToolButton):
    """Opens its menu at once.

    Args:
        icons: For the kinds.
        from_portal: The program's action that makes profiles of what a portal offers.
        policy: May forbid kinds.

    Signals:
        wanted: The ProfileKind to add, and the endpoint that its requests go to, empty for AWS.
    """

    wanted = Signal(object, str)

    def __init__(self, icons: Icons, from_portal: QAction, policy: Policy = NO_POLICY) -> None:
        super().__init__()
        title = self.tr("Add Profile")
        named(self, "profileAdd", title)
        self.setText(title)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        icons.attach(self, "file-plus")
        menu = named(QMenu(self), "profileAddMenu", title)
        for kind in KINDS:
            action = menu.addAction(kind_word(kind))
            if kind is ProfileKind.STATIC and policy.forbids(Rule.STORED_KEYS):
                _forbid(action)
            action.setObjectName(f"add.{kind.value}")
            icons.attach(action, KIND_ICONS[kind])
            action.triggered.connect(partial(self.wanted.emit, kind, ""))
        menu.addSeparator()
        menu.addAction(from_portal)
        local = menu.addAction(self.tr("Custom endpoint"))
        local.setObjectName("add.endpoint")
        icons.attach(local, "plug")
        local.triggered.connect(partial(self.wanted.emit, ProfileKind.STATIC, ENDPOINT))
        if policy.forbids(Rule.OWN_ENDPOINTS) or policy.forbids(Rule.STORED_KEYS):
            _forbid(local)
        self.setMenu(menu)


def _forbid(action: QAction) -> None:
    action.setText(f"{action.text()} – {set_by_organisation()}")
    action.setEnabled(False)
