"""The Dependencies panel in the window: who hears it, and whom it hears."""

from PySide6.QtCore import QObject

from workbench.ui.dependencies.flow import DependenciesFlow
from workbench.ui.dependencies.panel import DependenciesPanel
from workbench.ui.parts import Parts


class ConnectedDependencies(QObject):
    """Puts the panel at the bottom of the window, for as long as that lives."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts.window)
        self._parts = parts
        services, window = parts.services, parts.window
        self.panel = DependenciesPanel(services.actions, services.theme)
        window.add_panel(self.panel, self.tr("Dependencies"))
        self.flow = DependenciesFlow(services, self.panel, parts.code, parts.deploy)
        self.flow.failed.connect(lambda error: window.function_banners.show_error(error, key="dependencies"))
        self.flow.notice.connect(window.function_banners.notices("dependencies"))
        self.flow.counted.connect(self._count)
        self.flow.installed.connect(parts.language.restart)
        self.panel.opened.connect(self._open)
        services.actions.bind("view.dependencies", lambda: window.show_panel(self.panel))

    def _count(self, findings: int) -> None:
        bottom = self._parts.window.bottom
        title = self.tr("Dependencies")
        bottom.setTabText(bottom.indexOf(self.panel), f"{title} ({findings})" if findings else title)

    def _open(self, path: str, line: int, column: int) -> None:
        workspace = self._parts.code.workspace
        if workspace is not None and (workspace.root / path).is_file():  # not one of an installed package
            self._parts.window.page.show_tab("codePage")
            self._parts.code.files.reveal(path, line, column)
