"""The profiles of AWS's files: the window that shows and edits them, and roles of a portal as new ones."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.profiles.config_files import ConfigFiles
from workbench.profiles.identities import Identities
from workbench.profiles.migrate import InterruptedMove
from workbench.profiles.model import ProfileKind, ProfileList
from workbench.ui.features.profiles import changes, portal_roles
from workbench.ui.features.profiles import window as profiles_window
from workbench.ui.shell.actions import ActionSpec
from workbench.ui.shell.context import Context
from workbench.ui.shell.recovery import Ended, Interruption
from workbench.ui.shell.services import Services
from workbench.ui.shell.session import Session

EDIT = ActionSpec("profile.edit", _("Edit Profile…"), icon="users")
ADD_FROM_PORTAL = ActionSpec(
    "profile.add_from_portal", _("Add Profiles from IAM Identity Center…"), icon="users"
)
OPEN_FILE = ActionSpec("profile.open_file", _("Open AWS File"), icon="file-text")


def activate(context: Context) -> None:
    """Adds the actions, and keeps the window up to date with what is read of the files."""
    services, window = context.services, context.window
    sandbox = tuple(each for each in context.session.profiles if each.kind is ProfileKind.SANDBOX)

    def make_tools() -> "changes.ProfileTools":
        return changes.ProfileTools.of(context.identities, os.environ, sandbox)

    entry = ProfilesEntry(services, context.session, window, make_tools)
    entry.tier_changed.connect(context.show_tier)
    entry.remedy_wanted.connect(context.repair)
    context.signed_in.connect(entry.refresh)
    context.profiles_read.connect(entry.take)
    roles: list[portal_roles.RolesFlow] = []

    def add_from_portal() -> None:
        if not roles:
            roles.append(portal_roles.RolesFlow(services, context.sign_in, window.banners, window))
            roles[0].added.connect(services.actions["profile.reload"].trigger)
        roles[0].begin(context.session.region)

    services.actions.bind("profile.manage", entry.open)  # the first painting has a button for it
    context.action(EDIT, entry.edit, after="profile.manage")
    context.action(ADD_FROM_PORTAL, add_from_portal, after=EDIT.id)
    context.action(OPEN_FILE, entry.open_file, after=ADD_FROM_PORTAL.id)

    describe = partial(_describe_move, context.identities)
    context.recovery(_("Move of an access key"), lambda: (context.identities.moves,), describe)


def _describe_move(identities: Identities, record: InterruptedMove) -> Interruption:
    """What is shown of a move of a key that could not be finished or undone yet."""
    move = record.about
    why = _("The keyring or file to which it was moved is locked or not available.")

    def finish(_connection: Connection, ctx: JobContext) -> Ended:
        identities.recover(ctx)
        if record.file.exists():
            raise WorkbenchError(
                _("The access key of {profile} was not moved.").format(profile=move.profile),
                why,
                _("Move the access key again: Workbench then finishes or undoes the move."),
                action="profile.manage",
            )
        return Ended(_("The move was repaired. No keys were lost."))

    return Interruption(
        _("Move of the access key of {profile}").format(profile=move.profile),
        why,
        _("Finish completes or undoes the move, once the keyring or file is unlocked."),
        len(record.done),
        move.step_count,
        finish,
        _("Finish also undoes a move whose key does not work where it is stored now."),
        kept=_("Its journal says where the access key is."),
    )


class ProfilesEntry(QObject):
    """Opens the profiles window, and passes its signals on.

    Args:
        services: The program's shared parts.
        session: Acts as a profile that is chosen there.
        window: The main window, which the profiles window belongs to.
        make_tools: Called when the window is first opened.
        open_path: Opens a file in the system's editor.

    Signals:
        tier_changed: The name of a profile that is to be treated more, or less, carefully.
        remedy_wanted: An action that other parts do, and the Profile that it is wanted for.
    """

    tier_changed = Signal(str)
    remedy_wanted = Signal(str, object)

    def __init__(
        self,
        services: Services,
        session: Session,
        window: QWidget,
        make_tools: "Callable[[], changes.ProfileTools]",
        open_path: Callable[[Path], object] | None = None,
    ) -> None:
        super().__init__(window)
        self._services = services
        self._session = session
        self._main = window
        self._make_tools = make_tools
        self._open_path = open_path or _open_path
        self._window: profiles_window.ProfilesWindow | None = None

    def open(self) -> "profiles_window.ProfilesWindow":
        """Shows the window, on the profile that the program acts as."""
        window = self._open_window()
        window.choose(self._session.profile.name)
        return window

    def edit(self) -> None:
        """Shows what is wrong with the profile that the program acts as, and the form to edit it."""
        profile = self._session.profile
        window = self._open_window()
        window.choose(profile.name, "problems" if profile.problems else "overview")
        if profile.kind is not ProfileKind.SANDBOX:
            window.editing.edit(profile.name)

    def open_file(self) -> None:
        """Opens the configuration file, or the credentials file when that one cannot be read."""

        def run(_ctx: JobContext) -> Path:
            files = ConfigFiles.read(os.environ)
            broken = files.credentials.error is not None and files.config.error is None
            return files.credentials.path if broken else files.config.path

        self._services.jobs.start(_("Opening the AWS file"), run, quiet=True, on_done=self._open_path)

    def take(self, found: ProfileList) -> None:
        """Shows profiles that were just read in the window, if it is open."""
        if self._window is not None and self._window.isVisible():
            self._window.refresh(found)

    def refresh(self) -> None:
        """Reads the profiles again, if the window is open: for a change outside the files, like a sign-in."""
        if self._window is not None and self._window.isVisible():
            self._window.refresh()

    def _open_window(self) -> "profiles_window.ProfilesWindow":
        if self._window is None:
            self._window = profiles_window.open_profiles_window(
                self._main, self._services, self._make_tools()
            )
            self._window.use_wanted.connect(self._session.choose)
            self._window.tier_changed.connect(self.tier_changed)
            self._window.remedy_wanted.connect(self.remedy_wanted)
        self._window.show()
        self._window.raise_()
        self._window.activateWindow()
        return self._window


def _open_path(path: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
