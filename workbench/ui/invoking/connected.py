"""Invoking, put into the window: what is asked before, and where what was invoked is seen again."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject

from workbench.invoke.history_entry import Mode
from workbench.profiles.safety import Tier
from workbench.ui.invoking.event_in_editor import EventInEditor
from workbench.ui.invoking.repeat_flow import RepeatFlow
from workbench.ui.invoking.request import Request
from workbench.ui.invoking.result_route import ResultRoute
from workbench.ui.ledger.again import LedgerAgain
from workbench.ui.ledger.flow import LedgerFlow
from workbench.ui.ledger.keeping import LedgerKeeping
from workbench.ui.ledger.panel import LedgerPanel
from workbench.ui.parts import Parts
from workbench.ui.protection import Protection
from workbench.ui.services import OpenFunction


class ConnectedInvoking(QObject):
    """Lives as long as the window."""

    def __init__(self, parts: Parts, protection: Protection, result: ResultRoute) -> None:
        super().__init__(parts.window)
        window = parts.window
        self.ledger = LedgerFlow(parts, LedgerPanel(parts.services), result)
        self.keeping, self.again = LedgerKeeping(parts, self.ledger), LedgerAgain(parts, self.ledger)
        window.add_panel(self.ledger.panel, self.tr("Invocations"))
        self.ledger.failed.connect(window.banners.show_error)
        self.keeping.notice.connect(lambda text, detail: window.banners.show_notice(text, detail, "good"))
        parts.services.actions.bind("view.invocations", lambda: window.go_to_panel(self.ledger.panel))
        self._parts, self._protection = parts, protection
        self._agreed: set[str] = set()  # functions in production that may be invoked until the program ends
        parts.test.invoker.before_send = self._before_send
        self.repeating, self.editing = RepeatFlow(parts), EventInEditor(parts)
        parts.test.menu.suggest = self._code_folder

    def _code_folder(self) -> Path | None:
        """Where the code of the open function is on this machine, if it is in a local folder."""
        workspace = self._parts.code.workspace
        return workspace.local_folder if workspace is not None else None

    def _before_send(self, function: OpenFunction, request: Request, then: Callable[[], object]) -> None:
        """Asks once for each function of production: it is run, and may change what it works on."""
        arn = function.detail.function_arn
        is_production = self._protection.frame.tier is Tier.PRODUCTION
        if not is_production or request.mode is Mode.DRY_RUN or arn in self._agreed:
            then()
            return

        def agreed() -> None:
            self._agreed.add(arn)
            then()

        words = self.tr("%1 is a production function. Invoking it runs its code with this event.")
        self._protection.confirm_change(
            function,
            self.tr("Invoke in production"),
            words.replace("%1", function.detail.function_name),
            self.tr("Invoke"),
            agreed,
        )
