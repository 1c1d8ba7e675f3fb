"""What features are given of the window, so that they need no other feature."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle
from workbench.ui.action_spec import ActionSpec
from workbench.ui.pages.base import Page
from workbench.ui.protection import Protection
from workbench.ui.services import OpenFunction, Services
from workbench.ui.session import Session
from workbench.ui.window import MainWindow


class Context(QObject):
    """Given to `activate(context)` of every feature; lives as long as the window.

    Attributes:
        services: Jobs, clock, settings, theme, icons, paths and policy of the program.
        session: The profile and region that are chosen, and their connection.
        window: The parent of dialogs.

    Signals:
        function_opened: An OpenFunction is shown: another function, or a newer state of the same one.
        function_closed: No function is open.
    """

    function_opened = Signal(object)
    function_closed = Signal()

    def __init__(
        self, services: Services, session: Session, window: MainWindow, protection: Protection
    ) -> None:
        super().__init__(window)
        self.services, self.session, self.window = services, session, window
        self._protection = protection
        window.page.function_shown.connect(lambda: self.function_opened.emit(self.function))
        window.page.function_closed.connect(self.function_closed)

    @property
    def function(self) -> OpenFunction | None:
        """The function that the window shows."""
        return self.window.page.function

    # What a feature adds ------------------------------------------------------------------------------------

    def action(self, spec: ActionSpec, handler: Callable[[], object], *, after: str) -> QAction:
        """Adds something that can be done: to a menu, the command palette and the shortcut sheet.

        Args:
            spec: The action.
            handler: What it does.
            after: The id of the action that stands before it in its menu.
        """
        return self.services.actions.add(spec, handler, after)

    def set_condition(self, name: str, *, is_met: bool) -> None:
        """Says whether the actions whose `when` is this name make sense now."""
        self.services.actions.set_there(name, there=is_met)

    def set_unavailable(self, action: str, reason: str) -> None:
        """Switches an action off and says why; an empty reason allows it again."""
        self.services.actions.forbid(action, reason)

    def page[T: Page](self, kind: type[T]) -> T:
        """The tab of this kind."""
        return next(each for each in self.window.page.pages if isinstance(each, kind))

    # Work ---------------------------------------------------------------------------------------------------

    def read[T](
        self,
        title: str,
        run: Callable[[JobContext], T],
        done: Callable[[T], object],
        *,
        action: str = "",
        key: str = "",
    ) -> JobHandle:
        """Reads something off the main thread, and reports what goes wrong.

        Args:
            title: Of the job ("Reading the alarms of hello").
            run: On a worker thread.
            done: On the main thread, with its result.
            action: The action that wants it: offered again once the user has signed in.
            key: A later read with this key takes the place of this one, as do its messages.
        """
        function = self.function
        return self.services.jobs.submit(
            Job(
                title,
                run,
                replaces=key,
                on_done=done,
                on_error=lambda error: self.report(error, action=action, key=key, function=function),
            )
        )

    # Messages -----------------------------------------------------------------------------------------------

    def notify(
        self,
        text: str,
        detail: str = "",
        tone: str = "info",
        key: str = "",
        function: OpenFunction | None = None,
    ) -> None:
        """Shows a message that is no failure. See FunctionBanners.show_notice."""
        self.window.function_banners.show_notice(text, detail, tone, key, function)

    def report(
        self,
        error: WorkbenchError,
        tone: str = "danger",
        *,
        action: str = "",
        key: str = "",
        function: OpenFunction | None = None,
    ) -> None:
        """Shows what went wrong. See `read`, and FunctionBanners.show_error."""
        self.window.function_banners.show_error(error, tone, key, function)
        if action:
            self._protection.sign_in.note_failure(action, error)
