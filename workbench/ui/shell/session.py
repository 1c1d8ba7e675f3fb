"""Whom the window talks to: the chosen profile and region, and the connection once it stands."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.profiles.model import Profile, ProfileKind
from workbench.ui.shell.services import Services

if TYPE_CHECKING:
    from workbench.aws.connection import ApiCall, Connection, Observer

type Open = Callable[[Profile, str, Observer, JobContext], Connection]
_DEFAULT_REGION = "us-east-1"
LAST_AWS_PROFILE = "session.aws_profile"
"""The setting that names the last profile that connected to AWS: a policy may forbid the Sandbox."""


def left_off_key(profile_name: str, region: str) -> str:
    """The setting that keeps how a profile and region were left."""
    return f"session.left.{profile_name}.{region}"


class Session(QObject):
    """Connects as the chosen profile. One at a time; choosing another drops the connection at once.

    `open_connection` is called on a worker thread and may take long (it starts the Sandbox, say).
    """

    changed = Signal()  # another profile or region was chosen: forget what was shown
    connecting = Signal()
    connected = Signal()
    failed = Signal(WorkbenchError)
    called = Signal(object)  # ApiCall, from any thread

    def __init__(self, services: Services, open_connection: Open, profile: Profile, region: str = "") -> None:
        super().__init__()
        self._services = services
        self._open = open_connection
        self.profile = profile
        self.profiles: list[Profile] = [profile]  # everyone that the program can act as, as far as known
        self.region = region or self.usual_region(profile)
        self.connection: Connection | None = None
        self._tried = False

    @property
    def account_id(self) -> str:
        """The account, or the one that this profile had last time as long as it is not connected."""
        if self.connection is not None:
            return self.connection.account_id
        return self._services.settings.get(f"profile.{self.profile.name}.account", "")

    def choose(self, profile: Profile, region: str = "") -> None:
        """Another profile or region. What the old connection still reads is of no interest any more."""
        region = region or self.usual_region(profile)
        if (profile.name, region) == (self.profile.name, self.region):
            # At the start only its name was known. What is shown of it, and wanted of it, stays.
            known, self.profile = self.profile, profile
            if profile != known or not self._tried:
                self.connect_now()
            return
        self.profile, self.region = profile, region
        self.connection = None
        self._services.settings.set("session.profile", profile.name)
        self._services.settings.set(f"profile.{profile.name}.region", region)
        self.changed.emit()
        self.connect_now()

    def connect_now(self) -> None:
        """Opens the connection, or opens it again."""
        profile, region = self.profile, self.region
        self._tried = True
        self.connection = None
        self.connecting.emit()

        def run(ctx: JobContext) -> "Connection":
            return self._open(profile, region, self._observe, ctx)

        self._services.jobs.submit(
            Job(
                _("Connecting as {profile}").format(profile=profile.name),
                run,
                replaces="session.connect",
                on_done=self._opened,
                on_error=self.failed.emit,
                on_cancelled=lambda: self.failed.emit(
                    WorkbenchError(
                        _("Not connected."),
                        _("You cancelled connecting as {profile}.").format(profile=profile.name),
                        action="connection.retry",
                        by_user=True,
                    )
                ),
            )
        )

    def open_as(self, profile: Profile, region: str, ctx: JobContext) -> "Connection":
        """Connects as any profile, beside the session's own. Runs in a job; raises as Connection.open."""
        return self._open(profile, region or self.usual_region(profile), self._observe, ctx)

    def open_named(self, profile_name: str, region: str, ctx: JobContext) -> "Connection":
        """As `open_as`, for a profile by its name."""
        profile = next((each for each in self.profiles if each.name == profile_name), None)
        if profile is None:
            raise WorkbenchError(
                _("Could not connect as {profile_name}.").format(profile_name=profile_name),
                _("The profile no longer exists."),
                _("Check the AWS config and credentials files."),
                action="profile.reload",
            )
        return self.open_as(profile, region, ctx)

    def usual_region(self, profile: Profile) -> str:
        """Where a person was last as this profile, or its own region."""
        stored = self._services.settings.get(f"profile.{profile.name}.region", "")
        return stored or profile.region or _DEFAULT_REGION

    def _observe(self, call: "ApiCall") -> None:
        self.called.emit(call)

    def _opened(self, connection: "Connection") -> None:
        self.connection = connection
        key = f"profile.{self.profile.name}.account"
        moved = self._services.settings.get(key, connection.account_id) != connection.account_id
        self._services.settings.set(key, connection.account_id)
        if self.profile.kind is not ProfileKind.SANDBOX:
            self._services.settings.set(LAST_AWS_PROFILE, self.profile.name)
        if moved:
            self.changed.emit()  # the profile now leads to another account: nothing of the old one stays
        self.connected.emit()
