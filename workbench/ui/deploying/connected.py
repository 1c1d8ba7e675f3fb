"""Deploying in the window: who hears it, and whom it hears."""

from PySide6.QtCore import QObject

from workbench.ui.deploying.strip import DeployStrip
from workbench.ui.parts import Parts


class ConnectedDeploys(QObject):
    """Connects what is seen of deploys, for as long as the window lives."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts.window)
        self.strip = DeployStrip(parts.code)
        parts.deploy.started.connect(self.strip.follow)
        parts.services.actions.bind(
            "function.deploy_with", lambda: parts.code.ready_to_deploy(parts.deploy.choose)
        )
