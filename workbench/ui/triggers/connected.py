"""Triggers in the window: who hears it, and whom it hears."""

from collections.abc import Callable

from PySide6.QtCore import QObject

from workbench.aws.connection import Connection
from workbench.aws.rate_budget import RateBudget
from workbench.profiles.safety import Tier
from workbench.ui.copy_function.flow import CopyFlow
from workbench.ui.pages.base import Page
from workbench.ui.pages.triggers import TriggersPage
from workbench.ui.parts import Parts
from workbench.ui.protection import Protection
from workbench.ui.safety.confirm import confirm_by_name
from workbench.ui.triggers.add_flow import AddFlow
from workbench.ui.triggers.async_flow import AsyncFlow
from workbench.ui.triggers.change_flow import UNDO_PAUSE, ChangeFlow
from workbench.ui.triggers.doctor_flow import DoctorFlow
from workbench.ui.triggers.event_flow import EventFlow
from workbench.ui.triggers.interrupted import InterruptedTriggers
from workbench.ui.triggers.work import TriggersWork


class ConnectedTriggers(QObject):
    """Connects the Triggers tab, for as long as the window lives.

    Args:
        parts: Of the window.
        page: The Triggers tab.
        protection: Knows how careful to be.
        copying: Copies functions to other regions.
        configuring: Asks before a timeout is changed.
        budget: Shared with all who ask AWS for much.
    """

    def __init__(
        self,
        parts: Parts,
        page: Page,
        protection: Protection,
        copying: CopyFlow,
        budget: RateBudget,
    ) -> None:
        super().__init__(parts.window)
        assert isinstance(page, TriggersPage)
        self._parts, self._protection, self.page = parts, protection, page
        self.work = TriggersWork(parts.services, parts.window, page, protection.confirm_change)
        self.adding = AddFlow(self.work, self._is_production)
        self.changes = ChangeFlow(self.work, self._is_production)
        self.events = EventFlow(self.work)
        self.asynchronous = AsyncFlow(self.work)
        self.interrupted = InterruptedTriggers(self.work)
        self.doctor = DoctorFlow(self.work, parts.session, budget, self._confirm_all)
        page.budget = budget
        page.why_locked = self._why_locked
        self.work.notice.connect(parts.window.function_banners.notices("triggers"))
        self.work.failed.connect(protection.sign_in.note_failure)
        self.changes.undoable.connect(lambda there: parts.services.actions.set_there(UNDO_PAUSE, there=there))
        self.adding.region_wanted.connect(self._go_to_region)
        self.adding.copy_wanted.connect(copying.begin_in)
        self.adding.invoke_wanted.connect(self._show_test)
        self.events.logs_wanted.connect(self._show_logs)
        parts.session.connected.connect(self._connected)

    def _connected(self) -> None:
        if (connection := self._parts.session.connection) is not None:
            self.interrupted.look(connection)

    def _confirm_all(self, connection: Connection, words: str, then: Callable[[], object]) -> None:
        """Asks for the account before many functions are changed in production."""
        if not self._is_production():
            then()
            return
        where = self.tr("This is production (account %1, %2).").replace("%1", connection.account_id)
        confirm_by_name(
            self._parts.window,
            self.tr("Repair triggers in production"),
            f"{words}. {where.replace('%2', connection.region)}",
            connection.account_id,
            self.tr("Repair in %1").replace("%1", connection.account_id),
            then,
        )

    def _why_locked(self) -> str:
        if self._protection.frame.tier is not Tier.READ_ONLY:
            return ""
        words = self.tr("The profile %1 is read-only.")
        return words.replace("%1", self._parts.session.profile.name)

    def _is_production(self) -> bool:
        return self._protection.frame.tier is Tier.PRODUCTION

    def _go_to_region(self, region: str, chooses_function: bool) -> None:
        """Shows another region; a function there is chosen in its list."""
        session = self._parts.session
        session.choose(session.profile, region)
        if chooses_function:
            self._parts.window.search_functions()

    def _show_test(self, event: str) -> None:
        self._parts.window.page.show_tab("testPage")
        self._parts.test.text.setPlainText(event)

    def _show_logs(self, request_id: str) -> None:
        self._parts.window.page.show_tab("logsPage")
        self._parts.logs.show_invocation(request_id)
