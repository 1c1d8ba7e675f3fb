"""Who hears whom: what a part of the window asks for goes from here to the part that does it.

Parts know nothing of each other; this is the only place that knows them all.
"""

from functools import partial

from PySide6.QtCore import QObject

from workbench.aws.regions import lambda_regions
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.functions.detail import get_function, wait_until_updated
from workbench.functions.model import FunctionDetail
from workbench.profiles.model import Profile, ProfileKind
from workbench.ui.invoking.result_route import ResultRoute
from workbench.ui.parts import Parts
from workbench.ui.services import OpenFunction


class Routes(QObject):
    """Connects the parts for as long as the window lives."""

    def __init__(self, parts: Parts, profiles: list[Profile]) -> None:
        super().__init__(parts.window)
        self._parts = parts
        self._profiles = parts.session.profiles = profiles
        self._set_there = parts.services.actions.set_there
        self._sandbox_words = ""
        self.result = ResultRoute(parts, self._show_function, self._work_failed, self._refresh_if_gone)
        self._awaiting = ""  # the function that was asked for before the connection stood
        self._again = ""  # the function that is opened because it was open the last time
        self._connect_session()
        self._connect_functions()
        self._connect_work()
        self._show_session()
        parts.window.top_bar.set_profiles(profiles, parts.session.profile.name)

    def set_profiles(self, profiles: list[Profile]) -> None:
        """Takes what the AWS configuration files hold."""
        self._profiles = self._parts.session.profiles = profiles
        self._parts.window.top_bar.set_profiles(profiles, self._parts.session.profile.name)

    # Session ------------------------------------------------------------------------------------------------

    def _connect_session(self) -> None:
        session, window, sandbox = self._parts.session, self._parts.window, self._parts.sandbox
        window.top_bar.chosen.connect(session.choose)
        session.changed.connect(self._session_changed)
        session.connecting.connect(self._show_session)
        session.connected.connect(self._connected)
        session.failed.connect(self._connection_failed)
        session.called.connect(window.activity.add_call)
        window.activity.error_wanted.connect(window.banners.show_error)
        sandbox.moved.connect(self._sandbox_moved)
        sandbox.failed.connect(window.banners.show_error)
        sandbox.notice.connect(lambda notice: window.banners.show_error(notice, "warning"))
        sandbox.state_changed.connect(self._sandbox_changed)
        sandbox.was_reset.connect(self._session_changed)
        sandbox.samples_changed.connect(self._samples_changed)

    def _session_changed(self) -> None:
        self._awaiting = self._again = ""
        self.result.forget()  # what it answers belongs to the account that was left
        self.close_function()
        self._parts.window.result.forget()
        self._parts.window.close_bottom()
        self._parts.window.interruptions.clear()
        self._parts.window.banners.clear()
        self._show_session()

    def close_function(self) -> None:
        """Closes the open function, and stops one from being opened."""
        self._parts.services.jobs.drop("function.open")
        self._parts.window.functions.show_opening("")
        self._parts.window.page.close_function()

    def _connected(self) -> None:
        session, window = self._parts.session, self._parts.window
        connection = session.connection
        window.banners.dismiss("connection")
        self._set_there("connected", there=True)
        self._show_session()
        if connection is None:
            return
        self._parts.deploy.recover(connection)
        window.banners.dismiss("open")
        # What is open came through the connection before; it may lead to a port that nobody listens on now.
        opened = window.page.function
        if wanted := self._awaiting or (opened.detail.function_name if opened else ""):
            self._open(wanted)
        self._awaiting = ""
        if session.profile.kind is ProfileKind.SANDBOX:
            self._parts.sandbox.fill(connection)
        elif connection.is_custom_endpoint:
            window.banners.show_notice(
                _("This profile does not connect to AWS."),
                _("Its endpoint is {endpoint_url}.").format(endpoint_url=connection.endpoint_url),
                "warning",
                key="endpoint",
            )
        self._load_regions()

    def _load_regions(self) -> None:
        session, window = self._parts.session, self._parts.window
        self._parts.services.jobs.submit(
            Job(
                _("Reading the regions"),
                lambda _ctx: lambda_regions(session.region),
                replaces="session.regions",
                quiet=True,
                on_done=lambda regions: window.top_bar.set_regions(regions, session.region),
            )
        )

    def _connection_failed(self, error: WorkbenchError) -> None:
        self._set_there("connected", there=False)
        self._parts.window.functions.show_not_connected()
        self._parts.window.banners.show_error(error, key="connection")
        self._show_session()

    def _sandbox_changed(self, words: str) -> None:
        self._sandbox_words = words
        self._show_session()

    def _sandbox_moved(self) -> None:
        if self._parts.session.profile.kind is ProfileKind.SANDBOX:
            self._parts.session.connect_now()

    def _samples_changed(self) -> None:
        if self._parts.session.profile.kind is ProfileKind.SANDBOX:
            self._parts.window.functions.refresh()

    def _show_session(self) -> None:
        session, window = self._parts.session, self._parts.window
        connection = session.connection
        account = connection.account_id if connection else ""
        window.top_bar.show_choice(session.profile.name, session.region)
        window.top_bar.set_account(account or _("not connected"))
        words = self._sandbox_words if session.profile.kind is ProfileKind.SANDBOX else ""
        window.where.setText(words)
        self._set_there("connected", there=connection is not None)

    # Functions ----------------------------------------------------------------------------------------------

    def _connect_functions(self) -> None:
        window = self._parts.window
        window.functions.opened.connect(self.open_function)
        window.functions.failed.connect(window.banners.show_error)
        window.page.function_shown.connect(self._function_shown)
        window.page.function_closed.connect(self._function_closed)
        if window.functions.opening_name:
            self.open_function(window.functions.opening_name)  # clicked before there was anyone to hear it

    def open_function(self, function_name: str) -> None:
        """Reads a function and shows it; the one that is open stays until the new one is there."""
        self._again = ""
        if not self._open(function_name):
            self._parts.window.banners.show_notice(
                _("Not connected yet."),
                _("The function opens when the connection is established."),
                key="open",
            )

    def open_again(self, function_name: str) -> None:
        """Opens the function that was open the last time, once there is a connection. It may be gone."""
        self._again = function_name
        self._open(function_name)

    def _open(self, function_name: str) -> bool:
        """Reads a function and shows it, now or once there is a connection. Returns whether it is now."""
        connection = self._parts.session.connection
        self._parts.window.functions.show_opening(function_name)
        self._parts.window.page.show_opening(function_name)
        if connection is None:
            self._awaiting = function_name
            return False

        def run(ctx: JobContext) -> OpenFunction:
            return OpenFunction(connection, get_function(connection, function_name, "", ctx))

        self._parts.services.jobs.submit(
            Job(
                _("Opening {function_name}").format(function_name=function_name),
                run,
                replaces="function.open",
                on_done=self._show_function,
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
            self._parts.window.banners.show_notice(words.format(name=again), key="open")
            self._parts.window.functions.refresh()
        else:
            self._work_failed(error)

    def _show_open(self) -> None:
        """Selects the function that is open: another one was asked for, and does not open."""
        self._parts.window.functions.show_opening("")
        self._parts.window.page.show_opening("")

    def _work_failed(
        self, error: WorkbenchError, key: str = "", function: OpenFunction | None = None
    ) -> None:
        """Says why; a function that has gone leaves the list too."""
        self._parts.window.function_banners.show_error(error, key=key, function=function)
        self._refresh_if_gone(error)

    def _refresh_if_gone(self, error: WorkbenchError) -> None:
        if error.aws_code == "ResourceNotFoundException":
            self._parts.window.functions.refresh()

    def _show_function(self, function: OpenFunction) -> None:
        self._parts.window.page.open(function)
        if function.detail.is_updating:
            self._follow_update(function)

    def _function_shown(self) -> None:
        """What stands around the page follows it, whoever has opened the function."""
        window, function = self._parts.window, self._parts.window.page.function
        if function is not None:
            self._again = ""
            self.result.follow(function)
            window.functions.show_open(function.detail.function_name)
            window.set_subject(function.detail.function_name)
            self._set_there("function", there=True)
            self._set_there("image", there=bool(function.detail.image_uri))

    def _function_closed(self) -> None:
        functions = self._parts.window.functions
        if functions.opening_name in ("", functions.open_name):  # it is not read again
            self._parts.services.jobs.drop("function.open")
            functions.show_opening("")
        functions.show_open("")
        self._parts.window.page.show_opening(functions.opening_name)
        self.result.leave()
        self._parts.window.set_subject("")
        for name in ("function", "image"):
            self._set_there(name, there=False)

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
                self._parts.window.page.show_state(detail)

        self._parts.services.jobs.submit(
            Job(
                _("Waiting for {name}").format(name=name),
                run,
                replaces="function.open",
                on_item=show_state,
                on_done=self._show_function,
                on_error=self._work_failed,
            )
        )

    def reload_function(self) -> None:
        """Reads the open function again."""
        if (function := self._parts.window.page.function) is not None:
            self.open_function(function.detail.function_name)

    # The work: edit, deploy, invoke, read -------------------------------------------------------------------

    def _connect_work(self) -> None:
        parts, window = self._parts, self._parts.window
        for page in window.page.pages:
            page.failed.connect(window.function_banners.show_error)
        parts.language.problems_changed.connect(window.problems.show_problems)
        parts.code.files.saved.connect(lambda _uri, _text: window.show_new_problems())
        parts.language.failed.connect(window.function_banners.show_error)
        window.problems.fix_wanted.connect(parts.language.handler_fix.apply)
        window.problems.handler_wanted.connect(parts.language.handler_fix.set_handler)
        parts.language.handler_fix.configured.connect(self._deployed)
        parts.language.handler_fix.notice.connect(
            lambda text, detail: window.function_banners.show_notice(text, detail, "good", key="configure")
        )
        parts.language.handler_fix.failed.connect(self._work_failed)
        window.problems.opened.connect(self._open_place)
        parts.found.opened.connect(self._open_place)
        parts.search.failed.connect(window.function_banners.show_error)
        parts.code.changes.told.connect(self._tell_file_change)
        parts.deploy.failed.connect(self._work_failed)
        parts.deploy.interrupted.connect(partial(window.interruptions.tell, "deploy"))
        parts.deploy.notice.connect(window.function_banners.notices("deploy"))
        parts.conflict.known.connect(lambda there: self._set_there("conflict", there=there))
        parts.conflict.failed.connect(self._work_failed)
        parts.conflict.merge.undoable.connect(lambda there: self._set_there("merged", there=there))
        parts.creation.left_over.there.connect(lambda there: self._set_there("creation", there=there))
        parts.creation.created.connect(self.open_function)
        parts.creation.failed.connect(self._work_failed)
        parts.code.notice.connect(window.function_banners.show_notice)
        parts.deploy.deployed.connect(self._deployed)
        parts.test.notice.connect(window.function_banners.show_notice)

    def _tell_file_change(self, notice: WorkbenchError | None) -> None:
        if notice is None:
            self._parts.window.banners.dismiss("files")
        else:
            self._parts.window.function_banners.show_error(notice, "info", key="files")

    def _open_place(self, path: str, line: int, column: int) -> None:
        self._parts.window.page.show_tab("codePage")
        self._parts.code.files.reveal(path, line, column)

    def _deployed(self, function: OpenFunction) -> None:
        current = self._parts.window.page.function
        if current is not None and current.detail.function_arn == function.detail.function_arn:
            self._parts.window.page.open(function)
            self._parts.code.deployed()
        self._parts.window.functions.refresh()
