"""What is done to versions in the window: who hears it, and whom it hears."""

from PySide6.QtCore import QObject

from workbench.aws.rate_budget import RateBudget
from workbench.ui.pages.versions import VersionsPage
from workbench.ui.parts import Parts
from workbench.ui.protection import Protection
from workbench.ui.versions.alias_flow import AliasFlow
from workbench.ui.versions.flow import VersionsFlow
from workbench.ui.versions.work import VersionsWork


class ConnectedVersions(QObject):
    """Connects the Versions tab, for as long as the window lives."""

    def __init__(self, parts: Parts, page: VersionsPage, protection: Protection, budget: RateBudget) -> None:
        super().__init__(parts.window)
        self.work = VersionsWork(parts.services, parts.window, page, protection.confirm_change, budget)
        self.flow, self.aliases = VersionsFlow(self.work, page), AliasFlow(self.work, page)
        self.work.notice.connect(parts.window.function_banners.notices("versions"))
        self.work.failed.connect(protection.sign_in.note_failure)
