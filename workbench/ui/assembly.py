"""Puts together what the window shows after its first painting: the pages, and who talks to whom.

Importing this module loads all pages and what they need, so it is imported by a job, not on the main thread.
"""

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from workbench.core.paths import resources_dir
from workbench.profiles.model import Profile
from workbench.sandbox.supervisor import Sandbox
from workbench.ui.bindings import Bindings
from workbench.ui.deploy_flow import DeployFlow
from workbench.ui.editor import Editor, monaco
from workbench.ui.pages.base import Page
from workbench.ui.pages.code import CodePage
from workbench.ui.pages.configuration import ConfigurationPage
from workbench.ui.pages.logs import LogsPage
from workbench.ui.pages.metrics import MetricsPage
from workbench.ui.pages.test import TestPage
from workbench.ui.pages.triggers import TriggersPage
from workbench.ui.pages.versions import VersionsPage
from workbench.ui.parts import Parts
from workbench.ui.routes import Routes
from workbench.ui.sandbox_control import SandboxControl
from workbench.ui.services import Services
from workbench.ui.session import Session
from workbench.ui.window import MainWindow


@dataclass(frozen=True, slots=True, eq=False)
class Assembly:
    """The finished window: its parts, and the objects that connect them."""

    parts: Parts
    routes: Routes
    bindings: Bindings


def assemble(
    services: Services, session: Session, sandbox: Sandbox, window: MainWindow, profiles: list[Profile]
) -> Assembly:
    """Makes the pages, puts them into the window and connects everything."""
    translate = QCoreApplication.translate
    code = CodePage(services, Editor(monaco(resources_dir() / "editor" / "dist")))
    test, logs, metrics = TestPage(services), LogsPage(services), MetricsPage(services)
    pages: list[tuple[str, Page]] = [
        (translate("Window", "Code"), code),
        (translate("Window", "Configuration"), ConfigurationPage(services)),
        (translate("Window", "Triggers"), TriggersPage(services)),
        (translate("Window", "Test"), test),
        (translate("Window", "Logs"), logs),
        (translate("Window", "Metrics"), metrics),
        (translate("Window", "Versions"), VersionsPage(services)),
    ]
    window.page.set_pages(pages)
    window.before_close = code.files.flush
    parts = Parts(
        services=services,
        session=session,
        window=window,
        sandbox=SandboxControl(services, sandbox, window),
        deploy=DeployFlow(services, window),
        code=code,
        test=test,
        logs=logs,
        metrics=metrics,
    )
    routes = Routes(parts, profiles)
    return Assembly(parts, routes, Bindings(parts, routes))
