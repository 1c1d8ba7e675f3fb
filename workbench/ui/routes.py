"""Who hears whom: what a part of the window asks for goes from here to the part that does it.

Parts know nothing of each other; this is the only place that knows them all.
"""

from PySide6.QtCore import QObject

from workbench.aws.regions import lambda_regions
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job
from workbench.core.messages import _
from workbench.profiles.model import Profile, ProfileKind
from workbench.ui.parts import Parts
from workbench.ui.shell.opener import FunctionOpener


class Routes(QObject):
    """Connects the parts for as long as the window lives."""

    def __init__(self, parts: Parts, opener: FunctionOpener, profiles: list[Profile]) -> None:
        super().__init__(parts.window)
        self._parts, self._opener = parts, opener
        self._profiles = parts.session.profiles = profiles
        self._set_there = parts.services.actions.set_there
        self._sandbox_words = ""
        self._connect_session()
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
        sandbox.was_reset.connect(self._sandbox_reset)
        sandbox.samples_changed.connect(self._samples_changed)

    def _sandbox_reset(self) -> None:
        self._opener.close()
        self._session_changed()
        self._parts.window.operations_changed.emit()

    def _session_changed(self) -> None:
        self._parts.window.close_bottom()
        self._parts.window.banners.clear()
        self._show_session()

    def _connected(self) -> None:
        session, window = self._parts.session, self._parts.window
        connection = session.connection
        window.banners.dismiss("connection")
        self._set_there("connected", there=True)
        self._show_session()
        if connection is None:
            return
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

    # The work: edit, deploy, invoke, read -------------------------------------------------------------------

    def _connect_work(self) -> None:
        window = self._parts.window
        for page in window.page.pages:
            page.failed.connect(window.function_banners.show_error)
