"""Which version's code the Code tab shows, and is compared with: asks for it, and hears the Versions tab."""

from collections.abc import Callable

from PySide6.QtCore import QObject

from workbench.code.workspace_store import LATEST
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.ui import version_picker
from workbench.ui.elsewhere import Elsewhere
from workbench.ui.features.code.compare import CompareFlow
from workbench.ui.pages.code import CodePage
from workbench.ui.pages.versions import VersionsPage
from workbench.ui.shell.context import Context


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
        place = Elsewhere(self._services, self._session, connection) if elsewhere else None
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
