"""The context of a feature whose page stands alone: real jobs, no window; messages are collected."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.profiles.safety import Tier
from workbench.ui.pages.base import Page
from workbench.ui.shell.actions import ActionSpec
from workbench.ui.shell.context import Context, Guard
from workbench.ui.shell.services import OpenFunction, Services


class PageContext(Context):
    """What a feature is given in place of the window's context.

    Args:
        services: Of the program.
        page: The page of the feature; its window is the parent of dialogs.
    """

    def __init__(self, services: Services, page: Page) -> None:
        QObject.__init__(self, page)
        self.services, self._page = services, page
        self.window: Any = _Window(page)
        self.guarded: list[Guard] | None = None  # what was asked, and not answered; None: all is agreed to
        self.shown: list[OpenFunction] = []
        self.notices: list[str] = []
        self.errors: list[str] = []
        self._routes = {}

    def tier_for(self, connection: Connection) -> Tier:
        return Tier.NORMAL

    @property
    def function(self) -> OpenFunction | None:
        return self._page.function

    def page[T: Page](self, kind: type[T]) -> T:
        assert isinstance(self._page, kind)
        return self._page

    def action(self, spec: ActionSpec, handler: Callable[[], object], *, after: str) -> QAction:
        return super().action(
            spec, handler, after=_("&Help")
        )  # what it stands after may be another feature's

    def show(self, function: OpenFunction) -> None:
        self.shown.append(function)
        self._page.show_function(function)
        self.function_opened.emit(function)

    def confirm(self, function: OpenFunction, guard: Guard, then: Callable[[], object]) -> None:
        if self.guarded is None:
            then()
        else:
            self.guarded.append(guard)

    def notify(
        self,
        text: str,
        detail: str = "",
        tone: str = "info",
        key: str = "",
        function: OpenFunction | None = None,
    ) -> None:
        self.notices.append(text)

    def report(
        self,
        error: WorkbenchError,
        tone: str = "danger",
        *,
        action: str = "",
        key: str = "",
        function: OpenFunction | None = None,
    ) -> None:
        (self.errors if tone == "danger" else self.notices).append(str(error))

    def remember(self, action: str, error: WorkbenchError) -> None:
        """Nobody signs in here."""


class _Window(QWidget):
    """Below the page, so that dialogs open over it."""

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.page = self.banners = self
        self.before_close: Callable[[Callable[[], None]], None] = lambda then: then()

    def dismiss(self, key: str) -> None:
        """Closes no message: there is none."""
