"""Connects deploying with the window."""

from PySide6.QtCore import QObject

from workbench.core.jobs import JobHandle
from workbench.ui.deploying.not_deployed import NotDeployed
from workbench.ui.deploying.strip import DeployStrip
from workbench.ui.parts import Parts
from workbench.ui.services import OpenFunction


class ConnectedDeploys(QObject):
    """Connects what is seen of deploys, for as long as the window lives."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts.window)
        self._page = parts.window.page
        self._banners = parts.window.banners
        self._last: dict[str, JobHandle] = {}  # by function ARN
        self.strip = DeployStrip(parts.code)
        rows = parts.window.functions.model
        self.not_deployed = NotDeployed(parts.services, parts.window.page, parts.code, rows)
        parts.code.in_deploy = parts.deploy.in_deploy
        parts.deploy.started.connect(self.strip.follow)
        parts.deploy.started.connect(self._forget_failure)
        parts.deploy.looked.connect(self._show)
        parts.services.actions.bind(
            "function.deploy_with", lambda: parts.code.ready_to_deploy(parts.deploy.choose)
        )

    def _forget_failure(self, function_arn: str, handle: JobHandle) -> None:
        """Closes what was said of the deploy before: beside the answer to this one it would be untrue."""
        before, self._last[function_arn] = self._last.get(function_arn), handle
        for banner in self._banners.banners:
            if before is not None and banner.error is before.error:
                banner.closed.emit()

    def _show(self, function: OpenFunction) -> None:
        """Shows how a function is, if it is still the open one."""
        opened = self._page.function
        if opened is not None and opened.detail.function_arn == function.detail.function_arn:
            self._page.open(function)
