"""The history of deploys in the window: who hears it, whom it hears, and when it forgets."""

from functools import partial

from PySide6.QtCore import QObject, QTimer

from workbench.core.jobs import Job
from workbench.deploy.journal import Journal, prune_journals
from workbench.functions.versions import list_versions
from workbench.ui.compare_flow import CompareFlow
from workbench.ui.history.deploy_changes import deploy_changes
from workbench.ui.history.flow import HistoryFlow
from workbench.ui.history.page import DeploysPage
from workbench.ui.pages.base import Page
from workbench.ui.pages.versions import VersionsPage
from workbench.ui.parts import Parts
from workbench.ui.services import Services

_TIDY_AFTER_MS = 20_000
"""Once the start of the program is over, which it would only slow down."""


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
        parts.metrics.changes.find_deploys = partial(deploy_changes, journal)
        parts.metrics.changes.read_versions = list_versions
        self._services, self._journal = parts.services, journal
        tidy = QTimer(self, singleShot=True, interval=_TIDY_AFTER_MS)
        tidy.timeout.connect(self.tidy)
        tidy.start()

    def tidy(self) -> None:
        """Forgets old deploys, in the background."""
        journal = self._journal
        self._services.jobs.submit(
            Job(
                self.tr("Removing old deploys from the history"),
                lambda ctx: prune_journals(journal, ctx),
                quiet=True,
            )
        )


def _journal(services: Services) -> Journal:
    return Journal(services.paths.data_dir / "deploys", packages_days=services.policy.packages_days)
