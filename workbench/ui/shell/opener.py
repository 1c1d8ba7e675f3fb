"""The open function: opened by its name, read again, followed while AWS updates it, and closed."""

from PySide6.QtCore import QObject, Qt

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.functions.detail import get_function, wait_until_updated
from workbench.functions.model import FunctionDetail
from workbench.ui.shell.services import OpenFunction, Services
from workbench.ui.shell.session import Session
from workbench.ui.shell.window import MainWindow

_JOB = "function.open"


class FunctionOpener(QObject):
    """Opens functions of the chosen profile and region.

    The list, the window's title and the conditions "function" and "image" of actions follow what is open,
    whoever has opened it.
    """

    def __init__(self, services: Services, session: Session, window: MainWindow) -> None:
        super().__init__(window)
        self._jobs, self._actions = services.jobs, services.actions
        self._session, self._window = session, window
        self._awaiting = ""  # the function that was asked for before the connection stood
        self._again = ""  # the function that is opened because it was open the last time
        self._is_refused = False  # no connection is being made: the last one failed
        session.changed.connect(self.close)
        session.connecting.connect(lambda: self._show_awaited(is_refused=False))
        session.failed.connect(lambda _error: self._show_awaited(is_refused=True))
        # After those who hear it at once: interrupted deploys are looked for before code is opened.
        session.connected.connect(self._connection_changed, Qt.ConnectionType.QueuedConnection)
        window.functions.opened.connect(self.open)
        window.functions.failed.connect(window.banners.show_error)
        window.page.function_shown.connect(self._function_opened)
        window.page.function_closed.connect(self._closed)
        if window.functions.opening_name:
            self.open(window.functions.opening_name)  # clicked before this was there

    # For others ---------------------------------------------------------------------------------------------

    def open(self, function_name: str) -> None:
        """Reads a function and shows it; the one that is open stays until the new one is there."""
        self._again = ""
        if not self._open(function_name):
            self._window.banners.show_notice(
                _("Not connected yet."),
                _("The function opens when the connection is established."),
                key="open",
            )

    def open_again(self, function_name: str) -> None:
        """Opens the function that was open the last time, once there is a connection. It may be gone."""
        self._again = function_name
        self._open(function_name)

    def reload(self) -> None:
        """Reads the open function again."""
        if (function := self._window.page.function) is not None:
            self.open(function.detail.function_name)

    def close(self) -> None:
        """Closes the open function, and stops one from being opened, now or once there is a connection."""
        self._awaiting = self._again = ""
        self._jobs.drop(_JOB)
        self._window.functions.show_opening("")
        self._window.page.close_function()

    def show(self, function: OpenFunction) -> None:
        """Shows a function that was read, and follows an update that AWS is still making to it."""
        self._window.page.open(function)
        if function.detail.is_updating:
            self._follow_update(function)

    def show_newer(self, function: OpenFunction) -> bool:
        """Shows a newer state of a function if it is the open one, and lists again; returns whether it is."""
        opened = self._window.page.function
        is_open = opened is not None and opened.detail.function_arn == function.detail.function_arn
        if is_open:
            self._window.page.open(function)
        self._window.functions.refresh()
        return is_open

    def report(self, error: WorkbenchError, key: str = "", function: OpenFunction | None = None) -> None:
        """Shows why something failed; a function that has gone leaves the list too."""
        self._window.function_banners.show_error(error, key=key, function=function)
        self.refresh_if_missing(error)

    def refresh_if_missing(self, error: WorkbenchError) -> None:
        """Lists again if AWS said that something does not exist."""
        if error.aws_code == "ResourceNotFoundException":
            self._window.functions.refresh()

    # The session --------------------------------------------------------------------------------------------

    def _connection_changed(self) -> None:
        if self._session.connection is None:
            return
        self._window.banners.dismiss("open")
        # What is open came through the connection before; it may lead to a port that nobody listens on now.
        opened = self._window.page.function
        if wanted := self._awaiting or (opened.detail.function_name if opened else ""):
            self._open(wanted)
        self._awaiting = ""

    def _show_awaited(self, *, is_refused: bool) -> None:
        """Shows on the page what waits for a connection, and how to make one if none is being made."""
        self._is_refused = is_refused
        if self._awaiting:
            connect = self._actions["connection.retry"] if is_refused else None
            self._window.page.show_opening(self._awaiting, connect)

    # Opening ------------------------------------------------------------------------------------------------

    def _open(self, function_name: str) -> bool:
        """Reads a function and shows it, now or once there is a connection. Returns whether it is now."""
        connection = self._session.connection
        self._window.functions.show_opening(function_name)
        if connection is None:
            self._awaiting = function_name
            self._show_awaited(is_refused=self._is_refused)
            return False
        self._window.page.show_opening(function_name)

        def run(ctx: JobContext) -> OpenFunction:
            return OpenFunction(connection, get_function(connection, function_name, "", ctx))

        self._jobs.submit(
            Job(
                _("Opening {function_name}").format(function_name=function_name),
                run,
                replaces=_JOB,
                on_done=self.show,
                on_error=self._not_opened,
                on_cancelled=self._show_open,
            )
        )
        return True

    def _not_opened(self, error: WorkbenchError) -> None:
        again, self._again = self._again, ""
        self._show_open()
        if again and error.aws_code == "ResourceNotFoundException":
            words = _("{name}, which was open last time, no longer exists.")
            self._window.banners.show_notice(words.format(name=again), key="open")
            self._window.functions.refresh()
        else:
            self.report(error)

    def _show_open(self) -> None:
        """Selects the function that is open: another one was asked for, and does not open."""
        self._window.functions.show_opening("")
        self._window.page.show_opening("")

    def _follow_update(self, function: OpenFunction) -> None:
        """Waits until AWS has finished what it does to the open function, then shows the result.

        The header shows each state on the way. Another function that is opened ends the waiting, as does
        closing this one, and Cancel.
        """
        connection, name = function.connection, function.detail.function_name

        def run(ctx: JobContext) -> OpenFunction:
            detail = wait_until_updated(connection, name, ctx, on_change=ctx.emit)
            return OpenFunction(connection, detail)

        def show_state(detail: object) -> None:
            if isinstance(detail, FunctionDetail):
                self._window.page.show_state(detail)

        self._jobs.submit(
            Job(
                _("Waiting for {name}").format(name=name),
                run,
                replaces=_JOB,
                on_item=show_state,
                on_done=self.show,
                on_error=self.report,
            )
        )

    def _function_opened(self) -> None:
        window, function = self._window, self._window.page.function
        if function is not None:
            self._again = ""
            window.functions.show_open(function.detail.function_name)
            window.set_subject(function.detail.function_name)
            self._actions.set_there("function", there=True)
            self._actions.set_there("image", there=bool(function.detail.image_uri))

    def _closed(self) -> None:
        functions = self._window.functions
        if functions.opening_name in ("", functions.open_name):  # it is not read again
            self._jobs.drop(_JOB)
            functions.show_opening("")
        functions.show_open("")
        self._window.page.show_opening(functions.opening_name)
        self._window.set_subject("")
        for name in ("function", "image"):
            self._actions.set_there(name, there=False)
