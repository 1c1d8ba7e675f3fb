"""Which version's code the Code tab shows: asks for it, and takes wishes from the Versions tab."""

from PySide6.QtCore import QObject

from workbench.code.base import LATEST
from workbench.ui.pages.code import CodePage
from workbench.ui.pages.versions import VersionsPage
from workbench.ui.services import Services
from workbench.ui.version_picker import VersionChoice, VersionPicker
from workbench.ui.window import MainWindow


class CodeVersions(QObject):
    """Lives as long as the window, and binds its own actions."""

    def __init__(
        self, services: Services, window: MainWindow, code: CodePage, versions: VersionsPage
    ) -> None:
        super().__init__(window)
        self._services = services
        self._window = window
        self._code = code
        versions.code_wanted.connect(self.show)
        services.actions.bind("code.choose_version", self.choose)
        services.actions.bind("code.latest", lambda: self.show(""))

    def choose(self) -> None:
        """Asks which version's code to show."""
        function = self._code.function
        if function is None:
            return
        name, title = function.detail.function_name, self.tr("Open Version or Alias")
        picker = VersionPicker(self._services, function.connection, name, title, self._window)
        picker.chosen.connect(self._chosen)
        picker.open()

    def show(self, qualifier: str) -> None:
        """Shows the code of a version or an alias in the Code tab; empty for $LATEST."""
        self._code.show_version("" if qualifier == LATEST else qualifier)
        self._window.page.show_tab("codePage")

    def _chosen(self, choice: VersionChoice) -> None:
        function = self._code.function
        if function is not None and function.detail.function_name == choice.function_name:
            self.show(choice.qualifier)
