"""Which version of the code is shown, and compared with: the row above the code, and the questions."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton

from workbench.code.workspace_store import LATEST
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.ui import version_picker
from workbench.ui.features.code.compare import CompareFlow
from workbench.ui.kit.bars import OverflowRow
from workbench.ui.kit.labels import ElidedLabel, badge
from workbench.ui.kit.text import named, short_path, tool_tip
from workbench.ui.pages.code import CodePage
from workbench.ui.pages.versions import VersionsPage
from workbench.ui.scope_picker import ScopePicker
from workbench.ui.services import Services
from workbench.ui.shell.context import Context


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


class CodeVersions(QObject):
    """Asks which version to show or to compare with."""

    def __init__(self, context: Context, code: CodePage, compare: CompareFlow) -> None:
        super().__init__(context)
        self._context, self._services, self._window = context, context.services, context.window
        self._session = context.session
        self._picker: version_picker.VersionPicker | None = None
        self._code = code
        self._compare = compare
        self._waiting: version_picker.VersionChoice | None = None  # to be compared with once the code is open
        versions = context.page(VersionsPage)
        versions.code_wanted.connect(self.show)
        versions.comparison_wanted.connect(self.compare)
        compare.failed.connect(lambda error: context.report(error))
        code.workspace_changed.connect(self._opened)
        code.drafts_back.connect(self._offer)
        context.signed_in.connect(self._signed_in)
        code.files.editor.comparing.changed.connect(self._note_comparison)

    def _note_comparison(self, is_shown: bool) -> None:
        workspace = self._code.workspace
        self._context.set_condition("compared", is_met=is_shown)
        can_change = is_shown and workspace is not None and not workspace.read_only
        self._context.set_condition("revertible", is_met=can_change)

    def choose(self) -> None:
        """Asks which version's code to show."""
        self._ask(_("Open Version or Alias"), self._chosen, elsewhere=False)

    def choose_other(self) -> None:
        """Asks what to compare with."""
        self._ask(_("Compare With"), self._chosen_other, elsewhere=True)

    def _ask(
        self, title: str, then: "Callable[[version_picker.VersionChoice], None]", *, elsewhere: bool
    ) -> None:
        function = self._code.function
        if function is None:
            return
        name, connection = function.detail.function_name, function.connection
        place = ScopePicker(self._services, self._session, connection) if elsewhere else None
        picker = version_picker.VersionPicker(
            self._services, connection, name, title, self._window, elsewhere=place
        )
        picker.chosen.connect(then)
        picker.remedy_wanted.connect(
            lambda action, profile: self._context.repair(action, profile or self._session.profile)
        )
        picker.finished.connect(self._picked)
        self._picker = picker
        picker.open()

    def _picked(self) -> None:
        self._picker = None

    def _signed_in(self) -> None:
        """Somebody signed in: what could not be read for want of that may be there now."""
        if self._picker is not None and self._picker.again.isVisible():
            self._picker.read()

    def show(self, qualifier: str) -> None:
        """Shows the code of a version or an alias in the Code tab; empty for $LATEST."""
        self._code.show_version("" if qualifier == LATEST else qualifier)
        self._window.page.show_tab("codePage")

    def compare(self, qualifier: str) -> None:
        """Compares the open code with a version or an alias, once it is open."""
        function = self._code.function
        if function is not None:
            name, other = function.detail.function_name, "" if qualifier == LATEST else qualifier
            self._start(version_picker.VersionChoice(function.connection, name, other))

    def compare_with_deployed(self) -> None:
        """Compares the open code with what is deployed, once it is open."""
        if self._code.workspace is None:
            self.compare("")
        else:
            self._window.page.show_tab("codePage")
            self._compare.with_deployed()

    def _start(self, choice: "version_picker.VersionChoice") -> None:
        self._waiting = choice
        self._window.page.show_tab("codePage")
        self._opened()

    def _opened(self) -> None:
        function, choice = self._code.function, self._waiting
        if choice is None or self._code.workspace is None:
            return
        self._waiting = None
        if function is not None and function.detail.function_name == choice.function_name:
            self._compare.with_version(choice)

    def _offer(self, text: str, names: str) -> None:
        self._context.report(WorkbenchError(text, names, action="code.compare"), "info", key="drafts")

    def _chosen_other(self, choice: "version_picker.VersionChoice") -> None:
        function = self._code.function
        if function is not None and function.detail.function_name == choice.function_name:
            self._start(choice)

    def _chosen(self, choice: "version_picker.VersionChoice") -> None:
        function = self._code.function
        if function is not None and function.detail.function_name == choice.function_name:
            self.show(choice.qualifier)
