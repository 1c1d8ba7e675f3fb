"""What the window shows of the session: profile, region, account, how connecting went, late answers."""

from dataclasses import replace

from PySide6.QtCore import QObject

from workbench.aws.regions import lambda_regions
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobHandle
from workbench.core.messages import _
from workbench.profiles.model import Profile, ProfileKind
from workbench.ui.shell.services import Services
from workbench.ui.shell.session import Session
from workbench.ui.shell.window import MainWindow


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
        self._window.close_bottom_everywhere()
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


class LateChanges(QObject):
    """Has the window read again when the user stops waiting for a change, and when its answer comes."""

    def __init__(self, services: Services, window: MainWindow) -> None:
        super().__init__(window)
        self._services, self._window = services, window
        runner = services.jobs
        runner.on_late = self._ended
        runner.on_left_behind = self._left_behind

    def _left_behind(self, _handle: JobHandle) -> None:
        """Nobody waits for a change any more that AWS may have made: shows what AWS has."""
        self._look()

    def _ended(self, handle: JobHandle, error: WorkbenchError | None) -> None:
        """The answer has come, or there will be none, and the work has ended."""
        title = handle.job.title
        if error is None:
            self._window.banners.show_notice(
                _("AWS responded later: {title}.").format(title=title),
                _("What is shown is read again."),
                key=title,
            )
        else:
            what = _("You had stopped waiting: {title}.").format(title=title)
            late = replace(error, what=what, why=f"{error.what} {error.why}")
            self._window.banners.show_error(late, "warning", key=title)
        self._look()

    def _look(self) -> None:
        refresh = self._services.actions["function.refresh"]
        if refresh.isEnabled():
            refresh.trigger()
        self._window.functions.refresh()
        self._window.operations_changed.emit()
