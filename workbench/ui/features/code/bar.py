"""The row above the code: which version's code this is, whether it can be changed, and comparing."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton

from workbench.code.workspace_store import LATEST
from workbench.core.messages import _
from workbench.ui.elided_label import ElidedLabel
from workbench.ui.kit.badge import badge
from workbench.ui.kit.overflow import OverflowRow
from workbench.ui.kit.text import tool_tip
from workbench.ui.named import named
from workbench.ui.pages.code import CodePage
from workbench.ui.services import Services
from workbench.ui.short_path import short_path


class CodeBar(QFrame):
    """Shows what is open; its buttons are the registry's actions."""

    def __init__(self, services: Services, code: CodePage) -> None:
        super().__init__()
        self._code = code
        named(self, "codeBar", _("Shown code"))
        self.version = _button(services, "code.choose_version", "codeVersion")
        self.badge = badge("codeReadOnly", _("Read only"))
        self.badge.setProperty("tone", "warning")
        self.about = named(ElidedLabel(), "codeAbout", role="muted")
        self.latest = _button(services, "code.latest", "codeLatest")
        self.use_folder = _button(services, "code.use_folder", "codeUseFolder")
        self.use_deployed = _button(services, "code.use_deployed", "codeUseDeployed")
        self.on_save = _button(services, "function.deploy_on_save", "codeDeployOnSave")
        self.on_save.setCheckable(True)
        services.actions["function.deploy_on_save"].toggled.connect(self.on_save.setChecked)
        self.compare = _button(services, "code.compare", "codeCompare")
        self.compare_with = _button(services, "code.compare_with", "codeCompareWith")
        more = named(QToolButton(), "codeMore", _("More tools for the code"), role="quiet")
        more.setText(_("More"))
        more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        more.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        rare = (self.compare_with, self.use_folder, self.use_deployed, self.compare, self.on_save)
        self._row = row = OverflowRow(more, rare)
        for widget in (self.version, self.badge, self.latest):
            row.add(widget)
        row.add(self.about, 1)
        for widget in (self.use_folder, self.use_deployed, self.on_save, self.compare, self.compare_with):
            row.add(widget)
        row.add(more)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(8, 1, 8, 1)
        whole.addWidget(row)
        code.workspace_changed.connect(self._show_code)
        self._show_code()

    def _show_code(self) -> None:
        """Says whose code is shown; without a workspace it is on its way, or there is none."""
        qualifier, workspace = self._code.qualifier, self._code.workspace
        version = workspace.base.version if workspace else qualifier
        title = _("Version {version}").format(version=version) if version not in ("", LATEST) else LATEST
        if workspace and qualifier not in ("", LATEST, version):
            title = _("{qualifier} (version {version})").format(version=version, qualifier=qualifier)
        self.version.setText(title)
        self.version.setAccessibleName(_("Shown code: {title}").format(title=title))
        is_fixed = workspace is not None and workspace.read_only
        self._row.set_wanted(self.badge, wanted=is_fixed)
        self._row.set_wanted(self.latest, wanted=qualifier not in ("", LATEST))
        self._row.set_wanted(self.on_save, wanted=not is_fixed)
        for button in (self.on_save, self.compare, self.compare_with):
            button.setEnabled(workspace is not None)
        local = workspace.local_folder if workspace is not None else None
        self._row.set_wanted(self.use_folder, wanted=workspace is not None and not is_fixed and local is None)
        self._row.set_wanted(self.use_deployed, wanted=local is not None)
        if local is not None:
            self.about.show_text(_("Local folder {local}").format(local=short_path(local)), str(local))
        else:
            self.about.show_text(_("The code of a published version cannot be changed.") if is_fixed else "")


def _button(services: Services, action: str, name: str) -> QToolButton:
    """A quiet button that does what the action does, and says it in words of its own."""
    shown = services.actions[action]
    button = named(QToolButton(), name, shown.text(), role="quiet")
    button.setText(shown.text())
    button.setToolTip(tool_tip(shown.toolTip()))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.clicked.connect(shown.trigger)
    return button
