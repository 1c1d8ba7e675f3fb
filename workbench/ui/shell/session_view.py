"""What the window shows of the session: profile, region and account, and how connecting went."""

from PySide6.QtCore import QObject

from workbench.aws.regions import lambda_regions
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job
from workbench.core.messages import _
from workbench.profiles.model import Profile, ProfileKind
from workbench.ui.services import Services
from workbench.ui.session import Session
from workbench.ui.window import MainWindow


class SessionView(QObject):
    """Keeps the window up to date with the session, and takes the choice of another profile or region."""

    def __init__(
        self, services: Services, session: Session, window: MainWindow, profiles: list[Profile]
    ) -> None:
        super().__init__(window)
        self._services, self._session, self._window = services, session, window
        window.top_bar.chosen.connect(session.choose)
        session.changed.connect(self._changed)
        session.connecting.connect(self._show)
        session.connected.connect(self._connection_changed)
        session.failed.connect(self._failed)
        session.called.connect(window.activity.add_call)
        window.activity.error_wanted.connect(window.banners.show_error)
        self._show()
        self.set_profiles(profiles)

    def set_profiles(self, profiles: list[Profile]) -> None:
        """Takes whom the program can act as."""
        self._session.profiles = profiles
        self._window.top_bar.set_profiles(profiles, self._session.profile.name)

    def _changed(self) -> None:
        self._window.close_bottom()
        self._window.banners.clear()
        self._show()

    def _connection_changed(self) -> None:
        session, window = self._session, self._window
        connection = session.connection
        window.banners.dismiss("connection")
        self._show()
        if connection is None:
            return
        if session.profile.kind is not ProfileKind.SANDBOX and connection.is_custom_endpoint:
            window.banners.show_notice(
                _("This profile does not connect to AWS."),
                _("Its endpoint is {endpoint_url}.").format(endpoint_url=connection.endpoint_url),
                "warning",
                key="endpoint",
            )
        self._services.jobs.submit(
            Job(
                _("Reading the regions"),
                lambda _ctx: lambda_regions(session.region),
                replaces="session.regions",
                quiet=True,
                on_done=lambda regions: window.top_bar.set_regions(regions, session.region),
            )
        )

    def _failed(self, error: WorkbenchError) -> None:
        self._window.functions.show_disconnected()
        self._window.banners.show_error(error, key="connection")
        self._show()

    def _show(self) -> None:
        session, top_bar = self._session, self._window.top_bar
        account_id = session.connection.account_id if session.connection else ""
        top_bar.show_choice(session.profile.name, session.region)
        top_bar.set_account(account_id or _("not connected"))
        self._services.actions.set_there("connected", there=session.connection is not None)
