"""Deploying in the window: who hears it, and whom it hears."""

from PySide6.QtCore import QObject

from workbench.ui.deploying.strip import DeployStrip
from workbench.ui.parts import Parts
from workbench.ui.services import OpenFunction


class ConnectedDeploys(QObject):
    """Connects what is seen of deploys, for as long as the window lives."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts.window)
        self._page = parts.window.page
        self.strip = DeployStrip(parts.code)
        parts.code.in_deploy = parts.deploy.in_deploy
        parts.deploy.started.connect(self.strip.follow)
        parts.deploy.looked.connect(self._show)
        parts.services.actions.bind(
            "function.deploy_with", lambda: parts.code.ready_to_deploy(parts.deploy.choose)
        )

    def _show(self, function: OpenFunction) -> None:
        """Shows how a function is, if it is still the open one."""
        opened = self._page.function
        if opened is not None and opened.detail.function_arn == function.detail.function_arn:
            self._page.open(function)
