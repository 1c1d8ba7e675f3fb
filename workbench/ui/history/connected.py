"""The history of deploys in the window: who hears it, and whom it hears."""

from functools import partial

from PySide6.QtCore import QObject

from workbench.deploy.journal import Journal
from workbench.ui.compare_flow import CompareFlow
from workbench.ui.history.chart_markers import chart_markers
from workbench.ui.history.flow import HistoryFlow
from workbench.ui.history.page import DeploysPage
from workbench.ui.pages.base import Page
from workbench.ui.pages.versions import VersionsPage
from workbench.ui.parts import Parts
from workbench.ui.services import Services


def deploys_page(services: Services) -> DeploysPage:
    """The Deploys tab."""
    return DeploysPage(services, _journal(services))


class ConnectedHistory(QObject):
    """Connects the Deploys tab, for as long as the window lives."""

    def __init__(self, parts: Parts, page: Page, versions: VersionsPage, compare: CompareFlow) -> None:
        super().__init__(parts.window)
        assert isinstance(page, DeploysPage)
        journal = _journal(parts.services)
        self.flow = HistoryFlow(
            parts.services, journal, parts.window, page, parts.code, compare, parts.deploy
        )
        versions.roll_back_wanted.connect(self.flow.look_at_version)
        self.flow.failed.connect(parts.deploy.failed)  # said, and remembered until somebody has signed in
        self.flow.notice.connect(parts.deploy.notice)
        parts.metrics.find_markers = partial(chart_markers, journal)


def _journal(services: Services) -> Journal:
    return Journal(services.paths.data_dir / "deploys")
